//! Why a run that is under way does not move, or that it does.

use super::{Answer, Facts, Reason, Remedy};
use crate::domain::entity::descriptor;
use crate::domain::run::{RunState, RunView, UnitState, UnitView};
use crate::domain::time::Timestamp;
use crate::sync::event::{Wait, WaitReason};
use crate::telemetry::process::Identity;

/// Names that a sentence still holds.
const NAMED: usize = 3;

pub(super) fn answer(facts: &Facts<'_>, run: &RunView) -> Answer {
    let id = facts.stored.profile.id;
    if run.cancel_requested {
        let who = owner(run).map_or_else(String::new, |owner| format!(" by {owner}"));
        return Answer::new(
            Reason::Stopping,
            "somebody asked it to stop",
            format!("it is stopped{who}, within a second"),
        )
        .since(run.started_at);
    }
    let answer = match run.state {
        RunState::Queued => queued(facts, run),
        RunState::Committing => {
            let who = owner(run).map_or_else(String::new, |owner| format!(" by {owner}"));
            let says = format!("everything is fetched and proved, and is written{who} in one transaction");
            Answer::new(Reason::Committing, says, "the transaction ends, with all of it or nothing")
                .since(run.started_at)
        }
        _ if run.owner.as_deref() != Some(facts.process) || facts.process.is_empty() => elsewhere(facts, run),
        _ => here(facts, run),
    };
    let before = facts.failure.map(|(failure, _)| format!("it failed before: {}", failure.report.summary));
    answer.details(before).can([Remedy::cancel(id)])
}

/// The process that carries a run, for people.
fn owner(run: &RunView) -> Option<String> {
    let text = run.owner.as_deref()?;
    Some(Identity::parse(text).map_or_else(|| text.to_owned(), |identity| identity.short()))
}

fn queued(facts: &Facts<'_>, run: &RunView) -> Answer {
    let login = &facts.stored.profile.login;
    if !facts.login_known {
        let says = format!("login {login} is not in the configuration, so nobody here can take it");
        return Answer::new(
            Reason::LoginUnknown,
            says,
            "a process whose configuration has the login takes it",
        )
        .since(Some(run.requested_at))
        .can([Remedy::configuration()]);
    }
    if let Some(at) = run.not_before.filter(|at| *at > facts.now) {
        let says = match run.parks {
            ..=1 => "Amazon limits its requests, and for longer than a sync sits it out".to_owned(),
            n => format!("Amazon answers its requests with nothing but refusals: put off {n} times in a row"),
        };
        let longer = (run.parks > 1).then_some(
            "each time in a row it stays away for longer, up to an hour; one answered page ends that",
        );
        return Answer::new(Reason::Parked, says, "it goes on by itself, with what was fetched")
            .since(Some(run.requested_at))
            .at(Some(at))
            .details(longer.map(str::to_owned))
            .details(throttled_share(run))
            .details(in_a_row(facts));
    }
    let place = match facts.ahead.len() {
        0 => "it is the next one".to_owned(),
        n => format!("{n} {} before it: {}", if n == 1 { "waits" } else { "wait" }, named(&facts.ahead)),
    };
    let next = match (facts.under_way.is_empty(), facts.process.is_empty()) {
        (false, _) => format!("it begins when one of those under way ends ({})", named(&facts.under_way)),
        (true, false) => "it begins within a second".to_owned(),
        (true, true) => "an open console takes it, or whoever syncs the profile".to_owned(),
    };
    let remedy = facts.process.is_empty().then(|| Remedy::sync(facts.stored.profile.id));
    Answer::new(Reason::Queued, format!("it waits for its turn; {place}"), next)
        .since(Some(run.requested_at))
        .can(remedy)
}

