//! Syncs after the first: only differences are written, and each of them is told.

use std::collections::{BTreeMap, BTreeSet};

use adsync::domain::entity::table::TABLES;
use adsync::domain::run::ChangeKind;
use adsync::simulator::Truth;
use adsync::store::ChangeFilter;
use serde_json::{Value, json};

use super::harness::{Bench, completed, one_profile};
use super::truth::{LISTS, is_live, served, text, total};
use crate::support::on_both_databases;

on_both_databases!(
    an_unchanged_account_costs_no_row,
    exactly_the_changed_rows_are_written_and_told,
    a_row_that_vanished_stays_and_one_that_returns_is_told,
    a_change_names_its_fields_before_and_after,
    half_a_surrogate_pair_fails_nothing_and_is_kept_as_it_came,
);

async fn an_unchanged_account_costs_no_row(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    let first = bench.sync_to_truth(0).await;
    let before = bench.database.committed().await;
    let second = bench.sync_to_truth(0).await;
    assert!(second.id > first.id);
    assert_eq!(usize::try_from(second.counts.unchanged).unwrap(), total(&bench.truth(0)));
    assert_eq!(second.counts.written(), 0);
    let after = bench.database.committed().await;
    for table in TABLES.iter().map(|table| table.name).chain(["changes"]) {
        assert_eq!(before[table], after[table], "{table}");
    }
    // What was proved anew are the certificates.
    assert!(after["certificates"].iter().all(|c| c["run_id"] == second.id.0));
}

/// What happened to the rows of a list between two states of the simulator.
struct Differences {
    added: BTreeSet<String>,
    changed: BTreeSet<String>,
    removed: BTreeSet<String>,
    unchanged: BTreeSet<String>,
}

fn differences(before: &Truth, after: &Truth, path: &str) -> Differences {
    let (old, new) = (served(before, path), served(after, path));
    let of = |keep: &dyn Fn(&String, &String) -> bool| -> BTreeSet<String> {
        new.iter().filter(|(id, row)| keep(id, row)).map(|(id, _)| id.clone()).collect()
    };
    Differences {
        added: of(&|id, _| !old.contains_key(id)),
        changed: of(&|id, row| old.get(id).is_some_and(|o| o != row)),
        unchanged: of(&|id, row| old.get(id) == Some(row)),
        removed: old.keys().filter(|id| !new.contains_key(*id)).cloned().collect(),
    }
}

/// Ids of a run's changes in one list, by kind.
async fn told(bench: &Bench, run: i64, product: &str, entity: &str) -> BTreeMap<String, BTreeSet<String>> {
    let tail =
        format!("from changes where run_id = {run} and ad_product = '{product}' and entity = '{entity}'");
    let mut by_kind: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in bench.database.rows(&["kind", "entity_id"], &tail).await {
        let ids = by_kind.entry(text(&row, "kind").to_owned()).or_default();
        assert!(ids.insert(text(&row, "entity_id").to_owned()), "told twice: {row:?}");
    }
    by_kind
}

async fn exactly_the_changed_rows_are_written_and_told(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    let first = bench.sync_to_truth(0).await;
    let before = bench.truth(0);
    bench.churn(0);
    let after = bench.truth(0);
    let second = bench.sync_to_truth(0).await;
    let mut sums = (0, 0, 0, 0);
    for list in &LISTS {
        let expected = differences(&before, &after, list.path);
        let told = told(&bench, second.id.0, list.product, list.entity()).await;
        let of = |kind: &str| told.get(kind).cloned().unwrap_or_default();
        assert_eq!(of("added"), expected.added, "{}", list.path);
        assert_eq!(of("changed"), expected.changed, "{}", list.path);
        assert_eq!(of("removed"), expected.removed, "{}", list.path);
        assert_eq!(of("returned"), BTreeSet::new(), "{}", list.path);
        for row in bench.stored(0, list).await {
            let id = text(&row, "id");
            let writer = if expected.unchanged.contains(id) { first.id.0 } else { second.id.0 };
            assert_eq!(row["run_id"], writer, "{} {id}", list.path);
            assert_eq!(is_live(&row), !expected.removed.contains(id), "{} {id}", list.path);
            let seen_before = !expected.added.contains(id);
            let unchanged = row["first_seen_at"] == row["changed_at"];
            assert_eq!(unchanged, !expected.changed.contains(id), "{} {id} {seen_before}", list.path);
        }
        sums.0 += expected.added.len();
        sums.1 += expected.changed.len();
        sums.2 += expected.removed.len();
        sums.3 += expected.unchanged.len();
    }
    assert!(sums.0 > 0 && sums.1 > 0 && sums.2 > 0 && sums.3 > 0, "something of each kind: {sums:?}");
    let counts = second.counts;
    let found = [counts.added, counts.changed, counts.removed, counts.unchanged];
    assert_eq!(found.map(|n| usize::try_from(n).unwrap()), [sums.0, sums.1, sums.2, sums.3]);
    assert_eq!(counts.returned, 0);
}

