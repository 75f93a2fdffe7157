//! Properties of the queue and the buckets, in virtual time.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use proptest::prelude::*;
use tokio::time::Instant;

use super::{AccountId, Budget, Paused, Permit, Request};
use crate::ads::backoff::Backoff;
use crate::config::RateLimitConfig;
use crate::domain::id::ProfileId;
use crate::domain::profile::Region;

fn virtual_time<T>(future: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

fn budget_of(config: &RateLimitConfig) -> (Budget, AccountId) {
    let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), Some(1));
    let budget = Budget::new(config, backoff);
    let account = budget.account("client", Region::Na, "acme");
    (budget, account)
}

fn budget() -> (Budget, AccountId) {
    budget_of(&RateLimitConfig::default())
}

fn request(budget: &Budget, account: AccountId, profile: i64, priority: i64, weight: u32) -> Request {
    Request { account, profile: Some(ProfileId(profile)), priority, weight, ticket: budget.ticket() }
}

/// Empties the buckets, so that whoever asks next has to wait.
async fn exhaust(budget: &Budget, account: AccountId, profiles: &[i64]) {
    for profile in profiles.iter().cycle() {
        let taken = budget.acquire(request(budget, account, *profile, 0, 1));
        match taken.now_or_never() {
            Some(permit) => drop(permit.unwrap()),
            None => break,
        }
    }
}

async fn granted(budget: &Budget, request: Request, log: &Rc<RefCell<Vec<(i64, i64)>>>) {
    let permit = budget.acquire(request).await.unwrap();
    log.borrow_mut().push((request.profile.unwrap().0, request.priority));
    drop(permit);
}

#[tokio::test(start_paused = true)]
async fn priority_goes_first_and_equals_take_turns() {
    let (budget, account) = budget();
    exhaust(&budget, account, &[1, 2]).await;
    let log = Rc::default();
    let asks = [(1, 0), (1, 0), (1, 0), (2, 0), (2, 0), (3, 5), (1, 9)];
    join_all(asks.map(|(p, prio)| granted(&budget, request(&budget, account, p, prio, 1), &log))).await;
    let order = log.borrow().clone();
    assert_eq!(order[..2], [(1, 9), (3, 5)]);
    // Profile 1 was served last, so 2 goes first; then they alternate.
    assert_eq!(order[2..], [(2, 0), (1, 0), (2, 0), (1, 0), (1, 0)]);
}

#[tokio::test(start_paused = true)]
async fn the_sender_is_picked_at_the_moment_of_sending() {
    let (budget, account) = budget();
    exhaust(&budget, account, &[1, 2]).await;
    let log = Rc::default();
    let late = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        granted(&budget, request(&budget, account, 2, 1, 1), &log).await;
    };
    futures::join!(granted(&budget, request(&budget, account, 1, 0, 1), &log), late);
    assert_eq!(*log.borrow(), [(2, 1), (1, 0)]);
}

#[tokio::test(start_paused = true)]
async fn whoever_tries_again_keeps_the_place_in_the_queue() {
    let (budget, account) = budget();
    let first = request(&budget, account, 1, 0, 1);
    let permit = budget.acquire(first).await.unwrap();
    exhaust(&budget, account, &[1]).await;
    let log: Rc<RefCell<Vec<&str>>> = Rc::default();
    let later = async {
        let permit = budget.acquire(request(&budget, account, 1, 0, 1)).await.unwrap();
        log.borrow_mut().push("later");
        drop(permit);
    };
    let again = async {
        permit.refused(None);
        let permit = budget.acquire(first).await.unwrap();
        log.borrow_mut().push("again");
        drop(permit);
    };
    futures::join!(later, again);
    assert_eq!(*log.borrow(), ["again", "later"]);
}

