//! The list of profiles: what can be asked of them, their orders, the selection; what every list has is in `rows`.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::filter::{FilterLine, Kind, Row, Schema, Texts, Value, field};
use super::keys::Command;
use super::list::{ListCursor, Order, Sortable};
use super::rows::Rows;
use super::selection::Selection;
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
    /// True when two differ in nothing but how far their run has come.
    fn is_but_for_progress(&self, other: &Self) -> bool {
        let Self { texts, status, last, rows, changed, progress: _, name_width } = self;
        (texts, status, last, rows) == (&other.texts, &other.status, &other.last, &other.rows)
            && (changed, name_width) == (&other.changed, &other.name_width)
    }

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
    list: Rows<ProfileId, Entry>,
    counts: Counts,
    longest_name: usize,
}

impl Default for Home {
    fn default() -> Self {
        Self { list: Rows::new(SCHEMA, Order::default()), counts: Counts::default(), longest_name: 0 }
    }
}

impl Home {
    pub(super) fn rows(&self) -> &[ProfileId] {
        self.list.shown()
    }

    pub(super) const fn counts(&self) -> Counts {
        self.counts
    }

    /// Columns of the longest name of all profiles, shown or not: columns do not move with the filter.
    pub(super) const fn longest_name(&self) -> usize {
        self.longest_name
    }

    pub(super) const fn order(&self) -> Order {
        self.list.order()
    }

    pub(super) const fn line(&self) -> &FilterLine {
        self.list.line()
    }

    /// The filter line, to be typed into; [`Self::refilter`] has to follow.
    pub(super) const fn line_mut(&mut self) -> &mut FilterLine {
        self.list.line_mut()
    }

    /// The cursor, and the first row that is visible.
    pub(super) const fn list(&self) -> ListCursor {
        self.list.list()
    }

    pub(super) const fn offset(&self) -> usize {
        self.list.list().offset
    }

    pub(super) const fn position(&self) -> usize {
        self.list.position()
    }

    pub(super) fn current(&self) -> Option<ProfileId> {
        self.list.current().copied()
    }

    pub(super) fn status(&self, id: ProfileId) -> ProfileStatus {
        self.list.get(&id).map_or(ProfileStatus::Never, |e| e.status)
    }

    /// What is selected, shown or not.
    pub(super) const fn selection(&self) -> &Selection<ProfileId> {
        self.list.selection()
    }

    pub(super) const fn selection_mut(&mut self) -> &mut Selection<ProfileId> {
        self.list.selection_mut()
    }

    /// Selected profiles that the filter hides: no key acts on them.
    pub(super) fn hidden(&self) -> usize {
        self.list.hidden()
    }

    /// What a key acts on: the selected profiles that are shown, in the order of the screen; the current one when none is
    /// selected.
    pub(super) fn targets(&self) -> Vec<ProfileId> {
        self.list.targets()
    }

    /// Selects by one of the selecting commands; false when it is another command.
    pub(super) fn selects(&mut self, command: Command) -> bool {
        self.list.selects(command)
    }

    /// Reads every profile anew.
    pub(super) fn rebuild(&mut self, overview: &Overview, now: Timestamp) {
        let entries = overview.profiles.keys().filter_map(|id| Some((*id, Self::entry(*id, overview, now)?)));
        self.list.fill(entries, now);
    }

    /// Reads one profile anew.
    pub(super) fn refresh(&mut self, id: ProfileId, overview: &Overview, now: Timestamp) {
        let Some(entry) = Self::entry(id, overview, now) else { return };
        // Progress goes on all the time, and moves nothing unless the rows stand in its order.
        let by_progress = Column::ALL.get(self.list.order().column) == Some(&Column::Now);
        self.list.put(id, entry, now, |before, after| {
            (by_progress && before.progress != after.progress) || !before.is_but_for_progress(after)
        });
    }

    /// Reads those anew whose status changes by time alone, and judges ages anew.
    pub(super) fn pass_time(&mut self, overview: &Overview, now: Timestamp) {
        let parked = overview.runs.values().filter(|run| run.not_before.is_some());
        for id in parked.map(|run| run.profile_id) {
            if self.status(id) == ProfileStatus::Parked {
                self.refresh(id, overview, now);
            }
        }
        self.list.pass_time(now);
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
        let mut counts = Counts::default();
        for entry in self.list.entries() {
            let waits = matches!(entry.status, ProfileStatus::Queued | ProfileStatus::Parked);
            counts.queued += usize::from(waits);
            counts.syncing += usize::from(entry.status.is_live() && !waits);
            counts.held += usize::from(entry.status == ProfileStatus::Held);
            counts.failed += usize::from(entry.status == ProfileStatus::Failed);
        }
        counts.logins = self.list.entries().map(|e| e.texts.get(LOGIN)).collect::<BTreeSet<_>>().len();
        self.counts = counts;
        self.longest_name = self.list.entries().map(|e| e.name_width).max().unwrap_or(0);
        self.list.arrange(|order, (id_a, a), (id_b, b)| {
            let column = Column::ALL.get(order.column).copied().unwrap_or(Column::Name);
            let by_name = || a.compare(b, Column::Name).then_with(|| id_a.cmp(id_b));
            order.turn(a.compare(b, column)).then_with(by_name)
        });
    }

    /// Arranges rows of which any has changed, and keeps the cursor within `height` visible rows.
    pub(super) fn settle(&mut self, height: usize) {
        if self.list.is_stale() {
            self.arrange();
        }
        self.list.settle(height);
    }

    /// Puts the cursor onto a place.
    #[cfg(test)]
    pub(super) fn move_to(&mut self, position: usize) {
        self.list.move_to(position);
    }

    /// Moves by one of the moving commands, `page` rows being visible; false when it is another command.
    pub(super) fn moved(&mut self, command: Command, page: usize) -> bool {
        self.list.moved(command, page)
    }

    /// Changes the order by one of the ordering commands; false when it is another command.
    pub(super) fn reorder(&mut self, command: Command) -> bool {
        let changed = self.list.reorder(command, &ORDERS);
        if changed {
            self.list.hold();
        }
        changed
    }

    /// Reads the filter line anew.
    pub(super) fn refilter(&mut self) {
        self.list.refilter();
    }
}
