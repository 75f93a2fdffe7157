//! A SQLite database of one test's own.

use std::path::PathBuf;

use tempfile::TempDir;

/// An empty database file in a folder that is removed on drop.
pub(crate) struct TempSqlite {
    /// `sqlite:FILE` with an absolute path. The file does not exist yet.
    pub(crate) url: String,
    /// The file.
    pub(crate) path: PathBuf,
    /// Removes the folder, and with it the WAL beside the file.
    _dir: TempDir,
}

/// A place for a database that nobody else has.
pub(crate) fn fresh_database() -> TempSqlite {
    let dir = tempfile::Builder::new().prefix("adsync-test-").tempdir().expect("a temporary folder");
    let path = dir.path().join("test.db");
    TempSqlite { url: format!("sqlite:{}", path.display()), path, _dir: dir }
}
