//! Configuration: where it is looked for, how it is read, and what it means.
//!
//! Reads files and the environment once, at start. Knows nothing of databases, HTTP or terminals.

mod error;
mod file;
mod profiles;
mod secret;

pub use error::ConfigError;
pub use secret::{Secret, SecretSource};

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::profile::Region;
use crate::domain::selection::Selection;
use crate::domain::unit::{AdProduct, Entity};

/// The sample configuration that ships with adsync; it parses to exactly the defaults.
pub const SAMPLE: &str = include_str!("../../config.toml");

/// The database of the built-in demo.
pub const DEMO_DATABASE: &str = "sqlite:adsync-demo.db";
/// The database of real logins where the configuration names none.
pub const DEFAULT_DATABASE: &str = "sqlite:adsync.db";

/// Everything that can be configured, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The file it was read from; `None` when the defaults hold.
    pub path: Option<PathBuf>,
    /// Where the data goes: `sqlite:FILE` (absolute, or relative to the working directory) or `postgres://…`.
    pub database_url: String,
    /// What is synced and how carefully.
    pub sync: SyncConfig,
    /// Which of the profiles.
    pub profiles: Selection,
    /// The request budget.
    pub rate_limit: RateLimitConfig,
    /// Whose profiles.
    pub logins: Vec<LoginConfig>,
}

/// What is synced, and how carefully.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncConfig {
    /// Ad products to sync.
    pub ad_products: Vec<AdProduct>,
    /// Entities to sync.
    pub entities: Vec<Entity>,
    /// Ask for timestamps and serving status too; such requests weigh five.
    pub extended: bool,
    /// Runs that this process carries at once.
    pub concurrent_profiles: usize,
    /// How old a fetched unit may be when a retry, a takeover or an approval uses it.
    pub reuse_pages_for: Duration,
    /// Removals of a unit that never hold a run.
    pub max_removed_rows: u64,
    /// Removals of a unit, in percent of its live rows, that never hold a run.
    pub max_removed_percent: u64,
    /// How long an answer "not eligible" is remembered before the API is asked again.
    pub ask_again_after: Duration,
}

/// The request budget: buckets for each (client, region) and each profile.
#[derive(Debug, Clone, PartialEq)]
pub struct RateLimitConfig {
    /// False turns all limits off.
    pub enabled: bool,
    /// Requests per second before anything was learned.
    pub start_per_second: f64,
    /// Ceiling of what may be learned.
    pub max_per_second: f64,
    /// Floor of what may be learned.
    pub min_per_second: f64,
    /// Requests that may go out at once.
    pub burst: u32,
    /// The longest pause a run sits out before it is given up for now.
    pub patience: Duration,
}

impl Eq for RateLimitConfig {}

/// One Login-with-Amazon consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginConfig {
    /// Its name in the configuration, on screens and in commands.
    pub name: String,
    /// Real or simulated.
    pub kind: LoginKind,
}

/// Where a login's profiles come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginKind {
    /// The simulator inside this process.
    Simulator,
    /// The Amazon Ads API, or another host that speaks it.
    Amazon(Box<AmazonLogin>),
}

/// A real login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmazonLogin {
    /// The region whose host is asked.
    pub region: Region,
    /// Public identifier of the application.
    pub client_id: String,
    /// Where the application's secret is.
    pub client_secret: SecretSource,
    /// Where the refresh token is.
    pub refresh_token: SecretSource,
    /// Another host than the region's.
    pub api_url: Option<String>,
    /// Another token endpoint than the region's.
    pub token_url: Option<String>,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            ad_products: AdProduct::PRODUCTS.to_vec(),
            entities: Entity::ALL.to_vec(),
            extended: false,
            concurrent_profiles: 4,
            reuse_pages_for: Duration::from_secs(6 * 3600),
            max_removed_rows: 100,
            max_removed_percent: 20,
            ask_again_after: Duration::from_secs(24 * 3600),
        }
    }
}

impl Default for RateLimitConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            start_per_second: 2.0,
            max_per_second: 10.0,
            min_per_second: 0.2,
            burst: 10,
            patience: Duration::from_secs(60),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            path: None,
            database_url: DEMO_DATABASE.to_owned(),
            sync: SyncConfig::default(),
            profiles: Selection::default(),
            rate_limit: RateLimitConfig::default(),
            logins: vec![LoginConfig { name: "demo".to_owned(), kind: LoginKind::Simulator }],
        }
    }
}

/// What the command line and the environment say about configuration.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--config` or `ADSYNC_CONFIG`.
    pub config: Option<PathBuf>,
    /// `--database` or `ADSYNC_DATABASE_URL`.
    pub database: Option<String>,
}

