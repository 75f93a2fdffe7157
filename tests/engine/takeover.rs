//! Runs that change hands: given back, taken over from the dead, and fenced against their old owners.

use std::time::Duration;

use adsync::domain::id::RunId;
use adsync::domain::run::{Origin, RunState, UnitState};
use adsync::store::{Claim, NewPage, NewRun, Store, StoreError, UnitUpdate};
use adsync::sync::Carries;
use adsync::telemetry::process::Identity;

use super::harness::{
    Bench, PATHS, SP_KEYWORDS, ended, one_profile, operator, pages_stored, run_until, settled_but, unit_of,
};
use crate::support::on_both_databases;

on_both_databases!(
    a_released_run_is_given_back_and_another_engine_goes_on_with_it,
    a_run_of_a_dead_process_is_taken_over_at_once,
    a_run_whose_owner_died_while_committing_is_committed_once,
    a_run_that_keeps_ending_its_process_is_given_up,
    an_owner_that_lost_its_run_can_write_nothing_more,
    an_engine_that_lost_its_run_stops_and_leaves_it_alone,
);

/// Hangs at the third page of the keywords.
const HANGS: &str = "[[fault]]\nmatch = { path = '/sp/keywords/list', from_request = 3, times = 'forever' }\neffect = { latency = '60s' }";

/// A process on this machine that ended long ago.
fn dead() -> String {
    Identity { started: "1".to_owned(), nonce: "dead".to_owned(), ..Identity::current() }.to_string()
}

async fn request(bench: &Bench) -> RunId {
    let new = NewRun {
        profile_id: bench.profile(0),
        priority: 0,
        requested_by: "tester@test".to_owned(),
        origin: Origin::Cli,
        retry_of: None,
    };
    bench.engine.store().request_run(&new).await.unwrap().run.id
}

async fn claim(store: &Store, owner: &str) -> Claim {
    store.claim(owner, &["test".to_owned()], None).await.unwrap().expect("a run that is due")
}

/// Nobody else owns it, and it was listed to its end but for its keywords: what others had fetched was kept.
async fn expect_goes_on(bench: &Bench, mark: u64) {
    let requests = bench.requests_since(mark);
    let paths: Vec<&String> = requests.keys().filter(|path| !path.contains("o2")).collect();
    assert_eq!(paths, [SP_KEYWORDS], "finished units are not fetched again");
    assert_eq!(requests[SP_KEYWORDS], bench.truth(0).count(SP_KEYWORDS).div_ceil(4) - 2);
}

async fn a_released_run_is_given_back_and_another_engine_goes_on_with_it(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(HANGS);
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    pages_stored(&bench.engine, run.id, unit_of(SP_KEYWORDS), 2).await;
    settled_but(&bench.engine, run.id, unit_of(SP_KEYWORDS)).await;
    tokio::time::timeout(Duration::from_secs(1), bench.engine.release()).await.expect("quitting is quick");
    let given_back = bench.engine.store().run(run.id).await.unwrap().unwrap();
    assert_eq!((given_back.state, &given_back.owner, given_back.attempt), (RunState::Queued, &None, 0));
    assert!(bench.database.pages(run.id.0).await > 0);
    assert_eq!(bench.database.number("select count(*) from campaigns").await, 0);

    bench.no_faults();
    let mark = bench.mark();
    let other = bench.another_engine(Carries::Any).await;
    let done = ended(&other, &run).await;
    bench.expect_truth(0, &done).await;
    expect_goes_on(&bench, mark).await;
}

async fn a_run_of_a_dead_process_is_taken_over_at_once(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(HANGS);
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    pages_stored(&bench.engine, run.id, unit_of(SP_KEYWORDS), 2).await;
    settled_but(&bench.engine, run.id, unit_of(SP_KEYWORDS)).await;
    bench.engine.release().await;
    // Claimed by a process that died before it could do anything more.
    let claimed = claim(bench.engine.store(), &dead()).await;
    assert_eq!((claimed.run.id, claimed.run.state), (run.id, RunState::Fetching));

    bench.no_faults();
    let mark = bench.mark();
    let other = bench.another_engine(Carries::Any).await;
    let taken = run_until(&other, &run, "the takeover", |r| r.epoch > claimed.run.epoch);
    tokio::time::timeout(Duration::from_secs(2), taken).await.expect("at once, and not after the lease");
    let done = ended(&other, &run).await;
    bench.expect_truth(0, &done).await;
    expect_goes_on(&bench, mark).await;
    assert_eq!(done.attempt, 2, "a crash counts");
}

async fn a_run_whose_owner_died_while_committing_is_committed_once(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let run = request(&bench).await;
    let claimed = claim(bench.engine.store(), &dead()).await;
    let view = bench.engine.store().set_committing(run, claimed.run.epoch).await.unwrap();
    assert_eq!(view.state, RunState::Committing);
    let other = bench.another_engine(Carries::Any).await;
    let done = ended(&other, &view).await;
    bench.expect_truth(0, &done).await;
}

