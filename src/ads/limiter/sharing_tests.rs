//! Several processes on one account, in virtual time: a bucket in common, a rate that is divided, and a common budget
//! that does not answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::account::Account;
use super::rig::{Server, drive};
use super::{AccountId, Budget, Part, Request, Share, SharedBudget, Unshared};
use crate::ads::backoff::Backoff;
use crate::config::RateLimitConfig;
use crate::domain::id::ProfileId;
use crate::domain::limits::Sharing;
use crate::domain::profile::Region;
use crate::domain::rate::{Booked, Booking, Pause, ToldRate, book, drained};
use crate::domain::time::Timestamp;

/// What the database keeps, in memory and by tokio's clock.
#[derive(Debug)]
struct Table {
    origin: Instant,
    full_at: i64,
    booked: u64,
    rate: Option<ToldRate>,
    pauses: HashMap<Option<ProfileId>, i64>,
    /// Bookings and looks so far.
    asked: u32,
    /// How long an answer takes.
    latency: Duration,
    /// Nobody answers.
    silent: bool,
    /// Nothing can be written: news are not told.
    deaf: bool,
    /// Processes that divide the rate, in place of bookings.
    dividing: Option<Vec<u32>>,
}

#[derive(Debug, Clone)]
pub(super) struct Common {
    table: Arc<Mutex<Table>>,
    process: u32,
}

impl Common {
    pub(super) fn new() -> Self {
        let table = Table {
            origin: Instant::now(),
            full_at: 0,
            booked: 0,
            rate: None,
            pauses: HashMap::new(),
            asked: 0,
            latency: Duration::from_millis(3),
            silent: false,
            deaf: false,
            dividing: None,
        };
        Self { table: Arc::new(Mutex::new(table)), process: 0 }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Table) -> T) -> T {
        act(&mut self.table.lock().unwrap())
    }

    /// From now on processes divide the rate, in place of bookings.
    pub(super) fn divided(self) -> Self {
        self.with(|t| t.dividing = Some(Vec::new()));
        self
    }

    /// Another process on the same account.
    pub(super) fn budget(&self, process: u32, config: &RateLimitConfig) -> (Budget, AccountId) {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), Some(process.into()));
        let budget = Budget::new(config, backoff);
        budget.share(Arc::new(Self { process, ..self.clone() }));
        let account = budget.account("client", Region::Na, "login");
        (budget, account)
    }
}

impl Table {
    fn answer(&mut self, process: u32, booking: &Booking) -> Share {
        self.asked += 1;
        let now = Timestamp(i64::try_from(self.origin.elapsed().as_micros()).unwrap());
        let told = !self.deaf;
        for (profile, pause) in booking.pauses.iter().filter(|_| told) {
            let until = self.pauses.entry(*profile).or_default();
            *until = (*until).max(now.plus(*pause).0);
            if profile.is_none() {
                let full = drained(now.plus(*pause), booking.per_second, booking.burst);
                self.full_at = self.full_at.max(full);
            }
        }
        if booking.tell_rate && told {
            self.rate = Some(ToldRate { per_second: booking.per_second, at: now });
        }
        let pauses: Vec<Pause> = self
            .pauses
            .iter()
            .filter(|(_, until)| **until > now.0)
            .map(|(profile, until)| (*profile, Timestamp(*until).since(now)))
            .collect();
        let part = match &mut self.dividing {
            None => Part::Slots,
            Some(processes) => {
                let joined = booking.sending && !processes.contains(&process);
                if joined {
                    processes.push(process);
                }
                Part::Divided { among: u32::try_from(processes.len()).unwrap(), joined }
            }
        };
        let mut slots = Vec::new();
        if part == Part::Slots && !pauses.iter().any(|(profile, _)| profile.is_none()) {
            (slots, self.full_at) =
                book(now, self.full_at, booking.per_second, booking.burst, &booking.weights);
        }
        self.booked += slots.iter().map(|slot| u64::from(slot.weight)).sum::<u64>();
        Share { booked: Booked { slots, rate: self.rate, pauses, booked: self.booked }, part, told }
    }
}

