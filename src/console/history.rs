//! The screen of runs that were, as data: of one profile, or of all.

mod entry;

use std::collections::HashSet;

use super::filter::FilterLine;
use super::keys::Command;
use super::list::{ListCursor, Order, Sortable};
use super::query::Loaded;
use super::rows;
use super::selection::Selection;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunState, RunView};
use crate::domain::time::Timestamp;
use crate::sync::overview::Overview;

pub(super) use entry::status;
use entry::{Entry, SCHEMA, TOOK};

/// The columns of the list, as orders know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Run,
    Profile,
    Country,
    State,
    When,
    Took,
    Requests,
    Throttled,
    Rows,
    Changed,
    By,
    Note,
}

use Column::{By, Changed, Country, Note, Profile, Requests, Rows, Run, State, Throttled, Took, When};

const OF_ALL: &[Column] =
    &[Run, Profile, Country, State, When, Took, Requests, Throttled, Rows, Changed, By, Note];
const OF_ONE: &[Column] = &[Run, State, When, Took, Requests, Throttled, Rows, Changed, By, Note];

const ORDERS_OF_ALL: &[Sortable] = &[
    BY_RUN,
    BY_PROFILE,
    BY_COUNTRY,
    BY_STATE,
    BY_AGE,
    BY_TIME,
    BY_REQUESTS,
    BY_THROTTLE,
    BY_ROWS,
    BY_CHANGES,
    BY_WHOM,
    BY_NOTE,
];
const ORDERS_OF_ONE: &[Sortable] =
    &[BY_RUN, BY_STATE, BY_AGE, BY_TIME, BY_REQUESTS, BY_THROTTLE, BY_ROWS, BY_CHANGES, BY_WHOM, BY_NOTE];
const BY_RUN: Sortable = Sortable::falling("newest first", "oldest first");
const BY_PROFILE: Sortable = Sortable::rising("by profile", "by profile, last first");
const BY_COUNTRY: Sortable = Sortable::rising("by country", "by country, last first");
const BY_STATE: Sortable = Sortable::rising("by state, failed first", "by state, failed last");
const BY_AGE: Sortable = Sortable::falling("by end, latest first", "by end, earliest first");
const BY_TIME: Sortable = Sortable::falling("by duration, longest first", "by duration, shortest first");
const BY_REQUESTS: Sortable = Sortable::falling("by requests, most first", "by requests, fewest first");
const BY_THROTTLE: Sortable = Sortable::falling("by 429s, most first", "by 429s, fewest first");
const BY_ROWS: Sortable = Sortable::falling("by rows, most first", "by rows, fewest first");
const BY_CHANGES: Sortable = Sortable::falling("by changes, most first", "by changes, fewest first");
const BY_WHOM: Sortable = Sortable::rising("by whom", "by whom, last first");
const BY_NOTE: Sortable = Sortable::rising("by note", "by note, last first");

/// The state of the history screen.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryScreen {
    /// Whose runs; `None` for everybody's.
    pub profile: Option<ProfileId>,
    /// The runs as they were read, whatever is shown of them.
    pub runs: Loaded<Vec<RunView>>,
    list: rows::Rows<RunId, Entry>,
}

impl Default for HistoryScreen {
    fn default() -> Self {
        Self::new(None)
    }
}

impl HistoryScreen {
    /// The runs of a profile, or of all of them, that are being read.
    pub(super) fn new(profile: Option<ProfileId>) -> Self {
        let order = Order { column: 0, descending: true };
        Self { profile, runs: Loaded::Loading, list: rows::Rows::new(SCHEMA, order) }
    }

    /// How many runs the filter shows.
    pub(super) const fn len(&self) -> usize {
        self.list.len()
    }

    /// How many there are.
    pub(super) fn total(&self) -> usize {
        self.list.total()
    }

    /// The cursor, and the first run that is visible.
    pub(super) const fn list(&self) -> ListCursor {
        self.list.list()
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

    /// Reads the filter line anew.
    pub(super) fn refilter(&mut self) {
        self.list.refilter();
    }

    /// The columns that there are for this screen.
    pub(super) const fn columns(&self) -> &'static [Column] {
        if self.profile.is_some() { OF_ONE } else { OF_ALL }
    }

