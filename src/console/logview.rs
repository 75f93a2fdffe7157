//! The screen of logs as data. The lines themselves are in the log's own buffer.

use super::list::ListCursor;

/// The state of the logs screen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogsScreen {
    /// The current line.
    pub list: ListCursor,
}
