//! What can go wrong with the database, as the operator has to tell it apart.

use std::path::PathBuf;

use crate::domain::code::Code;
use crate::domain::id::RunId;
use crate::domain::report::ErrorReport;
use crate::domain::time::Timestamp;

/// A failed database operation.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer, or no longer any.
    #[error("the database {database} cannot be reached")]
    Unreachable {
        /// Which, without its password.
        database: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The server refuses the user or has no such database.
    #[error("the database {database} refuses the connection")]
    Refused {
        /// Which, without its password.
        database: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The file or its folder cannot be written.
    #[error("the database {database} cannot be written")]
    ReadOnly {
        /// Which.
        database: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The disk is full.
    #[error("the database's disk is full")]
    DiskFull {
        /// What the database said.
        source: sqlx::Error,
    },
    /// The SQLite file is no longer where it was opened: what is written to it now is found by nobody.
    #[error("the database file {} was moved, replaced or deleted while it was open", path.display())]
    Moved {
        /// Where it was.
        path: PathBuf,
    },
    /// A newer adsync has changed the schema.
    #[error("the database has schema {found}, and this adsync knows schemas up to {known}")]
    NewerSchema {
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A shared database is only migrated when somebody says so.
    #[error("the database has schema {found}, and this adsync needs schema {needed}")]
    NeedsMigration {
        /// Its schema.
        found: i64,
        /// Ours.
        needed: i64,
    },
    /// A migration failed or was changed after it had been applied.
    #[error("the database cannot be migrated")]
    Migration {
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
    /// Simulated and real profiles never share a database.
    #[error("the database holds {} profiles, and the configuration has {} logins",
        if *stored_simulated { "simulated" } else { "real" }, if *stored_simulated { "real" } else { "simulated" })]
    Mixed {
        /// True when the stored profiles are the simulator's.
        stored_simulated: bool,
    },
    /// Another process has taken the run over, or it has ended: whoever still works on it must stop.
    #[error("run {run} is no longer ours")]
    Fenced {
        /// The run.
        run: RunId,
    },
    /// Anything else that the database refused.
    #[error("the database refused an operation")]
    Sql {
        /// What it said.
        source: sqlx::Error,
    },
}

impl StoreError {
    /// Names the database in an error of opening it.
    pub(super) fn opening(database: &str, source: sqlx::Error) -> Self {
        let database = database.to_owned();
        match Self::from(source) {
            Self::Unreachable { source, .. } | Self::Sql { source } => Self::Unreachable { database, source },
            Self::Refused { source, .. } => Self::Refused { database, source },
            Self::ReadOnly { source, .. } => Self::ReadOnly { database, source },
            other => other,
        }
    }

    /// Stable and machine-readable.
    pub const fn code(&self) -> Code {
        match self {
            Self::Unreachable { .. } => Code::Unreachable,
            Self::Refused { .. } => Code::Refused,
            Self::ReadOnly { .. } => Code::ReadOnly,
            Self::DiskFull { .. } => Code::DiskFull,
            Self::Moved { .. } => Code::Moved,
            Self::NewerSchema { .. } => Code::NewerSchema,
            Self::NeedsMigration { .. } => Code::NeedsMigration,
            Self::Migration { .. } => Code::Migration,
            Self::Mixed { .. } => Code::MixedSources,
            Self::Fenced { .. } => Code::Fenced,
            Self::Sql { .. } => Code::Sql,
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "Check that the server runs and that the URL is right (adsync config show), then retry."
            }
            Self::Refused { .. } => {
                "Check user, password and database name, or the file, in the URL (adsync config show)."
            }
            Self::ReadOnly { .. } => {
                "Give this user the right to write the file and its folder, or choose another with --database."
            }
            Self::DiskFull { .. } => "Free some space, then retry; nothing that was committed is lost.",
            Self::Moved { .. } => {
                "Put the file back, or start adsync again: until then nothing is committed."
            }
            Self::NewerSchema { .. } => "Use the adsync that migrated it, or a newer one.",
            Self::NeedsMigration { .. } => {
                "Stop other adsync processes that use it, then run: adsync migrate"
            }
            Self::Migration { .. } => {
                "The schema was changed by hand or a migration failed; nothing of the failed one was kept."
            }
            Self::Mixed { .. } => {
                "Keep the demo and real logins in databases of their own: set another one with --database or [database] url."
            }
            Self::Fenced { .. } => "Nothing to do: the process that took it over goes on with it.",
            Self::Sql { .. } => "This is a defect of adsync or a damaged database; the log has the details.",
        }
    }

    /// True when the same may succeed later without anybody changing anything.
    pub const fn retryable(&self) -> bool {
        self.code().retryable()
    }

    /// The report that is stored and shown.
    pub fn report(&self, at: Timestamp) -> ErrorReport {
        let mut causes = Vec::new();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            let text = cause.to_string();
            if causes.last().is_none_or(|last: &String| !last.contains(&text)) {
                causes.push(text);
            }
            source = cause.source();
        }
        ErrorReport { causes, ..ErrorReport::new(self.code(), self.to_string(), self.hint(), at) }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(source: sqlx::Error) -> Self {
        let database = "in use".to_owned();
        match &source {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Tls(_) => Self::Unreachable { database, source },
            sqlx::Error::Configuration(_) => Self::Refused { database, source },
            sqlx::Error::Database(error) => {
                let sqlite = error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
                let code = error.code().unwrap_or_default().into_owned();
                if sqlite {
                    // Extended result codes keep the primary code in their low byte.
                    match code.parse::<i32>().unwrap_or(0) & 0xff {
                        8 => Self::ReadOnly { database, source },
                        13 => Self::DiskFull { source },
                        5 | 6 | 10 => Self::Unreachable { database, source },
                        14 => Self::ReadOnly { database, source },
                        // Some other file: no waiting makes a database of it.
                        26 => Self::Refused { database, source },
                        _ => Self::Sql { source },
                    }
                } else {
                    match code.as_str() {
                        "53100" => Self::DiskFull { source },
                        "25006" => Self::ReadOnly { database, source },
                        "3D000" | "42501" => Self::Refused { database, source },
                        c if c.starts_with("28") => Self::Refused { database, source },
                        c if c.starts_with("08") || c.starts_with("57P") || c.starts_with("53") => {
                            Self::Unreachable { database, source }
                        }
                        _ => Self::Sql { source },
                    }
                }
            }
            _ => Self::Sql { source },
        }
    }
}
