//! Values that every layer shares: identifiers, money, entities, pages, runs, reports and causes.
//!
//! Nothing here does I/O, awaits, reads a clock or knows of a database, a terminal or HTTP.

pub mod cause;
pub mod code;
pub mod cost;
pub mod decimal;
pub mod drift;
pub mod entity;
pub mod id;
pub mod json;
pub mod limits;
pub mod page;
pub mod plural;
pub mod profile;
pub mod proof;
pub mod rate;
pub mod report;
pub mod run;
pub mod selection;
pub mod text;
pub mod time;
pub mod unit;
pub mod wait;
