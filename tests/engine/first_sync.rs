//! A first sync: everything that the account holds, exactly as it came, with its proofs.

use adsync::domain::entity::table::TABLES;
use adsync::domain::run::{RunState, UnitState};
use adsync::simulator::SimulatorOptions;

use super::harness::{Bench, PATHS, SB_KEYWORDS, all_roles, config, one_profile, operator};
use super::truth::{is_live, list, requests_of, served, total};
use crate::support::on_both_databases;

on_both_databases!(
    a_first_sync_stores_every_row_as_it_came,
    every_unit_leaves_a_certificate_that_counts_its_rows,
    lists_of_many_pages_are_followed_to_their_ends,
    profiles_of_every_kind_are_synced_side_by_side,
    an_empty_account_is_proved_empty,
    only_the_configured_ad_products_are_synced,
    a_profile_that_cannot_be_synced_is_refused,
);

/// Large enough for everything that is rare: automatic budgets, archived rows, hidden keywords.
fn with_rarities() -> SimulatorOptions {
    SimulatorOptions { profiles: 2, campaigns: 90, ad_groups: 1, keywords: 4, ..one_profile() }
}

async fn a_first_sync_stores_every_row_as_it_came(url: &str) {
    let bench = Bench::start(url, with_rarities()).await;
    let truth = bench.truth(0);
    let campaigns = served(&truth, "/sp/campaigns/list");
    let says = |words: &str| campaigns.values().filter(|row| row.contains(words)).count();
    assert!(says(r#""marketplaceBudgetAllocation":"AUTO""#) > 0, "there is a hidden campaign to miss");
    assert!(says(r#""state":"ARCHIVED""#) > 0, "there is an archived campaign to miss");
    let beyond = PATHS.iter().flat_map(|(_, path)| truth.ids(path)).filter(|id| *id > 1 << 53).count();
    assert!(beyond > 100, "there are ids that a double cannot hold");

    let run = bench.sync_to_truth(0).await;

    let counts = run.counts;
    assert_eq!(usize::try_from(counts.added).unwrap(), total(&truth));
    assert_eq!((counts.changed, counts.unchanged, counts.removed, counts.returned), (0, 0, 0, 0));
    assert_eq!(bench.database.number("select count(*) from changes").await, 0, "a first sync only counts");
    for table in TABLES {
        for row in bench.database.entities(table.name).await {
            assert!(is_live(&row));
            assert_eq!((&row["run_id"], &row["first_seen_at"]), (&run.id.0.into(), &row["changed_at"]));
        }
    }
    // The archived and the live alike: what the API calls a state is what is stored.
    let archived = bench.database.number("select count(*) from campaigns where state = 'ARCHIVED'").await;
    assert!(archived > 0);
    assert!(run.data_as_of.is_some_and(|at| Some(at) <= run.finished_at));
}

async fn every_unit_leaves_a_certificate_that_counts_its_rows(url: &str) {
    let bench = Bench::start(url, with_rarities()).await;
    let run = bench.sync_to_truth(1).await;
    let truth = bench.truth(1);
    let store = bench.engine.store();
    let certificates = store.certificates(run.profile_id).await.unwrap();
    let units = store.units(run.id).await.unwrap();
    assert_eq!((certificates.len(), units.len()), (PATHS.len(), PATHS.len()));
    for (unit, path) in PATHS {
        let rows = u64::try_from(truth.count(path)).unwrap();
        let stored = certificates.iter().find(|c| c.unit == unit).unwrap();
        assert_eq!((stored.state, stored.run_id), (UnitState::Proved, run.id), "{unit}");
        assert_eq!(stored.live_rows.unsigned_abs(), rows, "{unit}");
        let proof = stored.certificate.as_ref().unwrap();
        assert_eq!((proof.rows, proof.distinct, proof.relisted), (rows, rows, false), "{unit}");
        // Portfolios, Sponsored Products and Brands v4 count their rows; nobody else does.
        let counted = ["/sp/", "/sb/v4/", "/portfolios/"].iter().any(|start| path.starts_with(start));
        assert_eq!(proof.reported_total, counted.then_some(rows), "{unit}");
        let by_token = path.ends_with("/list");
        let ending = if by_token { "last page without token" } else { "empty page, twice" };
        assert_eq!((proof.ending.as_str(), proof.reused_pages), (ending, 0), "{unit}");
        assert!(proof.oldest_page_at <= proof.newest_page_at && proof.last_request_id.is_some(), "{unit}");
        let view = units.iter().find(|u| u.unit == unit).unwrap();
        assert_eq!((view.state, view.rows.unsigned_abs()), (UnitState::Proved, rows), "{unit}");
        assert_eq!(view.certificate.as_ref(), Some(proof), "{unit}");
        assert_eq!(view.outcome.unwrap().counts.added, rows, "{unit}");
    }
    let pages: u32 = certificates.iter().map(|c| c.certificate.as_ref().unwrap().pages).sum();
    assert_eq!(run.requests, i64::from(pages), "one request for each page");
}

async fn lists_of_many_pages_are_followed_to_their_ends(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.no_faults();
    let run = bench.sync_to_truth(0).await;
    let pages = |path: &str| bench.requests_since(0)[path];
    let truth = bench.truth(0);
    for (_, path) in PATHS {
        assert_eq!(pages(path), requests_of(&truth, path), "{path} with {} rows", truth.count(path));
    }
    assert!(run.requests > 20, "there were many pages");
}

async fn profiles_of_every_kind_are_synced_side_by_side(url: &str) {
    let bench = Bench::start(url, all_roles()).await;
    let numbers = [0, 1, 3, 4, 10, 12];
    let runs = futures::future::join_all(numbers.map(|n| bench.sync(n))).await;
    for (n, run) in numbers.into_iter().zip(&runs) {
        bench.expect_truth(n, run).await;
    }
    // Ids repeat between profiles: the first Sponsored Products campaign has the same in all of them.
    let first = bench.truth(0).ids("/sp/campaigns/list")[0];
    let sharing = format!("select count(*) from campaigns where id = '{first}'");
    assert_eq!(bench.database.number(&sharing).await, 6);
    // Some keywords are only given to those who ask for their campaigns.
    let hidden = bench.database.number("select count(*) from keywords where ad_product = 'SB'").await;
    assert!(hidden > 0 && bench.requests_since(0).contains_key(SB_KEYWORDS));
}

async fn an_empty_account_is_proved_empty(url: &str) {
    let bench = Bench::start(url, all_roles()).await;
    let run = bench.sync_to_truth(5).await;
    assert_eq!((run.rows, run.counts.written()), (0, 0));
    for certificate in bench.engine.store().certificates(run.profile_id).await.unwrap() {
        assert_eq!((certificate.state, certificate.live_rows), (UnitState::Proved, 0));
    }
}

async fn only_the_configured_ad_products_are_synced(url: &str) {
    let products =
        adsync::config::SyncConfig { ad_products: vec![adsync::domain::unit::AdProduct::Sd], ..config() };
    let bench = Bench::configured(url, one_profile(), products).await;
    let run = bench.sync(0).await;
    assert_eq!(run.state, RunState::Completed);
    let products = bench.database.texts("select distinct ad_product from certificates order by 1").await;
    assert_eq!(products, ["ALL", "SD"], "portfolios belong to no product");
    let others = ["/sd/", "/portfolios/", "/v2/", "/auth/o2/"];
    let asked = bench.requests_since(0);
    assert!(asked.keys().all(|path| others.iter().any(|start| path.starts_with(start))), "{asked:?}");
    let products = bench.database.texts("select distinct ad_product from campaigns").await;
    assert_eq!(products, ["SD"]);
    let stored = bench.stored(0, list("/sd/campaigns")).await;
    assert_eq!(stored.len(), bench.truth(0).count("/sd/campaigns"));
}

async fn a_profile_that_cannot_be_synced_is_refused(url: &str) {
    let bench = Bench::start(url, all_roles()).await;
    let agency = bench.engine.sync(bench.profile(7), &operator()).await.unwrap_err();
    assert_eq!(agency.code(), "profile.not_syncable");
    let nobody = bench.engine.sync(adsync::domain::id::ProfileId(1), &operator()).await.unwrap_err();
    assert_eq!(nobody.code(), "profile.unknown");
    assert_eq!(bench.database.number("select count(*) from sync_runs").await, 0);
}
