//! What a retry takes, and what there is to do about profiles that have nothing to retry.

use super::args::RetryArgs;
use super::errors::cause_named;
use super::failure::{Exit, Failure};
use super::output::Output;
use super::plain::plural;
use super::profiles::{find, select};
use super::standing::word;
use crate::domain::id::ProfileId;
use crate::domain::profile::StoredProfile;
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunState, RunView};
use crate::domain::time::Timestamp;
use crate::sync::causes::causes;
use crate::sync::overview::Overview;

/// The profiles that a retry means.
///
/// # Errors
/// When one is not known, or the cause is none.
pub(super) fn chosen(
    args: &RetryArgs,
    before: &Overview,
    overview: &Overview,
    now: Timestamp,
) -> Result<Vec<ProfileId>, Failure> {
    if let Some(word) = &args.cause {
        let all = causes(overview);
        return match cause_named(&all, word) {
            Ok(cause) => Ok(cause.retryable_profiles()),
            // A login that has answered meanwhile fails no more, and whatever failed of it needs no retry.
            Err(_) if cause_named(&causes(before), word).is_ok_and(|cause| !cause.logins.is_empty()) => {
                Ok(Vec::new())
            }
            Err(failure) => Err(failure),
        };
    }
    let profiles: Vec<StoredProfile> = overview.profiles.values().cloned().collect();
    select(&profiles, &args.select, "retry", |p| {
        let status = overview.status(p.profile.id, now);
        status.is_retryable()
    })
}

/// True when a retry means this login itself: all of them, or the one that cannot be asked for the named cause.
pub(super) fn asks(args: &RetryArgs, before: &Overview, login: &str) -> bool {
    let Some(word) = &args.cause else { return args.select.all };
    let all = causes(before);
    cause_named(&all, word).is_ok_and(|cause| cause.logins.iter().any(|l| l.login == login))
}

/// Says of a profile that has nothing to retry what to do instead.
pub(super) fn refused(id: ProfileId, overview: &Overview, out: &mut Output<'_>) {
    let stored = overview.profiles.get(&id);
    let name = stored.map_or_else(|| id.to_string(), |p| p.profile.title());
    let run = overview.runs.get(&id);
    out.say(&match run {
        Some(run) if run.state == RunState::Held => format!("{name}: {}", held_advice(run)),
        Some(run) if run.state.is_live() => {
            format!("{name}: run {} is {} already; see adsync why {id}", run.id, run.state)
        }
        Some(run) => format!(
            "{name}: run {} is {}, so there is nothing to retry; adsync sync {id} syncs it anew",
            run.id,
            word(run.state)
        ),
        None => format!("{name} was never synced; adsync sync {id} does it"),
    });
}

/// What to do with a held run.
fn held_advice(run: &RunView) -> String {
    let headline = run.hold.as_ref().map(crate::domain::run::HoldSummary::headline).unwrap_or_default();
    format!(
        "run {0} is held, for its commit {headline}; look at it with adsync run show {0}, then adsync approve {0} or \
         adsync discard {0} (adsync sync {1} fetches everything anew)",
        run.id, run.profile_id
    )
}

/// How a retry ends that started nothing.
///
/// # Errors
/// When the overview knows none of the profiles that were named.
pub(super) fn nothing(
    args: &RetryArgs,
    before: &Overview,
    overview: &Overview,
    failures: &[ErrorReport],
    out: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let held = |id: &ProfileId| overview.runs.get(id).is_some_and(|run| run.state == RunState::Held);
    let profiles: Vec<StoredProfile> = overview.profiles.values().cloned().collect();
    let mut named = Vec::new();
    for word in &args.select.profiles {
        named.push(find(&profiles, word)?.profile.id);
    }
    let mended = before.login_failures.keys().filter(|login| !overview.login_failures.contains_key(*login));
    let mended: Vec<&String> = mended.filter(|login| asks(args, before, login)).collect();
    for login in &mended {
        let listed = overview.profiles.values().filter(|p| p.profile.login == **login && p.gone_at.is_none());
        let many = plural(listed.count(), "profile", "profiles");
        out.say(&format!("login {login} answers again: {many}; adsync sync --all syncs all that is listed"));
    }
    if failures.is_empty() && named.is_empty() && mended.is_empty() {
        let waiting = overview.profiles.keys().filter(|id| held(id)).count();
        out.say("nothing to do: no sync failed or was cancelled");
        if waiting > 0 {
            let are = if waiting == 1 { "is" } else { "are" };
            let text = plural(waiting, "sync", "syncs");
            out.say(&format!("{text} {are} held and wait for a decision: adsync runs --state held"));
        }
    }
    match Exit::of(&[], failures) {
        Exit::Ok if named.iter().any(held) => Ok(Exit::Held),
        exit => Ok(exit),
    }
}
