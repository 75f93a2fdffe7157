//! What a screen reads from the database, and what comes back: plain data on both sides.

use super::bulk::Costs;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::proof::{FailedUnit, Proof};
use crate::domain::report::ErrorReport;
use crate::domain::run::{ChangeView, HoldSummary, RunView, UnitView};
use crate::domain::time::Timestamp;

/// The most runs that a screen lists.
pub const MOST_RUNS: usize = 1_000;

/// Something to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// The units of a run that the overview does not have.
    Units(RunId),
    /// What the last runs of all profiles took.
    Costs,
    /// The runs of a profile, or of all of them, newest first.
    Runs(Option<ProfileId>),
    /// Changes, newest first.
    Changes(ChangesOf),
    /// One run.
    Run(RunId),
    /// What is proved of a profile, or of all of them, and what failed last.
    Proofs(Option<ProfileId>),
    /// Every row that the commit of a held run would remove.
    Held(RunId),
}

/// Whose changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangesOf {
    /// Those that a run committed.
    Run(RunId),
    /// Those of a profile, or of all of them, since an instant.
    Since {
        /// The profile; `None` for all.
        profile: Option<ProfileId>,
        /// The instant.
        since: Timestamp,
    },
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Units of a run.
    Units(Vec<UnitView>),
    /// What runs took.
    Costs(Costs),
    /// Runs, newest first.
    Runs(Vec<RunView>),
    /// Changes, newest first.
    Changes(Vec<ChangeView>),
    /// One run, when it is stored.
    Run(Option<Box<RunView>>),
    /// Proofs, and units that failed.
    Proofs(Vec<Proof>, Vec<FailedUnit>),
    /// What the commit of a run would do, while it is held.
    Held(Option<Box<HoldSummary>>),
}

/// Something that is read, and perhaps not there yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Loaded<T> {
    /// It is being read.
    #[default]
    Loading,
    /// It was read.
    Ready(T),
    /// It could not be read.
    Failed(Box<ErrorReport>),
}

impl<T> Loaded<T> {
    /// What was read, when it was.
    pub(super) const fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Loading | Self::Failed(_) => None,
        }
    }

    /// Takes over an answer. What was read before stays on screen while it is read anew, and when that fails.
    pub(super) fn take(&mut self, result: Result<T, Box<ErrorReport>>) {
        match result {
            Ok(value) => *self = Self::Ready(value),
            Err(report) if self.ready().is_none() => *self = Self::Failed(report),
            Err(_) => {}
        }
    }
}
