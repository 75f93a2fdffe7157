//! What a lane has learned over time: bounded, however long a process runs.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::limits::RatePoint;

/// Points that are kept.
const KEPT: usize = 120;
/// Points of one direction that are nearer to each other become one.
const APART: Duration = Duration::from_secs(5);
/// A change of less than this share is not told.
const NOTABLE: f64 = 0.02;

/// A ring of learned rates.
#[derive(Debug, Default)]
pub(super) struct History {
    points: VecDeque<(Instant, f64)>,
}

impl History {
    /// Notes a rate, when it has changed notably.
    pub(super) fn note(&mut self, now: Instant, rate: f64) {
        if let Some((_, last)) = self.points.back().copied() {
            if (rate - last).abs() < NOTABLE * last {
                return;
            }
            let before = self.points.len().checked_sub(2).and_then(|n| self.points.get(n));
            let on_the_way = before.is_some_and(|(at, before)| {
                (rate > last) == (last > *before) && now.saturating_duration_since(*at) < APART
            });
            if on_the_way {
                self.points.pop_back();
            }
        }
        self.points.push_back((now, rate));
        if self.points.len() > KEPT {
            self.points.pop_front();
        }
    }

    /// The points, in milliseconds since `origin`.
    pub(super) fn points(&self, origin: Instant) -> Vec<RatePoint> {
        let point = |(at, per_second): &(Instant, f64)| RatePoint {
            at_ms: millis(at.saturating_duration_since(origin)),
            per_second: *per_second,
        };
        self.points.iter().map(point).collect()
    }
}

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_are_kept_steady_growth_is_thinned_and_memory_is_bounded() {
        let origin = Instant::now();
        let mut history = History::default();
        for rate in [2.0, 2.01, 3.0, 4.0, 5.0, 3.5, 3.6] {
            history.note(Instant::now(), rate);
            tokio::time::advance(Duration::from_millis(500)).await;
        }
        let rates: Vec<f64> = history.points(origin).iter().map(|p| p.per_second).collect();
        assert_eq!(rates, [2.0, 5.0, 3.5, 3.6]);
        for n in 0..10_000 {
            tokio::time::advance(Duration::from_secs(1)).await;
            history.note(Instant::now(), f64::from(n % 7) + 1.0);
        }
        let points = history.points(origin);
        assert_eq!(points.len(), KEPT);
        assert!(points.is_sorted_by_key(|p| p.at_ms));
    }
}
