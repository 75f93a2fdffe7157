//! No secret is ever shown or stored: the real program, its console included, goes through success, refusals that repeat
//! what they were sent, a consent that ended and a database that refuses, and everything it left behind is searched.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod support;

#[path = "secrets/api.rs"]
mod api;

use std::path::Path;
use std::time::Duration;

use api::{Careless, Manner};
use support::adsync::{Home, Outcome};
use support::inspect;
use support::pty::keys;

/// What every secret of these tests has in it, however it is spelled.
const CANARY: &str = "canary-";
const CLIENT_SECRET: &str = "canary-client-secret/7Q=";
const REFRESH_TOKEN: &str = "Atzr|canary-refresh-7Q";
/// Without anything that gives it away as a token.
const ACCESS_TOKEN: &str = "canary-access-7Q";
/// What HTTP makes of the user and the password in a URL.
const URL_IN_BASE64: &str = "bWU6Y2FuYXJ5LXVybC03UQ";
const DATABASE_PASSWORD: &str = "canary-database-7Q";

fn config(api: &Careless, database: &str) -> String {
    let address = format!("http://me:canary-url-7Q@{}", api.address);
    format!(
        "[database]\nurl = {database:?}\n[rate_limit]\nenabled = false\n[[login]]\nname = \"acme\"\nregion = \"EU\"\n\
         client_id = \"amzn1.application-oa2-client.x\"\nclient_secret = {CLIENT_SECRET:?}\n\
         refresh_token = {{ file = \"refresh.txt\" }}\napi_url = {address:?}\n\
         token_url = \"{address}/auth/o2/token?key=canary-query-7Q\"\n"
    )
}

fn home(api: &Careless, database: &str) -> Home {
    let home = Home::with_config(&config(api, database));
    home.write("refresh.txt", &format!("{REFRESH_TOKEN}\n"));
    home
}

/// What stands in base64 in a text, read at each alignment: each run of letters that could be some.
fn decoded(text: &str) -> Vec<String> {
    let letters: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let plain = text.replace("%2B", "+").replace("%2F", "/").replace("%2b", "+").replace("%2f", "/");
    let plain = plain.replace('-', "+").replace('_', "/");
    let runs = plain.split(|c| !letters.contains(&c)).filter(|run| run.len() >= 8);
    let decode = |run: &str| {
        let bits: String =
            run.chars().map(|c| format!("{:06b}", letters.iter().position(|l| *l == c).unwrap())).collect();
        let bytes = bits.as_bytes().chunks_exact(8);
        let bytes = bytes.map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap());
        String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
    };
    runs.flat_map(|run| (0..4).map(|skip| decode(&run[skip..])).collect::<Vec<_>>()).collect()
}

/// A text with all that is escaped in it undone, three times over: percent signs, references of HTML, JSON's.
fn unescaped(text: &str) -> String {
    let once = |text: &str| {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['%', '&', '\\']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let begins = ["%", "&#x", "\\u00", "\\\\u00"].into_iter().find(|begins| rest.starts_with(begins));
            let digits = begins.and_then(|begins| rest.get(begins.len()..begins.len() + 2));
            let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(u8::is_ascii);
            match begins.zip(code) {
                Some((begins, code)) => {
                    out.push(char::from(code));
                    rest = &rest[begins.len() + 2..];
                    rest = rest.strip_prefix(';').filter(|_| begins == "&#x").unwrap_or(rest);
                }
                None => {
                    out.push_str(&rest[..1]);
                    rest = &rest[1..];
                }
            }
        }
        out + rest
    };
    once(&once(&once(text)))
}

/// Searches a text; `what` says in the failure where it was.
fn assert_clean(what: &str, text: &str) {
    for plain in decoded(text) {
        assert!(!plain.contains(CANARY), "a secret in base64 in {what}: …{plain}…");
    }
    assert!(!unescaped(text).contains(CANARY), "an escaped secret in {what}: {text}");
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert!(!text.to_lowercase().contains(&hex), "a secret in hexadecimal in {what}: {text}");
    let found = [CANARY, URL_IN_BASE64].iter().find_map(|secret| text.find(secret));
    if let Some(at) = found {
        let near =
            String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(200)..(at + 200).min(text.len())]);
        panic!("a secret in {what}: …{near}…");
    }
}

