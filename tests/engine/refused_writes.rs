//! Writes that the database refuses: the run ends with the database's error, and its end is stored once that is
//! possible again.

use std::time::Duration;

use adsync::domain::run::{RunState, RunView, UnitState};
use adsync::sync::Engine;

use super::harness::{
    Bench, SP_KEYWORDS, completed, config, ended, failed, one_profile, operator, pages_stored, unit_of, until,
};
use crate::support::on_both_databases;

on_both_databases!(
    a_refused_write_of_one_unit_ends_the_run_with_the_databases_error,
    a_failure_that_cannot_be_stored_is_stored_once_the_database_takes_it,
    a_cancel_that_cannot_be_stored_is_stored_once_the_database_takes_it,
    a_parking_that_cannot_be_stored_is_stored_once_the_database_takes_it,
    an_engine_ends_while_the_database_refuses_the_end_of_its_run,
    a_database_that_can_only_be_read_is_told_as_lost_and_as_back,
);

/// Long enough for an end to be refused.
const REFUSED: Duration = Duration::from_millis(700);

fn keywords(effect: &str) -> String {
    format!(
        "[[fault]]\nmatch = {{ path = '{SP_KEYWORDS}', from_request = 2, times = 'forever' }}\neffect = {{ {effect} }}"
    )
}

/// Waits until the keywords failed, after which nothing but the run's end is left to be stored.
async fn keywords_failed(engine: &Engine, run: &RunView) {
    until(engine, "the keywords' failure", |o| {
        let units = o.units.get(&run.id)?;
        let unit = units.iter().find(|u| u.unit == unit_of(SP_KEYWORDS))?;
        (unit.state == UnitState::Failed && units.iter().all(|u| u.state.is_settled())).then_some(())
    })
    .await;
}

/// Checks that a run stays in the hands of its engine while its end is refused.
async fn stays(bench: &Bench, run: &RunView) {
    let left = super::harness::run_until(&bench.engine, run, "an end", |run| {
        !matches!(run.state, RunState::Queued | RunState::Fetching)
            || run.state == RunState::Queued && run.epoch > 0
    });
    assert!(tokio::time::timeout(REFUSED, left).await.is_err(), "its end is refused");
    let same = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    assert_eq!((same.id, same.state), (run.id, RunState::Fetching));
}

async fn a_refused_write_of_one_unit_ends_the_run_with_the_databases_error(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    let sb = "new.ad_product = 'SB' and new.entity = 'campaign'";
    for (event, table, condition) in [
        ("insert", "sync_pages", sb.to_owned()),
        ("update", "sync_units", format!("{sb} and new.state = 'proved'")),
    ] {
        bench.database.refuse(event, table, &condition).await;
        let run = bench.sync(0).await;
        let report = run.error.as_ref().unwrap();
        assert_eq!(
            (run.state, report.code.as_str()),
            (RunState::Failed, "store.sql"),
            "{table}: {report:#?}"
        );
        bench.database.accept(table).await;
        let retry = bench.retry(0).await;
        bench.expect_truth(0, &retry).await;
    }
}

async fn a_failure_that_cannot_be_stored_is_stored_once_the_database_takes_it(url: &str) {
    let sync = adsync::config::SyncConfig { concurrent_profiles: 1, ..config() };
    let bench = Bench::configured(url, one_profile(), sync).await;
    bench.faults(&keywords("status = 404"));
    bench.database.refuse("update", "sync_runs", "new.state = 'failed'").await;
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    keywords_failed(&bench.engine, &run).await;
    stays(&bench, &run).await;
    bench.database.accept("sync_runs").await;
    failed(&ended(&bench.engine, &run).await, "api.bad_request");
    // Its slot is free again.
    bench.no_faults();
    completed(&bench.retry(0).await);
}

async fn a_cancel_that_cannot_be_stored_is_stored_once_the_database_takes_it(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(&keywords("latency = '60s'"));
    bench.database.refuse("update", "sync_runs", "new.state = 'cancelled'").await;
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    pages_stored(&bench.engine, run.id, unit_of(SP_KEYWORDS), 1).await;
    bench.engine.cancel(bench.profile(0)).await.unwrap().expect("a live run");
    stays(&bench, &run).await;
    bench.database.accept("sync_runs").await;
    assert_eq!(ended(&bench.engine, &run).await.state, RunState::Cancelled);
}

async fn a_parking_that_cannot_be_stored_is_stored_once_the_database_takes_it(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(&keywords("status = 429, retry_after = 3600"));
    bench.database.refuse("update", "sync_runs", "new.state = 'queued'").await;
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    pages_stored(&bench.engine, run.id, unit_of(SP_KEYWORDS), 1).await;
    stays(&bench, &run).await;
    bench.database.accept("sync_runs").await;
    let parked = super::harness::run_until(&bench.engine, &run, "parking", |r| r.not_before.is_some()).await;
    let pause = parked.not_before.unwrap().since(bench.engine.now());
    assert!(pause > Duration::from_secs(3500) && pause <= Duration::from_secs(3600), "{pause:?}");
}

async fn a_database_that_can_only_be_read_is_told_as_lost_and_as_back(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    bench.database.refuse("update", "sync_runs", "new.state = 'fetching'").await;
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    let lost = until(&bench.engine, "a lost database", |o| o.database_lost.clone()).await;
    assert!(lost.detail.contains("refused"), "{lost:?}");
    bench.database.accept("sync_runs").await;
    until(&bench.engine, "a database that is back", |o| o.database_lost.is_none().then_some(())).await;
    completed(&ended(&bench.engine, &run).await);
}

async fn an_engine_ends_while_the_database_refuses_the_end_of_its_run(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(&keywords("status = 404"));
    bench.database.refuse("update", "sync_runs", "new.state = 'failed'").await;
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    keywords_failed(&bench.engine, &run).await;
    stays(&bench, &run).await;
    tokio::time::timeout(Duration::from_secs(2), bench.engine.release()).await.expect("quitting is quick");
}

/// A file that was moved away takes writes all the same, which nobody finds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_moved_is_told_as_lost_and_nothing_is_begun_until_it_is_back() {
    let database = crate::support::sqlite::fresh_database();
    let away = database.path.with_extension("away");
    let bench = Bench::start(&database.url, one_profile()).await;
    bench.no_faults();
    std::fs::rename(&database.path, &away).unwrap();
    let lost = until(&bench.engine, "a lost database", |o| o.database_lost.clone()).await;
    assert!(lost.detail.contains("was moved, replaced or deleted"), "{lost:?}");
    let mark = bench.mark();
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    assert_eq!(run.state, RunState::Queued);
    assert!(!database.path.exists(), "no empty one takes its place");
    assert!(bench.requests_since(mark).is_empty());
    std::fs::rename(&away, &database.path).unwrap();
    until(&bench.engine, "a database that is back", |o| o.database_lost.is_none().then_some(())).await;
    completed(&ended(&bench.engine, &run).await);
}
