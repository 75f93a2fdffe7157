//! The request budget: a queue in front of every request, and buckets for each account and each profile that
//! learn how fast they may be emptied.
//!
//! The sender is picked at the moment of sending: priority first, then fair between profiles, then who asked
//! first. Time is tokio's, so all of it runs in virtual time as well. Knows nothing of HTTP or databases: what is
//! remembered comes in and goes out as values, and what processes share is behind [`SharedBudget`].

mod account;
mod bucket;
mod clock;
mod counters;
mod flow;
mod history;
mod lane;
mod learn;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rig;
mod shared;
#[cfg(test)]
mod sharing_tests;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use self::account::{Account, Place, Waiter};
use super::backoff::Backoff;
use crate::config::RateLimitConfig;
use crate::domain::id::ProfileId;
use crate::domain::limits::LimitsSnapshot;
use crate::domain::profile::Region;
use crate::domain::rate::{Booking, LearnedRate};
use crate::domain::time::Timestamp;

pub use self::shared::{Part, Share, SharedBudget, Unshared};

/// Requests outside any profile, such as the list of profiles, share a lane of their own.
pub(super) type ProfileKey = Option<ProfileId>;

/// The configuration, as the buckets read it.
#[derive(Debug, Clone)]
struct Limits {
    enabled: bool,
    start: f64,
    floor: f64,
    ceiling: f64,
    burst: u32,
    patience: Duration,
}

/// What becomes of a request that waits.
#[derive(Debug)]
enum Verdict {
    /// It goes out now.
    Go { at: Instant },
    /// Its profile pauses for longer than patience lasts.
    Paused { left: Duration },
}

/// A profile pauses for longer than patience lasts: whoever asks should come back after `left`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paused {
    pub(super) left: Duration,
}

/// The budget of a process.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limits: Limits,
    backoff: Backoff,
    state: Mutex<State>,
    /// Rings when the queue can move at another time than before.
    changed: Notify,
    /// The zero of the times that a snapshot tells.
    origin: Instant,
}

#[derive(Debug, Default)]
struct State {
    /// What this process shares with others.
    common: Option<Arc<dyn SharedBudget>>,
    accounts: Vec<((String, Region), Account)>,
    ticket: u64,
    dispatcher: Option<JoinHandle<()>>,
}

/// Who asks, and how urgently.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) account: AccountId,
    pub(super) profile: ProfileKey,
    pub(super) priority: i64,
    pub(super) weight: u32,
    /// The place of an earlier attempt: whoever tries again is not sent to the end of the queue.
    pub(super) ticket: Ticket,
}

/// One account of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AccountId(usize);