impl Config {
    /// Finds and reads the configuration: the named file, `./config.toml`, the user's folder, else defaults.
    ///
    /// # Errors
    /// When a named file is missing, or any file that is found cannot be read or is not valid.
    pub fn load(overrides: &Overrides) -> Result<Self, ConfigError> {
        let mut config = match Self::find(overrides) {
            Some(path) => {
                let text = std::fs::read_to_string(&path)
                    .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
                Self::parse(&text, &path)?
            }
            None => Self::default(),
        };
        if let Some(url) = &overrides.database {
            config.database_url.clone_from(url);
        }
        check_database_url(&config.database_url)?;
        Ok(config)
    }

    fn find(overrides: &Overrides) -> Option<PathBuf> {
        if let Some(path) = &overrides.config {
            return Some(path.clone());
        }
        let user = etcetera::choose_base_strategy()
            .ok()
            .map(|dirs| etcetera::BaseStrategy::config_dir(&dirs).join("adsync/config.toml"));
        [Some(PathBuf::from("config.toml")), user].into_iter().flatten().find(|path| path.is_file())
    }

    /// Reads a configuration's text; `path` names it in errors and anchors its relative paths.
    ///
    /// # Errors
    /// For anything that is not valid, with file, line and what to do.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        file::parse(text, path)
    }

    /// True when every login is simulated.
    pub fn is_simulated(&self) -> bool {
        self.logins.iter().all(|login| login.kind == LoginKind::Simulator)
    }
}

/// Refuses a database URL of a scheme that adsync does not speak, without printing a password.
pub fn check_database_url(url: &str) -> Result<(), ConfigError> {
    match url.split_once(':').map(|(scheme, rest)| (scheme, rest.is_empty())) {
        Some(("sqlite" | "postgres" | "postgresql", false)) => Ok(()),
        _ => Err(ConfigError::DatabaseUrl { url: redact_url(url) }),
    }
}

/// A database URL as it may be shown: the password is replaced, and what a query holds besides plain settings.
pub fn redact_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (address, query) = rest.split_once('?').map_or((rest, None), |(a, q)| (a, Some(q)));
    // A password that was not encoded may hold anything, a slash too: the last @ ends it.
    let address = match address.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => format!("{user}@{host}"),
        },
        None => address.to_owned(),
    };
    let query = query.map(|query| {
        let pairs: Vec<String> = query
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((key, _)) if key.to_lowercase().contains("password") => format!("{key}=***"),
                _ => pair.to_owned(),
            })
            .collect();
        format!("?{}", pairs.join("&"))
    });
    format!("{scheme}://{address}{}", query.unwrap_or_default())
}

/// A URL of an API as it may be shown: without a password, and without whatever its query holds.
pub fn redact_endpoint(url: &str) -> String {
    let shown = redact_url(url);
    match shown.split_once(['?', '#']) {
        Some((address, _)) => format!("{address}?***"),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_sample_parses_to_exactly_the_defaults() {
        let sample = Config::parse(SAMPLE, Path::new("config.toml")).unwrap();
        assert_eq!(Config { path: None, ..sample }, Config::default());
    }

    #[test]
    fn passwords_in_database_urls_are_never_shown() {
        assert_eq!(redact_url("postgres://ads:s3cr3t@db:5432/ads"), "postgres://ads:***@db:5432/ads");
        assert_eq!(
            redact_url("postgres://db/ads?user=a&password=s3cr3t"),
            "postgres://db/ads?user=a&password=***"
        );
        assert_eq!(redact_url("sqlite:ads.db"), "sqlite:ads.db");
        assert_eq!(redact_url("postgres://ads:s3/cr@t@db/ads"), "postgres://ads:***@db/ads");
        assert_eq!(redact_url("postgres://db?sslPassword=s3cr3t"), "postgres://db?sslPassword=***");
        assert_eq!(redact_endpoint("https://me:s3cr3t@proxy/ads?key=s3cr3t"), "https://me:***@proxy/ads?***");
        assert_eq!(redact_endpoint("https://api.example"), "https://api.example");
    }

    #[test]
    fn only_the_two_databases_are_accepted() {
        assert!(check_database_url("sqlite:x.db").is_ok());
        assert!(check_database_url("postgresql://h/d").is_ok());
        for url in ["mysql://root:pw@h/d", "x.db", "sqlite:", ""] {
            let error = check_database_url(url).unwrap_err().to_string();
            assert!(!error.contains("pw"), "{error}");
        }
    }
}
