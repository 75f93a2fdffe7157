//! placeholder
pub mod simulator;
