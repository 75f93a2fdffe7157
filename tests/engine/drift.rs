//! What an API invents: fields and values that nobody knew are told, and never dropped, never fatal.

use adsync::domain::drift::{DriftItem, DriftKind};
use adsync::domain::run::RunView;
use adsync::domain::unit::Unit;

use super::harness::{Bench, PATHS, all_roles, completed, one_profile, unit_of};
use crate::support::on_both_databases;

on_both_databases!(
    what_the_simulator_serves_is_known_plain_and_extended,
    inventions_are_told_counted_and_kept,
    what_is_new_is_new_once_for_all_profiles,
    a_flood_of_inventions_is_bounded,
);

/// What a run tells of a unit, as `kind finding`, rows and whether it is new.
async fn told(bench: &Bench, run: &RunView, unit: Unit) -> Vec<(String, u64, bool)> {
    let units = bench.engine.store().units(run.id).await.unwrap();
    let outcome = units.into_iter().find(|u| u.unit == unit).unwrap().outcome.unwrap();
    let item = |i: DriftItem| (format!("{} {}", i.finding.kind, i.finding), i.rows, i.new);
    outcome.drift.items.into_iter().map(item).collect()
}

async fn what_the_simulator_serves_is_known_plain_and_extended(url: &str) {
    let extended = adsync::config::SyncConfig { extended: true, ..super::harness::config() };
    let bench = Bench::configured(url, all_roles(), extended).await;
    for n in [0, 1] {
        completed(&bench.sync(n).await);
    }
    let plain = bench.another_engine(adsync::sync::Carries::Requested).await;
    for n in [0, 1] {
        let run = plain.sync(bench.profile(n), &super::harness::operator()).await.unwrap();
        completed(&super::harness::ended(&plain, &run).await);
    }
    assert_eq!(
        bench.database.texts("select ad_product || ' ' || entity || ' ' || path from drift").await,
        [""; 0]
    );
}

/// By list: what is invented, where its value goes, and how the report puts it.
const INVENTIONS: [(&str, &str, &[&str]); 3] = [
    (
        "/sp/campaigns/list",
        "novelty = { deep = true }, budget = { budgetType = 'WEEKLY' }",
        &["field novelty", "value budget.budgetType = WEEKLY"],
    ),
    (
        "/sb/v4/campaigns/list",
        "bidding = { glow = 1 }, state = 'Somebody wrote this'",
        &["field bidding.glow", "value state = (another text)"],
    ),
    (
        "/sd/targets",
        "mood = [1], expression = [{ type = 'dreams', colour = 'red' }]",
        &["field expression[].colour", "field mood", "value expression[].type = dreams"],
    ),
];

fn inventions() -> String {
    let fault = |(path, merge, _): &(&str, &str, &[&str])| {
        format!(
            "[[fault]]\nmatch = {{ path = '{path}', times = 'forever' }}\neffect = {{ merge = {{ {merge} }} }}\n"
        )
    };
    INVENTIONS.iter().map(fault).collect()
}

async fn inventions_are_told_counted_and_kept(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let before = bench.sync(0).await;
    completed(&before);
    for (unit, _) in PATHS {
        assert_eq!(told(&bench, &before, unit).await, [], "{unit}");
    }

    bench.faults(&inventions());
    let run = bench.sync(0).await;
    completed(&run);
    let truth = bench.truth(0);
    for (path, _, expected) in INVENTIONS {
        let rows = truth.count(path) as u64;
        let expected: Vec<_> = expected.iter().map(|text| ((*text).to_owned(), rows, true)).collect();
        assert_eq!(told(&bench, &run, unit_of(path)).await, expected, "{path}");
    }
    let told_of = INVENTIONS.map(|(path, ..)| unit_of(path));
    for (unit, _) in PATHS.iter().filter(|(unit, _)| !told_of.contains(unit)) {
        assert_eq!(told(&bench, &run, *unit).await, [], "{unit}");
    }
    // Kept: in raw as it came, in its column as it came.
    let campaigns = bench.database.entities("campaigns").await;
    let of = |product: &str| campaigns.iter().filter(|row| row["ad_product"] == product).collect::<Vec<_>>();
    assert!(
        of("SP")
            .iter()
            .all(|row| row["raw"].to_string().contains("novelty") && row["budget_type"] == "WEEKLY")
    );
    assert!(
        of("SB")
            .iter()
            .all(|row| row["raw"].to_string().contains("glow") && row["state"] == "Somebody wrote this")
    );
    let kept = "select kind || ' ' || path || ' ' || value from drift where first_run_id = last_run_id
                and first_seen_at = last_seen_at and rows_with_it > 0 order by 1";
    let mut kept = bench.database.texts(kept).await;
    kept.sort();
    assert_eq!(
        kept,
        [
            "field bidding.glow ",
            "field expression[].colour ",
            "field mood ",
            "field novelty ",
            "value budget.budgetType WEEKLY",
            "value expression[].type dreams",
            "value state (another text)",
        ]
    );

    // Unchanged rows have them still: told again, and new no more.
    let again = bench.sync(0).await;
    completed(&again);
    assert_eq!(again.counts.written(), 0);
    for (path, _, expected) in INVENTIONS {
        let found = told(&bench, &again, unit_of(path)).await;
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().all(|(_, _, new)| !new), "{found:?}");
    }
    let seen =
        format!("select count(*) from drift where first_run_id = {} and last_run_id = {}", run.id, again.id);
    assert_eq!(bench.database.number(&seen).await, 7);

    // Gone again: nothing to tell, but what was seen stays on record.
    bench.no_faults();
    let after = bench.sync(0).await;
    completed(&after);
    assert_eq!(told(&bench, &after, unit_of("/sp/campaigns/list")).await, []);
    assert_eq!(bench.database.number("select count(*) from drift").await, 7);
}

async fn what_is_new_is_new_once_for_all_profiles(url: &str) {
    let bench = Bench::start(url, all_roles()).await;
    bench.faults(&inventions());
    let unit = unit_of("/sp/campaigns/list");
    let first = bench.sync(0).await;
    completed(&first);
    assert!(told(&bench, &first, unit).await.iter().all(|(_, _, new)| *new));
    let second = bench.sync(1).await;
    completed(&second);
    let found = told(&bench, &second, unit).await;
    assert!(found.len() == 2 && found.iter().all(|(_, _, new)| !new), "{found:?}");
    let profiles = "select count(distinct profile_id) from drift where path = 'novelty'";
    assert_eq!(bench.database.number(profiles).await, 2);
}

async fn a_flood_of_inventions_is_bounded(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let fields: Vec<String> = (0..70).map(|n| format!("f{n:02} = {n}")).collect();
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '/sd/campaigns', times = 'forever' }}\neffect = {{ merge = {{ {} }} }}",
        fields.join(", ")
    ));
    let run = bench.sync(0).await;
    completed(&run);
    let rows = bench.truth(0).count("/sd/campaigns") as u64;
    let units = bench.engine.store().units(run.id).await.unwrap();
    let unit = units.into_iter().find(|u| u.unit == unit_of("/sd/campaigns")).unwrap();
    let drift = unit.outcome.unwrap().drift;
    assert_eq!((drift.items.len(), drift.more), (50, 20 * rows));
    assert!(drift.items.iter().all(|i| i.finding.kind == DriftKind::Field && i.rows == rows));
    assert_eq!(bench.database.number("select count(*) from drift").await, 50);
}
