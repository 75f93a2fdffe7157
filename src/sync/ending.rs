//! How a run ends in this process without a commit, and that this end gets stored.
//!
//! A run that has ended here, and whose end nobody stored, would stay live under our own lease: whoever wants to retry
//! or cancel it would wait for nobody. So its end is stored again and again until the database takes it.

use std::time::Duration;

use super::context::RunContext;
use super::engine::Inner;
use super::event::SyncEvent;
use super::parking;
use crate::domain::cause::CauseId;
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunState, RunView};
use crate::store::StoreError;

/// Pauses between attempts to store an end: the first, which doubles with every further one, and the longest.
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);

/// For how long a run is put off.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parked {
    pub(super) delay: Duration,
    /// True when the API asked for it.
    pub(super) asked: bool,
}

impl Parked {
    /// For how long, when both hold.
    pub(super) fn and(self, other: Self) -> Self {
        Self { delay: self.delay.max(other.delay), asked: self.asked || other.asked }
    }
}

/// What is to be stored of a run that this process no longer carries.
#[derive(Debug)]
pub(super) enum Ending {
    Cancelled,
    /// It goes back to the queue, for others or for later.
    GivenBack(Option<Duration>),
    Parked(Parked),
    Failed(Box<ErrorReport>, CauseId),
}

impl Ending {
    /// A failure, which the log tells.
    pub(super) fn failed(context: &RunContext, report: ErrorReport) -> Self {
        tracing::error!(target: "adsync::sync", profile_id = context.profile.id.0, "{}: {} ({})", context.profile.title(), report.summary, report.code);
        let cause = CauseId::of(&report, &context.profile);
        Self::Failed(Box::new(report), cause)
    }

    /// Stores it and tells, however long the database refuses; gives up only when this process ends, or when the run
    /// has become somebody else's. What is not stored then is found by whoever finds this process dead.
    pub(super) async fn store(&self, inner: &Inner, run: &RunView) {
        let mut closing = inner.closing.subscribe();
        let mut pause = FIRST;
        loop {
            let error = match self.write(inner, run).await {
                Ok(run) => {
                    self.log(&run);
                    inner.hub.emit(SyncEvent::Run { run: Box::new(run) });
                    return;
                }
                Err(error) => error,
            };
            if matches!(error, StoreError::Fenced { .. }) || *closing.borrow() {
                tracing::error!(target: "adsync::sync", profile_id = run.profile_id.0, "the end of run {} could not be stored: {error}", run.id);
                return;
            }
            tracing::warn!(
                target: "adsync::sync", profile_id = run.profile_id.0,
                "the end of run {} cannot be stored yet, trying again in {:.1} s: {error}", run.id, pause.as_secs_f64()
            );
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = closing.wait_for(|closing| *closing) => {}
            }
            pause = pause.saturating_mul(2).min(LONGEST);
        }
    }

    async fn write(&self, inner: &Inner, run: &RunView) -> Result<RunView, StoreError> {
        let (store, id, epoch) = (&inner.store, run.id, run.epoch);
        match self {
            Self::Cancelled => store.cancelled(id, epoch).await,
            Self::GivenBack(delay) => store.give_back(id, epoch, *delay).await,
            Self::Parked(parked) => store.park(id, epoch, parked.delay, parked.asked).await,
            Self::Failed(report, cause) => store.fail(id, epoch, report, cause).await,
        }
    }

    /// Tells of a parking that was stored: a run that somebody cancelled meanwhile is none.
    fn log(&self, run: &RunView) {
        if let Self::Parked(parked) = self
            && run.state == RunState::Queued
        {
            tracing::warn!(
                target: "adsync::sync", profile_id = run.profile_id.0,
                "run {}: parked for {:.0} s, {}", run.id, parked.delay.as_secs_f64(),
                parking::why(parked.asked, run.parks.saturating_sub(1))
            );
        }
    }
}
