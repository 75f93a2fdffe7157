//! What is kept of a request for its error report: attempts, last status, request ids, an excerpt.
//!
//! Everything that comes in was redacted before.

use std::time::Duration;

use tokio::time::Instant;

use super::token::TokenError;
use crate::domain::report::{AttemptReport, RequestReport};

/// The most request ids that are kept; the last ones count.
const IDS: usize = 24;

/// One request's trace.
#[derive(Debug)]
pub(super) struct Trace {
    report: RequestReport,
    /// When the first attempt began; the wait in the queue before it does not count.
    first: Option<Instant>,
}

impl Trace {
    pub(super) fn new(method: &str, url: String) -> Self {
        let report = RequestReport {
            method: method.to_owned(),
            url,
            status: None,
            request_ids: Vec::new(),
            attempts: Vec::new(),
            body_excerpt: None,
        };
        Self { report, first: None }
    }

    /// The present, for `record`.
    pub(super) fn now(&self) -> Instant {
        Instant::now()
    }

    /// The last answer, or that none came.
    pub(super) fn answered(&mut self, status: Option<u16>, ids: Vec<String>, excerpt: Option<String>) {
        self.report.status = status;
        self.report.body_excerpt = excerpt;
        for id in ids {
            if !self.report.request_ids.contains(&id) {
                self.report.request_ids.push(id);
            }
        }
        let surplus = self.report.request_ids.len().saturating_sub(IDS);
        self.report.request_ids.drain(..surplus);
    }

    /// An attempt that began then and came to that.
    pub(super) fn record(&mut self, began: Instant, outcome: &str) {
        let first = *self.first.get_or_insert(began);
        let after_ms = began.saturating_duration_since(first).as_millis();
        self.report.attempts.push(AttemptReport {
            after_ms: u64::try_from(after_ms).unwrap_or(u64::MAX),
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            outcome: outcome.to_owned(),
        });
    }

    /// Attempts so far.
    pub(super) fn attempts(&self) -> u32 {
        u32::try_from(self.report.attempts.len()).unwrap_or(u32::MAX)
    }

    /// Time since the first attempt began.
    pub(super) fn elapsed(&self) -> Duration {
        self.first.map_or(Duration::ZERO, |first| first.elapsed())
    }

    /// The last attempt's outcome, or `otherwise` when there was none.
    pub(super) fn last_detail(&self, otherwise: &str) -> String {
        self.report.attempts.last().map_or_else(|| otherwise.to_owned(), |a| a.outcome.clone())
    }

    /// A copy for an error.
    pub(super) fn boxed(&self) -> Box<RequestReport> {
        Box::new(self.report.clone())
    }

    /// The token request in place of the API request, with the attempts of both.
    pub(super) fn of_token(&self, url: String, error: &TokenError) -> RequestReport {
        RequestReport {
            method: "POST".to_owned(),
            url,
            status: error.status,
            request_ids: error.request_ids.clone(),
            attempts: self.report.attempts.clone(),
            body_excerpt: error.excerpt.clone(),
        }
    }
}
