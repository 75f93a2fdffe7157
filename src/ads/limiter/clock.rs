//! The limiter's clock: governor's view of `tokio::time`, so that a paused runtime drives limits as well.
//!
//! Knows nothing of buckets or requests.

use std::time::Duration;

use governor::clock::Clock;
use tokio::time::Instant;

/// Durations since a fixed instant of tokio's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokioClock {
    origin: Instant,
}

impl TokioClock {
    /// A clock whose zero is `origin`.
    pub(super) fn starting_at(origin: Instant) -> Self {
        Self { origin }
    }

    /// The instant behind a reading.
    pub(super) fn instant(&self, reading: Duration) -> Instant {
        self.origin + reading
    }

    /// The reading at an instant; zero for one before the origin.
    pub(super) fn reading(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.origin)
    }
}

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.reading(Instant::now())
    }
}
