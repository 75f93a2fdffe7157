//! The list of profiles: which rows there are and in which order, the cursor, the selection, the filter.
//!
//! Filtering and sorting are kept, and done again only when something that they depend on has changed.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use super::filter::{FilterLine, Kind, Row, Schema, Texts, Value, field};
use super::keys::Command;
use super::list::{Order, Sortable};
use super::text::{one_line, percent, width};
use crate::domain::id::ProfileId;
use crate::domain::proof::STALE_AFTER;
use crate::domain::run::{ChangeCounts, RunState};
use crate::domain::time::Timestamp;
use crate::sync::overview::{Overview, ProfileStatus};

/// The columns of the list, from left to right, as orders know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Country,
    Kind,
    Login,
    Status,
    Last,
    Rows,
    Changed,
    Now,
}

impl Column {
    pub(super) const ALL: [Self; 9] = [
        Self::Name,
        Self::Country,
        Self::Kind,
        Self::Login,
        Self::Status,
        Self::Last,
        Self::Rows,
        Self::Changed,
        Self::Now,
    ];
}

/// How each of those columns orders the list.
pub(super) const ORDERS: [Sortable; 9] = [
    Sortable::rising("by name", "by name, last first"),
    Sortable::rising("by country", "by country, last first"),
    Sortable::rising("by type", "by type, last first"),
    Sortable::rising("by login", "by login, last first"),
    // A status that needs somebody is less than one that is live, and that less than one at rest.
    Sortable::rising("by status, failed first", "by status, failed last"),
    Sortable::rising("by last sync, oldest first", "by last sync, newest first"),
    Sortable::falling("by rows, most first", "by rows, fewest first"),
    Sortable::falling("by changes, most first", "by changes, fewest first"),
    Sortable::falling("by progress, farthest first", "by progress, least first"),
];

/// What the filter can ask of a profile.
const SCHEMA: Schema = &[
    field("name", Kind::Text, "any part of its name"),
    field("country", Kind::Word, "its marketplace"),
    field("status", Kind::OneOf(&STATUSES), "its state now"),
    field("type", Kind::Word, "seller, vendor, agency"),
    field("login", Kind::Word, "the login that sees it"),
    field("id", Kind::Text, "any part of its number"),
    field("cause", Kind::Word, "what it fails of"),
    field("stale", Kind::Older { yes: STALE_AFTER }, "age of its last proved sync"),
    field("rows", Kind::Number, "rows that are stored"),
    field("changed", Kind::Number, "rows that the last sync wrote"),
];

/// The place of a profile's login in [`SCHEMA`].
const LOGIN: usize = 4;

/// The fields of [`SCHEMA`] in which plain words are looked for: the first so many.
const WORDS: usize = 6;

const STATUSES: [&str; ProfileStatus::ALL.len()] = {
    let mut words = [""; ProfileStatus::ALL.len()];
    let mut i = 0;
    while i < words.len() {
        words[i] = ProfileStatus::ALL[i].word();
        i += 1;
    }
    words
};

/// What filter and order look at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// The texts of the first fields of [`SCHEMA`].
    texts: Texts,
    status: ProfileStatus,
    last: Option<Timestamp>,
    rows: i64,
    /// Rows that the last commit wrote.
    changed: u64,
    /// How far a run has come, in percent; `None` when none is fetched or committed.
    progress: Option<u64>,
    name_width: usize,
}

impl Row for Entry {
    fn value(&self, field: usize) -> Value<'_> {
        match field {
            0..=6 => Value::Text(self.texts.get(field)),
            7 => Value::At(self.last),
            8 => Value::Number(self.rows),
            _ => Value::Number(i64::try_from(self.changed).unwrap_or(i64::MAX)),
        }
    }

    fn words(&self) -> &str {
        self.texts.first(WORDS)
    }
}

