//! The screen of errors as data: causes with their profiles below, of which a filter shows some, a cursor that stays
//! on what it is on, and what is selected of the profiles.

use std::collections::{BTreeSet, HashSet};

use super::filter::{self, ALSO, FilterLine, Kind, Schema, Texts, Value, field};
use super::keys::Command;
use super::list::ListCursor;
use super::selection::Selection;
use crate::domain::cause::CauseId;
use crate::domain::id::ProfileId;
use crate::domain::run::UnitState;
use crate::domain::time::Timestamp;
use crate::sync::causes::{Affected, AffectedLogin, Cause, causes};
use crate::sync::overview::Overview;

/// What the filter can ask of whoever fails.
const SCHEMA: Schema = &[
    field("name", Kind::Text, "any part of the profile's name"),
    field("country", Kind::Word, "its marketplace"),
    field("login", Kind::Word, "the login that sees it"),
    field("code", Kind::Word, "the code of the failure"),
    field("cause", Kind::Word, "what it fails of"),
    field("product", Kind::Word, "the ad product of a list that failed"),
    field("entity", Kind::Word, "what a list that failed is of"),
    field("id", Kind::Text, "any part of the profile's number"),
    field("says", Kind::Text, "any part of the failure in a line"),
    field("recovers", Kind::OneOf(&["yes", "no"]), "whether it may pass by itself"),
    field("since", Kind::Within, "how long ago it began to fail"),
];

/// The fields of [`SCHEMA`] in which plain words are looked for: the first so many.
const WORDS: usize = 9;

/// What the filter looks at of a profile or a login that fails.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    /// The texts of the first fields of [`SCHEMA`].
    texts: Texts,
    since: Timestamp,
}

impl filter::Row for Entry {
    fn value(&self, field: usize) -> Value<'_> {
        if field > WORDS { Value::At(Some(self.since)) } else { Value::Text(self.texts.get(field)) }
    }

    fn words(&self) -> &str {
        self.texts.first(WORDS)
    }
}

impl Entry {
    fn new(cause: &Cause, [name, country, login, id]: [&str; 4], units: [&str; 2], since: Timestamp) -> Self {
        let [product, entity] = units;
        let (code, recovers) = (cause.code.as_str(), if cause.retryable { "yes" } else { "no" });
        let texts =
            [name, country, login, code, cause.cause.as_str(), product, entity, id, &cause.summary, recovers];
        Self { texts: Texts::new(texts), since }
    }

    fn of_profile(cause: &Cause, p: &Affected, overview: &Overview) -> Self {
        let units = overview.units.get(&p.run).into_iter().flatten();
        let failed: Vec<_> = units.filter(|unit| unit.state == UnitState::Failed).collect();
        let products: BTreeSet<&str> = failed.iter().map(|unit| unit.unit.ad_product.as_str()).collect();
        let entities: BTreeSet<&str> = failed.iter().map(|unit| unit.unit.entity.plural()).collect();
        let several = |words: BTreeSet<&str>| Vec::from_iter(words).join(&ALSO.to_string());
        let whose = [p.name.as_str(), &p.country, &p.login, &p.profile_id.to_string()];
        Self::new(cause, whose, [&several(products), &several(entities)], p.since)
    }

    fn of_login(cause: &Cause, login: &AffectedLogin) -> Self {
        Self::new(cause, ["", "", &login.login, ""], ["", ""], login.since)
    }
}

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
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorsScreen {
    all: Vec<Cause>,
    /// Of each cause its profiles and then its logins, once a filter has asked for them.
    entries: Option<Vec<Entry>>,
    /// What the filter shows: causes that have somebody in it, with those alone. `None` for everything.
    filtered: Option<Vec<Cause>>,
    line: FilterLine,
    place: Option<Place>,
    list: ListCursor,
    /// What is selected: a cause stands for all of its profiles that are shown.
    selection: Selection<ProfileId>,
    now: Timestamp,
}

impl ErrorsScreen {
    /// The present failures, with the cursor on the first cause.
    pub(super) fn new(overview: &Overview, now: Timestamp) -> Self {
        let mut screen = Self {
            all: Vec::new(),
            entries: None,
            filtered: None,
            line: FilterLine::new(SCHEMA),
            place: None,
            list: ListCursor::default(),
            selection: Selection::default(),
            now,
        };
        screen.rebuild(overview, now);
        screen
    }

