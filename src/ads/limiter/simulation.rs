//! The learning, measured in virtual time against servers whose limit the client does not know.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Request;
use super::rig::{Demand, Server, Told, budget, budget_of, drive};
use crate::config::RateLimitConfig;
use crate::domain::id::ProfileId;
use crate::domain::profile::Region;
use crate::domain::rate::LearnedRate;

async fn one_profile(rate: f64, burst: f64, retry_after: Option<Duration>) -> (f64, f64) {
    let (budget, account) = budget(3);
    let server = Arc::new(Mutex::new(Server::new(rate, burst)));
    let mut set = JoinSet::new();
    drive(&mut set, &budget, account, 1, 6, &server, retry_after);
    tokio::time::sleep(Duration::from_secs(120)).await;
    let from = Instant::now();
    tokio::time::sleep(Duration::from_secs(1200)).await;
    server.lock().unwrap().judge(from, Instant::now())
}

#[tokio::test(start_paused = true)]
async fn an_unknown_rate_is_used_to_95_percent_with_at_most_one_percent_refused() {
    for rate in [0.5, 1.0, 3.0, 5.0, 8.0] {
        for burst in [5.0, 10.0] {
            for retry_after in [None, Some(Duration::from_secs(1))] {
                let (used, refused) = one_profile(rate, burst, retry_after).await;
                println!("{rate}/s, burst {burst}, {retry_after:?}: used {used:.3}, refused {refused:.4}");
                assert!(used >= 0.95 && refused <= 0.01, "{rate} {burst} {retry_after:?}: {used} {refused}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_any_tolerance_is_not_hammered() {
    // Requests whose distance varies by a third of the interval cannot use such a server fully.
    for rate in [0.5, 3.0, 8.0] {
        let (used, refused) = one_profile(rate, 1.0, Some(Duration::from_secs(2))).await;
        println!("{rate}/s, burst 1: used {used:.3}, refused {refused:.4}");
        assert!(used >= 0.65 && refused <= 0.01, "{rate}: {used} {refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fresh_start_reaches_the_ceiling_within_fifteen_seconds_of_demand() {
    let (budget, account) = budget(1);
    let server = Arc::new(Mutex::new(Server::new(1000.0, 1000.0)));
    let mut set = JoinSet::new();
    drive(&mut set, &budget, account, 1, 8, &server, None);
    let start = Instant::now();
    while budget.profile_rate(account, 1) < 9.99 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(start.elapsed() < Duration::from_secs(15), "{}", budget.profile_rate(account, 1));
    }
    println!("ceiling reached after {:?}", start.elapsed());
    assert!(start.elapsed() > Duration::from_secs(4), "too fast to learn anything on the way");
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_falls_and_rises_is_followed() {
    let (budget, account) = budget(5);
    let server = Arc::new(Mutex::new(Server::new(8.0, 10.0)));
    let mut set = JoinSet::new();
    drive(&mut set, &budget, account, 1, 6, &server, None);
    tokio::time::sleep(Duration::from_secs(300)).await;
    server.lock().unwrap().set_rate(2.0);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let from = Instant::now();
    tokio::time::sleep(Duration::from_secs(300)).await;
    let (used, refused) = server.lock().unwrap().judge(from, Instant::now());
    println!("fallen to 2/s: used {used:.3}, refused {refused:.4}");
    assert!(used >= 0.95 && refused <= 0.01, "{used} {refused}");
    server.lock().unwrap().set_rate(8.0);
    tokio::time::sleep(Duration::from_secs(300)).await;
    let from = Instant::now();
    tokio::time::sleep(Duration::from_secs(300)).await;
    let (used, refused) = server.lock().unwrap().judge(from, Instant::now());
    println!("risen to 8/s: used {used:.3}, refused {refused:.4}");
    assert!(used >= 0.95 && refused <= 0.01, "{used} {refused}");
}

#[tokio::test(start_paused = true)]
async fn profiles_that_share_one_limit_share_it_well() {
    let (budget, account) = budget(9);
    let server = Arc::new(Mutex::new(Server::new(5.0, 10.0)));
    let mut set = JoinSet::new();
    for profile in 1..=4 {
        drive(&mut set, &budget, account, profile, 3, &server, None);
    }
    tokio::time::sleep(Duration::from_secs(180)).await;
    let from = Instant::now();
    tokio::time::sleep(Duration::from_secs(1200)).await;
    let (used, refused) = server.lock().unwrap().judge(from, Instant::now());
    println!("four profiles on one limit of 5/s: used {used:.3}, refused {refused:.4}");
    assert!(used >= 0.95 && refused <= 0.01, "{used} {refused}");
}

#[tokio::test(start_paused = true)]
async fn profiles_with_limits_of_their_own_reach_them_together() {
    let (budget, account) = budget(11);
    let mut set = JoinSet::new();
    let servers: Vec<_> = (1..=4)
        .map(|profile| {
            let server = Arc::new(Mutex::new(Server::new(2.0, 5.0)));
            drive(&mut set, &budget, account, profile, 3, &server, None);
            server
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(180)).await;
    let from = Instant::now();
    tokio::time::sleep(Duration::from_secs(1200)).await;
    let judged: Vec<_> = servers.iter().map(|s| s.lock().unwrap().judge(from, Instant::now())).collect();
    println!("four limits of 2/s: {judged:.3?}");
    let used = judged.iter().map(|j| j.0).sum::<f64>() / 4.0;
    let refused = judged.iter().map(|j| j.1).sum::<f64>() / 4.0;
    assert!(used >= 0.95 && refused <= 0.01, "{used} {refused}");
}

/// Many profiles at once; `own` gives each a server of its own.
async fn forty_profiles(own: bool, rate: f64, burst: f64) -> (f64, f64) {
    let config = RateLimitConfig { max_per_second: 200.0, ..RateLimitConfig::default() };
    let budget = budget_of(29, &config);
    let mut set = JoinSet::new();
    let server = || Arc::new(Mutex::new(Server::new(rate, burst)));
    let mut servers = vec![server()];
    for profile in 1..=40 {
        if own && profile > 1 {
            servers.push(server());
        }
        Demand::new(profile, 3).start(&mut set, &budget, servers.last().unwrap());
    }
    tokio::time::sleep(Duration::from_secs(120)).await;
    let from = Instant::now();
    tokio::time::sleep(Duration::from_secs(150)).await;
    let judged: Vec<_> = servers.iter().map(|s| s.lock().unwrap().judge(from, Instant::now())).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| judged.iter().map(of).sum::<f64>() / judged.len() as f64;
    (mean(|j| j.0), mean(|j| j.1))
}

#[tokio::test(start_paused = true)]
async fn forty_profiles_reach_forty_limits_of_their_own() {
    let (used, refused) = forty_profiles(true, 3.0, 5.0).await;
    println!("forty limits of 3/s: used {used:.3}, refused {refused:.4}");
    assert!(used >= 0.95 && refused <= 0.01, "{used} {refused}");
}

#[tokio::test(start_paused = true)]
async fn forty_profiles_share_one_limit() {
    let (used, refused) = forty_profiles(false, 20.0, 20.0).await;
    println!("forty profiles on one limit of 20/s: used {used:.3}, refused {refused:.4}");
    assert!(used >= 0.95 && refused <= 0.01, "{used} {refused}");
}

#[tokio::test(start_paused = true)]
async fn profiles_that_only_ever_answer_429_slow_no_other() {
    let (budget, account) = budget(13);
    let mut set = JoinSet::new();
    let healthy = Arc::new(Mutex::new(Server::new(1000.0, 1000.0)));
    drive(&mut set, &budget, account, 1, 8, &healthy, None);
    tokio::time::sleep(Duration::from_secs(60)).await;
    for profile in 2..=6 {
        let dead = Arc::new(Mutex::new(Server::new(1e-9, 0.5)));
        drive(&mut set, &budget, account, profile, 4, &dead, None);
    }
    let asked = |from: Instant, until: Instant| {
        let log = &healthy.lock().unwrap().log;
        log.iter().filter(|(at, _)| (from..until).contains(at)).count() as f64 / (until - from).as_secs_f64()
    };
    let first = Instant::now();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let second = Instant::now();
    tokio::time::sleep(Duration::from_secs(300)).await;
    let (early, late) = (asked(first, second), asked(second, Instant::now()));
    println!("beside five dead profiles: {early:.2}/s in the first minute, {late:.2}/s after it, of 10/s");
    assert!(early > 8.0 && late > 9.4, "{early} {late}");
}

#[tokio::test(start_paused = true)]
async fn slow_answers_and_different_limits_of_profiles_do_not_confuse_the_learning() {
    let (budget, account) = budget(17);
    let mut set = JoinSet::new();
    let servers: Vec<_> = [(1, 0.5), (2, 1.5), (3, 3.0)]
        .map(|(profile, rate)| {
            let server = Arc::new(Mutex::new(Server::new(rate, 6.0)));
            for worker in 0..8_u64 {
                let (budget, server) = (budget.clone(), server.clone());
                set.spawn(async move {
                    let mut random = fastrand::Rng::with_seed(worker + 100 * profile);
                    loop {
                        let request = Request {
                            account,
                            profile: Some(ProfileId(profile as i64)),
                            priority: 0,
                            weight: 1,
                            ticket: budget.ticket(),
                        };
                        let permit = budget.acquire(request).await.unwrap();
                        tokio::time::sleep(Duration::from_millis(random.u64(20..120))).await;
                        let granted = server.lock().unwrap().ask();
                        // An answer takes up to three seconds, and answers overtake each other.
                        tokio::time::sleep(Duration::from_millis(random.u64(200..3000))).await;
                        if granted {
                            permit.succeeded();
                        } else {
                            permit.refused(None);
                        }
                    }
                });
            }
            server
        })
        .into_iter()
        .collect();
    tokio::time::sleep(Duration::from_secs(240)).await;
    let from = Instant::now();
    tokio::time::sleep(Duration::from_secs(1200)).await;
    let judged: Vec<_> = servers.iter().map(|s| s.lock().unwrap().judge(from, Instant::now())).collect();
    println!("limits of 0.5, 1.5 and 3/s behind answers of up to 3 s: {judged:.3?}");
    // Half a request a second leaves little to learn from: one refusal more or less is a percent.
    let used = judged.iter().map(|j| j.0).sum::<f64>() / 3.0;
    assert!(used >= 0.95 && judged.iter().all(|j| j.0 >= 0.92 && j.1 <= 0.01), "{used} {judged:?}");
}

#[tokio::test(start_paused = true)]
async fn a_remembered_rate_spares_the_way_up_and_most_refusals() {
    let mut seen = Vec::new();
    for remembered in [false, true] {
        let (budget, account) = budget(19);
        if remembered {
            let account = super::account_key("client", Region::Na);
            let rate = |profile| LearnedRate {
                account: account.clone(),
                profile,
                per_second: 7.8,
                age: Duration::from_secs(3600),
            };
            budget.recall(&[rate(None), rate(Some(ProfileId(1)))]);
        }
        let server = Arc::new(Mutex::new(Server::new(8.0, 10.0)));
        let mut set = JoinSet::new();
        drive(&mut set, &budget, account, 1, 6, &server, None);
        let from = Instant::now();
        tokio::time::sleep(Duration::from_secs(60)).await;
        let judged = server.lock().unwrap().judge(from, Instant::now());
        println!("the first minute of 8/s, remembered {remembered}: {judged:.3?}");
        seen.push(judged);
    }
    assert!(seen[1].0 > seen[0].0 && seen[1].0 > 0.95, "{seen:?}");
    assert!(seen[1].1 <= seen[0].1 && seen[1].1 <= 0.01, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rate_remembered_wrongly_is_a_hint_and_no_truth() {
    for (remembered, truth) in [(9.5, 1.0), (0.3, 8.0)] {
        for days in [0, 2] {
            let (budget, account) = budget(23);
            let age = Duration::from_secs(86_400 * days);
            let rate = |profile| LearnedRate {
                account: super::account_key("client", Region::Na),
                profile,
                per_second: remembered,
                age,
            };
            budget.recall(&[rate(None), rate(Some(ProfileId(1)))]);
            let server = Arc::new(Mutex::new(Server::new(truth, 10.0)));
            let mut set = JoinSet::new();
            drive(&mut set, &budget, account, 1, 6, &server, None);
            tokio::time::sleep(Duration::from_secs(if days == 0 { 900 } else { 300 })).await;
            let from = Instant::now();
            tokio::time::sleep(Duration::from_secs(600)).await;
            let (used, refused) = server.lock().unwrap().judge(from, Instant::now());
            println!(
                "{remembered}/s remembered for {days} days, {truth}/s true: used {used:.3}, refused {refused:.4}"
            );
            assert!(used >= 0.9 && refused <= 0.01, "{remembered} {truth} {days}: {used} {refused}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_nobody_refused_is_not_remembered_as_a_limit() {
    // A short command learns nothing but how far its demand brought it; the next process must climb as a first one.
    let (first, account) = budget(29);
    let server = Arc::new(Mutex::new(Server::new(50.0, 50.0)));
    let mut set = JoinSet::new();
    drive(&mut set, &first, account, 1, 2, &server, None);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let learned = first.learned();
    assert!(learned.iter().all(|rate| rate.profile.is_none()), "no limit of the profile: {learned:?}");
    set.shutdown().await;
    let (second, account) = budget(29);
    second.recall(&learned);
    let mut set = JoinSet::new();
    drive(&mut set, &second, account, 1, 8, &server, None);
    let start = Instant::now();
    while second.profile_rate(account, 1) < 9.99 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(start.elapsed() < Duration::from_secs(15), "{}", second.profile_rate(account, 1));
    }
    set.shutdown().await;

    // One that was refused remembers what it was refused at, and a later start finds out soon that more is allowed.
    let (second, account) = budget(31);
    let server = Arc::new(Mutex::new(Server::new(3.0, 5.0)));
    let mut set = JoinSet::new();
    drive(&mut set, &second, account, 1, 6, &server, None);
    tokio::time::sleep(Duration::from_secs(120)).await;
    let learned = second.learned();
    let of_profile = learned.iter().find(|rate| rate.profile == Some(ProfileId(1))).unwrap();
    assert!((2.5..3.3).contains(&of_profile.per_second), "{learned:?}");
    set.shutdown().await;

    let (third, account) = budget(37);
    third.recall(&learned);
    let server = Arc::new(Mutex::new(Server::new(9.0, 10.0)));
    let mut set = JoinSet::new();
    drive(&mut set, &third, account, 1, 6, &server, None);
    let start = Instant::now();
    while third.profile_rate(account, 1) < 8.0 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(start.elapsed() < Duration::from_secs(120), "{}", third.profile_rate(account, 1));
    }
    println!("from {:.1}/s to 8/s after {:?}", of_profile.per_second, start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn profiles_with_limits_of_their_own_hold_up_nobody_who_joins_them() {
    for limited in [2_i64, 4] {
        let config = RateLimitConfig { max_per_second: 50.0, ..RateLimitConfig::default() };
        let budget = budget_of(43, &config);
        let mut set = JoinSet::new();
        for profile in 1..=limited {
            let server = Arc::new(Mutex::new(Server::new(2.0, 5.0)));
            Demand::new(profile, 3).start(&mut set, &budget, &server);
        }
        tokio::time::sleep(Duration::from_secs(120)).await;
        let joins = Arc::new(Mutex::new(Server::new(8.0, 8.0)));
        Demand::new(50, 6).start(&mut set, &budget, &joins);
        // Four that find their limits at once look like an account's; that is found out within some minutes.
        tokio::time::sleep(Duration::from_secs(240)).await;
        let from = Instant::now();
        tokio::time::sleep(Duration::from_secs(240)).await;
        let (used, refused) = joins.lock().unwrap().judge(from, Instant::now());
        println!("8/s beside {limited} limits of 2/s: used {used:.3}, refused {refused:.4}");
        assert!(used >= 0.95 && refused <= 0.01, "{limited}: {used} {refused}");
    }
}

/// Many profiles, a few at a time: each asks for so many requests, and then the next one begins. `own` gives each a
/// server of its own. Tells what was used of the limit and which share was refused, once it is known.
async fn one_after_the_other(own: bool, rate: f64, burst: f64, told: Told) -> (f64, f64) {
    const AT_ONCE: i64 = 4;
    const LONG: u64 = 10;
    const SHORT: u64 = 25;
    let config = RateLimitConfig { max_per_second: 50.0, ..RateLimitConfig::default() };
    let budget = budget_of(41, &config);
    let whole = Arc::new(Mutex::new(Server::new(rate, burst)));
    let servers = Arc::new(Mutex::new(vec![whole.clone()]));
    let mut set = JoinSet::new();
    for slot in 0..AT_ONCE {
        let (budget, whole, servers) = (budget.clone(), whole.clone(), servers.clone());
        set.spawn(async move {
            for turn in 0.. {
                let server = if own { Arc::new(Mutex::new(Server::new(rate, burst))) } else { whole.clone() };
                if own {
                    servers.lock().unwrap().push(server.clone());
                }
                let mut workers = JoinSet::new();
                let demand = Demand { told, ..Demand::new(1 + slot + AT_ONCE * turn, 6) };
                // A few long lists, each page of which waits for the one before, and many short ones.
                demand.start_with(&mut workers, &budget, &server, LONG);
                Demand { workers: SHORT, ..demand }.start_with(&mut workers, &budget, &server, 1);
                while workers.join_next().await.is_some() {}
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(120)).await;
    let from = Instant::now();
    tokio::time::sleep(Duration::from_secs(900)).await;
    let now = Instant::now();
    let all: Vec<(Instant, bool)> =
        servers.lock().unwrap().iter().flat_map(|s| s.lock().unwrap().log.clone()).collect();
    let seen: Vec<bool> = all.iter().filter(|(at, _)| (from..now).contains(at)).map(|(_, ok)| *ok).collect();
    let granted = seen.iter().filter(|ok| **ok).count() as f64;
    let limit = if own { rate * AT_ONCE as f64 } else { rate };
    (granted / (limit * (now - from).as_secs_f64()), 1.0 - granted / seen.len() as f64)
}

#[tokio::test(start_paused = true)]
async fn profiles_that_follow_each_other_know_what_those_before_them_have_learned() {
    for (own, rate, burst) in
        [(false, 5.0, 10.0), (false, 8.0, 8.0), (false, 20.0, 20.0), (true, 2.0, 5.0), (true, 5.0, 10.0)]
    {
        for told in [Told::Nothing, Told::Always(Duration::from_secs(1))] {
            let (used, refused) = one_after_the_other(own, rate, burst, told).await;
            println!("own {own}, {rate}/s, burst {burst}, {told:?}: used {used:.3}, refused {refused:.4}");
            assert!(used >= 0.95 && refused <= 0.01, "{own} {rate} {told:?}: {used} {refused}");
        }
    }
}
