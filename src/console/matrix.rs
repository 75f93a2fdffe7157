//! The matrix as data: a row for each profile that the filter shows, a column for each unit.

use super::list::ListCursor;

/// The state of the matrix.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MatrixScreen {
    /// The current row.
    pub list: ListCursor,
}
