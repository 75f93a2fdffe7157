//! Command lines and configurations that cannot be right: exit code 2, and a message that says what to change.

use crate::one_profile;
use crate::support::adsync::Home;

const SECRET: &str = "s3cr3t-value";

/// A login whose secrets come from anywhere; nobody is asked in these tests.
fn login(client_secret: &str, refresh_token: &str) -> String {
    format!(
        "[[login]]\nname = \"acme\"\nregion = \"EU\"\nclient_id = \"amzn1.app\"\nclient_secret = {client_secret}\n\
         refresh_token = {refresh_token}\napi_url = \"http://127.0.0.1:1\"\ntoken_url = \"http://127.0.0.1:1/token\"\n"
    )
}

#[test]
fn help_and_version_are_data_and_need_nothing() {
    let home = Home::with_config("this is no configuration");
    let help = home.ok(&["--help"]);
    for command in ["sync", "retry", "cancel", "approve", "discard", "profiles", "runs", "changes", "migrate"]
    {
        assert!(help.stdout.contains(command), "{command}: {help:#?}");
    }
    let version = home.ok(&["--version"]);
    assert_eq!(version.stdout, format!("adsync {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!((help.stderr.as_str(), version.stderr.as_str()), ("", ""));
    assert_eq!(home.path().read_dir().unwrap().count(), 1, "nothing was made");
}

#[test]
fn an_unknown_command_or_option_is_a_usage_error() {
    let home = Home::new();
    home.run(&["snyc"]).assert(2, &["snyc", "sync"]);
    home.run(&["sync", "--al"]).assert(2, &["--al", "--all"]);
    home.run(&["run", "show", "first"]).assert(2, &["first"]);
    home.run(&["sync", "--all", "Kestrel"]).assert(2, &["--all"]);
}

#[test]
fn an_unknown_key_names_file_line_and_the_nearest_key() {
    let home = Home::with_config("[sync]\nconcurent_profiles = 3\n");
    for args in [&["profiles"][..], &["sync", "--all"], &["config", "show"], &["runs"]] {
        let outcome = home.run(args);
        outcome.assert(2, &["config.toml:2:", "did you mean \"concurrent_profiles\"?"]);
        assert_eq!(outcome.stdout, "");
    }
}

#[test]
fn a_configuration_that_is_named_must_exist() {
    let home = Home::new();
    home.run(&["--config", "none.toml", "profiles"]).assert(2, &["none.toml", "No such file"]);
    let mut command = home.command(&["profiles"]);
    command.env("ADSYNC_CONFIG", "other.toml");
    crate::support::adsync::Running::of(command).wait().assert(2, &["other.toml"]);
}

#[test]
fn a_missing_secret_is_named_with_its_login_and_its_place() {
    let given = format!("\"{SECRET}\"");
    for (client_secret, refresh_token, parts) in [
        ("{ env = \"NO_SUCH_NAME\" }", given.as_str(), ["client_secret", "NO_SUCH_NAME"]),
        (&given, "{ file = \"no-such-file\" }", ["refresh_token", "no-such-file"]),
        (&given, "{ command = \"exit 3\" }", ["refresh_token", "exit"]),
    ] {
        let home = Home::with_config(&login(client_secret, refresh_token));
        for args in [&["profiles"][..], &["config", "check"]] {
            let outcome = home.run(args);
            outcome.assert(2, &["acme", parts[0], parts[1]]);
            assert!(!format!("{outcome:?}").contains(SECRET), "{outcome:#?}");
        }
    }
}

#[test]
fn a_command_that_is_told_no_profiles_says_how_to_name_them() {
    let home = Home::new();
    for command in ["sync", "retry", "cancel"] {
        home.run(&[command]).assert(2, &["which profiles", &format!("adsync {command} --all")]);
    }
}

#[test]
fn a_command_that_is_told_no_profiles_asks_no_login_first() {
    let api = one_profile();
    let home = Home::with_config(&api.config("sqlite:test.db"));
    for command in ["sync", "retry"] {
        home.run(&[command]).assert(2, &["which profiles"]);
    }
    assert_eq!(api.requests().get("/v2/profiles"), None);
}

#[test]
fn a_check_of_the_configuration_refuses_what_every_command_refuses() {
    let home = Home::new();
    for (api_url, parts) in [
        ("http://127.0.0.1:1/?key=s3cr3t-value", &["config.toml:8:", "api_url must not have a query"][..]),
        ("http://127.0.0.1:1/#top", &["config.toml:8:", "api_url must not have a query"]),
        ("ftp://127.0.0.1", &["config.toml:8:", "must start with http:// or https://"]),
        ("http://", &["api_url of login"]),
        ("http://127.0.0.1:port", &["api_url of login"]),
    ] {
        let login = login("\"a\"", "\"b\"").replace("http://127.0.0.1:1\"", &format!("{api_url}\""));
        home.write("config.toml", &format!("\n{login}"));
        for args in [&["config", "check"][..], &["profiles"]] {
            let outcome = home.run(args);
            outcome.assert(2, parts);
            assert!(!format!("{outcome:?}").contains(SECRET), "{outcome:#?}");
        }
    }
}

#[test]
fn an_unknown_profile_is_answered_with_the_nearest_name() {
    let api = one_profile();
    let home = Home::with_config(&api.config("sqlite:test.db"));
    home.ok(&["profiles"]);
    let profile = home.ok(&["profiles", "--json", "--stored"]).objects().remove(0);
    let (id, name) =
        (profile["profile"]["id"].as_str().unwrap().to_owned(), profile["profile"]["name"].as_str().unwrap());
    let nearly = &name[..name.len() - 1];
    for command in ["sync", "retry", "cancel", "runs", "changes"] {
        home.run(&[command, nearly])
            .assert(2, &[&format!("{nearly:?} is not known"), &format!("{name:?}"), &id]);
        home.run(&[command, "12345"]).assert(2, &["\"12345\" is not known", "adsync profiles"]);
    }
}

#[test]
fn the_console_needs_a_terminal_and_makes_nothing_without_one() {
    let home = Home::new();
    let outcome = home.run::<&str>(&[]);
    outcome.assert(2, &["terminal", "adsync --help"]);
    assert_eq!(outcome.stdout, "");
    assert_eq!(home.path().read_dir().unwrap().count(), 0, "a database was made");
}

#[test]
fn simulated_and_real_logins_do_not_mix_in_one_configuration() {
    let real = login("\"a\"", "\"b\"");
    let home = Home::with_config(&format!("{real}[[login]]\nname = \"demo\"\nsimulator = true\n"));
    home.run(&["profiles"]).assert(2, &["config.toml:1:", "never share a database"]);
}

#[test]
fn simulated_and_real_logins_do_not_mix_in_one_database() {
    let home = Home::new();
    home.ok(&["profiles"]);
    home.write(
        "real.toml",
        &format!("[database]\nurl = \"sqlite:adsync-demo.db\"\n{}", login("\"a\"", "\"b\"")),
    );
    for args in [&["profiles"][..], &["sync", "--all"], &["runs"], &["config", "check"]] {
        let args = [&["--config", "real.toml"], args].concat();
        home.run(&args).assert(2, &["simulated profiles", "--database"]);
    }
    // And the other way round.
    let api = one_profile();
    home.write("config.toml", &api.config("sqlite:real.db"));
    home.ok(&["profiles"]);
    home.write("demo.toml", "[database]\nurl = \"sqlite:real.db\"\n");
    home.run(&["--config", "demo.toml", "profiles"]).assert(2, &["real profiles"]);
}

#[test]
fn the_configuration_is_shown_without_its_secrets() {
    let home = Home::with_config(&login(&format!("\"{SECRET}\""), "{ env = \"ACME_REFRESH\" }"));
    let url = format!("postgres://ads:{SECRET}@db.example/ads?password={SECRET}");
    let mut command = home.command(&["config", "show", "--database", &url]);
    command.env("ACME_REFRESH", SECRET);
    let plain = crate::support::adsync::Running::of(command).wait();
    assert_eq!((plain.code, plain.stderr.as_str()), (Some(0), ""), "{plain:#?}");
    for part in
        ["concurrent_profiles = 4", "burst = 10", "name = \"acme\"", "ACME_REFRESH", "ads:***@db.example"]
    {
        assert!(plain.stdout.contains(part), "{part:?}: {plain:#?}");
    }
    let json = home.ok(&["config", "show", "--json", "--database", &url]);
    assert_eq!(json.objects()[0]["login"][0]["name"], "acme");
    assert!(!format!("{plain:?}{json:?}").contains(SECRET), "{plain:#?}{json:#?}");
}

#[test]
fn the_configuration_is_checked_down_to_the_database() {
    let home = Home::with_config(&login("\"a\"", "\"b\""));
    let outcome = home.ok(&["config", "check"]);
    for part in ["config.toml", "acme", "adsync.db"] {
        assert!(outcome.stdout.contains(part), "{part:?}: {outcome:#?}");
    }
    home.run(&["config", "check", "--database", "mysql://u:s3cr3t-value@h/d"]).assert(2, &["neither sqlite"]);
}
