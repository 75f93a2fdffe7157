//! Several logins in one process: all three regions, who carries what, and limits that belong to a client.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

use adsync::ads::LoginEndpoint;
use adsync::domain::id::ProfileId;
use adsync::domain::profile::{Access, Barred, Region};
use adsync::domain::selection::{Entry, Selection};
use adsync::simulator::{Region as Marketplaces, Simulator, SimulatorOptions};
use adsync::sync::overview::ProfileStatus;
use adsync::sync::{Carries, Engine, EngineOptions};

use super::database::Database;
use super::harness::{Bench, config, ended, endpoint, engine_of, one_profile, operator};
use super::listing_server::ListingServer;
use crate::support::on_both_databases;

on_both_databases!(
    three_regions_are_synced_by_one_process_each_from_its_own_host,
    limits_belong_to_a_client_in_a_region,
    the_first_login_with_edit_access_carries_a_profile,
    a_login_that_is_removed_leaves_its_profiles_to_others_or_shows_them_as_they_are,
    profiles_that_the_configuration_leaves_out_are_shown_and_never_synced,
);

async fn engine(url: &str, logins: Vec<LoginEndpoint>) -> Engine {
    let options =
        EngineOptions { sync: config(), carries: Carries::Requested, profiles: Selection::default() };
    engine_of(logins, url, options).await
}

/// Who carries which profile, and with which access.
async fn carriers(engine: &Engine) -> BTreeMap<i64, (String, Access)> {
    let stored = engine.store().profiles().await.unwrap().into_iter().filter(|p| p.gone_at.is_none());
    stored.map(|p| (p.profile.id.0, (p.profile.login, p.profile.access))).collect()
}

fn by(login: &str, access: Access) -> (String, Access) {
    (login.to_owned(), access)
}

