//! The shape of a descriptor. Values only: the client turns a `ListSpec` into requests, the store a `Table`
//! into SQL.

use super::table::Table;
use crate::domain::unit::{Level, Unit};

/// One entity of one ad product.
#[derive(Debug)]
pub struct Descriptor {
    /// Which one.
    pub unit: Unit,
    /// The table that keeps its rows.
    pub table: &'static Table,
    /// What its rows hang on; part of their key.
    pub level: Level,
    /// What identifies a row.
    pub key: Key,
    /// How to list it.
    pub list: ListSpec,
    /// Where each column's value is found in a row.
    pub columns: &'static [ColumnSource],
    /// A unit that must be settled before this one can be listed, because its list asks by that unit's ids.
    pub depends_on: Option<Unit>,
    /// Units whose rows this one's rows belong to; rows whose parent is unknown are counted as orphans.
    pub parents: &'static [Parent],
}

/// What identifies a row within its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The field that holds its own id.
    Field(&'static str),
    /// The same, where rows of an old kind come without it: those are known by these fields of their parents.
    FieldOrParents(&'static str, &'static [&'static str]),
}

impl Key {
    /// The field that holds a row's own id.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Field(field) | Self::FieldOrParents(field, _) => field,
        }
    }
}

/// A reference from a row to its parent.
#[derive(Debug)]
pub struct Parent {
    /// The parent's unit.
    pub unit: Unit,
    /// The field that holds the parent's id.
    pub field: &'static str,
}

/// Where a column's value comes from.
#[derive(Debug)]
pub struct ColumnSource {
    /// A column of the descriptor's table.
    pub column: &'static str,
    /// A dotted path into the row, such as `budget.budget`.
    pub path: &'static str,
}

/// How an entity is listed: the request, its paging, and where rows, token and total are in the answer.
#[derive(Debug)]
pub struct ListSpec {
    /// The request without its cursor.
    pub request: RequestSpec,
    /// How one page follows another.
    pub paging: Paging,
    /// Where the rows are.
    pub rows: RowsAt,
    /// The field of the total over all pages, where the API reports one.
    pub total: Option<&'static str>,
    /// Set when the list has to be asked for in batches of another unit's ids.
    pub batch: Option<Batch>,
    /// How a big list may be asked for in parts side by side, where the list as a whole reports a total that
    /// proves them.
    pub split: Option<Batch>,
    /// Set when the list has to be asked for once with each of some values.
    pub each: Option<Each>,
    /// How to ask for single rows, before a row that the list lacks is held for removed.
    pub recheck: Option<Recheck>,
    /// How to ask for timestamps and serving status, where the API has them.
    pub extended: Option<Extended>,
    /// True when the specification lets nobody list it who may not edit: a login with view access then has no
    /// part in it.
    pub needs_edit: bool,
    /// True when the specification says that profiles of book authors have no part in it.
    pub not_for_authors: bool,
}

/// Method, path and media types of a list.
#[derive(Debug, Clone, Copy)]
pub enum RequestSpec {
    /// A list that takes its filters as a JSON body.
    Post {
        /// Path below the region's host.
        path: &'static str,
        /// Media type of the request body.
        content_type: &'static str,
        /// Media type of the answer.
        accept: &'static str,
        /// The fixed part of the body, as JSON.
        body: &'static str,
    },
    /// A list that takes its filters in the query.
    Get {
        /// Path below the region's host.
        path: &'static str,
        /// Media type of the answer.
        accept: &'static str,
        /// The fixed part of the query.
        query: &'static [(&'static str, &'static str)],
    },
}

impl RequestSpec {
    /// Path below the region's host.
    pub const fn path(&self) -> &'static str {
        match self {
            Self::Post { path, .. } | Self::Get { path, .. } => path,
        }
    }
}

/// How one page follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// Each answer carries `nextToken` until the last; pages of at most `max_results` rows.
    NextToken {
        /// Rows for each page; `None` where the API does not let one choose.
        max_results: Option<u32>,
    },
    /// `startIndex` and `count`; ends with an empty page, for servers cap `count` quietly.
    StartIndex {
        /// Rows to ask for.
        count: u32,
    },
}

/// Where the rows are in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsAt {
    /// In this field of an object.
    Field(&'static str),
    /// The answer is the array.
    Root,
}

/// A list that is asked for in batches of a parent's ids.
#[derive(Debug)]
pub struct Batch {
    /// The unit whose ids are batched; the descriptor's `depends_on` as well.
    pub of: Unit,
    /// How the ids are sent.
    pub filter: IdFilter,
}

/// A filter that takes one value at a time, so that there is one list for each value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Each {
    /// Its name in the query.
    pub name: &'static str,
    /// The values, in an order in which no row can move from a list not yet read to one read.
    pub values: &'static [&'static str],
}

/// How single rows are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recheck {
    /// Whose ids the filter takes.
    pub by: RecheckBy,
    /// The filter.
    pub filter: IdFilter,
}

/// Whose ids a recheck sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecheckBy {
    /// The rows' own.
    Own,
    /// Those in this column of the unit's table, where the API has no filter by the rows' own ids: all rows of
    /// these parents come again.
    Parent(&'static str),
}

/// How timestamps and serving status are asked for. Amazon lets such a request weigh five.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extended {
    /// With `includeExtendedDataFields` in the body.
    Flag,
    /// On another path.
    Path(&'static str),
}

impl Extended {
    /// Weight of an extended request in the rate limit.
    pub const WEIGHT: u32 = 5;
}

/// A filter by ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdFilter {
    /// Its field in the body or its name in the query.
    pub field: &'static str,
    /// Ids that fit one request.
    pub max: usize,
    /// How they are written.
    pub form: IdFilterForm,
}

/// How a filter's ids are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdFilterForm {
    /// `{"include": ["1", "2"]}` in the body.
    Include,
    /// `1,2` in the query.
    CommaList,
    /// `{"filterType": FIELD, "values": ["1", "2"]}` among the body's `filters`.
    Filters,
}
