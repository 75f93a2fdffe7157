//! What the API let through lately, per second of sending and per second altogether.
//!
//! Sums that fade, so that they need no memory and have no edge. Knows nothing of limits.

use tokio::time::Instant;

/// Seconds after which a third of what was counted is left.
const FADES: f64 = 10.0;
/// The same for what is counted of sending alone: it has to follow a rate that is doubled.
const FADES_FAST: f64 = 2.0;
/// Requests that the slow sum holds at least: slow flows fade more slowly.
const FEWEST: f64 = 8.0;
/// Seconds of one pause that count: after longer ones any bucket is full, and how much longer says nothing.
const PAUSE_COUNTS: f64 = 2.0;

/// The flow of one lane.
#[derive(Debug)]
pub(super) struct Flow {
    at: Instant,
    whole: Sum,
    sending: Sum,
}

#[derive(Debug, Default)]
struct Sum {
    weight: f64,
    seconds: f64,
}

impl Sum {
    fn pass(&mut self, seconds: f64, fade: f64) {
        self.weight *= fade;
        self.seconds = self.seconds * fade + seconds;
    }

    /// Whoever is refused finds between nothing and one request in the API's bucket.
    fn rate(&self) -> f64 {
        (self.weight + 0.5) / self.seconds.max(0.001)
    }
}

/// Between these lies the rate that the API allows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bracket {
    /// Weight per second, pauses included.
    pub(super) low: f64,
    /// Weight per second of sending, just now.
    pub(super) high: f64,
    /// Seconds that were looked at.
    pub(super) seconds: f64,
}

impl Flow {
    pub(super) fn new(now: Instant) -> Self {
        Self { at: now, whole: Sum::default(), sending: Sum::default() }
    }

    /// Counts the time since the last call, of which everything before `resumed_at` was a pause. Time without
    /// demand is left out altogether. `rate` is what is sent per second.
    pub(super) fn pass(&mut self, now: Instant, resumed_at: Instant, demand: bool, rate: f64) {
        let passed = now.saturating_duration_since(self.at);
        if demand {
            let pause = resumed_at.saturating_duration_since(self.at).min(passed);
            let (sending, pause) = ((passed - pause).as_secs_f64(), pause.as_secs_f64().min(PAUSE_COUNTS));
            self.whole.pass(sending + pause, (-(sending + pause) / FADES.max(FEWEST / rate)).exp());
            self.sending.pass(sending, (-sending / FADES_FAST).exp());
        }
        self.at = self.at.max(now);
    }

    /// A weight that was let through.
    pub(super) fn add(&mut self, weight: f64) {
        self.whole.weight += weight;
        self.sending.weight += weight;
    }

    pub(super) fn bracket(&self) -> Bracket {
        let (low, high) = (self.whole.rate(), self.sending.rate());
        Bracket { low, high: high.max(low), seconds: self.whole.seconds }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_lie_between_what_is_sent_and_what_goes_through_altogether() {
        let start = Instant::now();
        let mut flow = Flow::new(start);
        let mut resumed_at = start;
        // A second of ten requests, a second of pause, by turns.
        for n in 1..=300 {
            tokio::time::advance(Duration::from_millis(100)).await;
            flow.pass(Instant::now(), resumed_at, true, 10.0);
            flow.add(1.0);
            if n % 10 == 0 && n < 300 {
                resumed_at = Instant::now() + Duration::from_secs(1);
                tokio::time::advance(Duration::from_secs(1)).await;
            }
        }
        let seen = flow.bracket();
        assert!((seen.low - 5.0).abs() < 0.4 && (seen.high - 10.0).abs() < 0.6, "{seen:?}");
        // An hour without demand changes nothing, and a long pause counts for little.
        tokio::time::advance(Duration::from_secs(3600)).await;
        flow.pass(Instant::now(), resumed_at, false, 10.0);
        assert_eq!(flow.bracket().low, seen.low);
        resumed_at = Instant::now() + Duration::from_secs(600);
        tokio::time::advance(Duration::from_secs(600)).await;
        flow.pass(Instant::now(), resumed_at, true, 10.0);
        let later = flow.bracket();
        assert!(later.low > 0.6 * seen.low && later.high == seen.high, "{later:?}");
    }
}
