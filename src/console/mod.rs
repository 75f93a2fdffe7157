//! The console: a screen that shows what the engine does, and keys that ask it to do something.
//!
//! `update` changes the model by events and says what must be done; `view` draws the model; only `runtime`
//! awaits. The engine is reached through [`Actions`] alone: nothing here knows a database or HTTP.

mod actions;
mod effects;
mod errors;
mod event;
mod filter;
mod home;
mod keys;
mod layout;
pub mod logs;
mod model;
mod runtime;
mod terminal;
mod text;
mod theme;
mod timing;
mod update;
mod view;

#[cfg(test)]
mod tests;

pub use actions::{Actions, Answer, Outcome};
pub use errors::ErrorsScreen;
pub use event::{Effect, Event};
pub use home::{Home, Sort};
pub use model::{ConsoleOptions, Modal, Model, Notice, Opened, Review, RunScreen, Screen, Stage, Units};
pub use runtime::{ConsoleError, Signal, drive, run};
pub use theme::Theme;
pub use update::update;
pub use view::view;
