//! Lists of profiles: as long as they get, failed, half failed; what is gone, since when, and what is not.

use adsync::config::RateLimitConfig;
use adsync::domain::id::ProfileId;
use adsync::domain::profile::{Access, Region};
use adsync::domain::selection::Selection;
use adsync::domain::time::Timestamp;
use adsync::sync::event::{LoginStatus, SyncEvent};
use adsync::sync::overview::ProfileStatus;
use adsync::sync::{Carries, Engine, EngineOptions};

use super::harness::{config, engine_of, operator, until};
use super::listing_server::ListingServer;
use crate::support::on_both_databases;

on_both_databases!(
    five_thousand_profiles_come_in_one_answer_which_may_be_cut_off,
    a_profile_that_left_the_list_is_gone_since_then_and_may_come_back,
    a_failed_list_makes_nothing_gone,
    a_login_that_does_not_answer_is_told_at_once_while_it_is_asked_again,
);

async fn engine(url: &str, server: &ListingServer) -> Engine {
    let options =
        EngineOptions { sync: config(), carries: Carries::Requested, profiles: Selection::default() };
    engine_of(vec![server.login("acme", Region::Eu, "a")], url, options).await
}

async fn gone_since(engine: &Engine, id: i64) -> Option<Timestamp> {
    engine.store().profile(ProfileId(id)).await.unwrap().unwrap().gone_at
}

fn login(engine: &Engine) -> LoginStatus {
    engine.snapshot().logins["acme"].clone()
}

async fn five_thousand_profiles_come_in_one_answer_which_may_be_cut_off(url: &str) {
    let server = ListingServer::start(11..=5_009).await;
    server.change(|sight| sight.view = vec![9_000]);
    let engine = engine(url, &server).await;
    let (_, mut events) = engine.subscribe();
    engine.refresh_profiles().await.unwrap();
    assert_eq!(engine.store().profiles().await.unwrap().len(), 5_000);
    assert_eq!(engine.snapshot().profiles.len(), 5_000);
    let mut told = 0;
    while let Ok(event) = events.try_recv() {
        told += usize::from(matches!(event, SyncEvent::Profiles { .. } | SyncEvent::Profile { .. }));
    }
    assert_eq!(told, 1, "thousands of profiles are one event");
    // The list of what may be viewed is as long as answers get.
    assert!(matches!(login(&engine), LoginStatus::CutOff { profiles: 5_000, .. }), "{:?}", login(&engine));

    // Another profile at the front pushes others out of the answers: those are not gone.
    server.change(|sight| sight.edit = (5..=5_510).collect());
    engine.refresh_profiles().await.unwrap();
    assert!(matches!(login(&engine), LoginStatus::CutOff { profiles: 5_001, .. }));
    let stored = engine.store().profiles().await.unwrap();
    assert_eq!(stored.len(), 5_006);
    assert!(stored.iter().all(|p| p.gone_at.is_none()), "nothing that lacks is gone");
    // One that the list of editable ones has no room for does not become view-only.
    server.change(|sight| (sight.edit, sight.view) = ((4..=5_003).collect(), vec![5_009]));
    engine.refresh_profiles().await.unwrap();
    let pushed_out = engine.store().profile(ProfileId(5_009)).await.unwrap().unwrap();
    assert_eq!((pushed_out.profile.access, pushed_out.gone_at), (Access::Edit, None));

    // A list that fits says what is gone.
    server.change(|sight| (sight.edit, sight.view) = ((11..=5_000).collect(), vec![]));
    engine.refresh_profiles().await.unwrap();
    assert!(matches!(login(&engine), LoginStatus::Listed { profiles: 4_990, .. }), "{:?}", login(&engine));
    let overview = engine.snapshot();
    let gone = overview.profiles.values().filter(|p| p.gone_at.is_some()).count();
    assert_eq!(gone, overview.profiles.len() - 4_990);
    assert_eq!(overview.status(ProfileId(9_000), engine.now()), ProfileStatus::Gone);
}

