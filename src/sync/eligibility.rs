//! What the API refuses: since when, remembered instead of asked by every sync, and told apart from lost access.
//!
//! The memory is the last committed certificate of each unit. It only saves requests: where nothing else of a run
//! is proved, the engine asks for everything.

use std::time::Duration;

use super::context::RunContext;
use crate::domain::code::Code;
use crate::domain::profile::Profile;
use crate::domain::report::ErrorReport;
use crate::domain::run::{Refusal, UnitState};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;
use crate::store::{StoreError, StoredCertificate, UnitUpdate};

/// What is known of a profile's units from before its run.
#[derive(Debug)]
pub(super) struct Memory {
    certificates: Vec<StoredCertificate>,
    /// Who asks now: another login, or the same one with another access, may get another answer.
    asked_as: String,
    ask_again_after: Duration,
}

impl Memory {
    /// Reads what the last committed runs of the profile left.
    pub(super) async fn read(context: &RunContext) -> Result<Self, StoreError> {
        Ok(Self {
            certificates: context.store.certificates(context.profile.id).await?,
            asked_as: asked_as(&context.profile),
            ask_again_after: context.config.ask_again_after,
        })
    }

    fn certificate(&self, unit: Unit) -> Option<&StoredCertificate> {
        self.certificates.iter().find(|c| c.unit == unit)
    }

    /// Rows that a unit had when it was last proved.
    pub(super) fn expected_rows(&self, unit: Unit) -> Option<i64> {
        let proved = self.certificate(unit).filter(|c| c.state == UnitState::Proved)?;
        proved.certificate.as_ref().map(|c| i64::try_from(c.rows).unwrap_or(i64::MAX))
    }

    /// How a unit is settled without asking, when it was refused lately. Where rows are stored it is asked for by every
    /// sync: whoever has lost access wants to know when it is back.
    pub(super) fn recall(&self, unit: Unit, now: Timestamp) -> Option<UnitUpdate> {
        let known =
            self.certificate(unit).filter(|c| c.state == UnitState::NotEligible && c.live_rows == 0)?;
        let asked_at = known.asked_at?;
        let ask_after = asked_at.plus(self.ask_again_after);
        if ask_after <= now || known.asked_as.as_deref() != Some(&self.asked_as) {
            return None;
        }
        let refusal = Refusal {
            since: known.refused_since.unwrap_or(known.committed_at),
            asked_at,
            ask_after,
            remembered: true,
            frozen_rows: known.live_rows,
            asked_as: self.asked_as.clone(),
        };
        let summary = known.reason.clone().unwrap_or_else(|| "not eligible".to_owned());
        let error = ErrorReport::new(Code::NotEligible, summary, "", asked_at);
        Some(settled(error, refusal))
    }

    /// How a unit is settled that the API has just refused.
    pub(super) fn refused(&self, unit: Unit, error: ErrorReport, now: Timestamp) -> UnitUpdate {
        let frozen_rows = self.frozen_rows(unit);
        let remembered_for = if frozen_rows > 0 { Duration::ZERO } else { self.ask_again_after };
        let refusal = Refusal {
            since: self.refused_since(unit).unwrap_or(now),
            asked_at: now,
            ask_after: now.plus(remembered_for),
            remembered: false,
            frozen_rows,
            asked_as: self.asked_as.clone(),
        };
        settled(error, refusal)
    }

    /// How a unit is settled whose parent's product the account has no part in.
    pub(super) fn inherited(&self, unit: Unit, error: ErrorReport, parent: Refusal) -> UnitUpdate {
        let since = self.refused_since(unit).unwrap_or(parent.since);
        settled(error, Refusal { since, frozen_rows: self.frozen_rows(unit), ..parent })
    }

    fn refused_since(&self, unit: Unit) -> Option<Timestamp> {
        let known = self.certificate(unit).filter(|c| c.state == UnitState::NotEligible)?;
        Some(known.refused_since.unwrap_or(known.committed_at))
    }

