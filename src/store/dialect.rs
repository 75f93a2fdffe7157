//! What truly differs between the two databases.

/// The database's clock in microseconds since 1970 UTC.
pub(super) const SQLITE_NOW: &str = "select cast(unixepoch('subsec') * 1000000 as integer)";
/// The same on PostgreSQL; the clock of the moment, not of the transaction's start.
pub(super) const POSTGRES_NOW: &str = "select (extract(epoch from clock_timestamp()) * 1000000)::bigint";

/// SQLite takes its one write lock at once, so that a transaction never has to upgrade and fail.
pub(super) const SQLITE_BEGIN: &str = "BEGIN IMMEDIATE";
/// PostgreSQL locks rows as it goes.
pub(super) const POSTGRES_BEGIN: &str = "BEGIN";
