//! What the tests of the learning are driven by: servers whose limit the client does not know, and workers that ask.

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{AccountId, Budget, Request};
use crate::ads::backoff::Backoff;
use crate::config::RateLimitConfig;
use crate::domain::id::ProfileId;
use crate::domain::profile::Region;

/// A server that refuses what exceeds its own bucket.
pub(super) struct Server {
    rate: f64,
    burst: f64,
    tokens: f64,
    at: Instant,
    pub(super) log: Vec<(Instant, bool)>,
}

impl Server {
    pub(super) fn new(rate: f64, burst: f64) -> Self {
        Self { rate, burst, tokens: burst, at: Instant::now(), log: Vec::new() }
    }

    pub(super) fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// True when it lets the request through.
    pub(super) fn ask(&mut self) -> bool {
        let now = Instant::now();
        self.tokens = (self.tokens + self.rate * (now - self.at).as_secs_f64()).min(self.burst);
        self.at = now;
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        self.log.push((now, granted));
        granted
    }

    /// How long until it would let a request through.
    pub(super) fn room_in(&self) -> Duration {
        Duration::from_secs_f64((1.0 - self.tokens).max(0.0) / self.rate)
    }

    /// Share of the true rate used and share of answers refused, from `from` until `until`.
    pub(super) fn judge(&self, from: Instant, until: Instant) -> (f64, f64) {
        let seen = self.log.iter().filter(|(at, _)| (from..until).contains(at));
        let (granted, all) = seen.fold((0.0, 0.0), |(g, a), (_, ok)| (g + f64::from(*ok), a + 1.0));
        (granted / (self.rate * (until - from).as_secs_f64()), (all - granted) / f64::max(all, 1.0))
    }
}

/// What refusals say about when to come back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Told {
    Nothing,
    /// Always the same.
    Always(Duration),
    /// When there will be room, rounded up to whole seconds.
    Rounded,
}

/// Workers that ask without end, as one profile.
#[derive(Debug, Clone)]
pub(super) struct Demand {
    pub(super) profile: i64,
    pub(super) workers: u64,
    pub(super) told: Told,
    /// Milliseconds until a request arrives, and until its answer is back.
    pub(super) there: Range<u64>,
    pub(super) back: Range<u64>,
}

impl Demand {
    pub(super) fn new(profile: i64, workers: u64) -> Self {
        Self { profile, workers, told: Told::Nothing, there: 20..60, back: 40..200 }
    }

    /// Starts the workers, which ask without end.
    pub(super) fn start(
        &self,
        set: &mut JoinSet<()>,
        budget: &(Budget, AccountId),
        server: &Arc<Mutex<Server>>,
    ) {
        self.start_with(set, budget, server, u64::MAX);
    }

    /// Starts the workers, each of which asks until it was let through so many times.
    pub(super) fn start_with(
        &self,
        set: &mut JoinSet<()>,
        (budget, account): &(Budget, AccountId),
        server: &Arc<Mutex<Server>>,
        requests: u64,
    ) {
        let account = *account;
        for worker in 0..self.workers {
            let (budget, server, demand) = (budget.clone(), server.clone(), self.clone());
            set.spawn(async move {
                let seed = worker + 100 * demand.profile.unsigned_abs();
                let mut random = fastrand::Rng::with_seed(seed);
                let mut left = requests;
                while left > 0 {
                    let request = Request {
                        account,
                        profile: Some(ProfileId(demand.profile)),
                        priority: 0,
                        weight: 1,
                        ticket: budget.ticket(),
                    };
                    let Ok(permit) = budget.acquire(request).await else {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                        continue;
                    };
                    tokio::time::sleep(Duration::from_millis(random.u64(demand.there.clone()))).await;
                    let (granted, room_in) = {
                        let mut server = server.lock().unwrap();
                        (server.ask(), server.room_in())
                    };
                    tokio::time::sleep(Duration::from_millis(random.u64(demand.back.clone()))).await;
                    if granted {
                        permit.succeeded();
                        left -= 1;
                        continue;
                    }
                    permit.refused(match demand.told {
                        Told::Nothing => None,
                        Told::Always(after) => Some(after),
                        Told::Rounded => {
                            Some(Duration::from_secs(room_in.as_secs_f64().ceil().max(1.0) as u64))
                        }
                    });
                }
            });
        }
    }
}

/// `workers` that ask without end, as one profile.
pub(super) fn drive(
    set: &mut JoinSet<()>,
    budget: &Budget,
    account: AccountId,
    profile: i64,
    workers: u64,
    server: &Arc<Mutex<Server>>,
    retry_after: Option<Duration>,
) {
    let told = retry_after.map_or(Told::Nothing, Told::Always);
    Demand { told, ..Demand::new(profile, workers) }.start(set, &(budget.clone(), account), server);
}

pub(super) fn budget_of(seed: u64, config: &RateLimitConfig) -> (Budget, AccountId) {
    let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), Some(seed));
    let budget = Budget::new(config, backoff);
    let account = budget.account("client", Region::Na, "login");
    (budget, account)
}

pub(super) fn budget(seed: u64) -> (Budget, AccountId) {
    budget_of(seed, &RateLimitConfig::default())
}

impl Budget {
    /// What a profile's bucket has learned.
    pub(super) fn profile_rate(&self, account: AccountId, profile: i64) -> f64 {
        let mut state = self.shared.lock();
        state.with(account, |a| a.profile_rate(Some(ProfileId(profile)))).unwrap_or_default()
    }
}
