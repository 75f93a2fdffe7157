//! Accounts that have no part in an ad product: neither zero rows nor a failure, and never a removal.

use std::time::Duration;

use adsync::config::SyncConfig;
use adsync::domain::entity::table::TABLES;
use adsync::domain::run::{Refusal, RunView, UnitState, UnitView};
use adsync::domain::unit::{AdProduct, Unit};
use adsync::sync::overview::ProfileStatus;

use super::database::entity_rows;
use super::harness::{
    Bench, SB_KEYWORDS, SP_KEYWORDS, all_roles, completed, config, failed, one_profile, unit_of,
};
use super::truth::count_rows;
use crate::support::on_both_databases;

on_both_databases!(
    a_product_that_the_account_has_no_part_in_is_not_eligible,
    a_login_that_may_only_view_gets_what_it_may_see,
    rows_are_frozen_and_not_removed_when_access_is_lost,
    a_run_that_proves_nothing_has_failed,
    a_refusal_in_the_form_of_the_specification_spoils_nothing_else,
    portfolios_alone_prove_nothing,
    authors_are_not_asked_for_what_the_specification_denies_them,
    an_undocumented_refusal_is_a_failure,
    a_refusal_is_remembered_and_asked_again_after_its_time,
    another_access_is_asked_at_once,
    where_nothing_else_is_proved_everything_is_asked,
    lost_access_is_told_apart_and_told_off_when_it_is_back,
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
            let own = reason.contains("author profiles have no part");
            assert!(
                own || reason.contains("not authorized for Sponsored") || reason.contains("KDP"),
                "{reason}"
            );
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
    for body in ["Forbidden", "{\"message\":\"Forbidden\"}", "<html><body>Access denied</body></html>"] {
        bench.faults(&format!(
            "[[fault]]\nmatch = {{ path = '/sd/*', times = 'forever' }}\neffect = {{ status = 403, body = '{body}' }}"
        ));
        failed(&bench.sync(0).await, "profile.no_access");
        assert_eq!(bench.database.committed().await, before, "{body}");
    }
}

