//! What the simulator holds, compared with what is stored: every row, every column, every byte of `raw`.
//!
//! The columns are spelt out here once more, so that a mapping that forgets or mixes up a field fails.

use std::collections::{BTreeMap, BTreeSet};

use adsync::domain::run::{RunState, RunView};
use adsync::simulator::Truth;
use serde_json::Value;

use super::database::Row;
use super::harness::{Bench, completed};

/// How a member of a row becomes a column.
#[derive(Clone, Copy, PartialEq)]
enum As {
    Text,
    Id,
    Micros,
    /// `20260601` becomes `2026-06-01`.
    Date,
    Json,
}

/// A list, the rows of one table that it fills, and where their columns come from.
pub(crate) struct List {
    pub(crate) path: &'static str,
    pub(crate) table: &'static str,
    pub(crate) product: &'static str,
    level: &'static str,
    columns: &'static [(&'static str, &'static str, As)],
}

const KEYWORD: &[(&str, &str, As)] = &[
    ("campaign_id", "/campaignId", As::Id),
    ("ad_group_id", "/adGroupId", As::Id),
    ("keyword_text", "/keywordText", As::Text),
    ("match_type", "/matchType", As::Text),
    ("state", "/state", As::Text),
    ("bid_micros", "/bid", As::Micros),
    ("native_language_keyword", "/nativeLanguageKeyword", As::Text),
    ("native_language_locale", "/nativeLanguageLocale", As::Text),
];

pub(crate) const LISTS: [List; 9] = [
    List {
        path: "/sp/campaigns/list",
        table: "campaigns",
        product: "SP",
        level: "campaign",
        columns: &[
            ("name", "/name", As::Text),
            ("state", "/state", As::Text),
            ("portfolio_id", "/portfolioId", As::Id),
            ("budget_micros", "/budget/budget", As::Micros),
            ("budget_type", "/budget/budgetType", As::Text),
            ("targeting_type", "/targetingType", As::Text),
            ("bidding_strategy", "/dynamicBidding/strategy", As::Text),
            ("start_date", "/startDate", As::Date),
            ("end_date", "/endDate", As::Date),
        ],
    },
    List {
        path: "/sp/adGroups/list",
        table: "ad_groups",
        product: "SP",
        level: "ad_group",
        columns: &[
            ("campaign_id", "/campaignId", As::Id),
            ("name", "/name", As::Text),
            ("state", "/state", As::Text),
            ("default_bid_micros", "/defaultBid", As::Micros),
        ],
    },
    List { path: "/sp/keywords/list", table: "keywords", product: "SP", level: "ad_group", columns: KEYWORD },
    List {
        path: "/sb/v4/campaigns/list",
        table: "campaigns",
        product: "SB",
        level: "campaign",
        columns: &[
            ("name", "/name", As::Text),
            ("state", "/state", As::Text),
            ("portfolio_id", "/portfolioId", As::Id),
            ("budget_micros", "/budget", As::Micros),
            ("budget_type", "/budgetType", As::Text),
            ("bidding_strategy", "/bidding/bidOptimizationStrategy", As::Text),
            ("cost_type", "/costType", As::Text),
            ("goal", "/goal", As::Text),
            ("start_date", "/startDate", As::Date),
            ("end_date", "/endDate", As::Date),
        ],
    },
    List {
        path: "/sb/v4/adGroups/list",
        table: "ad_groups",
        product: "SB",
        level: "ad_group",
        columns: &[
            ("campaign_id", "/campaignId", As::Id),
            ("name", "/name", As::Text),
            ("state", "/state", As::Text),
        ],
    },
    List { path: "/sb/keywords", table: "keywords", product: "SB", level: "ad_group", columns: KEYWORD },
    List {
        path: "/sd/campaigns",
        table: "campaigns",
        product: "SD",
        level: "campaign",
        columns: &[
            ("name", "/name", As::Text),
            ("state", "/state", As::Text),
            ("portfolio_id", "/portfolioId", As::Id),
            ("budget_micros", "/budget", As::Micros),
            ("budget_type", "/budgetType", As::Text),
            ("cost_type", "/costType", As::Text),
            ("tactic", "/tactic", As::Text),
            ("start_date", "/startDate", As::Date),
            ("end_date", "/endDate", As::Date),
        ],
    },
    List {
        path: "/sd/adGroups",
        table: "ad_groups",
        product: "SD",
        level: "ad_group",
        columns: &[
            ("campaign_id", "/campaignId", As::Id),
            ("name", "/name", As::Text),
            ("state", "/state", As::Text),
            ("default_bid_micros", "/defaultBid", As::Micros),
            ("bid_optimization", "/bidOptimization", As::Text),
            ("creative_type", "/creativeType", As::Text),
            ("tactic", "/tactic", As::Text),
        ],
    },
    List {
        path: "/sd/targets",
        table: "targets",
        product: "SD",
        level: "ad_group",
        columns: &[
            ("campaign_id", "/campaignId", As::Id),
            ("ad_group_id", "/adGroupId", As::Id),
            ("state", "/state", As::Text),
            ("bid_micros", "/bid", As::Micros),
            ("expression_type", "/expressionType", As::Text),
            ("expression", "/expression", As::Json),
            ("resolved_expression", "/resolvedExpression", As::Json),
        ],
    },
];

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

/// A list's rows by id, as they are served.
pub(crate) fn served(truth: &Truth, path: &str) -> BTreeMap<String, String> {
    let ids = truth.ids(path).into_iter().map(|id| id.to_string());
    let rows: BTreeMap<String, String> = ids.zip(truth.texts(path).into_iter().map(str::to_owned)).collect();
    assert_eq!(rows.len(), truth.count(path), "{path}: ids are unique");
    rows
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
        let condition = format!("profile_id = {} and ad_product = '{}'", self.profile(n), list.product);
        self.database.entities_where(list.table, &condition).await
    }

    /// Checks that a run completed and that what is stored equals what the simulator holds.
    pub(crate) async fn expect_truth(&self, n: usize, run: &RunView) {
        completed(run);
        let truth = self.truth(n);
        for list in &LISTS {
            let live: Vec<Row> = self.stored(n, list).await.into_iter().filter(is_live).collect();
            let expected = served(&truth, list.path);
            let ids = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
            let stored = ids(live.iter().map(|row| text(row, "id")).collect());
            assert_eq!(stored, ids(expected.keys().map(String::as_str).collect()), "{}", list.path);
            for row in &live {
                compare(list, row, &expected[text(row, "id")]);
            }
        }
        let live = i64::try_from(total(&truth)).unwrap();
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
        (As::Text | As::Json, value) => value.clone(),
    }
}

/// Digit by digit, so that no float comes between.
fn micros(money: &str) -> i64 {
    let (whole, fraction) = money.split_once('.').unwrap_or((money, ""));
    assert!(fraction.len() <= 6, "the simulator's amounts have no more than six places: {money}");
    format!("{whole}{fraction:0<6}").parse().unwrap()
}

pub(crate) fn is_live(row: &Row) -> bool {
    row["removed_at"].is_null()
}

pub(crate) fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row[column].as_str().unwrap_or_else(|| panic!("{column} is text: {row:?}"))
}