fn run(home: &Home, args: &[&str]) -> Outcome {
    let outcome = home.run(args);
    assert_clean(&format!("standard output of adsync {}", args.join(" ")), &outcome.stdout);
    assert_clean(&format!("standard error of adsync {}", args.join(" ")), &outcome.stderr);
    outcome
}

/// Everything that can be looked at without changing anything.
fn look(home: &Home) {
    for args in [
        &["profiles", "--stored"][..],
        &["runs"],
        &["run", "show", "1"],
        &["run", "show", "2"],
        &["changes"],
        &["errors"],
        &["why", "77"],
        &["config", "show"],
        &["config", "check"],
    ] {
        run(home, args);
        run(home, &[args, &["--json"]].concat());
    }
    let causes = home.run(&["errors", "--json"]).objects();
    for cause in causes {
        let id = cause["cause"].as_str().unwrap().to_owned();
        let shown = run(home, &["errors", &id]);
        assert!(shown.stdout.contains("the last report:"), "{shown:#?}");
        run(home, &["errors", &id, "--json"]);
    }
}

/// Goes through the screens of the console and reads each.
fn read_console(home: &Home, state: &str) {
    let console = home.terminal().size(120, 40).start();
    let read = |what: &str| {
        let text = console.wait_until_still(Duration::from_millis(200)).contents();
        assert_clean(&format!("the console, {what}"), &text);
    };
    console.wait_for_text(state);
    read("the list of profiles");
    // The log in full, at its finest; a sync that writes into it; every report that there is.
    console.send("lLLLL");
    console.send("s");
    read("the log");
    for (key, what) in [
        ("e", "an error"),
        (keys::ESC, "the list"),
        (keys::ENTER, "a run"),
        ("e", "a unit's error"),
        (keys::ESC, "a run"),
        ("w", "why"),
        (keys::ESC, "a run"),
        ("E", "the errors"),
        (keys::ENTER, "a cause"),
        (keys::ESC, "the errors"),
    ] {
        console.send(key);
        if what == "why" {
            console.wait_for_text("Why: Haus Linden DE");
        } else if what == "the errors" {
            console.wait_for_text(" 1 cause");
        }
        read(what);
    }
    console.send(keys::ESC);
    read("the list again");
    console.signal(libc::SIGTERM);
    console.wait_end();
    assert_clean("the console's end", &console.text());
}

/// Everything that the database holds, as text.
fn dump(url: &str, home: &Path) -> String {
    if url.starts_with("sqlite:") {
        let mut all = String::new();
        for entry in std::fs::read_dir(home).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("test.db") {
                all.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
            }
        }
        return all;
    }
    let tables = inspect::rows(
        url,
        "select cast(table_name as text) from information_schema.tables where table_schema = 'public'",
    );
    assert!(tables.len() > 5, "{tables:?}");
    let table = |row: &Vec<String>| {
        let sql = format!("select coalesce(string_agg(cast(t as text), ' '), '') from {} t", row[0]);
        inspect::rows(url, &sql)[0][0].clone()
    };
    tables.iter().map(table).collect::<Vec<_>>().join("\n")
}

/// Every file that the program wrote, besides the database: there should be none that holds a secret.
fn assert_files_clean(home: &Path) {
    for entry in std::fs::read_dir(home).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_file() && name != "config.toml" && name != "refresh.txt" {
            assert_clean(&name, &String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        }
    }
}

/// The whole way, on one database.
fn nothing_leaks(database: &str, searched: &str) {
    let api = Careless::start();
    let home = home(&api, database);
    run(&home, &["profiles", "--verbose"]).assert(0, &[]);
    run(&home, &["sync", "--all", "--verbose"]).assert(0, &[]);
    run(&home, &["sync", "--all", "--json"]).assert(0, &[]);
    look(&home);
    api.now(Manner::Echo(400));
    let outcome = run(&home, &["sync", "--all", "--verbose"]);
    // The search would find nothing either if the API's words were not shown at all.
    outcome.assert(1, &["refused: ", "api.bad_request"]);
    run(&home, &["sync", "77", "--json"]).assert(1, &[]);
    api.now(Manner::Echo(403));
    run(&home, &["retry", "77"]).assert(1, &["profile.no_access"]);
    api.now(Manner::Echo(401));
    run(&home, &["retry", "77"]).assert(1, &["api.unauthorized"]);
    look(&home);
    read_console(&home, "failed");
    api.now(Manner::Refuse);
    run(&home, &["sync", "77", "--verbose"]).assert(1, &["auth.invalid_grant", "no consent for"]);
    run(&home, &["profiles", "--json"]);
    look(&home);
    read_console(&home, "failed");
    let stored = dump(searched, home.path());
    assert!(stored.contains("auth.invalid_grant"), "the search reads what is stored");
    assert_clean("the database", &stored);
    assert_files_clean(home.path());
}

