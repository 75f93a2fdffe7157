//! What is known of one profile, as plain data: everything that decides why it is where it is.

use std::time::Duration;

use crate::domain::cause::PresentFailure;
use crate::domain::id::ProfileId;
use crate::domain::limits::{BucketSnapshot, ProfileLimit};
use crate::domain::profile::{Barred, StoredProfile};
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunState, RunView, UnitView};
use crate::domain::time::Timestamp;
use crate::sync::event::Wait;
use crate::sync::overview::{Overview, ProfileStatus};

/// What an overview does not have.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside {
    /// True when the process that carries the profile's run has certainly ended.
    pub owner_ended: bool,
    /// How long a lease lasts that was just renewed.
    pub lease: Option<Duration>,
    /// When the budget's gauges were read; their countdowns began then.
    pub limits_at: Option<Timestamp>,
    /// True when the process that asks takes nothing out of the queue but what is asked for through it.
    pub takes_no_others: bool,
}

/// The facts about a profile.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The profile.
    pub stored: &'a StoredProfile,
    /// Its state.
    pub status: ProfileStatus,
    /// Its latest run.
    pub run: Option<&'a RunView>,
    /// The units of that run, as far as they are known.
    pub units: &'a [UnitView],
    /// Requests of that run that wait.
    pub waits: &'a [Wait],
    /// Its present failure, and how many profiles share the cause, itself included.
    pub failure: Option<(&'a PresentFailure, usize)>,
    /// False when its login is not in the configuration.
    pub login_known: bool,
    /// Why its login could not be asked for its profiles.
    pub login_failed: Option<&'a ErrorReport>,
    /// Since when.
    pub login_failed_since: Option<Timestamp>,
    /// The gauges of its login.
    pub bucket: Option<&'a BucketSnapshot>,
    /// Until when requests of its login pause, and until when its own do.
    pub login_paused_until: Option<Timestamp>,
    /// As above, for the profile alone.
    pub own_pause_until: Option<Timestamp>,
    /// What the budget knows of the profile, while it waits, pauses, or was refused.
    pub limit: Option<&'a ProfileLimit>,
    /// Since when the first of its requests waits.
    pub waiting_since: Option<Timestamp>,
    /// Runs that wait before it in the queue, by their profiles' names, the first one first.
    pub ahead: Vec<String>,
    /// Runs under way, by their profiles' names.
    pub under_way: Vec<String>,
    /// The process that asks; empty when it carries no runs itself.
    pub process: &'a str,
    /// How many runs that process carries at once, and how many it carries.
    pub slots: Option<(usize, usize)>,
    /// True when the process that carries the run is another one than the one that asks.
    pub elsewhere: bool,
    /// True when that process has certainly ended.
    pub owner_ended: bool,
    /// When the run's owner gave its last sign of life.
    pub owner_seen: Option<Timestamp>,
    /// The time.
    pub now: Timestamp,
}

