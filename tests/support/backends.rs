//! One test, both databases: a fact about the store holds on SQLite and on PostgreSQL or it is no fact.

/// Makes two tests, `sqlite::NAME` and `postgres::NAME`, of each `async fn NAME(url: &str)` of the calling module.
///
/// Each test gets the URL of an empty database of its own, which is removed afterwards. Used once for a module:
///
/// ```ignore
/// mod support;
///
/// support::on_both_databases!(a_run_is_claimed_once, an_expired_lease_is_taken_over);
///
/// async fn a_run_is_claimed_once(url: &str) { … }
/// async fn an_expired_lease_is_taken_over(url: &str) { … }
/// ```
///
/// A function that is not listed is dead code, which the lints refuse: no test gets lost.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let database = crate::support::sqlite::fresh_database();
                    super::$test(&database.url).await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let database = crate::support::postgres::fresh_database().await;
                    super::$test(&database.url).await;
                    database.close().await;
                }
            )+
        }
    };
}
pub(crate) use on_both_databases;

/// Runs a statement on a database from outside, as somebody with another tool would.
pub(crate) async fn execute(url: &str, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(url).await.expect("the database file");
        sqlx::query(sql).execute(&pool).await.expect("the statement");
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(url).await.expect("the server");
        sqlx::query(sql).execute(&pool).await.expect("the statement");
        pool.close().await;
    }
}