/// When a request first asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Budget {
    pub(super) fn new(config: &RateLimitConfig, backoff: Backoff) -> Self {
        let limits = Limits {
            enabled: config.enabled,
            start: config.start_per_second,
            floor: config.min_per_second,
            ceiling: config.max_per_second,
            burst: config.burst,
            patience: config.patience,
        };
        let (state, changed) = (Mutex::default(), Notify::new());
        let shared = Shared { limits, backoff, state, changed, origin: Instant::now() };
        Self { shared: Arc::new(shared) }
    }

    /// The account of a client in a region, which all logins of that client share; it is named after the first.
    pub(super) fn account(&self, client_id: &str, region: Region, name: &str) -> AccountId {
        let mut state = self.shared.lock();
        let at = state.accounts.iter().position(|((id, r), _)| id == client_id && *r == region);
        if let Some((_, account)) = at.and_then(|at| state.accounts.get_mut(at)) {
            account.share_with(name);
        }
        AccountId(at.unwrap_or_else(|| {
            let (limits, shared) = (&self.shared.limits, state.common.is_some());
            let account = Account::new(name.to_owned(), account_key(client_id, region), limits, shared);
            state.accounts.push(((client_id.to_owned(), region), account));
            state.accounts.len() - 1
        }))
    }

    /// From now on the accounts are shared with other processes.
    pub(super) fn share(&self, common: Arc<dyn SharedBudget>) {
        if !self.shared.limits.enabled {
            return;
        }
        let mut state = self.shared.lock();
        state.common = Some(common);
        for (_, account) in &mut state.accounts {
            account.allowance.share();
        }
    }

    /// Starts from rates that are remembered; what was learned here already counts more.
    pub(super) fn recall(&self, rates: &[LearnedRate]) {
        let mut state = self.shared.lock();
        for (_, account) in &mut state.accounts {
            rates.iter().for_each(|rate| account.recall(rate));
        }
    }

    /// What was learned here and is worth remembering, with its age.
    pub(super) fn learned(&self) -> Vec<LearnedRate> {
        self.shared.lock().accounts.iter().flat_map(|(_, account)| account.learned()).collect()
    }

    /// How long ago the times of a snapshot begin.
    pub(super) fn age(&self) -> Duration {
        self.shared.origin.elapsed()
    }

    /// A ticket for a new request.
    pub(super) fn ticket(&self) -> Ticket {
        let mut state = self.shared.lock();
        state.ticket += 1;
        Ticket(state.ticket)
    }

    /// The longest pause that is sat out.
    pub(super) fn patience(&self) -> Duration {
        self.shared.limits.patience
    }

    /// What is left of the pause that a request would have to sit out, when that is within patience.
    pub(super) fn pause_of(&self, request: &Request) -> Option<Duration> {
        let left = self.shared.lock().with(request.account, |a| a.pause_of(request.profile))??;
        (left <= self.patience()).then_some(left)
    }

    /// Waits for a turn. Dropping the future gives the place in the queue back.
    pub(super) async fn acquire(&self, request: Request) -> Result<Permit, Paused> {
        let (sender, verdict) = oneshot::channel();
        let place = (Reverse(request.priority), request.ticket.0);
        {
            let mut state = self.shared.lock();
            let waiter = Waiter { weight: request.weight, since: Instant::now(), verdict: sender };
            state.with(request.account, |a| {
                a.enqueue(request.profile, place, waiter, &self.shared.limits);
            });
            self.shared.pump(&mut state, request.account);
            self.shared.watch(&mut state);
        }
        let mut waiting = Waiting { shared: &self.shared, request, place, verdict, settled: false };
        let verdict = (&mut waiting.verdict).await;
        waiting.settled = true;
        match verdict {
            Ok(Verdict::Go { at }) => {
                Ok(Permit { shared: self.shared.clone(), request, sent_at: at, open: true })
            }
            Ok(Verdict::Paused { left }) => Err(Paused { left }),
            // The sender only goes away with the queue, and the queue lives as long as this budget.
            Err(_) => Err(Paused { left: Duration::ZERO }),
        }
    }

    /// What is left of a pause of the whole account.
    pub(super) fn account_pause(&self, account: AccountId) -> Option<Duration> {
        self.shared.lock().with(account, |a| a.account_pause())?
    }

    /// One request of a profile goes first, and the others wait until one was let through.
    pub(super) fn probe_first(&self, account: AccountId, profile: ProfileKey) {
        self.shared.lock().with(account, |a| a.probe_first(profile, &self.shared.limits));
    }

    /// Requests per second that a profile may hope for, as far as is known; `None` without limits.
    pub(super) fn pace(&self, account: AccountId, profile: ProfileKey) -> Option<f64> {
        let pace = self.shared.lock().with(account, |a| a.pace(profile));
        pace.filter(|_| self.shared.limits.enabled)
    }

    /// Counts a request that is sent again.
    pub(super) fn count_retry(&self, account: AccountId) {
        self.shared.lock().with(account, |a| a.counters.now().retries += 1);
    }

    /// What the gauges show.
    pub(super) fn snapshot(&self) -> LimitsSnapshot {
        let mut state = self.shared.lock();
        let limits = &self.shared.limits;
        let mut throttled_profiles: Vec<(ProfileId, u64)> = state
            .accounts
            .iter()
            .flat_map(|(_, a)| a.throttled_profiles().filter_map(|(key, left)| Some((key?, left))))
            .collect();
        throttled_profiles.sort_unstable();
        let origin = self.shared.origin;
        LimitsSnapshot {
            enabled: limits.enabled,
            profiles: state.accounts.iter().flat_map(|(_, a)| a.profile_limits(origin)).collect(),
            buckets: state.accounts.iter_mut().map(|(_, a)| a.snapshot(limits, origin)).collect(),
            throttled_profiles,
            since: Timestamp::default(),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes sure that somebody watches the clock while anybody waits.
    fn watch(self: &Arc<Self>, state: &mut State) {
        let waiting = state.accounts.iter().any(|(_, a)| a.next_at.is_some());
        if waiting
            && state.dispatcher.as_ref().is_none_or(JoinHandle::is_finished)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            state.dispatcher = Some(runtime.spawn(dispatcher(Arc::clone(self))));
        }
    }

    fn pump(self: &Arc<Self>, state: &mut State, account: AccountId) {
        let question = state.with(account, |a| {
            let before = a.next_at;
            a.pump(&self.limits);
            if a.next_at != before {
                self.changed.notify_one();
            }
            a.question(&self.limits)
        });
        if let (Some(Some(question)), Some(common)) = (question, state.common.clone()) {
            let asking = ask(Arc::clone(self), common, account, question);
            // Without a runtime the process is ending, and nobody waits for the answer.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(asking);
            }
        }
    }
}

/// The name of an account beyond this process. A client id is no secret, but nobody needs it to tell accounts apart.
fn account_key(client_id: &str, region: Region) -> String {
    format!("{:032x}:{region}", xxhash_rust::xxh3::xxh3_128(client_id.as_bytes()))
}

