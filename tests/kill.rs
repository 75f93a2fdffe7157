//! Processes that are killed without a warning, and processes that meet: what is stored is always one whole sync.
#![expect(clippy::unwrap_used, reason = "clippy sees tests only in functions that are marked so")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::Value;
use support::adsync::{Home, Running};
use support::api::Api;
use support::inspect::{self, Place};

mod support;

/// Kills for each kind of database.
const KILLS: u64 = 20;

/// Makes a test for each kind of database of `fn NAME(home: &Home, url: &str)`.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $test() { let home = super::Home::new(); super::$test(&home, &home.sqlite()); })+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let database = crate::support::postgres::fresh_database().await;
                    let url = database.url.clone();
                    tokio::task::spawn_blocking(move || super::$test(&super::Home::new(), &url)).await.unwrap();
                    database.close().await;
                }
            )+
        }
    };
}

on_both!(
    whatever_is_killed_leaves_whole_syncs_and_is_gone_on_with,
    two_processes_that_sync_the_same_share_one_run,
    whoever_follows_a_killed_process_takes_its_run_over,
);

type Entities = BTreeMap<(Place, String), (String, Value)>;

/// What the database says of a profile.
#[derive(Debug, Clone, PartialEq)]
struct Stored {
    entities: Entities,
    /// Its last completed run, as the profile's own row has it.
    last_run: String,
}

/// A run that a kill left behind, and the pages of each of its units.
#[derive(Debug)]
struct Left {
    run: String,
    epoch: i64,
    proved: BTreeSet<(String, String)>,
    pages: BTreeMap<(String, String), i64>,
}

fn stored(url: &str, profile: &str) -> Stored {
    let sql = format!("select cast(last_run_id as text) from profiles where profile_id = {profile}");
    Stored { entities: inspect::entities(url, profile), last_run: inspect::rows(url, &sql)[0][0].clone() }
}

fn profiles(url: &str) -> Vec<String> {
    let rows = inspect::rows(url, "select cast(profile_id as text) from profiles p order by p.profile_id");
    rows.into_iter().map(|row| row[0].clone()).collect()
}

/// The live run of a profile.
fn left(url: &str, profile: &str) -> Option<Left> {
    let live = "state in ('queued', 'fetching', 'committing')";
    let sql = format!(
        "select cast(id as text), cast(epoch as text) from sync_runs where profile_id = {profile} and {live}"
    );
    let rows = inspect::rows(url, &sql);
    let run = rows.first()?[0].clone();
    let unit = |row: &[String]| (row[0].clone(), row[1].clone());
    let settled = "state in ('proved', 'not_eligible')";
    let proved = format!("select ad_product, entity from sync_units where run_id = {run} and {settled}");
    let pages = format!(
        "select ad_product, entity, cast(count(*) as text) from sync_pages where run_id = {run} group by ad_product, entity"
    );
    Some(Left {
        epoch: rows[0][1].parse().unwrap(),
        proved: inspect::rows(url, &proved).iter().map(|row| unit(row)).collect(),
        pages: inspect::rows(url, &pages).iter().map(|row| (unit(row), row[2].parse().unwrap())).collect(),
        run,
    })
}

/// Kills a sync at a moment that the dice choose: after some events, after some time, or within the commit.
fn kill_at_some_moment(sync: Running, dice: &mut Rng, kind: u64, events: usize, took: Duration) {
    let began = Instant::now();
    match kind {
        0 => {
            for _ in 0..dice.usize(1..events) {
                if sync.line_within(support::adsync::DEADLINE).is_none() {
                    break;
                }
            }
        }
        1 => {
            let moment = took.mul_f64(dice.f64());
            while let Some(left) = moment.checked_sub(began.elapsed()) {
                if sync.line_within(left).is_none() && began.elapsed() < moment {
                    break;
                }
            }
        }
        _ => {
            while let Some(line) = sync.line_within(support::adsync::DEADLINE) {
                if line.contains("\"committing\"") {
                    break;
                }
            }
            let moment = Duration::from_micros(dice.u64(0..15_000));
            let from = Instant::now();
            while from.elapsed() < moment {
                std::hint::spin_loop();
            }
        }
    }
    sync.signal(libc::SIGKILL);
    sync.wait();
}

