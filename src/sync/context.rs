//! What everything that works on one run shares: where to fetch, where to store, and whether to go on.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::event::{SyncEvent, Wait, WaitReason};
use super::hub::Hub;
use super::throttle::ThrottledTime;
use crate::ads::{AdsClient, RequestObserver, RequestWait};
use crate::config::SyncConfig;
use crate::domain::profile::Profile;
use crate::domain::run::{RunView, UnitView};
use crate::domain::unit::Unit;
use crate::store::{Store, StoreError};
use crate::telemetry::clock::SharedClock;

/// Why a run has to stop where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Somebody cancelled it.
    Cancel,
    /// This process ends: it goes back to the queue.
    GiveBack,
    /// Another process has it now.
    Lost,
}

/// One run in the hands of this process.
pub(super) struct RunContext {
    pub(super) store: Store,
    pub(super) client: AdsClient,
    pub(super) hub: Hub,
    pub(super) config: SyncConfig,
    pub(super) clock: std::sync::Arc<SharedClock>,
    pub(super) profile: Profile,
    pub(super) stop: watch::Receiver<Option<Stop>>,
    run: Mutex<RunView>,
    /// Requests sent and 429s answered that are not in the database yet.
    sent: AtomicI64,
    throttled: AtomicI64,
    throttled_time: ThrottledTime,
}

/// What a run cost since its counters were last written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// Requests sent.
    pub(super) sent: i64,
    /// 429 answers among them.
    pub(super) throttled: i64,
    /// Microseconds throttled.
    pub(super) throttled_us: i64,
}

impl Cost {
    /// Adds it to a run.
    pub(super) const fn add_to(self, run: &mut RunView) {
        run.requests += self.sent;
        run.throttled += self.throttled;
        run.throttled_us += self.throttled_us;
    }
}

impl RunContext {
    #[expect(clippy::too_many_arguments, reason = "the parts of a context, each of another type")]
    pub(super) fn new(
        store: Store,
        client: AdsClient,
        hub: Hub,
        config: SyncConfig,
        clock: std::sync::Arc<SharedClock>,
        profile: Profile,
        run: RunView,
        stop: watch::Receiver<Option<Stop>>,
    ) -> Self {
        Self {
            store,
            client,
            hub,
            config,
            clock,
            profile,
            stop,
            run: Mutex::new(run),
            sent: AtomicI64::new(0),
            throttled: AtomicI64::new(0),
            throttled_time: ThrottledTime::default(),
        }
    }

    /// The run as last known.
    pub(super) fn run(&self) -> RunView {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over a newer view of the run, and tells.
    pub(super) fn set_run(&self, run: RunView) {
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = run.clone();
        self.hub.emit(SyncEvent::Run { run: Box::new(run) });
    }

    /// Changes what is known of the run, as it is now, and tells.
    pub(super) fn amend_run(&self, change: impl FnOnce(&mut RunView)) {
        let run = {
            let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut run);
            run.clone()
        };
        self.hub.emit(SyncEvent::Run { run: Box::new(run) });
    }

    /// Tells how a unit stands now.
    pub(super) fn tell_unit(&self, unit: UnitView) {
        self.hub.emit(SyncEvent::Unit { profile_id: self.profile.id, unit: Box::new(unit) });
    }

    /// Writes the request counters to the database, and tells.
    pub(super) async fn flush_counters(&self) -> Result<(), StoreError> {
        let cost = self.take_cost();
        if cost == (Cost { sent: 0, throttled: 0, throttled_us: 0 }) {
            return Ok(());
        }
        let run = self.run();
        let Cost { sent, throttled, throttled_us } = cost;
        if let Err(error) = self.store.count_requests(run.id, run.epoch, sent, throttled, throttled_us).await
        {
            self.put_back(cost);
            return Err(error);
        }
        // A page of another unit may have been stored meanwhile.
        self.amend_run(|run| cost.add_to(run));
        Ok(())
    }

