//! The screen of runs that were, as data: of one profile, or of all.

use super::list::ListCursor;
use super::query::Loaded;
use crate::domain::id::ProfileId;
use crate::domain::run::RunView;

/// The state of the history screen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HistoryScreen {
    /// Whose runs; `None` for everybody's.
    pub profile: Option<ProfileId>,
    /// The runs, newest first.
    pub runs: Loaded<Vec<RunView>>,
    /// The current run.
    pub list: ListCursor,
}

impl HistoryScreen {
    pub(super) fn len(&self) -> usize {
        self.runs.ready().map_or(0, Vec::len)
    }
}