    pub(super) const fn line(&self) -> &FilterLine {
        &self.line
    }

    /// The filter line, to be typed into; [`Self::refilter`] has to follow.
    pub(super) const fn line_mut(&mut self) -> &mut FilterLine {
        &mut self.line
    }

    /// Reads the failures anew; the cursor stays on its cause or profile where that is still there.
    pub(super) fn rebuild(&mut self, overview: &Overview, now: Timestamp) {
        self.now = self.now.max(now);
        self.all = causes(overview);
        self.entries = None;
        let failing: HashSet<ProfileId> =
            self.all.iter().flat_map(|cause| &cause.profiles).map(|p| p.profile_id).collect();
        self.selection.retain(|id| failing.contains(id));
        self.show(overview);
    }

    /// Reads the filter line anew.
    pub(super) fn refilter(&mut self, overview: &Overview) {
        self.read(overview);
        if self.line.edited(self.entries.iter().flatten()) {
            // Other lines lie between its ends now, which nobody chose.
            self.selection.end_range();
            self.show(overview);
        }
    }

    /// Judges ages anew.
    pub(super) fn pass_time(&mut self, overview: &Overview, now: Timestamp) {
        self.now = self.now.max(now);
        if self.line.goes_by_time() {
            self.show(overview);
        }
    }

    fn read(&mut self, overview: &Overview) {
        let all = &self.all;
        self.entries.get_or_insert_with(|| {
            let of_cause = |cause| {
                let of_profile = move |p| Entry::of_profile(cause, p, overview);
                let of_login = move |login| Entry::of_login(cause, login);
                cause.profiles.iter().map(of_profile).chain(cause.logins.iter().map(of_login))
            };
            all.iter().flat_map(of_cause).collect()
        });
    }

    /// Filters the failures.
    fn show(&mut self, overview: &Overview) {
        if self.line.is_set() {
            self.read(overview);
            let mut entries = self.entries.iter().flatten();
            let mut passes = || entries.next().is_some_and(|entry| self.line.matches(entry, self.now));
            let mut shown = Vec::new();
            for cause in &self.all {
                let profiles: Vec<_> = cause.profiles.iter().filter(|_| passes()).cloned().collect();
                let logins: Vec<_> = cause.logins.iter().filter(|_| passes()).cloned().collect();
                if !profiles.is_empty() || !logins.is_empty() {
                    shown.push(Cause { profiles, logins, ..cause.clone() });
                }
            }
            self.filtered = Some(shown);
        } else {
            self.filtered = None;
        }
        let found = self.place.as_ref().and_then(|place| {
            self.rows().position(|row| match (row, place) {
                (Row::Cause(cause), Place::Cause(id)) => cause.cause == *id,
                (Row::Profile(_, p), Place::Profile(id)) => p.profile_id == *id,
                _ => false,
            })
        });
        self.move_to(found.unwrap_or(self.list.position));
    }

    /// How many causes there are, shown or not.
    pub(super) const fn total(&self) -> usize {
        self.all.len()
    }

