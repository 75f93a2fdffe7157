//! Finding the profiles that an operator means.

use super::args::SelectArgs;
use super::failure::Failure;
use crate::domain::code::Code;
use crate::domain::id::ProfileId;
use crate::domain::profile::StoredProfile;

/// The profile that a word names: its number, or its whole name, alone or with its country, where only one has it.
pub(super) fn find<'a>(profiles: &'a [StoredProfile], word: &str) -> Result<&'a StoredProfile, Failure> {
    if let Some(profile) =
        word.parse().ok().and_then(|id| profiles.iter().find(|p| p.profile.id == ProfileId(id)))
    {
        return Ok(profile);
    }
    let lower = word.to_lowercase();
    let full = |p: &StoredProfile| p.profile.title().to_lowercase();
    let is_named = |p: &&StoredProfile| p.profile.name.to_lowercase() == lower || full(p) == lower;
    let named: Vec<&StoredProfile> = profiles.iter().filter(is_named).collect();
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
            Err(Failure::new(Code::ProfileUnknown, format!("profile {word:?} is not known"), hint))
        }
        several => {
            let ids: Vec<String> =
                several.iter().map(|p| format!("{} ({})", p.profile.id, p.profile.country)).collect();
            // The country tells them apart only where each has another one.
            let mut names: Vec<String> = several.iter().map(|p| full(p)).collect();
            names.sort();
            names.dedup();
            let country = (names.len() == several.len())
                .then(|| several.iter().find(|p| p.profile.name.to_lowercase() == lower))
                .flatten()
                .map_or_else(String::new, |p| format!(" or with its country, as {:?}", p.profile.title()));
            Err(Failure::usage(
                format!("{} profiles are named {word:?}", several.len()),
                format!("Name one by its number{country}: {}", ids.join(", ")),
            ))
        }
    }
}

/// Refuses a command line that selects nothing at all.
pub(super) fn said(args: &SelectArgs, command: &str) -> Result<(), Failure> {
    if args.all || !args.profiles.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(
        format!("adsync {command} needs to know which profiles"),
        format!("Name them, or all: adsync {command} --all"),
    ))
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
    said(args, command)?;
    let mut chosen = Vec::new();
    for word in &args.profiles {
        let id = find(profiles, word)?.profile.id;
        if !chosen.contains(&id) {
            chosen.push(id);
        }
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::profile::{Access, Profile, Region};

    fn profile(id: i64, name: &str, country: &str) -> StoredProfile {
        StoredProfile {
            profile: Profile {
                id: ProfileId(id),
                login: "acme".to_owned(),
                region: Region::Eu,
                access: Access::Edit,
                name: name.to_owned(),
                country: country.to_owned(),
                currency: "EUR".to_owned(),
                timezone: "Europe/Berlin".to_owned(),
                account_type: "seller".to_owned(),
                account_sub_type: None,
                account_id: String::new(),
                marketplace_id: None,
                simulated: false,
                raw: String::new(),
            },
            last_synced_at: None,
            data_as_of: None,
            rows: 0,
            last_counts: None,
            listed_at: None,
            gone_at: None,
            access_lost: None,
            barred: None,
        }
    }

    #[test]
    fn a_word_names_one_profile_or_none() {
        let all = [
            profile(1, "Aurora", "DE"),
            profile(2, "Aurora", "UK"),
            profile(3, "Kestrel", "DE"),
            profile(4, "Twin", "DE"),
            profile(5, "Twin", "DE"),
            profile(6, "Kestrel DE", "UK"),
        ];
        let found = |word: &str| find(&all, word).map(|p| p.profile.id.0).map_err(|e| e.report);
        assert_eq!(found("2").unwrap(), 2);
        assert_eq!(found("aurora uk").unwrap(), 2);
        assert_eq!(found("Kestrel").unwrap(), 3);
        assert_eq!(found("kestrel de uk").unwrap(), 6);
        let ambiguous = found("Aurora").unwrap_err();
        assert_eq!(ambiguous.summary, "2 profiles are named \"Aurora\"");
        assert!(ambiguous.hint.contains("as \"Aurora DE\": 1 (DE), 2 (UK)"), "{}", ambiguous.hint);
        // The country helps neither twins nor a name that ends like one.
        for word in ["Twin", "Twin DE", "Kestrel DE"] {
            let twins = found(word).unwrap_err();
            assert!(twins.summary.starts_with("2 profiles"), "{word}: {}", twins.summary);
            assert_eq!(
                twins.hint.contains("with its country"),
                word == "Kestrel DE",
                "{word}: {}",
                twins.hint
            );
        }
        assert!(found("Aurora FR").unwrap_err().summary.contains("not known"));
    }
}