async fn a_row_that_vanished_stays_and_one_that_returns_is_told(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.sync_to_truth(0).await;
    let (mut removals, mut returns) = (0, 0);
    let mut gone: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    for _ in 0..5 {
        let before = bench.truth(0);
        bench.churn(0);
        let after = bench.truth(0);
        let run = bench.sync_to_truth(0).await;
        for list in &LISTS {
            let gone = gone.entry(list.path).or_default();
            let (old, new) = (served(&before, list.path), served(&after, list.path));
            let told = told(&bench, run.id.0, list.product, list.entity()).await;
            let of = |kind: &str| told.get(kind).cloned().unwrap_or_default();
            let back: BTreeSet<String> = gone.keys().filter(|id| new.contains_key(*id)).cloned().collect();
            assert_eq!(of("returned"), back, "{}", list.path);
            assert!(of("added").is_disjoint(&back), "{}", list.path);
            gone.retain(|id, _| !back.contains(id));
            let left = old.iter().filter(|(id, _)| !new.contains_key(*id));
            gone.extend(left.map(|(id, row)| (id.clone(), row.clone())));
            removals += of("removed").len();
            returns += back.len();
            // Removed rows are kept as they were last seen.
            let stored = bench.stored(0, list).await;
            for (id, row) in &*gone {
                let kept = stored.iter().find(|s| text(s, "id") == id).unwrap();
                assert!(!is_live(kept) && text(kept, "raw") == row, "{} {id}", list.path);
            }
            assert_eq!(stored.len(), new.len() + gone.len(), "{}: nothing is ever deleted", list.path);
        }
    }
    assert!(removals > 0 && returns > 0, "{removals} removals, {returns} returns");
}

async fn a_change_names_its_fields_before_and_after(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.sync_to_truth(0).await;
    let before = bench.truth(0);
    bench.churn(0);
    let after = bench.truth(0);
    let run = bench.sync_to_truth(0).await;
    let filter = ChangeFilter { run_id: Some(run.id), ..ChangeFilter::default() };
    let changes = bench.engine.store().changes(&filter).await.unwrap();
    assert_eq!(changes.len() as u64, run.counts.written());
    let mut bids = 0;
    for change in changes {
        let list = LISTS
            .iter()
            .find(|l| {
                l.product == change.unit.ad_product.as_str() && l.entity() == change.unit.entity.as_str()
            })
            .unwrap();
        let row = |truth: &Truth| -> Option<Value> {
            served(truth, list.path).get(&change.entity_id).map(|text| serde_json::from_str(text).unwrap())
        };
        let (old, new) = (row(&before), row(&after));
        let told = |side: &Option<BTreeMap<String, Value>>| json!(side);
        match change.kind {
            ChangeKind::Added => {
                assert_eq!((told(&change.before), told(&change.after)), (Value::Null, new.unwrap()))
            }
            ChangeKind::Removed => {
                assert_eq!((told(&change.before), told(&change.after)), (old.unwrap(), Value::Null));
            }
            ChangeKind::Changed => {
                let (old, new) = (old.unwrap(), new.unwrap());
                let (was, is) = (change.before.unwrap(), change.after.unwrap());
                assert!(!was.is_empty() || !is.is_empty());
                for path in was.keys().chain(is.keys()) {
                    let pointer = format!("/{}", path.replace('.', "/"));
                    assert_eq!(was.get(path), old.pointer(&pointer), "{path}");
                    assert_eq!(is.get(path), new.pointer(&pointer), "{path}");
                    assert_ne!(was.get(path), is.get(path), "{path}");
                }
                let fields = |value: &Value| value.as_object().unwrap().clone();
                let differing =
                    fields(&old).into_iter().filter(|(name, value)| fields(&new).get(name) != Some(value));
                for (name, _) in differing {
                    assert!(
                        was.keys().any(|path| path.split('.').next() == Some(&name)),
                        "{name} is not told"
                    );
                }
                bids += usize::from(was.contains_key("bid"));
            }
            ChangeKind::Returned => panic!("nothing can return so soon"),
        }
    }
    assert!(bids > 0, "some bid changed");
}

/// JSON may escape half a surrogate pair, as whoever cuts a name in the middle of an emoji does; no text can hold it.
async fn half_a_surrogate_pair_fails_nothing_and_is_kept_as_it_came(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let serve = |rows: &[&str]| {
        let body = format!(r#"{{"totalResults":{},"portfolios":[{}]}}"#, rows.len(), rows.join(","));
        bench.faults(&format!(
            "[[fault]]\nmatch = {{ path = '/portfolios/list', times = 'forever' }}\neffect = {{ status = 200, body = '{body}' }}"
        ));
    };
    let one = r#"{"portfolioId":"1","name":"shoes \ud83d","state":"ENABLED"}"#;
    let two = r#"{"portfolioId":"2","name":"\ude00 hats","state":"ENABLED"}"#;
    let new = r#"{"portfolioId":"2","name":"\ude00 hats","state":"ENABLED","\udfff":"\ud800"}"#;
    let three = r#"{"portfolioId":"3","name":"3\udc00","state":"ENABLED"}"#;
    serve(&[one, two]);
    completed(&bench.sync(0).await);
    let stored = "select name || '|' || cast(raw as text) from portfolios order by id";
    assert_eq!(
        bench.database.texts(stored).await,
        [format!("shoes \u{fffd}|{one}"), format!("\u{fffd} hats|{two}")]
    );
    let again = bench.sync(0).await;
    assert_eq!(again.counts.written(), 0, "the hash is stable");

    serve(&[new, three]);
    let run = bench.sync(0).await;
    completed(&run);
    let filter = ChangeFilter { run_id: Some(run.id), ..ChangeFilter::default() };
    let mut told = bench.engine.store().changes(&filter).await.unwrap();
    told.sort_by_key(|change| change.entity_id.clone());
    let kinds: Vec<ChangeKind> = told.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Removed, ChangeKind::Changed, ChangeKind::Added]);
    assert_eq!(told[0].before.as_ref().unwrap()["name"], "shoes \u{fffd}");
    assert_eq!(json!(told[1].after), json!({"\u{fffd}": "\u{fffd}"}));
    assert_eq!(told[2].after.as_ref().unwrap()["name"], "3\u{fffd}");
    let raws = bench.database.texts("select cast(raw as text) from portfolios order by id").await;
    assert_eq!(raws, [one, new, three]);
}