#[tokio::test(start_paused = true)]
async fn a_heavy_request_is_not_starved_by_light_ones() {
    let (budget, account) = budget();
    exhaust(&budget, account, &[1, 2]).await;
    let start = Instant::now();
    let light = async {
        for _ in 0..200 {
            drop(budget.acquire(request(&budget, account, 1, 0, 1)).await);
        }
    };
    let heavy = budget.acquire(request(&budget, account, 2, 0, 5));
    futures::pin_mut!(light, heavy);
    let futures::future::Either::Right((permit, _)) = futures::future::select(light, heavy).await else {
        panic!("the light ones were all done first");
    };
    assert!(permit.is_ok());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_is_never_shortened_and_holds_up_only_its_profile() {
    let (budget, account) = budget();
    for said in [1.0, 7.5, 30.0, 59.9].map(Duration::from_secs_f64) {
        let permit = budget.acquire(request(&budget, account, 1, 0, 1)).await.unwrap();
        let start = Instant::now();
        assert!(permit.refused(Some(said)) >= said);
        let snapshot = budget.snapshot();
        assert_eq!(snapshot.throttled_profiles.len(), 1);
        assert!(snapshot.throttled_profiles[0].1 >= said.as_millis() as u64);
        let other = budget.acquire(request(&budget, account, 2, 0, 1)).await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(1));
        other.succeeded();
        let permit = budget.acquire(request(&budget, account, 1, 0, 1)).await.unwrap();
        assert!(start.elapsed() >= said, "{:?} < {said:?}", start.elapsed());
        permit.succeeded();
    }
    assert_eq!(budget.snapshot().buckets[0].throttled_5m, 4);
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_patience_turns_away_who_waits_and_who_comes() {
    let (budget, account) = budget();
    let permit = budget.acquire(request(&budget, account, 1, 0, 1)).await.unwrap();
    exhaust(&budget, account, &[1]).await;
    let waiting = budget.acquire(request(&budget, account, 1, 0, 1));
    let other = budget.acquire(request(&budget, account, 2, 0, 1));
    let refuse = async { permit.refused(Some(Duration::from_secs(600))) };
    let (waiting, other, pause) = futures::join!(waiting, other, refuse);
    assert_eq!(pause, Duration::from_secs(600));
    assert_eq!(waiting.unwrap_err(), Paused { left: Duration::from_secs(600) });
    assert!(other.is_ok());
    tokio::time::advance(Duration::from_secs(100)).await;
    let Paused { left } = budget.acquire(request(&budget, account, 1, 0, 1)).await.unwrap_err();
    assert!(left <= Duration::from_secs(500) && left > Duration::from_secs(490), "{left:?}");
    // What is left is within patience by now: it is sat out.
    tokio::time::advance(Duration::from_secs(450)).await;
    assert!(budget.acquire(request(&budget, account, 1, 0, 1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_comes_back_sends_one_request_and_the_others_only_when_it_was_let_through() {
    // A pause that was asked for, and one that came of nothing but refusals.
    for (said, refusals, away) in [(Some(600), 1, 3600), (Some(7), 1, 7), (None, 3, 1200)] {
        let (budget, account) = budget();
        for _ in 0..refusals {
            let permit = budget.acquire(request(&budget, account, 1, 0, 1)).await.unwrap();
            permit.refused(said.map(Duration::from_secs));
        }
        tokio::time::sleep(Duration::from_secs(away)).await;
        let mut asks: Vec<_> =
            (0..10).map(|_| Box::pin(budget.acquire(request(&budget, account, 1, 0, 1)))).collect();
        let probe = asks.remove(0).await.unwrap();
        for ask in &mut asks {
            assert!(ask.now_or_never().is_none(), "{said:?}: beside the probe");
        }
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(budget.snapshot().buckets[0].in_flight, 1);
        // Another profile does not wait for it.
        assert!(budget.acquire(request(&budget, account, 2, 0, 1)).await.is_ok());
        // An error of the API's own says nothing about the rate: the next one probes.
        probe.failed();
        let probe = asks.remove(0).await.unwrap();
        for ask in &mut asks {
            assert!(ask.now_or_never().is_none(), "{said:?}: beside the second probe");
        }
        probe.succeeded();
        let rest = tokio::time::timeout(Duration::from_secs(10), join_all(asks)).await.unwrap();
        assert!(rest.iter().all(Result::is_ok), "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_three_profiles_throttled_together_charge_an_account_that_holds_nobody_up() {
    for (refused, gap, charged) in [
        (&[1, 2][..], 1, false),
        (&[1, 2, 3], 1, true),
        (&[1, 2, 2], 1, false),
        (&[1, 1, 1, 1], 1, false),
        (&[1, 2, 3], 6, false),
    ] {
        let (budget, account) = budget();
        for profile in 1..=3 {
            budget.acquire(request(&budget, account, profile, 0, 1)).await.unwrap().succeeded();
        }
        for &profile in refused {
            let permit = budget.acquire(request(&budget, account, profile, 0, 1)).await.unwrap();
            permit.refused(Some(Duration::from_secs(1)));
            tokio::time::sleep(Duration::from_secs(gap)).await;
        }
        let learned = budget.snapshot().buckets[0].learned_per_second;
        assert_eq!(learned < 2.0, charged, "{refused:?}, {gap} s apart: {learned}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_limits_nothing_waits_but_everything_is_counted_and_retry_after_holds() {
    let (budget, account) = budget_of(&RateLimitConfig { enabled: false, ..RateLimitConfig::default() });
    let start = Instant::now();
    let permits: Vec<Permit> = join_all((0..500).map(|_| budget.acquire(request(&budget, account, 1, 0, 1))))
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(start.elapsed(), Duration::ZERO);
    let snapshot = budget.snapshot();
    assert!(!snapshot.enabled);
    assert_eq!((snapshot.buckets[0].in_flight, snapshot.buckets[0].burst_left), (500, 10));
    for permit in permits {
        permit.succeeded();
    }
    let snapshot = budget.snapshot();
    assert_eq!((snapshot.buckets[0].in_flight, snapshot.buckets[0].answered_5m), (0, 500));
    let permit = budget.acquire(request(&budget, account, 1, 0, 1)).await.unwrap();
    permit.refused(Some(Duration::from_secs(3)));
    assert!(budget.acquire(request(&budget, account, 1, 0, 1)).await.is_ok());
    assert!(start.elapsed() >= Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_nobody_polls_holds_up_nobody_else() {
    let (budget, account) = budget();
    exhaust(&budget, account, &[1, 2]).await;
    let sleeper = budget.acquire(request(&budget, account, 1, 9, 1));
    futures::pin_mut!(sleeper);
    assert!((&mut sleeper).now_or_never().is_none());
    let awake = budget.acquire(request(&budget, account, 2, 0, 1));
    assert!(tokio::time::timeout(Duration::from_secs(3), awake).await.unwrap().is_ok());
    // Its turn came meanwhile and was kept for it.
    assert!(sleeper.now_or_never().unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_snapshot_tells_what_the_gauges_show() {
    let (budget, account) = budget();
    let held = budget.acquire(request(&budget, account, 1, 0, 5)).await.unwrap();
    let before = budget.snapshot().buckets.remove(0);
    assert_eq!((before.name.as_str(), before.burst, before.burst_left), ("acme", 10, 5));
    assert_eq!((before.in_flight, before.waiting, before.next_in_ms, before.paused_ms), (1, 0, 0, 0));
    assert_eq!((before.configured_per_second, before.learned_per_second), (10.0, 2.0));
    exhaust(&budget, account, &[1]).await;
    let waiting = budget.acquire(request(&budget, account, 1, 0, 1));
    futures::pin_mut!(waiting);
    assert!((&mut waiting).now_or_never().is_none());
    let during = budget.snapshot().buckets.remove(0);
    assert_eq!((during.waiting, during.burst_left, during.next_in_ms), (1, 0, 500));
    assert_eq!(budget.account("client", Region::Na, "second name"), account);
    assert_eq!(budget.snapshot().buckets[0].logins, ["acme", "second name"]);
    assert_ne!(budget.account("client", Region::Eu, "eu"), account);
    budget.count_retry(account);
    held.failed();
    assert!(waiting.await.is_ok());
    let after = budget.snapshot().buckets.remove(0);
    assert_eq!((after.retries_5m, after.answered_5m, after.waiting, after.in_flight), (1, 1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_snapshot_tells_who_waits_since_when_and_what_was_learned_when() {
    let (budget, account) = budget();
    tokio::time::advance(Duration::from_secs(5)).await;
    exhaust(&budget, account, &[1, 2]).await;
    let first = budget.acquire(request(&budget, account, 2, 0, 1));
    futures::pin_mut!(first);
    assert!((&mut first).now_or_never().is_none());
    tokio::time::advance(Duration::from_millis(200)).await;
    let second = budget.acquire(request(&budget, account, 1, 0, 1));
    futures::pin_mut!(second);
    assert!((&mut second).now_or_never().is_none());
    let snapshot = budget.snapshot();
    let waits: Vec<_> =
        snapshot.profiles.iter().map(|p| (p.profile, p.waiting, p.waiting_since_ms)).collect();
    assert_eq!(waits, [(Some(ProfileId(2)), 1, Some(5_000)), (Some(ProfileId(1)), 1, Some(5_200)),]);
    assert!(snapshot.profiles.iter().all(|p| p.account == "acme" && p.paused_until_ms.is_none()));
    // Nothing of it moves with the clock alone, so that whoever watches sees only news.
    tokio::time::advance(Duration::from_millis(10)).await;
    assert_eq!(budget.snapshot().profiles, snapshot.profiles);

    first.await.unwrap().refused(Some(Duration::from_secs(30)));
    second.await.unwrap().succeeded();
    let snapshot = budget.snapshot();
    let paused = &snapshot.profiles[0];
    assert_eq!(
        (snapshot.profiles.len(), paused.profile, paused.refused_in_a_row),
        (1, Some(ProfileId(2)), 1)
    );
    let until = paused.paused_until_ms.unwrap();
    assert!((35_000..36_500).contains(&until), "{until}");
    assert_eq!(snapshot.instant(until).since(snapshot.since), Duration::from_millis(until));
    let history = &snapshot.buckets[0].history;
    assert_eq!((history[0].at_ms, history[0].per_second), (0, 2.0));
}

#[tokio::test(start_paused = true)]
async fn heavy_requests_weigh_what_they_cost() {
    // Four profiles ask for heavy and light requests by turns; what goes out is the rate in weight, not in requests.
    let config = RateLimitConfig {
        start_per_second: 5.0,
        max_per_second: 5.0,
        min_per_second: 5.0,
        ..RateLimitConfig::default()
    };
    let (budget, account) = budget_of(&config);
    exhaust(&budget, account, &[1, 2, 3, 4]).await;
    let start = Instant::now();
    let log: RefCell<Vec<(i64, u32)>> = RefCell::default();
    join_all((1..=4).map(|profile| {
        let (budget, log) = (&budget, &log);
        async move {
            for weight in [5, 1, 1, 5, 1] {
                budget.acquire(request(budget, account, profile, 0, weight)).await.unwrap().succeeded();
                log.borrow_mut().push((profile, weight));
            }
        }
    }))
    .await;
    // 4 profiles of weight 13 at 5 a second.
    let took = start.elapsed().as_secs_f64();
    assert!((took - 52.0 / 5.0).abs() < 0.3, "{took}");
    // They take turns: each has had its n-th before anybody has the one after the next.
    for profile in 1..=4 {
        let places: Vec<usize> =
            log.borrow().iter().enumerate().filter(|(_, (p, _))| *p == profile).map(|(at, _)| at).collect();
        assert!(places.iter().enumerate().all(|(n, at)| at / 4 == n), "{profile}: {places:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn no_window_ever_sees_more_than_the_ceiling_and_the_burst(
        asks in prop::collection::vec((0_u64..30_000, 1_i64..4, 1_u32..=5, prop::bool::weighted(0.05)), 1..150),
    ) {
        let sent = virtual_time(async {
            let (budget, account) = budget();
            let sent = RefCell::new(Vec::new());
            join_all(asks.into_iter().map(|(at, profile, weight, refuse)| {
                let (budget, sent) = (&budget, &sent);
                async move {
                    tokio::time::sleep(Duration::from_millis(at)).await;
                    let permit = budget.acquire(request(budget, account, profile, 0, weight)).await.unwrap();
                    sent.borrow_mut().push((Instant::now(), f64::from(weight)));
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    if refuse { permit.refused(Some(Duration::from_secs(2))); } else { permit.succeeded(); }
                }
            })).await;
            sent.into_inner()
        });
        for (i, (from, _)) in sent.iter().enumerate() {
            let mut weight = 0.0;
            for (until, w) in &sent[i..] {
                weight += w;
                // A timer may ring up to a millisecond late, and the next one is on time again.
                let seconds = (*until - *from).as_secs_f64() + 0.002;
                prop_assert!(weight <= 10.0 + 10.0 * seconds + 1e-6, "{weight} in {seconds} s");
            }
        }
    }

    #[test]
    fn every_waiter_that_is_dropped_gives_its_place_back_and_nobody_starves(
        drops in prop::collection::vec((1_i64..5, 0_u64..4_000, any::<bool>()), 1..60),
    ) {
        let (waiting, in_flight, slowest) = virtual_time(async {
            let (budget, account) = budget();
            exhaust(&budget, account, &[1, 2, 3, 4]).await;
            let start = Instant::now();
            let slowest = RefCell::new(Duration::ZERO);
            join_all(drops.into_iter().map(|(profile, patience, stays)| {
                let (budget, slowest) = (&budget, &slowest);
                async move {
                    let ask = budget.acquire(request(budget, account, profile, 0, 1));
                    if stays {
                        ask.await.unwrap().succeeded();
                        let waited = start.elapsed();
                        slowest.replace_with(|s| (*s).max(waited));
                    } else {
                        let _ = tokio::time::timeout(Duration::from_millis(patience), ask).await;
                    }
                }
            })).await;
            let bucket = budget.snapshot().buckets.remove(0);
            (bucket.waiting, bucket.in_flight, slowest.into_inner())
        });
        prop_assert_eq!((waiting, in_flight), (0, 0));
        // Sixty requests at the starting rate, without any learning.
        prop_assert!(slowest <= Duration::from_secs(31), "{:?}", slowest);
    }
}
