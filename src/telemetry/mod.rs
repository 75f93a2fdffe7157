//! What adsync knows of its surroundings: the machine's clock, this process, and where log lines go.
//!
//! Knows nothing of profiles, databases or HTTP.

pub mod clock;
pub mod logging;
pub mod panics;
pub mod process;
pub mod terminal;
