//! The limiter: a token bucket for each profile. Knows nothing of what is asked for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::options::SimulatorOptions;

/// Requests for extended data weigh this much.
pub(crate) const EXTENDED_WEIGHT: f64 = 5.0;

/// One bucket for each profile.
#[derive(Debug)]
pub(crate) struct Throttle {
    enabled: bool,
    rate: f64,
    burst: f64,
    buckets: Mutex<HashMap<u64, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Throttle {
    pub(crate) fn new(options: &SimulatorOptions) -> Self {
        Self {
            enabled: options.throttle,
            rate: options.rate_per_second.max(0.001),
            // A bucket that cannot hold the heaviest request would refuse it for ever.
            burst: f64::from(options.burst).max(EXTENDED_WEIGHT),
            buckets: Mutex::default(),
        }
    }

    /// Takes from a profile's bucket, or says how long it takes until there is enough.
    pub(crate) fn take(&self, profile: u64, weight: f64, now: Instant) -> Result<(), Duration> {
        if !self.enabled {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(profile).or_insert(Bucket { tokens: self.burst, at: now });
        let passed = now.duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * self.rate).min(self.burst);
        bucket.at = now;
        if bucket.tokens >= weight {
            bucket.tokens -= weight;
            return Ok(());
        }
        Err(Duration::from_secs_f64((weight - bucket.tokens) / self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_bucket_refills_at_its_rate_and_others_are_untouched() {
        let options = SimulatorOptions { rate_per_second: 2.0, burst: 6, ..SimulatorOptions::default() };
        let throttle = Throttle::new(&options);
        let now = Instant::now();
        assert!((0..6).all(|_| throttle.take(1, 1.0, now).is_ok()));
        assert_eq!(throttle.take(1, 1.0, now), Err(Duration::from_millis(500)));
        assert!(throttle.take(2, EXTENDED_WEIGHT, now).is_ok());
        assert!(throttle.take(1, 1.0, now + Duration::from_millis(500)).is_ok());
        assert!(throttle.take(1, 1.0, now + Duration::from_millis(500)).is_err());
    }
}