#[test]
fn nothing_leaks_on_sqlite() {
    nothing_leaks("sqlite:test.db", "sqlite:test.db");
}

#[test]
fn nothing_leaks_on_postgres() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let database = runtime.block_on(support::postgres::fresh_database());
    let with_password = database.url.replacen('@', &format!(":{DATABASE_PASSWORD}@"), 1);
    assert!(with_password.contains(DATABASE_PASSWORD), "{}", database.url);
    nothing_leaks(&with_password, &database.url);
    runtime.block_on(database.close());
}

#[test]
fn a_database_or_a_configuration_that_cannot_be_used_is_named_without_its_secrets() {
    let home = Home::new();
    for url in [
        "postgres://ads:canary-database-7Q@127.0.0.1:1/ads",
        "postgres://ads:canary-database/7Q@127.0.0.1:1/ads",
        "postgres://ads@127.0.0.1:1/ads?password=canary-database-7Q",
        "mysql://ads:canary-database-7Q@127.0.0.1/ads",
        "postgres://ads:canary-database-7Q@127.0.0.1:port/ads",
    ] {
        let outcome = run(&home, &["runs", "--database", url]);
        assert!(matches!(outcome.code, Some(2 | 3)), "{url}: {outcome:#?}");
        run(&home, &["migrate", "--json", "--database", url]);
        run(&home, &["config", "show", "--database", url]);
    }
    for line in [
        "client_secret = \"canary-client-7Q",
        "client_secret = canary-client-7Q",
        "client_secret = { file = \"canary-client-7Q\", env = 3 }",
        "client_secrets = \"canary-client-7Q\"",
    ] {
        home.write(
            "config.toml",
            &format!("[[login]]\nname = \"acme\"\nregion = \"EU\"\nclient_id = \"x\"\n{line}\n"),
        );
        let outcome = run(&home, &["config", "check"]);
        assert_eq!(outcome.code, Some(2), "{line}: {outcome:#?}");
    }
}

/// A panic's message is whatever code puts in it: what code has at hand must print nothing secret.
#[tokio::test]
async fn a_panic_that_prints_all_it_has_prints_no_secret() {
    use adsync::ads::{AdsClient, ClientOptions, LoginEndpoint};
    use adsync::config::{RateLimitConfig, Secret, SecretSource};
    use adsync::domain::profile::Region;
    use std::sync::{Arc, Mutex};

    let login = || LoginEndpoint {
        name: "acme".to_owned(),
        region: Region::Eu,
        client_id: "x".to_owned(),
        client_secret: Secret::new(CLIENT_SECRET),
        refresh_token: Secret::new(REFRESH_TOKEN),
        api_url: "http://127.0.0.1:1".to_owned(),
        token_url: "http://127.0.0.1:1/auth/o2/token".to_owned(),
        simulated: false,
    };
    let client =
        AdsClient::new(vec![login()], &RateLimitConfig::default(), ClientOptions::default()).unwrap();
    let source = SecretSource::Inline(Secret::new(CLIENT_SECRET));
    let heard = Arc::new(Mutex::new(String::new()));
    let ear = Arc::clone(&heard);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| ear.lock().unwrap().push_str(&panic.to_string())));
    let told = adsync::telemetry::panics::contain(async {
        panic!("{client:?} {:?} {source:?} {source}", login());
    })
    .await;
    std::panic::set_hook(before);
    let message: Result<(), String> = told;
    let message = message.unwrap_err();
    let report = adsync::sync::SyncError::Panic { message: message.clone() }
        .report(adsync::domain::time::Timestamp(1));
    for text in [&message, &*heard.lock().unwrap(), &serde_json::to_string(&report).unwrap()] {
        assert!(text.contains("acme"), "{text}");
        assert_clean("a panic", text);
    }
}
