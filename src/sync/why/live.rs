//! Why a run that is under way does not move, or that it does.

use std::time::Duration;

use super::{Answer, Facts, Reason, Remedy, queued};
use crate::domain::entity::descriptor;
use crate::domain::plural::{count, plural, times};
use crate::domain::run::{RunState, RunView, UnitState, UnitView};
use crate::domain::time::Timestamp;
use crate::sync::event::{Wait, WaitReason};
use crate::telemetry::process::Identity;

pub(super) fn answer(facts: &Facts<'_>, run: &RunView) -> Answer {
    let id = facts.stored.profile.id;
    let claimed = matches!(run.state, RunState::Fetching | RunState::Committing);
    let silent = if claimed { silent(facts, run) } else { None };
    if run.cancel_requested {
        let says = "somebody asked it to stop";
        return match (silent, owner(run)) {
            (Some(answer), _) => {
                let says = format!("{says}, and {}", answer.says);
                let next = "whoever takes it over stops it".to_owned();
                Answer { reason: Reason::Stopping, says, next, ..answer }
            }
            (None, who) => {
                let who = who.map_or_else(String::new, |owner| format!(" by {owner}"));
                Answer::new(Reason::Stopping, says, format!("it is stopped{who}, within a second"))
                    .since_of(run)
            }
        };
    }
    let answer = match (run.state, silent) {
        (_, Some(silent)) => silent,
        (RunState::Queued, None) => queued::answer(facts, run),
        (RunState::Committing, None) => {
            let who = owner(run).map_or_else(String::new, |owner| format!(" by {owner}"));
            let says = format!("everything is fetched and proved, and is written{who} in one transaction");
            Answer::new(Reason::Committing, says, "the transaction ends, with all of it or nothing")
                .since_of(run)
                .details(lease(facts, run))
        }
        _ if facts.elsewhere => elsewhere(facts, run),
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

/// A run whose owner has ended, or has not renewed its lease: nobody carries it any more.
fn silent(facts: &Facts<'_>, run: &RunView) -> Option<Answer> {
    let over = run.lease_until.filter(|until| facts.elsewhere && *until <= facts.now);
    if over.is_none() && !facts.owner_ended {
        return None;
    }
    let who = owner(run).unwrap_or_else(|| "another process".to_owned());
    let says = match facts.owner_ended {
        true => format!("{who} carried it, and that process has ended"),
        false => format!("{who} carried it and no longer answers: its lease is over"),
    };
    let next = match facts.process.is_empty() {
        true => "an open console takes it over within seconds; without one it stays where it is",
        false => "it is taken over, as soon as there is a place for it",
    };
    let seen = facts.owner_seen.map(|seen| seen.min(facts.now)).or(over);
    let answer = Answer::new(Reason::OwnerSilent, says, next)
        .since(seen)
        .details(progress(facts.units))
        .can(queued::carried_on(facts, "take it over now, with what was fetched"));
    Some(answer)
}

/// How long the lease of another process holds: until then nobody else may take the run.
fn lease(facts: &Facts<'_>, run: &RunView) -> Option<String> {
    let left = run.lease_until.filter(|until| facts.elsewhere && *until > facts.now)?.since(facts.now);
    let left = humantime::format_duration(Duration::from_secs(left.as_secs().max(1)));
    Some(format!(
        "its lease holds for {left} and is renewed while its process lives; after that it may be taken over"
    ))
}

pub(super) fn throttled_share(run: &RunView) -> Option<String> {
    let requests = plural(count(run.requests), "request", "requests");
    let were = if run.throttled == 1 { "was" } else { "were" };
    let share = format!("{} of {requests} of this sync {were} answered with 429", run.throttled);
    (run.throttled > 0).then_some(share)
}

/// Refusals that followed each other without anything let through between.
pub(super) fn in_a_row(facts: &Facts<'_>) -> Option<String> {
    let refused = facts.limit?.refused_in_a_row;
    (refused > 1).then(|| format!("the last {refused} answers to it were all 429"))
}

/// Of a run in another process the database tells its state, its units, its lease, and what it waits for.
fn elsewhere(facts: &Facts<'_>, run: &RunView) -> Answer {
    let who = owner(run).unwrap_or_else(|| "another process".to_owned());
    let answer = match waiting(facts, run) {
        Some(answer) => answer.details([format!("{who} carries it")]),
        None => {
            let next = "its next page is stored; should that process die, the sync is taken over";
            Answer::new(Reason::Elsewhere, format!("{who} fetches it, and it waits for nothing long"), next)
                .since_of(run)
                .details(progress(facts.units))
                .details(throttled_share(run))
        }
    };
    answer.details(lease(facts, run))
}

/// What the API makes it wait for, wherever it is carried.
fn waiting(facts: &Facts<'_>, run: &RunView) -> Option<Answer> {
    let login = &facts.stored.profile.login;
    // What another process stored is over at its time; here the end of each wait is told.
    let earliest = |reason: WaitReason| {
        let waits = facts.waits.iter().filter(|wait| wait.reason == reason);
        waits.filter(|wait| !facts.elsewhere || wait.until > facts.now).min_by_key(|wait| wait.until)
    };
    let throttled = earliest(WaitReason::Throttled);
    if let Some(until) = facts.login_paused_until {
        let says = format!("Amazon limits the requests of login {login}, so all its profiles pause");
        let until = throttled.map_or(until, |wait| wait.until.max(until));
        return Some(limited(Reason::LoginLimited, says, until, throttled, facts, run));
    }
    let says = "Amazon limits the requests of this profile";
    if let Some(wait) = throttled {
        // Its other lists wait as well, and only the refused one knows who named the time.
        let asked = facts.waits.iter().any(|wait| wait.reason == WaitReason::Throttled && wait.asked);
        let says = match asked {
            true => format!("{says}, and asked for a pause (Retry-After)"),
            false => format!("{says}: it answers 429 and names no time; adsync waits and tries again"),
        };
        return Some(limited(Reason::ProfileLimited, says, wait.until, Some(wait), facts, run));
    }
    if let Some(until) = facts.own_pause_until {
        return Some(limited(Reason::ProfileLimited, says.to_owned(), until, None, facts, run));
    }
    let waits_all = |wait: &&Wait| {
        fetching(facts).iter().all(|u| facts.waits.iter().any(|w| w.unit == u.unit))
            && wait.until >= facts.now
    };
    let wait = earliest(WaitReason::Retrying).filter(waits_all)?;
    let says = format!("a request of {} failed and is repeated: {}", wait.unit, wait.detail);
    let answer = Answer::new(Reason::Retrying, says, "the request is sent again")
        .since_of(run)
        .at(Some(wait.until))
        .details([attempts(wait)])
        .details(progress(facts.units));
    Some(answer)
}

fn fetching<'a>(facts: &Facts<'a>) -> Vec<&'a UnitView> {
    facts.units.iter().filter(|unit| unit.state == UnitState::Fetching).collect()
}

