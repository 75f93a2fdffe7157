//! The queue: one live run for a profile, whoever asks and however often, and a cancel that is quick.

use std::collections::BTreeSet;
use std::time::Duration;

use adsync::domain::run::{RunState, UnitState};
use adsync::domain::unit::Unit;
use adsync::store::{NewRun, RunFilter, Store};
use adsync::sync::overview::ProfileStatus;
use adsync::sync::{Carries, Engine};
use futures::future::join_all;

use super::database::entity_rows;
use super::harness::{
    Bench, PATHS, SP_KEYWORDS, all_roles, config, ended, one_profile, operator, pages_stored, run_until,
    unit_of, until,
};
use super::truth::requests_of;
use crate::support::on_both_databases;

on_both_databases!(
    asking_again_gives_the_run_that_is_live,
    many_engines_that_ask_at_once_get_one_run,
    a_run_is_carried_by_one_engine_only,
    asking_while_others_cancel_always_gives_a_run,
    a_cancelled_run_stops_at_once_and_commits_nothing,
    another_engine_can_cancel_and_the_run_stops_within_a_second,
    an_engine_that_carries_what_it_was_asked_leaves_the_rest_alone,
    no_more_profiles_at_once_than_configured,
    another_engine_tells_of_a_run_that_it_does_not_carry,
    another_engine_says_that_a_run_is_throttled_and_until_when,
);

/// Every request of lists hangs.
const HANGS: &str = "[[fault]]\nmatch = { path = '/s*', times = 'forever' }\neffect = { latency = '60s' }";
const SECOND: Duration = Duration::from_secs(1);

async fn runs(bench: &Bench) -> i64 {
    bench.database.number("select count(*) from sync_runs").await
}

async fn asking_again_gives_the_run_that_is_live(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(HANGS);
    let first = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    let second = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    assert_eq!((first.id, runs(&bench).await), (second.id, 1));
    run_until(&bench.engine, &first, "the claim", |run| run.state == RunState::Fetching).await;
    let third = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    assert_eq!((third.id, third.state, runs(&bench).await), (first.id, RunState::Fetching, 1));
    bench.engine.cancel(bench.profile(0)).await.unwrap();
    ended(&bench.engine, &first).await;
    bench.no_faults();
    // A run that has ended is not live: now there is a new one.
    let fourth = bench.sync_to_truth(0).await;
    assert!(fourth.id > first.id);
}

async fn many_engines_that_ask_at_once_get_one_run(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(HANGS);
    let others = [bench.another_engine(Carries::Requested).await, bench.another_engine(Carries::Any).await];
    let engines: Vec<&Engine> = std::iter::once(&bench.engine).chain(&others).collect();
    let requester = operator();
    for round in 1..=3 {
        let asks = (0..24).map(|n| engines[n % 3].sync(bench.profile(0), &requester));
        let ids: BTreeSet<_> = join_all(asks).await.into_iter().map(|run| run.unwrap().id).collect();
        assert_eq!((ids.len(), runs(&bench).await), (1, round));
        let run = bench.engine.store().run(*ids.first().unwrap()).await.unwrap().unwrap();
        bench.engine.cancel(bench.profile(0)).await.unwrap();
        for engine in &engines {
            assert_eq!(ended(engine, &run).await.state, RunState::Cancelled);
        }
    }
}

async fn a_run_is_carried_by_one_engine_only(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    // Slow enough for all to ask while it is under way.
    bench.faults(
        "[[fault]]\nmatch = { path = '/sp/campaigns/list', times = 1 }\neffect = { latency = '200ms' }",
    );
    let others = [bench.another_engine(Carries::Any).await, bench.another_engine(Carries::Any).await];
    let engines: Vec<&Engine> = std::iter::once(&bench.engine).chain(&others).collect();
    let requester = operator();
    let asked = join_all(engines.iter().map(|engine| engine.sync(bench.profile(0), &requester))).await;
    let run = asked[0].as_ref().unwrap();
    for engine in &engines {
        bench.expect_truth(0, &ended(engine, run).await).await;
    }
    assert_eq!(runs(&bench).await, 1);
    let (requests, truth) = (bench.requests_since(0), bench.truth(0));
    for (_, path) in PATHS {
        assert_eq!(requests[path], requests_of(&truth, path), "{path}: each page once");
    }
}

