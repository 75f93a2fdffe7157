//! What fails, by cause; a retry of a cause; what a retry says of profiles that have nothing to retry; and why.

use crate::support::adsync::Home;
use crate::support::api::Api;
use crate::{SMALL, one_profile, profiles};

const REFUSED: &str =
    "[[fault]]\nmatch = { path = '/sp/campaigns/list', times = 'forever' }\neffect = { status = 400 }";

fn three() -> (Api, Home, Vec<String>) {
    let api = Api::start(&[&["--profiles", "3"], &SMALL[..]].concat());
    let home = Home::with_config(&api.config("sqlite:test.db"));
    home.ok(&["profiles"]);
    let ids = profiles(&home);
    (api, home, ids)
}

#[test]
fn failures_of_one_cause_are_listed_once_and_retried_together() {
    let (api, home, ids) = three();
    home.ok(&["errors"]).assert(0, &["no profile fails"]);
    // Two of the same cause, one of another.
    api.scenario(&format!(
        "[[fault]]\nmatch = {{ path = '/sd/targets', profile = {}, times = 'forever' }}\neffect = {{ status = 422 }}\n{}",
        ids[2],
        [&ids[0], &ids[1]].map(|id| REFUSED.replace("times", &format!("profile = {id}, times"))).join("\n")
    ));
    home.run(&["sync", "--all"]).assert(1, &["3 failed"]);
    let causes = home.ok(&["errors", "--json"]).objects();
    let sizes: Vec<usize> = causes.iter().map(|c| c["profiles"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [2, 1], "{causes:#?}");
    let cause = causes[0]["cause"].as_str().unwrap();
    assert_eq!((&causes[0]["code"], &causes[0]["retryable"]), (&"api.bad_request".into(), &false.into()));
    assert!(causes[0]["since"].as_i64().unwrap() <= causes[0]["last"].as_i64().unwrap());
    let table = home.ok(&["errors"]).stdout;
    for part in ["3 profiles fail, 2 causes", cause, "Will not recover by itself", "retry --cause", &ids[0]] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let shown = home.ok(&["errors", &cause[..5]]).stdout;
    assert!(shown.contains("the last report:") && shown.contains("/sp/campaigns/list"), "{shown}");
    assert!(!shown.contains("/sd/targets"), "{shown}");
    let object = home.ok(&["errors", cause, "--json"]).objects().remove(0);
    assert_eq!(object["report"]["request"]["status"], 400, "{object}");
    home.run(&["errors", "zzzz"]).assert(2, &["no present failure has the cause", "adsync errors"]);
    home.run(&["retry", "--cause", "zzzz"]).assert(2, &["cause.unknown"]);
    // The retry takes those of the cause, and nobody else.
    let since = causes[0]["since"].clone();
    home.run(&["retry", "--cause", cause]).assert(1, &["2 failed"]);
    let again = home.ok(&["errors", "--json"]).objects();
    assert_eq!((&again[0]["cause"], &again[0]["since"]), (&cause.into(), &since), "it fails since then");
    assert!(again[0]["last"].as_i64() > causes[0]["last"].as_i64());
    api.scenario("");
    home.ok(&["retry", "--cause", cause]).assert(0, &["2 proved"]);
    let left = home.ok(&["errors", "--json"]).objects();
    assert_eq!(left.len(), 1, "who has since succeeded is no failure: {left:#?}");
    assert_eq!(left[0]["profiles"][0]["profile_id"], ids[2].as_str());
}

#[test]
fn a_consent_that_ended_is_one_cause_for_all_profiles_of_its_login() {
    let (api, home, _) = three();
    api.scenario("[[fault]]\nmatch = { path = '/auth/o2/token', times = 'forever' }\neffect = { status = 400, body = 'lwa_invalid_grant' }");
    home.run(&["sync", "--all"]).assert(1, &["auth.invalid_grant"]);
    let causes = home.ok(&["errors", "--json"]).objects();
    assert_eq!(causes.len(), 1, "{causes:#?}");
    assert_eq!(causes[0]["code"], "auth.invalid_grant");
    assert_eq!(causes[0]["profiles"].as_array().unwrap().len(), 3);
    let id = causes[0]["profiles"][0]["profile_id"].as_str().unwrap().to_owned();
    let why = home.ok(&["why", &id, "--json"]).objects().remove(0);
    assert_eq!((&why["reason"], &why["status"]), (&"login_broken".into(), &"failed".into()), "{why}");
}

#[test]
fn a_retry_of_what_did_not_fail_says_what_to_do_instead() {
    let api = one_profile();
    let home = Home::with_config(&api.config("sqlite:test.db"));
    home.ok(&["profiles"]);
    let id = profiles(&home).remove(0);
    home.ok(&["retry", "--all"]).assert(0, &["nothing to do: no sync failed or was cancelled"]);
    home.ok(&["retry", &id]).assert(0, &["was never synced", &format!("adsync sync {id}")]);
    home.ok(&["sync", "--all"]);
    home.ok(&["retry", &id]).assert(0, &["run 1 is proved, so there is nothing to retry"]);
    api.scenario(
        "[[fault]]\nmatch = { path = '/sp/keywords/list', times = 'forever' }\neffect = { status = 200, body = '{\"keywords\":[],\"totalResults\":0}' }",
    );
    home.run(&["sync", "--all"]).assert(4, &[]);
    home.run(&["retry", &id])
        .assert(4, &["run 2 is held", "adsync approve 2", "adsync discard 2", "would remove"]);
    home.ok(&["retry", "--all"]).assert(0, &["1 sync is held", "adsync runs --state held"]);
    let why = home.ok(&["why", &id]).stdout;
    for part in ["held", "would remove", "adsync approve 2", "nothing, until it is approved or discarded"] {
        assert!(why.contains(part), "{part}: {why}");
    }
}

#[test]
fn why_tells_of_a_sync_in_another_process_from_the_database() {
    let api = one_profile();
    let home = Home::with_config(&api.config("sqlite:test.db"));
    home.ok(&["profiles"]);
    let id = profiles(&home).remove(0);
    let never = home.ok(&["why", &id, "--json"]).objects().remove(0);
    assert_eq!((&never["reason"], &never["remedies"][0]["key"]), (&"never_synced".into(), &"s".into()));
    api.scenario(
        "[[fault]]\nmatch = { path = '/sp/keywords/list', times = 'forever' }\neffect = { latency = '600s' }",
    );
    let sync = home.start(&["sync", "--all", "--json"]);
    sync.wait_for_line("a unit was proved", |line| line.contains("\"proved\""));
    let why = home.ok(&["why", &id, "--json"]).objects().remove(0);
    assert_eq!((&why["reason"], &why["status"]), (&"elsewhere".into(), &"fetching".into()), "{why}");
    assert!(why["says"].as_str().unwrap().contains(&format!("pid {}", sync.pid())), "{why}");
    let text = home.ok(&["why", &id]).stdout;
    assert!(
        text.contains(&format!("adsync cancel {id}")) && text.contains("renewed while its process lives"),
        "{text}"
    );
    home.run(&["why", "nobody"]).assert(2, &["is not known"]);
}

#[test]
fn errors_and_why_know_whom_the_configuration_leaves_out() {
    let (api, home, ids) = three();
    api.scenario(&REFUSED.replace("times", &format!("profile = {}, times", ids[0])));
    home.run(&["sync", &ids[0]]).assert(1, &["SP campaigns"]);
    assert_eq!(home.ok(&["errors", "--json"]).objects().len(), 1);
    let config = format!("{}\n[profiles]\nexclude = [{}]\n", api.config("sqlite:test.db"), ids[0]);
    home.write("config.toml", &config);
    home.ok(&["errors"]).assert(0, &["no profile fails", "1 profile failed before"]);
    assert_eq!(home.ok(&["errors", "--json"]).objects().len(), 0);
    let why = home.ok(&["why", &ids[0], "--json"]).objects().remove(0);
    assert_eq!((&why["reason"], &why["status"]), (&"excluded".into(), &"excluded".into()), "{why}");
    let text = home.ok(&["why", &ids[0]]).stdout;
    for part in ["in exclude, config.toml:", "Take ", "adsync config check"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let never = home.ok(&["why", &ids[1], "--json"]).objects().remove(0);
    assert_eq!(never["reason"], "never_synced", "{never}");
}
