//! A bucket, what it has learned, and the pause it sits out: one for each account, one for each profile.
//!
//! Knows nothing of queues.

use std::time::Duration;

use tokio::time::Instant;

use super::Limits;
use super::bucket::{Bucket, Taken};
use super::learn::{Hint, Learner};

/// After a pause as long as this, or refused again right after one, one request goes first and the others wait for
/// its answer.
const CAREFUL: Duration = Duration::from_secs(5);

/// One lane.
#[derive(Debug)]
pub(super) struct Lane {
    bucket: Bucket,
    learner: Learner,
    paused_until: Option<Instant>,
    /// Since when nothing but single probes may go out.
    probing: Option<Instant>,
    burst: u32,
    /// Processes that divide the rate.
    among: u32,
    /// How many times our own traffic all processes send together.
    whole: f64,
}

/// Why nothing can be taken from a lane.
#[derive(Debug, Clone, Copy)]
pub(super) enum NotNow {
    /// It pauses until then.
    Paused(Instant),
    /// It has no tokens until then.
    Empty(Instant),
}

impl Lane {
    /// The lane of a profile that begins: without a burst where others have just been refused.
    pub(super) fn beginning(limits: &Limits, hint: Option<&Hint>, careful: bool) -> Self {
        let mut lane = Self::new(limits, hint);
        if careful {
            lane.drain(Instant::now());
        }
        lane
    }

    /// The lane of an account, which is charged after so many refusals of its profiles.
    pub(super) fn of_account(limits: &Limits, refusals: usize) -> Self {
        let mut lane = Self::new(limits, None);
        lane.learner = lane.learner.found_by(refusals);
        lane
    }

    /// A full bucket, at the rate that is remembered or else configured.
    pub(super) fn new(limits: &Limits, hint: Option<&Hint>) -> Self {
        let mut learner = Learner::new(limits.start, limits.floor, limits.ceiling);
        if let Some(hint) = hint {
            learner.recall(Instant::now(), hint);
        }
        let bucket = Bucket::new(learner.rate(), limits.burst);
        Self { bucket, learner, paused_until: None, probing: None, burst: limits.burst, among: 1, whole: 1.0 }
    }

    fn settle(&mut self) {
        self.bucket.set(self.learner.rate() / f64::from(self.among), (self.burst / self.among).max(1));
    }

    /// Starts from what is remembered, unless it has learned something itself.
    pub(super) fn recall(&mut self, hint: &Hint) {
        if self.learner.taught_at().is_none() {
            self.learner.recall(Instant::now(), hint);
            self.settle();
        }
    }

    /// Takes over what another process has just learned of the same limit.
    pub(super) fn adopt(&mut self, now: Instant, per_second: f64) {
        self.learner.adopt(now, per_second);
        self.settle();
    }

    /// So many processes divide the rate and the burst from now on.
    pub(super) fn divide(&mut self, among: u32) {
        let among = among.max(1);
        if among != self.among {
            self.among = among;
            self.whole = f64::from(among);
            self.settle();
        }
    }

    /// All processes together send so many times what this one does.
    pub(super) fn measure(&mut self, whole: f64) {
        self.whole = whole.max(1.0);
    }

    /// When something was last learned here; `None` while the rate is only configured or remembered.
    pub(super) fn taught_at(&self) -> Option<Instant> {
        self.learner.taught_at()
    }

    /// True when it was what held requests up just now.
    pub(super) fn holds_up(&self, now: Instant) -> bool {
        self.learner.demand(now)
    }

    /// What was learned of its limit here, and when; `None` while nothing was refused.
    pub(super) fn lesson(&self) -> Option<(f64, Instant)> {
        Some((self.learner.worth_keeping(), self.learner.refused_at()?))
    }

