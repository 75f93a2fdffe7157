//! What happened in the last five minutes, in one slot per second: bounded, however many requests there are.

use std::time::Duration;

use tokio::time::Instant;

const SLOTS: usize = 300;

/// What is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Requests that were answered, with whatever status.
    pub(super) answered: u32,
    /// 429 answers.
    pub(super) throttled: u32,
    /// Requests that were sent again, for whatever cause.
    pub(super) retries: u32,
}

/// A ring of seconds.
#[derive(Debug)]
pub(super) struct Counters {
    origin: Instant,
    second: u64,
    ring: Box<[Counts; SLOTS]>,
}

impl Counters {
    pub(super) fn new() -> Self {
        Self { origin: Instant::now(), second: 0, ring: Box::new([Counts::default(); SLOTS]) }
    }

    /// The slot of the present second.
    pub(super) fn now(&mut self) -> &mut Counts {
        let second = self.origin.elapsed().as_secs();
        let passed = second.saturating_sub(self.second).min(SLOTS as u64);
        for n in 0..passed {
            self.ring[slot(second - n)] = Counts::default();
        }
        self.second = self.second.max(second);
        &mut self.ring[slot(self.second)]
    }

    /// Sums of the last five minutes.
    pub(super) fn sums(&mut self) -> Counts {
        self.now();
        self.ring.iter().fold(Counts::default(), |sum, c| Counts {
            answered: sum.answered.saturating_add(c.answered),
            throttled: sum.throttled.saturating_add(c.throttled),
            retries: sum.retries.saturating_add(c.retries),
        })
    }
}

fn slot(second: u64) -> usize {
    (second % SLOTS as u64) as usize
}

/// Weight per quarter of a second over the last ten: what a learner calls the rate achieved.
#[derive(Debug)]
pub(super) struct Window {
    origin: Instant,
    quarter: u64,
    ring: [f64; QUARTERS],
}

const QUARTERS: usize = 40;
const QUARTER: Duration = Duration::from_millis(250);

impl Window {
    pub(super) fn new(now: Instant) -> Self {
        Self { origin: now, quarter: 0, ring: [0.0; QUARTERS] }
    }

    fn turn(&mut self, now: Instant) {
        let quarter = (now.saturating_duration_since(self.origin).as_millis() / QUARTER.as_millis()) as u64;
        for n in 0..quarter.saturating_sub(self.quarter).min(QUARTERS as u64) {
            self.ring[((quarter - n) % QUARTERS as u64) as usize] = 0.0;
        }
        self.quarter = self.quarter.max(quarter);
    }

    /// Adds to the present slot.
    pub(super) fn add(&mut self, now: Instant, weight: f64) {
        self.turn(now);
        self.ring[(self.quarter % QUARTERS as u64) as usize] += weight;
    }

    /// Weight per second since `since`, at most ten seconds back, and the seconds that were looked at.
    pub(super) fn rate_since(&mut self, now: Instant, since: Instant) -> (f64, f64) {
        self.turn(now);
        let asked = now.saturating_duration_since(since).as_millis().div_ceil(QUARTER.as_millis()) as u64;
        let slots = asked.clamp(1, QUARTERS as u64).min(self.quarter + 1);
        let sum: f64 = (0..slots).map(|n| self.ring[((self.quarter - n) % QUARTERS as u64) as usize]).sum();
        // The youngest slot is not over yet.
        let into = now.saturating_duration_since(self.origin).as_secs_f64()
            - self.quarter as f64 * QUARTER.as_secs_f64();
        let span = ((slots - 1) as f64 * QUARTER.as_secs_f64() + into).max(0.001);
        (sum / span, span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn counts_are_forgotten_after_five_minutes_and_memory_stays_bounded() {
        let mut counters = Counters::new();
        counters.now().throttled += 1;
        tokio::time::advance(Duration::from_secs(200)).await;
        counters.now().throttled += 2;
        assert_eq!(counters.sums().throttled, 3);
        tokio::time::advance(Duration::from_secs(101)).await;
        assert_eq!(counters.sums().throttled, 2);
        tokio::time::advance(Duration::from_secs(100_000)).await;
        assert_eq!(counters.sums(), Counts::default());
    }

    #[tokio::test(start_paused = true)]
    async fn the_window_measures_a_steady_rate() {
        let start = Instant::now();
        let mut window = Window::new(start);
        for _ in 0..100 {
            tokio::time::advance(Duration::from_millis(200)).await;
            window.add(Instant::now(), 1.0);
        }
        let (rate, span) = window.rate_since(Instant::now(), start);
        assert!((rate - 5.0).abs() < 0.2, "{rate}");
        assert!(span > 9.0, "{span}");
        let (rate, _) = window.rate_since(Instant::now(), Instant::now() - Duration::from_secs(4));
        assert!((rate - 5.0).abs() < 0.3, "{rate}");
    }
}
