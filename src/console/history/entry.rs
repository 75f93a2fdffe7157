//! What filter and orders look at of a run, and its state in a word.

use std::cmp::Ordering;

use super::{Column, permille, took, when};
use crate::console::filter::{Kind, Row, Schema, Texts, Value, field};
use crate::domain::cause::CauseId;
use crate::domain::id::RunId;
use crate::domain::run::{RunState, RunView};
use crate::domain::time::Timestamp;
use crate::sync::overview::{Overview, ProfileStatus};

/// What the filter can ask of a run.
pub(super) const SCHEMA: Schema = &[
    field("state", Kind::OneOf(&STATES), "where it stands, or how it ended"),
    field("name", Kind::Text, "any part of its profile's name"),
    field("country", Kind::Word, "its profile's marketplace"),
    field("by", Kind::Word, "who asked for it"),
    field("cause", Kind::Word, "what it failed of"),
    field("note", Kind::Text, "why it failed or is held, what it continues"),
    field("run", Kind::Number, "its number"),
    field("when", Kind::Within, "how long ago it ended, or began"),
    field("took", Kind::Span, "how long it took, or takes so far"),
    field("requests", Kind::Number, "requests sent"),
    field("429", Kind::Number, "how many were answered 429"),
    field("rows", Kind::Number, "rows after its commit"),
    field("changed", Kind::Number, "rows that its commit wrote"),
];

/// The fields of [`SCHEMA`] that are text: the first so many. The number stands behind them, for plain words.
const TEXTS: usize = 6;
/// The place of `took` in it.
pub(super) const TOOK: usize = 8;

/// The words of [`status`].
const STATES: [&str; 10] = [
    ProfileStatus::Failed.word(),
    ProfileStatus::Held.word(),
    ProfileStatus::Throttled.word(),
    ProfileStatus::Committing.word(),
    ProfileStatus::Fetching.word(),
    ProfileStatus::Parked.word(),
    ProfileStatus::Queued.word(),
    ProfileStatus::Cancelled.word(),
    ProfileStatus::Discarded.word(),
    ProfileStatus::Proved.word(),
];

/// What filter and order look at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Its place among the runs that were read.
    pub(super) place: usize,
    texts: Texts,
    pub(super) id: RunId,
    urgency: u8,
    when: Timestamp,
    /// In milliseconds; of what is live as of when it was last looked at.
    pub(super) took: Option<i64>,
    requests: i64,
    throttled: i64,
    permille: Option<u64>,
    rows: i64,
    written: i64,
    committed: bool,
}

impl Row for Entry {
    fn value(&self, field: usize) -> Value<'_> {
        match field {
            0..TEXTS => Value::Text(self.texts.get(field)),
            6 => Value::Number(self.id.0),
            7 => Value::At(Some(self.when)),
            TOOK => self.took.map_or(Value::Nothing, Value::Number),
            9 => Value::Number(self.requests),
            10 => Value::Number(self.throttled),
            11 if self.committed => Value::Number(self.rows),
            12 if self.committed => Value::Number(self.written),
            _ => Value::Nothing,
        }
    }

    fn words(&self) -> &str {
        self.texts.first(TEXTS + 1)
    }
}

impl Entry {
    pub(super) fn of(place: usize, run: &RunView, overview: &Overview, now: Timestamp) -> Self {
        let profile = overview.profiles.get(&run.profile_id).map(|stored| &stored.profile);
        let number = run.profile_id.to_string();
        let cause = run.error.as_ref().zip(profile).map(|(report, profile)| CauseId::of(report, profile));
        let so_far = || run.started_at.filter(|_| run.state.is_live()).map(|began| now.since(began));
        Self {
            place,
            texts: Texts::new([
                status(run, overview, now).word(),
                profile.map_or(number.as_str(), |p| p.name.as_str()),
                profile.map_or("", |p| p.country.as_str()),
                &run.requested_by,
                cause.as_ref().filter(|_| run.state == RunState::Failed).map_or("", CauseId::as_str),
                &note(run, now).unwrap_or_default(),
                &run.id.to_string(),
            ]),
            id: run.id,
            urgency: urgency(run.state),
            when: when(run),
            took: took(run).or_else(so_far).map(|t| i64::try_from(t.as_millis()).unwrap_or(i64::MAX)),
            requests: run.requests,
            throttled: run.throttled,
            permille: permille(run),
            rows: run.rows,
            written: i64::try_from(run.counts.written()).unwrap_or(i64::MAX),
            committed: run.state == RunState::Completed,
        }
    }

    /// True when two differ in nothing but how long the run takes so far.
    pub(super) fn is_but_for_time(&self, other: &Self) -> bool {
        *self == Self { took: self.took, ..other.clone() }
    }

    /// Which of two rows is less by a column.
    pub(super) fn compare(&self, other: &Self, column: Column) -> Ordering {
        let (a, b) = (self, other);
        let text = |place: usize| a.texts.get(place).cmp(b.texts.get(place));
        match column {
            Column::Run => a.id.cmp(&b.id),
            Column::Profile => text(1),
            Column::Country => text(2),
            Column::State => a.urgency.cmp(&b.urgency),
            Column::When => a.when.cmp(&b.when),
            Column::Took => a.took.cmp(&b.took),
            Column::Requests => a.requests.cmp(&b.requests),
            Column::Throttled => a.permille.cmp(&b.permille),
            Column::Rows => a.rows.cmp(&b.rows),
            Column::Changed => a.written.cmp(&b.written),
            Column::By => text(3),
            Column::Note => text(5),
        }
    }
}

/// A run's state as profiles show theirs.
pub(in crate::console) fn status(run: &RunView, overview: &Overview, now: Timestamp) -> ProfileStatus {
    match run.state {
        RunState::Queued if parked(run, now) => ProfileStatus::Parked,
        RunState::Queued => ProfileStatus::Queued,
        RunState::Fetching if overview.is_throttled(run.id) => ProfileStatus::Throttled,
        RunState::Fetching => ProfileStatus::Fetching,
        RunState::Committing => ProfileStatus::Committing,
        RunState::Completed => ProfileStatus::Proved,
        RunState::Failed => ProfileStatus::Failed,
        RunState::Held => ProfileStatus::Held,
        RunState::Cancelled => ProfileStatus::Cancelled,
        RunState::Discarded => ProfileStatus::Discarded,
    }
}

fn parked(run: &RunView, now: Timestamp) -> bool {
    run.not_before.is_some_and(|until| until > now)
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

/// The line that a run ends with, where it has one: why it failed or is held, what it waits for, what it continued.
fn note(run: &RunView, now: Timestamp) -> Option<String> {
    let why = match run.state {
        RunState::Failed => run.error.as_ref().map(|error| error.summary.clone()),
        RunState::Held => run.hold.as_ref().map(crate::domain::run::HoldSummary::headline),
        _ if run.cancel_requested && run.state.is_live() => Some("stopping".to_owned()),
        RunState::Queued if parked(run, now) => Some("throttled for long".to_owned()),
        _ => run.approved_by.as_ref().map(|who| format!("approved by {who}")),
    };
    let retry = run.retry_of.map(|of| format!("retry of run {of}"));
    match (why, retry) {
        (Some(why), Some(retry)) => Some(format!("{why} ({retry})")),
        (why, retry) => why.or(retry),
    }
}
