//! What the engine watches beside its own runs: leases, dead owners, other processes' runs, and the gauges.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::context::Stop;
use super::engine::{Inner, lock};
use super::event::{DatabaseLost, SyncEvent};
use crate::domain::id::RunId;
use crate::domain::run::RunState;
use crate::domain::time::Timestamp;
use crate::domain::wait::RunWaits;
use crate::store::{Renewal, StoreError};
use crate::telemetry::process::Identity;

/// How often a cancel by another process is looked for; it has to stop the run within a second.
const LOOK: Duration = Duration::from_millis(400);
/// How long a renewal may wait before it is tried again at the next look.
const RENEW: Duration = Duration::from_millis(500);
/// How often dead owners are looked for.
const JANITOR: Duration = Duration::from_secs(2);
/// How often other processes' runs are read.
const OTHERS: Duration = Duration::from_secs(1);
/// How long a database may take to answer before it counts as lost.
const ANSWER: Duration = Duration::from_secs(5);
/// How often the gauges are read.
const GAUGES: Duration = Duration::from_millis(200);
/// How often is looked for what our runs wait for.
const WAITS: Duration = Duration::from_millis(500);
/// A wait from which on others are told of it.
const TOLD: Duration = Duration::from_secs(1);
/// How often the database's clock is compared with the machine's.
const CLOCK: Duration = Duration::from_secs(30);

/// Starts all watches; each ends when the engine is released or dropped.
pub(super) fn spawn_all(inner: &Arc<Inner>) {
    tokio::spawn(until_closed(Arc::clone(inner), leases(Arc::clone(inner))));
    tokio::spawn(until_closed(Arc::clone(inner), janitor(Arc::clone(inner))));
    tokio::spawn(until_closed(Arc::clone(inner), others(Arc::clone(inner))));
    tokio::spawn(until_closed(Arc::clone(inner), gauges(Arc::clone(inner))));
    tokio::spawn(until_closed(Arc::clone(inner), waits(Arc::clone(inner))));
    tokio::spawn(until_closed(Arc::clone(inner), super::rates::remember(Arc::clone(inner))));
}

async fn until_closed(inner: Arc<Inner>, watch: impl Future<Output = ()>) {
    let mut closing = inner.closing.subscribe();
    tokio::select! {
        () = watch => {}
        // Leases of runs that are being given back hold long enough without a renewal.
        _ = closing.wait_for(|closing| *closing) => {}
    }
}

/// Renews the leases of our runs, and stops those that are cancelled or lost.
async fn leases(inner: Arc<Inner>) {
    let lease = inner.store.lease();
    let mut renewed: HashMap<RunId, tokio::time::Instant> = HashMap::new();
    let mut clock_set = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(LOOK).await;
        let carried = lock(&inner.carried).clone();
        renewed.retain(|run, _| carried.contains_key(run));
        for (run, carried) in carried {
            let last = *renewed.entry(run).or_insert_with(tokio::time::Instant::now);
            let due = last.elapsed() > lease / 3;
            // On SQLite a renewal may have to wait for a long commit; a cancel must not wait with it.
            let renewal = if due {
                tokio::time::timeout(RENEW, inner.store.renew(run, carried.epoch)).await.ok()
            } else {
                None
            };
            let due = renewal.is_some();
            let state = match renewal {
                Some(state) => state,
                None => inner.store.look(run, carried.epoch).await,
            };
            let stop = match state {
                Ok(Renewal::Ours) => None,
                Ok(Renewal::CancelRequested) => Some(Stop::Cancel),
                // A run that has just ended is no longer live either; then its task is about to say so.
                Ok(Renewal::Lost) => lock(&inner.carried).contains_key(&run).then_some(Stop::Lost),
                // Without the database nobody can take it over either, until the lease has run out.
                Err(_) => (last.elapsed() > lease).then_some(Stop::Lost),
            };
            if due && state.is_ok() {
                renewed.insert(run, tokio::time::Instant::now());
            }
            if let Some(stop) = stop {
                carried.stop.send_if_modified(|known| {
                    let first = known.is_none();
                    if first {
                        *known = Some(stop);
                    }
                    first
                });
            }
        }
        if clock_set.elapsed() > CLOCK
            && let Ok(now) = inner.store.now().await
        {
            inner.clock.set(now);
            clock_set = tokio::time::Instant::now();
        }
    }
}