async fn a_run_that_keeps_ending_its_process_is_given_up(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let run = request(&bench).await;
    let store = bench.engine.store();
    for crash in 1..=5 {
        let claimed = claim(store, &dead()).await;
        assert_eq!(claimed.run.attempt, crash);
        bench.database.execute(&format!("update sync_runs set lease_until = 0 where id = {run}")).await;
    }
    let view = store.run(run).await.unwrap().unwrap();
    let other = bench.another_engine(Carries::Any).await;
    let done = ended(&other, &view).await;
    super::harness::failed(&done, "run.kills_owner");
    let report = done.error.unwrap();
    assert!(!report.retryable && report.summary.contains("5 processes"), "{report:?}");
}

async fn an_owner_that_lost_its_run_can_write_nothing_more(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let run = request(&bench).await;
    let store = bench.engine.store();
    let unit = unit_of(SP_KEYWORDS);
    let old = claim(store, "somebody").await.run.epoch;
    store.plan(run, old, &[(unit, None)]).await.unwrap();
    bench.database.execute(&format!("update sync_runs set lease_until = 0 where id = {run}")).await;
    let new = claim(store, "somebody else").await;
    assert_eq!((new.found, new.run.epoch), (RunState::Fetching, old + 1));
    let page = NewPage {
        unit,
        list: "main",
        seq: 0,
        fingerprint: "f",
        next_cursor: None,
        rows: 0,
        total: Some(0),
        request_id: None,
        body: r#"{"keywords":[],"totalResults":0}"#,
        unit_pages: 1,
        unit_rows: 0,
        unit_expected: Some(0),
        requests: 1,
        throttled: 0,
        throttled_us: 0,
    };
    let update = UnitUpdate { state: UnitState::Proved, certificate: None, error: None, refusal: None };
    let failed = adsync::sync::SyncError::NoAccess.report(store.now().await.unwrap());
    let profile = bench.profile(0);
    let stored = store.profile(profile).await.unwrap().unwrap();
    let cause = adsync::domain::cause::CauseId::of(&failed, &stored.profile);
    let hour = Duration::from_secs(3600);
    let fenced = async |epoch: i64| {
        vec![
            store.store_page(run, epoch, &page).await.err(),
            store.update_unit(run, epoch, unit, &update).await.err(),
            store.drop_pages(run, epoch, unit, None).await.err(),
            store.plan(run, epoch, &[]).await.err(),
            store.reuse_pages(run, run, epoch, hour, hour).await.err(),
            store.count_requests(run, epoch, 1, 1, 1).await.err(),
            store.set_committing(run, epoch).await.err(),
            store.begin_commit(run, epoch, profile).await.err(),
            store.fail(run, epoch, &failed, &cause).await.err(),
            store.cancelled(run, epoch).await.err(),
            store.hold(run, epoch, adsync::domain::run::HoldSummary::default()).await.err(),
            store.give_back(run, epoch, None).await.err(),
        ]
    };
    for (n, error) in fenced(old).await.into_iter().enumerate() {
        assert!(matches!(error, Some(StoreError::Fenced { run: r }) if r == run), "write {n}: {error:?}");
    }
    let view = store.run(run).await.unwrap().unwrap();
    assert_eq!((view.state, view.epoch, view.requests), (RunState::Fetching, old + 1, 0));
    assert_eq!((bench.database.pages(0).await, store.units(run).await.unwrap().len()), (0, 1));
    // A commit that was begun and lost is refused at its end as well.
    store.set_committing(run, old + 1).await.unwrap();
    store.begin_commit(run, old + 1, profile).await.unwrap().rollback().await;
    assert!(matches!(store.begin_commit(run, old, profile).await, Err(StoreError::Fenced { .. })));
}

async fn an_engine_that_lost_its_run_stops_and_leaves_it_alone(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.faults(HANGS);
    let run = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    pages_stored(&bench.engine, run.id, unit_of(SP_KEYWORDS), 2).await;
    settled_but(&bench.engine, run.id, unit_of(SP_KEYWORDS)).await;
    // Its lease is over, as far as the database knows, and another engine comes.
    bench.no_faults();
    let mark = bench.mark();
    bench.database.execute(&format!("update sync_runs set lease_until = 0 where id = {}", run.id)).await;
    let other = bench.another_engine(Carries::Any).await;
    let done = ended(&other, &run).await;
    bench.expect_truth(0, &done).await;
    expect_goes_on(&bench, mark).await;
    // The loser sees how it ended, and ends without a word of its own.
    let seen = ended(&bench.engine, &run).await;
    assert_eq!((seen.state, seen.epoch), (RunState::Completed, done.epoch));
    bench.engine.release().await;
    assert_eq!(bench.engine.store().run(run.id).await.unwrap().unwrap(), done);
    assert_eq!(PATHS.len(), bench.engine.store().certificates(run.profile_id).await.unwrap().len());
}
