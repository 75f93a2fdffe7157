//! The database: the only place that knows SQL, and the same for SQLite and PostgreSQL.
//!
//! Statements are written once; `dispatch` expands the same body for each driver, and what truly differs
//! (clock, locking, bulk loading) sits in `dialect`. Nothing here decides what a run does next: the engine does.

mod bulk;
mod certificates;
mod changes;
mod commit;
mod costs;
mod dialect;
mod dispatch;
mod drift;
mod error;
mod history;
mod holds;
mod logins;
mod migrate;
mod pages;
mod place;
mod profiles;
mod proofs;
mod rates;
mod runs;
mod transaction;
mod units;

pub use certificates::StoredCertificate;
pub use changes::ChangeFilter;
pub use commit::{Change, Commit, Completion, StoredRow, UnitResult};
pub use error::StoreError;
pub use history::RunFilter;
pub use migrate::{LATEST, Schema};
pub use pages::{NewPage, PageMeta};
pub use profiles::{Listed, Listing};
pub use rates::RateProcess;
pub use runs::{Claim, LiveOwner, NewRun, Renewal, Requested};
pub use units::UnitUpdate;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool, SqliteConnection, SqlitePool};

use crate::domain::time::Timestamp;
use dispatch::read;
use place::Place;

/// Longer than any commit: whoever waits for SQLite's one writer must never fail for waiting.
const SQLITE_BUSY: Duration = Duration::from_secs(1800);
/// How long opening a file waits for others that are opening it.
const SQLITE_OPENING: Duration = Duration::from_secs(30);

/// How long a server may take to give a connection.
const POSTGRES_PATIENCE: Duration = Duration::from_secs(10);

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: Pool,
    /// Where the SQLite file was opened.
    place: Option<Place>,
}

#[derive(Debug, Clone)]
enum Pool {
    /// One writer for the process, for SQLite has one for the file; readers never wait for it.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// True for SQLite's code for busy, 5, in any of its extended forms.
fn is_busy(code: &str) -> bool {
    code.parse().is_ok_and(|code: u32| code & 0xff == 5)
}

impl Store {
    /// Opens a database without looking at its schema; a missing SQLite file is created.
    ///
    /// # Errors
    /// When it cannot be reached, opened or written.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let shown = crate::config::redact_url(url);
        if url.starts_with("sqlite:") {
            Self::connect_sqlite(url).await.map_err(|e| StoreError::opening(&shown, e))
        } else {
            Self::connect_postgres(url).await.map_err(|e| StoreError::opening(&shown, e))
        }
    }

    /// Opens a file that others may be opening: turning a new one into a log of writes needs it alone for a moment,
    /// and SQLite does not wait for that by itself.
    async fn connect_sqlite(url: &str) -> Result<Self, sqlx::Error> {
        let began = tokio::time::Instant::now();
        loop {
            match Self::try_sqlite(url).await {
                Err(sqlx::Error::Database(error))
                    if error.code().is_some_and(|code| is_busy(&code))
                        && began.elapsed() < SQLITE_OPENING =>
                {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                other => return other,
            }
        }
    }

    async fn try_sqlite(url: &str) -> Result<Self, sqlx::Error> {
        let options: SqliteConnectOptions = url.parse()?;
        let options = options
            .create_if_missing(true)
            .disable_statement_logging()
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(SQLITE_BUSY)
            .foreign_keys(false);
        Self::check_writable(&options).await?;
        let file = options.get_filename().to_owned();
        // From here on it is there: one that is gone later must not be replaced by an empty one.
        let options = options.create_if_missing(false);
        let writer = transaction::pool()
            .max_connections(1)
            .acquire_timeout(SQLITE_BUSY)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(SQLITE_BUSY)
            .connect_with(options.pragma("query_only", "true"))
            .await?;
        let place = Place::of(&file);
        Ok(Self { pool: Pool::Sqlite { writer, readers }, place })
    }

    /// A read-only folder lets SQLite open the file and fails only at the first write: finds that out now,
    /// without waiting for anybody who is writing.
    async fn check_writable(options: &SqliteConnectOptions) -> Result<(), sqlx::Error> {
        let mut conn = SqliteConnection::connect_with(options).await?;
        sqlx::query("pragma busy_timeout = 0").execute(&mut conn).await?;
        let written: Result<(), sqlx::Error> = async {
            let mut tx = conn.begin_with(dialect::SQLITE_BEGIN).await?;
            sqlx::query("create table if not exists adsync_write_check (x integer)")
                .execute(&mut *tx)
                .await?;
            tx.rollback().await
        }
        .await;
        conn.close().await?;
        match written {
            // Whoever is writing shows that it can be written; whoever opens it at the same moment (261) does too.
            Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| is_busy(&code)) => Ok(()),
            other => other,
        }
    }

