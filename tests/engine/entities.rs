//! What the many entities of an account need beyond one list each: keys, levels, states, extended data, choice.

use std::collections::BTreeSet;

use adsync::config::SyncConfig;
use adsync::domain::unit::Entity;

use super::harness::{Bench, PATHS, SP_KEYWORDS, completed, config, ended, one_profile, operator, unit_of};
use super::truth::{count_rows, is_live, list, text};
use crate::support::on_both_databases;

on_both_databases!(
    ads_without_an_id_are_known_by_their_parents_and_counted,
    negatives_of_ad_groups_and_of_campaigns_keep_apart,
    extended_lists_fill_timestamps_and_status_and_weigh_five,
    turning_extended_data_off_asks_for_it_no_more,
    only_the_configured_entities_are_synced_and_others_stay,
    rows_without_a_filter_of_their_own_are_asked_for_by_their_parents,
    a_big_and_slow_list_is_asked_for_in_parts_side_by_side,
    parts_that_do_not_add_up_are_listed_as_a_whole,
    a_split_list_goes_on_from_its_finished_parts,
);

/// A profile with a dozen Sponsored Brands campaigns, some of the old kind.
fn with_old_brands() -> adsync::simulator::SimulatorOptions {
    adsync::simulator::SimulatorOptions { campaigns: 80, ..one_profile() }
}

async fn ads_without_an_id_are_known_by_their_parents_and_counted(url: &str) {
    let bench = Bench::start(url, with_old_brands()).await;
    let run = bench.sync_to_truth(0).await;
    let ads = bench.stored(0, list("/sb/v4/ads/list")).await;
    let without: Vec<_> = ads.iter().filter(|row| !text(row, "raw").contains("\"adId\"")).collect();
    assert!(!without.is_empty() && without.len() < ads.len(), "{} of {}", without.len(), ads.len());
    for row in &without {
        assert_eq!(text(row, "id"), format!("{}/{}", text(row, "campaign_id"), text(row, "ad_group_id")));
    }
    let units = bench.engine.store().units(run.id).await.unwrap();
    for unit in units {
        let expected = if unit.unit.to_string() == "SB ads" { without.len() } else { 0 };
        let counted = unit.outcome.unwrap().keyed_by_parents;
        assert_eq!(usize::try_from(counted).unwrap(), expected, "{}", unit.unit);
    }
    // Their keys are stable: a second sync finds nothing new.
    let again = bench.sync_to_truth(0).await;
    assert_eq!(again.counts.written(), 0);
    // What vanishes is asked for by its ad group, and what changes is told under the same key.
    for _ in 0..3 {
        bench.churn(0);
        bench.sync_to_truth(0).await;
    }
}

async fn negatives_of_ad_groups_and_of_campaigns_keep_apart(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.sync_to_truth(0).await;
    for (of_ad_groups, of_campaigns) in [
        ("/sp/negativeKeywords/list", "/sp/campaignNegativeKeywords/list"),
        ("/sp/negativeTargets/list", "/sp/campaignNegativeTargets/list"),
    ] {
        let (low, high) = (list(of_ad_groups), list(of_campaigns));
        assert_eq!((low.table, low.product), (high.table, high.product));
        let ids = async |list| -> BTreeSet<String> {
            bench.stored(0, list).await.iter().map(|row| text(row, "id").to_owned()).collect()
        };
        let (low, high) = (ids(low).await, ids(high).await);
        assert!(!low.is_empty() && !high.is_empty());
        // The simulator, like Amazon, numbers them independently: the same id may mean both.
        let both = low.intersection(&high).count();
        assert!(both > 0, "{of_ad_groups}: no id is shared, so nothing was shown");
    }
}

async fn extended_lists_fill_timestamps_and_status_and_weigh_five(url: &str) {
    let bench = Bench::configured(url, one_profile(), SyncConfig { extended: true, ..config() }).await;
    let run = bench.sync(0).await;
    bench.expect_extended_truth(0, &run).await;
    for path in ["/portfolios/list", "/sp/negativeTargets/list", "/sb/v4/adGroups/list", "/sd/productAds"] {
        let rows = bench.stored(0, list(path)).await;
        for column in ["serving_status", "api_created_at", "api_updated_at"] {
            assert!(rows.iter().all(|row| !row[column].is_null()), "{path} {column}");
        }
    }
    let asked = bench.requests_since(0);
    assert!(asked.keys().filter(|path| path.starts_with("/sd/")).all(|path| path.ends_with("/extended")));
    bench.churn(0);
    let run = bench.sync(0).await;
    bench.expect_extended_truth(0, &run).await;
}

async fn turning_extended_data_off_asks_for_it_no_more(url: &str) {
    let bench = Bench::configured(url, one_profile(), SyncConfig { extended: true, ..config() }).await;
    completed(&bench.sync(0).await);
    let mark = bench.mark();
    let plain = bench.another_engine(adsync::sync::Carries::Requested).await;
    let run = plain.sync(bench.profile(0), &operator()).await.unwrap();
    let run = ended(&plain, &run).await;
    bench.expect_truth(0, &run).await;
    assert!(bench.requests_since(mark).keys().all(|path| !path.ends_with("/extended")));
}

