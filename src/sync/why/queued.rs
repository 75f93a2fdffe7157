//! Why a run waits in the queue: for a place, for somebody who carries it, or for the time until which it is put off.

use super::live::{in_a_row, throttled_share};
use super::{Answer, Facts, Reason, Remedy};
use crate::domain::plural::{count, plural, times};
use crate::domain::run::RunView;
use crate::domain::time::Timestamp;

/// Names that a sentence still holds.
const NAMED: usize = 3;

pub(super) fn answer(facts: &Facts<'_>, run: &RunView) -> Answer {
    let login = &facts.stored.profile.login;
    if !facts.login_known {
        let says =
            format!("it is queued, and login {login} is not in the configuration: nobody here can take it");
        return Answer::new(
            Reason::LoginUnknown,
            says,
            "a process whose configuration has the login takes it",
        )
        .since_of(run)
        .can([Remedy::configuration()]);
    }
    match run.not_before.filter(|at| *at > facts.now) {
        Some(at) => parked(facts, run, at),
        None if facts.process.is_empty() => nobody(facts, run),
        None => in_line(facts, run),
    }
    .details(kept(facts))
}

/// Put off: it is nobody's, and goes on only where a process carries what is queued.
fn parked(facts: &Facts<'_>, run: &RunView, at: Timestamp) -> Answer {
    let why = match run.waits.asked {
        Some(true) => "Amazon asked for a pause (Retry-After) that is longer than a sync sits out",
        Some(false) => "Amazon answers nothing but 429; adsync stays away for a while",
        None => "Amazon limits its requests, and for longer than a sync sits out",
    };
    let again = (run.parks > 1).then(|| format!(": put off {} in a row", times(count(run.parks))));
    let longer = (run.parks > 1)
        .then_some("each time in a row it stays away for longer, up to an hour; one answered page ends that");
    let nobody = facts.process.is_empty();
    let next = match nobody {
        true => {
            "whoever follows it goes on with it then, with what was fetched: the sync that put it off, or an open console; without any it stays queued"
        }
        false => "it goes on by itself, with what was fetched",
    };
    Answer::new(Reason::Parked, format!("{why}{}", again.unwrap_or_default()), next)
        .since_of(run)
        .at(Some(at))
        .details(longer.map(str::to_owned))
        .details(throttled_share(run))
        .details(in_a_row(facts))
        .details(nobody.then(|| "until then it is queued, and no process carries it".to_owned()))
        .can(carried_on(facts, "wait for that time, then carry it on"))
}

/// Whoever asks carries nothing itself: only a process that does can take it.
fn nobody(facts: &Facts<'_>, run: &RunView) -> Answer {
    let says = match place(facts) {
        Some(place) => format!("it is queued, and no process carries it; {place}"),
        None => "it is queued, and no process carries it".to_owned(),
    };
    let next = match facts.under_way.is_empty() {
        true => "nothing happens by itself until a console is open, or somebody syncs it".to_owned(),
        false => format!(
            "an open console takes it when one of those under way ends ({}); without one it stays queued",
            named(&facts.under_way)
        ),
    };
    Answer::new(Reason::Queued, says, next)
        .since_of(run)
        .can(carried_on(facts, "carry it on now, with what was fetched"))
}

/// This process carries what is queued, as far as it has places.
fn in_line(facts: &Facts<'_>, run: &RunView) -> Answer {
    let place = place(facts).unwrap_or_else(|| "it is the next one".to_owned());
    let under_way = || format!("it begins when one of those under way ends ({})", named(&facts.under_way));
    let (why, next) = match facts.slots {
        Some((slots, taken)) if taken >= slots => {
            let slots = u64::try_from(slots).unwrap_or(u64::MAX);
            let many = plural(slots, "profile is synced", "profiles are synced");
            let full = format!("{many} at once (concurrent_profiles), and all of them go on");
            (format!("it waits for its turn: {full}; {place}"), under_way())
        }
        None if !facts.under_way.is_empty() => (format!("it waits for its turn; {place}"), under_way()),
        _ => (format!("it waits for its turn; {place}"), "it begins within a second".to_owned()),
    };
    Answer::new(Reason::Queued, why, next).since_of(run)
}

/// How many are taken before it; `None` when it is the next one.
fn place(facts: &Facts<'_>) -> Option<String> {
    let many = u64::try_from(facts.ahead.len()).unwrap_or(u64::MAX);
    (many > 0).then(|| format!("{} before it: {}", plural(many, "waits", "wait"), named(&facts.ahead)))
}

/// What was fetched before it came back into the queue.
fn kept(facts: &Facts<'_>) -> Option<String> {
    let pages: i64 = facts.units.iter().map(|unit| unit.pages).sum();
    (pages > 0).then(|| format!("{} of it are kept", plural(count(pages), "page", "pages")))
}

/// What gets a queued run carried, for somebody who carries nothing.
pub(super) fn carried_on(facts: &Facts<'_>, what: &'static str) -> Vec<Remedy> {
    match facts.process.is_empty() {
        true => vec![Remedy { what, ..Remedy::sync(facts.stored.profile.id) }, Remedy::console()],
        false => Vec::new(),
    }
}

fn named(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
