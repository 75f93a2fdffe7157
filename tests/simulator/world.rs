//! The simulated data, how they change, and what a test can see of them.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use adsync::simulator::{Region, SimulatorOptions, Truth};
use serde_json::{Value, json};

use crate::harness::{assert_same, everything, many, small, start};

fn rows(truth: &Truth, path: &str) -> BTreeMap<u64, String> {
    truth.ids(path).into_iter().zip(truth.texts(path).into_iter().map(str::to_owned)).collect()
}

#[tokio::test]
async fn the_same_seed_gives_the_same_data_whatever_is_asked_first() {
    let (one, two) = (start(many()).await, start(many()).await);
    let ids = one.control.profile_ids();
    assert_eq!(ids, two.control.profile_ids());
    let forth: Vec<Vec<u8>> = ids.iter().map(|id| one.control.truth(*id).unwrap().to_json()).collect();
    let mut back: Vec<Vec<u8>> =
        ids.iter().rev().map(|id| two.control.truth(*id).unwrap().to_json()).collect();
    back.reverse();
    assert!(forth == back);
    let other = start(SimulatorOptions { seed: 8, ..many() }).await;
    assert_ne!(other.control.profile_ids(), ids);
}

#[tokio::test]
async fn ids_are_unique_within_a_kind_and_not_beyond_it() {
    let mut options = many();
    options.campaigns = 60;
    let sim = start(options).await;
    let mut first_campaigns = HashSet::new();
    for id in sim.control.profile_ids() {
        let truth = sim.control.truth(id).unwrap();
        for path in truth.paths() {
            let ids = truth.ids(path);
            assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{path}");
            assert!(ids.iter().all(|id| (12..=18).contains(&id.to_string().len())), "{path}");
        }
        let campaigns =
            ["/sp/campaigns/list", "/sb/v4/campaigns/list", "/sd/campaigns"].map(|path| truth.ids(path));
        let together: HashSet<&u64> = campaigns.iter().flatten().collect();
        assert_eq!(
            together.len(),
            campaigns.iter().map(Vec::len).sum::<usize>(),
            "campaigns share one space of ids"
        );
        if let (Some(campaign), Some(ad_group)) =
            (campaigns[0].first(), truth.ids("/sp/adGroups/list").first())
        {
            assert_eq!(campaign, ad_group);
            first_campaigns.insert(*campaign);
        }
    }
    assert_eq!(first_campaigns.len(), 1, "one campaign id appears in every profile");
}

#[tokio::test]
async fn profiles_differ_in_size_and_one_is_empty() {
    let sim = start(SimulatorOptions { profiles: 24, ..small() }).await;
    let count =
        |n: usize| sim.control.truth(sim.control.profile_ids()[n]).unwrap().count("/sp/keywords/list");
    assert_eq!(count(5), 0);
    assert!(count(2) > 20 * count(0).max(1), "{} and {}", count(2), count(0));
    assert_ne!(count(0), count(1));
}

#[tokio::test]
async fn amounts_are_in_the_currency_of_the_country() {
    let sim = start(SimulatorOptions { region: Region::Fe, ..small() }).await;
    let profile = sim.ok(sim.authorised(sim.http.get(sim.url("/v2/profiles")))).await[0].clone();
    assert_eq!(
        (profile["countryCode"].as_str(), profile["currencyCode"].as_str()),
        (Some("JP"), Some("JPY"))
    );
    let keywords = sim.truth();
    assert!(keywords.texts("/sp/keywords/list").iter().any(|text| text.contains("防水")));
    let bids = keywords.rows("/sp/keywords/list");
    assert!(bids.iter().filter_map(|row| row["bid"].as_f64()).all(|bid| bid >= 10.0 && bid.fract() == 0.0));
}

#[tokio::test]
async fn churn_changes_what_the_truth_says_and_nothing_else() {
    let mut options = small();
    options.campaigns = 100;
    options.churn = 0.05;
    let sim = start(options).await;
    let path = "/sp/keywords/list";
    let before = sim.truth();
    assert_eq!(sim.control.churn_now(Some(sim.profile)), 1);
    let after = sim.truth();
    assert_eq!((before.generation, after.generation), (0, 1));
    let (old, new) = (rows(&before, path), rows(&after, path));
    let changed = old.iter().filter(|(id, text)| new.get(id).is_some_and(|now| now != *text)).count();
    let (removed, added) = (
        old.keys().filter(|id| !new.contains_key(id)).count(),
        new.keys().filter(|id| !old.contains_key(id)).count(),
    );
    assert!(changed > 0 && changed < old.len() / 10, "{changed} of {}", old.len());
    assert!(removed > 0 && removed < old.len() / 20, "{removed}");
    assert!(added > 0 && added < old.len() / 20, "{added}");
    let (served, _) = sim.all_by_token(path, everything(path)).await;
    assert_same(path, &served, &after.rows(path));
}

