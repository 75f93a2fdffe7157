//! Several adsync on one account, each a process of its own: together they keep to one rate, and what one has learned
//! the next one knows.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Duration;

use support::adsync::Home;
use support::api::Api;
use support::inspect;

/// Requests that both together may send at once, and each second.
const BURST: f64 = 10.0;
const RATE: f64 = 40.0;

support::on_both_databases!(two_processes_on_one_account_keep_to_one_rate_together);

fn config(api: &Api, url: &str) -> String {
    format!(
        "[database]\nurl = {url:?}\n[rate_limit]\nstart_per_second = {RATE:.1}\nmax_per_second = {RATE:.1}\n\
         min_per_second = {RATE:.1}\nburst = {BURST}\n{}",
        api.login("acme")
    )
}

async fn two_processes_on_one_account_keep_to_one_rate_together(url: &str) {
    let url = url.to_owned();
    tokio::task::spawn_blocking(move || keep_to_one_rate(&url)).await.unwrap();
}

fn keep_to_one_rate(url: &str) {
    let api = Api::start(&[
        "--profiles",
        "2",
        "--campaigns",
        "12",
        "--ad-groups",
        "2",
        "--keywords",
        "3",
        "--latency",
        "20ms",
    ]);
    // Small pages make many requests.
    api.scenario("[[fault]]\nmatch = { times = 'forever' }\neffect = { cap_count = 4 }");
    let home = Home::with_config(&config(&api, url));
    let listed = home.ok(&["profiles", "--json"]);
    let profiles: Vec<String> =
        listed.objects().iter().map(|p| p["profile"]["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(profiles.len(), 2, "{listed:#?}");
    let before = api.seen();

    let both: Vec<_> = profiles.iter().map(|profile| home.start(&["sync", profile.as_str()])).collect();
    for command in both {
        command.wait_within(Duration::from_secs(120)).assert(0, &[]);
    }
    let after = api.seen();
    let (sent, seconds) = (after.0 - before.0, (after.1 - before.1).as_secs_f64());
    // Time only counts up to the last request, by the simulator's clock: however slow the machine is, it passes
    // between them. Without sharing each of the two would have a rate and a burst of its own.
    assert!(sent as f64 > 6.0 * RATE, "{sent} requests prove nothing");
    assert!(sent as f64 <= BURST + RATE * (seconds + 1.0), "{sent} requests in {seconds} s");
    for profile in &profiles {
        inspect::assert_holds(url, profile, &api.truth(profile));
    }
}