    fn frozen_rows(&self, unit: Unit) -> i64 {
        self.certificate(unit).map_or(0, |c| c.live_rows)
    }
}

fn asked_as(profile: &Profile) -> String {
    format!("{} {}", profile.login, profile.access)
}

fn settled(mut error: ErrorReport, refusal: Refusal) -> UnitUpdate {
    let lost = refusal.frozen_rows > 0;
    if lost {
        error.code = Code::AccessLost;
        error.hint = format!(
            "Access was lost: the {} rows that are stored stay as they were, and are no longer kept up to date. Check the login's permissions, and whether the account still takes part in the ad product.",
            refusal.frozen_rows
        );
    } else {
        error.code = Code::NotEligible;
        if error.hint.is_empty() {
            "Nothing to do: the account does not take part in this. [sync] ask_again_after says how long that is remembered."
                .clone_into(&mut error.hint);
        }
    }
    UnitUpdate {
        state: UnitState::NotEligible,
        certificate: None,
        error: Some(error),
        refusal: Some(refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::RunId;
    use crate::domain::unit::{AdProduct, Entity};

    const UNIT: Unit = Unit::new(AdProduct::Sb, Entity::Campaign);
    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    fn memory(ask_again_after: u64, change: impl FnOnce(&mut StoredCertificate)) -> Memory {
        let mut certificate = StoredCertificate {
            unit: UNIT,
            state: UnitState::NotEligible,
            run_id: RunId(1),
            committed_at: NOW,
            live_rows: 0,
            certificate: None,
            reason: Some("not eligible: no brand".to_owned()),
            refused_since: Some(Timestamp::from_secs(900_000)),
            asked_at: Some(Timestamp::from_secs(999_000)),
            asked_as: Some("acme edit".to_owned()),
        };
        change(&mut certificate);
        Memory {
            certificates: vec![certificate],
            asked_as: "acme edit".to_owned(),
            ask_again_after: Duration::from_secs(ask_again_after),
        }
    }

    #[test]
    fn a_refusal_is_remembered_until_its_time_and_for_whom_it_was_meant() {
        let recalled = memory(1_001, |_| {}).recall(UNIT, NOW).unwrap();
        let refusal = recalled.refusal.unwrap();
        assert!(refusal.remembered);
        assert_eq!(refusal.since, Timestamp::from_secs(900_000));
        assert_eq!(refusal.ask_after, Timestamp::from_secs(1_000_001));
        assert_eq!(recalled.error.unwrap().summary, "not eligible: no brand");
        for (why, memory) in [
            ("its time has come", memory(1_000, |_| {})),
            ("it is asked by every sync", memory(0, |_| {})),
            ("another login asks", memory(1_001, |c| c.asked_as = Some("other edit".to_owned()))),
            ("another access", memory(1_001, |c| c.asked_as = Some("acme view".to_owned()))),
            ("nobody knows when it was asked", memory(1_001, |c| c.asked_at = None)),
            ("it is proved", memory(1_001, |c| c.state = UnitState::Proved)),
        ] {
            assert!(memory.recall(UNIT, NOW).is_none(), "{why}");
        }
    }

    #[test]
    fn a_second_refusal_keeps_the_first_since_and_rows_make_it_a_loss() {
        let error = || memory(1_001, |_| {}).recall(UNIT, NOW).unwrap().error.unwrap();
        let again = memory(9, |_| {}).refused(UNIT, error(), NOW);
        let refusal = again.refusal.unwrap();
        assert_eq!((refusal.since, refusal.asked_at), (Timestamp::from_secs(900_000), NOW));
        assert_eq!(again.error.unwrap().code, "product.not_eligible");
        let lost = memory(9, |c| (c.state, c.live_rows) = (UnitState::Proved, 7)).refused(UNIT, error(), NOW);
        let refusal = lost.refusal.unwrap();
        assert_eq!((refusal.since, refusal.frozen_rows), (NOW, 7));
        assert_eq!(lost.error.unwrap().code, "product.access_lost");
    }
}
