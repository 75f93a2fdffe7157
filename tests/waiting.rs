//! What a command says of what other processes met: a sync that one carries, has put down, or carried when it was
//! killed; a login that could not be asked.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Instant;

use serde_json::Value;
use support::adsync::{DEADLINE, Home, Running};
use support::api::Api;

support::on_both_databases!(
    a_throttled_sync_of_another_process_says_until_when_and_who_carries_it,
    a_sync_that_was_given_back_says_that_nobody_carries_it,
    a_sync_whose_process_was_killed_says_so_and_is_carried_on,
    a_parked_sync_says_since_when_until_when_and_who_would_go_on,
    a_login_that_was_never_listed_is_a_cause_and_a_retry_asks_it_again,
);

/// The program with one account in a database.
struct Stage {
    api: Api,
    home: Home,
    id: String,
}

impl Stage {
    fn new(url: &str) -> Self {
        let api = Api::start(&["--profiles", "1", "--campaigns", "6", "--ad-groups", "1", "--keywords", "4"]);
        let login = api.login("acme");
        let home = Home::with_config(&format!("[database]\nurl = {url:?}\n{login}"));
        let id = home.ok(&["profiles", "--json"]).objects()[0]["profile"]["id"].as_str().unwrap().to_owned();
        Self { api, home, id }
    }

    fn keywords(&self, effect: &str) {
        self.api.scenario(&format!(
            "[[fault]]\nmatch = {{ path = '/sp/keywords/list', times = 'forever' }}\neffect = {{ {effect} }}"
        ));
    }

    fn why(&self) -> Value {
        self.home.ok(&["why", &self.id, "--json"]).objects().remove(0)
    }

    /// Asks again and again, which takes a process each time, until the answer is as it should be.
    fn why_until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + DEADLINE;
        loop {
            let why = self.why();
            if wanted(&why) {
                return why;
            }
            assert!(Instant::now() < until, "never {what}: {why:#}");
        }
    }

    fn commands(why: &Value) -> Vec<String> {
        let remedies = why["remedies"].as_array().unwrap();
        remedies.iter().map(|remedy| remedy["command"].as_str().unwrap().to_owned()).collect()
    }

    fn hanging(&self) -> Running {
        self.keywords("latency = '600s'");
        let sync = self.home.start(&["sync", "--all", "--json"]);
        sync.wait_for_line("a unit is proved", |line| line.contains("\"proved\""));
        sync
    }
}

async fn on_a_thread(url: &str, test: fn(&Stage)) {
    let url = url.to_owned();
    tokio::task::spawn_blocking(move || test(&Stage::new(&url))).await.unwrap();
}

async fn a_throttled_sync_of_another_process_says_until_when_and_who_carries_it(url: &str) {
    on_a_thread(url, |stage| {
        stage.keywords("status = 429, retry_after = 55");
        let sync = stage.home.start(&["sync", "--all"]);
        let carried = format!("pid {}", sync.pid());
        let why = stage.why_until("throttled", |why| why["status"] == "throttled");
        assert_eq!(why["reason"], "profile_limited", "{why:#}");
        assert!(why["says"].as_str().unwrap().contains("asked for a pause (Retry-After)"), "{why:#}");
        let (next, since) = (why["next_at"].as_i64().unwrap(), why["since"].as_i64().unwrap());
        assert!(since < next, "{why:#}");
        assert!(why["details"].to_string().contains(&carried), "{why:#}");
        let text = stage.home.ok(&["why", &stage.id]).stdout;
        assert!(text.contains("throttled") && text.contains(", in ") && text.contains(&carried), "{text}");
        for command in [&["profiles", "--stored"][..], &["runs"], &["run", "show", "1"]] {
            let text = stage.home.ok(command).stdout;
            for part in ["throttled", "until 20", "(in ", &carried] {
                assert!(text.contains(part), "{part:?} is not in {command:?}: {text}");
            }
        }
        let listed = stage.home.ok(&["profiles", "--stored", "--json"]).objects().remove(0);
        // The lists of a profile wait together, and each to its own fraction of a second.
        let listed = listed["waits_until"].as_i64().unwrap();
        assert!((listed - next).abs() < 2_000_000, "{listed} {next}");
    })
    .await;
}

async fn a_sync_that_was_given_back_says_that_nobody_carries_it(url: &str) {
    on_a_thread(url, |stage| {
        let sync = stage.hanging();
        let fetched_since = stage.why()["since"].as_i64().unwrap();
        sync.signal(libc::SIGINT);
        sync.wait().assert(130, &[]);
        let why = stage.why();
        assert_eq!((&why["reason"], &why["status"]), (&"queued".into(), &"queued".into()));
        assert!(why["says"].as_str().unwrap().contains("queued, and no process carries it"), "{why:#}");
        assert!(why["since"].as_i64().unwrap() > fetched_since, "{why:#}");
        assert!(why["details"].to_string().contains("of it are kept"), "{why:#}");
        let id = &stage.id;
        assert_eq!(
            Stage::commands(&why),
            [format!("adsync sync {id}"), "adsync".to_owned(), format!("adsync cancel {id}")]
        );
        // The first command is as good as its word: the same run goes on.
        stage.api.scenario("");
        stage.home.ok(&["sync", id]);
        assert_eq!(stage.home.ok(&["runs", "--json"]).objects().len(), 1);
        assert_eq!(stage.why()["reason"], "proved");
    })
    .await;
}

