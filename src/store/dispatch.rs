//! The dispatch macros: one body, expanded for each driver, so that SQL is written once.

/// Runs a body on a reading connection: `read!(store, |conn, now| { … Ok(x) })`; `now` is the database's clock.
macro_rules! read {
    ($store:expr, |$conn:ident, $now:ident| $body:block) => {{
        use $crate::store::{Pool, dialect};
        match &$store.pool {
            Pool::Sqlite { readers, .. } => {
                let mut $conn = readers.acquire().await?;
                let $now = $crate::domain::time::Timestamp(
                    sqlx::query_scalar(dialect::SQLITE_NOW).fetch_one(&mut *$conn).await?,
                );
                let out: Result<_, $crate::store::StoreError> = async { $body }.await;
                out
            }
            Pool::Postgres(pool) => {
                let mut $conn = pool.acquire().await?;
                let $now = $crate::domain::time::Timestamp(
                    sqlx::query_scalar(dialect::POSTGRES_NOW).fetch_one(&mut *$conn).await?,
                );
                let out: Result<_, $crate::store::StoreError> = async { $body }.await;
                out
            }
        }
    }};
}

/// Runs a body in a transaction that commits when it gives `Ok` and rolls back when it gives `Err`.
macro_rules! write_tx {
    ($store:expr, |$tx:ident, $now:ident| $body:block) => {{
        use $crate::store::{Pool, dialect, transaction};
        match &$store.pool {
            Pool::Sqlite { writer, .. } => {
                let mut $tx = transaction::begin(writer, dialect::SQLITE_BEGIN).await?;
                let $now = $crate::domain::time::Timestamp(
                    sqlx::query_scalar(dialect::SQLITE_NOW).fetch_one(&mut *$tx).await?,
                );
                let out: Result<_, $crate::store::StoreError> = async { $body }.await;
                match out {
                    Ok(value) => transaction::commit($tx).await.map(|()| value).map_err(Into::into),
                    Err(error) => {
                        // The first error is the one to report; a failed rollback ends with the connection.
                        let _ = transaction::rollback($tx).await;
                        Err(error)
                    }
                }
            }
            Pool::Postgres(pool) => {
                let mut $tx = transaction::begin(pool, dialect::POSTGRES_BEGIN).await?;
                let $now = $crate::domain::time::Timestamp(
                    sqlx::query_scalar(dialect::POSTGRES_NOW).fetch_one(&mut *$tx).await?,
                );
                let out: Result<_, $crate::store::StoreError> = async { $body }.await;
                match out {
                    Ok(value) => transaction::commit($tx).await.map(|()| value).map_err(Into::into),
                    Err(error) => {
                        let _ = transaction::rollback($tx).await;
                        Err(error)
                    }
                }
            }
        }
    }};
}

/// Implements `FromRow` for both drivers with one body: `from_row!(Type, |row| { … })`.
macro_rules! from_row {
    ($type:ty, |$row:ident| $body:expr) => {
        impl<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> for $type {
            fn from_row($row: &'r sqlx::sqlite::SqliteRow) -> sqlx::Result<Self> {
                use sqlx::Row as _;
                $body
            }
        }
        impl<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> for $type {
            fn from_row($row: &'r sqlx::postgres::PgRow) -> sqlx::Result<Self> {
                use sqlx::Row as _;
                $body
            }
        }
    };
}

pub(super) use {from_row, read, write_tx};

/// A stored value that this version cannot read, as sqlx wants it said.
pub(super) fn undecodable(
    column: &str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(source) }
}

/// Parses a stored word.
pub(super) fn word<T>(column: &str, text: &str) -> sqlx::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|e| undecodable(column, e))
}

/// Parses a stored JSON value, where there is one.
pub(super) fn json<T: serde::de::DeserializeOwned>(
    column: &str,
    text: Option<String>,
) -> sqlx::Result<Option<T>> {
    // Whole rows stand there as they came, with half a surrogate pair as it may be.
    let read = |text: &str| {
        serde_json::from_str(text)
            .or_else(|_| crate::domain::json::parse(text).and_then(serde_json::from_value))
    };
    text.map(|text| read(&text).map_err(|e| undecodable(column, e))).transpose()
}

/// A value as stored JSON. The values that are stored this way always have a JSON form.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