/// Waits until a server has noticed that its client is dead: a COMMIT that was sent before may still be under way.
fn settle(url: &str) {
    let connected = "select cast(count(*) as text) from pg_stat_activity
        where datname = current_database() and application_name = 'adsync'";
    let until = Instant::now() + support::adsync::DEADLINE;
    while !url.starts_with("sqlite:") && inspect::number(url, connected) > 0 {
        assert!(Instant::now() < until, "connections outlive their process");
    }
}

/// A profile holds what it held before, or the whole truth and a completed run; the answer says which.
fn is_whole(url: &str, profile: &str, before: &Stored, api: &Api) -> bool {
    let now = stored(url, profile);
    let latest = inspect::rows(
        url,
        &format!(
            "select cast(id as text), state from sync_runs where profile_id = {profile} order by sync_runs.id desc limit 1"
        ),
    );
    let live = inspect::number(
        url,
        &format!("select cast(live_rows as text) from profiles where profile_id = {profile}"),
    );
    assert_eq!(
        usize::try_from(live).unwrap(),
        now.entities.values().filter(|(facts, _)| facts.ends_with("live")).count(),
        "the profile's row counts other rows than there are"
    );
    if now.last_run == before.last_run {
        assert!(now == *before, "rows of {profile} changed although no run completed");
        assert!(
            latest[0][0] == before.last_run || latest[0][1] != "completed",
            "{latest:?} has left no trace"
        );
        return false;
    }
    assert_eq!([now.last_run.as_str(), "completed"], [latest[0][0].as_str(), &latest[0][1]]);
    let pages = format!("select cast(count(*) as text) from sync_pages where run_id = {}", now.last_run);
    assert_eq!(inspect::number(url, &pages), 0, "pages of a completed run");
    inspect::assert_holds(url, profile, &api.truth(profile));
    true
}

/// The next process goes on at once, and asks for nothing that is proved already.
fn is_gone_on_with(home: &Home, url: &str, api: &Api, lacking: &[String]) {
    let left: Vec<Option<Left>> = lacking.iter().map(|profile| left(url, profile)).collect();
    let before = api.requests();
    let args = [vec!["sync".to_owned()], lacking.to_vec()].concat();
    home.ok(&args);
    let after = api.requests();
    for (profile, left) in lacking.iter().zip(&left) {
        inspect::assert_holds(url, profile, &api.truth(profile));
        let Some(left) = left else { continue };
        let run = format!("select state, cast(epoch as text) from sync_runs where id = {}", left.run);
        let run = inspect::rows(url, &run).remove(0);
        assert_eq!(run[0], "completed", "run {} of {profile} is gone on with", left.run);
        assert!(run[1].parse::<i64>().unwrap() > left.epoch, "under a new epoch");
        assert_eq!(stored(url, profile).last_run, left.run);
        let reused = format!(
            "select ad_product, entity, cast(reused_pages as text) from sync_units where run_id = {}",
            left.run
        );
        for row in inspect::rows(url, &reused) {
            let kept = left.pages.get(&(row[0].clone(), row[1].clone())).copied().unwrap_or(0);
            assert_eq!(
                row[2].parse::<i64>().unwrap(),
                kept,
                "{} {} of run {}: kept pages",
                row[0],
                row[1],
                left.run
            );
        }
    }
    for d in adsync::domain::entity::DESCRIPTORS {
        let unit = (d.unit.ad_product.as_str().to_owned(), d.unit.entity.as_str().to_owned());
        let path = inspect::path(d);
        if left.iter().all(|left| left.as_ref().is_some_and(|left| left.proved.contains(&unit))) {
            assert_eq!(after.get(path), before.get(path), "{path} was proved already");
        }
    }
}

