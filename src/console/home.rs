//! The list of profiles: which rows there are and in which order, the cursor, the selection, the filter.
//!
//! Filtering and sorting are kept, and done again only when something that they depend on has changed.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use tui_input::Input;

use super::filter::{Filter, Haystack};
use super::text::{one_line, width};
use crate::domain::id::ProfileId;
use crate::domain::time::Timestamp;
use crate::sync::overview::{Overview, ProfileStatus};

/// The order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// What needs somebody first, then what is live.
    Status,
    /// The longest not synced first.
    LastSync,
    /// The largest first.
    Rows,
}

impl Sort {
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Name => Self::Status,
            Self::Status => Self::LastSync,
            Self::LastSync => Self::Rows,
            Self::Rows => Self::Name,
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Name => "by name",
            Self::Status => "by status, failed first",
            Self::LastSync => "by last sync, oldest first",
            Self::Rows => "by rows, most first",
        }
    }
}

/// What filter and order look at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    haystack: Haystack,
    status: ProfileStatus,
    last: Option<Timestamp>,
    rows: i64,
    name_width: usize,
}

/// How many profiles are in the states that the header names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub(super) syncing: usize,
    pub(super) held: usize,
    pub(super) failed: usize,
}

/// The list's state. It outlives the screens that cover it.
#[derive(Debug, Clone, Default)]
pub struct Home {
    entries: HashMap<ProfileId, Entry>,
    /// Every profile in the present order, kept so that a change of one costs no sorting of all.
    order: Vec<ProfileId>,
    /// True when an entry has changed since rows were last arranged.
    stale: bool,
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
    pub(super) input: Input,
    pub(super) editing: bool,
    filter: Filter,
    sort: Sort,
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

    pub(super) const fn sort(&self) -> Sort {
        self.sort
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

    pub(super) fn is_filtered(&self) -> bool {
        !self.input.value().trim().is_empty()
    }

    fn selected_shown(&self) -> impl Iterator<Item = ProfileId> {
        let shown = |id: &&ProfileId| self.entries.get(id).is_some_and(|e| self.filter.matches(&e.haystack));
        self.selected.iter().filter(shown).copied()
    }

    /// What a key acts on: the selected profiles that are shown, else the current one.
    pub(super) fn targets(&self) -> Vec<ProfileId> {
        let selected: Vec<ProfileId> = self.selected_shown().collect();
        if selected.is_empty() { self.current().into_iter().collect() } else { selected }
    }

    /// Reads every profile anew.
    pub(super) fn rebuild(&mut self, overview: &Overview, now: Timestamp) {
        self.entries =
            overview.profiles.keys().filter_map(|id| Some((*id, Self::entry(*id, overview, now)?))).collect();
        self.selected.retain(|id| overview.profiles.contains_key(id));
        self.order = overview.profiles.keys().copied().collect();
        self.stale = true;
    }

    /// Reads one profile anew. Rows are arranged when they are next looked at: a busy engine tells of thousands a second.
    pub(super) fn refresh(&mut self, id: ProfileId, overview: &Overview, now: Timestamp) {
        let Some(entry) = Self::entry(id, overview, now) else { return };
        if self.entries.get(&id) != Some(&entry) {
            if self.entries.insert(id, entry).is_none() {
                self.order.push(id);
            }
            self.stale = true;
        }
    }

    /// Reads those anew whose status changes by time alone.
    pub(super) fn refresh_parked(&mut self, overview: &Overview, now: Timestamp) {
        let parked = |e: &Entry| e.status == ProfileStatus::Parked;
        let ids: Vec<ProfileId> = self.entries.iter().filter(|(_, e)| parked(e)).map(|(id, _)| *id).collect();
        for id in ids {
            self.refresh(id, overview, now);
        }
    }

    fn entry(id: ProfileId, overview: &Overview, now: Timestamp) -> Option<Entry> {
        let stored = overview.profiles.get(&id)?;
        let status = overview.status(id, now);
        Some(Entry {
            haystack: Haystack::new(&stored.profile, status),
            status,
            last: stored.last_synced_at,
            rows: stored.rows,
            name_width: width(&one_line(&stored.profile.name)),
        })
    }

    fn arrange(&mut self) {
        self.stale = false;
        let mut counts = Counts::default();
        for entry in self.entries.values() {
            counts.syncing += usize::from(entry.status.is_live());
            counts.held += usize::from(entry.status == ProfileStatus::Held);
            counts.failed += usize::from(entry.status == ProfileStatus::Failed);
        }
        self.counts = counts;
        self.longest_name = self.entries.values().map(|e| e.name_width).max().unwrap_or(0);
        let entries = &self.entries;
        let mut rows: Vec<(ProfileId, &Entry)> =
            self.order.iter().filter_map(|id| Some((*id, entries.get(id)?))).collect();
        let sort = self.sort;
        // The stable sort takes what is in order already as it is.
        rows.sort_by(|(id_a, a), (id_b, b)| {
            let first = match sort {
                Sort::Name => Ordering::Equal,
                Sort::Status => a.status.cmp(&b.status),
                Sort::LastSync => a.last.cmp(&b.last),
                Sort::Rows => b.rows.cmp(&a.rows),
            };
            first.then_with(|| a.haystack.name().cmp(b.haystack.name())).then_with(|| id_a.cmp(id_b))
        });
        let order = rows.iter().map(|(id, _)| *id).collect();
        let shown = rows.into_iter().filter(|(_, e)| self.filter.matches(&e.haystack));
        self.rows = shown.map(|(id, _)| id).collect();
        self.order = order;
        self.find_cursor();
    }

    fn find_cursor(&mut self) {
        let kept = self.cursor.filter(|_| self.moved);
        let found = kept.and_then(|id| self.rows.iter().position(|row| *row == id));
        let fallback = if self.moved { self.position } else { 0 };
        self.position = found.unwrap_or(fallback).min(self.rows.len().saturating_sub(1));
        self.cursor = self.current();
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
        if self.rows.iter().all(|id| self.selected.contains(id)) {
            self.selected.clear();
        } else {
            self.selected.extend(self.rows.iter().copied());
        }
    }

    pub(super) fn clear_selection(&mut self) {
        self.selected.clear();
    }

    pub(super) fn cycle_sort(&mut self) {
        self.sort = self.sort.next();
        self.moved = true;
        self.arrange();
    }

    /// Reads the filter line anew.
    pub(super) fn refilter(&mut self) {
        let filter = Filter::parse(self.input.value());
        if filter != self.filter {
            self.filter = filter;
            self.arrange();
        }
    }

    pub(super) fn clear_filter(&mut self) {
        self.editing = false;
        self.input.reset();
        self.refilter();
    }
}
