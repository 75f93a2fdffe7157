//! What the rate-limit budget shows of itself. Durations are milliseconds, rates are requests per second.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id::ProfileId;
use super::time::Timestamp;

/// How the rate of an account is kept by several processes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Sharing {
    /// This process counts alone.
    #[default]
    Alone,
    /// Every request is booked in the database, in one bucket for all processes.
    Booking,
    /// The processes that send divide the rate.
    Dividing {
        /// How many they are, this one included.
        among: u32,
    },
    /// The database does not answer: this process keeps its last share by itself.
    Unreachable,
}

/// A learned rate at some time. Times are milliseconds since the budget began, as [`LimitsSnapshot::instant`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RatePoint {
    /// Since when.
    pub at_ms: u64,
    /// Requests per second.
    pub per_second: f64,
}

/// What the budget knows of one profile that waits, pauses, or was refused. Times as in [`RatePoint`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileLimit {
    /// The profile; `None` for requests outside any, such as the list of profiles.
    pub profile: Option<ProfileId>,
    /// Name of the bucket of its account.
    pub account: String,
    /// What its own 429s and successes have taught, requests per second.
    pub learned_per_second: f64,
    /// Its requests in the queue.
    pub waiting: u32,
    /// Since when the first of them waits.
    pub waiting_since_ms: Option<u64>,
    /// Until when its own pause lasts, that a `Retry-After` or a back-off imposed.
    pub paused_until_ms: Option<u64>,
    /// 429 answers since it was last let through.
    pub refused_in_a_row: u32,
}

/// The limiter's own view of one (client, region) bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BucketSnapshot {
    /// Name of the login, or of the first login that shares the bucket.
    pub name: String,
    /// The logins that send from it, in the order of the configuration; what was written by older versions names none.
    #[serde(default)]
    pub logins: Vec<String>,
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
    /// How several processes keep to the rate together.
    pub sharing: Sharing,
    /// What was learned and when, oldest first; the oldest are forgotten.
    pub history: Vec<RatePoint>,
}

impl BucketSnapshot {
    /// True when the requests of a login go out from this bucket.
    pub fn is_of(&self, login: &str) -> bool {
        self.name == login || self.logins.iter().any(|name| name == login)
    }

    /// Whose it is, for people: `acme-eu`, or `acme-eu, acme-eu-2`.
    pub fn shown(&self) -> String {
        if self.logins.len() > 1 { self.logins.join(", ") } else { self.name.clone() }
    }
}

/// The whole budget at one moment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LimitsSnapshot {
    /// False when the configuration turned limits off.
    pub enabled: bool,
    /// One entry for each (client, region).
    pub buckets: Vec<BucketSnapshot>,
    /// Profiles that wait out a 429 of their own, with the milliseconds left.
    pub throttled_profiles: Vec<(ProfileId, u64)>,
    /// Profiles that wait, pause, or were refused last, in the order in which they wait.
    pub profiles: Vec<ProfileLimit>,
    /// When the budget began, by the database's clock.
    pub since: Timestamp,
}

impl LimitsSnapshot {
    /// The bucket that a login's requests go out from.
    pub fn bucket_of(&self, login: &str) -> Option<&BucketSnapshot> {
        self.buckets.iter().find(|bucket| bucket.is_of(login))
    }

    /// The instant of a time of the budget.
    pub fn instant(&self, ms: u64) -> Timestamp {
        self.since.plus(Duration::from_millis(ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_found_by_each_of_its_logins_and_by_its_name_in_what_older_versions_wrote() {
        let text = r#"{"name":"eu","configured_per_second":1.0,"learned_per_second":1.0,"burst":1,"burst_left":1,
            "in_flight":0,"waiting":0,"next_in_ms":0,"paused_ms":0,"throttled_5m":0,"retries_5m":0,"answered_5m":0,
            "sharing":{"by":"alone"},"history":[]}"#;
        let older: BucketSnapshot = serde_json::from_str(text).unwrap();
        assert!(older.is_of("eu") && !older.is_of("eu-2"));
        assert_eq!(older.shown(), "eu");
        let both = BucketSnapshot { logins: vec!["eu".to_owned(), "eu-2".to_owned()], ..older };
        let limits = LimitsSnapshot { buckets: vec![both], ..LimitsSnapshot::default() };
        assert_eq!(limits.bucket_of("eu-2").map(BucketSnapshot::shown).as_deref(), Some("eu, eu-2"));
        assert!(limits.bucket_of("fe").is_none());
    }
}
