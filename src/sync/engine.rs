//! The engine's face: start it, ask it for syncs, listen to it, let it go.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, broadcast, watch};
use tokio_util::task::TaskTracker;

use super::carry::carry;
use super::context::{RunContext, Stop};
use super::ending::Ending;
use super::error::SyncError;
use super::event::SyncEvent;
use super::hub::Hub;
use super::overview::Overview;
use super::policy::Policy;
use super::rates::StoredBudget;
use crate::ads::AdsClient;
use crate::config::SyncConfig;
use crate::domain::cost::RunCost;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::limits::LimitsSnapshot;
use crate::domain::profile::Barred;
use crate::domain::run::{Origin, RunState, RunView, UnitView};
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;
use crate::store::{Claim, NewRun, Store, StoreError};
use crate::telemetry::clock::SharedClock;
use crate::telemetry::process::Identity;
use crate::telemetry::{panics, process};

/// Which runs an engine carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// Any run that is due: the console.
    Any,
    /// Only what was asked for through it: the commands.
    Requested,
}

/// What an engine is started with.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// What is synced, and how carefully.
    pub sync: SyncConfig,
    /// Which runs it carries.
    pub carries: Carries,
    /// Whose profiles it syncs.
    pub profiles: Selection,
}

/// Who asks for something, for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// `user@host`.
    pub name: String,
    /// From where.
    pub origin: Origin,
}

impl Requester {
    /// The operator of this process.
    pub fn operator(origin: Origin) -> Self {
        Self { name: process::operator(), origin }
    }
}

/// Operators go before everything that runs by itself.
const OPERATOR_PRIORITY: i64 = 10;

impl Requester {
    fn new_run(&self, profile_id: ProfileId, retry_of: Option<RunId>) -> NewRun {
        NewRun {
            profile_id,
            priority: OPERATOR_PRIORITY,
            requested_by: self.name.clone(),
            origin: self.origin,
            retry_of,
        }
    }
}

/// The engine. Cheap to clone; all clones are the same engine.
#[derive(Clone)]
pub struct Engine {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) store: Store,
    pub(super) client: AdsClient,
    pub(super) hub: Hub,
    pub(super) clock: Arc<SharedClock>,
    pub(super) identity: Identity,
    /// What is shared of rates with other processes and later starts.
    pub(super) budget: Arc<StoredBudget>,
    /// When the budget's own times begin.
    limits_since: Timestamp,
    pub(super) options: EngineOptions,
    /// Runs in our hands, and how to stop them.
    pub(super) carried: Mutex<HashMap<RunId, Carried>>,
    /// Runs that were asked for through us.
    requested: Mutex<HashSet<RunId>>,
    /// Held while logins are asked: answers are stored in the order in which they were asked for.
    pub(super) listing: tokio::sync::Mutex<()>,
    /// True once entries of the configuration that mean no profile were told.
    pub(super) told_unmatched: AtomicBool,
    /// Why the queue could not be written when it was last tried: a full disk can still be read.
    pub(super) queue_refused: Mutex<Option<String>>,
    /// Wakes the dispatcher.
    pub(super) wake: Notify,
    /// True once nothing new is begun.
    pub(super) closing: watch::Sender<bool>,
    tasks: TaskTracker,
}

#[derive(Debug, Clone)]
pub(super) struct Carried {
    pub(super) epoch: i64,
    pub(super) stop: watch::Sender<Option<Stop>>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // These locks are held for single map operations; none of them can leave its map half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    /// True for a run that this engine takes when it is free to be taken.
    pub(super) fn carries(&self, run: RunId) -> bool {
        self.options.carries == Carries::Any || lock(&self.requested).contains(&run)
    }

    /// The budget's gauges, by the database's clock.
    pub(super) fn limits(&self) -> LimitsSnapshot {
        LimitsSnapshot { since: self.limits_since, ..self.client.limits() }
    }
}

