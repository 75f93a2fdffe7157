//! The console as an operator has it: the real program in a real terminal, with keys, sizes and signals.
//!
//! A panic of the console's own cannot be provoked from outside, and no way to do so is built in for tests: that it
//! gives the terminal back is proved beside the code.

#[path = "console/accounts.rs"]
mod accounts;
#[path = "console/database.rs"]
mod database;
#[path = "console/leaving.rs"]
mod leaving;
#[path = "console/screens.rs"]
mod screens;
#[path = "console/takeaway.rs"]
mod takeaway;
#[path = "console/working.rs"]
mod working;

mod support;

use std::time::Duration;

use support::adsync::Home;
use support::api::Api;
use support::pty::Pty;

/// One small account that syncs in a moment, and a home that has listed it.
fn one_profile() -> (Api, Home) {
    of_profiles("1")
}

/// Some small accounts.
fn of_profiles(n: &str) -> (Api, Home) {
    let api = Api::start(&[
        "--profiles",
        n,
        "--campaigns",
        "6",
        "--ad-groups",
        "1",
        "--keywords",
        "4",
        "--latency",
        "0ms",
    ]);
    let home = Home::with_config(&api.config("sqlite:test.db"));
    home.ok(&["profiles"]);
    (api, home)
}

/// From now on one list never answers: syncs go on for ever, with their other lists proved.
fn hang(api: &Api) {
    api.scenario(
        "[[fault]]\nmatch = { path = '/sp/keywords/list', times = 'forever' }\neffect = { latency = '600s' }",
    );
}

/// The progress of a run of which one unit hangs.
fn all_but_one() -> String {
    let units = adsync::domain::entity::DESCRIPTORS.len();
    format!("{}/{units}", units - 1)
}

/// The states of all runs, newest first.
fn states(home: &Home) -> Vec<String> {
    let runs = home.ok(&["runs", "--json"]).objects();
    runs.iter().map(|run| run["state"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Waits for a question and answers it as a person does, who reads it first: what comes within the moment of drawing
/// counts as typed ahead.
fn answer(console: &Pty, question: &str, key: &str) {
    console.wait_for_text(question);
    console.wait_until_still(Duration::from_millis(200));
    console.send(key);
}
