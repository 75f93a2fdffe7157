//! What the console asks for, done by the engine.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::broadcast;

use crate::cli::Failure;
use crate::console::{self, Actions, Answer, ChangesOf, Costs, Data, MOST_RUNS, Outcome, Query};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::run::{Origin, RunState};
use crate::domain::time::Timestamp;
use crate::store::{ChangeFilter, RunFilter};
use crate::sync::event::SyncEvent;
use crate::sync::overview::Overview;
use crate::sync::{Engine, Requester, SyncError};

/// The engine, as the console reaches it.
pub(super) struct EngineActions {
    engine: Engine,
    by: Requester,
}

impl EngineActions {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, by: Requester::operator(Origin::Console) }
    }
}

/// Changes that are read: one more than are listed tells that there are more.
const MOST_CHANGES: i64 = console::MOST_CHANGES as i64 + 1;

async fn read(engine: &Engine, query: Query) -> Result<Data, SyncError> {
    let store = engine.store();
    let most_runs = i64::try_from(MOST_RUNS).unwrap_or(i64::MAX);
    Ok(match query {
        Query::Costs => {
            let (costs, slots) = engine.run_costs().await?;
            Data::Costs(Costs {
                runs: costs.into_iter().map(|cost| (cost.profile_id, cost)).collect(),
                slots,
            })
        }
        Query::Units(run) => Data::Units(engine.units(run).await?),
        Query::Runs(profile_id) => {
            Data::Runs(store.runs(&RunFilter { profile_id, state: None, limit: most_runs }).await?)
        }
        Query::Run(run) => Data::Run(store.run(run).await?.map(Box::new)),
        Query::Held(run) => Data::Held(store.held(run).await?.map(Box::new)),
        Query::Proofs(profile) => {
            Data::Proofs(store.proofs(profile).await?, store.failed_units(profile).await?)
        }
        Query::Changes(ChangesOf::Run(run)) => {
            let filter = ChangeFilter { run_id: Some(run), limit: MOST_CHANGES, ..ChangeFilter::default() };
            Data::Changes(store.changes(&filter).await?)
        }
        Query::Changes(ChangesOf::Since { profile, since }) => {
            let since = Some(since);
            let filter = ChangeFilter { profile_id: profile, run_id: None, since, limit: MOST_CHANGES };
            Data::Changes(store.changes(&filter).await?)
        }
    })
}

fn report(error: SyncError) -> ErrorReport {
    Failure::from(error).report
}

fn plural(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// What came of several requests: how many did, and the first failure when none did.
fn outcome(
    done: usize,
    one: &str,
    many: &str,
    failures: Vec<SyncError>,
    nothing: &str,
) -> Result<Outcome, ErrorReport> {
    let others = failures.len();
    match failures.into_iter().next() {
        Some(first) if done == 0 => Err(report(first)),
        Some(first) => {
            Ok(Outcome { message: format!("{}, {others} refused: {first}", plural(done, one, many)) })
        }
        None if done == 0 => Ok(Outcome { message: nothing.to_owned() }),
        None => Ok(Outcome { message: plural(done, one, many) }),
    }
}

impl Actions for EngineActions {
    fn subscribe(&self) -> (Overview, broadcast::Receiver<SyncEvent>) {
        self.engine.subscribe()
    }

    fn snapshot(&self) -> Overview {
        self.engine.snapshot()
    }

    fn now(&self) -> Timestamp {
        self.engine.now()
    }

    fn refresh_profiles(&self) -> Answer<()> {
        let engine = self.engine.clone();
        async move {
            match engine.refresh_profiles().await {
                Ok(()) => Ok(()),
                Err(failures) => failures.into_iter().next().map_or(Ok(()), |(_, report)| Err(report)),
            }
        }
        .boxed()
    }

    fn sync(&self, profiles: Vec<ProfileId>) -> Answer<Outcome> {
        let (engine, by) = (self.engine.clone(), self.by.clone());
        async move {
            let (done, failures) = engine.sync_all(&profiles, &by).await.map_err(report)?;
            outcome(done, "sync requested", "syncs requested", failures, "nothing to sync")
        }
        .boxed()
    }

    fn retry(&self, profiles: Vec<ProfileId>) -> Answer<Outcome> {
        let (engine, by) = (self.engine.clone(), self.by.clone());
        async move {
            let (done, failures) = engine.retry_all(&profiles, &by).await.map_err(report)?;
            outcome(
                done,
                "retry requested",
                "retries requested",
                failures,
                "nothing failed here: s syncs anew",
            )
        }
        .boxed()
    }

    fn cancel(&self, profiles: Vec<ProfileId>) -> Answer<Outcome> {
        let engine = self.engine.clone();
        async move {
            let (mut done, mut failures) = (0, Vec::new());
            for profile in profiles {
                match engine.cancel(profile).await {
                    Ok(Some(_)) => done += 1,
                    Ok(None) => {}
                    Err(error) => failures.push(error),
                }
            }
            outcome(done, "sync told to stop", "syncs told to stop", failures, "nothing runs here")
        }
        .boxed()
    }

    fn approve(&self, run: RunId) -> Answer<Outcome> {
        let (engine, by) = (self.engine.clone(), self.by.clone());
        async move {
            let run = engine.approve(run, &by).await.map_err(report)?;
            Ok(Outcome { message: format!("run {} is approved and will be committed", run.id) })
        }
        .boxed()
    }

    fn discard(&self, run: RunId) -> Answer<Outcome> {
        let engine = self.engine.clone();
        async move {
            let run = engine.discard(run).await.map_err(report)?;
            debug_assert_eq!(run.state, RunState::Discarded);
            Ok(Outcome { message: format!("run {} is discarded", run.id) })
        }
        .boxed()
    }

    fn load(&self, query: Query) -> Answer<Data> {
        let engine = self.engine.clone();
        async move { read(&engine, query).await.map_err(report) }.boxed()
    }

    fn release(&self) -> BoxFuture<'static, ()> {
        let engine = self.engine.clone();
        async move { engine.release().await }.boxed()
    }
}
