//! The brake: a commit that would remove too much waits for an operator. Pure.

use crate::domain::run::{HeldUnit, HoldSummary, UnitOutcome};
use crate::domain::unit::Unit;

/// What may be removed without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Removals of a unit that never hold.
    pub(super) max_removed_rows: u64,
    /// Removals of a unit, in percent of its live rows, that never hold.
    pub(super) max_removed_percent: u64,
}

/// True when a unit's commit must not happen without approval: it passes both limits, or leaves nothing of a
/// unit that had rows.
pub(super) fn brakes(outcome: &UnitOutcome, limits: Limits) -> bool {
    let (removed, live) = (outcome.counts.removed, outcome.live_before);
    if removed == 0 {
        return false;
    }
    let emptied = outcome.counts.unchanged + outcome.counts.changed == 0
        && outcome.counts.added + outcome.counts.returned == 0;
    let many = removed > limits.max_removed_rows;
    // In 128 bits: neither product can overflow.
    let large = u128::from(removed) * 100 > u128::from(live) * u128::from(limits.max_removed_percent);
    emptied || (many && large)
}

/// Judges a whole commit. `approved` is what an operator was shown and allowed: at most those removals.
pub(super) fn judge(
    units: &[(Unit, UnitOutcome)],
    limits: Limits,
    approved: Option<&HoldSummary>,
) -> Option<HoldSummary> {
    let summary = HoldSummary {
        units: units
            .iter()
            .map(|(unit, outcome)| {
                let allowed = approved
                    .and_then(|shown| shown.units.iter().find(|u| u.unit == *unit))
                    .map(|shown| shown.outcome.counts.removed);
                let braked = match allowed {
                    Some(allowed) => outcome.counts.removed > allowed,
                    None => brakes(outcome, limits),
                };
                HeldUnit { unit: *unit, outcome: outcome.clone(), braked, removes: Vec::new() }
            })
            .collect(),
    };
    summary.units.iter().any(|u| u.braked).then_some(summary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::ChangeCounts;
    use crate::domain::unit::{AdProduct, Entity};

    const LIMITS: Limits = Limits { max_removed_rows: 100, max_removed_percent: 20 };
    const UNIT: Unit = Unit::new(AdProduct::Sp, Entity::Keyword);

    fn outcome(removed: u64, live_before: u64) -> UnitOutcome {
        let counts = ChangeCounts { removed, unchanged: live_before - removed, ..ChangeCounts::default() };
        UnitOutcome { counts, live_before, ..UnitOutcome::default() }
    }

    #[test]
    fn both_limits_must_be_passed() {
        for (removed, live, held) in [
            (100, 200, false),
            (101, 200, true),
            (101, 505, false),
            (101, 504, true),
            (5_000, 100_000, false),
            (20_001, 100_000, true),
            (50, 60, false),
            (0, 0, false),
        ] {
            assert_eq!(brakes(&outcome(removed, live), LIMITS), held, "{removed} of {live}");
        }
    }

    #[test]
    fn a_unit_that_had_rows_and_came_back_empty_always_holds() {
        assert!(brakes(&outcome(1, 1), LIMITS));
        assert!(brakes(&outcome(7, 7), Limits { max_removed_rows: u64::MAX, max_removed_percent: 100 }));
    }

    #[test]
    fn an_approval_allows_what_was_shown_and_no_more() {
        let shown = judge(&[(UNIT, outcome(500, 600))], LIMITS, None).unwrap();
        assert_eq!((shown.removals(), shown.braked().count()), (500, 1));
        assert_eq!(judge(&[(UNIT, outcome(500, 600))], LIMITS, Some(&shown)), None);
        assert_eq!(judge(&[(UNIT, outcome(499, 600))], LIMITS, Some(&shown)), None);
        assert!(judge(&[(UNIT, outcome(501, 600))], LIMITS, Some(&shown)).is_some());
    }
}
