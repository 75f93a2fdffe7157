//! What leaves the console for elsewhere: the clipboard of the terminal, and files.

use crate::support::pty::keys;
use crate::{answer, one_profile};

#[test]
fn a_row_and_its_command_reach_the_terminals_clipboard() {
    let (_api, home) = one_profile();
    let profile = home.ok(&["profiles", "--json", "--stored"]).objects().remove(0)["profile"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let console = home.console();
    console.wait_for_text("never");
    console.send("c");
    console.wait_for_text("copied: adsync sync");
    assert_eq!(decoded(&console.clipboard().unwrap()), format!("adsync sync {}", profile.trim_matches('"')));
    console.send("y");
    console.wait_for_text("copied: 1 line");
    let row = decoded(&console.clipboard().unwrap());
    assert!(row.starts_with(&format!("{}\t", profile.trim_matches('"'))), "{row:?}");
    // The screen is whole afterwards.
    console.send("q");
    assert_eq!(console.wait_exit(), 0);
    console.assert_restored();
}

#[test]
fn a_list_is_written_to_a_new_file_and_never_over_another_one() {
    let (_api, home) = one_profile();
    home.write("mine.csv", "mine");
    let console = home.console();
    console.wait_for_text("never");
    console.send("X");
    answer(&console, "Write 1 row as CSV", keys::TAB);
    console.wait_for_text("Write 1 row as JSON");
    console.send(keys::ENTER);
    console.wait_for_text("written: /");
    let written: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    let [file] = written.as_slice() else { panic!("{written:?}") };
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!((rows.len(), rows[0]["status"].as_str()), (1, Some("never")));
    console.send("X");
    answer(&console, "Write 1 row as CSV", "\x15mine.csv\r");
    console.wait_for_text("mine.csv was not written");
    assert_eq!(std::fs::read_to_string(home.file("mine.csv")).unwrap(), "mine");
}

/// Base64 as terminals read it.
fn decoded(text: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
    String::from_utf8(bytes).expect("text")
}