/// Asks the common budget, and asks on while there is something to ask. One such task at a time for an account.
async fn ask(shared: Arc<Shared>, common: Arc<dyn SharedBudget>, account: AccountId, question: Booking) {
    let late = || Unshared(format!("no answer within {} s", shared::ANSWERS.as_secs()));
    // A defect in there must not leave all who wait for the answer waiting for ever.
    let asked = AssertUnwindSafe(async { common.book(&question).await }).catch_unwind();
    let answer = tokio::time::timeout(shared::ANSWERS, asked).await.map_or_else(
        |_| Err(late()),
        |asked| asked.unwrap_or_else(|_| Err(Unshared("it failed by a defect of its own".to_owned()))),
    );
    let mut state = shared.lock();
    let turned = state.with(account, |a| a.answer(&question, answer.as_ref(), &shared.limits));
    match (turned, &answer) {
        (Some(true), Err(Unshared(why))) => {
            tracing::warn!(target: "adsync::ads", "the shared rate budget does not answer, this process keeps to the rate by itself: {why}");
        }
        (Some(true), Ok(_)) => tracing::info!(target: "adsync::ads", "the shared rate budget answers again"),
        _ => {}
    }
    shared.pump(&mut state, account);
    // Whoever waits for the answer alone has nobody else who watches the clock.
    shared.watch(&mut state);
}

impl State {
    fn with<T>(&mut self, account: AccountId, act: impl FnOnce(&mut Account) -> T) -> Option<T> {
        self.accounts.get_mut(account.0).map(|(_, a)| act(a))
    }
}

/// Moves the queues whenever their time has come, for as long as anybody waits. A task of its own: a waiter
/// that is not polled must not hold up the others.
async fn dispatcher(shared: Arc<Shared>) {
    loop {
        let next = {
            let mut state = shared.lock();
            let now = Instant::now();
            for at in 0..state.accounts.len() {
                if state.accounts[at].1.next_at.is_some_and(|due| due <= now) {
                    shared.pump(&mut state, AccountId(at));
                }
            }
            let next = state.accounts.iter().filter_map(|(_, a)| a.next_at).min();
            if next.is_none() {
                state.dispatcher = None;
            }
            next
        };
        let Some(next) = next else { return };
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            () = shared.changed.notified() => {}
        }
    }
}

/// A place in the queue, given back on drop.
struct Waiting<'a> {
    shared: &'a Arc<Shared>,
    request: Request,
    place: Place,
    verdict: oneshot::Receiver<Verdict>,
    settled: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        let mut state = self.shared.lock();
        state.with(self.request.account, |a| match self.verdict.try_recv() {
            // It was let go in the very moment in which it gave up.
            Ok(Verdict::Go { .. }) => a.landed(self.request.profile),
            Ok(Verdict::Paused { .. }) => {}
            Err(_) => a.withdraw(self.request.profile, self.place),
        });
        self.shared.pump(&mut state, self.request.account);
        self.shared.watch(&mut state);
    }
}

/// The right to send one request now. Dropped without an outcome, it says that nothing was learned.
#[derive(Debug)]
pub(super) struct Permit {
    shared: Arc<Shared>,
    request: Request,
    sent_at: Instant,
    open: bool,
}

impl Permit {
    /// The API let the request through, whatever it answered.
    pub(super) fn succeeded(self) {
        self.settle(|a, r, shared, sent_at| {
            a.counters.now().answered += 1;
            a.succeeded(r.profile, sent_at, r.weight, &shared.limits);
        });
    }

    /// The API answered with an error of its own, from which nothing can be learned about the rate.
    pub(super) fn failed(self) {
        self.settle(|a, _, _, _| a.counters.now().answered += 1);
    }

    /// The API refused the request. Returns the pause that its profile sits out: at least `retry_after`.
    pub(super) fn refused(self, retry_after: Option<Duration>) -> Duration {
        self.settle(|a, r, shared, sent_at| {
            let counts = a.counters.now();
            counts.answered += 1;
            counts.throttled += 1;
            a.refused(r.profile, sent_at, retry_after, &shared.limits, &shared.backoff)
        })
        .unwrap_or_default()
    }

    fn settle<T>(mut self, act: impl FnOnce(&mut Account, Request, &Shared, Instant) -> T) -> Option<T> {
        self.open = false;
        let shared = self.shared.clone();
        let mut state = shared.lock();
        let out = state.with(self.request.account, |a| {
            a.landed(self.request.profile);
            act(a, self.request, &shared, self.sent_at)
        });
        shared.pump(&mut state, self.request.account);
        // Whoever waits behind a probe has nobody else who watches the clock.
        shared.watch(&mut state);
        out
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.open {
            let mut state = self.shared.lock();
            state.with(self.request.account, |a| a.landed(self.request.profile));
            self.shared.pump(&mut state, self.request.account);
            self.shared.watch(&mut state);
        }
    }
}
