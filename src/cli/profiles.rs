//! Finding the profiles that an operator means.

use super::args::SelectArgs;
use super::failure::Failure;
use crate::domain::id::ProfileId;
use crate::domain::profile::StoredProfile;

/// The profile that a word names: its number, or its whole name where only one has it.
pub(super) fn find<'a>(profiles: &'a [StoredProfile], word: &str) -> Result<&'a StoredProfile, Failure> {
    if let Some(profile) =
        word.parse().ok().and_then(|id| profiles.iter().find(|p| p.profile.id == ProfileId(id)))
    {
        return Ok(profile);
    }
    let lower = word.to_lowercase();
    let named: Vec<&StoredProfile> =
        profiles.iter().filter(|p| p.profile.name.to_lowercase() == lower).collect();
    match named.as_slice() {
        [one] => Ok(one),
        [] => {
            let nearest = profiles
                .iter()
                .map(|p| (strsim::damerau_levenshtein(&lower, &p.profile.name.to_lowercase()), p))
                .min_by_key(|(distance, _)| *distance)
                .filter(|(distance, p)| *distance <= p.profile.name.chars().count() / 2);
            let hint = nearest.map_or_else(
                || "List what is known with: adsync profiles".to_owned(),
                |(_, p)| {
                    format!(
                        "Did you mean {:?} ({})? adsync profiles lists all.",
                        p.profile.name, p.profile.id
                    )
                },
            );
            Err(Failure::usage(format!("profile {word:?} is not known"), hint))
        }
        several => {
            let ids: Vec<String> =
                several.iter().map(|p| format!("{} ({})", p.profile.id, p.profile.country)).collect();
            Err(Failure::usage(
                format!("{} profiles are named {word:?}", several.len()),
                format!("Name one by its number: {}", ids.join(", ")),
            ))
        }
    }
}

/// The profiles that a command line selects; `all` says which ones `--all` means.
pub(super) fn select(
    profiles: &[StoredProfile],
    args: &SelectArgs,
    command: &str,
    all: impl Fn(&StoredProfile) -> bool,
) -> Result<Vec<ProfileId>, Failure> {
    if args.all {
        return Ok(profiles.iter().filter(|p| all(p)).map(|p| p.profile.id).collect());
    }
    if args.profiles.is_empty() {
        return Err(Failure::usage(
            format!("adsync {command} needs to know which profiles"),
            format!("Name them, or all: adsync {command} --all"),
        ));
    }
    let mut chosen = Vec::new();
    for word in &args.profiles {
        let id = find(profiles, word)?.profile.id;
        if !chosen.contains(&id) {
            chosen.push(id);
        }
    }
    Ok(chosen)
}