/// Stores what our runs wait for, so that other processes can say it. What is over sooner than anybody would read it is
/// not worth a write.
async fn waits(inner: Arc<Inner>) {
    let mut told: HashMap<RunId, RunWaits> = HashMap::new();
    loop {
        tokio::time::sleep(WAITS).await;
        let carried = lock(&inner.carried).clone();
        told.retain(|run, _| carried.contains_key(run));
        if carried.is_empty() {
            continue;
        }
        let now = inner.clock.now();
        for (run, carried) in carried {
            let waits = waits_of(&inner, run, now);
            let known = told.entry(run).or_default();
            if !is_news(known, &waits, now) {
                continue;
            }
            // On SQLite somebody's commit may have the writer for long; the next look tries again.
            let told = tokio::time::timeout(RENEW, inner.store.tell_waits(run, carried.epoch, &waits)).await;
            if matches!(told, Ok(Ok(()))) {
                *known = waits;
            }
        }
    }
}

/// Pauses move with every look by the fraction of a second that reading them takes.
fn is_news(known: &RunWaits, waits: &RunWaits, now: Timestamp) -> bool {
    let login = |of: &RunWaits| of.login_until.filter(|until| until.since(now) >= TOLD);
    let moved = match (login(known), login(waits)) {
        (Some(a), Some(b)) => a.since(b).max(b.since(a)) >= TOLD,
        (a, b) => a.is_some() != b.is_some(),
    };
    moved || known.requests != waits.requests
}

/// What one of our runs waits for and will go on waiting for a while.
fn waits_of(inner: &Inner, run: RunId, now: Timestamp) -> RunWaits {
    let (mut requests, login, since) = inner.hub.with(|o| {
        let view = o.runs.values().find(|view| view.id == run);
        let login = view.and_then(|view| Some(o.profiles.get(&view.profile_id)?.profile.login.clone()));
        let limit =
            view.and_then(|view| o.limits.profiles.iter().find(|l| l.profile == Some(view.profile_id)));
        let since = limit.and_then(|limit| limit.waiting_since_ms).map(|ms| o.limits.instant(ms));
        (o.waits.get(&run).cloned().unwrap_or_default(), login, since)
    });
    requests.retain(|wait| wait.until.since(now) >= TOLD);
    requests.sort_by_key(|wait| wait.unit);
    let pause = login.and_then(|login| inner.client.pause_of(&login)).filter(|pause| *pause >= TOLD);
    let login_until = pause.map(|pause| now.plus(pause));
    let waits = !requests.is_empty() || login_until.is_some();
    RunWaits { requests, login_until, since: since.filter(|_| waits), ..RunWaits::default() }
}

/// Ends the leases of owners that are known to be dead, so that their runs go on at once.
async fn janitor(inner: Arc<Inner>) {
    let mut told = HashSet::new();
    loop {
        match bury_the_dead(&inner, &mut told).await {
            Ok(true) => inner.wake.notify_one(),
            Ok(false) => {}
            Err(error) => tracing::debug!(target: "adsync::sync", "owners cannot be looked at: {error}"),
        }
        tokio::time::sleep(JANITOR).await;
    }
}

