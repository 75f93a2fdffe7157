//! The console's tests: keys and effects, every screen as text, anything at any size, and the event loop.

mod bulk;
mod changes;
mod driven;
mod errors;
mod filters;
mod finder;
mod fixture;
mod history;
mod keys;
mod limits;
mod lists;
mod logview;
mod matrix;
mod pace;
mod properties;
mod screens;
mod stage;
mod styles;
mod takeaway;
mod timeline;
