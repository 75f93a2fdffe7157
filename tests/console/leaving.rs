//! Ways to leave the console: each gives the terminal back, and live runs to the queue.

use crate::support::adsync::Home;
use crate::support::inspect;
use crate::support::pty::{Pty, keys};
use crate::{all_but_one, answer, hang, one_profile, states};

/// A console whose one sync never ends.
fn syncing() -> (crate::support::api::Api, Home, Pty) {
    let (api, home) = one_profile();
    hang(&api);
    let console = home.console();
    console.wait_for_text("STATUS");
    console.send("s");
    console.wait_for_text(&all_but_one());
    (api, home, console)
}

fn assert_given_back(home: &Home) {
    assert_eq!(states(home), ["queued"]);
    let owned = "select cast(count(*) as text) from sync_runs where owner is not null";
    assert_eq!(inspect::number(&home.sqlite(), owned), 0);
    assert!(
        inspect::number(&home.sqlite(), "select cast(count(*) as text) from sync_pages") > 5,
        "pages are kept"
    );
}

#[test]
fn quitting_while_a_sync_runs_asks_and_gives_it_back() {
    let (_api, home, console) = syncing();
    console.send("q");
    answer(&console, "Quit while 1 sync runs?", "n");
    console.wait_until_gone("Quit while");
    assert_eq!(states(&home), ["fetching"]);
    console.send("q");
    answer(&console, "Quit while 1 sync runs?", "y");
    assert_eq!(console.wait_exit(), 0);
    console.assert_restored();
    assert_given_back(&home);
}

#[test]
fn ctrl_c_quits_at_once_when_nothing_runs() {
    let (_api, home) = one_profile();
    let console = home.console();
    console.wait_for_text("STATUS");
    console.send(keys::CTRL_C);
    assert_eq!(console.wait_exit(), 0);
    console.assert_restored();
}

#[test]
fn ctrl_c_asks_while_a_sync_runs_and_answers_when_pressed_again() {
    let (_api, home, console) = syncing();
    console.send(keys::CTRL_C);
    answer(&console, "Quit while 1 sync runs?", keys::CTRL_C);
    assert_eq!(console.wait_exit(), 0);
    console.assert_restored();
    assert_given_back(&home);
}

#[test]
fn signals_that_ask_to_end_are_heeded_without_a_question() {
    for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGINT] {
        let (_api, home, console) = syncing();
        console.signal(signal);
        console.wait_exit();
        console.assert_restored();
        assert_given_back(&home);
    }
}

#[test]
fn a_signal_is_heeded_while_a_dialog_is_open() {
    let (_api, home, console) = syncing();
    console.send("q");
    console.wait_for_text("Quit while 1 sync runs?");
    console.signal(libc::SIGTERM);
    console.wait_exit();
    console.assert_restored();
    assert_given_back(&home);
}

#[test]
fn a_console_that_cannot_start_leaves_the_terminal_alone() {
    let home = Home::with_config("[sync]\nconcurent_profiles = 3\n");
    let console = home.console();
    assert_eq!(console.wait_exit(), 2);
    console.assert_restored();
    assert!(console.text().contains("did you mean"), "{}", console.text());
}
