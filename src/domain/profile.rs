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
    /// When its login's list no longer had it; its data is kept.
    pub gone_at: Option<Timestamp>,
}
