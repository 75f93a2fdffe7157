//! What is really in a database, read by a connection of the test's own.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::time::Duration;

use adsync::domain::entity::table::TABLES;
use serde_json::{Map, Value};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

/// A row by column.
pub(crate) type Row = Map<String, Value>;

/// Everything that a commit may write, by table.
pub(crate) type Committed = BTreeMap<&'static str, Vec<Row>>;

const KEEPING: [&str; 11] = [
    "profile_id",
    "ad_product",
    "level",
    "id",
    "raw",
    "row_hash",
    "mapping_version",
    "first_seen_at",
    "changed_at",
    "removed_at",
    "run_id",
];

/// A database behind the store's back.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) url: String,
    pool: Pool,
}

#[derive(Debug, Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Expands the same body for each driver.
macro_rules! on_pool {
    ($self:expr, |$pool:ident| $body:expr) => {
        match &$self.pool {
            Pool::Sqlite($pool) => $body,
            Pool::Postgres($pool) => $body,
        }
    };
}

impl Database {
    /// Connects when it is first asked something.
    pub(crate) fn new(url: &str) -> Self {
        let pool = if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).unwrap().busy_timeout(Duration::from_secs(20));
            Pool::Sqlite(SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options))
        } else {
            Pool::Postgres(PgPoolOptions::new().max_connections(1).connect_lazy(url).unwrap())
        };
        Self { url: url.to_owned(), pool }
    }

    fn is_sqlite(&self) -> bool {
        matches!(self.pool, Pool::Sqlite(_))
    }

    /// The first column of a query, which must be text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        on_pool!(self, |pool| sqlx::query_scalar(sql).fetch_all(pool).await.unwrap())
    }

    /// A single whole number; NULL counts as 0.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        let found: Option<i64> =
            on_pool!(self, |pool| sqlx::query_scalar(sql).fetch_one(pool).await.unwrap());
        found.unwrap_or(0)
    }

    /// Writes behind everybody's back; gives the number of rows written.
    pub(crate) async fn execute(&self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        on_pool!(self, |pool| sqlx::query(sql).execute(pool).await.unwrap().rows_affected())
    }

    /// Refuses an insert or update of rows of a table that meet a condition, until it is accepted again.
    pub(crate) async fn refuse(&self, event: &str, table: &str, condition: &str) {
        let on = format!("create trigger refused before {event} on {table} for each row when");
        if self.is_sqlite() {
            self.execute(&format!("{on} {condition} begin select raise(abort, 'refused by a test'); end"))
                .await;
            return;
        }
        self.execute(
            "create or replace function refuse() returns trigger language plpgsql
             as $$ begin raise exception 'refused by a test'; end $$",
        )
        .await;
        self.execute(&format!("{on} ({condition}) execute function refuse()")).await;
    }

    /// Asks a run to stop when a page of a unit is stored.
    pub(crate) async fn cancel_with_page(&self, ad_product: &str, entity: &str) {
        let on = format!(
            "create trigger cancels after insert on sync_pages for each row
             when (new.ad_product = '{ad_product}' and new.entity = '{entity}')"
        );
        let cancel = "update sync_runs set cancel_requested = true where id = new.run_id;";
        if self.is_sqlite() {
            self.execute(&format!("{on} begin {cancel} end")).await;
            return;
        }
        let body = format!("as $$ begin {cancel} return new; end $$");
        self.execute(&format!("create function cancels() returns trigger language plpgsql {body}")).await;
        self.execute(&format!("{on} execute function cancels()")).await;
    }

    /// Ends what [`Database::refuse`] began.
    pub(crate) async fn accept(&self, table: &str) {
        let on = if self.is_sqlite() { String::new() } else { format!(" on {table}") };
        self.execute(&format!("drop trigger refused{on}")).await;
    }

    /// Rows as objects of these columns, with a tail such as `from T where …`.
    pub(crate) async fn rows(&self, columns: &[&str], tail: &str) -> Vec<Row> {
        let function = if self.is_sqlite() { "json_object" } else { "json_build_object" };
        let fields: Vec<String> = columns
            .iter()
            .map(|column| {
                let value = match *column {
                    "row_hash" if self.is_sqlite() => "lower(hex(row_hash))".to_owned(),
                    "row_hash" => "encode(row_hash, 'hex')".to_owned(),
                    // As text, exactly as it is stored.
                    "raw" | "before" | "after" => format!("cast({column} as text)"),
                    _ => (*column).to_owned(),
                };
                format!("'{column}', {value}")
            })
            .collect();
        let sql = format!("select cast({function}({}) as text) {tail}", fields.join(", "));
        self.texts(&sql).await.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
    }

    /// All rows of an entity table, removed ones too.
    pub(crate) async fn entities(&self, table: &str) -> Vec<Row> {
        self.entities_where(table, "1 = 1").await
    }

    /// The rows of an entity table that pass a condition.
    pub(crate) async fn entities_where(&self, table: &str, condition: &str) -> Vec<Row> {
        let own = TABLES.iter().find(|t| t.name == table).unwrap().columns.iter().map(|c| c.name);
        let columns: Vec<&str> = KEEPING.into_iter().chain(own).collect();
        let tail = format!("from {table} where {condition} order by profile_id, ad_product, level, id");
        self.rows(&columns, &tail).await
    }

    /// Everything that a commit may write, as it stands.
    pub(crate) async fn committed(&self) -> Committed {
        let mut all = Committed::new();
        for table in TABLES {
            all.insert(table.name, self.entities(table.name).await);
        }
        let columns = ["id", "run_id", "entity_id", "kind", "changed_at", "before", "after"];
        all.insert("changes", self.rows(&columns, "from changes order by id").await);
        let columns = [
            "profile_id",
            "ad_product",
            "entity",
            "state",
            "run_id",
            "committed_at",
            "live_rows",
            "certificate",
            "reason",
        ];
        all.insert("certificates", self.rows(&columns, "from certificates order by 1").await);
        let columns = ["profile_id", "last_synced_at", "data_as_of", "live_rows", "last_run_id"];
        all.insert("profiles", self.rows(&columns, "from profiles order by profile_id").await);
        all
    }

    /// Stored pages of a run, or of all runs with 0.
    pub(crate) async fn pages(&self, run: i64) -> i64 {
        self.number(&format!("select count(*) from sync_pages where {run} = 0 or run_id = {run}")).await
    }
}

/// Rows over all entity tables.
pub(crate) fn entity_rows(committed: &Committed) -> usize {
    TABLES.iter().map(|table| committed[table.name].len()).sum()
}
