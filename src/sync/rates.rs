//! The rate budget across processes and starts: implements the client's [`SharedBudget`] over the store, and remembers
//! what was learned.
//!
//! On PostgreSQL every request is booked in the database. SQLite has one writer, which must not be asked for every
//! request: there the processes divide the rate among those that send.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::time::Instant;

use super::engine::{Inner, lock};
use crate::ads::{AdsClient, Part, Share, SharedBudget, Unshared};
use crate::domain::id::ProfileId;
use crate::domain::rate::{Booked, Booking, LearnedRate};
use crate::store::{RateProcess, Store, StoreError};
use crate::telemetry::process::Identity;

/// How long a learned rate is remembered at all; it counts for less from its first hour on.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// How often is looked for something to remember, and for accounts that nobody uses any more.
const LOOK: Duration = Duration::from_secs(10);
/// A rate that changed by less than this factor is not written again before it is this old.
const NOTABLE: f64 = 1.1;
const REFRESH: Duration = Duration::from_secs(6 * 3600);
/// How long SQLite's writer is waited for: somebody's commit may have it for long.
const WRITER: Duration = Duration::from_millis(500);
/// How often a process that sends gives a sign of life.
const BEAT: Duration = Duration::from_secs(10);
/// A process without a sign of life for this long has ended, when nothing else can be known about it.
const SILENT: Duration = Duration::from_secs(300);
/// An account that nothing was sent for in this long is left to the others.
const IDLE: Duration = Duration::from_secs(30);

/// The common budget, in the database.
#[derive(Debug)]
pub(super) struct StoredBudget {
    store: Store,
    identity: Identity,
    /// Accounts for which this process said that it sends: when it last said so, and when it last did.
    entered: Mutex<HashMap<String, Entered>>,
    /// What is in the database of learned rates, and since when.
    saved: Mutex<Saved>,
}

/// Rates by account and profile, and when they were learned.
type Saved = HashMap<(String, Option<ProfileId>), (f64, Instant)>;

#[derive(Debug, Clone, Copy)]
struct Entered {
    said_at: Option<Instant>,
    used_at: Instant,
}

impl SharedBudget for StoredBudget {
    fn book<'a>(&'a self, booking: &'a Booking) -> BoxFuture<'a, Result<Share, Unshared>> {
        async move { self.ask(booking).await.map_err(|error| Unshared(error.to_string())) }.boxed()
    }
}

impl StoredBudget {
    pub(super) fn new(store: Store, identity: Identity) -> Self {
        Self { store, identity, entered: Mutex::default(), saved: Mutex::default() }
    }

    async fn ask(&self, booking: &Booking) -> Result<Share, StoreError> {
        let news = booking.tell_rate || !booking.pauses.is_empty();
        if !self.store.is_sqlite() {
            let booked = if news || !booking.weights.is_empty() {
                self.store.book_requests(booking).await?
            } else {
                self.store.shared_budget(&booking.account).await?
            };
            return Ok(Share { booked, part: Part::Slots });
        }
        let booked = match news {
            true => self.tell(booking).await?,
            false => self.store.shared_budget(&booking.account).await?,
        };
        let (among, joined) = self.divide(booking).await?;
        Ok(Share { booked, part: Part::Divided { among, joined } })
    }

    /// Tells the others what was learned. News that the writer has no time for would be old when it has.
    async fn tell(&self, booking: &Booking) -> Result<Booked, StoreError> {
        let news = Booking { weights: Vec::new(), ..booking.clone() };
        match tokio::time::timeout(WRITER, self.store.book_requests(&news)).await {
            Ok(booked) => booked,
            Err(_) => self.store.shared_budget(&booking.account).await,
        }
    }

    /// Among how many the rate is divided, and whether this process has just joined them.
    async fn divide(&self, booking: &Booking) -> Result<(u32, bool), StoreError> {
        let account = &booking.account;
        let us = self.identity.to_string();
        let known = self.store.rate_processes(account).await?;
        let known_here = known.iter().any(|p| p.process == us);
        let others: Vec<RateProcess> = known.into_iter().filter(|p| p.process != us).collect();
        let (alive, dead) = self.judge(others).await;
        for process in dead {
            let _ = tokio::time::timeout(WRITER, self.store.leave_rate(Some(account), &process)).await;
        }
        let others = u32::try_from(alive).unwrap_or(u32::MAX);
        if !booking.sending {
            return Ok((others + u32::from(known_here), false));
        }
        let now = Instant::now();
        let before = {
            let mut entered = lock(&self.entered);
            let before = entered.get(account).copied();
            entered.entry(account.clone()).or_insert(Entered { said_at: None, used_at: now }).used_at = now;
            before
        };
        let said_at = before.and_then(|before| before.said_at).filter(|_| known_here);
        if said_at.is_none_or(|at| now.saturating_duration_since(at) > BEAT) {
            let said = tokio::time::timeout(WRITER, self.store.enter_rate(account, &us)).await;
            if matches!(said, Ok(Ok(()))) {
                lock(&self.entered).insert(account.clone(), Entered { said_at: Some(now), used_at: now });
            }
        }
        Ok((others.saturating_add(1), before.is_none()))
    }

