//! Where a live run stands, in a word and a few more: whoever carries it, only the database is asked, and this machine
//! whether its process is still there.

use std::collections::HashSet;

use super::plain::{left, time};
use crate::domain::id::RunId;
use crate::domain::run::{RunState, RunView};
use crate::domain::time::Timestamp;
use crate::telemetry::process::Identity;

/// When and how runs are looked at.
pub(super) struct Look {
    now: Timestamp,
    utc: bool,
    /// Runs whose process has certainly ended.
    ended: HashSet<RunId>,
}

impl Look {
    /// Looks for the processes that carry these runs; `local` says that all of them must be of this machine.
    pub(super) async fn at<'a>(
        runs: impl IntoIterator<Item = &'a RunView>,
        now: Timestamp,
        local: bool,
        utc: bool,
    ) -> Self {
        let owners: Vec<(RunId, Identity)> = runs
            .into_iter()
            .filter(|run| is_carried(run))
            .filter_map(|run| Some((run.id, run.owner.as_deref().and_then(Identity::parse)?)))
            .collect();
        let look = move || {
            let us = Identity::current();
            owners.into_iter().filter(|(_, owner)| us.knows_dead(owner, local)).map(|(run, _)| run).collect()
        };
        let ended = tokio::task::spawn_blocking(look).await.unwrap_or_default();
        Self { now, utc, ended }
    }

    /// True when the process that carries a run has certainly ended; of another machine's nobody can say.
    pub(super) fn has_ended(&self, run: &RunView) -> bool {
        self.ended.contains(&run.id)
    }

    /// The word for a run's state, and what there is to know about it. A throttled or parked run says until when, and
    /// one that nobody carries any more says that.
    pub(super) fn standing(&self, run: &RunView) -> (&'static str, String) {
        let until = |at: Timestamp| format!("until {} (in {})", time(at, self.utc), left(at, self.now));
        if is_carried(run) {
            let silent = run.lease_until.is_some_and(|lease| lease <= self.now);
            let owner = owner(run).unwrap_or_else(|| "its process".to_owned());
            match (self.has_ended(run), silent) {
                (true, _) => return (run.state.as_str(), format!("{owner} has ended: {ORPHAN}")),
                (false, true) => return (run.state.as_str(), format!("{owner} no longer answers: {ORPHAN}")),
                (false, false) => {}
            }
        }
        match run.state {
            RunState::Fetching => match run.waits.left(self.now).throttled_until() {
                Some(at) => {
                    let carried = owner(run).map_or_else(String::new, |who| format!(", carried by {who}"));
                    ("throttled", format!("{}{carried}", until(at)))
                }
                None => (run.state.as_str(), String::new()),
            },
            RunState::Queued => match run.not_before.filter(|at| *at > self.now) {
                Some(at) => ("parked", until(at)),
                None => (run.state.as_str(), String::new()),
            },
            state => (word(state), String::new()),
        }
    }
}

const ORPHAN: &str = "it waits for whoever takes it over";

/// The word that people read for a state: what is stored as completed is called proved everywhere.
pub(super) const fn word(state: RunState) -> &'static str {
    match state {
        RunState::Completed => "proved",
        state => state.as_str(),
    }
}

const fn is_carried(run: &RunView) -> bool {
    matches!(run.state, RunState::Fetching | RunState::Committing)
}

fn owner(run: &RunView) -> Option<String> {
    Some(run.owner.as_deref().and_then(Identity::parse)?.short())
}
