//! Accounts that have no part in an ad product: neither zero rows nor a failure, and never a removal.

use adsync::domain::entity::table::TABLES;
use adsync::domain::run::UnitState;
use adsync::domain::unit::AdProduct;

use super::database::entity_rows;
use super::harness::{Bench, SB_KEYWORDS, SP_KEYWORDS, all_roles, completed, failed, one_profile, unit_of};
use super::truth::count_rows;
use crate::support::on_both_databases;

on_both_databases!(
    a_product_that_the_account_has_no_part_in_is_not_eligible,
    a_login_that_may_only_view_gets_what_it_may_see,
    rows_are_frozen_and_not_removed_when_access_is_lost,
    a_run_that_proves_nothing_has_failed,
    an_undocumented_refusal_is_a_failure,
);

/// The units of a profile's certificates that are not eligible.
async fn not_eligible(bench: &Bench, n: usize) -> Vec<adsync::domain::unit::Unit> {
    let certificates = bench.engine.store().certificates(bench.profile(n)).await.unwrap();
    let mut units: Vec<_> =
        certificates.iter().filter(|c| c.state == UnitState::NotEligible).map(|c| c.unit).collect();
    units.sort();
    units
}

async fn a_product_that_the_account_has_no_part_in_is_not_eligible(url: &str) {
    let bench = Bench::start(url, all_roles()).await;
    for (n, without) in [
        (6, vec![AdProduct::Sb, AdProduct::Sd]),
        (11, vec![AdProduct::Sb, AdProduct::Sd]),
        (13, vec![AdProduct::Sd]),
        (16, vec![AdProduct::Sb]),
        (19, vec![AdProduct::Sb]),
    ] {
        let run = bench.sync_to_truth(n).await;
        assert!(run.rows > 0, "profile {n} has rows in other products");
        let units = not_eligible(&bench, n).await;
        let expected: Vec<_> = super::harness::PATHS
            .iter()
            .map(|(u, _)| *u)
            .filter(|u| without.contains(&u.ad_product))
            .collect();
        assert_eq!(units, expected, "profile {n}");
        for unit in bench.engine.store().units(run.id).await.unwrap() {
            let expected = if without.contains(&unit.unit.ad_product) {
                (UnitState::NotEligible, Some("product.not_eligible"))
            } else {
                (UnitState::Proved, None)
            };
            assert_eq!((unit.state, unit.error.as_ref().map(|e| e.code.as_str())), expected, "{}", unit.unit);
        }
        // In the API's own words.
        let reasons = format!(
            "select distinct reason from certificates where state = 'not_eligible' and profile_id = {}",
            run.profile_id
        );
        for reason in bench.database.texts(&reasons).await {
            assert!(reason.contains("not authorized for Sponsored") || reason.contains("KDP"), "{reason}");
        }
    }
}

async fn a_login_that_may_only_view_gets_what_it_may_see(url: &str) {
    let bench = Bench::start(url, all_roles()).await;
    let run = bench.sync(8).await;
    completed(&run);
    let editors = [SP_KEYWORDS, "/sp/targets/list"];
    assert_eq!(not_eligible(&bench, 8).await, editors.map(unit_of));
    let expected: usize = super::harness::PATHS
        .iter()
        .filter(|(_, p)| !editors.contains(p))
        .map(|(_, p)| bench.truth(8).count(p))
        .sum();
    assert_eq!(usize::try_from(run.rows).unwrap(), expected);
}

const SB_REFUSAL: &str = "[[fault]]\nmatch = { path = '/sb/*', times = 'forever' }\n\
    effect = { status = 403, body = '{\"code\":\"403\",\"details\":\"Advertiser is not authorized for Sponsored Brands\"}' }";

async fn rows_are_frozen_and_not_removed_when_access_is_lost(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    let first = bench.sync_to_truth(0).await;
    let sb = "select count(*) from keywords where ad_product = 'SB' and removed_at is null";
    let keywords = bench.database.number(sb).await;
    assert!(keywords > 0);
    let frozen = |committed: &super::database::Committed| -> Vec<super::database::Row> {
        let rows = TABLES.iter().flat_map(|table| committed[table.name].clone());
        rows.filter(|row| row["ad_product"] == "SB").collect()
    };
    let before = frozen(&bench.database.committed().await);

    bench.churn(0);
    bench.faults(SB_REFUSAL);
    let run = bench.sync(0).await;
    completed(&run);
    assert_eq!(frozen(&bench.database.committed().await), before, "frozen as they were");
    assert_eq!(not_eligible(&bench, 0).await.len(), 8);
    let certificates = bench.engine.store().certificates(run.profile_id).await.unwrap();
    let sb_keywords = certificates.iter().find(|c| c.unit == unit_of(SB_KEYWORDS)).unwrap();
    assert_eq!(sb_keywords.live_rows, keywords, "the rows are still counted");
    let live = format!("select {}", count_rows("removed_at is null"));
    assert_eq!(run.rows, bench.database.number(&live).await);
    // The other products went on.
    let sp = format!("select count(*) from changes where run_id = {} and ad_product = 'SP'", run.id);
    assert!(bench.database.number(&sp).await > 0);
    let sb = format!("select count(*) from changes where run_id = {} and ad_product = 'SB'", run.id);
    assert_eq!(bench.database.number(&sb).await, 0);

    // A second time changes nothing more, and when access is back everything is told.
    completed(&bench.sync(0).await);
    bench.no_faults();
    let back = bench.sync_to_truth(0).await;
    assert!(back.id > first.id && not_eligible(&bench, 0).await.is_empty());
    let told = format!("select count(*) from changes where run_id = {} and ad_product = 'SB'", back.id);
    assert!(bench.database.number(&told).await > 0, "what changed meanwhile is told");
}

async fn a_run_that_proves_nothing_has_failed(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    bench.sync_to_truth(0).await;
    let before = bench.database.committed().await;
    assert!(entity_rows(&before) > 0);
    bench.faults(
        "[[fault]]\nmatch = { times = 'forever' }\neffect = { status = 400, body = '{\"code\":\"INVALID_ARGUMENT\",\"message\":\"Advertiser ID cannot be decrypted\"}' }",
    );
    let run = bench.sync(0).await;
    failed(&run, "profile.no_access");
    assert_eq!(bench.database.committed().await, before);
}

async fn an_undocumented_refusal_is_a_failure(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    bench.sync_to_truth(0).await;
    let before = bench.database.committed().await;
    for body in [
        "Forbidden",
        "{\"message\":\"Forbidden\"}",
        "{\"code\":\"403\",\"details\":\"Advertiser is not authorized\"}",
    ] {
        bench.faults(&format!(
            "[[fault]]\nmatch = {{ path = '/sd/*', times = 'forever' }}\neffect = {{ status = 403, body = '{body}' }}"
        ));
        failed(&bench.sync(0).await, "profile.no_access");
        assert_eq!(bench.database.committed().await, before, "{body}");
    }
}
