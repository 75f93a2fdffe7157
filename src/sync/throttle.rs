//! For how long a run is throttled: the time in which at least one of its requests waits out a 429, counted once
//! however many wait.
//!
//! Knows no run and no database; time is tokio's, so that tests hold it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The time throttled that was not yet taken.
#[derive(Debug, Default)]
pub(super) struct ThrottledTime(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waiting: usize,
    since: Option<Instant>,
    untaken: Duration,
}

impl State {
    /// Adds what has passed since it was last looked at.
    fn look(&mut self) {
        let now = Instant::now();
        if let Some(since) = self.since {
            self.untaken += now.duration_since(since);
        }
        self.since = (self.waiting > 0).then_some(now);
    }
}

impl ThrottledTime {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request begins to wait.
    pub(super) fn begin(&self) {
        let mut state = self.lock();
        state.look();
        state.waiting += 1;
        state.look();
    }

    /// A request goes on, or is given up.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.look();
        state.waiting = state.waiting.saturating_sub(1);
        state.look();
    }

    /// Gives back what was taken in vain.
    pub(super) fn put_back(&self, micros: i64) {
        self.lock().untaken += Duration::from_micros(micros.unsigned_abs());
    }

    /// True when some of it was not taken yet, or a request waits now.
    pub(super) fn is_pending(&self) -> bool {
        let state = self.lock();
        // The rest of a microsecond is never taken.
        state.waiting > 0 || state.untaken.as_micros() > 0
    }

    /// What has come together since it was last taken, in microseconds; the rest of one stays for the next time.
    pub(super) fn take(&self) -> i64 {
        let mut state = self.lock();
        state.look();
        let whole = i64::try_from(state.untaken.as_micros()).unwrap_or(i64::MAX);
        state.untaken -= Duration::from_micros(whole.unsigned_abs());
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn time_counts_once_however_many_requests_wait() {
        let time = ThrottledTime::default();
        pass(5).await;
        time.begin();
        pass(2).await;
        time.begin();
        pass(3).await;
        time.end();
        pass(4).await;
        assert_eq!(time.take(), 9_000_000, "also while one still waits");
        pass(1).await;
        time.end();
        assert!(time.is_pending());
        pass(60).await;
        assert_eq!((time.take(), time.take()), (1_000_000, 0));
        assert!(!time.is_pending());
        time.begin();
        tokio::time::advance(Duration::from_nanos(2_500)).await;
        time.end();
        assert_eq!((time.take(), time.is_pending()), (2, false));
        time.put_back(7);
        assert!(time.is_pending());
        assert_eq!(time.take(), 7);
        time.begin();
        assert!(time.is_pending());
    }
}
