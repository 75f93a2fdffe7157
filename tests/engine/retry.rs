//! Retries and parked runs: what was fetched once is not fetched again.

use std::time::Duration;

use adsync::domain::run::RunState;
use adsync::sync::Carries;

use super::harness::{
    Bench, PATHS, SB_KEYWORDS, SD_TARGETS, SP_KEYWORDS, all_roles, completed, config, ended, failed,
    one_profile, operator, run_until,
};
use super::truth::requests_of;
use crate::support::on_both_databases;

on_both_databases!(
    a_retry_of_a_retry_still_fetches_nothing_twice,
    a_retry_that_was_cancelled_before_it_began_costs_no_pages,
    pages_that_answer_another_request_are_fetched_anew,
    pages_that_are_too_old_are_fetched_anew,
    there_is_nothing_to_retry_after_a_good_run,
    a_pause_beyond_patience_parks_the_run_and_frees_its_slot,
    a_profile_that_only_answers_429_is_parked_and_nothing_changes,
    a_profile_whose_every_list_answers_429_is_parked_after_one_request_gave_up,
    a_cancel_that_meets_a_parking_is_not_lost,
    a_parked_run_goes_on_where_it_stopped,
    a_run_that_is_parked_again_and_again_stays_away_longer_whoever_carries_it,
);

fn fails_from(path: &str, request: u32) -> String {
    format!(
        "[[fault]]\nmatch = {{ path = '{path}', from_request = {request}, times = 'forever' }}\neffect = {{ status = 500 }}"
    )
}

async fn a_retry_of_a_retry_still_fetches_nothing_twice(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(&fails_from(SP_KEYWORDS, 4));
    let first = bench.sync(0).await;
    failed(&first, "api.server_error");
    let mark = bench.mark();
    bench.faults(&fails_from(SP_KEYWORDS, 3));
    let second = bench.retry(0).await;
    failed(&second, "api.server_error");
    bench.no_faults();
    let third = bench.retry(0).await;
    bench.expect_truth(0, &third).await;
    assert_eq!((second.retry_of, third.retry_of), (Some(first.id), Some(second.id)));
    let pages = bench.truth(0).count(SP_KEYWORDS).div_ceil(4);
    // Two retries' answers: what was missing after three pages, and four attempts that failed.
    let requests = bench.requests_since(mark);
    assert_eq!(requests.keys().collect::<Vec<_>>(), [SP_KEYWORDS]);
    assert_eq!(requests[SP_KEYWORDS], pages - 3 + 4);
    assert_eq!(bench.database.pages(0).await, 0, "no page is left behind by any of them");
}

async fn a_retry_that_was_cancelled_before_it_began_costs_no_pages(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(&fails_from(SP_KEYWORDS, 4));
    failed(&bench.sync(0).await, "api.server_error");
    // Nobody carries the retry, so it is cancelled in the queue.
    let profile = bench.profile(0);
    let new = adsync::store::NewRun {
        profile_id: profile,
        priority: 0,
        requested_by: "tester@test".to_owned(),
        origin: adsync::domain::run::Origin::Cli,
        retry_of: bench.engine.store().retryable_run(profile).await.unwrap().map(|run| run.id),
    };
    bench.engine.store().request_run(&new).await.unwrap();
    let cancelled = bench.engine.cancel(profile).await.unwrap().unwrap();
    assert_eq!(cancelled.state, RunState::Cancelled);

    bench.no_faults();
    let mark = bench.mark();
    let run = bench.retry(0).await;
    bench.expect_truth(0, &run).await;
    assert_eq!(run.retry_of, Some(cancelled.id));
    assert_eq!(bench.requests_since(mark).keys().collect::<Vec<_>>(), [SP_KEYWORDS]);
}

async fn pages_that_answer_another_request_are_fetched_anew(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(&fails_from(SB_KEYWORDS, 4));
    let run = bench.sync(0).await;
    failed(&run, "api.server_error");
    // The campaigns are too old by now, and there are others; keywords are asked for by campaign.
    let age = format!(
        "update sync_pages set fetched_at = 0 where run_id = {} and ad_product = 'SB' and entity = 'campaign'",
        run.id
    );
    assert!(bench.database.execute(&age).await > 0);
    let before = bench.truth(0).ids("/sb/v4/campaigns/list");
    bench.churn(0);
    assert_ne!(bench.truth(0).ids("/sb/v4/campaigns/list"), before);
    // Pages are large now, so that there are fewer than were kept.
    bench.control.clear_scenario();
    let retry = bench.retry(0).await;
    completed(&retry);
    let sb = super::truth::LISTS.iter().find(|l| l.path == SB_KEYWORDS).unwrap();
    assert_eq!(bench.stored(0, sb).await.len(), bench.truth(0).count(SB_KEYWORDS));
}

