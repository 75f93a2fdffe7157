//! Work at the console: syncing, looking, filtering, cancelling, failures.

use crate::support::adsync::Home;
use crate::support::inspect;
use crate::support::pty::keys;
use crate::{all_but_one, answer, hang, of_profiles, one_profile, states, sync_all};

#[test]
fn a_key_syncs_the_profile_and_its_run_shows_a_proof_for_each_unit() {
    let (api, home) = one_profile();
    let console = home.terminal().size(100, 60).start();
    console.wait_for_text("never");
    console.send("s");
    console.wait_for_text("● proved");
    console.send(keys::ENTER);
    let units = adsync::domain::entity::DESCRIPTORS.len();
    let screen = console.wait_for("each unit has its proof", |screen| {
        screen.rows(0, 100).filter(|row| row.contains("✓ proved") && row.contains("distinct")).count()
            == units
    });
    assert!(screen.contents().contains("run 1"), "{}", screen.contents());
    console.send(keys::ESC);
    console.wait_for_text("LAST SYNC");
    let profile = home.ok(&["profiles", "--json", "--stored"]).objects().remove(0)["profile"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    inspect::assert_holds(&home.sqlite(), &profile, &api.truth(&profile));
}

#[test]
fn the_help_lists_the_keys_and_closes() {
    let (_api, home) = one_profile();
    let console = home.console();
    console.wait_for_text("STATUS");
    console.send("?");
    for part in ["Keys", "sync the selected profiles", "filter: words", "esc close"] {
        console.wait_for_text(part);
    }
    answer(&console, "Keys", keys::END);
    console.wait_for_text("quit; pressed again");
    console.send(keys::ESC);
    console.wait_until_gone("quit; pressed again");
}

#[test]
fn the_filter_narrows_the_list_while_it_is_typed() {
    let home = Home::new();
    let console = home.console();
    console.wait_for_text("Kestrel Home");
    console.send("/");
    console.send("nordli");
    let screen = console.wait_until_gone("Kestrel Home");
    assert!(screen.contents().contains("Nordlicht Outdoor"), "{}", screen.contents());
    // Keys of the list are text here.
    console.send("sqx");
    console.wait_for_text("no profile matches");
    console.send(keys::ESC);
    console.wait_for_text("Kestrel Home");
    assert_eq!(states(&home), Vec::<String>::new(), "nothing was synced by typing");
}

#[test]
fn what_is_pasted_is_never_taken_for_keys() {
    let (_api, home) = one_profile();
    let console = home.console();
    console.wait_for_text("STATUS");
    console.send("\x1b[200~sq\x1b[201~");
    // Keys are read in order: the help opens after the paste was passed over.
    console.send("?");
    console.wait_for_text("Keys");
    assert_eq!(states(&home), Vec::<String>::new());
}

#[test]
fn one_sync_is_cancelled_at_once_and_several_only_after_a_question() {
    let (api, home) = of_profiles("2");
    hang(&api);
    let console = home.console();
    console.wait_for_text("STATUS");
    console.send("s");
    console.wait_for_text("fetching");
    console.send("x");
    console.wait_for_text("– cancelled");
    sync_all(&console, 2);
    console.wait_for("both were fetched", |screen| screen.contents().matches("fetching").count() == 2);
    console.send("x");
    console.wait_for_text("Stop 2 syncs?");
    assert_eq!(states(&home), ["fetching", "fetching", "cancelled"]);
    answer(&console, "Stop 2 syncs?", "y");
    console.wait_for("both were cancelled", |screen| screen.contents().matches("– cancelled").count() == 2);
    assert_eq!(states(&home), ["cancelled"; 3]);
}

#[test]
fn a_failure_is_shown_in_full_and_the_retry_goes_on_with_what_was_fetched() {
    let (api, home) = one_profile();
    api.scenario(
        "[[fault]]\nmatch = { path = '/sp/campaigns/list', times = 'forever' }\neffect = { status = 400 }",
    );
    let console = home.console();
    console.wait_for_text("STATUS");
    console.send("s");
    console.wait_for_text("✗ failed");
    console.send("e");
    for part in ["api.bad_request", "SP campaigns", "400"] {
        console.wait_for_text(part);
    }
    answer(&console, "api.bad_request", keys::END);
    console.wait_for_text("/sp/campaigns/list");
    console.send(keys::ESC);
    console.wait_until_gone("api.bad_request");
    api.scenario("");
    let before = api.requests();
    console.send("r");
    console.wait_for_text("● proved");
    let after = api.requests();
    assert_eq!(after.get("/sp/adGroups/list"), before.get("/sp/adGroups/list"), "it was proved already");
    assert_eq!(states(&home), ["completed", "failed"]);
}

#[test]
fn keys_typed_ahead_of_a_dialog_do_not_answer_it() {
    let (api, home) = of_profiles("2");
    hang(&api);
    let console = home.console();
    console.wait_for_text("STATUS");
    sync_all(&console, 2);
    console.wait_for("both were fetched", |screen| screen.contents().matches("fetching").count() == 2);
    console.send("xyyy");
    answer(&console, "Stop 2 syncs?", "n");
    console.wait_until_gone("Stop 2 syncs?");
    console.send("qyyyy");
    answer(&console, "Quit while 2 syncs run?", "n");
    console.wait_until_gone("Quit while");
    assert_eq!(states(&home), ["fetching", "fetching"]);
}

#[test]
fn runs_of_a_console_that_was_killed_are_gone_on_with_without_a_key_press() {
    let (api, home) = one_profile();
    hang(&api);
    let killed = home.console();
    killed.wait_for_text("STATUS");
    killed.send("s");
    killed.wait_for_text(&all_but_one());
    killed.signal(libc::SIGKILL);
    killed.wait_end();
    api.scenario("");
    let before = api.requests();
    let console = home.console();
    console.wait_for_text("● proved");
    assert_eq!(states(&home), ["completed"]);
    assert_eq!(api.requests()["/sp/campaigns/list"], before["/sp/campaigns/list"], "it was proved already");
}

#[test]
fn a_sync_of_another_process_is_followed() {
    let (_api, home) = one_profile();
    let console = home.console();
    console.wait_for_text("never");
    home.ok(&["sync", "--all"]);
    console.wait_for_text("● proved");
}