async fn asking_while_others_cancel_always_gives_a_run(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let stores = [Store::open(url).await.unwrap(), Store::open(url).await.unwrap()];
    let new = NewRun {
        profile_id: bench.profile(0),
        priority: 0,
        requested_by: "tester@test".to_owned(),
        origin: adsync::domain::run::Origin::Cli,
        retry_of: None,
    };
    let ask = async |store: &Store| {
        for _ in 0..60 {
            store.request_run(&new).await.unwrap();
        }
    };
    let cancel = async |store: &Store| {
        for _ in 0..120 {
            store.request_cancel(new.profile_id).await.unwrap();
        }
    };
    tokio::join!(ask(&stores[0]), ask(&stores[1]), ask(&stores[0]), cancel(&stores[1]), cancel(&stores[0]));
    let live = "select count(*) from sync_runs where state = 'queued'";
    assert!(bench.database.number(live).await <= 1);
}

async fn a_cancelled_run_stops_at_once_and_commits_nothing(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(
        "[[fault]]\nmatch = { path = '/sp/keywords/list', from_request = 3, times = 'forever' }\neffect = { latency = '60s' }",
    );
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    pages_stored(&bench.engine, run.id, unit_of(SP_KEYWORDS), 2).await;
    bench.engine.cancel(bench.profile(0)).await.unwrap().expect("a live run");
    let done = tokio::time::timeout(SECOND, ended(&bench.engine, &run)).await.expect("within a second");
    assert_eq!((done.state, &done.owner, &done.error), (RunState::Cancelled, &None, &None));
    assert!(done.finished_at.is_some());
    assert_eq!(entity_rows(&bench.database.committed().await), 0);
    assert_eq!(bench.engine.cancel(bench.profile(0)).await.unwrap(), None, "there is nothing left to cancel");
    // Its pages may be used by a retry.
    assert!(bench.database.pages(run.id.0).await >= 2);
    bench.no_faults();
    let retry = bench.retry(0).await;
    bench.expect_truth(0, &retry).await;
}

async fn another_engine_can_cancel_and_the_run_stops_within_a_second(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(HANGS);
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    run_until(&bench.engine, &run, "the claim", |run| run.state == RunState::Fetching).await;
    let other = bench.another_engine(Carries::Requested).await;
    let view = other.cancel(bench.profile(0)).await.unwrap().unwrap();
    assert!(view.cancel_requested);
    let done = tokio::time::timeout(SECOND, ended(&bench.engine, &run)).await.expect("within a second");
    assert_eq!(done.state, RunState::Cancelled);
    assert_eq!(entity_rows(&bench.database.committed().await), 0);
}

async fn an_engine_that_carries_what_it_was_asked_leaves_the_rest_alone(url: &str) {
    let bench = Bench::start(url, all_roles()).await;
    let new = NewRun {
        profile_id: bench.profile(1),
        priority: 100,
        requested_by: "tester@test".to_owned(),
        origin: adsync::domain::run::Origin::Console,
        retry_of: None,
    };
    let foreign = bench.engine.store().request_run(&new).await.unwrap().run;
    bench.sync_to_truth(0).await;
    let view = bench.engine.store().run(foreign.id).await.unwrap().unwrap();
    assert_eq!((view.state, view.epoch), (RunState::Queued, 0));
    // Whoever carries anything takes it.
    let other = bench.another_engine(Carries::Any).await;
    bench.expect_truth(1, &ended(&other, &foreign).await).await;
}

