//! The rate budget over the database: what one engine learned the next one knows, and ended processes get no share.

use std::time::Duration;

use adsync::ads::{AdsClient, ClientOptions};
use adsync::config::RateLimitConfig;
use adsync::domain::limits::{BucketSnapshot, Sharing};
use adsync::domain::profile::{Access, Region};
use adsync::domain::selection::Selection;
use adsync::store::Store;
use adsync::sync::{Carries, Engine, EngineOptions};

use super::harness::{Bench, SP_KEYWORDS, completed, config, ended, endpoint, one_profile, operator, until};
use crate::support::on_both_databases;

on_both_databases!(
    what_one_engine_learned_the_next_one_starts_from,
    a_rate_is_divided_or_booked_and_ended_processes_get_no_share,
    a_database_that_goes_away_leaves_each_process_its_own_limits,
);

fn limits() -> RateLimitConfig {
    RateLimitConfig { start_per_second: 20.0, max_per_second: 200.0, ..RateLimitConfig::default() }
}

fn limited(bench: &Bench) -> AdsClient {
    let options = ClientOptions { seed: Some(7), ..ClientOptions::default() };
    AdsClient::new(vec![endpoint("test", Region::Eu, &bench.sim)], &limits(), options).unwrap()
}

/// A process whose limits are on.
async fn engine(bench: &Bench) -> Engine {
    let store = Store::open(&bench.database.url).await.unwrap();
    let options =
        EngineOptions { sync: config(), carries: Carries::Requested, profiles: Selection::default() };
    Engine::start(store, limited(bench), options).await.unwrap()
}

fn bucket(engine: &Engine) -> BucketSnapshot {
    engine.snapshot().limits.buckets.remove(0)
}

async fn what_one_engine_learned_the_next_one_starts_from(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    let first = engine(&bench).await;
    assert_eq!(bucket(&first).learned_per_second, 20.0);
    completed(&ended(&first, &first.sync(bench.profile(0), &operator()).await.unwrap()).await);
    let grown = bucket(&first).learned_per_second;
    assert!(grown > 20.0, "it grew: {:?}", bucket(&first));
    first.release().await;
    let store = bench.engine.store();
    let known = store.learned_rates(Duration::from_secs(3600)).await.unwrap();
    // Nobody was refused: the profile has learned of no limit that a later process could begin with.
    let [of_account] = known.as_slice() else { panic!("the account's rate: {known:?}") };
    assert_eq!(of_account.profile, None);
    assert!(!of_account.account.contains("amzn1"), "the client id is not told: {known:?}");
    let learned = of_account.per_second;
    // The gauges lag behind by a moment.
    assert!(learned >= grown, "what it had at its end, and not what it had told: {known:?} {grown}");

    let second = engine(&bench).await;
    let started = bucket(&second);
    assert!((started.learned_per_second / learned - 1.0).abs() < 0.05, "{started:?} {learned}");
    assert_eq!(started.history.last().map(|p| p.per_second), Some(started.learned_per_second));
    // What is a day old is believed by half.
    super::database::Database::new(url)
        .execute("update rate_budgets set learned_at = learned_at - 86400000000 where profile_id = 0")
        .await;
    let later = bucket(&engine(&bench).await).learned_per_second;
    assert!(later > 20.0 && later < learned, "{later} of {learned}");

    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '{SP_KEYWORDS}', profile = {} }}\neffect = {{ status = 429, retry_after = 1 }}",
        bench.profile(0)
    ));
    completed(&ended(&second, &second.sync(bench.profile(0), &operator()).await.unwrap()).await);
    second.release().await;
    let known = store.learned_rates(Duration::from_secs(3600)).await.unwrap();
    assert!(known.iter().any(|r| r.profile == Some(bench.profile(0))), "it was refused: {known:?}");
}

async fn a_rate_is_divided_or_booked_and_ended_processes_get_no_share(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let (one, two) = (engine(&bench).await, engine(&bench).await);
    // A process of this machine that is certainly gone, and one of elsewhere that was silent for long.
    let us = adsync::telemetry::process::Identity::current();
    let gone = adsync::telemetry::process::Identity { started: "1".to_owned(), ..us.clone() };
    let elsewhere = adsync::telemetry::process::Identity { host: "elsewhere".to_owned(), ..us };
    completed(&ended(&one, &one.sync(bench.profile(0), &operator()).await.unwrap()).await);
    if !one.store().is_sqlite() {
        assert_eq!(bucket(&one).sharing, Sharing::Booking);
        assert!(bench.database.number("select booked from rate_budgets where profile_id = 0").await >= 9);
        return;
    }
    assert_eq!(bucket(&one).sharing, Sharing::Dividing { among: 1 });
    for process in [&gone, &elsewhere] {
        bench
            .database
            .execute(&format!(
                "insert into rate_processes (account, process, seen_at) select account, '{process}', 0 from rate_processes limit 1"
            ))
            .await;
    }
    assert_eq!(bench.database.number("select count(*) from rate_processes").await, 3);
    completed(&ended(&two, &two.sync(bench.profile(0), &operator()).await.unwrap()).await);
    until(&two, "the share", |o| {
        (o.limits.buckets[0].sharing == Sharing::Dividing { among: 2 }).then_some(())
    })
    .await;
    assert_eq!(bench.database.number("select count(*) from rate_processes").await, 2);
    // Whoever ends leaves the rate to the others.
    two.release().await;
    one.release().await;
    assert_eq!(bench.database.number("select count(*) from rate_processes").await, 0);
}

async fn a_database_that_goes_away_leaves_each_process_its_own_limits(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let store = Store::open(url).await.unwrap();
    let client = limited(&bench);
    let options =
        EngineOptions { sync: config(), carries: Carries::Requested, profiles: Selection::default() };
    let engine = Engine::start(store, client.clone(), options).await.unwrap();
    engine.store().close().await;
    // Requests go out all the same.
    assert_eq!(client.profiles("test", Access::Edit).await.unwrap().len(), 1);
    assert_eq!(client.limits().buckets[0].sharing, Sharing::Unreachable);
}
