//! A look into a database of either kind from outside the program, as any other reader has it.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Row};

/// Runs a query whose columns are all text, or cast to it, and gives its rows; a null is an empty text.
pub(crate) fn rows(url: &str, sql: &str) -> Vec<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        macro_rules! fetch {
            ($connection:expr) => {{
                let mut connection = $connection;
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut connection).await.expect(sql);
                connection.close().await.expect("the connection closes");
                rows.iter()
                    .map(|row| {
                        let cell = |n| row.get::<Option<String>, usize>(n).unwrap_or_default();
                        (0..row.len()).map(cell).collect()
                    })
                    .collect()
            }};
        }
        if url.starts_with("sqlite:") {
            let options =
                SqliteConnectOptions::from_str(url).expect("a URL").busy_timeout(super::pty::DEADLINE);
            fetch!(SqliteConnection::connect_with(&options).await.expect("the file opens"))
        } else {
            fetch!(PgConnection::connect(url).await.expect("the server answers"))
        }
    })
}

/// Runs a statement that gives no rows.
pub(crate) fn execute(url: &str, sql: &str) {
    assert_eq!(rows(url, sql), Vec::<Vec<String>>::new());
}

/// A number that a query gives.
pub(crate) fn number(url: &str, sql: &str) -> i64 {
    let rows = rows(url, sql);
    rows[0][0].parse().unwrap_or_else(|e| panic!("{sql}: {e}: {rows:?}"))
}

/// What identifies a unit's rows: table, ad product, level.
pub(crate) type Place = (String, String, String);

/// The live rows of a profile as the API wrote them, by place and id, with all that adsync says of each beside.
pub(crate) fn entities(url: &str, profile: &str) -> BTreeMap<(Place, String), (String, Value)> {
    let mut all = BTreeMap::new();
    for table in tables() {
        let sql = format!(
            "select ad_product, level, id, cast(raw as text), cast(run_id as text), cast(changed_at as text),
                 cast(first_seen_at as text), coalesce(cast(removed_at as text), 'live')
             from {table} where profile_id = {profile}"
        );
        for row in rows(url, &sql) {
            let [product, level, id, raw, rest @ ..] = row.as_slice() else { panic!("columns") };
            let place = (table.clone(), product.clone(), level.clone());
            let raw = serde_json::from_str(raw).expect("raw is JSON");
            all.insert((place, id.clone()), (rest.join(" "), raw));
        }
    }
    all
}

/// What the entity tables should hold for a truth: live rows only.
pub(crate) fn expected(truth: &BTreeMap<String, Vec<Value>>) -> BTreeMap<(Place, String), Value> {
    let mut all = BTreeMap::new();
    for d in adsync::domain::entity::DESCRIPTORS {
        let place =
            (d.table.name.to_owned(), d.unit.ad_product.as_str().to_owned(), d.level.as_str().to_owned());
        for row in &truth[path(d)] {
            let id = match &row[d.key.field()] {
                Value::String(id) => id.clone(),
                // Ads of old Sponsored Brands campaigns.
                Value::Null => {
                    let parent = |field: &str| row[field].as_str().expect("a parent").to_owned();
                    format!("{}/{}", parent("campaignId"), parent("adGroupId"))
                }
                id => id.to_string(),
            };
            all.insert((place.clone(), id), row.clone());
        }
    }
    all
}

/// The path of a unit's list.
pub(crate) fn path(d: &adsync::domain::entity::Descriptor) -> &'static str {
    use adsync::domain::entity::RequestSpec;
    match d.list.request {
        RequestSpec::Post { path, .. } | RequestSpec::Get { path, .. } => path,
    }
}

fn tables() -> Vec<String> {
    adsync::domain::entity::table::TABLES.iter().map(|table| table.name.to_owned()).collect()
}

/// Asserts that a profile's live rows are exactly the truth.
pub(crate) fn assert_holds(url: &str, profile: &str, truth: &BTreeMap<String, Vec<Value>>) {
    let stored: BTreeMap<_, _> = entities(url, profile)
        .into_iter()
        .filter(|(_, (facts, _))| facts.ends_with("live"))
        .map(|(key, (_, raw))| (key, raw))
        .collect();
    let expected = expected(truth);
    let differing: Vec<_> = stored
        .iter()
        .filter(|(key, raw)| expected.get(*key) != Some(*raw))
        .map(|(key, _)| key)
        .chain(expected.keys().filter(|key| !stored.contains_key(*key)))
        .take(5)
        .collect();
    assert!(
        differing.is_empty() && !expected.is_empty(),
        "profile {profile}: {} rows stored, {} expected, for instance {differing:?}",
        stored.len(),
        expected.len()
    );
}