    /// What the lane would begin with when it is needed again; `None` while it has learned nothing.
    pub(super) fn memory(&self) -> Option<Hint> {
        let limited = self.lesson().map(|(per_second, at)| (per_second, true, at));
        let reached = || Some((self.learner.rate(), false, self.learner.taught_at()?));
        let (per_second, limited, given_at) = limited.or_else(reached)?;
        Some(Hint { per_second, limited, of_peers: false, age: Duration::ZERO, given_at })
    }

    /// Takes `weight` tokens; `None` in place of tokens when limits are off.
    pub(super) fn try_take(
        &mut self,
        now: Instant,
        weight: u32,
        enabled: bool,
    ) -> Result<Option<Taken>, NotNow> {
        if let Some(until) = self.paused_until {
            if until > now {
                return Err(NotNow::Paused(until));
            }
            self.paused_until = None;
        }
        if !enabled {
            return Ok(None);
        }
        self.bucket.try_take(weight).map(Some).map_err(|at| {
            self.learner.made_wait(now);
            NotNow::Empty(at)
        })
    }

    /// Somebody had to wait for it, though its own bucket had enough.
    pub(super) fn made_wait(&mut self, now: Instant) {
        self.learner.made_wait(now);
    }

    pub(super) fn put_back(&self, taken: Option<Taken>) {
        if let Some(taken) = taken {
            self.bucket.put_back(taken);
        }
    }

    /// The API let a request through.
    pub(super) fn succeeded(&mut self, now: Instant, sent_at: Instant, weight: u32) {
        if self.probing.is_some_and(|since| sent_at > since) {
            self.probing = None;
        }
        let before = self.learner.rate();
        self.learner.succeeded(now, sent_at, f64::from(weight), self.whole);
        if self.learner.rate() != before {
            self.settle();
        }
    }

    /// The API refused a request. True when that was news: the rate was cut and `pause` decides until when
    /// the lane pauses.
    pub(super) fn refused(
        &mut self,
        now: Instant,
        sent_at: Instant,
        carried: Option<f64>,
        pause: impl FnOnce(u32) -> Duration,
    ) -> bool {
        if !self.learner.refused(now, sent_at, carried) {
            return false;
        }
        self.settle();
        self.bucket.drain(now);
        if self.learner.failures() > 1 {
            self.probing = Some(now);
        }
        self.pause_until(now + pause(self.learner.failures()));
        true
    }

    /// Pauses at least until `until`. What the lane would have been refused before, it must not send in a
    /// burst afterwards: it resumes nearly empty.
    pub(super) fn pause_until(&mut self, until: Instant) {
        let until = self.paused_until.map_or(until, |at| at.max(until));
        let now = Instant::now();
        if until.saturating_duration_since(now) >= CAREFUL {
            self.probing = Some(now);
        }
        self.paused_until = Some(until);
        self.bucket.drain(until);
        self.learner.resumes(now, until);
    }

    /// From now on one request at a time has to find out whether anything is let through.
    pub(super) fn probe_first(&mut self, now: Instant) {
        self.probing = Some(now);
    }

    /// True while one request at a time has to find out whether anything is let through again.
    pub(super) fn probing(&self) -> bool {
        self.probing.is_some()
    }

    /// Empties the bucket: it fills from now on.
    pub(super) fn drain(&mut self, now: Instant) {
        self.bucket.drain(now);
    }

    /// The end of a pause that is not over.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|until| *until > now)
    }

    pub(super) fn rate(&self) -> f64 {
        self.learner.rate()
    }

    /// True when a refusal is this lane's own.
    pub(super) fn explains(&self, now: Instant) -> bool {
        self.learner.explains(now)
    }

    /// When the API last let a request through.
    pub(super) fn succeeded_at(&self) -> Option<Instant> {
        self.learner.succeeded_at()
    }

    pub(super) fn tokens(&self) -> u32 {
        self.bucket.tokens()
    }

    /// When a light request can go.
    pub(super) fn next_at(&self, now: Instant) -> Instant {
        self.bucket.next_token().max(self.paused_until.unwrap_or(now)).max(now)
    }
}
