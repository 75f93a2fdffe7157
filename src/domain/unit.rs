//! Ad products, entities, and the unit: the smallest thing that is proved and reported on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Declares an enum that is stored, printed and parsed by fixed words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $what:literal { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in display order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word that is stored and printed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|v| v.as_str() == text)
                    .ok_or_else(|| UnknownWord { what: $what, word: text.to_owned() })
            }
        }
    };
}
pub(crate) use words;

/// A stored or typed word that this version of adsync does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {word:?}")]
pub struct UnknownWord {
    /// What kind of word was expected.
    pub what: &'static str,
    /// The word that came instead.
    pub word: String,
}

words! {
    /// An Amazon Ads product.
    AdProduct, "ad product" {
        /// What belongs to no product of its own: portfolios group campaigns of all of them.
        Any = "ALL",
        /// Sponsored Products.
        Sp = "SP",
        /// Sponsored Brands.
        Sb = "SB",
        /// Sponsored Display.
        Sd = "SD",
    }
}

impl AdProduct {
    /// The products that an operator chooses from.
    pub const PRODUCTS: &[Self] = &[Self::Sp, Self::Sb, Self::Sd];
}

words! {
    /// A kind of thing that an account contains.
    Entity, "entity" {
        /// A budget over campaigns of all products.
        Portfolio = "portfolio",
        /// A campaign.
        Campaign = "campaign",
        /// An ad group of a campaign.
        AdGroup = "ad_group",
        /// An ad: a product in Sponsored Products and Display, a creative in Sponsored Brands.
        Ad = "ad",
        /// A keyword that an ad group bids on.
        Keyword = "keyword",
        /// A keyword that an ad group is kept from.
        NegativeKeyword = "negative_keyword",
        /// A keyword that a whole campaign is kept from.
        CampaignNegativeKeyword = "campaign_negative_keyword",
        /// A product, category or audience that an ad group bids on.
        Target = "target",
        /// A product or brand that an ad group is kept from.
        NegativeTarget = "negative_target",
        /// A product or brand that a whole campaign is kept from.
        CampaignNegativeTarget = "campaign_negative_target",
        /// A set of keywords that Amazon chooses, bid on as one.
        Theme = "theme",
    }
}

impl Entity {
    /// The plural, for people: `ad groups`.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Portfolio => "portfolios",
            Self::Campaign => "campaigns",
            Self::AdGroup => "ad groups",
            Self::Ad => "ads",
            Self::Keyword => "keywords",
            Self::NegativeKeyword => "negative keywords",
            Self::CampaignNegativeKeyword => "campaign negative keywords",
            Self::Target => "targets",
            Self::NegativeTarget => "negative targets",
            Self::CampaignNegativeTarget => "campaign negative targets",
            Self::Theme => "themes",
        }
    }
}

words! {
    /// What an entity hangs on; part of its key, for some kinds exist on both levels and their ids may meet.
    Level, "level" {
        /// The account: portfolios.
        Account = "account",
        /// The campaign itself, or something that belongs to a campaign directly.
        Campaign = "campaign",
        /// The ad group itself, or something that belongs to an ad group.
        AdGroup = "ad_group",
    }
}

/// One entity of one ad product: the smallest thing that is fetched to a proved end and reported on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unit {
    /// The ad product.
    pub ad_product: AdProduct,
    /// The kind of thing.
    pub entity: Entity,
}

impl Unit {
    /// The unit of a product and an entity.
    pub const fn new(ad_product: AdProduct, entity: Entity) -> Self {
        Self { ad_product, entity }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ad_product {
            AdProduct::Any => f.pad(self.entity.plural()),
            product => f.pad(&format!("{product} {}", self.entity.plural())),
        }
    }
}