    /// True while the API holds the run up: then no page may come for long that its counters could be written with.
    pub(super) fn is_throttled(&self) -> bool {
        self.throttled.load(Ordering::Relaxed) > 0 || self.throttled_time.is_pending()
    }

    /// Takes the counters that a page's transaction is about to write.
    pub(super) fn take_cost(&self) -> Cost {
        Cost {
            sent: self.sent.swap(0, Ordering::Relaxed),
            throttled: self.throttled.swap(0, Ordering::Relaxed),
            throttled_us: self.throttled_time.take(),
        }
    }

    /// Gives back counters that could not be written.
    pub(super) fn put_back(&self, cost: Cost) {
        self.sent.fetch_add(cost.sent, Ordering::Relaxed);
        self.throttled.fetch_add(cost.throttled, Ordering::Relaxed);
        self.throttled_time.put_back(cost.throttled_us);
    }

    /// What asks the run to stop, if anything.
    pub(super) fn stopping(&self) -> Option<Stop> {
        *self.stop.borrow()
    }

    /// Resolves when something asks the run to stop.
    pub(super) async fn stopped(&self) -> Stop {
        let mut stop = self.stop.clone();
        match stop.wait_for(Option::is_some).await {
            Ok(stop) => stop.unwrap_or(Stop::GiveBack),
            // The engine is gone, and with it everything that could go on.
            Err(_) => Stop::GiveBack,
        }
    }

    /// An observer of one request of a unit.
    pub(super) fn observe(&self, unit: Unit) -> UnitObserver<'_> {
        UnitObserver { context: self, unit, throttled: AtomicBool::new(false) }
    }
}

/// Counts the attempts of a unit's request and tells when it waits.
pub(super) struct UnitObserver<'a> {
    context: &'a RunContext,
    unit: Unit,
    /// True while it waits out a 429.
    throttled: AtomicBool,
}

impl UnitObserver<'_> {
    fn set_throttled(&self, throttled: bool) {
        match (self.throttled.swap(throttled, Ordering::Relaxed), throttled) {
            (false, true) => self.context.throttled_time.begin(),
            (true, false) => self.context.throttled_time.end(),
            _ => {}
        }
    }
}

impl Drop for UnitObserver<'_> {
    fn drop(&mut self) {
        // A run that is stopped drops its requests where they wait.
        self.set_throttled(false);
    }
}

impl RequestObserver for UnitObserver<'_> {
    fn sent(&self) {
        self.context.sent.fetch_add(1, Ordering::Relaxed);
    }

    fn throttled(&self) {
        self.context.throttled.fetch_add(1, Ordering::Relaxed);
    }

    fn waiting(&self, wait: &RequestWait) {
        let reason = match wait.reason {
            crate::ads::WaitReason::Throttled => WaitReason::Throttled,
            crate::ads::WaitReason::Retrying => WaitReason::Retrying,
        };
        self.set_throttled(reason == WaitReason::Throttled);
        self.context.hub.emit(SyncEvent::Waiting {
            run_id: self.context.run().id,
            profile_id: self.context.profile.id,
            wait: Wait {
                unit: self.unit,
                reason,
                until: self.context.clock.now().plus(wait.delay),
                attempt: wait.attempt,
                detail: wait.detail.clone(),
                asked: wait.asked,
            },
        });
        tracing::warn!(
            target: "adsync::sync", profile_id = self.context.profile.id.0,
            "{}  {}: {}, next call in {:.1} s (attempt {})",
            self.context.profile.title(), self.unit, wait.detail, wait.delay.as_secs_f64(), wait.attempt
        );
    }

    fn resumed(&self) {
        self.set_throttled(false);
        self.context.hub.emit(SyncEvent::Resumed {
            run_id: self.context.run().id,
            profile_id: self.context.profile.id,
            unit: self.unit,
        });
    }
}
