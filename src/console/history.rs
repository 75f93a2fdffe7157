//! The screen of runs that were, as data: of one profile, or of all.

use std::cmp::Ordering;

use super::list::{ListCursor, Order, Sortable};
use super::query::Loaded;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunState, RunView};
use crate::domain::time::Timestamp;
use crate::sync::overview::Overview;

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
    /// The runs, in the screen's order.
    pub runs: Loaded<Vec<RunView>>,
    /// The current run.
    pub list: ListCursor,
    /// The order.
    pub order: Order,
    /// True once the operator moved: before, the cursor stays on the first row.
    pub moved: bool,
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
        Self { profile, runs: Loaded::Loading, list: ListCursor::default(), order, moved: false }
    }

    pub(super) fn len(&self) -> usize {
        self.runs.ready().map_or(0, Vec::len)
    }

    /// The columns that there are for this screen.
    pub(super) const fn columns(&self) -> &'static [Column] {
        if self.profile.is_some() { OF_ONE } else { OF_ALL }
    }

    /// How each of them orders the list.
    pub(super) const fn orders(&self) -> &'static [Sortable] {
        if self.profile.is_some() { ORDERS_OF_ONE } else { ORDERS_OF_ALL }
    }

    /// True when what the last runs took stands above them: of one profile, when there is something to compare.
    pub(super) fn has_trends(&self) -> bool {
        let completed = |runs: &Vec<RunView>| completed(runs).len() >= 2;
        self.profile.is_some() && self.runs.ready().is_some_and(completed)
    }

    /// The current run.
    pub(super) fn current(&self) -> Option<&RunView> {
        self.runs.ready()?.get(self.list.position)
    }

    /// Takes over what was read; gives the report of a failure that nothing else shows.
    pub(super) fn answered(
        &mut self,
        result: Result<Vec<RunView>, Box<ErrorReport>>,
        overview: &Overview,
    ) -> Option<Box<ErrorReport>> {
        let kept = self.current().map(|run| run.id);
        let complaint = match &result {
            Err(report) if self.runs.ready().is_some() => Some(report.clone()),
            _ => None,
        };
        self.runs.take(result);
        self.arrange(kept, overview);
        complaint
    }

    /// Takes over a run that the engine tells of.
    pub(super) fn follow(&mut self, run: &RunView, overview: &Overview) {
        if self.profile.is_some_and(|id| id != run.profile_id) {
            return;
        }
        let kept = self.current().map(|run| run.id);
        let Loaded::Ready(runs) = &mut self.runs else { return };
        match runs.iter_mut().find(|known| known.id == run.id) {
            Some(known) => *known = run.clone(),
            None => runs.push(run.clone()),
        }
        self.arrange(kept, overview);
    }

    /// Puts the runs into order; the cursor stays on its run once the operator has moved it.
    pub(super) fn arrange(&mut self, kept: Option<RunId>, overview: &Overview) {
        let column = self.columns().get(self.order.column).copied().unwrap_or(Run);
        let order = self.order;
        let Loaded::Ready(runs) = &mut self.runs else { return };
        runs.sort_by(|a, b| order.turn(compare(a, b, column, overview)).then_with(|| b.id.cmp(&a.id)));
        let found = kept.filter(|_| self.moved).and_then(|id| runs.iter().position(|run| run.id == id));
        self.list.position = found.unwrap_or(if self.moved { self.list.position } else { 0 });
    }
}

fn compare(a: &RunView, b: &RunView, column: Column, overview: &Overview) -> Ordering {
    let name = |run: &RunView| overview.profiles.get(&run.profile_id).map(|p| p.profile.name.to_lowercase());
    let country = |run: &RunView| overview.profiles.get(&run.profile_id).map(|p| p.profile.country.clone());
    match column {
        Run => a.id.cmp(&b.id),
        Profile => name(a).cmp(&name(b)),
        Country => country(a).cmp(&country(b)),
        State => urgency(a.state).cmp(&urgency(b.state)),
        When => when(a).cmp(&when(b)),
        Took => took(a).cmp(&took(b)),
        Requests => a.requests.cmp(&b.requests),
        Throttled => permille(a).cmp(&permille(b)),
        Rows => a.rows.cmp(&b.rows),
        Changed => a.counts.written().cmp(&b.counts.written()),
        By => a.requested_by.cmp(&b.requested_by),
        Note => note(a).cmp(&note(b)),
    }
}

/// What needs somebody comes before what is live, and that before what is at rest.
const fn urgency(state: RunState) -> u8 {
    match state {
        RunState::Failed => 0,
        RunState::Held => 1,
        RunState::Committing => 2,
        RunState::Fetching => 3,
        RunState::Queued => 4,
        RunState::Cancelled => 5,
        RunState::Discarded => 6,
        RunState::Completed => 7,
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

/// The line that a run ends with, where it has one: why it failed or is held, and what it continued.
pub(super) fn note(run: &RunView) -> Option<String> {
    let why = match run.state {
        RunState::Failed => run.error.as_ref().map(|error| error.summary.clone()),
        RunState::Held => run.hold.as_ref().map(crate::domain::run::HoldSummary::headline),
        _ => run.approved_by.as_ref().map(|who| format!("approved by {who}")),
    };
    let retry = run.retry_of.map(|of| format!("retry of run {of}"));
    match (why, retry) {
        (Some(why), Some(retry)) => Some(format!("{why} ({retry})")),
        (why, retry) => why.or(retry),
    }
}

/// The completed runs, oldest first.
pub(super) fn completed(runs: &[RunView]) -> Vec<&RunView> {
    let mut completed: Vec<&RunView> = runs.iter().filter(|run| run.state == RunState::Completed).collect();
    completed.sort_by_key(|run| run.id);
    completed
}