impl Entry {
    /// Which of two rows is less by a column.
    fn compare(&self, other: &Self, column: Column) -> Ordering {
        let (a, b) = (self, other);
        match column {
            Column::Name => a.texts.get(0).cmp(b.texts.get(0)),
            Column::Country => a.texts.get(1).cmp(b.texts.get(1)),
            Column::Kind => a.texts.get(3).cmp(b.texts.get(3)),
            Column::Login => a.texts.get(LOGIN).cmp(b.texts.get(LOGIN)),
            Column::Status => a.status.cmp(&b.status),
            Column::Last => a.last.cmp(&b.last),
            Column::Rows => a.rows.cmp(&b.rows),
            Column::Changed => a.changed.cmp(&b.changed),
            Column::Now => a.progress.cmp(&b.progress),
        }
    }
}

/// How many profiles are in the states that the header names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    /// Those that are fetched, throttled or committed.
    pub(super) syncing: usize,
    /// Those that wait for their turn, or for the time until which they are put off.
    pub(super) queued: usize,
    pub(super) held: usize,
    pub(super) failed: usize,
    /// Logins that see any of them.
    pub(super) logins: usize,
}

/// The list's state. It outlives the screens that cover it.
#[derive(Debug, Clone)]
pub struct Home {
    entries: HashMap<ProfileId, Entry>,
    /// Every profile in the present order, kept so that a change of one costs no sorting of all.
    sorted: Vec<ProfileId>,
    /// True when an entry has changed since rows were last arranged.
    stale: bool,
    /// Those that the filter shows.
    rows: Vec<ProfileId>,
    counts: Counts,
    longest_name: usize,
    /// The current profile. It stays current when rows move.
    cursor: Option<ProfileId>,
    position: usize,
    offset: usize,
    /// True once the operator moved: before, the cursor stays on the first row while the list fills.
    moved: bool,
    selected: BTreeSet<ProfileId>,
    /// Where a range began that moving extends, and what was selected before.
    range: Option<(ProfileId, BTreeSet<ProfileId>)>,
    pub(super) line: FilterLine,
    order: Order,
    /// The time by which ages are judged.
    now: Timestamp,
}

impl Default for Home {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            sorted: Vec::new(),
            stale: false,
            rows: Vec::new(),
            counts: Counts::default(),
            longest_name: 0,
            cursor: None,
            position: 0,
            offset: 0,
            moved: false,
            selected: BTreeSet::new(),
            range: None,
            line: FilterLine::new(SCHEMA),
            order: Order::default(),
            now: Timestamp(0),
        }
    }
}

impl Home {
    pub(super) fn rows(&self) -> &[ProfileId] {
        &self.rows
    }

    pub(super) const fn counts(&self) -> Counts {
        self.counts
    }

    /// Columns of the longest name of all profiles, shown or not: columns do not move with the filter.
    pub(super) const fn longest_name(&self) -> usize {
        self.longest_name
    }

    pub(super) const fn order(&self) -> Order {
        self.order
    }

    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    pub(super) const fn position(&self) -> usize {
        self.position
    }

    pub(super) fn current(&self) -> Option<ProfileId> {
        self.rows.get(self.position).copied()
    }

    pub(super) fn status(&self, id: ProfileId) -> ProfileStatus {
        self.entries.get(&id).map_or(ProfileStatus::Never, |e| e.status)
    }

    pub(super) fn is_selected(&self, id: ProfileId) -> bool {
        self.selected.contains(&id)
    }

    pub(super) fn selected(&self) -> usize {
        self.selected.len()
    }

    /// Selected profiles that the filter hides: no key acts on them.
    pub(super) fn hidden(&self) -> usize {
        self.selected.len() - self.selected_shown().count()
    }

    fn selected_shown(&self) -> impl Iterator<Item = ProfileId> {
        let shown = |id: &&ProfileId| self.entries.get(id).is_some_and(|e| self.line.matches(e, self.now));
        self.selected.iter().filter(shown).copied()
    }

    /// What a key acts on: the selected profiles that are shown, in the order of the screen, else the current one.
    pub(super) fn targets(&self) -> Vec<ProfileId> {
        let rows = self.rows.iter().copied();
        let selected: Vec<ProfileId> = rows.filter(|id| self.selected.contains(id)).collect();
        if selected.is_empty() { self.current().into_iter().collect() } else { selected }
    }

