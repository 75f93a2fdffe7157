//! The screen of errors as data: causes with their profiles below, and a cursor that stays on what it is on.

use crate::domain::cause::CauseId;
use crate::domain::id::ProfileId;
use crate::sync::causes::{Affected, Cause, causes};
use crate::sync::overview::Overview;

/// What the cursor is on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Cause(CauseId),
    Profile(ProfileId),
}

/// One line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row<'a> {
    /// A cause.
    Cause(&'a Cause),
    /// A profile that fails of it.
    Profile(&'a Cause, &'a Affected),
}

/// The state of the errors screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorsScreen {
    causes: Vec<Cause>,
    place: Option<Place>,
    position: usize,
    pub(super) offset: usize,
}

impl ErrorsScreen {
    /// The present failures, with the cursor on the first cause.
    pub(super) fn new(overview: &Overview) -> Self {
        let mut screen = Self::default();
        screen.rebuild(overview);
        screen
    }

    /// Reads the failures anew; the cursor stays on its cause or profile where that is still there.
    pub(super) fn rebuild(&mut self, overview: &Overview) {
        self.causes = causes(overview);
        let found = self.place.as_ref().and_then(|place| {
            self.rows().position(|row| match (row, place) {
                (Row::Cause(cause), Place::Cause(id)) => cause.cause == *id,
                (Row::Profile(_, p), Place::Profile(id)) => p.profile_id == *id,
                _ => false,
            })
        });
        self.move_to(found.unwrap_or(self.position));
    }

    /// Every line, causes first and their profiles below each.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.causes.iter().flat_map(|cause| {
            std::iter::once(Row::Cause(cause))
                .chain(cause.profiles.iter().map(move |p| Row::Profile(cause, p)))
        })
    }

    pub(super) fn causes(&self) -> &[Cause] {
        &self.causes
    }

    pub(super) const fn position(&self) -> usize {
        self.position
    }

    pub(super) fn current(&self) -> Option<Row<'_>> {
        self.rows().nth(self.position)
    }

    /// The cause that the cursor is on, or whose profile it is on.
    pub(super) fn cause(&self) -> Option<&Cause> {
        match self.current()? {
            Row::Cause(cause) | Row::Profile(cause, _) => Some(cause),
        }
    }

    /// The profile that the cursor is on.
    pub(super) fn profile(&self) -> Option<ProfileId> {
        match self.current()? {
            Row::Cause(_) => None,
            Row::Profile(_, p) => Some(p.profile_id),
        }
    }

    /// Puts the cursor onto a cause, when it is there.
    pub(super) fn find(&mut self, cause: &CauseId) {
        let found = self.rows().position(|row| matches!(row, Row::Cause(known) if known.cause == *cause));
        if let Some(position) = found {
            self.move_to(position);
        }
    }

    pub(super) fn move_to(&mut self, position: usize) {
        self.position = position.min(self.rows().count().saturating_sub(1));
        self.place = self.current().map(|row| match row {
            Row::Cause(cause) => Place::Cause(cause.cause.clone()),
            Row::Profile(_, p) => Place::Profile(p.profile_id),
        });
    }

    /// Keeps the cursor within `height` visible lines.
    pub(super) fn settle(&mut self, height: usize) {
        let height = height.max(1);
        self.offset = self.offset.min(self.position).max((self.position + 1).saturating_sub(height));
        self.offset = self.offset.min(self.rows().count().saturating_sub(height));
    }
}
