//! How far runs have come and how fast they go: what bars and times left are told from.
//!
//! Told of runs and units by `update`, with the time of each event; knows no clock, and draws nothing. A share never
//! goes back by itself: an estimate that turns out too small holds the bar until the rows have caught up, and only a
//! list that begins anew lets it fall.

mod batch;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{Progress, RunState, RunView, UnitView};
use crate::domain::time::Timestamp;
use crate::sync::overview::Overview;

pub(super) use batch::{Batch, Summary};

/// The rate that a time left is told from is that of the last minute.
const WINDOW: Duration = Duration::from_secs(60);
/// How close two samples are at least.
const STEP: Duration = Duration::from_secs(1);
/// A rate of less than this says nothing yet.
const LEAST: Duration = Duration::from_secs(5);
/// Longer is not told: nobody believes it, and what trickles tells nothing of when it flows again.
const LONGEST: f64 = 86_400.0;

/// A time left of so many seconds; `None` when nobody would believe it.
fn believed(seconds: f64, basis: Basis) -> Option<Left> {
    (seconds <= LONGEST).then(|| Left { time: Duration::from_secs_f64(seconds.max(0.0).round()), basis })
}

/// What a time left is told from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// Rows of the last minute.
    Minute,
    /// Rows since it began to be watched, less than a minute ago.
    SoFar,
    /// What the profile's last sync took.
    LastRun,
    /// Syncs of the batch that have ended so far.
    Syncs,
}

impl Basis {
    /// In words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Minute => "by the rate of the last minute",
            Self::SoFar => "by the rate so far",
            Self::LastRun => "by its last run",
            Self::Syncs => "by the syncs so far",
        }
    }
}

/// A time left, and what it is told from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) time: Duration,
    pub(super) basis: Basis,
}

/// How a number grew within the last minute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Samples(VecDeque<(Timestamp, i64)>);

impl Samples {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn add(&mut self, at: Timestamp, number: i64) {
        if self.0.back().is_none_or(|(last, _)| at.since(*last) >= STEP) {
            self.0.push_back((at, number));
        }
        // One sample from before the window is kept, so that the window is covered.
        while self.0.get(1).is_some_and(|(second, _)| at.since(*second) >= WINDOW) {
            self.0.pop_front();
        }
    }

    /// True when nothing was added for as long as a rate looks back.
    fn stands_still(&self, now: Timestamp, number: i64) -> bool {
        let before = self.0.iter().rev().find(|(at, _)| now.since(*at) >= WINDOW);
        before.is_some_and(|(_, before)| *before == number)
    }

    /// The time for `rest` more, at the rate from the first sample of the last minute to `number` now.
    fn left(&self, now: Timestamp, number: i64, rest: i64) -> Option<Left> {
        let in_window = self.0.iter().find(|(at, _)| now.since(*at) <= WINDOW + STEP);
        let (since, before) = in_window.copied()?;
        let passed = now.since(since);
        let grown = number - before;
        if passed < LEAST || grown <= 0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate needs no 53 bits")]
        let seconds = passed.as_secs_f64() * rest.max(0) as f64 / grown as f64;
        let basis = if passed + LEAST >= WINDOW { Basis::Minute } else { Basis::SoFar };
        believed(seconds, basis)
    }
}

/// One live run.
#[derive(Debug, Clone, PartialEq, Default)]
struct Track {
    progress: Progress,
    highest: f64,
    reused: i64,
    samples: Samples,
}

impl Track {
    /// Takes over a run's units; true when what was known of it says nothing any more.
    fn observe(&mut self, units: &[UnitView], at: Timestamp) -> bool {
        let (progress, reused) = (Progress::of(units), units.iter().map(|u| u.reused_pages).sum());
        // A list that begins anew, or a plan of which only a part was told before.
        let began_anew = progress.rows < self.progress.rows
            || progress.settled < self.progress.settled
            || progress.units != self.progress.units;
        if began_anew {
            self.highest = 0.0;
        }
        // Pages that were adopted came at no rate.
        if began_anew || reused != self.reused {
            self.samples.clear();
        }
        self.highest = self.highest.max(progress.ratio().unwrap_or(0.0));
        self.samples.add(at, progress.rows);
        (self.progress, self.reused) = (progress, reused);
        began_anew
    }

