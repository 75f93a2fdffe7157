//! Full-jitter exponential backoff with an injectable seed.
//!
//! Knows nothing of what is retried.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Waits between nothing and a bound that doubles with every failure up to a cap.
#[derive(Debug)]
pub(super) struct Backoff {
    base: Duration,
    cap: Duration,
    random: Mutex<fastrand::Rng>,
}

impl Backoff {
    pub(super) fn new(base: Duration, cap: Duration, seed: Option<u64>) -> Self {
        let random = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Self { base, cap, random: Mutex::new(random) }
    }

    /// The wait after failure number `failure`, counted from 1.
    pub(super) fn after(&self, failure: u32) -> Duration {
        let bound = self.bound(failure);
        let share = self.random.lock().unwrap_or_else(PoisonError::into_inner).f64();
        bound.mul_f64(share)
    }

    /// The longest that wait can be.
    pub(super) fn bound(&self, failure: u32) -> Duration {
        self.base.saturating_mul(2_u32.saturating_pow(failure.saturating_sub(1))).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_are_spread_over_their_whole_range() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), Some(7));
        assert_eq!([1, 2, 3, 7, 40, u32::MAX].map(|n| backoff.bound(n).as_secs()), [1, 2, 4, 60, 60, 60]);
        let waits: Vec<f64> = (0..200).map(|_| backoff.after(3).as_secs_f64()).collect();
        assert!(waits.iter().all(|w| (0.0..4.0).contains(w)));
        assert!(waits.iter().any(|w| *w < 0.5) && waits.iter().any(|w| *w > 3.5));
    }

    #[test]
    fn a_seed_makes_waits_repeatable() {
        let of = |seed| Backoff::new(Duration::from_secs(1), Duration::from_secs(60), Some(seed)).after(5);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }
}
