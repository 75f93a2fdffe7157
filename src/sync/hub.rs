//! The hub: folds every event into the overview and passes it on, in one order for everybody.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use super::event::SyncEvent;
use super::overview::Overview;
use super::policy::Policy;

/// Events that a listener may lag behind before it gets a snapshot instead.
const BACKLOG: usize = 2_048;

/// Where events go. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Hub {
    overview: Arc<Mutex<Overview>>,
    events: broadcast::Sender<SyncEvent>,
    policy: Arc<Policy>,
}

impl Hub {
    /// A hub over a first state. Every profile that passes is judged by the policy.
    pub(super) fn new(mut overview: Overview, policy: Policy) -> Self {
        overview.judge(&policy);
        Self {
            overview: Arc::new(Mutex::new(overview)),
            events: broadcast::channel(BACKLOG).0,
            policy: Arc::new(policy),
        }
    }

    /// What the configuration says about profiles.
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    fn lock(&self) -> MutexGuard<'_, Overview> {
        // Folding an event does not panic half-way; if it ever did, a stale gauge beats a dead console.
        self.overview.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Folds an event in and passes it on. Never waits: a listener that lags loses events, not the engine time.
    pub(super) fn emit(&self, mut event: SyncEvent) {
        match &mut event {
            SyncEvent::Profile { profile } => self.policy.judge(profile),
            SyncEvent::Profiles { profiles } => profiles.iter_mut().for_each(|p| self.policy.judge(p)),
            _ => {}
        }
        let mut overview = self.lock();
        overview.apply(event.clone());
        // Sent under the lock, so that all listeners see the order in which the overview was folded.
        let _ = self.events.send(event);
    }

    /// The state so far, and everything that comes after it.
    pub(super) fn subscribe(&self) -> (Overview, broadcast::Receiver<SyncEvent>) {
        let overview = self.lock();
        (overview.clone(), self.events.subscribe())
    }

    /// The state so far.
    pub(super) fn snapshot(&self) -> Overview {
        self.lock().clone()
    }

    /// Looks at the state without copying it.
    pub(super) fn with<T>(&self, look: impl FnOnce(&Overview) -> T) -> T {
        look(&self.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::LimitsSnapshot;

    #[test]
    fn a_listener_gets_the_state_and_then_exactly_what_comes_after_it() {
        let hub = Hub::new(Overview::default(), Policy::default());
        let event = |enabled| SyncEvent::Limits { limits: LimitsSnapshot { enabled, ..Default::default() } };
        hub.emit(event(true));
        let (overview, mut events) = hub.subscribe();
        assert!(overview.limits.enabled);
        hub.emit(event(false));
        assert_eq!(events.try_recv().unwrap(), event(false));
        assert!(events.try_recv().is_err());
        assert!(!hub.snapshot().limits.enabled);
    }

    #[test]
    fn a_listener_that_lags_never_stops_the_engine() {
        let hub = Hub::new(Overview::default(), Policy::default());
        let (_, mut events) = hub.subscribe();
        for _ in 0..BACKLOG * 2 {
            hub.emit(SyncEvent::Limits { limits: LimitsSnapshot::default() });
        }
        assert!(matches!(events.try_recv(), Err(broadcast::error::TryRecvError::Lagged(_))));
    }
}