impl SharedBudget for Common {
    fn book<'a>(&'a self, booking: &'a Booking) -> BoxFuture<'a, Result<Share, Unshared>> {
        async move {
            let (latency, silent) = self.with(|t| (t.latency, t.silent));
            if silent {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(latency / 2).await;
            let share = self.with(|t| t.answer(self.process, booking));
            tokio::time::sleep(latency / 2).await;
            Ok(share)
        }
        .boxed()
    }
}

pub(super) fn request(budget: &Budget, account: AccountId, profile: i64, weight: u32) -> Request {
    Request { account, profile: Some(ProfileId(profile)), priority: 0, weight, ticket: budget.ticket() }
}

/// Requests that never fail, at a rate that does not change.
pub(super) fn steady(per_second: f64) -> RateLimitConfig {
    RateLimitConfig {
        start_per_second: per_second,
        max_per_second: per_second,
        min_per_second: per_second,
        ..RateLimitConfig::default()
    }
}

type Log = Arc<Mutex<Vec<(Instant, u32, f64)>>>;

/// Workers of one process that ask without end, each as a profile of its own, and log what they send.
fn spend(set: &mut JoinSet<()>, process: u32, budget: &(Budget, AccountId), workers: u32, log: &Log) {
    for worker in 0..workers {
        let ((budget, account), log) = (budget.clone(), log.clone());
        set.spawn(async move {
            let mut random = fastrand::Rng::with_seed(u64::from(worker + 100 * process));
            loop {
                let weight = if random.u32(..6) == 0 { 5 } else { 1 };
                let profile = i64::from(worker + 100 * process);
                let permit = budget.acquire(request(&budget, account, profile, weight)).await.unwrap();
                log.lock().unwrap().push((Instant::now(), process, f64::from(weight)));
                tokio::time::sleep(Duration::from_millis(random.u64(20..200))).await;
                permit.succeeded();
                // Sometimes nobody wants anything for a while.
                if random.u32(..20) == 0 {
                    tokio::time::sleep(Duration::from_millis(random.u64(..6000))).await;
                }
            }
        });
    }
}

/// The most by which any window exceeds burst and rate.
fn excess(log: &Log, burst: f64, per_second: f64) -> f64 {
    let log = log.lock().unwrap();
    let mut worst = f64::MIN;
    for (i, (from, ..)) in log.iter().enumerate() {
        let mut weight = 0.0;
        for (until, _, w) in &log[i..] {
            weight += w;
            worst = worst.max(weight - burst - per_second * (*until - *from).as_secs_f64());
        }
    }
    worst
}

fn weight_of(log: &Log, process: u32) -> f64 {
    log.lock().unwrap().iter().filter(|(_, p, _)| *p == process).map(|(.., w)| w).sum()
}

#[tokio::test(start_paused = true)]
async fn processes_that_book_never_exceed_rate_and_burst_together_and_use_them() {
    for workers in [1, 4, 12] {
        let common = Common::new();
        let (log, mut set) = (Log::default(), JoinSet::new());
        let budgets: Vec<_> = (0..3).map(|p| common.budget(p, &steady(6.0))).collect();
        for (process, budget) in (0..3).zip(&budgets) {
            spend(&mut set, process, budget, workers, &log);
        }
        tokio::time::sleep(Duration::from_secs(240)).await;
        set.shutdown().await;
        // A slot that was booked may be used up to a second late, which is what a burst may grow by at most.
        let excess = excess(&log, 10.0, 6.0);
        let shares: Vec<f64> = (0..3).map(|p| weight_of(&log, p)).collect();
        let used = shares.iter().sum::<f64>() / (240.0 * 6.0);
        let asked = common.with(|t| t.asked);
        println!(
            "{workers} workers each: excess {excess:.2}, used {used:.3}, shares {shares:?}, asked {asked}"
        );
        assert!(excess <= 6.0, "{excess}");
        assert!(workers == 1 || used > 0.9, "{used}");
        assert!(shares.iter().all(|s| *s > 0.2 * shares.iter().sum::<f64>()), "{shares:?}");
        assert!(asked < 240 * 3 * 6, "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn processes_that_divide_a_rate_keep_to_it_together() {
    let common = Common::new();
    common.with(|t| t.dividing = Some(Vec::new()));
    let (log, mut set) = (Log::default(), JoinSet::new());
    let first = common.budget(0, &steady(6.0));
    spend(&mut set, 0, &first, 8, &log);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let alone = weight_of(&log, 0);
    let second = common.budget(1, &steady(6.0));
    spend(&mut set, 1, &second, 8, &log);
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(first.0.snapshot().buckets[0].sharing, Sharing::Dividing { among: 2 });
    let (one, two) = (weight_of(&log, 0) - alone, weight_of(&log, 1));
    println!("alone {alone}, then {one} and {two}, excess {:.2}", excess(&log, 10.0, 6.0));
    assert!(alone > 0.9 * 60.0 * 6.0 && one > 0.85 * 60.0 * 6.0 && two > 0.85 * 60.0 * 6.0);
    // A heavy request may leave a debt in a divided bucket.
    assert!(excess(&log, 10.0, 6.0) <= 6.0, "{}", excess(&log, 10.0, 6.0));
    // The other one is gone: the rate is whole again.
    set.shutdown().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    common.with(|t| t.dividing = Some(vec![0]));
    let mut set = JoinSet::new();
    let before = weight_of(&log, 0);
    spend(&mut set, 0, &first, 8, &log);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let again = weight_of(&log, 0) - before;
    assert!(again > 0.9 * 60.0 * 6.0, "{again} {:?}", first.0.snapshot());
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_one_process_was_told_is_kept_by_the_others() {
    let common = Common::new();
    let config = RateLimitConfig::default();
    let ((one, a), (two, b)) = (common.budget(0, &config), common.budget(1, &config));
    // The second one has looked just now, and could send without asking again.
    two.acquire(request(&two, b, 7, 1)).await.unwrap().succeeded();
    one.acquire(request(&one, a, 7, 1)).await.unwrap().refused(Some(Duration::from_secs(40)));
    tokio::time::sleep(super::shared::FRESH + Duration::from_millis(50)).await;
    let start = Instant::now();
    let other = two.acquire(request(&two, b, 8, 1)).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "other profiles go on");
    other.succeeded();
    let permit = two.acquire(request(&two, b, 7, 1)).await.unwrap();
    assert!(start.elapsed() > Duration::from_secs(38), "{:?}", start.elapsed());
    permit.succeeded();
}

#[tokio::test(start_paused = true)]
async fn a_common_budget_that_does_not_answer_is_done_without() {
    let common = Common::new();
    let (log, mut set) = (Log::default(), JoinSet::new());
    let budget = common.budget(0, &steady(6.0));
    spend(&mut set, 0, &budget, 8, &log);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(budget.0.snapshot().buckets[0].sharing, Sharing::Booking);
    common.with(|t| t.silent = true);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let before = weight_of(&log, 0);
    tokio::time::sleep(Duration::from_secs(60)).await;
    // Its own buckets hold it to the rate all the same.
    let alone = (weight_of(&log, 0) - before) / 60.0;
    assert!(alone > 5.0, "{alone}");
    assert_eq!(budget.0.snapshot().buckets[0].sharing, Sharing::Unreachable);
    assert!(excess(&log, 10.0, 6.0) <= 6.0, "{}", excess(&log, 10.0, 6.0));
    common.with(|t| t.silent = false);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(budget.0.snapshot().buckets[0].sharing, Sharing::Booking);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_finds_room_waits_for_nothing_but_its_booking_and_steady_ones_not_even_for_that() {
    let common = Common::new();
    common.with(|t| t.latency = Duration::from_millis(40));
    let (budget, account) = common.budget(0, &steady(10.0));
    let mut waits = Vec::new();
    for _ in 0..30 {
        let asked = Instant::now();
        let permit = budget.acquire(request(&budget, account, 1, 1)).await.unwrap();
        waits.push(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(150)).await;
        permit.succeeded();
    }
    assert!(waits[0] <= Duration::from_millis(41), "{waits:?}");
    let waited = waits[1..].iter().filter(|wait| **wait > Duration::from_millis(1)).count();
    assert!(waited <= 3, "{waits:?}");
}

/// Two processes with three profiles each on one limit of 5/s: what they use of it, and which share is refused.
async fn two_processes_on_one_limit(dividing: bool, turn: i64) -> (f64, f64) {
    let common = Common::new();
    if dividing {
        common.with(|t| t.dividing = Some(Vec::new()));
    }
    let server = Arc::new(Mutex::new(Server::new(5.0, 10.0)));
    let mut set = JoinSet::new();
    for process in 0..2_u32 {
        let (budget, account) = common.budget(process, &RateLimitConfig::default());
        for profile in 1..=3 {
            let profile = profile + 10 * i64::from(process) + 100 * turn;
            drive(&mut set, &budget, account, profile, 3, &server, None);
        }
    }
    tokio::time::sleep(Duration::from_secs(240)).await;
    let from = Instant::now();
    tokio::time::sleep(Duration::from_secs(1200)).await;
    server.lock().unwrap().judge(from, Instant::now())
}

#[tokio::test(start_paused = true)]
async fn two_processes_learn_one_limit_together() {
    // One refusal more or less is a tenth of what is allowed: several of them are judged together.
    const TURNS: i64 = 8;
    for dividing in [false, true] {
        let (mut used, mut refused) = (0.0, 0.0);
        for turn in 0..TURNS {
            let judged = two_processes_on_one_limit(dividing, turn).await;
            used += judged.0 / TURNS as f64;
            refused += judged.1 / TURNS as f64;
        }
        println!(
            "two processes on one limit of 5/s, dividing {dividing}: used {used:.3}, refused {refused:.4}"
        );
        assert!(used >= 0.95 && refused <= 0.01, "{dividing}: {used} {refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_while_the_common_budget_is_asked_leaves_nothing_behind() {
    let common = Common::new();
    common.with(|t| t.latency = Duration::from_secs(1));
    let (budget, account) = common.budget(0, &steady(6.0));
    for _ in 0..5 {
        let ask = budget.acquire(request(&budget, account, 1, 1));
        assert!(tokio::time::timeout(Duration::from_millis(100), ask).await.is_err());
    }
    let bucket = budget.snapshot().buckets.remove(0);
    assert_eq!((bucket.waiting, bucket.in_flight), (0, 0));
    assert!(budget.acquire(request(&budget, account, 1, 1)).await.is_ok());
}

/// Three profiles that were let through are refused together: the account's rate is cut, and it pauses.
async fn cut_the_account((budget, account): &(Budget, AccountId)) {
    for profile in 1..=3 {
        budget.acquire(request(budget, *account, profile, 1)).await.unwrap().succeeded();
    }
    let mut permits = Vec::new();
    for profile in 1..=3 {
        permits.push(budget.acquire(request(budget, *account, profile, 1)).await.unwrap());
    }
    for permit in permits {
        permit.refused(Some(Duration::from_secs(20)));
    }
}

#[tokio::test(start_paused = true)]
async fn news_that_could_not_be_written_are_told_once_they_can() {
    let common = Common::new();
    common.with(|t| t.dividing = Some(Vec::new()));
    let one = common.budget(0, &RateLimitConfig::default());
    let two = common.budget(1, &RateLimitConfig::default());
    two.0.acquire(request(&two.0, two.1, 9, 1)).await.unwrap().succeeded();
    common.with(|t| t.deaf = true);
    cut_the_account(&one).await;
    // Somebody's commit has the writer for a while.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(common.with(|t| (t.rate, t.pauses.len())), (None, 0));
    common.with(|t| t.deaf = false);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (rate, paused) = common.with(|t| (t.rate, t.pauses.keys().filter(|p| p.is_some()).count()));
    assert_eq!(paused, 3);
    let learned = one.0.snapshot().buckets[0].learned_per_second;
    assert_eq!(rate.map(|rate| rate.per_second), Some(learned));
}

#[tokio::test(start_paused = true)]
async fn a_cut_that_comes_while_a_question_is_under_way_is_told_with_the_next() {
    let common = Common::new();
    let config = RateLimitConfig::default();
    let limits = Budget::new(&config, backoff()).shared.limits.clone();
    let mut account = Account::new("acme".to_owned(), "key".to_owned(), &limits, true);
    // A first cut is on its way to the others when a second one comes.
    account.allowance.cut();
    let question = account.question(&limits).unwrap();
    assert!(question.tell_rate);
    account.allowance.cut();
    let share = common.with(|t| t.answer(0, &question));
    account.answer(&question, Ok(&share), &limits);
    assert!(account.question(&limits).is_some_and(|next| next.tell_rate), "the second is told, too");
}

/// Fails in the middle of its first answer.
#[derive(Debug)]
struct Panics(Common, Mutex<bool>);

impl SharedBudget for Panics {
    fn book<'a>(&'a self, booking: &'a Booking) -> BoxFuture<'a, Result<Share, Unshared>> {
        assert!(std::mem::replace(&mut *self.1.lock().unwrap(), true), "a defect of the common budget");
        self.0.book(booking)
    }
}

#[tokio::test(start_paused = true)]
async fn a_common_budget_that_panics_leaves_nobody_waiting() {
    let budget = Budget::new(&RateLimitConfig::default(), backoff());
    budget.share(Arc::new(Panics(Common::new(), Mutex::new(false))));
    let account = budget.account("client", Region::Na, "login");
    let ask = budget.acquire(request(&budget, account, 1, 1));
    let permit = tokio::time::timeout(Duration::from_secs(10), ask).await.expect("somebody answers");
    permit.unwrap().succeeded();
    assert_eq!(budget.snapshot().buckets[0].sharing, Sharing::Unreachable);
    // It is asked again.
    tokio::time::sleep(Duration::from_secs(6)).await;
    budget.acquire(request(&budget, account, 1, 1)).await.unwrap().succeeded();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(budget.snapshot().buckets[0].sharing, Sharing::Booking);
}

fn backoff() -> Backoff {
    Backoff::new(Duration::from_secs(1), Duration::from_secs(60), Some(1))
}