    /// How many of these processes live, and which have ended.
    async fn judge(&self, processes: Vec<RateProcess>) -> (usize, Vec<String>) {
        if processes.is_empty() {
            return (0, Vec::new());
        }
        let us = self.identity.clone();
        let judged = tokio::task::spawn_blocking(move || {
            let (dead, alive): (Vec<_>, Vec<_>) = processes.into_iter().partition(|p| has_ended(&us, p));
            (alive.len(), dead.into_iter().map(|p| p.process).collect())
        });
        judged.await.unwrap_or_default()
    }

    /// Leaves accounts to the others that nothing was sent for lately; all of them when this process ends.
    async fn leave(&self, all: bool) {
        let now = Instant::now();
        let idle: Vec<String> = {
            let mut entered = lock(&self.entered);
            let idle = |e: &Entered| all || now.saturating_duration_since(e.used_at) > IDLE;
            let accounts = entered.iter().filter(|(_, e)| idle(e)).map(|(a, _)| a.clone()).collect();
            entered.retain(|_, e| !idle(e));
            accounts
        };
        let us = self.identity.to_string();
        for account in idle {
            // A process that has ended is found out anyway.
            let _ = tokio::time::timeout(WRITER, self.store.leave_rate(Some(&account), &us)).await;
        }
    }

    /// Gives the client what is remembered.
    pub(super) async fn recall(&self, client: &AdsClient) -> Result<(), StoreError> {
        let rates = self.store.learned_rates(KEPT).await?;
        client.recall_rates(&rates);
        let now = Instant::now();
        let mut saved = lock(&self.saved);
        for rate in rates {
            // Whatever is learned now is news to what is old.
            let at = now.checked_sub(rate.age).unwrap_or(now);
            saved.insert((rate.account, rate.profile), (rate.per_second, at));
        }
        Ok(())
    }

    /// Remembers what has changed notably. The accounts' own rates are told with the bookings, and would only look
    /// like news of another process; `all` writes them, too.
    async fn save(&self, client: &AdsClient, all: bool) {
        let now = Instant::now();
        let news: Vec<LearnedRate> = {
            let saved = lock(&self.saved);
            let is_news = |rate: &LearnedRate| {
                saved.get(&(rate.account.clone(), rate.profile)).is_none_or(|(known, at)| {
                    let factor = rate.per_second / known;
                    !(1.0 / NOTABLE..=NOTABLE).contains(&factor)
                        || now.saturating_duration_since(*at) > rate.age + REFRESH
                })
            };
            client
                .learned_rates()
                .into_iter()
                .filter(|r| (all || r.profile.is_some()) && is_news(r))
                .collect()
        };
        if news.is_empty() {
            return;
        }
        // Nobody waits for it: what cannot be written now is news again at the next look.
        match tokio::time::timeout(WRITER * 4, self.store.save_learned_rates(&news, KEPT)).await {
            Ok(Ok(())) => {
                let mut saved = lock(&self.saved);
                for rate in news {
                    saved.insert((rate.account, rate.profile), (rate.per_second, now));
                }
            }
            Ok(Err(error)) => {
                tracing::debug!(target: "adsync::sync", "learned rates cannot be stored: {error}");
            }
            Err(_) => tracing::debug!(target: "adsync::sync", "learned rates wait for the database"),
        }
    }

    /// The end of this process: what was learned is remembered, and the rate is left to the others.
    pub(super) async fn end(&self, client: &AdsClient) {
        self.save(client, true).await;
        self.leave(true).await;
    }
}

/// True when a process has ended: certainly, where this machine can tell, and else when it was silent for long.
fn has_ended(us: &Identity, process: &RateProcess) -> bool {
    let Some(other) = Identity::parse(&process.process) else { return process.silent > SILENT };
    let judged = other.host == us.host && other.boot == us.boot && other.namespace == us.namespace;
    us.knows_dead(&other, true) || (!judged && process.silent > SILENT)
}

/// Remembers what was learned, now and then.
pub(super) async fn remember(inner: Arc<Inner>) {
    loop {
        tokio::time::sleep(LOOK).await;
        inner.budget.save(&inner.client, false).await;
        inner.budget.leave(false).await;
    }
}