async fn only_the_configured_entities_are_synced_and_others_stay(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.sync_to_truth(0).await;
    let before = bench.database.committed().await;
    bench.churn(0);
    let few = SyncConfig { entities: vec![Entity::Campaign, Entity::Keyword], ..config() };
    let other = bench.engine_with(few).await;
    let mark = bench.mark();
    let run = other.sync(bench.profile(0), &operator()).await.unwrap();
    completed(&ended(&other, &run).await);
    let wanted =
        ["/sp/campaigns/list", "/sp/keywords/list", "/sb/v4/campaigns/list", "/sb/keywords", "/sd/campaigns"];
    for (_, path) in PATHS {
        assert_eq!(bench.requests_since(mark).contains_key(path), wanted.contains(&path), "{path}");
    }
    let after = bench.database.committed().await;
    assert_eq!((&before["ads"], &before["ad_groups"]), (&after["ads"], &after["ad_groups"]));
    assert_ne!(before["keywords"], after["keywords"]);
    // The profile still counts all that is stored, and what was left out keeps its certificates.
    let profile = bench.engine.store().profile(bench.profile(0)).await.unwrap().unwrap();
    let live = format!("select {}", count_rows("removed_at is null"));
    assert_eq!(profile.rows, bench.database.number(&live).await);
    let certificates = bench.engine.store().certificates(bench.profile(0)).await.unwrap();
    assert_eq!(certificates.len(), PATHS.len());
}

async fn rows_without_a_filter_of_their_own_are_asked_for_by_their_parents(url: &str) {
    let bench = Bench::start(url, one_profile()).await;
    bench.sync_to_truth(0).await;
    for (path, parent) in [
        ("/sb/targets/list", "campaign_id"),
        ("/sb/negativeTargets/list", "campaign_id"),
        ("/sd/negativeTargets", "ad_group_id"),
    ] {
        let some = bench.stored(0, list(path)).await.into_iter().find(is_live).unwrap();
        // A stored row that the API never had: its list lacks it, and so do its parent's rows.
        let id = text(&some, "id");
        let table = list(path).table;
        bench.database.execute(&format!("update {table} set id = '99' || id where id = '{id}'")).await;
        let run = bench.sync_to_truth(0).await;
        assert_eq!((run.counts.removed, run.counts.added), (1, 1), "{path}");
        let unit = unit_of(path);
        let certificates = bench.engine.store().certificates(bench.profile(0)).await.unwrap();
        let proof = certificates.iter().find(|c| c.unit == unit).and_then(|c| c.certificate.clone()).unwrap();
        assert_eq!(
            (proof.rechecked, proof.rechecked_found, proof.relisted),
            (1, 0, false),
            "{path} by {parent}"
        );
    }
}

/// More than a thousand keywords, in pages of 65.
fn many_keywords() -> adsync::simulator::SimulatorOptions {
    adsync::simulator::SimulatorOptions { keywords: 130, ..one_profile() }
}

/// Slow enough that a list of sixteen pages is worth parts.
const SLOW: &str = "[[fault]]\nmatch = { path = '/sp/keywords/list', times = 'forever' }\neffect = { latency = '150ms', cap_count = 65 }\n";

fn slow(bench: &Bench, faults: &str) {
    let scenario = adsync::simulator::Scenario::parse(&format!("{faults}{SLOW}"));
    bench.control.set_scenario(scenario.unwrap());
}

async fn a_big_and_slow_list_is_asked_for_in_parts_side_by_side(url: &str) {
    let bench = Bench::start(url, many_keywords()).await;
    slow(&bench, "");
    let run = bench.sync_to_truth(0).await;
    let certificates = bench.engine.store().certificates(run.profile_id).await.unwrap();
    let proof = |path: &str| {
        let found = certificates.iter().find(|c| c.unit == unit_of(path)).unwrap();
        found.certificate.clone().unwrap()
    };
    let keywords = proof(SP_KEYWORDS);
    let rows = u64::try_from(bench.truth(0).count(SP_KEYWORDS)).unwrap();
    // The first page came twice: with the list and with its part.
    assert_eq!((keywords.lists, keywords.distinct, keywords.rows), (5, rows, rows + 65));
    assert_eq!((keywords.reported_total, keywords.relisted), (Some(rows), false));
    assert_eq!(proof("/sp/adGroups/list").lists, 1, "a small list stays whole");
    // A second sync finds nothing new, and a third what has changed.
    assert_eq!(bench.sync_to_truth(0).await.counts.written(), 0);
    bench.churn(0);
    bench.sync_to_truth(0).await;
}

async fn parts_that_do_not_add_up_are_listed_as_a_whole(url: &str) {
    let bench = Bench::start(url, many_keywords()).await;
    // One part answers as if its campaigns had no keywords.
    let empty = "[[fault]]\nmatch = { path = '/sp/keywords/list', from_request = 2, times = 1 }\neffect = { status = 200, body = '{\"keywords\":[],\"totalResults\":0}' }\n";
    slow(&bench, empty);
    let run = bench.sync_to_truth(0).await;
    let certificates = bench.engine.store().certificates(run.profile_id).await.unwrap();
    let proof =
        certificates.iter().find(|c| c.unit == unit_of(SP_KEYWORDS)).unwrap().certificate.clone().unwrap();
    assert_eq!((proof.lists, proof.relisted), (1, true), "{proof:?}");
}

async fn a_split_list_goes_on_from_its_finished_parts(url: &str) {
    let bench = Bench::start(url, many_keywords()).await;
    let broken = "[[fault]]\nmatch = { path = '/sp/keywords/list', from_request = 10, times = 'forever' }\neffect = { status = 400, body = '{\"code\":\"INVALID_ARGUMENT\",\"message\":\"no\"}' }\n";
    slow(&bench, broken);
    let run = bench.sync(0).await;
    assert!(run.error.is_some());
    slow(&bench, "");
    let mark = bench.mark();
    let retry = bench.retry(0).await;
    bench.expect_truth(0, &retry).await;
    let pages = bench.truth(0).count(SP_KEYWORDS).div_ceil(65);
    let again = bench.requests_since(mark)[SP_KEYWORDS];
    assert!(again < pages, "{again} requests of {pages} pages: what was there is not asked for again");
}
