//! The brake: a commit that would remove too much waits for an operator.

use std::time::Duration;

use adsync::config::SyncConfig;
use adsync::domain::run::{MOST_SHOWN_REMOVALS, RunState, RunView};
use adsync::sync::Carries;

use super::harness::{Bench, SP_KEYWORDS, completed, config, ended, one_profile, operator, unit_of};
use super::truth::{is_live, list, served, text};
use crate::support::on_both_databases;

on_both_databases!(
    a_commit_that_would_remove_too_much_is_held_and_approved_as_shown,
    a_discarded_hold_changes_nothing,
    a_newer_run_discards_the_held_one,
    a_unit_that_comes_back_empty_is_held_whatever_the_limits,
    an_approval_of_data_that_is_too_old_is_refused,
    a_held_retry_can_be_approved,
    a_hold_outlives_the_process_that_found_it,
);

const KEPT: usize = 20;

/// Ten rows and ten percent go without asking.
fn careful() -> SyncConfig {
    SyncConfig { max_removed_rows: 10, max_removed_percent: 10, ..config() }
}

/// The API's list of keywords shrinks to its first rows, and is otherwise what it was.
fn shrink(bench: &Bench, kept: usize) {
    let truth = bench.truth(0);
    let rows = truth.texts(SP_KEYWORDS)[..kept].join(",");
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '{SP_KEYWORDS}', times = 'forever' }}\n\
         effect = {{ status = 200, body = '''{{\"keywords\":[{rows}],\"totalResults\":{kept}}}''' }}"
    ));
}

/// A bench whose profile is synced, and whose keywords then shrink.
async fn shrunk(url: &str) -> Bench {
    let bench = Bench::configured(url, one_profile(), careful()).await;
    bench.no_faults();
    bench.sync_to_truth(0).await;
    shrink(&bench, KEPT);
    bench
}

async fn held(bench: &Bench) -> RunView {
    let before = bench.database.committed().await;
    let run = bench.sync(0).await;
    assert_eq!(run.state, RunState::Held, "{:?}", run.error);
    assert_eq!(bench.database.committed().await, before, "a held run has changed nothing");
    assert!(bench.database.pages(run.id.0).await > 0, "its pages wait with it");
    let keywords = run.hold.as_ref().unwrap().units.iter().find(|u| u.unit == unit_of(SP_KEYWORDS)).unwrap();
    let removed = usize::try_from(keywords.outcome.counts.removed).unwrap();
    assert_eq!(keywords.removes.len(), removed.min(MOST_SHOWN_REMOVALS), "it says which rows would go");
    let truth = bench.truth(0);
    let all = served(&truth, SP_KEYWORDS);
    for row in &keywords.removes {
        let object: serde_json::Value = serde_json::from_str(&all[&row.id]).unwrap();
        assert_eq!(Some(row.name.as_str()), object["keywordText"].as_str());
        assert_eq!(Some(row.state.as_str()), object["state"].as_str());
    }
    run
}

async fn expect_shrunk(bench: &Bench, run: &RunView) {
    let all = served(&bench.truth(0), SP_KEYWORDS).len();
    let stored = bench.stored(0, list(SP_KEYWORDS)).await;
    let live: Vec<&str> = stored.iter().filter(|row| is_live(row)).map(|row| text(row, "id")).collect();
    let mut expected: Vec<String> =
        bench.truth(0).ids(SP_KEYWORDS)[..KEPT].iter().map(ToString::to_string).collect();
    expected.sort();
    assert_eq!(live, expected);
    assert_eq!((stored.len(), run.counts.removed), (all, (all - KEPT) as u64));
    let told = format!("select count(*) from changes where run_id = {} and kind = 'removed'", run.id);
    assert_eq!(usize::try_from(bench.database.number(&told).await).unwrap(), all - KEPT);
    assert_eq!(bench.database.pages(run.id.0).await, 0);
}

async fn a_commit_that_would_remove_too_much_is_held_and_approved_as_shown(url: &str) {
    let bench = shrunk(url).await;
    let run = held(&bench).await;
    let summary = run.hold.clone().unwrap();
    let all = bench.truth(0).count(SP_KEYWORDS) as u64;
    let braked: Vec<_> =
        summary.braked().map(|u| (u.unit, u.outcome.counts.removed, u.outcome.live_before)).collect();
    assert_eq!(braked, [(unit_of(SP_KEYWORDS), all - KEPT as u64, all)]);
    assert_eq!(summary.removals(), all - KEPT as u64);
    assert!((run.owner.is_none(), run.error.is_none()) == (true, true));

    let mark = bench.mark();
    let approved = bench.engine.approve(run.id, &operator()).await.unwrap();
    assert_eq!((approved.id, approved.state), (run.id, RunState::Queued));
    let done = ended(&bench.engine, &approved).await;
    completed(&done);
    assert_eq!(done.approved_by.as_deref(), Some("tester@test"));
    expect_shrunk(&bench, &done).await;
    assert!(bench.requests_since(mark).is_empty(), "what was shown is what is committed: nothing is fetched");
    // Twice is once too often.
    let again = bench.engine.approve(run.id, &operator()).await.unwrap_err();
    assert_eq!(again.code(), "run.not_held");
}

