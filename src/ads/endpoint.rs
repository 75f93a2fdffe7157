//! Where a login's requests go, and how long they may take.
//!
//! Knows hosts and credentials; sends nothing.

use std::time::Duration;

use crate::config::Secret;
use crate::domain::profile::Region;

/// One login, resolved: its secrets are fetched, its hosts decided.
#[derive(Debug, Clone)]
pub struct LoginEndpoint {
    /// Its name in the configuration.
    pub name: String,
    /// Its region.
    pub region: Region,
    /// Public identifier of the application.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: Secret,
    /// The consent.
    pub refresh_token: Secret,
    /// Scheme and host of the API, without a trailing path.
    pub api_url: String,
    /// The token endpoint.
    pub token_url: String,
    /// True when the simulator answers.
    pub simulated: bool,
}

impl LoginEndpoint {
    /// API host and token endpoint of a region, as Amazon documents them.
    pub const fn region_hosts(region: Region) -> (&'static str, &'static str) {
        match region {
            Region::Na => ("https://advertising-api.amazon.com", "https://api.amazon.com/auth/o2/token"),
            Region::Eu => ("https://advertising-api-eu.amazon.com", "https://api.amazon.co.uk/auth/o2/token"),
            Region::Fe => ("https://advertising-api-fe.amazon.com", "https://api.amazon.co.jp/auth/o2/token"),
        }
    }
}

/// How long a request may take and how often it is tried.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// One attempt, from connecting to the last byte. Amazon promises 30 s for 99 of 100 requests.
    pub timeout: Duration,
    /// Attempts of one request, token attempts included.
    pub max_attempts: u32,
    /// From the first attempt to the last.
    pub max_elapsed: Duration,
    /// The bound of the first wait of our own; it doubles with every failure.
    pub backoff_base: Duration,
    /// The longest wait of our own.
    pub backoff_cap: Duration,
    /// Makes our own waits repeatable; `None` draws a seed.
    pub seed: Option<u64>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            max_attempts: 8,
            max_elapsed: Duration::from_secs(600),
            backoff_base: Duration::from_secs(1),
            backoff_cap: Duration::from_secs(60),
            seed: None,
        }
    }
}
