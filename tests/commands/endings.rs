//! How a sync ends: the exit code tells a script what it may rely on.

use std::time::{Duration, Instant};

use crate::support::adsync::{DEADLINE, Home, Running};
use crate::support::api::Api;
use crate::support::inspect;
use crate::{SMALL, one_profile, profiles};

/// A home that has listed the profiles of an API.
fn home(api: &Api) -> Home {
    let home = Home::with_config(&api.config("sqlite:test.db"));
    home.ok(&["profiles"]);
    home
}

fn two_profiles() -> Api {
    Api::start(&[&["--profiles", "2"], &SMALL[..]].concat())
}

fn states(home: &Home) -> Vec<String> {
    home.ok(&["runs", "--json"])
        .objects()
        .iter()
        .map(|run| run["state"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_proved_sync_ends_with_0_and_holds_the_truth() {
    let api = two_profiles();
    let home = home(&api);
    let outcome = home.ok(&["sync", "--all"]);
    outcome.assert(0, &["2 proved"]);
    assert_eq!(outcome.stdout.lines().filter(|line| line.contains("proved")).count(), 2, "{outcome:#?}");
    for profile in profiles(&home) {
        inspect::assert_holds(&home.sqlite(), &profile, &api.truth(&profile));
    }
}

#[test]
fn with_json_every_line_of_data_is_an_object_and_the_last_one_sums_up() {
    let api = two_profiles();
    let home = home(&api);
    let outcome = home.ok(&["sync", "--all", "--json"]);
    outcome.assert(0, &[]);
    let objects = outcome.objects();
    let summary = objects.last().unwrap();
    assert_eq!(
        (&summary["event"], &summary["completed"], &summary["failed"], &summary["exit"]),
        (&"summary".into(), &2.into(), &0.into(), &0.into()),
        "{summary}"
    );
    assert!(summary["counts"]["added"].as_u64().unwrap() > 0, "{summary}");
    let ended = objects.iter().filter(|o| o["run"]["state"] == "completed").count();
    assert!(ended >= 2, "each run's end is told: {outcome:#?}");
    assert!(!outcome.stderr.contains('{'), "data in the narration: {outcome:#?}");
}

#[test]
fn a_failure_that_lasts_ends_with_1_and_commits_nothing() {
    let api = one_profile();
    let home = home(&api);
    api.scenario(
        "[[fault]]\nmatch = { path = '/sp/campaigns/list', times = 'forever' }\neffect = { status = 400 }",
    );
    let outcome = home.run(&["sync", "--all"]);
    outcome.assert(1, &["SP campaigns", "/sp/campaigns/list: 400"]);
    assert!(outcome.stdout.contains("failed, nothing of it was committed"), "{outcome:#?}");
    assert_eq!(states(&home), ["failed"]);
    assert_eq!(inspect::entities(&home.sqlite(), &profiles(&home)[0]).len(), 0);
    // Once the API does well again, the retry takes what was fetched.
    api.scenario("");
    let before = api.requests();
    home.ok(&["retry", "--all"]);
    let again: Vec<_> = api.requests().into_iter().filter(|(path, n)| before.get(path) != Some(n)).collect();
    let lists: Vec<&str> =
        again.iter().map(|(path, _)| path.as_str()).filter(|p| p.starts_with("/s")).collect();
    assert_eq!(lists, ["/sp/campaigns/list"], "only what failed is fetched again");
    assert_eq!(states(&home), ["completed", "failed"]);
}

#[test]
fn failures_that_may_pass_end_with_3() {
    let api = one_profile();
    let home = home(&api);
    api.scenario("[[fault]]\nmatch = { path = '/sd/*', times = 'forever' }\neffect = { status = 503, retry_after = 1 }");
    let outcome = home.run(&["sync", "--all", "--json"]);
    outcome.assert(3, &[]);
    let objects = outcome.objects();
    assert_eq!(objects.last().unwrap()["exit"], 3, "{outcome:#?}");
    assert_eq!(states(&home), ["failed"]);
}

/// It is told at once, and given up after half a minute: the pauses between the attempts are the program's own.
#[test]
fn a_login_whose_host_is_unreachable_ends_with_3() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let home = Home::with_config(&format!(
        "[[login]]\nname = \"acme\"\nregion = \"EU\"\nclient_id = \"a\"\nclient_secret = \"s3cr3t\"\nrefresh_token = \"b\"\n\
         api_url = \"http://127.0.0.1:{port}\"\ntoken_url = \"http://127.0.0.1:{port}/token\"\n"
    ));
    let (list, sync) = (home.start(&["profiles"]), home.start(&["sync", "--all"]));
    for command in [list, sync] {
        let outcome = command.wait_within(Duration::from_secs(60));
        outcome.assert(3, &["acme", "cannot be reached", "Connection refused"]);
        let first = outcome.stderr.lines().find(|line| line.contains("asking again in"));
        assert!(
            first.is_some_and(|line| line.contains("(attempt 1)")),
            "told before it is given up: {outcome:#?}"
        );
        assert_eq!(outcome.stderr.matches("(attempt 1)").count(), 1, "told once: {outcome:#?}");
        assert!(!format!("{outcome:?}").contains("s3cr3t"), "{outcome:#?}");
    }
}

#[test]
fn a_run_that_was_parked_in_vain_is_left_to_others_with_3() {
    let api = two_profiles();
    let home = home(&api);
    let ids = profiles(&home);
    let columns =
        "profile_id, state, priority, requested_by, requested_from, requested_at, not_before, parks";
    let parked = format!("{}, 'queued', 0, 'somebody@else', 'cli', 1, 9000000000000000, 3", ids[0]);
    inspect::execute(&home.sqlite(), &format!("insert into sync_runs ({columns}) values ({parked})"));
    let outcome = home.run(&["sync", &ids[0]]);
    outcome.assert(3, &[]);
    assert!(outcome.stdout.contains("parked until 2255-03-14T16:00:00Z, 3 times in a row"), "{outcome:#?}");
    // Others are not held up, and the run is still there.
    home.run(&["sync", "--all"]).assert(5, &["1 proved, 1 parked"]);
    assert_eq!(states(&home).iter().filter(|state| *state == "queued").count(), 1);
}

#[test]
fn some_committed_and_some_not_ends_with_5() {
    let api = two_profiles();
    let home = home(&api);
    let ids = profiles(&home);
    api.scenario(&format!(
        "[[fault]]\nmatch = {{ path = '/sp/*', profile = {}, times = 'forever' }}\neffect = {{ status = 400 }}",
        ids[0]
    ));
    let outcome = home.run(&["sync", "--all"]);
    outcome.assert(5, &["1 proved, 1 failed"]);
    assert_eq!(inspect::entities(&home.sqlite(), &ids[0]).len(), 0);
    inspect::assert_holds(&home.sqlite(), &ids[1], &api.truth(&ids[1]));
    // Only what failed is synced again.
    api.scenario("");
    home.ok(&["sync", "--failed"]);
    inspect::assert_holds(&home.sqlite(), &ids[0], &api.truth(&ids[0]));
    assert_eq!(states(&home).len(), 3);
}

/// Starts a sync whose last list hangs, and waits until all the others are proved.
fn hanging_sync(api: &Api, home: &Home) -> Running {
    api.scenario(
        "[[fault]]\nmatch = { path = '/sp/keywords/list', times = 'forever' }\neffect = { latency = '600s' }",
    );
    let sync = home.start(&["sync", "--all", "--json"]);
    let mut proved = std::collections::BTreeSet::new();
    let units = adsync::domain::entity::DESCRIPTORS.len();
    while proved.len() < units - 1 {
        let line = sync.wait_for_line("the other units are proved", |line| line.contains("\"proved\""));
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        if event["unit"]["state"] == "proved" {
            proved.insert((event["unit"]["ad_product"].to_string(), event["unit"]["entity"].to_string()));
        }
    }
    sync
}

#[test]
fn an_interrupted_sync_ends_with_130_and_gives_its_run_back_with_its_pages() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let api = one_profile();
        let home = home(&api);
        let sync = hanging_sync(&api, &home);
        sync.signal(signal);
        sync.wait().assert(130, &["back to the queue"]);
        let run = home.ok(&["runs", "--json"]).objects().remove(0);
        assert_eq!((&run["state"], &run["owner"]), (&"queued".into(), &serde_json::Value::Null), "{run}");
        assert!(inspect::number(&home.sqlite(), "select cast(count(*) as text) from sync_pages") > 5);
        assert_eq!(inspect::entities(&home.sqlite(), &profiles(&home)[0]).len(), 0);
        // The next sync goes on with it: the same run, and only what was lacking.
        api.scenario("");
        let before = api.requests();
        home.ok(&["sync", "--all"]);
        let after = api.requests();
        assert_eq!(after.get("/sp/campaigns/list"), before.get("/sp/campaigns/list"));
        assert_eq!(states(&home), ["completed"]);
    }
}