    async fn connect_postgres(url: &str) -> Result<Self, sqlx::Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.application_name("adsync").disable_statement_logging();
        // The pool tries a refused connection again until its time is up, and then only says that it is.
        let first = tokio::time::timeout(POSTGRES_PATIENCE, PgConnection::connect_with(&options)).await;
        first.map_err(|_| sqlx::Error::PoolTimedOut)??.close().await?;
        let pool = PgPoolOptions::new()
            // Each commit holds one and reads pages with another; they are only opened when they are needed.
            .max_connections(40)
            .acquire_timeout(POSTGRES_PATIENCE)
            .connect_with(options)
            .await?;
        Ok(Self { pool: Pool::Postgres(pool), place: None })
    }

    /// True for SQLite, whose file one machine has to itself.
    pub const fn is_sqlite(&self) -> bool {
        matches!(self.pool, Pool::Sqlite { .. })
    }

    /// How long a claim holds before another process may take the run over. On SQLite it is longer than a
    /// process may have to wait for the writer; a dead owner on this machine is found out at once anyway.
    pub const fn lease(&self) -> Duration {
        match self.pool {
            Pool::Sqlite { .. } => SQLITE_BUSY.saturating_mul(2),
            Pool::Postgres(_) => Duration::from_secs(45),
        }
    }

    /// The database's clock, which judges leases and dates everything that is stored.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn now(&self) -> Result<Timestamp, StoreError> {
        read!(self, |conn, now| {
            let _ = conn;
            Ok(now)
        })
    }

    /// Refuses to let simulated and real profiles meet in one database.
    ///
    /// # Errors
    /// [`StoreError::Mixed`] when the database holds profiles of the other kind.
    pub async fn check_source(&self, simulated: bool) -> Result<(), StoreError> {
        read!(self, |conn, _now| {
            let other: Option<String> =
                sqlx::query_scalar("select name from profiles where simulated <> $1 limit 1")
                    .bind(simulated)
                    .fetch_optional(&mut *conn)
                    .await?;
            match other {
                Some(_) => Err(StoreError::Mixed { stored_simulated: !simulated }),
                None => Ok(()),
            }
        })
    }

    /// Gives SQLite's write-ahead log back to the file system after a big commit; nothing on PostgreSQL.
    pub async fn truncate_wal(&self) {
        if let Pool::Sqlite { writer, .. } = &self.pool {
            // A reader may be in the way; the next commit tries again, so a failure costs nothing.
            let _ = sqlx::query("pragma wal_checkpoint(truncate)").execute(writer).await;
        }
    }

    /// Closes all connections, finishing what they are doing.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

#[cfg(test)]
impl Store {
    /// Holds SQLite's writer until it is dropped, as somebody's commit does.
    pub(crate) async fn hold_writer(&self) -> impl Sized + use<> {
        let Pool::Sqlite { writer, .. } = &self.pool else { panic!("it is not SQLite") };
        writer.begin_with(dialect::SQLITE_BEGIN).await.unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::is_busy;

    #[test]
    fn a_busy_file_is_recognised_by_all_its_codes() {
        // Busy, recovering the log, a stale snapshot; then locked, read-only, and no code at all.
        let codes = ["5", "261", "517", "6", "8", ""];
        assert_eq!(codes.map(is_busy), [true, true, true, false, false, false]);
    }
}
