//! The one transaction: readers see all of it or nothing of it, and it stops nobody but for a while.

use std::sync::atomic::{AtomicBool, Ordering};

use adsync::domain::entity::descriptor;
use adsync::domain::run::{ChangeCounts, Origin, RunState};
use adsync::store::{Commit, Completion, NewRun, Store};
use adsync::telemetry::process::Identity;

use super::harness::{
    Bench, PATHS, SP_KEYWORDS, all_roles, completed, ended, one_profile, operator, unit_of, until,
};
use super::truth::{count_rows, total};
use crate::support::{on_both_databases, sqlite as files};

on_both_databases!(
    readers_see_all_of_a_sync_or_nothing_of_it,
    an_open_commit_shows_nothing_until_its_end,
    a_commit_that_is_dropped_leaves_no_trace,
);

/// Status, rows and run of a profile in one look.
fn look() -> String {
    format!(
        "select (select count(*) from sync_runs where state = 'completed') || ' '
            || (select count(*) from profiles where last_synced_at is not null) || ' '
            || (select count(*) from certificates) || ' ' || {}",
        count_rows("true")
    )
}

async fn readers_see_all_of_a_sync_or_nothing_of_it(url: &str) {
    let options = adsync::simulator::SimulatorOptions { campaigns: 60, keywords: 20, ..one_profile() };
    let bench = Bench::start(url, options).await;
    let over = AtomicBool::new(false);
    let database = &bench.database;
    let reader = async {
        let mut seen = Vec::new();
        loop {
            let last = over.load(Ordering::Relaxed);
            let look = database.texts(&look()).await.remove(0);
            if seen.last() != Some(&look) {
                seen.push(look);
            }
            if last {
                return seen;
            }
        }
    };
    let sync = async {
        let run = bench.sync(0).await;
        over.store(true, Ordering::Relaxed);
        run
    };
    let (seen, run) = tokio::join!(reader, sync);
    bench.expect_truth(0, &run).await;
    let rows = total(&bench.truth(0));
    assert!(rows > 1_000);
    assert_eq!(seen, ["0 0 0 0".to_owned(), format!("1 1 {} {rows}", PATHS.len())]);
}

/// A commit of a profile's run, open and with all its keywords written.
async fn open_commit(bench: &Bench, store: &Store, n: usize) -> Commit {
    let new = NewRun {
        profile_id: bench.profile(n),
        priority: 0,
        requested_by: "tester@test".to_owned(),
        origin: Origin::Cli,
        retry_of: None,
    };
    let run = store.request_run(&new).await.unwrap().run;
    let owner = Identity::current().to_string();
    let claim = store.claim(&owner, &["test".to_owned()], Some(&[run.id].into())).await.unwrap().unwrap();
    store.set_committing(run.id, claim.run.epoch).await.unwrap();
    let mut commit = store.begin_commit(run.id, claim.run.epoch, run.profile_id).await.unwrap();
    let keywords = descriptor(unit_of(SP_KEYWORDS)).unwrap();
    let truth = bench.truth(n);
    let rows: Vec<_> =
        truth.texts(SP_KEYWORDS).into_iter().map(|row| keywords.map_row(row).unwrap()).collect();
    assert!(!rows.is_empty());
    commit.insert(keywords, &rows).await.unwrap();
    commit
}

fn done(commit: &Commit) -> Completion {
    Completion { units: Vec::new(), counts: ChangeCounts::default(), data_as_of: commit.now() }
}

async fn an_open_commit_shows_nothing_until_its_end(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let store = bench.engine.store().clone();
    let commit = open_commit(&bench, &store, 0).await;
    assert_eq!(bench.database.texts(&look()).await, ["0 0 0 0"]);
    let done = done(&commit);
    commit.complete(&done).await.unwrap();
    let rows = bench.truth(0).count(SP_KEYWORDS);
    assert_eq!(bench.database.texts(&look()).await, [format!("1 1 0 {rows}")]);
}

