//! What is known of one unit of one profile beyond its latest run: the committed proof, and what failed last.

use std::time::Duration;

use super::id::{ProfileId, RunId};
use super::run::UnitState;
use super::time::Timestamp;
use super::unit::Unit;

/// From this age on a committed proof is *stale*: it still holds for its day, but no longer for today.
pub const STALE_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What the last completed run found of a unit, without the pages' own details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The profile.
    pub profile_id: ProfileId,
    /// The unit.
    pub unit: Unit,
    /// Proved or not eligible.
    pub state: UnitState,
    /// The run that found it so.
    pub run_id: RunId,
    /// When.
    pub committed_at: Timestamp,
    /// Live rows of the unit; with not eligible: rows that were frozen.
    pub live_rows: i64,
    /// The total that the API reported, where it reports one.
    pub reported_total: Option<u64>,
    /// The API's words, when it is not eligible.
    pub reason: Option<String>,
    /// Since when it is not eligible.
    pub refused_since: Option<Timestamp>,
}

impl Proof {
    /// True when the API refuses a unit of which rows are stored.
    pub const fn is_lost(&self) -> bool {
        matches!(self.state, UnitState::NotEligible) && self.live_rows > 0
    }

    /// True when it proves something that is older than [`STALE_AFTER`].
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.state == UnitState::Proved && now.since(self.committed_at) >= STALE_AFTER
    }
}

/// A unit that failed in a profile's latest run that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedUnit {
    /// The profile.
    pub profile_id: ProfileId,
    /// The unit.
    pub unit: Unit,
    /// The run.
    pub run_id: RunId,
    /// When it failed.
    pub at: Timestamp,
    /// Why, in a line.
    pub summary: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unit::{AdProduct, Entity};

    #[test]
    fn only_what_is_proved_becomes_stale_and_only_frozen_rows_are_lost() {
        let now = Timestamp::from_secs(1_000_000);
        let proof = |state, age: Duration, live_rows| Proof {
            profile_id: ProfileId(1),
            unit: Unit::new(AdProduct::Sp, Entity::Keyword),
            state,
            run_id: RunId(1),
            committed_at: now.minus(age),
            live_rows,
            reported_total: None,
            reason: None,
            refused_since: None,
        };
        let second = Duration::from_secs(1);
        for (state, age, rows, stale, lost) in [
            (UnitState::Proved, STALE_AFTER, 5, true, false),
            (UnitState::Proved, STALE_AFTER.saturating_sub(second), 5, false, false),
            (UnitState::NotEligible, STALE_AFTER, 5, false, true),
            (UnitState::NotEligible, STALE_AFTER, 0, false, false),
        ] {
            let proof = proof(state, age, rows);
            assert_eq!((proof.is_stale(now), proof.is_lost()), (stale, lost), "{state} {age:?}");
        }
    }
}
