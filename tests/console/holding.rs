//! Held runs: what a commit would remove is read, then approved by its number, or given up.

use std::time::Duration;

use crate::support::adsync::Home;
use crate::support::api::Api;
use crate::support::inspect;
use crate::support::pty::{Pty, keys};
use crate::{answer, of_keywords, profiles, states, sync_all};

const LIST: &str = "/sp/keywords/list";

/// A console in which all of some profiles were synced, and the names of the profiles in the order shown.
fn synced(n: &str) -> (Api, Home, Pty, Vec<(String, String)>) {
    let (api, home) = of_keywords(n, "40");
    let all = profiles(&home);
    let console = home.terminal().size(100, 30).start();
    console.wait_for_text("never");
    if all.len() == 1 {
        console.send("s");
    } else {
        sync_all(&console, all.len());
    }
    proved(&console, all.len());
    (api, home, console, all)
}

fn proved(console: &Pty, n: usize) {
    console
        .wait_for(&format!("{n} were proved"), |screen| screen.contents().matches("● proved").count() == n);
}

/// From now on the list of one profile has only this many of its keywords; gives how many are missing.
fn cut(api: &Api, profile: &str, left: usize) -> (usize, String) {
    let rows = &api.truth(profile)[LIST];
    let body = serde_json::json!({ "keywords": &rows[..left], "totalResults": left });
    let fault = format!(
        "[[fault]]\nmatch = {{ path = '{LIST}', profile = {profile}, times = 'forever' }}\n\
         effect = {{ status = 200, body = {:?} }}\n",
        body.to_string()
    );
    (rows.len() - left, fault)
}

fn live(home: &Home, profile: &str) -> i64 {
    let count = "select cast(count(*) as text) from keywords where ad_product = 'SP' and removed_at is null";
    inspect::number(&home.sqlite(), &format!("{count} and profile_id = {profile}"))
}

#[test]
fn a_held_run_is_approved_only_by_the_number_of_its_removals() {
    let (api, home, console, all) = synced("1");
    let (profile, title) = &all[0];
    let (removals, fault) = cut(&api, profile, 10);
    assert!(removals > 100, "{removals} are too few for a number to be asked");
    api.scenario(&fault);
    let (before, kept) = (inspect::entities(&home.sqlite(), profile), live(&home, profile));
    console.send("s");
    console.wait_for_text("held");
    console.wait_for_text(&format!("would remove {removals} rows"));
    assert!(inspect::entities(&home.sqlite(), profile) == before, "rows changed before they were approved");
    let fetched = api.requests();

    console.send("A");
    // The question is the last line that is drawn.
    let asked = format!("type {removals}: _");
    let screen = console.wait_for_text(&asked).contents();
    assert!(screen.contains(&format!("{title}: run 2 is held")), "{screen}");
    assert!(screen.contains(&format!("The commit would remove {removals} of")), "{screen}");
    let unit =
        screen.lines().find(|line| line.contains("│ SP keywords")).unwrap_or_else(|| panic!("{screen}"));
    assert!(unit.contains(&removals.to_string()) && unit.contains("above the limit"), "{unit}");
    // Neither a yes nor another number is enough.
    answer(&console, &asked, "y\r");
    console.wait_for_text("that is not the number of removals");
    console.send((removals - 1).to_string());
    answer(&console, &format!("type {removals}: {}_", removals - 1), keys::ENTER);
    console.wait_for_text(&asked);
    assert_eq!(states(&home), ["held", "completed"]);
    assert!(inspect::entities(&home.sqlite(), profile) == before, "rows changed by a wrong number");

    console.send(removals.to_string());
    answer(&console, &format!("type {removals}: {removals}_"), keys::ENTER);
    console.wait_until_gone("is held");
    proved(&console, 1);
    assert_eq!(states(&home), ["completed", "completed"]);
    assert_eq!(api.requests(), fetched, "nothing is fetched again");
    assert_eq!(kept - live(&home, profile), i64::try_from(removals).unwrap(), "what was shown was removed");
    let changes = home.ok(&["changes", "--run", "2", "--json", "--limit", "0"]).objects();
    assert_eq!(changes.iter().filter(|change| change["kind"] == "removed").count(), removals);
}

#[test]
fn of_two_held_runs_one_is_given_up_and_the_other_one_waits_on() {
    let (api, home, console, all) = synced("2");
    let faults: String = all.iter().map(|(profile, _)| cut(&api, profile, 10).1).collect();
    api.scenario(&faults);
    let rows = || all.iter().map(|(id, _)| inspect::entities(&home.sqlite(), id)).collect::<Vec<_>>();
    let before = rows();
    // All are selected still.
    console.send("s");
    answer(&console, "Sync 2 profiles?", "y");
    console.wait_for("both were held", |screen| screen.contents().matches("◐ held").count() == 2);
    console.send("g");
    console.wait_until_still(Duration::from_millis(200));
    console.send("D");
    let screen = console.wait_for_text("Give this run up?").contents();
    assert!(all.iter().any(|(_, title)| screen.contains(&format!("{title}: run "))), "{screen}");
    answer(&console, "Give this run up?", "n");
    console.wait_until_gone("Give this run up?");
    assert_eq!(states(&home)[..2], ["held", "held"]);
    // Back in the review, which closes.
    answer(&console, "D discard", "D");
    answer(&console, "Give this run up?", "y");
    console.wait_for_text("held run discarded, nothing changed");
    console.wait_for_text("– discarded");
    console.wait_for("one is left", |screen| screen.contents().matches("◐ held").count() == 1);
    let mut now = states(&home);
    now.truncate(2);
    now.sort();
    assert_eq!(now, ["discarded", "held"]);
    assert!(rows() == before, "rows changed");
    console.send("q");
    assert_eq!(console.wait_exit(), 0);
    console.assert_restored();
}