impl Engine {
    /// Reads what is stored, and begins to carry runs in the background.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn start(store: Store, client: AdsClient, options: EngineOptions) -> Result<Self, SyncError> {
        let clock = Arc::new(SharedClock::default());
        clock.set(store.now().await?);
        let identity = Identity::current();
        let budget = Arc::new(StoredBudget::new(store.clone(), identity.clone()));
        budget.recall(&client).await?;
        client.share_budget(Arc::clone(&budget) as _);
        let limits_since = clock.now().minus(client.budget_age());
        let mut overview = Overview::read(&store).await?;
        overview.limits = LimitsSnapshot { since: limits_since, ..client.limits() };
        overview.process = identity.to_string();
        overview.carries_at_once = Some(options.sync.concurrent_profiles);
        let policy = Policy {
            logins: client.login_names().iter().map(|name| (*name).to_owned()).collect(),
            selection: options.profiles.clone(),
        };
        let inner = Arc::new(Inner {
            store,
            client,
            hub: Hub::new(overview, policy),
            clock,
            identity,
            budget,
            limits_since,
            options,
            carried: Mutex::new(HashMap::new()),
            requested: Mutex::new(HashSet::new()),
            listing: tokio::sync::Mutex::new(()),
            told_unmatched: AtomicBool::new(false),
            queue_refused: Mutex::new(None),
            wake: Notify::new(),
            closing: watch::Sender::new(false),
            tasks: TaskTracker::new(),
        });
        inner.tasks.spawn(dispatch(Arc::clone(&inner)));
        // In the background: on SQLite it may have to wait for somebody's commit, and the start must not.
        let (store, ended_for) = (inner.store.clone(), inner.options.sync.reuse_pages_for);
        tokio::spawn(async move {
            if let Err(error) = store.prune_pages(ended_for).await {
                tracing::warn!(target: "adsync::sync", "old pages could not be pruned: {error}");
            }
        });
        super::watch::spawn_all(&inner);
        Ok(Self { inner })
    }

    /// The state so far, and everything that comes after it.
    pub fn subscribe(&self) -> (Overview, broadcast::Receiver<SyncEvent>) {
        self.inner.hub.subscribe()
    }

    /// The state so far; what a listener that lagged goes on with.
    pub fn snapshot(&self) -> Overview {
        self.inner.hub.snapshot()
    }

    /// The database's clock, as well as it is known.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Asks for a sync of a profile, from its start. A live run of it is given instead of a second one.
    ///
    /// # Errors
    /// When the profile is unknown or not syncable, or the database cannot be written.
    pub async fn sync(&self, profile: ProfileId, by: &Requester) -> Result<RunView, SyncError> {
        self.request(profile, by, None).await
    }

    /// Asks for a retry of a profile's failed or cancelled run, which adopts the pages that it may reuse. Gives
    /// `None` when there is nothing to retry.
    ///
    /// # Errors
    /// As [`Engine::sync`].
    pub async fn retry(&self, profile: ProfileId, by: &Requester) -> Result<Option<RunView>, SyncError> {
        match self.inner.store.retryable_run(profile).await? {
            Some(failed) => self.request(profile, by, Some(failed.id)).await.map(Some),
            None => Ok(None),
        }
    }

    /// Asks for syncs of several profiles at once: all that can be asked for are in the queue together, or none is. Gives
    /// how many they are, and why the others cannot be.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn sync_all(
        &self,
        profiles: &[ProfileId],
        by: &Requester,
    ) -> Result<(usize, Vec<SyncError>), SyncError> {
        self.request_all(profiles.iter().map(|profile| (*profile, None)), by).await
    }

    /// The same for retries of failed and cancelled runs; profiles with nothing to retry are left out.
    ///
    /// # Errors
    /// As [`Engine::sync_all`].
    pub async fn retry_all(
        &self,
        profiles: &[ProfileId],
        by: &Requester,
    ) -> Result<(usize, Vec<SyncError>), SyncError> {
        let mut asked = Vec::new();
        for profile in profiles {
            let failed = self.inner.store.retryable_run(*profile).await?;
            asked.extend(failed.map(|run| (*profile, Some(run.id))));
        }
        self.request_all(asked.into_iter(), by).await
    }

    async fn request_all(
        &self,
        asked: impl Iterator<Item = (ProfileId, Option<RunId>)>,
        by: &Requester,
    ) -> Result<(usize, Vec<SyncError>), SyncError> {
        let (mut news, mut refused) = (Vec::new(), Vec::new());
        for (profile, retry_of) in asked {
            match self.judge(profile).await {
                Ok(()) => news.push(by.new_run(profile, retry_of)),
                Err(error @ SyncError::Store(_)) => return Err(error),
                Err(error) => refused.push(error),
            }
        }
        let requested = self.inner.store.request_runs(&news).await?;
        for one in &requested {
            self.take_up(&one.run, one.discarded);
        }
        Ok((requested.len(), refused))
    }

    async fn request(
        &self,
        profile: ProfileId,
        by: &Requester,
        retry_of: Option<RunId>,
    ) -> Result<RunView, SyncError> {
        self.judge(profile).await?;
        let requested = self.inner.store.request_run(&by.new_run(profile, retry_of)).await?;
        self.take_up(&requested.run, requested.discarded);
        Ok(requested.run)
    }

    /// Says why a profile cannot be synced.
    async fn judge(&self, profile: ProfileId) -> Result<(), SyncError> {
        let inner = &self.inner;
        let mut stored = inner.store.profile(profile).await?.ok_or(SyncError::UnknownProfile(profile))?;
        inner.hub.policy().judge(&mut stored);
        let refuse = |reason: &str| SyncError::NotSyncable { profile, reason: reason.to_owned() };
        if let Some(reason) = stored.profile.not_syncable() {
            return Err(refuse(reason));
        }
        match stored.barred {
            Some(Barred::LoginRemoved { login }) => return Err(SyncError::UnknownLogin(login)),
            Some(barred) => return Err(SyncError::Excluded { profile, barred }),
            None => {}
        }
        if let Some(since) = stored.gone_at {
            let (login, since) = (&stored.profile.login, since.to_rfc3339());
            return Err(refuse(&format!(
                "login {login} no longer lists it, since {since}; its data is kept"
            )));
        }
        Ok(())
    }

    /// Carries a run that was asked for; tells which held one it has replaced.
    fn take_up(&self, run: &RunView, discarded: Option<RunId>) {
        if let Some(given_up) = discarded {
            let name = self.inner.hub.with(|o| o.profiles.get(&run.profile_id).map(|p| p.profile.title()));
            let name = name.unwrap_or_else(|| run.profile_id.to_string());
            tracing::warn!(
                target: "adsync::sync", profile_id = run.profile_id.0,
                "{name}: run {given_up} was held and is given up for run {}", run.id
            );
        }
        lock(&self.inner.requested).insert(run.id);
        self.inner.hub.emit(SyncEvent::Run { run: Box::new(run.clone()) });
        self.inner.wake.notify_one();
    }

    /// Asks the live run of a profile to stop. Gives `None` when there is none.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn cancel(&self, profile: ProfileId) -> Result<Option<RunView>, SyncError> {
        let inner = &self.inner;
        // Ours stops at once, even while the database is busy with somebody's commit.
        let ours =
            inner.hub.with(|o| o.runs.get(&profile).filter(|run| run.state.is_live()).map(|run| run.id));
        if let Some(carried) = ours.and_then(|run| lock(&inner.carried).get(&run).cloned()) {
            carried.stop.send_replace(Some(Stop::Cancel));
        }
        let run = inner.store.request_cancel(profile).await?;
        if let Some(run) = &run {
            if let Some(carried) = lock(&inner.carried).get(&run.id) {
                carried.stop.send_if_modified(|stop| {
                    let first = stop.is_none();
                    if first {
                        *stop = Some(Stop::Cancel);
                    }
                    first
                });
            }
            inner.hub.emit(SyncEvent::Run { run: Box::new(run.clone()) });
            return Ok(Some(run.clone()));
        }
        // It may have ended by our own stop before the database was asked.
        match ours {
            Some(run) => Ok(inner.store.run(run).await?.filter(|run| run.state == RunState::Cancelled)),
            None => Ok(None),
        }
    }

    /// Approves a held run: it will commit at most the removals that were shown.
    ///
    /// # Errors
    /// When it is not held, or what was fetched is too old by now.
    pub async fn approve(&self, run: RunId, by: &Requester) -> Result<RunView, SyncError> {
        let inner = &self.inner;
        let fresh = inner.options.sync.reuse_pages_for;
        match inner.store.approve(run, &by.name, fresh).await? {
            Some(view) => {
                self.take_up(&view, None);
                Ok(view)
            }
            None => Err(self
                .not_held(run, "was fetched too long ago to be committed: sync the profile anew")
                .await?),
        }
    }

    /// What the last runs of all profiles took, and how many profiles are synced at once.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn run_costs(&self) -> Result<(Vec<RunCost>, usize), SyncError> {
        let sync = &self.inner.options.sync;
        Ok((self.inner.store.run_costs(sync.reuse_pages_for).await?, sync.concurrent_profiles))
    }

    /// Gives up a held run.
    ///
    /// # Errors
    /// When it is not held.
    pub async fn discard(&self, run: RunId) -> Result<RunView, SyncError> {
        match self.inner.store.discard(run).await? {
            Some(view) => {
                self.inner.hub.emit(SyncEvent::Run { run: Box::new(view.clone()) });
                Ok(view)
            }
            None => Err(self.not_held(run, "is held, and could not be discarded").await?),
        }
    }

    async fn not_held(&self, run: RunId, held: &str) -> Result<SyncError, StoreError> {
        let reason = match self.inner.store.run(run).await? {
            None => "is not known".to_owned(),
            Some(view) if view.state == RunState::Held => held.to_owned(),
            Some(view) => format!("is {}, not held", view.state),
        };
        Ok(SyncError::NotHeld { run, reason })
    }

    /// The units of a run, from the database.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn units(&self, run: RunId) -> Result<Vec<UnitView>, SyncError> {
        Ok(self.inner.store.units(run).await?)
    }

    /// The database behind the engine, for commands that only read.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Ends the engine: nothing new is begun, and runs in our hands go back to the queue with their pages.
    pub async fn release(&self) {
        let inner = &self.inner;
        inner.closing.send_replace(true);
        for carried in lock(&inner.carried).values() {
            carried.stop.send_if_modified(|stop| {
                let first = stop.is_none();
                if first {
                    *stop = Some(Stop::GiveBack);
                }
                first
            });
        }
        inner.tasks.close();
        inner.tasks.wait().await;
        inner.budget.end(&inner.client).await;
    }
}