async fn a_sync_whose_process_was_killed_says_so_and_is_carried_on(url: &str) {
    on_a_thread(url, |stage| {
        let sync = stage.hanging();
        let alive = stage.why();
        assert_eq!(alive["reason"], "elsewhere");
        assert!(alive["details"].to_string().contains("its lease holds for"), "{alive:#}");
        let carried = format!("pid {} carried it, and that process has ended", sync.pid());
        let ended = format!("pid {} has ended: it waits for whoever takes it over", sync.pid());
        sync.signal(libc::SIGKILL);
        sync.wait();
        let why = stage.why();
        assert_eq!(why["reason"], "owner_silent", "{why:#}");
        assert!(why["says"].as_str().unwrap().contains(&carried), "{why:#}");
        let since = why["since"].as_i64().unwrap();
        assert!(since >= alive["since"].as_i64().unwrap(), "{why:#} {alive:#}");
        // Others that look find it out, say so, and take nothing over that nobody asked them for.
        let until = Instant::now() + DEADLINE;
        loop {
            let listed = stage.home.ok(&["profiles"]);
            assert!(!listed.stderr.contains("taking it over"), "{listed:#?}");
            // They look in the background, and may be done before.
            if listed.stderr.contains("its process has ended; whoever syncs its profile next takes it over") {
                break;
            }
            assert!(Instant::now() < until, "{listed:#?}");
        }
        for command in [&["profiles", "--stored"][..], &["runs"], &["run", "show", "1"]] {
            let text = stage.home.ok(command).stdout;
            assert!(text.contains(&ended) && !text.contains("carried by"), "{command:?}: {text}");
        }
        let again = stage.why();
        assert_eq!((&again["since"], &again["reason"]), (&since.into(), &why["reason"]), "{again:#}");
        assert!(Stage::commands(&why).contains(&format!("adsync sync {}", stage.id)), "{why:#}");
        stage.api.scenario("");
        stage.home.ok(&["sync", &stage.id]);
        assert_eq!(stage.home.ok(&["runs", "--json"]).objects().len(), 1);
    })
    .await;
}

async fn a_parked_sync_says_since_when_until_when_and_who_would_go_on(url: &str) {
    on_a_thread(url, |stage| {
        stage.keywords("status = 429, retry_after = 600");
        let sync = stage.home.start(&["sync", "--all"]);
        let why = stage.why_until("parked", |why| why["status"] == "parked");
        sync.signal(libc::SIGINT);
        sync.wait().assert(130, &[]);
        let run = stage.home.ok(&["runs", "--json"]).objects().remove(0);
        assert_eq!(why["since"], run["state_since"]);
        assert!(why["since"].as_i64() > run["requested_at"].as_i64(), "{why:#}");
        assert_eq!(why["next_at"], run["not_before"]);
        let text = stage.home.ok(&["why", &stage.id]).stdout;
        for part in [
            "asked for a pause (Retry-After) that is longer",
            "whoever follows it goes on with it then",
            "no process carries it",
            &format!("adsync sync {}", stage.id),
            "at 20",
            ", in ",
        ] {
            assert!(text.contains(part), "{part:?}: {text}");
        }
        assert!(stage.home.ok(&["runs"]).stdout.contains("parked"));
    })
    .await;
}

async fn a_login_that_was_never_listed_is_a_cause_and_a_retry_asks_it_again(url: &str) {
    let url = url.to_owned();
    tokio::task::spawn_blocking(move || never_listed(&url)).await.unwrap();
}

fn never_listed(url: &str) {
    let api = Api::start(&["--profiles", "2", "--campaigns", "2", "--ad-groups", "1", "--keywords", "1"]);
    let home = Home::with_config(&format!("[database]\nurl = {url:?}\n{}", api.login("acme")));
    home.ok(&["errors"]).assert(0, &["no profile fails"]);
    // A server error that is not repeated, so that nobody waits for its pauses.
    api.scenario(
        "[[fault]]\nmatch = { path = '/v2/profiles', times = 'forever' }\neffect = { status = 501 }",
    );
    let unknown = home.run(&["sync", "4711"]);
    unknown.assert(3, &["\"4711\" is not known", "it may be one of theirs", "status 501"]);
    home.run(&["sync", "--all"]).assert(3, &["login acme"]);
    home.run(&["why", "4711"]).assert(3, &["it may be one of theirs"]);
    let text = home.ok(&["errors"]).stdout;
    for part in [
        "1 login cannot be asked for its profiles, 1 cause",
        "login acme, 0 profiles known",
        "[api.server_error]",
        "asks login acme again",
    ] {
        assert!(text.contains(part), "{part:?}: {text}");
    }
    let causes = home.ok(&["errors", "--json"]).objects();
    assert_eq!(causes.len(), 1, "{causes:#?}");
    let (login, none) = (&causes[0]["logins"][0], causes[0]["profiles"].as_array().unwrap().is_empty());
    assert_eq!((&login["login"], &login["profiles"], none), (&"acme".into(), &0.into(), true));
    let cause = causes[0]["cause"].as_str().unwrap();
    assert!(home.ok(&["errors", cause]).stdout.contains("the last report:"));
    for retry in [&["retry", "--all"][..], &["retry", "--cause", cause]] {
        let asked = api.requests().get("/v2/profiles").copied();
        home.run(retry).assert(3, &["login acme", "api.server_error"]);
        assert!(api.requests().get("/v2/profiles").copied() > asked, "{retry:?} asks the login");
    }
    api.scenario("");
    home.run(&["retry", "--cause", cause])
        .assert(0, &["login acme answers again: 2 profiles", "adsync sync --all"]);
    home.ok(&["errors"]).assert(0, &["no profile fails"]);
    home.run(&["sync", "4711"]).assert(2, &["\"4711\" is not known", "adsync profiles"]);
}