    /// How each of them orders the list.
    pub(super) const fn orders(&self) -> &'static [Sortable] {
        if self.profile.is_some() { ORDERS_OF_ONE } else { ORDERS_OF_ALL }
    }

    /// True when what the last runs took stands above them: of one profile, when there is something to compare. The
    /// filter does not count there.
    pub(super) fn has_trends(&self) -> bool {
        let completed = |runs: &Vec<RunView>| completed(runs).len() >= 2;
        self.profile.is_some() && self.runs.ready().is_some_and(completed)
    }

    /// The run at a place of the list.
    pub(super) fn run(&self, place: usize) -> Option<&RunView> {
        let entry = self.list.get(self.list.shown().get(place)?)?;
        self.runs.ready()?.get(entry.place)
    }

    /// What is selected of the runs, shown or not.
    pub(super) const fn selection(&self) -> &Selection<RunId> {
        self.list.selection()
    }

    pub(super) const fn selection_mut(&mut self) -> &mut Selection<RunId> {
        self.list.selection_mut()
    }

    /// Selected runs that the filter hides: no key acts on them.
    pub(super) fn hidden(&self) -> usize {
        self.list.hidden()
    }

    /// True for a place of the list whose run is selected.
    pub(super) fn is_selected(&self, place: usize) -> bool {
        self.list.shown().get(place).is_some_and(|id| self.list.selection().contains(id))
    }

    /// The profiles whose runs keys act on, in the order of the screen, each once.
    pub(super) fn targets(&self) -> Vec<ProfileId> {
        let runs = self.runs.ready().map_or(&[][..], Vec::as_slice);
        let mut known = HashSet::new();
        let places = self.list.targets().into_iter().filter_map(|id| Some(self.list.get(&id)?.place));
        let profiles = places.filter_map(|place| Some(runs.get(place)?.profile_id));
        profiles.filter(|id| known.insert(*id)).collect()
    }

    /// Selects by one of the selecting commands; false when it is another command.
    pub(super) fn selects(&mut self, command: Command) -> bool {
        self.list.selects(command)
    }

    /// The current run.
    pub(super) fn current(&self) -> Option<&RunView> {
        self.run(self.list.position())
    }

    /// Takes over what was read; gives the report of a failure that nothing else shows.
    pub(super) fn answered(
        &mut self,
        result: Result<Vec<RunView>, Box<ErrorReport>>,
        overview: &Overview,
        now: Timestamp,
    ) -> Option<Box<ErrorReport>> {
        let complaint = match &result {
            Err(report) if self.runs.ready().is_some() => Some(report.clone()),
            _ => None,
        };
        self.runs.take(result);
        self.read(overview, now);
        complaint
    }

    /// Looks at every run anew.
    pub(super) fn read(&mut self, overview: &Overview, now: Timestamp) {
        let runs = self.runs.ready().map_or(&[][..], Vec::as_slice).iter().enumerate();
        self.list.fill(runs.map(|(place, run)| (run.id, Entry::of(place, run, overview, now))), now);
    }

    /// Looks at those runs anew that pass, as far as they may have changed.
    pub(super) fn reread(&mut self, overview: &Overview, now: Timestamp, of: impl Fn(&RunView) -> bool) {
        // How long something takes goes on all the time, and moves nothing unless somebody looks for it.
        let column = self.columns().get(self.list.order().column);
        let by_time = column == Some(&Took) || self.list.line().asks(TOOK);
        let Some(runs) = self.runs.ready() else { return };
        for (place, run) in runs.iter().enumerate().filter(|(_, run)| of(run)) {
            let entry = Entry::of(place, run, overview, now);
            self.list.put(run.id, entry, now, |before, after| {
                (by_time && before.took != after.took) || !before.is_but_for_time(after)
            });
        }
    }

    /// Takes over a run that the engine tells of.
    pub(super) fn follow(&mut self, run: &RunView, overview: &Overview, now: Timestamp) {
        if self.profile.is_some_and(|id| id != run.profile_id) {
            return;
        }
        let Loaded::Ready(runs) = &mut self.runs else { return };
        match runs.iter_mut().find(|known| known.id == run.id) {
            Some(known) => *known = run.clone(),
            None => runs.push(run.clone()),
        }
        self.reread(overview, now, |known| known.id == run.id);
    }

    /// Looks at those anew whose state changes by time alone, and judges ages anew.
    pub(super) fn pass_time(&mut self, overview: &Overview, now: Timestamp) {
        self.reread(overview, now, |run| run.state.is_live());
        self.list.pass_time(now);
    }

    /// Moves by one of the moving commands, `page` rows being visible, or orders the runs by another column.
    pub(super) fn handle(&mut self, command: Command, page: usize) {
        let orders = self.orders();
        let _ = self.list.moved(command, page) || self.list.reorder(command, orders);
    }

    /// Arranges runs of which any has changed, and keeps the cursor within `height` visible rows.
    pub(super) fn settle(&mut self, height: usize) {
        if self.list.is_stale() {
            let columns = self.columns();
            self.list.arrange(|order, (_, a), (_, b)| {
                let column = columns.get(order.column).copied().unwrap_or(Run);
                order.turn(a.compare(b, column)).then_with(|| b.id.cmp(&a.id))
            });
        }
        self.list.settle(height);
    }
}

/// When a run ended; before that, when it began or was asked for.
pub(super) fn when(run: &RunView) -> Timestamp {
    run.finished_at.or(run.started_at).unwrap_or(run.requested_at)
}

/// How long a run took that ended.
pub(super) fn took(run: &RunView) -> Option<std::time::Duration> {
    Some(run.finished_at?.since(run.started_at?))
}

/// The share of a run's requests that were answered with 429, in thousandths.
pub(super) fn permille(run: &RunView) -> Option<u64> {
    let (throttled, requests) = (u64::try_from(run.throttled).ok()?, u64::try_from(run.requests).ok()?);
    (throttled * 1_000).checked_div(requests)
}

/// The completed runs, oldest first.
pub(super) fn completed(runs: &[RunView]) -> Vec<&RunView> {
    let mut completed: Vec<&RunView> = runs.iter().filter(|run| run.state == RunState::Completed).collect();
    completed.sort_by_key(|run| run.id);
    completed
}
