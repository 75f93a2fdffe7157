//! What can be wrong with a configuration: each error says where, and what to do.

use std::path::PathBuf;

/// A configuration that cannot be used. All of them end with exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is no valid configuration.
    #[error("{}:{line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong, and the nearest known key where one is near.
        message: String,
    },
    /// A secret is not where the configuration says.
    #[error("{what} is missing: {reason}")]
    MissingSecret {
        /// Login and field.
        what: String,
        /// Why it could not be fetched.
        reason: String,
    },
    /// A database of a kind that adsync does not know.
    #[error("the database URL {url:?} is neither sqlite:FILE nor postgres://USER@HOST/DATABASE")]
    DatabaseUrl {
        /// The URL, redacted.
        url: String,
    },
}
