//! What the rate-limit budget shows of itself. Durations are milliseconds, rates are requests per second.

use serde::{Deserialize, Serialize};

/// The limiter's own view of one (client, region) bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BucketSnapshot {
    /// Name of the login, or of the first login that shares the bucket.
    pub name: String,
    /// Configured ceiling, requests per second.
    pub configured_per_second: f64,
    /// What 429s and successes have taught so far, requests per second.
    pub learned_per_second: f64,
    /// Requests that may go out at once when the bucket is full.
    pub burst: u32,
    /// How many of them may go out right now.
    pub burst_left: u32,
    /// Requests that were sent and not yet answered.
    pub in_flight: u32,
    /// Requests in the queue in front of the bucket.
    pub waiting: u32,
    /// Milliseconds until the next request may go out; zero when it may now.
    pub next_in_ms: u64,
    /// Milliseconds of pause left that a `Retry-After` or a back-off imposed; zero when none.
    pub paused_ms: u64,
    /// 429 answers in the last five minutes.
    pub throttled_5m: u32,
    /// Retries of any cause in the last five minutes.
    pub retries_5m: u32,
    /// Requests answered in the last five minutes.
    pub answered_5m: u32,
}

/// The whole budget at one moment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LimitsSnapshot {
    /// False when the configuration turned limits off.
    pub enabled: bool,
    /// One entry for each (client, region).
    pub buckets: Vec<BucketSnapshot>,
    /// Profiles that wait out a 429 of their own, with the milliseconds left.
    pub throttled_profiles: Vec<(super::id::ProfileId, u64)>,
}
