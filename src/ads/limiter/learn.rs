//! What 429s and successes teach about a rate that nobody publishes.
//!
//! Ramp up until the limit was seen; on a refusal return to just below what was really achieved; from there
//! probe upward, slowly at first and faster the longer nothing is refused. Instants come in as arguments.

use std::time::Duration;

use tokio::time::Instant;

use super::counters::Window;

/// How much of the measured rate is kept after a refusal.
const KEEP: f64 = 0.97;
/// How much of the present rate is kept when there was no time to measure.
const KEEP_UNMEASURED: f64 = 0.85;
/// The shortest time that counts as a measurement.
const MEASURED: f64 = 2.0;
/// Successes that double the rate while the limit is not known or far away.
const DOUBLE_AFTER: f64 = 20.0;
/// Seconds that double it as well, for slow starts.
const DOUBLE_SECONDS: f64 = 6.0;
/// Weight that must be let through after a refusal before the rate grows again.
const CONFIRMED: f64 = 5.0;
/// The share of the known limit up to which the rate ramps.
const NEAR: f64 = 0.9;
/// Growth per success right after a refusal.
const PROBE: f64 = 0.000_1;
/// Successes without a refusal after which probing has become twice as fast; it grows with the square.
const PROBE_FASTER: f64 = 200.0;
/// A bucket that made nobody wait for this long has no demand, and without demand nothing can be learned.
const HUNGER: Duration = Duration::from_secs(2);

/// One bucket's learner.
#[derive(Debug)]
pub(super) struct Learner {
    floor: f64,
    ceiling: f64,
    rate: f64,
    /// The last refusal that changed the rate; `None` while nothing was refused.
    cut_at: Option<Instant>,
    /// The rate that the API let through when it last refused; `None` while that was never measured.
    limit: Option<f64>,
    /// When sending went on after it.
    resumed_at: Instant,
    /// Weight that was answered since then; a slow second counts as one request.
    since_cut: f64,
    /// Refusals in a row, each of a request sent after the one before, without a success between.
    failures: u32,
    succeeded_at: Option<Instant>,
    hungry_at: Option<Instant>,
    grown_at: Instant,
    window: Window,
}

impl Learner {
    pub(super) fn new(start: f64, floor: f64, ceiling: f64) -> Self {
        let now = Instant::now();
        Self {
            floor,
            ceiling,
            rate: start.clamp(floor, ceiling),
            cut_at: None,
            limit: None,
            resumed_at: now,
            since_cut: 0.0,
            failures: 0,
            succeeded_at: None,
            hungry_at: None,
            grown_at: now,
            window: Window::new(now),
        }
    }

    /// Requests per second, as far as is known.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// Refusals in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// When the API last let a request through.
    pub(super) fn succeeded_at(&self) -> Option<Instant> {
        self.succeeded_at
    }

    /// Somebody had to wait for this bucket.
    pub(super) fn made_wait(&mut self, now: Instant) {
        self.hungry_at = Some(now);
    }

    /// A request was let through by the API. One that was sent before the last refusal says nothing about
    /// the rate since.
    pub(super) fn succeeded(&mut self, now: Instant, sent_at: Instant, weight: f64) {
        if self.cut_at.is_some_and(|at| sent_at <= at) {
            return;
        }
        self.window.add(now, weight);
        self.failures = 0;
        self.succeeded_at = Some(now);
        let idle = now.saturating_duration_since(self.grown_at).as_secs_f64().min(DOUBLE_SECONDS);
        self.grown_at = now;
        if self.hungry_at.is_none_or(|at| now.saturating_duration_since(at) > HUNGER) {
            return;
        }
        self.since_cut += weight.max(idle);
        if self.cut_at.is_some() && self.since_cut < CONFIRMED {
            return;
        }
        let growth = if self.limit.is_none_or(|limit| self.rate < NEAR * limit) {
            (weight / DOUBLE_AFTER).max(idle / DOUBLE_SECONDS).exp2()
        } else {
            let weight = weight.max(idle);
            let pace = self.since_cut / PROBE_FASTER;
            1.0 + (PROBE * weight * (1.0 + pace * pace)).min(0.02 * weight)
        };
        self.rate = (self.rate * growth).clamp(self.floor, self.ceiling);
    }

    /// A request was refused. False when it belongs to a refusal that was already answered for: requests
    /// that were in flight together say only once that the rate is too high.
    pub(super) fn refused(&mut self, now: Instant, sent_at: Instant) -> bool {
        if self.cut_at.is_some_and(|at| sent_at <= at) {
            return false;
        }
        self.failures = self.failures.saturating_add(1);
        let (achieved, span) = self.window.rate_since(now, self.resumed_at);
        let demanded = self.hungry_at.is_some_and(|at| now.saturating_duration_since(at) <= HUNGER);
        let measured = demanded && span >= MEASURED && achieved >= 0.5 * self.rate;
        let rate = if self.failures > 1 {
            // Nothing at all went through since the last one: that says nothing about where the limit is.
            self.rate * 0.5
        } else if measured {
            self.limit = Some(self.rate.min(achieved));
            self.rate.min(achieved) * KEEP
        } else {
            self.limit = self.limit.map(|limit| limit.min(self.rate));
            self.rate * KEEP_UNMEASURED
        };
        self.rate = rate.clamp(self.floor, self.ceiling);
        self.cut_at = Some(now);
        self.since_cut = 0.0;
        true
    }

    /// Sending goes on at `at`.
    pub(super) fn resumes(&mut self, at: Instant) {
        self.resumed_at = at;
        self.grown_at = at;
    }
}