async fn three_regions_are_synced_by_one_process_each_from_its_own_host(url: &str) {
    let mut sims = Vec::new();
    for (seed, region) in [(7, Marketplaces::Na), (8, Marketplaces::Eu), (9, Marketplaces::Fe)] {
        let options = SimulatorOptions { seed, region, ..one_profile() };
        sims.push(Simulator::start(options, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap());
    }
    let names = [("acme-na", Region::Na), ("acme-eu", Region::Eu), ("acme-fe", Region::Fe)];
    let logins = names.iter().zip(&sims).map(|((name, region), sim)| endpoint(name, *region, sim)).collect();
    let engine = engine(url, logins).await;
    engine.refresh_profiles().await.unwrap();

    let benches: Vec<Bench> = sims
        .into_iter()
        .map(|sim| Bench {
            control: sim.control(),
            sim,
            database: Database::new(url),
            engine: engine.clone(),
        })
        .collect();
    let runs = futures::future::join_all(benches.iter().map(|bench| async {
        let run = engine.sync(bench.profile(0), &operator()).await.unwrap();
        ended(&engine, &run).await
    }))
    .await;
    for ((bench, run), (name, region)) in benches.iter().zip(&runs).zip(names) {
        bench.expect_truth(0, run).await;
        let own = u64::try_from(bench.profile(0).0).unwrap();
        let asked: BTreeSet<u64> = bench.control.requests().iter().filter_map(|r| r.profile).collect();
        assert_eq!(asked, BTreeSet::from([own]), "{name} was asked for its own profile and no other");
        let stored = engine.store().profile(run.profile_id).await.unwrap().unwrap().profile;
        assert_eq!((stored.login.as_str(), stored.region), (name, region));
    }
    let buckets: Vec<String> = engine.snapshot().limits.buckets.iter().map(|b| b.name.clone()).collect();
    assert_eq!(buckets, names.map(|(name, _)| name));
}

async fn limits_belong_to_a_client_in_a_region(url: &str) {
    let server = ListingServer::start([1]).await;
    let logins = vec![
        server.login("one", Region::Eu, "client-a"),
        server.login("same client, same region", Region::Eu, "client-a"),
        server.login("same client, elsewhere", Region::Fe, "client-a"),
        server.login("another client", Region::Eu, "client-b"),
    ];
    let engine = engine(url, logins).await;
    engine.refresh_profiles().await.unwrap();
    let buckets = super::harness::until(&engine, "the gauges", |o| {
        let answered = |name: &str| o.limits.buckets.iter().find(|b| b.name == name).map(|b| b.answered_5m);
        // Two lists for each login: what may be edited, and what may be viewed.
        (answered("one") == Some(4)).then(|| o.limits.buckets.clone())
    })
    .await;
    let answered: Vec<(&str, u32)> = buckets.iter().map(|b| (b.name.as_str(), b.answered_5m)).collect();
    assert_eq!(answered, [("one", 4), ("same client, elsewhere", 2), ("another client", 2)]);
    assert_eq!(buckets[0].logins, ["one", "same client, same region"]);
}

async fn the_first_login_with_edit_access_carries_a_profile(url: &str) {
    let (first, second) = (ListingServer::start([]).await, ListingServer::start([1, 2]).await);
    first.change(|sight| (sight.edit, sight.view) = (vec![3], vec![1]));
    let logins = vec![first.login("first", Region::Eu, "a"), second.login("second", Region::Eu, "b")];
    let engine = engine(url, logins).await;
    engine.refresh_profiles().await.unwrap();
    let (first_edit, second_edit) = (by("first", Access::Edit), by("second", Access::Edit));
    let expected = [(1, second_edit.clone()), (2, second_edit.clone()), (3, first_edit.clone())];
    assert_eq!(carriers(&engine).await, BTreeMap::from(expected), "viewing gives way to editing");

    // Once the first one may edit too, it goes before the second.
    first.change(|sight| (sight.edit, sight.view) = (vec![1, 2, 3], vec![]));
    engine.refresh_profiles().await.unwrap();
    assert!(carriers(&engine).await.values().all(|carrier| *carrier == first_edit));

    // One that cannot be asked keeps what it carries, though another one sees it.
    first.change(|sight| sight.edit_fails = true);
    engine.refresh_profiles().await.unwrap_err();
    let carried = carriers(&engine).await;
    assert!(carried.len() == 3 && carried.values().all(|carrier| *carrier == first_edit), "{carried:?}");

    // What it is known to have lost goes to whoever still sees it, and is never gone in between.
    first.change(|sight| (sight.edit_fails, sight.edit) = (false, vec![3]));
    let (_, mut events) = engine.subscribe();
    engine.refresh_profiles().await.unwrap();
    assert_eq!(carriers(&engine).await[&1], second_edit);
    while let Ok(event) = events.try_recv() {
        if let adsync::sync::event::SyncEvent::Profiles { profiles } = event {
            assert!(profiles.iter().all(|p| p.gone_at.is_none()), "{profiles:?}");
        }
    }
}

async fn a_login_that_is_removed_leaves_its_profiles_to_others_or_shows_them_as_they_are(url: &str) {
    let (first, second) = (ListingServer::start([1, 2]).await, ListingServer::start([2]).await);
    let second_login = || second.login("second", Region::Eu, "b");
    let both = engine(url, vec![first.login("first", Region::Eu, "a"), second_login()]).await;
    both.refresh_profiles().await.unwrap();
    both.release().await;

    let left = engine(url, vec![second_login()]).await;
    // Before anybody is asked, and after.
    for asked in [false, true] {
        if asked {
            left.refresh_profiles().await.unwrap();
        }
        let overview = left.snapshot();
        let barred = Barred::LoginRemoved { login: "first".to_owned() };
        assert_eq!(overview.profiles[&ProfileId(1)].barred.as_ref(), Some(&barred));
        assert_eq!(overview.profiles[&ProfileId(1)].gone_at, None, "nobody knows that it is gone");
        assert_eq!(overview.status(ProfileId(1), left.now()), ProfileStatus::NotSyncable);
    }
    assert_eq!(carriers(&left).await[&2], by("second", Access::Edit));
    let refused = left.sync(ProfileId(1), &operator()).await.unwrap_err();
    assert_eq!(refused.code(), "config.login_unknown");
    assert!(refused.to_string().contains("\"first\""), "{refused}");
}

async fn profiles_that_the_configuration_leaves_out_are_shown_and_never_synced(url: &str) {
    let server = ListingServer::start([1, 2, 3]).await;
    let entry = |text: &str, line: u32| Entry::parse(text, format!("config.toml:{line}")).unwrap();
    let profiles = Selection { include: vec![entry("Shop*", 3)], exclude: vec![entry("shop 2 de", 5)] };
    let options = EngineOptions { sync: config(), carries: Carries::Requested, profiles };
    let engine = engine_of(vec![server.login("acme", Region::Eu, "a")], url, options).await;
    engine.refresh_profiles().await.unwrap();
    let overview = engine.snapshot();
    let status = |id| overview.status(ProfileId(id), engine.now());
    assert_eq!([status(1), status(2), status(3)].map(ProfileStatus::word), ["never", "excluded", "never"]);
    let refused = engine.sync(ProfileId(2), &operator()).await.unwrap_err();
    assert_eq!(refused.code(), "profile.excluded");
    assert!(refused.to_string().contains("excluded by the configuration"), "{refused}");
    assert!(refused.hint().contains("\"shop 2 de\" out of exclude, at config.toml:5"), "{}", refused.hint());
    assert_eq!(engine.sync(ProfileId(1), &operator()).await.unwrap().profile_id, ProfileId(1));
    // Whatever the database tells later passes the same judgement.
    server.change(|sight| sight.edit = vec![1, 3]);
    engine.refresh_profiles().await.unwrap();
    let gone = engine.snapshot().profiles[&ProfileId(2)].clone();
    assert!(gone.gone_at.is_some() && gone.barred.is_some());
}
