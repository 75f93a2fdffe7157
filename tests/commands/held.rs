//! Held runs from the command line: a commit that would remove too much waits, with exit code 4, for a decision.

use crate::support::adsync::Home;
use crate::support::api::Api;
use crate::support::inspect;
use crate::{one_profile, profiles};

/// An API that says of one list, in due form, that nothing is left of it.
const EMPTY: &str = r#"
[[fault]]
match = { path = "/sp/keywords/list", times = "forever" }
effect = { status = 200, body = '{"keywords":[],"totalResults":0}' }
"#;

/// A home whose next sync is held, and the profile.
fn held() -> (Api, Home, String) {
    let api = one_profile();
    let home = Home::with_config(&api.config("sqlite:test.db"));
    home.ok(&["sync", "--all"]);
    api.scenario(EMPTY);
    let profile = profiles(&home).remove(0);
    (api, home, profile)
}

fn live_keywords(home: &Home) -> i64 {
    inspect::number(
        &home.sqlite(),
        "select cast(count(*) as text) from keywords where ad_product = 'SP' and removed_at is null",
    )
}

fn state(home: &Home, run: i64) -> String {
    let shown = home.ok(&["run", "show", &run.to_string(), "--json"]).objects().remove(0);
    shown["run"]["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_sync_that_would_remove_too_much_ends_with_4_and_changes_nothing() {
    let (_api, home, profile) = held();
    let before = inspect::entities(&home.sqlite(), &profile);
    let outcome = home.run(&["sync", "--all"]);
    outcome.assert(4, &[]);
    for part in ["held", "adsync run show 2", "adsync approve 2", "adsync discard 2"] {
        assert!(outcome.stdout.contains(part), "{part:?}: {outcome:#?}");
    }
    assert!(inspect::entities(&home.sqlite(), &profile) == before, "rows changed");
    let listed = home.ok(&["runs", "--state", "held"]);
    assert_eq!(listed.stdout.lines().count(), 2, "{listed:#?}");
    let shown = home.ok(&["run", "show", "2"]);
    assert!(shown.stdout.contains("more than the brake allows"), "{shown:#?}");
    assert!(shown.stdout.contains("SP keywords"), "{shown:#?}");
    // Every row that would go, and nothing else.
    let keywords = usize::try_from(live_keywords(&home)).unwrap();
    let removals = home.ok(&["run", "show", "2", "--removals"]);
    assert_eq!(removals.stdout.lines().filter(|line| line.starts_with("SP keywords  ")).count(), keywords);
    assert_eq!(removals.stdout.lines().count(), keywords, "{removals:#?}");
    let objects = home.ok(&["run", "show", "2", "--removals", "--json"]).objects();
    assert_eq!(objects.len(), keywords);
    assert!(objects.iter().all(|row| row["entity"] == "keyword" && row["id"].is_string()), "{objects:?}");
    home.run(&["run", "show", "1", "--removals"]).assert(2, &["run 1 is not held: it is completed"]);
    home.run(&["run", "show", "9", "--removals"]).assert(2, &["run 9 is not known"]);
}

#[test]
fn an_approved_run_is_committed_from_what_was_fetched() {
    let (api, home, profile) = held();
    home.run(&["sync", "--all"]).assert(4, &[]);
    let (before, keywords) = (api.requests(), live_keywords(&home));
    let outcome = home.ok(&["approve", "2"]);
    assert!(outcome.stdout.contains("proved"), "{outcome:#?}");
    assert_eq!(api.requests(), before, "nothing is fetched again");
    assert_eq!(state(&home, 2), "completed");
    assert!(keywords > 0 && live_keywords(&home) == 0);
    let removed = home.ok(&["changes", "--run", "2", "--json", "--limit", "0"]).objects();
    assert_eq!(
        removed.iter().filter(|c| c["kind"] == "removed").count() as i64,
        keywords,
        "removals are logged"
    );
    home.run(&["approve", "2"]).assert(2, &["run 2 is completed, not held"]);
    // Marked, not deleted: what the API has after all comes back.
    api.scenario("");
    home.ok(&["sync", "--all"]);
    inspect::assert_holds(&home.sqlite(), &profile, &api.truth(&profile));
}

#[test]
fn a_discarded_run_is_given_up_with_its_pages() {
    let (_api, home, profile) = held();
    home.run(&["sync", "--all"]).assert(4, &[]);
    let before = inspect::entities(&home.sqlite(), &profile);
    let outcome = home.ok(&["discard", "2"]);
    assert!(outcome.stdout.contains("run 2 is discarded"), "{outcome:#?}");
    assert_eq!(state(&home, 2), "discarded");
    assert_eq!(inspect::number(&home.sqlite(), "select cast(count(*) as text) from sync_pages"), 0);
    assert!(inspect::entities(&home.sqlite(), &profile) == before, "rows changed");
    for command in ["approve", "discard"] {
        home.run(&[command, "2"]).assert(2, &["run 2 is discarded, not held"]);
    }
}

#[test]
fn only_a_held_run_can_be_decided_on() {
    let (_api, home, _) = held();
    for command in ["approve", "discard"] {
        home.run(&[command, "1"]).assert(2, &["run 1 is completed, not held", "adsync runs --state held"]);
        home.run(&[command, "77"]).assert(2, &["run 77 is not known"]);
    }
}

#[test]
fn a_newer_sync_discards_the_held_run() {
    let (_api, home, _) = held();
    home.run(&["sync", "--all"]).assert(4, &[]);
    home.run(&["sync", "--all"]).assert(4, &[]);
    assert_eq!([state(&home, 2), state(&home, 3)], ["discarded", "held"]);
}
