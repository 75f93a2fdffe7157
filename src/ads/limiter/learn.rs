//! What 429s and successes teach about a rate that nobody publishes.
//!
//! Ramp up until the limit was seen; on a refusal return to just below what was really achieved; from there
//! probe upward, slowly at first and faster the longer nothing is refused. Instants come in as arguments.
//!
//! **What a refusal tells.** The API's limit is taken for a bucket that is empty when it refuses. What it let through
//! since, per second of sending, is more than its rate, for the bucket filled during the pause; per second altogether,
//! pauses included, it is the rate itself, or less when the bucket ran over. The limit lies between the two ([`Flow`]),
//! and their geometric mean halves what is uncertain with every refusal, however short the sending between pauses is.
//! Neither alone will do: the first stays far too high where sending never lasts, the second gives away what a small
//! bucket loses in each pause.
//!
//! **The way back.** A mean may be too low, and without a refusal nothing says so. By as much as the bracket was
//! wide, or the rate above what was measured, the rate grows again within half a minute; a limit that was measured
//! well is only probed. A probe costs a pause, so its steps are the slower the longer pauses are, and it costs a
//! refusal, so they count requests where requests are few; an account costs several, for it is charged only after
//! several refusals, and is probed the slower once its limit was found twice. The cube makes up for it when a limit has
//! risen.
//!
//! **Whose refusal it is.** A profile whose own bucket held its requests up has found its own limit, unless it is as
//! slow as it may be ([`Learner::explains`]); only others speak against the account.

use std::time::Duration;

use tokio::time::Instant;

use super::flow::Flow;

/// How much of the measured rate is kept after a refusal.
const KEEP: f64 = 0.97;
/// How much of the present rate is kept when there was no time to measure.
const KEEP_UNMEASURED: f64 = 0.85;
/// The shortest time that counts as a measurement, pauses included.
const MEASURED: f64 = 2.0;
/// The most that is taken back at once.
const LEAST: f64 = 0.5;
/// Seconds in which the rate grows by as much as the limit is uncertain.
const SETTLES: f64 = 30.0;
/// Requests that this takes at least.
const SETTLING: f64 = 150.0;
/// What is measured to within this share is known.
const SURE: f64 = 0.04;
/// Steps of a probe per second and second of pause, at most: a refusal must not cost more than a probe can win.
const PACE: f64 = 3.0;
/// Successes that double the rate while the limit is not known or far away.
const DOUBLE_AFTER: f64 = 20.0;
/// Seconds that double it as well, for slow starts.
const DOUBLE_SECONDS: f64 = 6.0;
/// Weight that must be let through after a refusal before the rate grows again.
const CONFIRMED: f64 = 5.0;
/// A refusal before so much was let through since the last one comes too soon to be the bucket's own.
const HASTY: f64 = 20.0;
/// The share of the known limit up to which the rate ramps.
const NEAR: f64 = 0.9;
/// Growth per success right after a refusal.
const PROBE: f64 = 0.000_1;
/// Successes without a refusal after which probing has become twice as fast; it grows with the cube.
const PROBE_FASTER: f64 = 200.0;
/// Limits that differ by no more than this share are the same one.
const ALIKE: f64 = 0.2;
/// A bucket that made nobody wait for this long has no demand, and without demand nothing can be learned.
const HUNGER: Duration = Duration::from_secs(2);

/// Half of what was learned counts for nothing after this long.
const HALF_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Successes that a probe is ahead of a fresh one when it starts from a rate of long ago.
const DOUBTED: f64 = 5.0 * PROBE_FASTER;
/// The same of any that is remembered: who remembers has not been refused yet, and one refusal puts it right.
const UNTRIED: f64 = 3.0 * PROBE_FASTER;
/// The same of what others have just been refused at: it is as likely to be too fast.
const AMONG_PEERS: f64 = 1.5 * PROBE_FASTER;
/// The same when it starts from a rate far below the configured start.
const DISTRUSTED: f64 = 14.0 * PROBE_FASTER;

/// What was learned long ago, or by another process: a hint, and no truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hint {
    /// Requests per second.
    pub(super) per_second: f64,
    /// False when nothing was refused at it: then it is as far as one came, and no limit.
    pub(super) limited: bool,
    /// True when it is not its own, but what others of the account have just learned.
    pub(super) of_peers: bool,
    /// How old it was when it was given.
    pub(super) age: Duration,
    /// When it was given.
    pub(super) given_at: Instant,
}

impl Hint {
    pub(super) fn age(&self, now: Instant) -> Duration {
        self.age.saturating_add(now.saturating_duration_since(self.given_at))
    }