    fn ratio(&self) -> Option<f64> {
        let most = if self.progress.settled < self.progress.units { 0.995 } else { 1.0 };
        self.progress.ratio().map(|ratio| ratio.max(self.highest).min(most))
    }

    fn left(&self, now: Timestamp) -> Option<Left> {
        let rest = self.progress.expected.filter(|e| *e > 0)? - self.progress.rows;
        self.samples.left(now, self.progress.rows, rest)
    }
}

/// All live runs, and the batch that they belong to.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    tracks: HashMap<RunId, Track>,
    /// What the last completed run of each profile took.
    took: HashMap<ProfileId, Duration>,
    batch: Batch,
}

impl Pace {
    /// Reads everything anew; what was watched before is still known of runs that still live.
    pub(super) fn read(&mut self, overview: &Overview, at: Timestamp) {
        for run in overview.runs.values() {
            self.remember(run);
        }
        self.tracks.retain(|id, _| overview.live_runs().any(|run| run.id == *id));
        for run in overview.live_runs() {
            if let Some(units) = overview.units.get(&run.id) {
                self.tracks.entry(run.id).or_default().observe(units, at);
            }
        }
        self.batch.read(overview, at);
    }

    /// A run was told of.
    pub(super) fn run(&mut self, run: &RunView, at: Timestamp) {
        self.remember(run);
        if !run.state.is_live() {
            self.tracks.remove(&run.id);
        }
        self.batch.apply(run, at);
    }

    /// A unit was told of; these are all units of its run.
    pub(super) fn units(&mut self, run: RunId, units: &[UnitView], at: Timestamp) {
        if self.tracks.entry(run).or_default().observe(units, at) {
            self.batch.forget();
        }
        self.batch.touch();
    }

    fn remember(&mut self, run: &RunView) {
        let fresh = run.attempt <= 1 && run.retry_of.is_none();
        if let (RunState::Completed, Some(started), Some(finished)) =
            (run.state, run.started_at, run.finished_at)
            && fresh
        {
            self.took.insert(run.profile_id, finished.since(started));
        }
    }

    /// Sums the batch up, when anything of it has changed.
    pub(super) fn settle(&mut self, overview: &Overview, now: Timestamp) {
        let tracks = &self.tracks;
        self.batch.settle(now, |run, profile| {
            let track = tracks.get(&run).map(|track| track.progress);
            let begun = track.filter(|progress| progress.units > 0);
            // Nothing is known of a run that waits, but what the profile had when it was last proved.
            let stored = || {
                let stored = overview.profiles.get(&profile)?;
                stored.last_synced_at.is_some().then_some((0, stored.rows))
            };
            begun.map_or_else(stored, |p| Some((p.rows, p.expected.filter(|e| *e > 0)?)))
        });
    }

    /// True while anything is fetched: its time left counts down.
    pub(super) fn is_fetching(&self) -> bool {
        !self.tracks.is_empty()
    }

    /// How far a run has come; `None` where it has no denominator, or is not live.
    pub(super) fn ratio(&self, run: RunId) -> Option<f64> {
        self.tracks.get(&run)?.ratio()
    }

    /// The time that a run still takes, where anything tells it.
    pub(super) fn left(&self, run: &RunView, now: Timestamp) -> Option<Left> {
        if run.state != RunState::Fetching || run.cancel_requested {
            return None;
        }
        let track = self.tracks.get(&run.id);
        if track.is_some_and(|track| track.samples.stands_still(now, track.progress.rows)) {
            return None;
        }
        track.and_then(|track| track.left(now)).or_else(|| {
            let fresh = run.attempt <= 1 && run.retry_of.is_none();
            let elapsed = now.since(run.started_at.filter(|_| fresh)?);
            let time = self.took.get(&run.profile_id)?.checked_sub(elapsed)?;
            Some(Left { time, basis: Basis::LastRun })
        })
    }

    /// All syncs since there was last none.
    pub(super) fn batch(&self) -> &Summary {
        self.batch.summary()
    }

    /// The time that the batch still takes.
    pub(super) fn batch_left(&self, now: Timestamp) -> Option<Left> {
        self.batch.left(now)
    }
}
