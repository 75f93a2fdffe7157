//! Advertiser profiles and who may carry them.

use serde::{Deserialize, Serialize};

use super::id::ProfileId;
use super::time::Timestamp;
use super::unit::{UnknownWord, words};
use std::fmt;
use std::str::FromStr;

words! {
    /// A region of the Amazon Ads API; each has its own host.
    Region, "region" {
        /// North America.
        Na = "NA",
        /// Europe, with the Middle East, India and South Africa.
        Eu = "EU",
        /// Far East.
        Fe = "FE",
    }
}

words! {
    /// What a login may do with a profile.
    Access, "access" {
        /// Read and write.
        Edit = "edit",
        /// Read only.
        View = "view",
    }
}

/// A profile as a login's `GET /v2/profiles` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The profile's number.
    pub id: ProfileId,
    /// Name of the login in the configuration that carries it.
    pub login: String,
    /// The region whose host answers for it.
    pub region: Region,
    /// What the login may do with it.
    pub access: Access,
    /// The account's name; the account id where the API gave none.
    pub name: String,
    /// Two-letter marketplace country, such as `DE`.
    pub country: String,
    /// Three-letter currency of its bids and budgets.
    pub currency: String,
    /// IANA time zone of its dates.
    pub timezone: String,
    /// `seller`, `vendor` or `agency`, or a value that is not known yet.
    pub account_type: String,
    /// `KDP_AUTHOR` or `AMAZON_ATTRIBUTION` where the API says so.
    pub account_sub_type: Option<String>,
    /// Seller, merchant or entity id; the same id occurs in several marketplaces.
    pub account_id: String,
    /// Amazon's id of the marketplace.
    pub marketplace_id: Option<String>,
    /// True when the simulator serves it.
    pub simulated: bool,
    /// The whole object as it came.
    pub raw: String,
}

impl Profile {
    /// Its name and country: what tells it from its namesakes, which differ in nothing else.
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.country)
    }

    /// True for a profile of a book author, who has no part in some of the API.
    pub fn is_author(&self) -> bool {
        self.account_sub_type.as_deref() == Some("KDP_AUTHOR")
    }

    /// Why this profile is never synced, in a sentence; `None` when it can be.
    pub fn not_syncable(&self) -> Option<&'static str> {
        match (self.account_type.as_str(), self.account_sub_type.as_deref()) {
            ("agency", _) => Some("agency profiles hold no sponsored ads"),
            (_, Some("AMAZON_ATTRIBUTION")) => Some("attribution profiles hold no sponsored ads"),
            _ => None,
        }
    }
}

/// A profile as the database knows it, with what its last syncs left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredProfile {
    /// The profile.
    pub profile: Profile,
    /// When the last completed sync was committed.
    pub last_synced_at: Option<Timestamp>,
    /// The age of the oldest page that the last completed sync used.
    pub data_as_of: Option<Timestamp>,
    /// Live rows over all entity tables.
    pub rows: i64,
    /// What the last completed sync wrote.
    pub last_counts: Option<super::run::ChangeCounts>,
    /// When a login's list last had it.
    #[serde(default)]
    pub listed_at: Option<Timestamp>,
    /// When its login's list no longer had it; its data is kept.
    pub gone_at: Option<Timestamp>,
    /// Units that the API refuses now, though rows of them are stored.
    #[serde(default)]
    pub access_lost: Option<AccessLost>,
    /// Why the configuration of this process keeps it from being synced. Not stored: the engine fills it in.
    #[serde(default)]
    pub barred: Option<Barred>,
}

/// What was lost with the access to a part of a profile. Its rows are frozen, and none of them is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLost {
    /// Units with frozen rows.
    pub units: u64,
    /// Their rows.
    pub rows: i64,
    /// When the first of them was lost.
    pub since: Timestamp,
}

/// Why a configuration keeps a profile from being synced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Barred {
    /// An entry of `exclude` matches it.
    Excluded {
        /// The entry.
        entry: String,
        /// Where it stands: `config.toml:12`.
        place: String,
    },
    /// There are entries of `include`, and none matches it.
    NotIncluded {
        /// Where the first one stands.
        place: String,
    },
    /// The login that carries it is not in the configuration.
    LoginRemoved {
        /// The login.
        login: String,
    },
}

impl Barred {
    /// True when `[profiles]` leaves it out.
    pub const fn is_excluded(&self) -> bool {
        matches!(self, Self::Excluded { .. } | Self::NotIncluded { .. })
    }

    /// What to change in the configuration.
    pub fn cure(&self) -> String {
        match self {
            Self::Excluded { entry, place } => format!("Take {entry:?} out of exclude, at {place}."),
            Self::NotIncluded { place } => format!("Add it to include, at {place}."),
            Self::LoginRemoved { .. } => {
                "Put the login back into the configuration, or sync other profiles (adsync config check)."
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Excluded { entry, place } => {
                write!(f, "excluded by the configuration: {entry:?} in exclude, {place}")
            }
            Self::NotIncluded { place } => {
                write!(f, "excluded by the configuration: not in include, {place}")
            }
            Self::LoginRemoved { login } => write!(f, "login {login:?} is not in the configuration"),
        }
    }
}

impl StoredProfile {
    /// Why it is not synced though it is listed, in a sentence; `None` when it is.
    pub fn not_synced(&self) -> Option<String> {
        let kind = self.profile.not_syncable().map(str::to_owned);
        kind.or_else(|| self.barred.as_ref().map(ToString::to_string))
    }
}