async fn bury_the_dead(inner: &Inner, told: &mut HashSet<(RunId, i64)>) -> Result<bool, StoreError> {
    let mut any = false;
    let us = inner.identity.to_string();
    for live in inner.store.live_owners().await? {
        if live.owner == us {
            continue;
        }
        let Some(owner) = Identity::parse(&live.owner) else { continue };
        let local = inner.store.is_sqlite();
        let us = inner.identity.clone();
        let dead = tokio::task::spawn_blocking(move || us.knows_dead(&owner, local)).await.unwrap_or(false);
        if dead {
            if told.insert((live.run, live.epoch)) {
                let next = match inner.carries(live.run) {
                    true => ", taking it over",
                    false => "; whoever syncs its profile next takes it over, or an open console",
                };
                tracing::warn!(target: "adsync::sync", "run {}: its process has ended{next}", live.run);
            }
            inner.store.expire_lease(&live).await?;
            any = true;
        }
    }
    Ok(any)
}

/// Reads the runs of other processes and tells of what changed.
async fn others(inner: Arc<Inner>) {
    let mut since = inner.clock.now();
    loop {
        tokio::time::sleep(OTHERS).await;
        // Some overlap: a run that was committed while we looked carries a slightly older instant.
        let looked = inner.clock.now().minus(Duration::from_secs(5));
        // A server that went away without a word answers nothing; a file always does, be it after a long commit.
        let patience = if inner.store.is_sqlite() { Duration::MAX } else { ANSWER };
        let lost = match tokio::time::timeout(patience, read_others(&inner, since)).await {
            Ok(Ok(())) => {
                since = looked;
                lock(&inner.queue_refused).clone()
            }
            Ok(Err(error)) => {
                let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
                Some(format!("{error}{}", source.unwrap_or_default()))
            }
            Err(_) => Some(format!("it does not answer within {} s", ANSWER.as_secs())),
        };
        tell_of_database(&inner, lost);
    }
}

/// Tells when the database goes away, and when it is back.
fn tell_of_database(inner: &Inner, lost: Option<String>) {
    let known = inner.hub.with(|o| o.database_lost.is_some());
    match lost {
        Some(detail) if !known => {
            tracing::error!(target: "adsync::sync", "the database is lost: {detail}");
            let lost = Some(DatabaseLost { since: inner.clock.now(), detail });
            inner.hub.emit(SyncEvent::Database { lost });
        }
        None if known => {
            tracing::info!(target: "adsync::sync", "the database answers again");
            inner.hub.emit(SyncEvent::Database { lost: None });
        }
        _ => {}
    }
}

async fn read_others(inner: &Inner, since: Timestamp) -> Result<(), StoreError> {
    inner.store.in_place().await?;
    for run in inner.store.recent_runs(since).await? {
        if lock(&inner.carried).contains_key(&run.id) {
            continue;
        }
        let (changed, known) = inner.hub.with(|o| {
            let known = o.runs.get(&run.profile_id);
            (known != Some(&run), known.map(|known| known.id))
        });
        if known.is_some_and(|known| known > run.id) {
            continue;
        }
        // Units are only taken of the latest run, so a new run is told first; of a known one they come before its end.
        let new = known != Some(run.id);
        if new {
            inner.hub.emit(SyncEvent::Run { run: Box::new(run.clone()) });
        }
        if matches!(run.state, RunState::Fetching | RunState::Committing) || changed {
            for unit in inner.store.units(run.id).await? {
                let known =
                    inner.hub.with(|o| o.units.get(&run.id).is_some_and(|units| units.contains(&unit)));
                if !known {
                    inner.hub.emit(SyncEvent::Unit { profile_id: run.profile_id, unit: Box::new(unit) });
                }
            }
        }
        if changed {
            if run.state == RunState::Completed
                && let Some(profile) = inner.store.profile(run.profile_id).await?
            {
                inner.hub.emit(SyncEvent::Profile { profile: Box::new(profile) });
            }
            if !new {
                inner.hub.emit(SyncEvent::Run { run: Box::new(run) });
            }
        }
    }
    Ok(())
}

/// Tells how the budget stands, whenever that changed.
async fn gauges(inner: Arc<Inner>) {
    loop {
        tokio::time::sleep(GAUGES).await;
        let limits = inner.limits();
        if inner.hub.with(|o| o.limits != limits) {
            inner.hub.emit(SyncEvent::Limits { limits });
        }
    }
}