/// Claims runs that are due while there is a slot for them.
async fn dispatch(inner: Arc<Inner>) {
    let mut closing = inner.closing.subscribe();
    let owner = inner.identity.to_string();
    let logins = inner.hub.policy().logins.clone();
    loop {
        if *closing.borrow() {
            return;
        }
        let free = lock(&inner.carried).len() < inner.options.sync.concurrent_profiles;
        let claimed = if free {
            let only = match inner.options.carries {
                Carries::Any => None,
                Carries::Requested => Some(lock(&inner.requested).clone()),
            };
            // What is begun now could not be committed.
            match inner.store.in_place().await {
                Ok(()) => inner.store.claim(&owner, &logins, only.as_ref()).await,
                Err(moved) => Err(moved),
            }
        } else {
            Ok(None)
        };
        *lock(&inner.queue_refused) = claimed.as_ref().err().map(ToString::to_string);
        match claimed {
            Ok(Some(claim)) => {
                begin(&inner, claim);
                continue;
            }
            Ok(None) => {}
            // Told once, with everything else that the database does not do.
            Err(error) => tracing::debug!(target: "adsync::sync", "nothing can be claimed: {error}"),
        }
        tokio::select! {
            () = inner.wake.notified() => {}
            // Runs of other processes, and those that were parked, become due without anybody waking us.
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = closing.changed() => {}
        }
    }
}

