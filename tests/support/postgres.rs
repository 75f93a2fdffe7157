//! A PostgreSQL database of one test's own, on the server that `scripts/test` starts.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

/// An empty database that is dropped with everything in it by `close`, or else on drop.
pub(crate) struct TempPostgres {
    /// `postgres://…`, to this database.
    pub(crate) url: String,
    server: String,
    name: String,
    closed: bool,
}

/// Creates a database that nobody else has.
///
/// # Panics
/// When there is no server: a backend that is skipped must not look green.
pub(crate) async fn fresh_database() -> TempPostgres {
    static COUNTER: AtomicU32 = AtomicU32::new(0);

    let server = server_url();
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = format!("adsync_test_{}_{number}_{:08x}", std::process::id(), fastrand::u32(..));
    execute(&server, format!("create database {name}")).await.expect("the test server makes a database");
    TempPostgres { url: with_database(&server, &name), server, name, closed: false }
}

/// The URL of the test server, as a user who may create databases.
pub(crate) fn server_url() -> String {
    #[expect(clippy::disallowed_methods, reason = "scripts/test tells tests where the server is in this way")]
    std::env::var("ADSYNC_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "run ./scripts/test: ADSYNC_TEST_POSTGRES_URL is not set; a skipped backend must not look green"
        )
    })
}

impl TempPostgres {
    /// Drops the database, whoever is still connected to it.
    pub(crate) async fn close(mut self) {
        self.closed = true;
        execute(&self.server, self.drop_statement()).await.expect("the test server drops its database");
    }

    fn drop_statement(&self) -> String {
        format!("drop database if exists {} with (force)", self.name)
    }
}

impl Drop for TempPostgres {
    fn drop(&mut self) {
        if self.closed {
            return;
        }
        // Nothing can be awaited here, and the test's own runtime may be unwinding: another thread has its own.
        let (server, statement) = (self.server.clone(), self.drop_statement());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(execute(&server, statement))
        })
        .join();
        let gone = matches!(dropped, Ok(Ok(())));
        assert!(
            gone || std::thread::panicking(),
            "the test database {} was left behind: {dropped:?}",
            self.name
        );
    }
}

async fn execute(url: &str, statement: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await
}

/// The same server URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(a, q)| (a, Some(q)));
    let (scheme, rest) = address.split_once("://").expect("a URL");
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    let query = query.map_or_else(String::new, |q| format!("?{q}"));
    format!("{scheme}://{host}/{name}{query}")
}
