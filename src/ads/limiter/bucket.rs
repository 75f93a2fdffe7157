//! One token bucket: governor's cell-rate algorithm over tokio's clock, with a rate that can change.
//!
//! Knows nothing of queues or of why a rate changes.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::clock::TokioClock;

/// When the bucket will be full again ("theoretical arrival time"), in nanoseconds of the bucket's clock.
///
/// governor's own store is private; this one can be read, put back and moved. All access happens under the
/// budget's lock, so plain loads and stores suffice.
#[derive(Debug, Clone, Default)]
struct FullAt(Arc<AtomicU64>);

impl FullAt {
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, nanos: u64) {
        self.0.store(nanos, Ordering::Relaxed);
    }
}

impl StateStore for FullAt {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (decision, next) = f(Some(Nanos::new(self.get())))?;
        self.set(next.as_u64());
        Ok(decision)
    }
}

/// A token bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    clock: TokioClock,
    full_at: FullAt,
    limiter: RateLimiter<NotKeyed, FullAt, TokioClock, NoOpMiddleware<Duration>>,
    burst: NonZeroU32,
    per_token: Duration,
    /// It was or will be empty then, and fills from there.
    empty_at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(rate: f64, burst: u32) -> Self {
        let clock = TokioClock::starting_at(Instant::now());
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let per_token = per_token(rate);
        let full_at = FullAt::default();
        let limiter = RateLimiter::new(quota(per_token, burst), full_at.clone(), clock);
        Self { clock, full_at, limiter, burst, per_token, empty_at: clock.instant(Duration::ZERO) }
    }

    /// Takes `weight` tokens, or says from when on they can be had. A weight above the burst can be had when the
    /// bucket is full, and leaves a debt.
    pub(super) fn try_take(&self, weight: u32) -> Result<Taken, Instant> {
        let before = Taken(self.full_at.get());
        let weight = NonZeroU32::new(weight).unwrap_or(NonZeroU32::MIN);
        match self.limiter.check_n(weight.min(self.burst)) {
            // The outer error says that the weight exceeds the burst, which the line above rules out.
            Ok(Ok(())) | Err(_) => {
                let debt = self.per_token.saturating_mul(weight.get().saturating_sub(self.burst.get()));
                self.full_at.set(self.full_at.get().saturating_add(nanos(debt)));
                Ok(before)
            }
            Ok(Err(not_until)) => Err(self.clock.instant(not_until.earliest_possible())),
        }
    }

    /// Puts back what was just taken.
    pub(super) fn put_back(&self, taken: Taken) {
        self.full_at.set(taken.0);
    }

    /// Changes rate and burst and keeps the number of tokens, as far as there is room for them. governor's quotas
    /// cannot change, and a new limiter would start full: the missing tokens are carried over.
    pub(super) fn set(&mut self, rate: f64, burst: u32) {
        let now = Instant::now();
        let filling = self.empty_at.max(now);
        let missing = self.full_at.get().saturating_sub(nanos(self.clock.reading(filling)));
        let left = f64::from(self.burst.get()) - missing as f64 / nanos(self.per_token) as f64;
        self.burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let missing = (f64::from(self.burst.get()) - left).max(0.0);
        self.per_token = per_token(rate);
        let lag = Duration::from_nanos((missing * nanos(self.per_token) as f64) as u64);
        // A rebuilt limiter counts from its own start.
        self.clock = TokioClock::starting_at(now);
        self.full_at.set(nanos((filling - now).saturating_add(lag)));
        self.limiter = RateLimiter::new(quota(self.per_token, self.burst), self.full_at.clone(), self.clock);
    }

    /// Empties the bucket as of `at`: it fills from there at its rate.
    pub(super) fn drain(&mut self, at: Instant) {
        let full = self.per_token.saturating_mul(self.burst.get());
        self.empty_at = at;
        self.full_at.set(nanos(self.clock.reading(at).saturating_add(full)));
    }

    /// Whole tokens that can be taken now.
    pub(super) fn tokens(&self) -> u32 {
        let missing = self.full_at.get().saturating_sub(nanos(self.clock.now()));
        let missing = missing.div_ceil(nanos(self.per_token).max(1));
        self.burst.get().saturating_sub(u32::try_from(missing).unwrap_or(u32::MAX))
    }

    /// When one token can be had; now or earlier when there is one.
    pub(super) fn next_token(&self) -> Instant {
        let spare = nanos(self.per_token.saturating_mul(self.burst.get() - 1));
        self.clock.instant(Duration::from_nanos(self.full_at.get().saturating_sub(spare)))
    }
}

/// What `try_take` took; only good until the bucket is touched again.
#[derive(Debug)]
pub(super) struct Taken(u64);

fn per_token(rate: f64) -> Duration {
    // The configuration refuses rates that are not positive numbers; a day is the slowest that makes sense.
    Duration::try_from_secs_f64(1.0 / rate)
        .unwrap_or(Duration::from_secs(86_400))
        .clamp(Duration::from_nanos(1), Duration::from_secs(86_400))
}

fn quota(per_token: Duration, burst: NonZeroU32) -> Quota {
    Quota::with_period(per_token).unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN)).allow_burst(burst)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_full_bucket_gives_its_burst_and_then_its_rate() {
        let bucket = Bucket::new(2.0, 3);
        for left in [2, 1, 0] {
            assert!(bucket.try_take(1).is_ok());
            assert_eq!(bucket.tokens(), left);
        }
        let at = bucket.try_take(1).unwrap_err();
        assert_eq!(at - Instant::now(), Duration::from_millis(500));
        assert_eq!(bucket.next_token(), at);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert!(bucket.try_take(1).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_rate_grants_no_fresh_burst() {
        let mut bucket = Bucket::new(2.0, 10);
        for _ in 0..10 {
            assert!(bucket.try_take(1).is_ok());
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(bucket.tokens(), 2);
        bucket.set(4.0, 10);
        assert_eq!(bucket.tokens(), 2);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(bucket.tokens(), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_drained_bucket_is_empty_until_its_instant_and_then_fills_at_its_rate() {
        let mut bucket = Bucket::new(1.0, 5);
        bucket.drain(Instant::now() + Duration::from_secs(10));
        assert_eq!(bucket.try_take(1).unwrap_err() - Instant::now(), Duration::from_secs(11));
        tokio::time::advance(Duration::from_secs(12)).await;
        assert_eq!(bucket.tokens(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_rate_does_not_fill_a_bucket_that_is_not_to_fill_yet() {
        let mut bucket = Bucket::new(8.0, 10);
        bucket.drain(Instant::now() + Duration::from_secs(2));
        bucket.set(16.0, 10);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(bucket.tokens(), 0);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(bucket.tokens(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_put_back_can_be_taken_again_and_a_weight_above_the_burst_leaves_a_debt() {
        let bucket = Bucket::new(1.0, 5);
        let taken = bucket.try_take(9).unwrap();
        assert_eq!(bucket.tokens(), 0);
        assert_eq!(bucket.try_take(1).unwrap_err() - Instant::now(), Duration::from_secs(5));
        bucket.put_back(taken);
        assert_eq!(bucket.tokens(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_smaller_burst_takes_tokens_away_and_a_larger_one_gives_none() {
        let mut bucket = Bucket::new(1.0, 10);
        assert!(bucket.try_take(1).is_ok());
        bucket.set(0.5, 5);
        assert_eq!(bucket.tokens(), 5);
        assert!(bucket.try_take(3).is_ok());
        bucket.set(1.0, 10);
        assert_eq!(bucket.tokens(), 2);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(bucket.tokens(), 5);
    }
}
