//! The console: a screen that shows what the engine does, and keys that ask it to do something.
//!
//! `update` changes the model by events and says what must be done; `view` draws the model; only `runtime`
//! awaits. The engine is reached through [`Actions`] alone: nothing here knows a database or HTTP.

mod actions;
mod bulk;
mod changes;
mod copy;
mod effects;
mod errors;
mod event;
mod export;
mod filter;
mod finder;
mod history;
mod home;
mod keys;
mod layout;
mod limits;
mod list;
pub mod logbook;
pub mod logs;
mod logview;
mod matrix;
mod model;
mod pace;
mod palette;
mod pauses;
mod query;
mod rows;
mod runtime;
mod screen;
mod selection;
mod settle;
mod terminal;
mod text;
mod theme;
mod timing;
mod units;
mod update;
mod view;

#[cfg(test)]
mod tests;

pub use actions::{Actions, Answer, Outcome};
pub use bulk::{Act, Bulk, Costs, OfCause};
pub use changes::{ChangesScreen, MOST_CHANGES, Window};
pub use errors::ErrorsScreen;
pub use event::{Effect, Event};
pub use export::{Export, Format, Table};
pub use history::HistoryScreen;
pub use home::Home;
pub use limits::LimitsScreen;
pub use list::{ListCursor, Order};
pub use logbook::{LogBook, LogLine};
pub use logview::LogsScreen;
pub use matrix::MatrixScreen;
pub use model::{
    ConsoleOptions, Document, ExportDialog, Modal, Model, Notice, Opened, Review, RunScreen, Stage,
};
pub use palette::Palette;
pub use query::{ChangesOf, Data, Loaded, MOST_RUNS, Query};
pub use runtime::{ConsoleError, Signal, drive, run};
pub use screen::Screen;
pub use theme::Theme;
pub use update::update;
pub use view::view;
