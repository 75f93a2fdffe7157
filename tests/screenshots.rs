//! The part of the screenshot example that has tests of its own.

#[path = "../examples/screenshots/normalise.rs"]
mod normalise;
