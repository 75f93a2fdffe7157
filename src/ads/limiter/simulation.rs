//! The learning, measured in virtual time against servers whose limit the client does not know.

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

    /// Share of the true rate used and share of answers refused, from `from` until `until`.
    pub(super) fn judge(&self, from: Instant, until: Instant) -> (f64, f64) {
        let seen = self.log.iter().filter(|(at, _)| (from..until).contains(at));
        let (granted, all) = seen.fold((0.0, 0.0), |(g, a), (_, ok)| (g + f64::from(*ok), a + 1.0));
        (granted / (self.rate * (until - from).as_secs_f64()), (all - granted) / f64::max(all, 1.0))
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
    for worker in 0..workers {
        let (budget, server) = (budget.clone(), server.clone());
        set.spawn(async move {
            let mut random = fastrand::Rng::with_seed(worker + 100 * profile.unsigned_abs());
            loop {
                let request = Request {
                    account,
                    profile: Some(ProfileId(profile)),
                    priority: 0,
                    weight: 1,
                    ticket: budget.ticket(),
                };
                let Ok(permit) = budget.acquire(request).await else {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    continue;
                };
                tokio::time::sleep(Duration::from_millis(random.u64(20..60))).await;
                let granted = server.lock().unwrap().ask();
                tokio::time::sleep(Duration::from_millis(random.u64(40..200))).await;
                if granted {
                    permit.succeeded();
                } else {
                    permit.refused(retry_after);
                }
            }
        });
    }
}

pub(super) fn budget(seed: u64) -> (Budget, AccountId) {
    let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), Some(seed));
    let budget = Budget::new(&RateLimitConfig::default(), backoff);
    let account = budget.account("client", Region::Na, "login");
    (budget, account)
}

async fn one_profile(rate: f64, burst: f64, retry_after: Option<Duration>) -> (f64, f64) {
    let (budget, account) = budget(3);
    let server = Arc::new(Mutex::new(Server::new(rate, burst)));
    let mut set = JoinSet::new();
    drive(&mut set, &budget, account, 1, 6, &server, retry_after);
    tokio::time::sleep(Duration::from_secs(120)).await;
    let from = Instant::now();
    tokio::time::sleep(Duration::from_secs(1800)).await;
    server.lock().unwrap().judge(from, Instant::now())
}

#[tokio::test(start_paused = true)]
async fn an_unknown_rate_is_used_to_95_percent_with_at_most_one_percent_refused() {
    let mut bad = Vec::new();
    for rate in [1.0, 2.0, 3.0, 5.0, 8.0, 9.5] {
        for burst in [1.0, 5.0, 10.0, 20.0] {
            for retry_after in [None, Some(Duration::from_secs(1)), Some(Duration::from_secs(2))] {
                let (used, refused) = one_profile(rate, burst, retry_after).await;
                println!("R={rate} burst={burst} ra={retry_after:?}: used {used:.3}, refused {refused:.4}");
                if used < 0.95 || refused > 0.01 {
                    bad.push((rate, burst, retry_after, used, refused));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}