async fn a_discarded_hold_changes_nothing(url: &str) {
    let bench = shrunk(url).await;
    let before = bench.database.committed().await;
    let run = held(&bench).await;
    let view = bench.engine.discard(run.id).await.unwrap();
    assert_eq!(view.state, RunState::Discarded);
    assert_eq!((bench.database.committed().await, bench.database.pages(run.id.0).await), (before, 0));
    for refused in [bench.engine.approve(run.id, &operator()).await, bench.engine.discard(run.id).await] {
        assert_eq!(refused.unwrap_err().code(), "run.not_held");
    }
}

async fn a_newer_run_discards_the_held_one(url: &str) {
    let bench = shrunk(url).await;
    let run = held(&bench).await;
    bench.no_faults();
    let newer = bench.sync_to_truth(0).await;
    assert!(newer.id > run.id && newer.counts.removed == 0);
    let old = bench.engine.store().run(run.id).await.unwrap().unwrap();
    assert_eq!(old.state, RunState::Discarded);
    let refused = bench.engine.approve(run.id, &operator()).await.unwrap_err();
    assert_eq!(refused.code(), "run.not_held");
}

async fn a_unit_that_comes_back_empty_is_held_whatever_the_limits(url: &str) {
    // These limits allow everything.
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    bench.sync_to_truth(0).await;
    shrink(&bench, 0);
    let run = held(&bench).await;
    assert_eq!(run.hold.unwrap().braked().map(|u| u.unit).collect::<Vec<_>>(), [unit_of(SP_KEYWORDS)]);
    // One row left is no longer empty.
    shrink(&bench, 1);
    completed(&bench.sync(0).await);
}

async fn an_approval_of_data_that_is_too_old_is_refused(url: &str) {
    let sync = SyncConfig { reuse_pages_for: Duration::ZERO, ..careful() };
    let bench = Bench::configured(url, one_profile(), sync).await;
    bench.no_faults();
    bench.sync_to_truth(0).await;
    shrink(&bench, KEPT);
    let run = held(&bench).await;
    let before = bench.database.committed().await;
    let refused = bench.engine.approve(run.id, &operator()).await.unwrap_err();
    assert!(refused.code() == "run.not_held" && refused.to_string().contains("too long ago"), "{refused}");
    let view = bench.engine.store().run(run.id).await.unwrap().unwrap();
    assert_eq!((view.state, bench.database.committed().await), (RunState::Held, before));
}

async fn a_held_retry_can_be_approved(url: &str) {
    let bench = shrunk(url).await;
    let all = served(&bench.truth(0), SP_KEYWORDS).len();
    let rows = bench.truth(0).texts(SP_KEYWORDS)[..KEPT].join(",");
    let shrunk = format!(
        "[[fault]]\nmatch = {{ path = '{SP_KEYWORDS}', times = 'forever' }}\n\
         effect = {{ status = 200, body = '''{{\"keywords\":[{rows}],\"totalResults\":{KEPT}}}''' }}\n"
    );
    bench.faults(&format!(
        "{shrunk}[[fault]]\nmatch = {{ path = '/sd/targets', times = 'forever' }}\neffect = {{ status = 500 }}"
    ));
    super::harness::failed(&bench.sync(0).await, "api.server_error");
    bench.faults(&shrunk);
    let run = bench.retry(0).await;
    assert_eq!(
        (run.state, run.hold.as_ref().map(|h| h.removals())),
        (RunState::Held, Some((all - KEPT) as u64))
    );
    let approved = bench.engine.approve(run.id, &operator()).await.unwrap();
    let done = ended(&bench.engine, &approved).await;
    completed(&done);
    expect_shrunk(&bench, &done).await;
}

async fn a_hold_outlives_the_process_that_found_it(url: &str) {
    let bench = shrunk(url).await;
    let run = held(&bench).await;
    bench.engine.release().await;
    let other = bench.another_engine(Carries::Any).await;
    let approved = other.approve(run.id, &operator()).await.unwrap();
    let done = ended(&other, &approved).await;
    completed(&done);
    expect_shrunk(&bench, &done).await;
}