#[test]
fn an_interrupt_while_the_profiles_are_asked_for_ends_with_130() {
    let api = one_profile();
    let home = home(&api);
    let seen = api.requests().values().sum::<u64>();
    api.scenario(
        "[[fault]]\nmatch = { path = '/v2/profiles', times = 'forever' }\neffect = { latency = '600s' }",
    );
    let sync = home.start(&["sync", "--all", "--verbose"]);
    // A token is asked for first: from then on it listens to signals.
    let until = Instant::now() + DEADLINE;
    while api.requests().values().sum::<u64>() == seen {
        assert!(Instant::now() < until, "nobody asks for a token");
    }
    sync.signal(libc::SIGINT);
    sync.wait().assert(130, &["interrupted"]);
    assert_eq!(states(&home), Vec::<String>::new());
}

#[test]
fn a_sync_that_another_process_cancels_ends_with_1() {
    let api = one_profile();
    let home = home(&api);
    let sync = hanging_sync(&api, &home);
    let cancel = home.ok(&["cancel", "--all"]);
    assert!(cancel.stdout.contains("told to stop"), "{cancel:#?}");
    let outcome = sync.wait();
    outcome.assert(1, &[]);
    assert_eq!(outcome.objects().last().unwrap()["cancelled"], 1, "{outcome:#?}");
    assert_eq!(states(&home), ["cancelled"]);
    assert_eq!(inspect::entities(&home.sqlite(), &profiles(&home)[0]).len(), 0);
    home.ok(&["cancel", "--all"]).assert(0, &["nothing to cancel"]);
}