async fn pages_that_are_too_old_are_fetched_anew(url: &str) {
    let sync = adsync::config::SyncConfig { reuse_pages_for: Duration::ZERO, ..config() };
    let bench = Bench::configured(url, one_profile(), sync).await;
    bench.faults(&fails_from(SP_KEYWORDS, 4));
    failed(&bench.sync(0).await, "api.server_error");
    bench.churn(0);
    bench.no_faults();
    let mark = bench.mark();
    let run = bench.retry(0).await;
    bench.expect_truth(0, &run).await;
    let requests = bench.requests_since(mark);
    assert!(PATHS.iter().all(|(_, path)| requests.contains_key(*path)));
}

async fn there_is_nothing_to_retry_after_a_good_run(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    assert_eq!(bench.engine.retry(bench.profile(0), &operator()).await.unwrap(), None);
    bench.sync_to_truth(0).await;
    assert_eq!(bench.engine.retry(bench.profile(0), &operator()).await.unwrap(), None);
    assert_eq!(bench.database.number("select count(*) from sync_runs").await, 1);
}

/// A run whose keywords are told to come back in an hour, once it is parked.
async fn parked(bench: &Bench, n: usize) -> adsync::domain::run::RunView {
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '{SP_KEYWORDS}', profile = {}, from_request = 2, times = 'forever' }}\n\
         effect = {{ status = 429, retry_after = 3600 }}",
        bench.profile(n)
    ));
    let run = bench.engine.sync(bench.profile(n), &operator()).await.unwrap();
    run_until(&bench.engine, &run, "parking", |run| run.not_before.is_some()).await
}

async fn a_pause_beyond_patience_parks_the_run_and_frees_its_slot(url: &str) {
    let sync = adsync::config::SyncConfig { concurrent_profiles: 1, ..config() };
    let bench = Bench::configured(url, all_roles(), sync).await;
    let run = parked(&bench, 0).await;
    assert_eq!((run.state, &run.owner, run.throttled), (RunState::Queued, &None, 1));
    let now = bench.engine.store().now().await.unwrap();
    let pause = run.not_before.unwrap().since(now);
    assert!(pause > Duration::from_secs(3500) && pause <= Duration::from_secs(3600), "{pause:?}");
    assert!(bench.database.pages(run.id.0).await > 0, "its pages are kept");
    // The only slot is free for others, and whoever asks for the parked one is told of it.
    bench.sync_to_truth(1).await;
    let same = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    assert_eq!((same.id, same.state, same.not_before), (run.id, RunState::Queued, run.not_before));
    let cancelled = bench.engine.cancel(bench.profile(0)).await.unwrap().unwrap();
    assert_eq!(cancelled.state, RunState::Cancelled);
}

async fn a_profile_that_only_answers_429_is_parked_and_nothing_changes(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    bench.sync_to_truth(0).await;
    bench.churn(0);
    let before = bench.database.committed().await;
    for path in [SD_TARGETS, SB_KEYWORDS] {
        bench.faults(&format!(
            "[[fault]]\nmatch = {{ path = '{path}', from_request = 2, times = 'forever' }}\neffect = {{ status = 429 }}"
        ));
        // A throttle that one client has learned of must not colour the next one's.
        let engine = bench.another_engine(Carries::Requested).await;
        let run = engine.sync(bench.profile(0), &operator()).await.unwrap();
        let run = run_until(&engine, &run, "parking", |run| run.not_before.is_some()).await;
        assert_eq!((run.state, run.error), (RunState::Queued, None), "{path}: put off, and no failure");
        assert_eq!(run.throttled, 4, "{path}");
        assert_eq!(bench.database.committed().await, before, "{path}");
        engine.cancel(bench.profile(0)).await.unwrap().unwrap();
        engine.release().await;
    }
}

