//! What reaches the console, and what it wants done: plain data on both sides of `update`.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use super::export::Export;
use super::logbook::LogLine;
use super::query::{Data, Query};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::time::Timestamp;
use crate::sync::event::SyncEvent;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted; it never triggers a key's action.
    Paste(String),
    /// The terminal has another size.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The engine tells something.
    Engine {
        /// What.
        event: Box<SyncEvent>,
        /// The time now.
        at: Timestamp,
    },
    /// The engine will tell nothing more.
    EngineStopped,
    /// Time has passed, and something on screen depends on it.
    Tick(Timestamp),
    /// Lines were logged.
    Logged(Vec<Arc<LogLine>>),
    /// A frame with the present state was drawn, and every key typed before it was taken.
    Drawn,
    /// A request was answered.
    Answered {
        /// The request.
        effect: Effect,
        /// A sentence for the operator, or why it could not be done.
        result: Result<Option<String>, Box<ErrorReport>>,
    },
    /// What a screen asked for was read.
    Loaded {
        /// What it asked for.
        query: Query,
        /// What was read.
        result: Result<Data, Box<ErrorReport>>,
    },
    /// The process was asked to end, or the terminal went away: quit without asking, the second time at once.
    Terminate,
    /// Live runs were given back to the queue.
    Released,
}

/// Something that must be done. The runtime starts it and never waits; its result comes back as an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask every login for its profiles.
    RefreshProfiles,
    /// Sync profiles.
    Sync(Vec<ProfileId>),
    /// Retry the failed runs of profiles.
    Retry(Vec<ProfileId>),
    /// Stop the live runs of profiles.
    Cancel(Vec<ProfileId>),
    /// Commit a held run.
    Approve(RunId),
    /// Give up a held run.
    Discard(RunId),
    /// Read something from the database.
    Load(Query),
    /// Put a text onto the terminal's clipboard.
    Copy(String),
    /// Write a list to a file.
    Export(Box<Export>),
    /// Draw everything anew: something else has written onto the terminal.
    Redraw,
    /// Give live runs back to the queue.
    Release,
    /// Leave the console now.
    Exit,
}
