//! The vocabulary in which lists are described, so that a list is data. Knows no particular list.

use crate::simulator::errors::Family;
use crate::simulator::world::kind::{Kind, Product};

/// Everything that is particular to one list.
#[derive(Debug)]
pub(crate) struct ListSpec {
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    pub(crate) family: Family,
    /// Whose eligibility decides; `None` for portfolios, which belong to no product.
    pub(crate) product: Option<Product>,
    /// Whether a permission to view is too little.
    pub(crate) needs_edit: bool,
    pub(crate) paging: Paging,
}

/// How a list is paged, and with it how it is asked.
#[derive(Debug)]
pub(crate) enum Paging {
    /// POST with a JSON body, `maxResults` and `nextToken`.
    Token(TokenPaging),
    /// GET with `startIndex` and `count`, answering a bare array.
    Index(IndexPaging),
}

/// A list paged by tokens.
#[derive(Debug)]
pub(crate) struct TokenPaging {
    /// The request's media type.
    pub(crate) content_type: &'static str,
    /// The media types it can answer in; the first is the latest.
    pub(crate) accepts: &'static [&'static str],
    /// What a wrong `Accept` is answered with.
    pub(crate) wrong_accept: u16,
    pub(crate) array: &'static str,
    pub(crate) total: Option<&'static str>,
    /// Largest page, which is the default page too.
    pub(crate) max_page: usize,
    /// Whether `maxResults` may be sent.
    pub(crate) sizable: bool,
    /// Whether a filter must have its `include`.
    pub(crate) include_required: bool,
    pub(crate) fields: &'static [(&'static str, Field)],
}

/// A list paged by a start index.
#[derive(Debug)]
pub(crate) struct IndexPaging {
    pub(crate) accepts: &'static [&'static str],
    /// Largest page, which is the default page too; larger ones are cut down without a word.
    pub(crate) cap: usize,
    /// Whether rows carry their extended data.
    pub(crate) extended: bool,
    /// The status for a bad parameter.
    pub(crate) invalid: u16,
    pub(crate) params: &'static [(&'static str, Param)],
}

/// What an id filter compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum By {
    Own,
    Campaign,
    AdGroup,
    Portfolio,
}

/// A member of a request body.
#[derive(Debug)]
pub(crate) enum Field {
    /// `{"include": [ids]}` with at most this many.
    Ids { by: By, max: usize },
    /// `{"include": [states]}`.
    States { allowed: &'static [&'static str], max: usize, default: u8 },
    /// `{"include": [texts], "queryTermMatchType": …}`, compared with a member of the row.
    Text { member: &'static str, match_required: bool, max: usize },
    /// `{"include": [ASINs]}`, compared with the values of the row's expression.
    Asins,
    /// `{"include": [values]}`, compared with a member of the row.
    Values { member: &'static str, allowed: &'static [&'static str], max: usize },
    /// A bare array of values, compared with a member of the row.
    Bare { member: &'static str, allowed: &'static [&'static str] },
    /// A bare `AUTO` or `MANUAL`, compared with the campaign's targeting type.
    CampaignTargeting,
    /// `{"include": ["AUTO", "MANUAL"]}`; without it automatic budgets stay hidden.
    BudgetAllocation,
    /// Whether rows carry their extended data.
    Extended,
    /// Restricts results to a locale.
    Locale,
    /// The `filters` of SB v3: objects of a type and values.
    Filters { states: &'static [&'static str] },
}

/// A parameter of a query.
#[derive(Debug)]
pub(crate) enum Param {
    /// A comma list of ids.
    Ids(By),
    /// A comma list of states, or a single one.
    States { allowed: &'static [&'static str], default: u8, single: bool },
    /// A text, compared with a member of the row.
    Text(&'static str),
    /// A comma list of values, compared with a member of the row.
    Values { member: &'static str, allowed: &'static [&'static str] },
    /// `productCollection` or `video`.
    Creative,
    /// Restricts results to a locale.
    Locale,
}

/// Every state.
pub(crate) const ALL: u8 = 7;
/// Enabled and paused.
pub(crate) const LIVE: u8 = 3;
/// Enabled only.
pub(crate) const ENABLED: u8 = 1;

impl ListSpec {
    /// The method it is called with.
    pub(crate) const fn method(&self) -> &'static str {
        match self.paging {
            Paging::Token(_) => "POST",
            Paging::Index(_) => "GET",
        }
    }

    /// Whether rows always carry their extended data.
    pub(crate) const fn always_extended(&self) -> bool {
        matches!(self.paging, Paging::Index(IndexPaging { extended: true, .. }))
    }

    /// The media type of its answers when nothing else was agreed on.
    pub(crate) const fn media_type(&self) -> &'static str {
        match &self.paging {
            Paging::Token(p) => p.accepts[0],
            Paging::Index(p) => p.accepts[0],
        }
    }

    /// The kinds of errors that it can name; `None` when there is no end to them. Sponsored Products has them all.
    pub(crate) const fn error_kinds(&self) -> Option<&'static [&'static str]> {
        match (self.family, self.product) {
            (Family::Nested, Some(Product::Sb)) => Some(&["otherError", "rangeError"]),
            (Family::Nested, None) => {
                Some(&["malformedValueError", "missingValueError", "otherError", "rangeError"])
            }
            _ => None,
        }
    }

    /// The media type of its errors.
    pub(crate) fn error_media_type(&self) -> &'static str {
        match self.family {
            Family::BrandsV3 => "application/vnd.sberror.v3.0+json",
            Family::Nested if self.product == Some(Product::Sb) => self.media_type(),
            Family::Nested | Family::Flat => "application/json",
        }
    }
}
