//! The error report: what failed, why, and what the operator can do, as it is stored and shown.

use serde::{Deserialize, Serialize};

use super::code::Code;
use super::time::Timestamp;

/// Everything that is known about one failure. Never holds a secret: builders redact before they fill it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// Stable, dotted, machine-readable: `auth.invalid_grant`.
    pub code: Code,
    /// One line for a list.
    pub summary: String,
    /// The chain of causes, outermost first, without the summary.
    #[serde(default)]
    pub causes: Vec<String>,
    /// What failed beside it, in a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What to do about it; names only commands and keys that exist.
    pub hint: String,
    /// True when trying again later may succeed without anybody changing anything.
    pub retryable: bool,
    /// Before this instant trying again is of no use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<Timestamp>,
    /// True when Amazon named no time, and `again_at` is adsync's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again_is_ours: bool,
    /// The request that failed, when one did.
    #[serde(default)]
    pub request: Option<RequestReport>,
    /// When it happened.
    pub at: Timestamp,
}

/// The request behind a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestReport {
    /// `GET` or `POST`.
    pub method: String,
    /// The URL, with nothing secret in it.
    pub url: String,
    /// Status of the last answer; `None` when none came.
    pub status: Option<u16>,
    /// Amazon's request ids, from headers and body, for a support case.
    #[serde(default)]
    pub request_ids: Vec<String>,
    /// Each attempt, first to last.
    #[serde(default)]
    pub attempts: Vec<AttemptReport>,
    /// The start of the last answer's body, at most 2 KiB, redacted.
    #[serde(default)]
    pub body_excerpt: Option<String>,
}

/// One attempt of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptReport {
    /// Milliseconds since the first attempt began.
    pub after_ms: u64,
    /// Milliseconds until its outcome.
    #[serde(default)]
    pub took_ms: u64,
    /// What came of it: `429`, `timeout`, `connection reset`.
    pub outcome: String,
}

impl ErrorReport {
    /// A report of a failure behind which there is no request.
    pub fn new(code: Code, summary: impl Into<String>, hint: impl Into<String>, at: Timestamp) -> Self {
        Self {
            code,
            summary: summary.into(),
            causes: Vec::new(),
            also: Vec::new(),
            hint: hint.into(),
            retryable: code.retryable(),
            again_at: None,
            again_is_ours: false,
            request: None,
            at,
        }
    }

    /// Whether it recovers by itself, in a sentence without a period; when, is [`Self::again_at`].
    pub fn recovery(&self) -> &'static str {
        match (self.retryable, self.again_at) {
            (false, _) => "will not recover by itself",
            (true, None) => "may succeed when it is tried again",
            (true, Some(_)) if self.again_is_ours => {
                "may succeed when it is tried again; Amazon names no time, best not before"
            }
            (true, Some(_)) => "may succeed when it is tried again, once Amazon's pause is over",
        }
    }
}
