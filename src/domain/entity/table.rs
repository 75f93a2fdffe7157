//! The entity tables: one for each kind of thing, whatever ad product it comes from.
//!
//! Beside the columns listed here every entity table has the same keeping columns, in this order:
//! `profile_id`, `ad_product`, `level`, `id` (the primary key), then `raw`, `row_hash`, `mapping_version`,
//! `first_seen_at`, `changed_at`, `removed_at` and `run_id`.

/// One table of entities.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name in both databases.
    pub name: &'static str,
    /// Its own columns, in the order of the migration.
    pub columns: &'static [Column],
}

/// One typed column that people filter and join on.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in both databases.
    pub name: &'static str,
    /// How a JSON value becomes the column's value.
    pub kind: ColumnType,
}

/// How a JSON value becomes a column's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text, as it came; numbers and booleans become their text.
    Text,
    /// An entity id in canonical decimal.
    Id,
    /// Money in millionths of the profile's currency.
    Micros,
    /// An ISO date.
    Date,
    /// An instant, from ISO 8601 text or an epoch number, in microseconds since 1970 UTC.
    Instant,
    /// True or false.
    Bool,
    /// An object or array, as JSON text.
    Json,
}

/// The value of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlValue {
    /// Text of any kind; `None` is NULL.
    Text(Option<String>),
    /// A whole number; `None` is NULL.
    Int(Option<i64>),
    /// True or false; `None` is NULL.
    Bool(Option<bool>),
}

impl ColumnType {
    /// NULL of this type.
    pub const fn null(self) -> SqlValue {
        match self {
            Self::Micros | Self::Instant => SqlValue::Int(None),
            Self::Bool => SqlValue::Bool(None),
            Self::Text | Self::Id | Self::Date | Self::Json => SqlValue::Text(None),
        }
    }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Text }
}
const fn id(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Id }
}
const fn micros(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Micros }
}
const fn date(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Date }
}
const fn json(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Json }
}
const fn bool(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Bool }
}
const fn instant(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Instant }
}

/// The three columns that only extended lists fill.
const SERVING_STATUS: Column = text("serving_status");
const API_CREATED_AT: Column = instant("api_created_at");
const API_UPDATED_AT: Column = instant("api_updated_at");

/// Portfolios: budgets over campaigns of all products.
pub static PORTFOLIOS: Table = Table {
    name: "portfolios",
    columns: &[
        text("name"),
        text("state"),
        bool("in_budget"),
        micros("budget_micros"),
        text("budget_currency"),
        text("budget_policy"),
        date("budget_start_date"),
        date("budget_end_date"),
        SERVING_STATUS,
        API_CREATED_AT,
        API_UPDATED_AT,
    ],
};

/// Campaigns of all three products.
pub static CAMPAIGNS: Table = Table {
    name: "campaigns",
    columns: &[
        text("name"),
        text("state"),
        id("portfolio_id"),
        micros("budget_micros"),
        text("budget_type"),
        text("targeting_type"),
        text("bidding_strategy"),
        text("cost_type"),
        text("goal"),
        text("tactic"),
        date("start_date"),
        date("end_date"),
        micros("effective_budget_micros"),
        text("budget_allocation"),
        json("bid_adjustments"),
        text("brand_entity_id"),
        bool("multi_ad_groups"),
        text("delivery_profile"),
        json("tags"),
        SERVING_STATUS,
        API_CREATED_AT,
        API_UPDATED_AT,
    ],
};

/// Ad groups of all three products.
pub static AD_GROUPS: Table = Table {
    name: "ad_groups",
    columns: &[
        id("campaign_id"),
        text("name"),
        text("state"),
        micros("default_bid_micros"),
        text("bid_optimization"),
        text("creative_type"),
        text("tactic"),
        SERVING_STATUS,
        API_CREATED_AT,
        API_UPDATED_AT,
    ],
};

/// Ads: products in Sponsored Products and Display, creatives in Sponsored Brands.
pub static ADS: Table = Table {
    name: "ads",
    columns: &[
        id("campaign_id"),
        id("ad_group_id"),
        text("name"),
        text("state"),
        text("asin"),
        text("sku"),
        text("custom_text"),
        text("creative_type"),
        text("creative_status"),
        text("headline"),
        text("brand_name"),
        json("asins"),
        text("landing_page_type"),
        text("landing_page_url"),
        SERVING_STATUS,
        API_CREATED_AT,
        API_UPDATED_AT,
    ],
};

/// Keywords that are bid on, of Sponsored Products and Sponsored Brands.
pub static KEYWORDS: Table = Table {
    name: "keywords",
    columns: &[
        id("campaign_id"),
        id("ad_group_id"),
        text("keyword_text"),
        text("match_type"),
        text("state"),
        micros("bid_micros"),
        text("native_language_keyword"),
        text("native_language_locale"),
        SERVING_STATUS,
        API_CREATED_AT,
        API_UPDATED_AT,
    ],
};

/// Keywords that ad groups (level ad_group) or whole campaigns (level campaign) are kept from.
pub static NEGATIVE_KEYWORDS: Table = Table {
    name: "negative_keywords",
    columns: &[
        id("campaign_id"),
        id("ad_group_id"),
        text("keyword_text"),
        text("match_type"),
        text("state"),
        text("native_language_keyword"),
        text("native_language_locale"),
        SERVING_STATUS,
        API_CREATED_AT,
        API_UPDATED_AT,
    ],
};

/// Products, categories and audiences that are bid on.
pub static TARGETS: Table = Table {
    name: "targets",
    columns: &[
        id("campaign_id"),
        id("ad_group_id"),
        text("state"),
        micros("bid_micros"),
        text("expression_type"),
        json("expression"),
        json("resolved_expression"),
        SERVING_STATUS,
        API_CREATED_AT,
        API_UPDATED_AT,
    ],
};

/// Products and brands that ad groups (level ad_group) or whole campaigns (level campaign) are kept from.
pub static NEGATIVE_TARGETS: Table = Table {
    name: "negative_targets",
    columns: &[
        id("campaign_id"),
        id("ad_group_id"),
        text("state"),
        text("expression_type"),
        json("expression"),
        json("resolved_expression"),
        SERVING_STATUS,
        API_CREATED_AT,
        API_UPDATED_AT,
    ],
};

/// Sets of keywords that Amazon chooses, of Sponsored Brands.
pub static THEMES: Table = Table {
    name: "themes",
    columns: &[id("campaign_id"), id("ad_group_id"), text("theme_type"), text("state"), micros("bid_micros")],
};

/// Every entity table.
pub static TABLES: &[&Table] = &[
    &PORTFOLIOS,
    &CAMPAIGNS,
    &AD_GROUPS,
    &ADS,
    &KEYWORDS,
    &NEGATIVE_KEYWORDS,
    &TARGETS,
    &NEGATIVE_TARGETS,
    &THEMES,
];
