//! adsync: a terminal operations console that syncs Amazon Ads accounts into SQLite or PostgreSQL.
//!
//! The modules are layers; each may use only those below it. `ARCHITECTURE.md` has the map, and a test
//! walks `src` and refuses any other import.

pub mod config;
pub mod console;
pub mod domain;
pub mod sync;
