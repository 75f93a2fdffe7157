//! The engine: it plans, fetches, proves and commits runs, keeps their leases, and tells what happens.
//!
//! It knows no terminal and no output format: whoever shows something folds its events.

pub mod event;
pub mod overview;