fn begin(inner: &Arc<Inner>, claim: Claim) {
    let run = claim.run;
    let stop = watch::Sender::new(None);
    if run.cancel_requested {
        stop.send_replace(Some(Stop::Cancel));
    }
    if claim.found != RunState::Queued {
        tracing::warn!(target: "adsync::sync", profile_id = run.profile_id.0, "run {} is taken over from a process that ended", run.id);
    }
    lock(&inner.carried).insert(run.id, Carried { epoch: run.epoch, stop: stop.clone() });
    // A stop that came between the claim and this line must not be missed.
    if *inner.closing.borrow() {
        stop.send_replace(Some(Stop::GiveBack));
    }
    inner.hub.emit(SyncEvent::Run { run: Box::new(run.clone()) });
    let inner_task = Arc::clone(inner);
    inner.tasks.spawn(async move {
        // It is in our hands until its end is stored: nobody else looks after a run whose lease is ours.
        if let Some(ending) = carry_claimed(&inner_task, &run, &stop).await {
            ending.store(&inner_task, &run).await;
        }
        lock(&inner_task.carried).remove(&run.id);
        inner_task.wake.notify_one();
    });
}

async fn carry_claimed(inner: &Inner, run: &RunView, stop: &watch::Sender<Option<Stop>>) -> Option<Ending> {
    let Ok(Some(stored)) = inner.store.profile(run.profile_id).await else {
        // Tried again later.
        return Some(Ending::GivenBack(Some(Duration::from_secs(5))));
    };
    let context = Arc::new(RunContext::new(
        inner.store.clone(),
        inner.client.clone(),
        inner.hub.clone(),
        inner.options.sync.clone(),
        Arc::clone(&inner.clock),
        stored.profile,
        run.clone(),
        stop.subscribe(),
    ));
    match panics::contain(carry(Arc::clone(&context))).await {
        Ok(ending) => ending,
        Err(message) => {
            Some(Ending::failed(&context, SyncError::Panic { message }.report(inner.clock.now())))
        }
    }
}