fn named(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn throttled_share(run: &RunView) -> Option<String> {
    let share = format!("{} of {} requests of this sync were answered with 429", run.throttled, run.requests);
    (run.throttled > 0).then_some(share)
}

/// Refusals that followed each other without anything let through between.
fn in_a_row(facts: &Facts<'_>) -> Option<String> {
    let refused = facts.limit?.refused_in_a_row;
    (refused > 1).then(|| format!("the last {refused} answers to it were all 429"))
}

/// Of a run in another process the database tells its state, its units and its lease, and not what it waits for.
fn elsewhere(facts: &Facts<'_>, run: &RunView) -> Answer {
    let who = owner(run).unwrap_or_else(|| "another process".to_owned());
    if let Some(until) = facts.lease_until.filter(|until| *until <= facts.now) {
        return Answer::new(
            Reason::OwnerSilent,
            format!("{who} carried it and no longer answers"),
            "an open console takes it over, or whoever syncs the profile",
        )
        .since(Some(until))
        .can([Remedy::sync(facts.stored.profile.id)]);
    }
    let answer = Answer::new(
        Reason::Elsewhere,
        format!("{who} fetches it"),
        "its next page is stored; should that process die, the sync is taken over",
    )
    .since(run.started_at)
    .details(progress(facts.units));
    let answer = answer.details(throttled_share(run));
    answer.details(facts.lease_until.map(|_| "its process renews the lease, so it is alive".to_owned()))
}

fn here(facts: &Facts<'_>, run: &RunView) -> Answer {
    let login = &facts.stored.profile.login;
    let earliest = |reason: WaitReason| {
        facts.waits.iter().filter(|wait| wait.reason == reason).min_by_key(|wait| wait.until)
    };
    let throttled = earliest(WaitReason::Throttled);
    if let Some(until) = facts.login_paused_until {
        let says = format!("Amazon limits the requests of login {login}, so all its profiles pause");
        let until = throttled.map_or(until, |wait| wait.until.max(until));
        return limited(Reason::LoginLimited, says, until, throttled, facts, run);
    }
    if let Some(wait) = throttled {
        let says = "Amazon limits the requests of this profile".to_owned();
        return limited(Reason::ProfileLimited, says, wait.until, Some(wait), facts, run);
    }
    if let Some(until) = facts.own_pause_until {
        let says = "Amazon limits the requests of this profile".to_owned();
        return limited(Reason::ProfileLimited, says, until, None, facts, run);
    }
    let fetching: Vec<&UnitView> = facts.units.iter().filter(|u| u.state == UnitState::Fetching).collect();
    let waits_all = |wait: &&Wait| {
        fetching.iter().all(|u| facts.waits.iter().any(|w| w.unit == u.unit)) && wait.until >= facts.now
    };
    if let Some(wait) = earliest(WaitReason::Retrying).filter(waits_all) {
        let says = format!("a request of {} failed and is repeated: {}", wait.unit, wait.detail);
        return Answer::new(Reason::Retrying, says, "the request is sent again")
            .since(run.started_at)
            .at(Some(wait.until))
            .details([attempts(wait)])
            .details(progress(facts.units));
    }
    let turn = facts.bucket.filter(|bucket| bucket.waiting > 0 && bucket.next_in_ms > 0);
    if let Some(bucket) = turn {
        let says = format!(
            "its next request waits for its turn: {} of login {login} are in line, at {:.1} per second",
            bucket.waiting, bucket.learned_per_second
        );
        return Answer::new(Reason::RequestQueue, says, "the next request of the login goes out")
            .since(facts.waiting_since.or(run.started_at))
            .at(Some(facts.now.plus(std::time::Duration::from_millis(bucket.next_in_ms))))
            .details(progress(facts.units));
    }
    let blocked = dependencies(facts.units);
    if fetching.is_empty() && !blocked.is_empty() {
        return Answer::new(
            Reason::Dependency,
            blocked.join("; "),
            "they begin when those lists are complete",
        )
        .since(run.started_at);
    }
    let says = match fetching.iter().max_by_key(|u| (u.expected.unwrap_or(0) - u.rows, u.rows)) {
        Some(unit) => {
            format!("nothing holds it up: page {} of {} is being fetched", unit.pages + 1, unit.unit)
        }
        None => "nothing holds it up: its lists are being planned".to_owned(),
    };
    Answer::new(Reason::Fetching, says, "its next page is stored")
        .since(run.started_at)
        .details(progress(facts.units))
        .details(blocked)
}

fn limited(
    reason: Reason,
    says: String,
    until: Timestamp,
    wait: Option<&Wait>,
    facts: &Facts<'_>,
    run: &RunView,
) -> Answer {
    let parked = match run.parks {
        ..=0 => None,
        1 => Some("it was put off once before".to_owned()),
        n => Some(format!("it was put off {n} times in a row before")),
    };
    Answer::new(reason, says, "the next request goes out by itself")
        .since(facts.waiting_since.or(run.started_at))
        .at(Some(until))
        .details(wait.map(|wait| format!("{}: {}, {}", wait.unit, wait.detail, attempts(wait))))
        .details(throttled_share(run))
        .details(in_a_row(facts))
        .details(parked)
        .details(progress(facts.units))
}

fn attempts(wait: &Wait) -> String {
    format!("{} {} so far", wait.attempt, if wait.attempt == 1 { "attempt" } else { "attempts" })
}

fn progress(units: &[UnitView]) -> Option<String> {
    let settled = units.iter().filter(|unit| unit.state.is_settled()).count();
    let pages: i64 = units.iter().map(|unit| unit.pages).sum();
    (!units.is_empty())
        .then(|| format!("{settled} of {} units are complete, {pages} pages are stored", units.len()))
}

/// Units that cannot begin before another one is complete.
fn dependencies(units: &[UnitView]) -> Vec<String> {
    let open = |of| units.iter().any(|u| u.unit == of && !u.state.is_settled());
    units
        .iter()
        .filter(|unit| unit.state == UnitState::Pending)
        .filter_map(|unit| {
            let parent = descriptor(unit.unit)?.depends_on.filter(|parent| open(*parent))?;
            Some(format!("{} wait for the ids of {parent}", unit.unit))
        })
        .collect()
}
