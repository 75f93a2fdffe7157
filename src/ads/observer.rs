//! What a request tells while it is under way.

use std::time::Duration;

/// Listens to one list call. Called from the future that makes the call; must not block.
pub trait RequestObserver: Send + Sync {
    /// An attempt goes out.
    fn sent(&self) {}
    /// The API answered 429.
    fn throttled(&self) {}
    /// The request waits before its next attempt.
    fn waiting(&self, _wait: &RequestWait) {}
    /// The wait is over and the request goes on.
    fn resumed(&self) {}
}

/// Listens to nothing.
impl RequestObserver for () {}

/// Why a request waits, and for how long at least: after a 429 it queues again behind whoever is before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestWait {
    /// Why.
    pub reason: WaitReason,
    /// The pause.
    pub delay: Duration,
    /// Attempts that were answered or lost so far.
    pub attempt: u32,
    /// One line: `throttled, no Retry-After`.
    pub detail: String,
    /// True when the API itself named the pause.
    pub asked: bool,
}

/// The kinds of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitReason {
    /// The API answered 429.
    Throttled,
    /// A server error, a timeout or a broken connection.
    Retrying,
}
