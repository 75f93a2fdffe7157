//! The screen of changes as data: what a run committed, or what was committed since an instant.

use super::list::ListCursor;
use super::query::{ChangesOf, Loaded};
use crate::domain::id::ProfileId;
use crate::domain::run::ChangeView;

/// The state of the changes screen.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangesScreen {
    /// The one profile that it is about; `None` for all.
    pub profile: Option<ProfileId>,
    /// Which changes.
    pub of: ChangesOf,
    /// The changes, newest first.
    pub changes: Loaded<Vec<ChangeView>>,
    /// The current change.
    pub list: ListCursor,
}

impl ChangesScreen {
    pub(super) fn new(profile: Option<ProfileId>, of: ChangesOf) -> Self {
        Self { profile, of, changes: Loaded::Loading, list: ListCursor::default() }
    }

    /// True when it is about every profile.
    pub(super) const fn is_all(&self) -> bool {
        self.profile.is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.changes.ready().map_or(0, Vec::len)
    }
}