fn whatever_is_killed_leaves_whole_syncs_and_is_gone_on_with(home: &Home, url: &str) {
    let api = Api::start(&[
        "--profiles",
        "2",
        "--campaigns",
        "12",
        "--ad-groups",
        "2",
        "--keywords",
        "8",
        "--latency",
        "12ms",
        "--churn",
        "0.2",
    ]);
    home.write("config.toml", &api.config(url));
    let began = Instant::now();
    let events = home.ok(&["sync", "--all", "--json"]).objects().len();
    let took = began.elapsed();
    let all = profiles(url);
    assert_eq!(all.len(), 2);
    let mut dice = Rng::with_seed(0x5eed);
    let (mut killed_alive, mut killed_committing) = (0, 0);
    for kill in 0..KILLS {
        let before: Vec<Stored> = all.iter().map(|profile| stored(url, profile)).collect();
        api.churn();
        kill_at_some_moment(home.start(&["sync", "--all", "--json"]), &mut dice, kill % 3, events, took);
        settle(url);
        let live = "select cast(count(*) as text) from sync_runs where state in ('fetching', 'committing')";
        killed_alive += u64::from(inspect::number(url, live) > 0);
        let committing = "select cast(count(*) as text) from sync_runs where state = 'committing'";
        killed_committing += u64::from(inspect::number(url, committing) > 0);
        let lacking: Vec<String> = all
            .iter()
            .zip(&before)
            .filter(|(profile, before)| !is_whole(url, profile, before, &api))
            .map(|(profile, _)| profile.clone())
            .collect();
        if !lacking.is_empty() {
            is_gone_on_with(home, url, &api, &lacking);
        }
    }
    // Without these the test would prove little: most kills strike while a run is under way, some within a commit.
    assert!(killed_alive >= KILLS / 2, "{killed_alive} of {KILLS} kills struck a live run");
    assert!(killed_committing >= 2, "{killed_committing} of {KILLS} kills struck a commit");
}

fn hang(api: &Api, times: &str, latency: &str) {
    api.scenario(&format!(
        "[[fault]]\nmatch = {{ path = '/sp/keywords/list', times = {times} }}\neffect = {{ latency = '{latency}' }}"
    ));
}

fn small(home: &Home, url: &str) -> Api {
    let api = Api::start(&[
        "--profiles",
        "2",
        "--campaigns",
        "4",
        "--ad-groups",
        "1",
        "--keywords",
        "4",
        "--latency",
        "0ms",
    ]);
    home.write("config.toml", &api.config(url));
    home.ok(&["profiles"]);
    api
}

fn two_processes_that_sync_the_same_share_one_run(home: &Home, url: &str) {
    let api = small(home, url);
    // Long enough that the second process always meets the runs of the first.
    hang(&api, "'forever'", "2s");
    let both = [home.start(&["sync", "--all", "--json"]), home.start(&["sync", "--all", "--json"])];
    for sync in both {
        let outcome = sync.wait();
        outcome.assert(0, &[]);
        assert_eq!(outcome.objects().last().unwrap()["completed"], 2, "{outcome:#?}");
    }
    let runs =
        inspect::rows(url, "select cast(profile_id as text), state from sync_runs r order by r.profile_id");
    let expected: Vec<Vec<String>> =
        profiles(url).into_iter().map(|p| vec![p, "completed".to_owned()]).collect();
    assert_eq!(runs, expected, "one run for each profile");
    assert_eq!(api.requests()["/sp/campaigns/list"], 2, "each list is fetched by one process");
    for profile in profiles(url) {
        inspect::assert_holds(url, &profile, &api.truth(&profile));
    }
}

fn whoever_follows_a_killed_process_takes_its_run_over(home: &Home, url: &str) {
    let api = small(home, url);
    // Only the first process meets lists that never answer.
    hang(&api, "2", "600s");
    let first = home.start(&["sync", "--all", "--json"]);
    first.wait_for_line("a unit is proved", |line| line.contains("\"proved\""));
    let second = home.start(&["sync", "--all", "--json"]);
    second.wait_for_line("it follows the run", |line| line.contains("\"run\""));
    first.signal(libc::SIGKILL);
    first.wait();
    second.wait().assert(0, &[]);
    assert_eq!(inspect::number(url, "select cast(count(*) as text) from sync_runs"), 2);
    for profile in profiles(url) {
        inspect::assert_holds(url, &profile, &api.truth(&profile));
    }
}
