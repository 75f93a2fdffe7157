//! What the syncs of a profile cost so far, from which is told what the next one will.

use std::time::Duration;

use super::id::ProfileId;

/// What is known of one profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCost {
    /// The profile.
    pub profile_id: ProfileId,
    /// The run that says most: the last that completed, else the last that failed or is held.
    pub basis: Option<Basis>,
    /// Units that a retry would find proved.
    pub kept_units: u64,
    /// Pages of those units.
    pub kept_pages: u64,
}

/// What one run took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// Requests sent, retries included.
    pub requests: u64,
    /// From its first claim to its end.
    pub took: Duration,
    /// False when it did not get to its end, and a whole sync may take more.
    pub completed: bool,
}
