//! When something on screen becomes outdated by time alone: ages, countdowns, the clock, messages.
//!
//! The runtime sleeps until then, and not at all when nothing on screen depends on time.

use std::time::Duration;

use super::history::{self, HistoryScreen};
use super::layout::regions;
use super::limits::LimitsScreen;
use super::matrix::{self, MatrixScreen};
use super::model::{Modal, Model};
use super::pauses;
use super::screen::Screen;
use super::text::ago;
use crate::domain::id::ProfileId;
use crate::domain::limits::BucketSnapshot;
use crate::domain::run::{RunState, RunView};
use crate::domain::time::Timestamp;

const SECOND: i64 = 1_000_000;

/// Ages below it change between the minutes that the clock changes at.
const MINUTE: Duration = Duration::from_secs(60);

/// The next instant at which the present frame would look different without any event.
pub(super) fn next_change(model: &Model) -> Option<Timestamp> {
    let mut earliest = Some(next_minute(model.now));
    let mut consider = |at: Option<Timestamp>| {
        earliest = match (earliest, at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    };
    consider(model.notice.as_ref().and_then(|n| n.until));
    let next_second = Timestamp((model.now.0.div_euclid(SECOND) + 1) * SECOND);
    // The total's time left counts down while anything is fetched.
    if model.pace.is_fetching() {
        consider(Some(next_second));
    }
    let counts = |b: &BucketSnapshot| b.paused_ms.max(b.next_in_ms) >= 1_000 || pauses::next_call(model, b).1;
    if model.overview.limits.buckets.iter().any(counts) {
        consider(Some(next_second));
    }
    match &model.screen {
        Screen::Matrix(screen) => {
            if let Some(id) = model.home.current() {
                consider(cell_change(model, screen, id, next_second));
            }
        }
        Screen::Profiles => {
            let visible = model.home.rows().iter().skip(model.home.offset());
            for id in visible.take(usize::from(regions(model).rows)) {
                consider(row_change(model, *id, next_second));
            }
        }
        Screen::Run(screen) => {
            consider(row_change(model, screen.profile, next_second));
            // How long it has been fetched or committed counts up.
            let live =
                model.shown_run(screen).is_some_and(|run| run.state.is_live() && run.started_at.is_some());
            consider(live.then_some(next_second));
        }
        Screen::Errors(screen) => {
            for cause in screen.causes() {
                let begins = cause.profiles.iter().map(|p| p.since);
                for at in begins.chain([cause.last]).filter(|at| model.now.since(*at) < MINUTE) {
                    let (_, outdated_in) = ago(model.now.since(at));
                    consider(Some(model.now.plus(outdated_in.max(Duration::from_millis(1)))));
                }
            }
        }
        Screen::History(screen) => consider(runs_change(model, screen, next_second)),
        Screen::Limits(screen) if limits_count(model, screen) => consider(Some(next_second)),
        Screen::Changes(_) | Screen::Limits(_) | Screen::Logs(_) => {}
    }
    // The overlay counts down to what comes next, and tells how long ago something began.
    if let Some(Modal::Why { .. }) = model.modal.as_ref().map(|opened| &opened.modal) {
        consider(Some(next_second));
    }
    earliest
}

/// The clock in the header shows minutes.
fn next_minute(now: Timestamp) -> Timestamp {
    Timestamp((now.0.div_euclid(60 * SECOND) + 1) * 60 * SECOND)
}

/// When the first of the visible runs becomes outdated: what is live counts up or down.
fn runs_change(model: &Model, screen: &HistoryScreen, next_second: Timestamp) -> Option<Timestamp> {
    let (_, rows) = model.list_size();
    let first = screen.list().offset;
    let visible = || (first..first + rows).filter_map(|place| screen.run(place));
    let counting = |run: &RunView| match run.state {
        RunState::Queued => run.not_before.is_some_and(|until| until > model.now),
        state => state.is_live() && run.started_at.is_some(),
    };
    if visible().any(counting) {
        return Some(next_second);
    }
    young(model, visible().map(history::when))
}

/// True when a visible profile waits, or sits out a pause: both count by the second.
fn limits_count(model: &Model, screen: &LimitsScreen) -> bool {
    let limits = &model.overview.limits;
    let (_, rows) = model.list_size();
    let (_, first) = screen.profile_list();
    (first..first + rows).filter_map(|place| screen.profile(place)).any(|limit| {
        let since = limit.waiting_since_ms.map(|ms| model.now.since(limits.instant(ms)));
        since.is_some_and(|age| age < MINUTE)
            || limit.paused_until_ms.is_some_and(|ms| limits.instant(ms) > model.now)
    })
}

/// When the words of the current cell of the matrix become outdated.
fn cell_change(
    model: &Model,
    screen: &MatrixScreen,
    id: ProfileId,
    next_second: Timestamp,
) -> Option<Timestamp> {
    let cell = matrix::cell(model, screen, id, screen.unit());
    if cell.state == matrix::CellState::Throttled {
        return Some(next_second);
    }
    let times = [cell.proof.map(|proof| proof.committed_at), cell.failed.map(|failed| failed.at)];
    young(model, times.into_iter().flatten())
}

/// When the first of ages below a minute becomes outdated; older ones change with the minute, as the clock does.
fn young(model: &Model, times: impl Iterator<Item = Timestamp>) -> Option<Timestamp> {
    let young = times.filter(|at| model.now.since(*at) < MINUTE);
    young
        .map(|at| {
            let (_, outdated_in) = ago(model.now.since(at));
            model.now.plus(outdated_in.max(Duration::from_millis(1)))
        })
        .min()
}

fn row_change(model: &Model, id: ProfileId, next_second: Timestamp) -> Option<Timestamp> {
    let age = model.overview.profiles.get(&id).and_then(|p| p.last_synced_at).map(|at| {
        let (_, outdated_in) = ago(model.now.since(at));
        model.now.plus(outdated_in.max(Duration::from_millis(1)))
    });
    let parked = model.run(id).filter(|run| run.state == RunState::Queued).and_then(|run| run.not_before);
    let counting = parked.filter(|until| *until > model.now).map(|_| next_second);
    match (age, counting) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