async fn no_more_profiles_at_once_than_configured(url: &str) {
    let sync = adsync::config::SyncConfig { concurrent_profiles: 2, ..config() };
    let bench = Bench::configured(url, all_roles(), sync).await;
    bench.faults(HANGS);
    let requester = operator();
    let numbers = [0, 1, 3, 4];
    for n in numbers {
        bench.engine.sync(bench.profile(n), &requester).await.unwrap();
    }
    let fetching = |o: &adsync::sync::overview::Overview| {
        o.runs.values().filter(|run| run.state == RunState::Fetching).count()
    };
    until(&bench.engine, "two claims", |o| (fetching(o) == 2).then_some(())).await;
    for n in numbers {
        assert_eq!(fetching(&bench.engine.snapshot()), 2);
        let queued = "select count(*) from sync_runs where state = 'queued'";
        let expected = 2 - i64::try_from(numbers.iter().position(|m| *m == n).unwrap()).unwrap();
        assert_eq!(bench.database.number(queued).await, expected.max(0));
        bench.engine.cancel(bench.profile(n)).await.unwrap().unwrap();
        if expected > 0 {
            // First come, first served: the next one takes the slot.
            let at = usize::try_from(4 - expected).unwrap();
            let next = bench.profile(numbers[at]);
            let claimed = |o: &adsync::sync::overview::Overview| {
                (o.runs.get(&next)?.state == RunState::Fetching).then_some(())
            };
            until(&bench.engine, "the next claim", claimed).await;
        } else {
            break;
        }
    }
}

async fn another_engine_tells_of_a_run_that_it_does_not_carry(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let other = bench.another_engine(Carries::Requested).await;
    let run = bench.sync_to_truth(0).await;
    let seen = ended(&other, &run).await;
    assert_eq!(seen, run);
    let units =
        until(&other, "the units", |o| o.units.get(&run.id).filter(|u| u.len() == PATHS.len()).cloned())
            .await;
    assert!(units.iter().all(|unit| unit.state == UnitState::Proved && unit.outcome.is_some()));
    let expected: Vec<Unit> = PATHS.iter().map(|(unit, _)| *unit).collect();
    assert_eq!(units.iter().map(|u| u.unit).collect::<Vec<_>>(), expected);
    let profile = bench.engine.snapshot().profiles[&run.profile_id].clone();
    until(&other, "the profile", |o| (o.profiles.get(&run.profile_id) == Some(&profile)).then_some(())).await;
    let runs = bench.engine.store().runs(&RunFilter::default()).await.unwrap();
    assert_eq!(runs, [run]);
}

async fn another_engine_says_that_a_run_is_throttled_and_until_when(url: &str) {
    let bench = Bench::start(url, one_profile()).await.with_patience(Duration::from_secs(60), config()).await;
    let other = bench.another_engine(Carries::Requested).await;
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '{SP_KEYWORDS}', times = 1 }}\neffect = {{ status = 429, retry_after = 20 }}"
    ));
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    let wait = until(&other, "the throttle", |o| {
        let throttled = o.status(run.profile_id, other.now()) == ProfileStatus::Throttled;
        // Once one list is refused, the whole profile pauses.
        o.waits
            .get(&run.id)
            .filter(|_| throttled)?
            .iter()
            .find(|wait| wait.unit == unit_of(SP_KEYWORDS))
            .cloned()
    })
    .await;
    assert!(wait.asked, "{wait:?}");
    assert!(wait.until <= bench.engine.now().plus(20 * SECOND), "{wait:?}");
    // What it cost so far is told while it is throttled, by the one that carries it and to the others.
    for engine in [&bench.engine, &other] {
        // It goes on growing, though no page and no unit comes that could tell it.
        let mut known = 0;
        for _ in 0..3 {
            known = until(engine, "the counters", |o| {
                let run = o.runs.get(&run.profile_id).filter(|run| run.state == RunState::Fetching)?;
                (run.throttled == 1 && run.throttled_us > known).then_some(run.throttled_us)
            })
            .await;
        }
    }
    // It is over for both when it is over for one.
    bench.engine.cancel(run.profile_id).await.unwrap();
    assert_eq!(ended(&other, &run).await.state, RunState::Cancelled);
    assert!(other.snapshot().waits.is_empty());
}
