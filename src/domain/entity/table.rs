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
}

impl ColumnType {
    /// True for columns that hold whole numbers, false for text.
    pub const fn is_int(self) -> bool {
        matches!(self, Self::Micros)
    }

    /// NULL of this type.
    pub const fn null(self) -> SqlValue {
        if self.is_int() { SqlValue::Int(None) } else { SqlValue::Text(None) }
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
    ],
};

/// Every entity table.
pub static TABLES: &[&Table] = &[&CAMPAIGNS, &AD_GROUPS, &KEYWORDS, &TARGETS];