fn here(facts: &Facts<'_>, run: &RunView) -> Answer {
    if let Some(answer) = waiting(facts, run) {
        return answer;
    }
    let login = &facts.stored.profile.login;
    let fetching = fetching(facts);
    // Others of its login may wait while nothing of its own does.
    let waits = facts.limit.is_some_and(|limit| limit.waiting > 0);
    let turn = facts.bucket.filter(|bucket| waits && bucket.waiting > 0 && bucket.next_in_ms > 0);
    if let Some(bucket) = turn {
        let says = format!(
            "its next request waits for its turn: {} of login {login} are in line, at {:.1} per second",
            bucket.waiting, bucket.learned_per_second
        );
        return Answer::new(Reason::RequestQueue, says, "the next request of the login goes out")
            .since_of(run)
            .since_waiting(facts)
            .at(Some(facts.now.plus(Duration::from_millis(bucket.next_in_ms))))
            .details(progress(facts.units));
    }
    let blocked = dependencies(facts.units);
    if fetching.is_empty() && !blocked.is_empty() {
        return Answer::new(
            Reason::Dependency,
            blocked.join("; "),
            "they begin when those lists are complete",
        )
        .since_of(run);
    }
    let says = match fetching.iter().max_by_key(|u| (u.expected.unwrap_or(0) - u.rows, u.rows)) {
        Some(unit) => {
            format!("nothing holds it up: page {} of {} is being fetched", unit.pages + 1, unit.unit)
        }
        None => "nothing holds it up: its lists are being planned".to_owned(),
    };
    Answer::new(Reason::Fetching, says, "its next page is stored")
        .since_of(run)
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
        n => Some(format!("it was put off {} in a row before", times(count(n)))),
    };
    Answer::new(reason, says, "the next request goes out by itself")
        .since_of(run)
        .since_waiting(facts)
        .at(Some(until))
        .details(wait.map(|wait| format!("{}: {}, {}", wait.unit, wait.detail, attempts(wait))))
        .details(throttled_share(run))
        .details(in_a_row(facts))
        .details(parked)
        .details(progress(facts.units))
}

fn attempts(wait: &Wait) -> String {
    format!("{} so far", plural(u64::from(wait.attempt), "attempt", "attempts"))
}

fn progress(units: &[UnitView]) -> Option<String> {
    let settled = units.iter().filter(|unit| unit.state.is_settled()).count();
    let pages: i64 = units.iter().map(|unit| unit.pages).sum();
    let all = plural(units.len() as u64, "unit", "units");
    let pages = plural(count(pages), "page", "pages");
    (!units.is_empty()).then(|| format!("{settled} of {all} complete, {pages} stored"))
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
