//! A console that only looks: keys that change anything are refused, and a key ends that.

use crate::support::pty::{Pty, keys};
use crate::{one_profile, states};

fn first_row(console: &Pty) -> String {
    console.screen().rows(0, 80).next().unwrap_or_default()
}

#[test]
fn a_read_only_console_says_so_syncs_nothing_and_can_be_told_otherwise() {
    let (api, home) = one_profile();
    let before = api.requests();
    let console = home.terminal().args(["--read-only"]).start();
    console.wait_for_text("never");
    assert!(first_row(&console).contains("read-only"), "{}", console.text());
    for key in ["s", "r", "x", "R"] {
        console.send(key);
        console.wait_for_text("read-only: nothing is changed from here; Ctrl-R leaves the mode");
        // Another sentence, so that the next refusal is seen as a new one.
        console.send("c");
        console.wait_for_text("copied: adsync sync");
    }
    assert_eq!(states(&home), Vec::<String>::new());
    assert_eq!(api.requests(), before, "nothing was asked for");

    console.send(keys::CTRL_R);
    console.wait_for_text("no longer read-only");
    console.wait_for("the first line no longer says it", |screen| {
        screen.rows(0, 80).next().is_some_and(|row| !row.contains("read-only"))
    });
    console.send("s");
    console.wait_for_text("● proved");
    console.send(keys::CTRL_R);
    console.wait_for_text("read-only from now on");
    console.send("s");
    console.wait_for_text("read-only: nothing is changed from here");
    assert_eq!(states(&home), ["completed"]);
    console.send("q");
    assert_eq!(console.wait_exit(), 0);
    console.assert_restored();
}

#[test]
fn a_key_makes_a_console_read_only() {
    let (_api, home) = one_profile();
    let console = home.console();
    console.wait_for_text("never");
    assert!(!first_row(&console).contains("read-only"), "{}", console.text());
    console.send(keys::CTRL_R);
    console.wait_for("the first line says it", |screen| {
        screen.rows(0, 80).next().is_some_and(|row| row.contains("read-only"))
    });
    console.send("s");
    console.wait_for_text("read-only: nothing is changed from here");
    assert_eq!(states(&home), Vec::<String>::new());
}
