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
            return Ok(Share { booked, part: Part::Slots, told: true });
        }
        let told = if news { self.tell(booking).await? } else { None };
        // News that the writer had no time for are told with the next question.
        let was_told = told.is_some() || !news;
        let booked = match told {
            Some(booked) => booked,
            None => self.store.shared_budget(&booking.account).await?,
        };
        let (among, joined) = self.divide(booking).await?;
        Ok(Share { booked, part: Part::Divided { among, joined }, told: was_told })
    }

    /// Tells the others what was learned; `None` when the writer has no time for it.
    async fn tell(&self, booking: &Booking) -> Result<Option<Booked>, StoreError> {
        let news = Booking { weights: Vec::new(), ..booking.clone() };
        tokio::time::timeout(WRITER, self.store.book_requests(&news)).await.ok().transpose()
    }

    /// Among how many the rate is divided, and whether this process has just joined them. Whoever joins says so before it
    /// looks, so that of two that start together at least one sees the other; until it could, it goes on joining, and
    /// takes it that there is another one.
    async fn divide(&self, booking: &Booking) -> Result<(u32, bool), StoreError> {
        let account = &booking.account;
        let us = self.identity.to_string();
        let said_at = if booking.sending { self.enter(account, &us).await } else { None };
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
        if known_here {
            return Ok((others.saturating_add(1), said_at.is_none()));
        }
        // Not written yet, or taken for dead by another process: it is said again at the next look.
        if let Some(entered) = lock(&self.entered).get_mut(account) {
            entered.said_at = None;
        }
        Ok((others.max(1).saturating_add(1), true))
    }

    /// Says that this process sends, unless it did so lately. Gives when it had last said so before.
    async fn enter(&self, account: &str, us: &str) -> Option<Instant> {
        let now = Instant::now();
        let said_at = {
            let mut entered = lock(&self.entered);
            let fresh = Entered { said_at: None, used_at: now };
            let entered = entered.entry(account.to_owned()).or_insert(fresh);
            entered.used_at = now;
            entered.said_at
        };
        if said_at.is_none_or(|at| now.saturating_duration_since(at) > BEAT) {
            let said = tokio::time::timeout(WRITER, self.store.enter_rate(account, us)).await;
            if matches!(said, Ok(Ok(()))) {
                let entered = Entered { said_at: Some(now), used_at: now };
                lock(&self.entered).insert(account.to_owned(), entered);
            }
        }
        said_at
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
            // Of an account something else may have been told meanwhile than what was saved: it is always news.
            let wanted = |rate: &LearnedRate| if rate.profile.is_some() { is_news(rate) } else { all };
            client.learned_rates().into_iter().filter(wanted).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn booking(tell_rate: bool) -> Booking {
        Booking {
            account: "acme:EU".to_owned(),
            sending: true,
            weights: Vec::new(),
            per_second: 2.0,
            burst: 10,
            tell_rate,
            pauses: Vec::new(),
        }
    }

    /// A file, and two processes on it.
    async fn two_processes() -> (tempfile::TempDir, String, [StoredBudget; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("rates.db").display());
        let one = StoredBudget::new(Store::open(&url).await.unwrap(), Identity::current());
        let two = StoredBudget::new(Store::open(&url).await.unwrap(), Identity::current());
        (folder, url, [one, two])
    }

    async fn close(budgets: [StoredBudget; 2]) {
        for budget in budgets {
            budget.store.close().await;
        }
    }

    #[tokio::test]
    async fn of_two_processes_that_start_together_at_least_one_sees_the_other_before_it_sends() {
        for _ in 0..10 {
            let (_folder, _, budgets) = two_processes().await;
            let (ours, theirs) = (booking(false), booking(false));
            let (one, two) = futures::join!(budgets[0].ask(&ours), budgets[1].ask(&theirs));
            let parts = [one.unwrap().part, two.unwrap().part];
            assert!(parts.contains(&Part::Divided { among: 2, joined: true }), "{parts:?}");
            // At the next look both know, and go on.
            for budget in &budgets {
                let part = budget.ask(&ours).await.unwrap().part;
                assert_eq!(part, Part::Divided { among: 2, joined: false });
            }
            close(budgets).await;
        }
    }

    #[tokio::test]
    async fn whoever_could_not_say_that_it_sends_joins_until_it_could() {
        let (_folder, url, budgets) = two_processes().await;
        let other = Store::open(&url).await.unwrap();
        let writer = other.hold_writer().await;
        for budget in &budgets {
            for _ in 0..2 {
                let part = budget.ask(&booking(false)).await.unwrap().part;
                assert_eq!(part, Part::Divided { among: 2, joined: true }, "others may be unseen as well");
            }
        }
        drop(writer);
        other.close().await;
        let share = budgets[0].ask(&booking(false)).await.unwrap();
        assert_eq!(share.part, Part::Divided { among: 1, joined: true });
        let share = budgets[0].ask(&booking(false)).await.unwrap();
        assert_eq!(share.part, Part::Divided { among: 1, joined: false });
        close(budgets).await;
    }

    #[tokio::test]
    async fn news_that_the_writer_has_no_time_for_do_not_count_as_told() {
        let (_folder, url, budgets) = two_processes().await;
        let other = Store::open(&url).await.unwrap();
        let writer = other.hold_writer().await;
        let share = budgets[0].ask(&booking(true)).await.unwrap();
        assert!(!share.told && share.booked.rate.is_none(), "{share:?}");
        drop(writer);
        other.close().await;
        let share = budgets[0].ask(&booking(true)).await.unwrap();
        assert!(share.told && share.booked.rate.is_some(), "{share:?}");
        close(budgets).await;
    }
}