/// Runs a command whose reader has gone away before the first line.
fn into_a_closed_pipe(home: &Home, args: &[&str]) -> crate::support::adsync::Outcome {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = home.command(args);
    command.stdout(writer);
    Running::with_stdout_taken(command).wait()
}

#[test]
fn a_reader_that_goes_away_ends_a_listing_quietly() {
    let api = one_profile();
    let home = home(&api);
    home.ok(&["sync", "--all"]);
    for args in [
        &["profiles"][..],
        &["runs"],
        &["runs", "--json"],
        &["run", "show", "1"],
        &["config", "show"],
        &["config", "check"],
        &["migrate"],
        &["--help"],
        &["--version"],
    ] {
        let outcome = into_a_closed_pipe(&home, args);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "adsync {}", args.join(" "));
    }
}

/// Exit code 0 would claim that everything was proved and committed, and nobody has seen whether it was.
#[test]
fn a_sync_whose_reader_goes_away_says_that_it_was_interrupted_and_loses_nothing() {
    let api = one_profile();
    let home = home(&api);
    let outcome = into_a_closed_pipe(&home, &["sync", "--all", "--json"]);
    assert_eq!(outcome.code, Some(130), "{outcome:#?}");
    assert!(!outcome.stderr.contains("panicked"), "{outcome:#?}");
    let state = states(&home);
    assert!(state == ["queued"] || state == ["completed"], "{state:?}");
    home.ok(&["sync", "--all"]);
    let profile = profiles(&home).remove(0);
    inspect::assert_holds(&home.sqlite(), &profile, &api.truth(&profile));
}