impl<'a> Facts<'a> {
    /// The facts about a profile that an overview has; `None` when it does not know the profile.
    pub fn of(overview: &'a Overview, id: ProfileId, now: Timestamp, beside: Beside) -> Option<Self> {
        let stored = overview.profiles.get(&id)?;
        let run = overview.runs.get(&id);
        let login = stored.profile.login.as_str();
        let read_at = beside.limits_at.unwrap_or(now);
        let until = |ms: u64| {
            let until = read_at.plus(Duration::from_millis(ms));
            (ms > 0 && until > now).then_some(until)
        };
        let bucket = overview.limits.bucket_of(login);
        let own = overview.limits.throttled_profiles.iter().find(|(profile, _)| *profile == id);
        let limit = overview.limits.profiles.iter().find(|limit| limit.profile == Some(id));
        let instant = |ms: Option<u64>| ms.map(|ms| overview.limits.instant(ms));
        let exact = instant(limit.and_then(|limit| limit.paused_until_ms)).filter(|until| *until > now);
        let failure = overview.failures.get(&id);
        let elsewhere = run.is_some_and(|run| {
            let owner = run.owner.as_deref();
            owner.is_some() && (overview.process.is_empty() || owner != Some(overview.process.as_str()))
        });
        // Of another process only what it stored is known; the gauges here are those of this process.
        let stored_waits = run.map(|run| run.waits.left(now)).unwrap_or_default();
        let login_paused_until = match elsewhere {
            true => stored_waits.login_until,
            false => bucket.and_then(|bucket| until(bucket.paused_ms)),
        };
        let own_pause = exact.or_else(|| own.and_then(|(_, ms)| until(*ms)));
        let waiting_since = match elsewhere {
            true => stored_waits.since,
            false => instant(limit.and_then(|limit| limit.waiting_since_ms)),
        };
        let carried = overview.runs.values().filter(|run| {
            matches!(run.state, RunState::Fetching | RunState::Committing)
                && run.owner.as_ref() == Some(&overview.process)
        });
        let share = |f: &PresentFailure| overview.failures.values().filter(|o| o.cause == f.cause).count();
        Some(Self {
            stored,
            status: overview.status(id, now),
            run,
            units: run.and_then(|run| overview.units.get(&run.id)).map_or(&[], Vec::as_slice),
            waits: run.and_then(|run| overview.waits.get(&run.id)).map_or(&[], Vec::as_slice),
            failure: failure.map(|failure| (failure, share(failure))),
            login_known: !matches!(stored.barred, Some(Barred::LoginRemoved { .. })),
            login_failed: overview.login_failures.get(login).map(|failure| failure.report.as_ref()),
            login_failed_since: overview.login_failures.get(login).map(|failure| failure.since),
            bucket: bucket.filter(|_| !elsewhere),
            login_paused_until,
            own_pause_until: own_pause.filter(|_| !elsewhere),
            limit: limit.filter(|_| !elsewhere),
            waiting_since,
            ahead: ahead(overview, run, now),
            under_way: under_way(overview, id),
            process: if beside.takes_no_others { "" } else { &overview.process },
            slots: overview.carries_at_once.map(|slots| (slots, carried.count())),
            elsewhere,
            owner_ended: beside.owner_ended && elsewhere,
            owner_seen: run.and_then(|run| {
                let renewed = run.lease_until.zip(beside.lease).map(|(until, lease)| until.minus(lease));
                run.waits.owner_seen.or(renewed)
            }),
            now,
        })
    }
}

fn name(overview: &Overview, id: ProfileId) -> String {
    let profile = overview.profiles.get(&id);
    profile.map_or_else(|| id.to_string(), |p| p.profile.title())
}

/// Whoever is taken before a queued run: the same order as the claim's.
fn ahead(overview: &Overview, run: Option<&RunView>, now: Timestamp) -> Vec<String> {
    let Some(ours) = run.filter(|run| run.state == RunState::Queued) else { return Vec::new() };
    let due = |run: &&RunView| {
        run.state == RunState::Queued && run.not_before.is_none_or(|at| at <= now) && run.id != ours.id
    };
    let place = |run: &RunView| (std::cmp::Reverse(run.priority), run.id);
    let mut before: Vec<&RunView> =
        overview.runs.values().filter(due).filter(|run| place(run) < place(ours)).collect();
    before.sort_by_key(|run| place(run));
    before.into_iter().map(|run| name(overview, run.profile_id)).collect()
}

fn under_way(overview: &Overview, except: ProfileId) -> Vec<String> {
    overview
        .runs
        .values()
        .filter(|run| matches!(run.state, RunState::Fetching | RunState::Committing))
        .filter(|run| run.profile_id != except)
        .map(|run| name(overview, run.profile_id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{ID, NOW, at, bucket, overview};
    use super::*;

    #[test]
    fn a_bucket_that_is_named_after_another_login_of_the_application_is_found() {
        let mut overview = overview();
        let logins = vec!["first".to_owned(), "acme".to_owned()];
        overview.limits.buckets =
            vec![BucketSnapshot { name: "first".to_owned(), logins, ..bucket(0, 0, 5_000) }];
        let facts = Facts::of(&overview, ID, NOW, Beside::default()).unwrap();
        assert_eq!(facts.bucket.map(|bucket| bucket.name.as_str()), Some("first"));
        assert_eq!(facts.login_paused_until, Some(at(5)));
    }
}
