//! The batch: every sync since the last moment without one, those that have ended included.

use std::collections::HashMap;

use super::{Basis, Left, Samples};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{RunState, RunView};
use crate::domain::time::Timestamp;
use crate::sync::overview::Overview;

/// One sync of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    profile: ProfileId,
    state: RunState,
    /// Rows that it counts for in the bar, as last known; what has ended counts as done with all of them.
    weight: Option<i64>,
}

/// The batch in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::console) struct Summary {
    /// Syncs.
    pub(in crate::console) syncs: usize,
    /// Those that have ended, in whatever way.
    pub(in crate::console) done: usize,
    /// Those that failed.
    pub(in crate::console) failed: usize,
    /// Those that are held.
    pub(in crate::console) held: usize,
    /// Those that wait for their turn.
    pub(in crate::console) queued: usize,
    /// Rows that are there, and all rows, where every sync has a denominator.
    pub(in crate::console) rows: Option<(i64, i64)>,
    /// The share that is done: by rows, else by syncs, each with its own share; never the whole while one of them lives.
    pub(in crate::console) ratio: f64,
}

impl Summary {
    /// True while a sync of it is under way or waits.
    pub(in crate::console) const fn is_live(&self) -> bool {
        self.done < self.syncs
    }
}

/// Every sync since the last moment without one.
#[derive(Debug, Clone, Default)]
pub(in crate::console) struct Batch {
    entries: HashMap<RunId, Entry>,
    live: usize,
    began: Timestamp,
    summary: Summary,
    highest: f64,
    samples: Samples,
    touched: bool,
}

impl Batch {
    pub(super) const fn touch(&mut self) {
        self.touched = true;
    }

    /// Something began anew: the bar may go back, and the rate so far says nothing.
    pub(super) fn forget(&mut self) {
        self.highest = 0.0;
        self.samples.clear();
    }

    pub(super) const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Takes over what is known of all runs. Runs that have ended belong to the batch when they overlap with what lives.
    pub(super) fn read(&mut self, overview: &Overview, at: Timestamp) {
        // From the latest end backwards, for as long as somebody was at work.
        let mut began = overview.live_runs().map(|run| begin(run, at)).min();
        let mut ended: Vec<&RunView> = overview.runs.values().filter(|run| !run.state.is_live()).collect();
        ended.sort_unstable_by_key(|run| std::cmp::Reverse(run.finished_at));
        let mut members: Vec<&RunView> = Vec::new();
        for run in ended {
            match (began, run.finished_at) {
                (Some(since), Some(finished)) if finished >= since => {
                    members.push(run);
                    began = Some(since.min(begin(run, at)));
                }
                _ => break,
            }
        }
        let Some(began) = began else {
            // What has ended since the last look still belongs to what was going on.
            for run in overview.runs.values() {
                self.apply(run, at);
            }
            return;
        };
        let before = std::mem::take(&mut self.entries);
        self.live = overview.live_runs().count();
        self.began = began;
        for run in members.into_iter().chain(overview.live_runs()) {
            let weight = before.get(&run.id).and_then(|entry| entry.weight);
            self.entries.insert(run.id, Entry { profile: run.profile_id, state: run.state, weight });
        }
        self.touched = true;
    }

    /// A run was told of.
    pub(super) fn apply(&mut self, run: &RunView, at: Timestamp) {
        let entry = Entry { profile: run.profile_id, state: run.state, weight: None };
        match self.entries.get_mut(&run.id) {
            Some(known) if known.state.is_live() || !run.state.is_live() => {
                self.live -= usize::from(known.state.is_live() && !run.state.is_live());
                known.state = run.state;
            }
            // A new one, or a held one that was approved.
            _ if run.state.is_live() => {
                if self.live == 0 {
                    *self = Self { began: at, ..Self::default() };
                }
                // More is to be done than before.
                self.forget();
                self.live += 1;
                self.entries.insert(run.id, entry);
            }
            _ => return,
        }
        self.touched = true;
    }

    /// Sums up, when anything has changed. `rows` tells of a run how many rows are there, and how many there will be.
    pub(super) fn settle(&mut self, now: Timestamp, rows: impl Fn(RunId, ProfileId) -> Option<(i64, i64)>) {
        if !std::mem::take(&mut self.touched) {
            return;
        }
        let mut shares = 0.0;
        let mut sum = Summary { syncs: self.entries.len(), rows: Some((0, 0)), ..Summary::default() };
        for (run, entry) in &mut self.entries {
            let known = if entry.state.is_live() { rows(*run, entry.profile) } else { None };
            entry.weight = known.map(|(_, all)| all).or(entry.weight);
            let here = match (entry.state.is_live(), known, entry.weight) {
                (true, known, _) => known,
                // What ended unseen, or failed before its size was known, has no part in the bar.
                (false, _, weight) => Some((weight.unwrap_or(0), weight.unwrap_or(0))),
            };
            sum.rows = sum.rows.zip(here).map(|((a, b), (c, d))| (a + c, b + d));
            shares += share(known);
            sum.done += usize::from(!entry.state.is_live());
            sum.failed += usize::from(entry.state == RunState::Failed);
            sum.held += usize::from(entry.state == RunState::Held);
            sum.queued += usize::from(entry.state == RunState::Queued);
        }
        sum.rows = sum.rows.filter(|(_, all)| *all > 0);
        #[expect(clippy::cast_precision_loss, reason = "a gauge needs no 53 bits")]
        let ratio = match sum.rows {
            Some((done, all)) => done as f64 / all as f64,
            None => (sum.done as f64 + shares) / (sum.syncs.max(1)) as f64,
        };
        let most = if sum.is_live() { 0.995 } else { 1.0 };
        self.highest = self.highest.max(ratio.clamp(0.0, most));
        sum.ratio = self.highest;
        match sum.rows {
            Some((done, _)) => self.samples.add(now, done),
            None => self.samples.clear(),
        }
        self.summary = sum;
    }

    /// The time left: by rows, else by the syncs that have ended.
    pub(super) fn left(&self, now: Timestamp) -> Option<Left> {
        let sum = &self.summary;
        if !sum.is_live() {
            return None;
        }
        if let Some((done, all)) = sum.rows {
            return self.samples.left(now, done, all - done);
        }
        let (done, rest) = (u32::try_from(sum.done).ok()?, u32::try_from(sum.syncs - sum.done).ok()?);
        let each = now.since(self.began).checked_div(done.max(1)).filter(|_| done >= 3)?;
        super::believed(each.as_secs_f64() * f64::from(rest), Basis::Syncs)
    }
}

/// The share of a sync that is there.
fn share(rows: Option<(i64, i64)>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a gauge needs no 53 bits")]
    rows.map_or(0.0, |(here, all)| (here as f64 / all.max(1) as f64).clamp(0.0, 1.0))
}

/// When the work on a run began; an approval begins it anew.
fn begin(run: &RunView, now: Timestamp) -> Timestamp {
    if run.state.is_live() && run.approved_by.is_some() { now } else { run.requested_at }
}