    /// The share of it that is still believed.
    fn weight(&self, now: Instant) -> f64 {
        0.5_f64.powf(self.age(now).as_secs_f64() / HALF_LIFE.as_secs_f64())
    }
}

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
    flow: Flow,
    /// By how much the limit is uncertain, as a logarithm.
    unsure: f64,
    /// Seconds that a pause takes, lately.
    pause: f64,
    /// When an answer last said something about the rate.
    taught_at: Option<Instant>,
    /// When a refusal last did.
    refused_at: Option<Instant>,
    /// Refusals that it takes to find the limit.
    costs: f64,
    /// True when the limit was found about where it was before.
    confirmed: bool,
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
            flow: Flow::new(now),
            unsure: 0.0,
            pause: 0.5,
            taught_at: None,
            refused_at: None,
            costs: 1.0,
            confirmed: false,
        }
    }

    /// Finds its limit only by several refusals, and probes the slower.
    pub(super) fn found_by(self, refusals: usize) -> Self {
        Self { costs: refusals as f64, ..self }
    }

    /// Starts from what is remembered: the older it is, the nearer to the configured start, and the faster it is
    /// probed whether more is allowed by now.
    pub(super) fn recall(&mut self, now: Instant, hint: &Hint) {
        if !(hint.per_second.is_finite() && hint.per_second > 0.0) {
            return;
        }
        let weight = hint.weight(now);
        let start = self.rate;
        self.rate = (start * (hint.per_second / start).powf(weight)).clamp(self.floor, self.ceiling);
        self.limit = hint.limited.then_some(self.rate);
        let untried = if hint.of_peers { AMONG_PEERS } else { UNTRIED };
        // A bad hour must not slow every later start: the lower it was, the sooner it is doubted.
        let low = (1.0 - self.rate / start).max(0.0);
        self.since_cut = untried + DOUBTED * (1.0 - weight) + DISTRUSTED * low;
    }

    /// Takes over what another process on the same account has just learned.
    pub(super) fn adopt(&mut self, now: Instant, per_second: f64) {
        if !(per_second.is_finite() && per_second > 0.0) {
            return;
        }
        let rate = per_second.clamp(self.floor, self.ceiling);
        if rate < self.rate && rate > self.rate * KEEP {
            // Two that probe the same limit are never quite of one mind: that is no refusal.
            return;
        }
        if rate < self.rate {
            // Somebody was refused: what is in flight here would only say the same once more.
            self.cut_at = Some(now);
            self.since_cut = 0.0;
            self.limit = Some(rate);
        } else {
            self.limit = self.limit.map(|limit| limit.max(rate));
        }
        self.rate = rate;
    }

    /// When an answer last said something about the rate; `None` while it is only configured or remembered.
    pub(super) fn taught_at(&self) -> Option<Instant> {
        self.taught_at
    }

    /// When a refusal last said something about the rate; `None` while nobody was refused here. Without one the rate
    /// is as far as the demand brought it, which no later start may take for a limit.
    pub(super) fn refused_at(&self) -> Option<Instant> {
        self.refused_at
    }

    /// What a later start may begin with: what is known of the limit, even where a bad minute has just cut far below it.
    pub(super) fn worth_keeping(&self) -> f64 {
        self.limit.map_or(self.rate, |limit| self.rate.max(limit * KEEP)).clamp(self.floor, self.ceiling)
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
    /// the rate since. `whole` is how many times our own traffic all processes send together.
    pub(super) fn succeeded(&mut self, now: Instant, sent_at: Instant, weight: f64, whole: f64) {
        let demand = self.demand(now);
        self.flow.pass(now, self.resumed_at, demand, self.rate);
        if demand {
            self.flow.add(weight * whole);
        }
        if self.cut_at.is_some_and(|at| sent_at <= at) {
            return;
        }
        self.failures = 0;
        self.succeeded_at = Some(now);
        let idle = now.saturating_duration_since(self.grown_at).as_secs_f64().min(DOUBLE_SECONDS);
        self.grown_at = now;
        if !demand {
            return;
        }
        self.taught_at = Some(now);
        let step = weight.max(idle).min(idle * (PACE / self.pause).max(1.0));
        self.since_cut += step;
        if self.cut_at.is_some() && self.since_cut < CONFIRMED {
            return;
        }
        let growth = if self.limit.is_none_or(|limit| self.rate < NEAR * limit) {
            (weight / DOUBLE_AFTER).max(idle / DOUBLE_SECONDS).exp2()
        } else {
            // What others send meanwhile is not counted here, though it may be refused as well.
            let costs = if self.confirmed { self.costs } else { 1.0 };
            let pace = self.since_cut / (PROBE_FASTER * costs * whole);
            1.0 + (PROBE * step * (1.0 + pace.powi(3))).min(0.02 * step)
                + self.unsure * idle / SETTLES.max(SETTLING / self.rate)
        };
        self.rate = (self.rate * growth).clamp(self.floor, self.ceiling);
    }

    /// True when a refusal is this bucket's own: it was what held its requests up, and it can be slower yet.
    pub(super) fn explains(&self, now: Instant) -> bool {
        let hasty = self.cut_at.is_some() && self.since_cut < HASTY;
        self.demand(now) && self.rate > self.floor && !hasty
    }

    /// True when somebody had to wait for this bucket just now.
    pub(super) fn demand(&self, now: Instant) -> bool {
        // One worker on a slow bucket starts to wait long before its answer comes.
        let hunger = HUNGER.max(Duration::from_secs_f64(2.0 / self.rate));
        self.hungry_at.is_some_and(|at| now.saturating_duration_since(at) <= hunger)
    }

    /// A request was refused. False when it belongs to a refusal that was already answered for: requests
    /// that were in flight together say only once that the rate is too high.
    pub(super) fn refused(&mut self, now: Instant, sent_at: Instant, carried: Option<f64>) -> bool {
        if self.cut_at.is_some_and(|at| sent_at <= at) {
            return false;
        }
        self.failures = self.failures.saturating_add(1);
        self.taught_at = Some(now);
        self.refused_at = Some(now);
        let demand = self.demand(now);
        self.flow.pass(now, self.resumed_at, demand, self.rate);
        let seen = self.flow.bracket();
        self.since_cut = 0.0;
        let known = self.limit;
        let rate = if self.failures > 1 {
            // Nothing at all went through since the last one: that says nothing about where the limit is.
            self.rate * 0.5
        } else if demand && seen.seconds >= MEASURED && seen.low > 0.0 {
            let (low, high) = (seen.low.min(self.rate), seen.high.min(self.rate));
            let limit = (low * high).sqrt().max(LEAST * self.rate);
            self.unsure = ((high / low).max((self.rate / low).sqrt()).ln() - SURE).clamp(0.0, 1.0);
            self.limit = Some(limit);
            limit * KEEP
        } else {
            // What went through is no less than the limit, however fast it could have gone.
            let carried = carried.filter(|carried| *carried > 0.0 && *carried < self.rate);
            let limit = self.limit.map(|limit| limit.min(self.rate));
            self.limit = carried.or(limit);
            carried.map_or(self.rate * KEEP_UNMEASURED, |carried| carried * KEEP)
        };
        let again = |(known, limit): (f64, f64)| (1.0 - limit / known).abs() <= ALIKE;
        self.confirmed = known.zip(self.limit).is_some_and(again);
        self.rate = rate.clamp(self.floor, self.ceiling);
        self.cut_at = Some(now);
        true
    }

    /// Sending goes on at `at`.
    pub(super) fn resumes(&mut self, now: Instant, at: Instant) {
        self.flow.pass(now, self.resumed_at, self.demand(now), self.rate);
        self.resumed_at = at;
        self.pause = (self.pause + at.saturating_duration_since(now).as_secs_f64()) / 2.0;
        self.grown_at = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(per_second: f64, hours: u64) -> Hint {
        Hint {
            per_second,
            limited: true,
            of_peers: false,
            age: Duration::from_secs(hours * 3600),
            given_at: Instant::now(),
        }
    }

    fn recalled(hint: &Hint) -> f64 {
        let mut learner = Learner::new(2.0, 0.2, 10.0);
        learner.recall(Instant::now(), hint);
        assert_eq!(learner.taught_at(), None, "a memory is no experience");
        learner.rate()
    }

    #[tokio::test(start_paused = true)]
    async fn a_remembered_rate_counts_for_less_the_older_it_is() {
        assert_eq!(recalled(&hint(8.0, 0)), 8.0);
        assert!((recalled(&hint(8.0, 24)) - 4.0).abs() < 1e-9);
        assert!((recalled(&hint(0.5, 24)) - 1.0).abs() < 1e-9);
        assert!((recalled(&hint(8.0, 24 * 30)) - 2.0).abs() < 1e-6);
        // It ages while it waits for its lane, too.
        let old = hint(8.0, 0);
        tokio::time::advance(HALF_LIFE).await;
        assert!((recalled(&old) - 4.0).abs() < 1e-9);
        // What the configuration no longer allows is not remembered either, and nonsense is nothing.
        assert_eq!(recalled(&hint(50.0, 0)), 10.0);
        assert_eq!(recalled(&hint(0.01, 0)), 0.2);
        assert_eq!(recalled(&hint(f64::NAN, 0)), 2.0);
        assert_eq!(recalled(&hint(-1.0, 0)), 2.0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cut_of_another_process_is_taken_over_once_and_growth_as_well() {
        let mut learner = Learner::new(8.0, 0.2, 10.0);
        let sent_at = Instant::now();
        tokio::time::advance(Duration::from_millis(100)).await;
        learner.adopt(Instant::now(), 4.0);
        assert_eq!(learner.rate(), 4.0);
        tokio::time::advance(Duration::from_millis(50)).await;
        assert!(
            !learner.refused(Instant::now(), sent_at, None),
            "it was in flight when the other was refused"
        );
        assert_eq!(learner.rate(), 4.0);
        learner.adopt(Instant::now(), 5.0);
        assert_eq!(learner.rate(), 5.0);
        learner.adopt(Instant::now(), f64::INFINITY);
        assert_eq!(learner.rate(), 5.0);
    }
}