    /// Reads every profile anew.
    pub(super) fn rebuild(&mut self, overview: &Overview, now: Timestamp) {
        self.now = now;
        self.entries =
            overview.profiles.keys().filter_map(|id| Some((*id, Self::entry(*id, overview, now)?))).collect();
        self.selected.retain(|id| overview.profiles.contains_key(id));
        self.sorted = overview.profiles.keys().copied().collect();
        self.stale = true;
    }

    /// Reads one profile anew. Rows are arranged when they are next looked at: a busy engine tells of thousands a second.
    pub(super) fn refresh(&mut self, id: ProfileId, overview: &Overview, now: Timestamp) {
        self.now = self.now.max(now);
        let Some(entry) = Self::entry(id, overview, now) else { return };
        let Some(known) = self.entries.get_mut(&id) else {
            self.entries.insert(id, entry);
            self.sorted.push(id);
            self.stale = true;
            return;
        };
        // Progress goes on all the time, and moves nothing unless the rows stand in its order.
        let moves = Column::ALL.get(self.order.column) == Some(&Column::Now);
        let before = std::mem::replace(known, entry);
        let progress = if moves { before.progress } else { known.progress };
        if *known != (Entry { progress, ..before }) {
            self.stale = true;
        }
    }

    /// Reads those anew whose status changes by time alone, and judges ages anew.
    pub(super) fn pass_time(&mut self, overview: &Overview, now: Timestamp) {
        let parked = |e: &Entry| e.status == ProfileStatus::Parked;
        let ids: Vec<ProfileId> = self.entries.iter().filter(|(_, e)| parked(e)).map(|(id, _)| *id).collect();
        for id in ids {
            self.refresh(id, overview, now);
        }
        self.now = self.now.max(now);
        if self.line.goes_by_time() {
            self.show();
        }
    }

    fn entry(id: ProfileId, overview: &Overview, now: Timestamp) -> Option<Entry> {
        let stored = overview.profiles.get(&id)?;
        let status = overview.status(id, now);
        Some(Entry {
            texts: Texts::new([
                stored.profile.name.as_str(),
                &stored.profile.country,
                status.word(),
                &stored.profile.account_type,
                &stored.profile.login,
                &id.to_string(),
                overview.failures.get(&id).map_or("", |failure| failure.cause.as_str()),
            ]),
            status,
            last: stored.last_synced_at,
            rows: stored.rows,
            changed: stored.last_counts.as_ref().map_or(0, ChangeCounts::written),
            progress: overview.runs.get(&id).and_then(|run| match run.state {
                RunState::Fetching => overview.progress(run.id).ratio().map(percent),
                RunState::Committing => Some(100),
                _ => None,
            }),
            name_width: width(&one_line(&stored.profile.name)),
        })
    }

    fn arrange(&mut self) {
        self.stale = false;
        let mut counts = Counts::default();
        for entry in self.entries.values() {
            let waits = matches!(entry.status, ProfileStatus::Queued | ProfileStatus::Parked);
            counts.queued += usize::from(waits);
            counts.syncing += usize::from(entry.status.is_live() && !waits);
            counts.held += usize::from(entry.status == ProfileStatus::Held);
            counts.failed += usize::from(entry.status == ProfileStatus::Failed);
        }
        counts.logins = self.entries.values().map(|e| e.texts.get(LOGIN)).collect::<BTreeSet<_>>().len();
        self.counts = counts;
        self.longest_name = self.entries.values().map(|e| e.name_width).max().unwrap_or(0);
        let order = self.order;
        let column = Column::ALL.get(order.column).copied().unwrap_or(Column::Name);
        let entries = &self.entries;
        let mut rows: Vec<(ProfileId, &Entry)> =
            self.sorted.iter().filter_map(|id| Some((*id, entries.get(id)?))).collect();
        let by_name = |a: &Entry, b: &Entry| a.compare(b, Column::Name);
        // The stable sort takes what is in order already as it is.
        rows.sort_by(|(id_a, a), (id_b, b)| {
            order.turn(a.compare(b, column)).then_with(|| by_name(a, b)).then_with(|| id_a.cmp(id_b))
        });
        self.sorted = rows.into_iter().map(|(id, _)| id).collect();
        self.show();
    }

