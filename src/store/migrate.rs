//! Migrations: two folders with the same numbers and names, one for each dialect.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::{Pool, Store, StoreError, dialect, transaction};

/// A migration in both dialects.
struct Step {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const STEPS: &[Step] = &[
    Step {
        number: 1,
        name: "initial",
        sqlite: include_str!("../../migrations/sqlite/0001_initial.sql"),
        postgres: include_str!("../../migrations/postgres/0001_initial.sql"),
    },
    Step {
        number: 2,
        name: "entities",
        sqlite: include_str!("../../migrations/sqlite/0002_entities.sql"),
        postgres: include_str!("../../migrations/postgres/0002_entities.sql"),
    },
    Step {
        number: 3,
        name: "rates",
        sqlite: include_str!("../../migrations/sqlite/0003_rates.sql"),
        postgres: include_str!("../../migrations/postgres/0003_rates.sql"),
    },
    Step {
        number: 4,
        name: "causes",
        sqlite: include_str!("../../migrations/sqlite/0004_causes.sql"),
        postgres: include_str!("../../migrations/postgres/0004_causes.sql"),
    },
    Step {
        number: 5,
        name: "accounts",
        sqlite: include_str!("../../migrations/sqlite/0005_accounts.sql"),
        postgres: include_str!("../../migrations/postgres/0005_accounts.sql"),
    },
    Step {
        number: 6,
        name: "drift",
        sqlite: include_str!("../../migrations/sqlite/0006_drift.sql"),
        postgres: include_str!("../../migrations/postgres/0006_drift.sql"),
    },
    Step {
        number: 7,
        name: "waits",
        sqlite: include_str!("../../migrations/sqlite/0007_waits.sql"),
        postgres: include_str!("../../migrations/postgres/0007_waits.sql"),
    },
    Step {
        number: 8,
        name: "changes_index",
        sqlite: include_str!("../../migrations/sqlite/0008_changes_index.sql"),
        postgres: include_str!("../../migrations/postgres/0008_changes_index.sql"),
    },
    Step {
        number: 9,
        name: "throttled_time",
        sqlite: include_str!("../../migrations/sqlite/0009_throttled_time.sql"),
        postgres: include_str!("../../migrations/postgres/0009_throttled_time.sql"),
    },
    Step {
        number: 10,
        name: "runs_index",
        sqlite: include_str!("../../migrations/sqlite/0010_runs_index.sql"),
        postgres: include_str!("../../migrations/postgres/0010_runs_index.sql"),
    },
    Step {
        number: 11,
        name: "held_removals",
        sqlite: include_str!("../../migrations/sqlite/0011_held_removals.sql"),
        postgres: include_str!("../../migrations/postgres/0011_held_removals.sql"),
    },
];

/// The newest schema that this adsync knows.
pub const LATEST: i64 = STEPS[STEPS.len() - 1].number;

/// Where a database's schema stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// No adsync has ever used it.
    Empty,
    /// Some adsync has, and this is its schema.
    At(i64),
}

fn migrator(sqlite: bool) -> Migrator {
    Migrator::with_migrations(
        STEPS
            .iter()
            .map(|step| {
                let sql = if sqlite { step.sqlite } else { step.postgres };
                Migration::new(
                    step.number,
                    Cow::Borrowed(step.name),
                    MigrationType::Simple,
                    AssertSqlSafe(sql).into_sql_str(),
                    false,
                )
            })
            .collect(),
    )
}

impl Store {
    /// Opens a database for use: an empty one gets its schema, SQLite is migrated, a PostgreSQL that others
    /// may be using is not.
    ///
    /// # Errors
    /// When it cannot be opened, is newer than this adsync, or has to be migrated first.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect(url).await?;
        match store.schema().await? {
            Schema::At(found) if found > LATEST => Err(StoreError::NewerSchema { found, known: LATEST }),
            Schema::At(found) if found == LATEST => Ok(store),
            Schema::At(found) if !store.is_sqlite() => {
                Err(StoreError::NeedsMigration { found, needed: LATEST })
            }
            Schema::Empty | Schema::At(_) => {
                store.migrate().await?;
                Ok(store)
            }
        }
    }

    /// Where the schema stands.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        let exists: i64 = match &self.pool {
            Pool::Sqlite { readers, .. } => {
                sqlx::query_scalar("select count(*) from sqlite_master where name = '_sqlx_migrations'")
                    .fetch_one(readers)
                    .await?
            }
            Pool::Postgres(pool) => {
                sqlx::query_scalar("select count(*) from pg_tables where tablename = '_sqlx_migrations' and schemaname = any(current_schemas(false))")
                    .fetch_one(pool)
                    .await?
            }
        };
        if exists == 0 {
            return Ok(Schema::Empty);
        }
        let found: Option<i64> = match &self.pool {
            Pool::Sqlite { readers, .. } => {
                sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(readers).await?
            }
            Pool::Postgres(pool) => {
                sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(pool).await?
            }
        };
        Ok(found.map_or(Schema::Empty, Schema::At))
    }

    /// Brings the schema up to date. Several processes may call it at once.
    ///
    /// # Errors
    /// When a migration fails, or the database is newer than this adsync.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let done = match &self.pool {
            Pool::Sqlite { writer, .. } => {
                // SQLite's migration lock is a no-op in the driver: the write lock serves instead.
                let mut tx = transaction::begin(writer, dialect::SQLITE_BEGIN).await?;
                let done = migrator(true).run_direct(None, &mut *tx, false).await;
                match done {
                    Ok(()) => tx.commit().await.map_err(MigrateError::from),
                    Err(error) => {
                        tx.rollback().await?;
                        Err(error)
                    }
                }
            }
            Pool::Postgres(pool) => {
                let mut conn = pool.acquire().await?;
                let done = migrator(false).run_direct(None, &mut *conn, false).await;
                if done.is_err() {
                    // The advisory lock belongs to the session and must not outlive a failure.
                    drop(conn.detach());
                }
                done
            }
        };
        match done {
            Ok(()) => Ok(()),
            Err(MigrateError::VersionMissing(found)) => Err(StoreError::NewerSchema { found, known: LATEST }),
            Err(MigrateError::Execute(source)) => Err(source.into()),
            Err(source) => Err(StoreError::Migration { source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_folders_have_the_same_numbers_and_names_and_nothing_else() {
        for dialect in ["sqlite", "postgres"] {
            let folder = format!("{}/migrations/{dialect}", env!("CARGO_MANIFEST_DIR"));
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            let expected: Vec<String> =
                STEPS.iter().map(|s| format!("{:04}_{}.sql", s.number, s.name)).collect();
            assert_eq!(files, expected, "{dialect}");
        }
    }
}
