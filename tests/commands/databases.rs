//! Databases that cannot be used, and databases that are made ready: one clear message, and never a password.

use std::net::TcpListener;

use crate::support::adsync::Home;
use crate::support::{inspect, postgres};

/// A port of this machine that nobody listens on.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

#[test]
fn an_unreachable_server_ends_with_3_and_one_message_without_the_password() {
    let home = Home::new();
    let url = format!("postgres://ads:s3cr3t@127.0.0.1:{}/ads", closed_port());
    for args in [&["runs"][..], &["profiles"], &["sync", "--all"], &["migrate"], &["config", "check"]] {
        let outcome = home.run(&[&["--database", url.as_str()], args].concat());
        outcome.assert(3, &["cannot be reached", "ads:***@127.0.0.1", "Connection refused"]);
        assert_eq!(outcome.stderr.matches("error:").count(), 1, "{outcome:#?}");
        assert!(!format!("{outcome:?}").contains("s3cr3t"), "{outcome:#?}");
    }
    let json = home.run(&["--json", "--database", &url, "runs"]);
    assert_eq!(json.objects()[0]["error"]["code"], "store.unreachable", "{json:#?}");
    assert!(!format!("{json:?}").contains("s3cr3t"), "{json:#?}");
}

#[test]
fn a_database_or_user_that_the_server_does_not_have_is_a_mistake_of_the_configuration() {
    let home = Home::new();
    let url = postgres::server_url().replacen("/postgres?", "/no_such_database?", 1);
    home.run(&["--database", &url, "runs"]).assert(2, &["refuses the connection", "no_such_database"]);
}

/// Says that a later adsync has been here.
fn make_newer(url: &str) {
    let columns = "version, description, success, checksum, execution_time";
    inspect::execute(
        url,
        &format!(
            "insert into _sqlx_migrations ({columns})
             select 99, 'of the future', success, checksum, execution_time from _sqlx_migrations
             order by version desc limit 1"
        ),
    );
}

fn refuses_a_newer_schema(home: &Home, url: &str) {
    home.ok(&["--database", url, "migrate"]);
    make_newer(url);
    for args in [&["runs"][..], &["profiles"], &["sync", "--all"], &["migrate"], &["config", "check"]] {
        home.run(&[&["--database", url], args].concat()).assert(2, &["schema", "99", "newer"]);
    }
}

#[test]
fn a_newer_schema_is_refused_on_sqlite() {
    let home = Home::new();
    refuses_a_newer_schema(&home, &home.sqlite());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused_on_postgres() {
    let database = postgres::fresh_database().await;
    let url = database.url.clone();
    tokio::task::spawn_blocking(move || refuses_a_newer_schema(&Home::new(), &url)).await.unwrap();
    database.close().await;
}

/// Permissions do not hold root back, and tests may run as root: a file below a file, and below the kernel's own
/// folder, can be made by nobody.
#[test]
fn a_place_that_cannot_be_written_ends_with_2() {
    let home = Home::new();
    home.write("file", "");
    for place in [format!("{}/test.db", home.file("file").display()), "/proc/adsync-test.db".to_owned()] {
        for args in [&["runs"][..], &["migrate"]] {
            let url = format!("sqlite:{place}");
            let outcome = home.run(&[&["--database", url.as_str()], args].concat());
            outcome.assert(2, &["cannot be written", &place, "--database"]);
        }
    }
}

#[test]
fn a_file_that_is_no_database_is_not_overwritten() {
    let home = Home::new();
    let text = "a letter to a friend\n".repeat(200);
    home.write("letter.txt", &text);
    let outcome = home.run(&["--database", "sqlite:letter.txt", "runs"]);
    assert!(matches!(outcome.code, Some(1 | 2)), "{outcome:#?}");
    outcome.assert(outcome.code.unwrap(), &["letter.txt", "not a database"]);
    assert_eq!(std::fs::read_to_string(home.file("letter.txt")).unwrap(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_server_database_gets_its_schema_without_being_asked() {
    let database = postgres::fresh_database().await;
    let url = database.url.clone();
    tokio::task::spawn_blocking(move || {
        let home = Home::new();
        home.ok(&["--database", &url, "runs"]);
        let again = home.ok(&["--database", &url, "migrate"]);
        assert!(again.stdout.contains("already"), "{again:#?}");
    })
    .await
    .unwrap();
    database.close().await;
}

#[test]
fn migrate_says_what_it_did() {
    let home = Home::new();
    let url = home.sqlite();
    let first = home.ok(&["--database", &url, "migrate"]);
    assert!(first.stdout.contains("now has schema"), "{first:#?}");
    let json = home.ok(&["--database", &url, "migrate", "--json"]);
    assert_eq!(json.objects()[0]["changed"], false);
}