    /// Filters the rows, which stand in order.
    fn show(&mut self) {
        let shown = |id: &&ProfileId| self.entries.get(id).is_some_and(|e| self.line.matches(e, self.now));
        self.rows = self.sorted.iter().filter(shown).copied().collect();
        self.find_cursor();
    }

    fn find_cursor(&mut self) {
        let kept = self.cursor.filter(|_| self.moved);
        let found = kept.and_then(|id| self.rows.iter().position(|row| *row == id));
        let fallback = if self.moved { self.position } else { 0 };
        self.position = found.unwrap_or(fallback).min(self.rows.len().saturating_sub(1));
        self.cursor = self.current();
        self.extend();
    }

    /// Selects what lies between the beginning of the range and the cursor.
    fn extend(&mut self) {
        let Some((anchor, before)) = &self.range else { return };
        let from = self.rows.iter().position(|id| id == anchor).unwrap_or(self.position);
        let (first, last) = (from.min(self.position), from.max(self.position));
        let between = self.rows.get(first..=last).unwrap_or_default();
        self.selected = before.iter().chain(between).copied().collect();
    }

    /// Arranges rows of which any has changed, and keeps the cursor within `height` visible rows.
    pub(super) fn settle(&mut self, height: usize) {
        if self.stale {
            self.arrange();
        }
        let height = height.max(1);
        self.offset = self.offset.min(self.position).max((self.position + 1).saturating_sub(height));
        self.offset = self.offset.min(self.rows.len().saturating_sub(height));
    }

    pub(super) fn move_to(&mut self, position: usize) {
        self.moved = true;
        self.position = position.min(self.rows.len().saturating_sub(1));
        self.cursor = self.current();
        self.extend();
    }

    /// True while moving extends a range.
    pub(super) const fn is_ranging(&self) -> bool {
        self.range.is_some()
    }

    /// Begins a range at the cursor, or ends the one that was begun; what it selected stays selected.
    pub(super) fn toggle_range(&mut self) {
        self.moved = true;
        self.range = match self.range.take() {
            Some(_) => None,
            None => self.current().map(|id| (id, self.selected.clone())),
        };
        self.extend();
    }

    /// Ends a range; what it selected stays selected.
    pub(super) fn end_range(&mut self) {
        self.range = None;
    }

    /// Gives up a range with what it selected; false when there is none.
    pub(super) fn cancel_range(&mut self) -> bool {
        match self.range.take() {
            Some((_, before)) => {
                self.selected = before;
                true
            }
            None => false,
        }
    }

    /// Selects the rows that are not selected, and no longer those that are.
    pub(super) fn invert(&mut self) {
        self.range = None;
        for id in &self.rows {
            if !self.selected.remove(id) {
                self.selected.insert(*id);
            }
        }
    }

    pub(super) fn toggle(&mut self) {
        if let Some(id) = self.current() {
            self.moved = true;
            if !self.selected.remove(&id) {
                self.selected.insert(id);
            }
        }
    }

    /// Selects every row that matches the filter; clears the selection when all of them are selected.
    pub(super) fn toggle_all(&mut self) {
        self.range = None;
        if self.rows.iter().all(|id| self.selected.contains(id)) {
            self.selected.clear();
        } else {
            self.selected.extend(self.rows.iter().copied());
        }
    }

    pub(super) fn clear_selection(&mut self) {
        self.selected.clear();
    }

    /// Changes the order by one of the ordering commands; false when it is another command.
    pub(super) fn reorder(&mut self, command: Command) -> bool {
        let changed = self.order.changed(command, &ORDERS);
        if changed {
            self.moved = true;
            self.arrange();
        }
        changed
    }

    /// Reads the filter line anew.
    pub(super) fn refilter(&mut self) {
        if self.line.edited(self.entries.values()) {
            // Other rows lie between its ends now, which nobody chose.
            self.end_range();
            self.show();
        }
    }

    /// Empties the filter line.
    pub(super) fn clear_filter(&mut self) {
        self.line.clear();
        self.refilter();
    }
}
