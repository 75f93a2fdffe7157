//! The throwaway databases, proved before the store is proved on them.
#![expect(clippy::unwrap_used, reason = "clippy sees tests only in functions that are marked so")]

use std::str::FromStr;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};

mod support;

support::on_both_databases!(a_test_gets_an_empty_database_of_its_own, another_test_gets_another_one);

async fn a_test_gets_an_empty_database_of_its_own(url: &str) {
    make_a_table(url).await;
}

/// In one shared database, one of the two would find the other's table.
async fn another_test_gets_another_one(url: &str) {
    make_a_table(url).await;
}

async fn make_a_table(url: &str) {
    const TABLE: &str = "create table only_once (id bigint)";
    if url.starts_with("sqlite:") {
        let options = SqliteConnectOptions::from_str(url).unwrap().create_if_missing(true);
        SqliteConnection::connect_with(&options).await.unwrap().execute(TABLE).await.unwrap();
    } else {
        PgConnection::connect(url).await.unwrap().execute(TABLE).await.unwrap();
    }
}

async fn exists(url: &str) -> bool {
    let (address, _) = url.split_once('?').unwrap_or((url, ""));
    let (_, name) = address.rsplit_once('/').unwrap();
    let mut server = PgConnection::connect(&support::postgres::server_url()).await.unwrap();
    sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut server)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_closed_database_is_gone_although_somebody_is_connected() {
    let database = support::postgres::fresh_database().await;
    let url = database.url.clone();
    let _connected = PgConnection::connect(&url).await.unwrap();
    assert!(exists(&url).await);
    database.close().await;
    assert!(!exists(&url).await);
}

#[tokio::test]
async fn a_database_whose_test_panicked_is_gone_too() {
    let database = support::postgres::fresh_database().await;
    let url = database.url.clone();
    let _connected = PgConnection::connect(&url).await.unwrap();
    let test = tokio::spawn(async move {
        let _database = database;
        panic!("as a failing test does");
    });
    assert!(test.await.is_err());
    assert!(!exists(&url).await);
}

#[test]
fn a_sqlite_database_leaves_nothing_behind() {
    let database = support::sqlite::fresh_database();
    let dir = database.path.parent().unwrap().to_owned();
    std::fs::write(&database.path, "x").unwrap();
    drop(database);
    assert!(!dir.exists());
}
