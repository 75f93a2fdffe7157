//! What a simulator can be asked to be. Values only; knows nothing of HTTP or of the data.

use std::time::Duration;

use crate::simulator::faults::Scenario;

/// The region whose marketplaces the simulated profiles belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Region {
    /// North America: US, CA, MX, BR.
    Na,
    /// Europe and neighbours: DE, UK, FR, IT, ES, NL, PL, SE, BE, TR, AE, IN.
    #[default]
    Eu,
    /// Far East: JP, AU, SG.
    Fe,
}

/// How a simulator behaves. The same options give the same data, whatever is asked first.
#[derive(Debug, Clone)]
pub struct SimulatorOptions {
    /// Number of profiles.
    pub profiles: u32,
    /// Sponsored Products campaigns of a typical profile. With one profile, exactly these sizes
    /// hold; with more, profiles vary around them, two are much larger and one is empty.
    pub campaigns: u32,
    /// Ad groups per campaign.
    pub ad_groups: u32,
    /// Keywords per ad group.
    pub keywords: u32,
    /// All data follow from it.
    pub seed: u64,
    /// Added to every answer of the advertising API, give or take a quarter.
    pub latency: Duration,
    /// Share of rows (0 to 1) that changes with each generation of a profile. With 0 nothing
    /// changes by itself, and an explicit churn uses [`SimulatorOptions::EXPLICIT_CHURN`].
    pub churn: f64,
    /// How long a profile must have been left alone before its next request sees the next
    /// generation.
    pub churn_after: Duration,
    /// Whose marketplaces.
    pub region: Region,
    /// Whether the token bucket below exists at all.
    pub throttle: bool,
    /// Refill of each profile's token bucket; an empty one answers 429.
    pub rate_per_second: f64,
    /// Size of each profile's token bucket.
    pub burst: u32,
    /// Life of an access token.
    pub token_ttl: Duration,
    /// Whether answers are compressed for clients that accept gzip.
    pub gzip: bool,
    /// Scripted faults.
    pub scenario: Option<Scenario>,
    /// The instant of generation 0, in milliseconds since 1970. Every date in the data is
    /// reckoned from it and never from the machine's clock.
    pub epoch_ms: i64,
}

impl SimulatorOptions {
    /// The share of rows an explicit churn changes when `churn` is 0.
    pub const EXPLICIT_CHURN: f64 = 0.05;

    /// The share of rows that one generation changes.
    pub(crate) fn share(&self) -> f64 {
        if self.churn > 0.0 { self.churn.min(1.0) } else { Self::EXPLICIT_CHURN }
    }
}

impl Default for SimulatorOptions {
    fn default() -> Self {
        Self {
            profiles: 24,
            campaigns: 40,
            ad_groups: 2,
            keywords: 8,
            seed: 7,
            latency: Duration::from_millis(40),
            churn: 0.0,
            churn_after: Duration::from_secs(30),
            region: Region::default(),
            throttle: true,
            rate_per_second: 5.0,
            burst: 10,
            token_ttl: Duration::from_secs(3600),
            gzip: false,
            scenario: None,
            // 2026-06-01T00:00:00Z
            epoch_ms: 1_780_272_000_000,
        }
    }
}
