//! The console as an operator has it: the real program in a real terminal, with keys, sizes and signals.
//!
//! A panic of the console's own cannot be provoked from outside, and no way to do so is built into the program: there
//! the program is this test binary, which opens the same console with an engine whose clock panics.

#[path = "console/accounts.rs"]
mod accounts;
#[path = "console/database.rs"]
mod database;
#[path = "console/failing.rs"]
mod failing;
#[path = "console/holding.rs"]
mod holding;
#[path = "console/leaving.rs"]
mod leaving;
#[path = "console/looking.rs"]
mod looking;
#[path = "console/panicking.rs"]
mod panicking;
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
    of_keywords(n, "4")
}

/// Some small accounts, with so many keywords in each ad group.
fn of_keywords(profiles: &str, keywords: &str) -> (Api, Home) {
    let api = Api::start(&[
        "--profiles",
        profiles,
        "--campaigns",
        "6",
        "--ad-groups",
        "1",
        "--keywords",
        keywords,
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

/// The profiles, by name: id, and name with country as titles have it.
fn profiles(home: &Home) -> Vec<(String, String)> {
    let listed = home.ok(&["profiles", "--json", "--stored"]).objects();
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut all: Vec<(String, String)> = listed
        .iter()
        .map(|row| &row["profile"])
        .map(|p| (text(&p["id"]), format!("{} {}", text(&p["name"]), text(&p["country"]))))
        .collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
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

/// Syncs all profiles, of which there are several.
fn sync_all(console: &Pty, n: usize) {
    console.send("as");
    answer(console, &format!("Sync {n} profiles?"), "y");
}