    /// Every line that is shown, causes first and their profiles below each.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.causes().iter().flat_map(|cause| {
            std::iter::once(Row::Cause(cause))
                .chain(cause.profiles.iter().map(move |p| Row::Profile(cause, p)))
        })
    }

    /// The causes that are shown.
    pub(super) fn causes(&self) -> &[Cause] {
        self.filtered.as_deref().unwrap_or(&self.all)
    }

    pub(super) const fn position(&self) -> usize {
        self.list.position
    }

    /// The cursor, and the first line that is visible.
    pub(super) const fn list(&self) -> ListCursor {
        self.list
    }

    pub(super) fn current(&self) -> Option<Row<'_>> {
        self.rows().nth(self.list.position)
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

    /// Moves by one of the moving commands, `page` lines being visible; false when it is another command.
    pub(super) fn moved(&mut self, command: Command, page: usize) -> bool {
        let mut list = self.list;
        let moved = list.moved(command, page);
        if moved {
            self.move_to(list.position);
        }
        moved
    }

    pub(super) fn move_to(&mut self, position: usize) {
        self.list.position = position.min(self.rows().count().saturating_sub(1));
        self.place = self.current().map(|row| match row {
            Row::Cause(cause) => Place::Cause(cause.cause.clone()),
            Row::Profile(_, p) => Place::Profile(p.profile_id),
        });
        self.extend();
    }

    /// What is selected, shown or not.
    pub(super) const fn selection(&self) -> &Selection<ProfileId> {
        &self.selection
    }

    pub(super) const fn selection_mut(&mut self) -> &mut Selection<ProfileId> {
        &mut self.selection
    }

    /// Every profile that is shown, in the order of the screen.
    fn profiles(&self) -> impl Iterator<Item = ProfileId> {
        self.causes().iter().flat_map(|cause| &cause.profiles).map(|p| p.profile_id)
    }

    /// Selected profiles that the filter hides: no key acts on them.
    pub(super) fn hidden(&self) -> usize {
        self.selection.len().saturating_sub(self.selected().len())
    }

    /// The selected profiles that are shown, in the order of the screen.
    pub(super) fn selected(&self) -> Vec<ProfileId> {
        self.profiles().filter(|id| self.selection.contains(id)).collect()
    }

    /// True when all the profiles of a line are selected.
    pub(super) fn is_selected(&self, row: Row<'_>) -> bool {
        match row {
            Row::Cause(cause) if cause.profiles.is_empty() => false,
            Row::Cause(cause) => cause.profiles.iter().all(|p| self.selection.contains(&p.profile_id)),
            Row::Profile(_, p) => self.selection.contains(&p.profile_id),
        }
    }

    /// Selects by one of the selecting commands; false when it is another command.
    pub(super) fn selects(&mut self, command: Command) -> bool {
        match command {
            Command::Select if self.selection.is_ranging() => self.selection.end_range(),
            Command::Select => self.toggle(),
            Command::SelectAll => self.selection.toggle_all(&self.profiles().collect::<Vec<_>>()),
            Command::SelectInvert => self.selection.invert(&self.profiles().collect::<Vec<_>>()),
            Command::SelectRange => {
                // It runs over profiles; on a cause it begins with the first of them.
                let here = self.current().and_then(|row| match row {
                    Row::Cause(cause) => cause.profiles.first().map(|p| p.profile_id),
                    Row::Profile(_, p) => Some(p.profile_id),
                });
                self.selection.toggle_range(here);
                self.extend();
            }
            _ => return false,
        }
        true
    }

    /// Selects the current line, or no longer, and goes on to the next one of its kind, where there is one.
    fn toggle(&mut self) {
        let Some(row) = self.current() else { return };
        let is_cause = matches!(row, Row::Cause(_));
        let ids: Vec<ProfileId> = match row {
            Row::Profile(_, p) => vec![p.profile_id],
            Row::Cause(cause) => {
                let all = self.is_selected(row);
                let theirs = cause.profiles.iter().map(|p| p.profile_id);
                theirs.filter(|id| all || !self.selection.contains(id)).collect()
            }
        };
        let of_kind = |row: &Row<'_>| matches!(row, Row::Cause(_)) == is_cause;
        let below = self.list.position + 1;
        let next = self.rows().skip(below).position(|row| of_kind(&row)).map(|away| below + away);
        for id in ids {
            self.selection.toggle(id);
        }
        if let Some(next) = next {
            self.move_to(next);
        }
    }

    /// Selects the profiles that lie between the beginning of the range and the cursor.
    fn extend(&mut self) {
        let Some(anchor) = self.selection.anchor() else { return };
        let position = self.list.position;
        let is_anchor = |row: &Row<'_>| matches!(row, Row::Profile(_, p) if p.profile_id == *anchor);
        let Some(from) = self.rows().position(|row| is_anchor(&row)) else {
            // Where it began is gone: what is selected stays as it is.
            self.selection.end_range();
            return;
        };
        let (first, last) = (from.min(position), from.max(position));
        let within: Vec<ProfileId> = self
            .rows()
            .skip(first)
            .take(last - first + 1)
            .filter_map(|row| match row {
                Row::Cause(_) => None,
                Row::Profile(_, p) => Some(p.profile_id),
            })
            .collect();
        self.selection.extend(within);
    }

    /// Keeps the cursor within `height` visible lines.
    pub(super) fn settle(&mut self, height: usize) {
        let len = self.rows().count();
        self.list.settle(len, height);
    }
}