#[tokio::test]
async fn over_generations_bids_states_names_and_budgets_change_and_some_rows_return() {
    let mut options = small();
    options.campaigns = 60;
    options.churn = 0.1;
    let sim = start(options).await;
    let mut seen = HashSet::new();
    let mut gone: HashSet<u64> = HashSet::new();
    let mut returned = 0;
    let mut last = sim.truth();
    for _ in 0..12 {
        sim.control.churn_now(None);
        let now = sim.truth();
        for path in ["/sp/keywords/list", "/sp/campaigns/list"] {
            let (old, new) = (rows(&last, path), rows(&now, path));
            for (id, text) in &old {
                let was: Value = serde_json::from_str(text).unwrap();
                let Some(is) = new.get(id) else {
                    gone.insert(*id);
                    continue;
                };
                let is: Value = serde_json::from_str(is).unwrap();
                seen.extend(["bid", "state", "name", "budget"].into_iter().filter(|key| was[key] != is[key]));
            }
            returned += new.keys().filter(|id| !old.contains_key(id) && gone.contains(id)).count();
        }
        last = now;
    }
    assert_eq!(seen, HashSet::from(["bid", "state", "name", "budget"]));
    assert!(returned > 0);
}

#[tokio::test]
async fn a_generation_changes_only_after_a_pause() {
    let busy =
        start(SimulatorOptions { churn: 0.1, churn_after: Duration::from_secs(3600), ..small() }).await;
    let idle = start(SimulatorOptions { churn: 0.1, churn_after: Duration::ZERO, ..small() }).await;
    for sim in [&busy, &idle] {
        assert_eq!(sim.truth().generation, 0);
        for _ in 0..3 {
            sim.ok(sim.get("/sd/campaigns")).await;
        }
    }
    // The first request never changes anything.
    assert_eq!((busy.truth().generation, idle.truth().generation), (0, 2));
}

#[tokio::test]
async fn five_thousand_profiles_are_listed_at_once() {
    let sim = start(SimulatorOptions { profiles: 5010, ..small() }).await;
    let rows = sim.ok(sim.authorised(sim.http.get(sim.url("/v2/profiles?accessLevel=view")))).await;
    assert_eq!(rows.as_array().unwrap().len(), 5000);
}

#[tokio::test]
async fn a_standalone_simulator_is_steered_over_http() {
    let sim = start(small()).await;
    let url = |path: &str| sim.url(path);
    let told: Value = sim
        .http
        .get(url(&format!("/_sim/truth?profile={}", sim.profile)))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(told["generation"], 0);
    let listed = told["lists"]["/sp/keywords/list"].as_array().unwrap();
    assert_same("truth", listed, &sim.truth().rows("/sp/keywords/list"));
    assert_eq!(sim.http.post(url("/_sim/churn")).send().await.unwrap().status(), 200);
    assert_eq!(sim.http.post(url("/_sim/churn?profile=1")).send().await.unwrap().status(), 404);
    assert_eq!(sim.truth().generation, 1);
    let scenario = "[[fault]]\nmatch = { path = '/sd/campaigns' }\neffect = { status = 500 }";
    assert_eq!(sim.http.post(url("/_sim/scenario")).body(scenario).send().await.unwrap().status(), 200);
    assert_eq!(
        sim.http.post(url("/_sim/scenario")).body("[[fault]]\nx = 1").send().await.unwrap().status(),
        400
    );
    sim.refused(sim.get("/sd/campaigns"), 500).await;
    assert_eq!(sim.http.post(url("/_sim/expire-tokens")).send().await.unwrap().status(), 200);
    sim.refused(sim.get("/sd/campaigns"), 401).await;
    let counters: Value = sim.http.get(url("/_sim/requests")).send().await.unwrap().json().await.unwrap();
    assert_eq!(counters["byPath"]["/sd/campaigns"], 2);
    assert_eq!(counters["byStatus"], json!({"200": 1, "401": 1, "500": 1}));
    assert_eq!(counters["byProfile"][sim.profile.to_string()], 2);
    assert_eq!(sim.http.get(url("/_sim/nothing")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_simulator_stops_when_told_and_when_dropped() {
    let sim = start(small()).await;
    let url = sim.url("/v2/profiles");
    let fresh = || reqwest::Client::builder().no_proxy().build().unwrap();
    sim.running.shutdown().await;
    assert!(fresh().get(&url).send().await.unwrap_err().is_connect());
    let sim = start(small()).await;
    let url = sim.url("/v2/profiles");
    drop(sim.running);
    // Dropping only gives the word; the listener closes as soon as its task runs.
    while fresh().get(&url).send().await.is_ok() {
        tokio::task::yield_now().await;
    }
}