async fn a_commit_that_is_dropped_leaves_no_trace(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let store = bench.engine.store().clone();
    drop(open_commit(&bench, &store, 0).await);
    let live = store.live_owners().await.unwrap();
    assert_eq!((bench.database.texts(&look()).await, live.len()), (vec!["0 0 0 0".to_owned()], 1));
    // The run can be gone on with.
    let run = store.latest_runs().await.unwrap().remove(0);
    assert_eq!(run.state, RunState::Committing);
    store.begin_commit(run.id, run.epoch, run.profile_id).await.unwrap().rollback().await;
}

/// While somebody commits for long, others fetch: they wait for the writer, and nobody fails.
async fn others_wait_for_a_long_commit(same_process: bool) {
    let database = files::fresh_database();
    let bench = Bench::start(&database.url, all_roles()).await;
    let committing =
        if same_process { bench.engine.store().clone() } else { Store::open(&database.url).await.unwrap() };
    let runs = [0, 1, 3].map(|n| bench.profile(n));
    bench.faults("[[fault]]\nmatch = { path = '/s*', times = 'forever' }\neffect = { latency = '100ms' }");
    let mut asked = Vec::new();
    for profile in runs {
        asked.push(bench.engine.sync(profile, &operator()).await.unwrap());
    }
    // Planned, so that all they want to write now are their pages.
    for run in &asked {
        until(&bench.engine, "the plan", |o| (o.units.get(&run.id)?.len() == PATHS.len()).then_some(()))
            .await;
    }
    let commit = open_commit(&bench, &committing, 4).await;
    let before = bench.database.pages(0).await;
    // Another page of each has been answered since.
    let answered = || bench.control.requests().iter().filter(|r| r.path.starts_with("/s")).count();
    let enough = answered().max(3 * (PATHS.len() - 3));
    let answers = async {
        while answered() < enough {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), answers).await.expect("answers");
    assert_eq!(bench.database.pages(0).await, before, "nobody else can write");
    let waiting = bench.engine.snapshot();
    assert!(asked.iter().all(|run| waiting.runs[&run.profile_id].state == RunState::Fetching));
    let done = done(&commit);
    commit.complete(&done).await.unwrap();
    for (run, n) in asked.iter().zip([0, 1, 3]) {
        let run = ended(&bench.engine, run).await;
        completed(&run);
        bench.expect_truth(n, &run).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_commit_of_another_process_fails_nobody_on_sqlite() {
    others_wait_for_a_long_commit(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_commit_of_the_same_process_fails_nobody_on_sqlite() {
    others_wait_for_a_long_commit(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_commit_costs_nobody_a_lease_on_sqlite() {
    let database = files::fresh_database();
    let bench = Bench::start(&database.url, all_roles()).await;
    let store = bench.engine.store().clone();
    bench.faults("[[fault]]\nmatch = { path = '/s*', times = 'forever' }\neffect = { latency = '60s' }");
    let other = bench.engine.sync(bench.profile(0), &operator()).await.unwrap();
    super::harness::run_until(&bench.engine, &other, "the claim", |r| r.state == RunState::Fetching).await;
    // A lease that ends in the middle of the commit, whose owner cannot renew it meanwhile.
    let soon = store.now().await.unwrap().plus(std::time::Duration::from_secs(20));
    let shorten = format!("update sync_runs set lease_until = {} where id = {}", soon.0, other.id);
    assert_eq!(bench.database.execute(&shorten).await, 1);
    let commit = open_commit(&bench, &store, 1).await;
    let begun = commit.now();
    let done = done(&commit);
    commit.complete(&done).await.unwrap();
    let lease =
        bench.database.number(&format!("select lease_until from sync_runs where id = {}", other.id)).await;
    assert_eq!(lease, begun.plus(store.lease()).0, "as if it had been renewed when the commit began");
}
