//! The console's tests: keys and effects, every screen as text, anything at any size, and the event loop.

mod bulk;
mod changes;
mod driven;
mod errors;
mod fixture;
mod keys;
mod lists;
mod pace;
mod properties;
mod screens;
mod stage;