async fn a_profile_whose_every_list_answers_429_is_parked_after_one_request_gave_up(url: &str) {
    let sync = adsync::config::SyncConfig { concurrent_profiles: 1, ..config() };
    // As it is configured: none of our own pauses is beyond patience.
    let patience = Duration::from_secs(60);
    let bench = Bench::start(url, all_roles()).await.with_patience(patience, sync).await;
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ profile = {}, times = 'forever' }}\neffect = {{ status = 429 }}",
        bench.profile(0)
    ));
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    let parked = run_until(&bench.engine, &run, "parking", |run| run.not_before.is_some()).await;
    assert_eq!((parked.state, &parked.owner, parked.parks), (RunState::Queued, &None, 1));
    // A few lists gave up, and not all of them, one after the other.
    let all = 4 * i64::try_from(PATHS.len()).unwrap();
    assert!(parked.throttled < all * 3 / 4, "{} answers of 429", parked.throttled);
    let pause = parked.not_before.unwrap().since(bench.engine.now());
    assert!(pause > Duration::from_secs(50) && pause <= Duration::from_secs(60), "{pause:?}");
    // The only slot is free for others.
    bench.sync_to_truth(1).await;
}

async fn a_cancel_that_meets_a_parking_is_not_lost(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    // Whoever asks for the cancel does so in the very moment in which the last page before the 429 is stored.
    bench.database.cancel_with_page("SP", "keyword").await;
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '{SP_KEYWORDS}', from_request = 2, times = 'forever' }}\n\
         effect = {{ status = 429, retry_after = 3600 }}"
    ));
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    let done =
        run_until(&bench.engine, &run, "an end", |r| !r.state.is_live() || r.not_before.is_some()).await;
    assert_eq!((done.state, done.not_before, &done.owner), (RunState::Cancelled, None, &None));
    assert!(done.finished_at.is_some() && done.waits.is_empty());
}

async fn a_parked_run_goes_on_where_it_stopped(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let run = parked(&bench, 0).await;
    bench.no_faults();
    let mark = bench.mark();
    // The hour is over, for a process that was not there when it began.
    bench.engine.release().await;
    bench.database.execute(&format!("update sync_runs set not_before = 1 where id = {}", run.id)).await;
    let other = bench.another_engine(Carries::Any).await;
    let done = ended(&other, &run).await;
    bench.expect_truth(0, &done).await;
    assert_eq!((done.id, done.epoch), (run.id, run.epoch + 1));
    assert!(bench.requests_since(mark).contains_key(SP_KEYWORDS));
    let requests = bench.requests_since(0);
    let truth = bench.truth(0);
    for (_, path) in PATHS {
        let pages = requests_of(&truth, path);
        let all = pages + usize::from(path == SP_KEYWORDS);
        if path.ends_with("/list") {
            assert_eq!(requests[path], all, "{path}: each page once, and the 429");
        } else {
            // The pause may have struck an index list half-way, which is then listed anew.
            assert!((all..2 * all).contains(&requests[path]), "{path}: {} requests", requests[path]);
        }
    }
}

async fn a_run_that_is_parked_again_and_again_stays_away_longer_whoever_carries_it(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let throttled = |from: u32| {
        bench.faults(&format!(
            "[[fault]]\nmatch = {{ profile = {}, from_request = {from}, times = 'forever' }}\n\
             effect = {{ status = 429, retry_after = 60 }}",
            bench.profile(0)
        ));
    };
    throttled(1);
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    run_until(&bench.engine, &run, "parking", |run| run.not_before.is_some()).await;
    bench.engine.release().await;
    let mut away = Vec::new();
    // From the fourth time on a page is answered before the 429.
    for time in 1..=5 {
        if time >= 4 {
            throttled(2);
        }
        assert_eq!(
            bench.database.execute("update sync_runs set not_before = 0 where state = 'queued'").await,
            1
        );
        let mark = bench.mark();
        // Each is a process of its own, that knows nothing but the database.
        let engine = bench.another_engine(Carries::Any).await;
        let parked =
            run_until(&engine, &run, "parking", |r| r.not_before.is_some_and(|until| until.0 > 0)).await;
        let pause = parked.not_before.unwrap().since(engine.store().now().await.unwrap());
        away.push((pause.as_secs().div_ceil(60), parked.parks));
        engine.release().await;
        if time < 4 {
            let mut sent = bench.requests_since(mark);
            sent.remove("/auth/o2/token");
            assert_eq!(
                sent.values().sum::<usize>(),
                1,
                "one request finds out, in a new process too: {sent:?}"
            );
        }
    }
    assert_eq!(away, [(2, 2), (4, 3), (8, 4), (1, 1), (1, 1)]);
}
