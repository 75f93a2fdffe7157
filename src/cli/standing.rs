//! Where a live run stands, in a word and a few more: whoever carries it, only the database is asked.

use super::plain::{left, time};
use crate::domain::run::{RunState, RunView};
use crate::domain::time::Timestamp;
use crate::telemetry::process::Identity;

/// The word for a run's state, and what there is to know about it. A throttled or parked run says until when.
pub(super) fn standing(run: &RunView, now: Timestamp, utc: bool) -> (&'static str, String) {
    let until = |at: Timestamp| format!("until {} (in {})", time(at, utc), left(at, now));
    match run.state {
        RunState::Fetching => match run.waits.left(now).throttled_until() {
            Some(at) => ("throttled", format!("{}{}", until(at), carried(run))),
            None => (run.state.as_str(), String::new()),
        },
        RunState::Queued => match run.not_before.filter(|at| *at > now) {
            Some(at) => ("parked", until(at)),
            None => (run.state.as_str(), String::new()),
        },
        state => (state.as_str(), String::new()),
    }
}

fn carried(run: &RunView) -> String {
    let owner = run.owner.as_deref().and_then(Identity::parse);
    owner.map_or_else(String::new, |owner| format!(", carried by {}", owner.short()))
}
