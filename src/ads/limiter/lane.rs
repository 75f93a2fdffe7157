//! A bucket, what it has learned, and the pause it sits out: one for each account, one for each profile.
//!
//! Knows nothing of queues.

use std::time::Duration;

use tokio::time::Instant;

use super::Limits;
use super::bucket::{Bucket, Taken};
use super::learn::Learner;

/// One lane.
#[derive(Debug)]
pub(super) struct Lane {
    bucket: Bucket,
    learner: Learner,
    paused_until: Option<Instant>,
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
    pub(super) fn new(limits: &Limits) -> Self {
        let learner = Learner::new(limits.start, limits.floor, limits.ceiling);
        Self { bucket: Bucket::new(learner.rate(), limits.burst), learner, paused_until: None }
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

    pub(super) fn put_back(&self, taken: Option<Taken>) {
        if let Some(taken) = taken {
            self.bucket.put_back(taken);
        }
    }

    /// The API let a request through.
    pub(super) fn succeeded(&mut self, now: Instant, sent_at: Instant, weight: u32) {
        let before = self.learner.rate();
        self.learner.succeeded(now, sent_at, f64::from(weight));
        if self.learner.rate() != before {
            self.bucket.set_rate(self.learner.rate());
        }
    }

    /// The API refused a request. True when that was news: the rate was cut and `pause` decides until when
    /// the lane pauses.
    pub(super) fn refused(
        &mut self,
        now: Instant,
        sent_at: Instant,
        pause: impl FnOnce(u32) -> Duration,
    ) -> bool {
        if !self.learner.refused(now, sent_at) {
            return false;
        }
        self.bucket.set_rate(self.learner.rate());
        self.bucket.drain(now);
        self.pause_until(now + pause(self.learner.failures()));
        true
    }

    /// Pauses at least until `until`. What the lane would have been refused before, it must not send in a
    /// burst afterwards: it resumes nearly empty.
    pub(super) fn pause_until(&mut self, until: Instant) {
        let until = self.paused_until.map_or(until, |at| at.max(until));
        self.paused_until = Some(until);
        self.bucket.drain(until);
        self.learner.resumes(until);
    }

    /// The end of a pause that is not over.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|until| *until > now)
    }

    pub(super) fn rate(&self) -> f64 {
        self.learner.rate()
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
