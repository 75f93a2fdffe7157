//! What the simulator holds, compared with what is stored: every row, every column, every byte of `raw`.

use std::collections::{BTreeMap, BTreeSet};

use adsync::domain::entity::table::TABLES;
use adsync::domain::run::{RunState, RunView};
use adsync::simulator::Truth;
use serde_json::Value;

use super::database::Row;
use super::harness::{Bench, completed, pages_of, unit_of};
pub(crate) use super::truth_columns::{As, LISTS, List};

/// Columns that belong to the keeping of a row and not to what the API said.
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

impl List {
    /// The word for its entity in `changes` and `certificates`.
    pub(crate) fn entity(&self) -> &'static str {
        unit_of(self.path).entity.as_str()
    }
}

/// A subquery that counts the rows of all entity tables under a condition.
pub(crate) fn count_rows(condition: &str) -> String {
    let counts = TABLES.iter().map(|t| format!("(select count(*) from {} where {condition})", t.name));
    format!("({})", counts.collect::<Vec<_>>().join(" + "))
}

/// The list of a path.
pub(crate) fn list(path: &str) -> &'static List {
    LISTS.iter().find(|list| list.path == path).unwrap()
}

/// A list's rows by id, as they are served.
pub(crate) fn served(truth: &Truth, path: &str) -> BTreeMap<String, String> {
    let texts = truth.texts(path).into_iter().map(str::to_owned);
    let keyed = truth.ids(path).into_iter().zip(texts).map(|(id, text)| (key_of(path, id, &text), text));
    let rows: BTreeMap<String, String> = keyed.collect();
    assert_eq!(rows.len(), truth.count(path), "{path}: ids are unique");
    rows
}

/// The id of a row; ads of old Sponsored Brands campaigns have none but their parents'.
fn key_of(path: &str, id: u64, text: &str) -> String {
    let row: Value = serde_json::from_str(text).unwrap();
    if path == "/sb/v4/ads/list" && row.get("adId").is_none() {
        return format!("{}/{}", row["campaignId"].as_str().unwrap(), row["adGroupId"].as_str().unwrap());
    }
    id.to_string()
}

/// Requests that a list takes without faults, at four rows a page.
pub(crate) fn requests_of(truth: &Truth, path: &str) -> usize {
    let rows = truth.count(path);
    if path != "/sb/negativeKeywords" {
        return pages_of(path, rows);
    }
    // This one is asked for once for each state.
    let archived = truth.rows(path).iter().filter(|row| row["state"] == "archived").count();
    pages_of(path, rows - archived) + pages_of(path, archived)
}

/// Rows over all lists that are synced.
pub(crate) fn total(truth: &Truth) -> usize {
    LISTS.iter().map(|list| truth.count(list.path)).sum()
}

impl Bench {
    pub(crate) fn truth(&self, n: usize) -> Truth {
        self.control.truth(self.profile(n).0.unsigned_abs()).unwrap()
    }

    /// The stored rows of a list, removed ones too.
    pub(crate) async fn stored(&self, n: usize, list: &List) -> Vec<Row> {
        let (product, level) = (list.product, list.level);
        let condition =
            format!("profile_id = {} and ad_product = '{product}' and level = '{level}'", self.profile(n));
        self.database.entities_where(list.table, &condition).await
    }

    /// Checks that a run completed and that what is stored equals what the simulator holds.
    pub(crate) async fn expect_truth(&self, n: usize, run: &RunView) {
        self.expect_stored(n, run, &self.truth(n)).await;
    }

    /// The same for extended lists.
    pub(crate) async fn expect_extended_truth(&self, n: usize, run: &RunView) {
        let truth = self.control.extended_truth(self.profile(n).0.unsigned_abs()).unwrap();
        self.expect_stored(n, run, &truth).await;
    }

    async fn expect_stored(&self, n: usize, run: &RunView, truth: &Truth) {
        completed(run);
        for list in &LISTS {
            let live: Vec<Row> = self.stored(n, list).await.into_iter().filter(is_live).collect();
            let expected = served(truth, list.path);
            let ids = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
            let stored = ids(live.iter().map(|row| text(row, "id")).collect());
            assert_eq!(stored, ids(expected.keys().map(String::as_str).collect()), "{}", list.path);
            for row in &live {
                compare(list, row, &expected[text(row, "id")]);
            }
        }
        let live = i64::try_from(total(truth)).unwrap();
        assert_eq!(run.rows, live, "the run's live rows");
        let profile = self.engine.store().profile(run.profile_id).await.unwrap().unwrap();
        assert_eq!((profile.rows, profile.last_synced_at), (live, run.finished_at));
        assert_eq!(self.database.pages(run.id.0).await, 0, "a completed run keeps no pages");
        assert_eq!((run.state, &run.error, &run.owner), (RunState::Completed, &None, &None));
    }
}

/// Compares a stored row with the row that was served.
fn compare(list: &List, stored: &Row, served: &str) {
    let row: Value = serde_json::from_str(served).unwrap();
    let at = || format!("{} {}", list.path, stored["id"]);
    assert_eq!(text(stored, "raw"), served, "{}", at());
    assert_eq!(text(stored, "level"), list.level, "{}", at());
    for (column, pointer, kind) in list.columns {
        let expected = expected(row.pointer(pointer).unwrap_or(&Value::Null), *kind);
        let found = match &stored[*column] {
            Value::String(json) if *kind == As::Json => serde_json::from_str(json).unwrap(),
            // SQLite knows no booleans.
            Value::Number(yes) if *kind == As::Bool => Value::from(yes.as_i64() == Some(1)),
            other => other.clone(),
        };
        assert_eq!(found, expected, "{} {column}", at());
    }
    for (column, value) in stored {
        let mapped = list.columns.iter().any(|(name, ..)| name == column);
        assert!(mapped || KEEPING.contains(&column.as_str()) || value.is_null(), "{} {column}", at());
    }
}

fn expected(value: &Value, kind: As) -> Value {
    match (kind, value) {
        (_, Value::Null) => Value::Null,
        (As::Id, id) => Value::from(id.as_str().map_or_else(|| id.to_string(), str::to_owned)),
        (As::Micros, money) => Value::from(micros(&money.to_string())),
        (As::Date, day) => {
            let digits: String = day.as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
            Value::from(format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]))
        }
        (As::Instant, Value::Number(millis)) => Value::from(millis.as_i64().unwrap() * 1_000),
        (As::Instant, text) => {
            let at: jiff::Timestamp = text.as_str().unwrap().parse().unwrap();
            Value::from(at.as_microsecond())
        }
        (As::Text | As::Json | As::Bool, value) => value.clone(),
    }
}

/// Digit by digit, so that no float comes between; what is finer is rounded half to even.
fn micros(money: &str) -> i64 {
    let (whole, fraction) = money.split_once('.').unwrap_or((money, ""));
    let (kept, finer) = fraction.split_at(fraction.len().min(6));
    let micros: i64 = format!("{whole}{kept:0<6}").parse().unwrap();
    let half = format!("5{:0<1$}", "", finer.len().saturating_sub(1));
    micros + i64::from(finer > half.as_str() || (finer == half && micros % 2 == 1))
}

pub(crate) fn is_live(row: &Row) -> bool {
    row["removed_at"].is_null()
}

pub(crate) fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row[column].as_str().unwrap_or_else(|| panic!("{column} is text: {row:?}"))
}