async fn a_refusal_in_the_form_of_the_specification_spoils_nothing_else(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    for (path, body) in [
        ("/sd/*", r#"{"code":"403","details":"Forbidden","requestId":"x"}"#),
        ("/sb/v4/*", r#"{"code":"ACCESS_DENIED","message":"Access denied"}"#),
    ] {
        bench.faults(&format!(
            "[[fault]]\nmatch = {{ path = '{path}', times = 'forever' }}\neffect = {{ status = 403, body = '{body}' }}"
        ));
        completed(&bench.sync(0).await);
        let refused = not_eligible(&bench, 0).await;
        assert!(
            !refused.is_empty() && refused.iter().all(|unit| unit.ad_product != AdProduct::Sp),
            "{refused:?}"
        );
    }
}

async fn portfolios_alone_prove_nothing(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    let refused = r#"{"code":"403","details":"Forbidden"}"#;
    bench.faults(&format!(
        "[[fault]]\nmatch = {{ path = '/s*', times = 'forever' }}\neffect = {{ status = 403, body = '{refused}' }}"
    ));
    failed(&bench.sync(0).await, "profile.no_access");
}

async fn authors_are_not_asked_for_what_the_specification_denies_them(url: &str) {
    // An author whose account takes part in Sponsored Brands after all.
    let bench = Bench::start(url, one_profile()).await;
    let author = "update profiles set account_sub_type = 'KDP_AUTHOR'";
    bench.database.execute(author).await;
    let other = bench.another_engine(adsync::sync::Carries::Requested).await;
    let run = other.sync(bench.profile(0), &super::harness::operator()).await.unwrap();
    completed(&super::harness::ended(&other, &run).await);
    assert_eq!(not_eligible(&bench, 0).await, [unit_of("/sb/themes/list")]);
    let asked = bench.requests_since(0);
    assert!(!asked.contains_key("/sb/themes/list") && asked.contains_key("/sb/targets/list"));
}

const HOUR: Duration = Duration::from_secs(3_600);

/// A bench that remembers refusals for an hour.
async fn remembering(url: &str) -> Bench {
    let sync = SyncConfig { ask_again_after: HOUR, ..config() };
    let bench = Bench::configured(url, one_profile(), sync).await;
    bench.no_faults();
    bench
}

async fn unit_view(bench: &Bench, run: &RunView, unit: Unit) -> UnitView {
    let units = bench.engine.store().units(run.id).await.unwrap();
    units.into_iter().find(|u| u.unit == unit).unwrap()
}

async fn refusal(bench: &Bench, run: &RunView, unit: Unit) -> Refusal {
    unit_view(bench, run, unit).await.refusal.expect("a refusal")
}

/// Requests since a mark that ask for Sponsored Brands.
fn asked_for_brands(bench: &Bench, mark: u64) -> usize {
    bench.requests_since(mark).iter().filter(|(path, _)| path.starts_with("/sb/")).map(|(_, n)| n).sum()
}

/// As if the last refusal were so much older.
async fn age_refusals(bench: &Bench, by: Duration) {
    let sql = format!("update certificates set asked_at = asked_at - {}", by.as_micros());
    assert!(bench.database.execute(&sql).await > 0);
}

async fn a_refusal_is_remembered_and_asked_again_after_its_time(url: &str) {
    let bench = remembering(url).await;
    bench.faults(SB_REFUSAL);
    let first = bench.sync(0).await;
    completed(&first);
    let unit = unit_of(SB_KEYWORDS);
    let told = refusal(&bench, &first, unit).await;
    assert!(!told.remembered && told.since == told.asked_at && told.frozen_rows == 0);
    assert_eq!(told.ask_after, told.asked_at.plus(HOUR));

    // Remembered: nobody asks, and it is said since when and until when.
    let mark = bench.mark();
    let second = bench.sync(0).await;
    completed(&second);
    assert_eq!(asked_for_brands(&bench, mark), 0);
    let remembered = refusal(&bench, &second, unit).await;
    assert_eq!(remembered, Refusal { remembered: true, ..told.clone() });
    let report = unit_view(&bench, &second, unit).await.error.unwrap();
    assert!(report.code == "product.not_eligible" && report.summary.contains("not authorized"), "{report:?}");

    // Its time comes: it is asked, and refused since the first day.
    age_refusals(&bench, HOUR).await;
    let mark = bench.mark();
    let third = bench.sync(0).await;
    completed(&third);
    assert!(asked_for_brands(&bench, mark) > 0);
    let again = refusal(&bench, &third, unit).await;
    assert_eq!(again.since, told.since);
    assert!(!again.remembered && again.asked_at > told.asked_at);

    // Once it is granted, a sync after that time has everything, and forgets.
    bench.no_faults();
    bench.sync(0).await;
    age_refusals(&bench, HOUR).await;
    let granted = bench.sync_to_truth(0).await;
    assert_eq!(unit_view(&bench, &granted, unit).await.refusal, None);
    let left = "select count(*) from certificates where refused_since is not null or asked_at is not null";
    assert_eq!(bench.database.number(left).await, 0);
}

async fn another_access_is_asked_at_once(url: &str) {
    let bench = remembering(url).await;
    bench.faults(SB_REFUSAL);
    completed(&bench.sync(0).await);
    bench.database.execute("update profiles set access = 'view'").await;
    let mark = bench.mark();
    completed(&bench.sync(0).await);
    assert!(asked_for_brands(&bench, mark) > 0, "what was refused to one access may be given to another");
}

async fn where_nothing_else_is_proved_everything_is_asked(url: &str) {
    let bench = remembering(url).await;
    bench.faults(SB_REFUSAL);
    completed(&bench.sync(0).await);
    // From now on everything but Sponsored Brands is refused.
    let refused = |path: &str| {
        format!(
            "[[fault]]\nmatch = {{ path = '{path}', times = 'forever' }}\neffect = {{ status = 400, body = '{{\"code\":\"INVALID_ARGUMENT\",\"message\":\"Advertiser ID cannot be decrypted\"}}' }}\n"
        )
    };
    bench.faults(&["/sp/*", "/sd/*", "/portfolios*"].map(refused).concat());
    let mark = bench.mark();
    let run = bench.sync(0).await;
    completed(&run);
    assert!(asked_for_brands(&bench, mark) > 0);
    let brands = unit_view(&bench, &run, unit_of(SB_KEYWORDS)).await;
    assert_eq!((brands.state, brands.refusal), (UnitState::Proved, None));
    assert!(refusal(&bench, &run, unit_of(SP_KEYWORDS)).await.frozen_rows > 0);

    // Where everything is refused, everything was asked, and the run has failed; so has its retry.
    bench.faults(&refused("*"));
    let mark = bench.mark();
    failed(&bench.sync(0).await, "profile.no_access");
    let asked = bench.requests_since(mark);
    assert!(asked.contains_key(SP_KEYWORDS) && asked.contains_key("/sb/v4/campaigns/list"), "{asked:?}");
    let mark = bench.mark();
    failed(&bench.retry(0).await, "profile.no_access");
    assert!(bench.requests_since(mark).contains_key(SP_KEYWORDS), "a retry asks as well");
    bench.no_faults();
    let back = bench.retry(0).await;
    bench.expect_truth(0, &back).await;
}

async fn lost_access_is_told_apart_and_told_off_when_it_is_back(url: &str) {
    let bench = remembering(url).await;
    bench.sync_to_truth(0).await;
    let status = || bench.engine.snapshot().status(bench.profile(0), bench.engine.now());
    assert_eq!(status(), ProfileStatus::Proved);
    bench.faults(SB_REFUSAL);
    let run = bench.sync(0).await;
    completed(&run);
    let lost = unit_view(&bench, &run, unit_of(SB_KEYWORDS)).await;
    let frozen = bench
        .database
        .number("select count(*) from keywords where ad_product = 'SB' and removed_at is null")
        .await;
    assert_eq!(lost.lost().map(|r| r.frozen_rows), Some(frozen));
    let report = lost.error.unwrap();
    assert_eq!(report.code, "product.access_lost");
    assert!(report.hint.contains(&format!("{frozen} rows")), "{}", report.hint);
    let total = "select cast(sum(live_rows) as bigint) from certificates where state = 'not_eligible'";
    let told = bench.engine.snapshot().profiles[&bench.profile(0)].access_lost.expect("told");
    let units = "select count(*) from certificates where state = 'not_eligible' and live_rows > 0";
    let units = bench.database.number(units).await.unsigned_abs();
    assert!(units >= 3, "campaigns, ad groups and keywords at least");
    assert_eq!((told.units, told.rows), (units, bench.database.number(total).await));
    assert_eq!(status(), ProfileStatus::AccessLost);
    let stored = bench.engine.store().profiles().await.unwrap();
    assert_eq!(stored[0].access_lost, Some(told));

    // It is asked for by every sync, so that access is noticed when it is back.
    completed(&bench.sync(0).await);
    assert_eq!(bench.engine.snapshot().profiles[&bench.profile(0)].access_lost, Some(told));
    bench.no_faults();
    bench.sync_to_truth(0).await;
    assert_eq!(
        (status(), bench.engine.snapshot().profiles[&bench.profile(0)].access_lost),
        (ProfileStatus::Proved, None)
    );
}
