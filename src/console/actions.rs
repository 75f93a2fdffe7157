//! What the console may ask of the engine. The composition root implements it; tests replace it.
//!
//! Nothing here knows a database, HTTP or a terminal.

use futures::future::BoxFuture;
use tokio::sync::broadcast;

use super::query::{Data, Query};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::time::Timestamp;
use crate::sync::event::SyncEvent;
use crate::sync::overview::Overview;

/// What came of a request, in a sentence for the operator: `2 syncs queued`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The sentence.
    pub message: String,
}

/// A request under way.
pub type Answer<T> = BoxFuture<'static, Result<T, ErrorReport>>;

/// The engine, as far as the console reaches. No method blocks: what takes time is in the returned future.
pub trait Actions: Send + Sync + 'static {
    /// The state as of now, and every event after it.
    fn subscribe(&self) -> (Overview, broadcast::Receiver<SyncEvent>);

    /// The state as of now, for a listener that fell behind.
    fn snapshot(&self) -> Overview;

    /// The machine's clock corrected to the database's.
    fn now(&self) -> Timestamp;

    /// Asks every login for its profiles.
    fn refresh_profiles(&self) -> Answer<()>;

    /// Requests a sync of each profile; one that has a live run keeps it.
    fn sync(&self, profiles: Vec<ProfileId>) -> Answer<Outcome>;

    /// Requests a run of each profile that reuses what its failed run fetched.
    fn retry(&self, profiles: Vec<ProfileId>) -> Answer<Outcome>;

    /// Asks the live run of each profile to stop.
    fn cancel(&self, profiles: Vec<ProfileId>) -> Answer<Outcome>;

    /// Commits a held run, with at most the removals that were shown.
    fn approve(&self, run: RunId) -> Answer<Outcome>;

    /// Gives up a held run.
    fn discard(&self, run: RunId) -> Answer<Outcome>;

    /// Reads what a screen shows beside the overview; the answer is of the query's own kind.
    fn load(&self, query: Query) -> Answer<Data>;

    /// Gives live runs back to the queue, their pages kept; called once, when the console closes.
    fn release(&self) -> BoxFuture<'static, ()>;
}
