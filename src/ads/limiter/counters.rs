//! What happened in the last five minutes, in one slot per second: bounded, however many requests there are.

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

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
}
