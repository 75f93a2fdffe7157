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
