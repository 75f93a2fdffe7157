//! The screen of limits as data: every bucket, its learned rate over time, who waits.

use super::list::ListCursor;

/// The state of the limits screen. What it shows is in the overview.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LimitsScreen {
    /// The current row.
    pub list: ListCursor,
}