async fn a_profile_that_left_the_list_is_gone_since_then_and_may_come_back(url: &str) {
    let server = ListingServer::start([1, 2]).await;
    let engine = engine(url, &server).await;
    engine.refresh_profiles().await.unwrap();
    server.change(|sight| sight.edit = vec![1]);
    engine.refresh_profiles().await.unwrap();
    let since = gone_since(&engine, 2).await.expect("gone");
    assert_eq!(gone_since(&engine, 1).await, None);
    // It stays gone since the first list that lacked it.
    engine.refresh_profiles().await.unwrap();
    assert_eq!(gone_since(&engine, 2).await, Some(since));
    assert_eq!(engine.snapshot().status(ProfileId(2), engine.now()), ProfileStatus::Gone);
    let refused = engine.sync(ProfileId(2), &operator()).await.unwrap_err();
    assert!(refused.to_string().contains("no longer lists it, since"), "{refused}");
    server.change(|sight| sight.edit = vec![1, 2]);
    engine.refresh_profiles().await.unwrap();
    assert_eq!(gone_since(&engine, 2).await, None);
    assert_eq!(engine.snapshot().status(ProfileId(2), engine.now()), ProfileStatus::Never);
}

async fn a_failed_list_makes_nothing_gone(url: &str) {
    let server = ListingServer::start([1, 2]).await;
    server.change(|sight| sight.view = vec![3]);
    let engine = engine(url, &server).await;
    engine.refresh_profiles().await.unwrap();
    for (edit_fails, view_fails) in [(true, false), (false, true), (true, true)] {
        server.change(|sight| {
            (sight.edit, sight.view) = (vec![1], vec![]);
            (sight.edit_fails, sight.view_fails) = (edit_fails, view_fails);
        });
        let failures = engine.refresh_profiles().await.unwrap_err();
        assert_eq!((failures.len(), failures[0].1.code.as_str()), (1, "profile.no_access"));
        assert!(matches!(login(&engine), LoginStatus::Failed { .. }));
        for id in 1..=3 {
            assert_eq!(gone_since(&engine, id).await, None, "{id} with {edit_fails} {view_fails}");
        }
    }
    // What may be edited is stored all the same.
    server.change(|sight| (sight.edit, sight.edit_fails) = (vec![1, 4], false));
    engine.refresh_profiles().await.unwrap_err();
    assert_eq!(gone_since(&engine, 4).await, None);
    let viewed = engine.store().profile(ProfileId(3)).await.unwrap().unwrap();
    assert_eq!(viewed.profile.access, Access::View);
    // An empty answer is more likely a fault than the loss of every account at once.
    server.change(|sight| (sight.edit, sight.view_fails) = (vec![], false));
    let failures = engine.refresh_profiles().await.unwrap_err();
    assert_eq!(failures[0].1.code, "profile.none_listed");
    assert_eq!(gone_since(&engine, 1).await, None);
}

async fn a_login_that_does_not_answer_is_told_at_once_while_it_is_asked_again(url: &str) {
    // Nobody listens there.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let server = ListingServer::start([1]).await;
    let mut dead = server.login("dead", Region::Fe, "b");
    dead.token_url = format!("http://{address}/auth/o2/token");
    let options =
        EngineOptions { sync: config(), carries: Carries::Requested, profiles: Selection::default() };
    let client = adsync::ads::AdsClient::new(
        vec![server.login("acme", Region::Eu, "a"), dead],
        &RateLimitConfig { enabled: false, ..RateLimitConfig::default() },
        adsync::ads::ClientOptions::default(),
    )
    .unwrap();
    let store = adsync::store::Store::open(url).await.unwrap();
    let engine = Engine::start(store, client, options).await.unwrap();
    let keeping = tokio::spawn({
        let engine = engine.clone();
        async move { engine.keep_listing().await }
    });
    // It is told at once what is wrong, while it is tried again.
    let detail = until(&engine, "the first attempt", |o| match o.logins.get("dead") {
        Some(LoginStatus::Retrying { detail, .. }) => Some(detail.clone()),
        _ => None,
    })
    .await;
    assert!(detail.contains("cannot connect"), "{detail}");
    engine.release().await;
    keeping.await.unwrap();
}
