//! What the API refuses of a profile whose last sync was proved.

use super::{Answer, Facts, Reason, Remedy};
use crate::domain::plural::{count, plural};
use crate::domain::run::{Refusal, UnitState, UnitView};
use crate::domain::time::Timestamp;

/// Units that are named one by one.
const NAMED: usize = 6;

/// Rows are stored of what is refused: they are frozen.
pub(super) fn access_lost(facts: &Facts<'_>) -> Answer {
    let stored = facts.stored;
    let login = &stored.profile.login;
    let lost: Vec<(&UnitView, &Refusal)> = refusals(facts.units).filter(|(_, r)| r.frozen_rows > 0).collect();
    let (units, rows) = stored.access_lost.map_or((0, 0), |lost| (lost.units, lost.rows));
    let says = format!(
        "login {login} lost access to {}: {} frozen, and none is removed",
        plural(units, "unit", "units"),
        plural(count(rows), "stored row of it is", "stored rows of it are")
    );
    asked_again(Answer::new(Reason::AccessLost, says, ""), &lost, facts.now)
        .since(stored.access_lost.map(|lost| lost.since))
        .details(named(&lost, |unit, refusal| {
            let said = unit.error.as_ref().map_or("refused", |report| report.summary.as_str());
            format!("{}: {} frozen; {said}", unit.unit, plural(count(refusal.frozen_rows), "row", "rows"))
        }))
        .details(["check what the login may do, and whether the account still takes part".to_owned()])
        .can([Remedy::sync(stored.profile.id)])
        .can(facts.run.map(|run| Remedy::look(run.id)))
}

/// The account has no part in something, and never had any rows of it. `None` when it has part in everything.
pub(super) fn not_eligible(facts: &Facts<'_>) -> Option<Answer> {
    let refused: Vec<(&UnitView, &Refusal)> = refusals(facts.units).collect();
    let since = refused.iter().map(|(_, refusal)| refusal.since).min()?;
    let says = format!(
        "its last sync was proved; the account has no part in {} of {}",
        refused.len(),
        plural(facts.units.len() as u64, "unit", "units")
    );
    let answer = asked_again(Answer::new(Reason::NotEligible, says, ""), &refused, facts.now)
        .since(Some(since))
        .details(named(&refused, |unit, _| {
            let said = unit.error.as_ref().map_or("not eligible", |report| report.summary.as_str());
            format!("{}: {said}", unit.unit)
        }))
        .can([Remedy::sync(facts.stored.profile.id)])
        .can(facts.run.map(|run| Remedy::look(run.id)));
    Some(answer)
}

fn refusals(units: &[UnitView]) -> impl Iterator<Item = (&UnitView, &Refusal)> {
    let refused = units.iter().filter(|unit| unit.state == UnitState::NotEligible);
    refused.filter_map(|unit| Some((unit, unit.refusal.as_ref()?)))
}

/// When it is asked for again: syncs before that remember the answer.
fn asked_again(answer: Answer, refused: &[(&UnitView, &Refusal)], now: Timestamp) -> Answer {
    let after = refused.iter().map(|(_, refusal)| refusal.ask_after).min().filter(|at| *at > now);
    let next = match after {
        Some(_) => "the first sync after that asks for it again; one before remembers the answer",
        None => "the next sync asks for it again",
    };
    Answer { next: next.to_owned(), ..answer }.at(after)
}

fn named<'a>(
    units: &'a [(&UnitView, &Refusal)],
    line: impl Fn(&UnitView, &Refusal) -> String + 'a,
) -> impl Iterator<Item = String> + 'a {
    let more = units.len().saturating_sub(NAMED);
    let rest = (more > 0).then(|| format!("and {more} more"));
    units.iter().take(NAMED).map(move |(unit, refusal)| line(unit, refusal)).chain(rest)
}
