//! Beginnings and ends of transactions that are not left half-way, whoever stops waiting for them.
//!
//! The driver sends BEGIN and COMMIT and waits; dropped in between, it does not know how far the connection has come,
//! and gives it back to the pool inside a transaction that nobody ends. So each of them runs to its end in a task.

use std::future::Future;

use sqlx::{Connection, Database, Pool, Sqlite, SqliteConnection, Transaction};

/// Begins a transaction. Whoever no longer waits for it leaves one that is rolled back.
pub(super) async fn begin<DB: Database>(
    pool: &Pool<DB>,
    statement: &'static str,
) -> Result<Transaction<'static, DB>, sqlx::Error> {
    let pool = pool.clone();
    to_its_end(async move { pool.begin_with(statement).await }).await
}

/// Commits.
pub(super) async fn commit<DB: Database>(tx: Transaction<'static, DB>) -> Result<(), sqlx::Error> {
    to_its_end(tx.commit()).await
}

/// Rolls back.
pub(super) async fn rollback<DB: Database>(tx: Transaction<'static, DB>) -> Result<(), sqlx::Error> {
    to_its_end(tx.rollback()).await
}

async fn to_its_end<T: Send + 'static>(
    step: impl Future<Output = Result<T, sqlx::Error>> + Send + 'static,
) -> Result<T, sqlx::Error> {
    // It is neither aborted nor does it panic but with the driver.
    tokio::spawn(step).await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

/// False for a connection that believes to be in a transaction after it came back: SQLite ends one by itself when the disk
/// is full or cannot be read, and the driver then counts it for ever. What it is replaced by begins anew.
pub(super) async fn is_clean(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // What was rolled back by being dropped is rolled back in the background.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// The options of a pool whose connections are looked at before they are used again.
pub(super) fn pool() -> sqlx::pool::PoolOptions<Sqlite> {
    sqlx::pool::PoolOptions::new().after_release(|connection, _| Box::pin(is_clean(connection)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::dialect::SQLITE_BEGIN;

    #[tokio::test]
    async fn a_file_that_cannot_grow_is_written_again_once_it_can() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", dir.path().join("full.db").display());
        let pool = pool().max_connections(1).connect(&url).await.unwrap();
        sqlx::query("create table rows (text text)").execute(&pool).await.unwrap();
        // Of this connection alone: the next one finds that there is space again.
        sqlx::query("pragma max_page_count = 8").execute(&pool).await.unwrap();
        let mut tx = begin(&pool, SQLITE_BEGIN).await.unwrap();
        let full = sqlx::query("insert into rows values (zeroblob(1000000))").execute(&mut *tx).await;
        let error = full.unwrap_err();
        assert_eq!(error.as_database_error().and_then(|e| e.code()).as_deref(), Some("13"), "{error}");
        // SQLite has ended the transaction by itself.
        assert!(rollback(tx).await.is_err());
        let mut tx = begin(&pool, SQLITE_BEGIN).await.unwrap();
        sqlx::query("insert into rows values ('again')").execute(&mut *tx).await.unwrap();
        commit(tx).await.unwrap();
        let rows: i64 = sqlx::query_scalar("select count(*) from rows").fetch_one(&pool).await.unwrap();
        assert_eq!(rows, 1);
    }
}
