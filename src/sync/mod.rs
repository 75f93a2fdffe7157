//! The engine: it plans, fetches, proves and commits runs, keeps their leases, and tells what happens.
//!
//! It knows no terminal and no output format: whoever shows something folds its events.

mod brake;
mod carry;
pub mod causes;
mod certify;
mod context;
mod difference;
mod eligibility;
mod ending;
mod engine;
mod error;
pub mod estimate;
pub mod event;
mod fetch;
mod hub;
mod listing;
pub mod overview;
mod parking;
mod persist;
mod policy;
mod rates;
mod split;
mod throttle;
mod watch;
pub mod why;

pub use certify::ListError;
pub use engine::{Carries, Engine, EngineOptions, Requester};
pub use error::SyncError;
pub use policy::Policy;
