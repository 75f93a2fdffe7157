//! Whole syncs through the proxy: the first, an unchanged one, some after changes, refused and throttled ones.

use std::collections::BTreeSet;
use std::time::Duration;

use adsync::ads::{AdsClient, ClientOptions, LoginEndpoint};
use adsync::config::{RateLimitConfig, Secret, SyncConfig};
use adsync::domain::entity::{DESCRIPTORS, Extended, RequestSpec};
use adsync::domain::id::ProfileId;
use adsync::domain::profile::Region;
use adsync::domain::run::{Origin, RunState, RunView};
use adsync::domain::selection::Selection;
use adsync::domain::unit::AdProduct;
use adsync::simulator::Scenario;
use adsync::store::Store;
use adsync::sync::{Carries, Engine, EngineOptions, Requester};
use tokio::sync::broadcast::error::RecvError;

use super::exceptions::EXCEPTIONS;
use super::lists::{Bench, all_roles, refuse_everything, serve_everything};

/// Whatever takes longer than this hangs.
const HANGS: Duration = Duration::from_secs(60);

/// The real client and the real engine, which believe that the proxy is the API.
async fn engine(bench: &Bench, url: &str, extended: bool) -> Engine {
    let credentials = bench.sim.credentials();
    let endpoint = LoginEndpoint {
        name: "test".to_owned(),
        region: Region::Eu,
        client_id: credentials.client_id,
        client_secret: Secret::new(credentials.client_secret),
        refresh_token: Secret::new(credentials.refresh_token),
        api_url: bench.proxy.url.clone(),
        token_url: format!("{}/auth/o2/token", bench.proxy.url),
        simulated: true,
    };
    let limits =
        RateLimitConfig { enabled: false, patience: Duration::from_secs(5), ..RateLimitConfig::default() };
    let options = ClientOptions {
        timeout: HANGS,
        max_attempts: 6,
        max_elapsed: HANGS,
        backoff_base: Duration::from_millis(1),
        backoff_cap: Duration::from_millis(10),
        seed: Some(7),
    };
    let client = AdsClient::new(vec![endpoint], &limits, options).unwrap();
    let sync = SyncConfig {
        extended,
        max_removed_rows: 1_000_000,
        max_removed_percent: 100,
        ..SyncConfig::default()
    };
    let options = EngineOptions { sync, carries: Carries::Requested, profiles: Selection::default() };
    Engine::start(Store::open(url).await.unwrap(), client, options).await.unwrap()
}

async fn sync(engine: &Engine, profile: ProfileId) -> RunView {
    let by = Requester { name: "tester@test".to_owned(), origin: Origin::Cli };
    let run = engine.sync(profile, &by).await.unwrap();
    let ended = async {
        loop {
            let (mut overview, mut events) = engine.subscribe();
            loop {
                let found = overview.runs.get(&profile).filter(|r| r.id == run.id && !r.state.is_live());
                if let Some(found) = found {
                    return found.clone();
                }
                match events.recv().await {
                    Ok(event) => overview.apply(event),
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => panic!("the engine is gone"),
                }
            }
        }
    };
    tokio::time::timeout(HANGS, ended)
        .await
        .unwrap_or_else(|_| panic!("hangs: {:#?}", engine.snapshot().runs))
}

const THROTTLED: &str = "
[[fault]]
match = { path = '/portfolios/*', times = 1 }
effect = { status = 429 }
[[fault]]
match = { path = '/sp/*', from_request = 2, times = 2 }
effect = { status = 429 }
[[fault]]
match = { path = '/sb/*', from_request = 2, times = 2 }
effect = { status = 429 }
[[fault]]
match = { path = '/sb/keywords', times = 1 }
effect = { status = 500 }
[[fault]]
match = { path = '/sd/*', from_request = 2, times = 2 }
effect = { status = 429 }
[[fault]]
match = { times = 'forever' }
effect = { cap_count = 7 }
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_syncs_violate_nothing_and_every_exception_is_needed() {
    let bench = Bench::start(all_roles()).await;
    for extended in [false, true] {
        let database = crate::support::sqlite::fresh_database();
        let engine = engine(&bench, &database.url, extended).await;
        whole_syncs(&bench, &engine).await;
        bench.proxy.expect_no_violation();
        let seen = bench.proxy.seen();
        for d in DESCRIPTORS {
            let (method, path) = match d.list.request {
                RequestSpec::Post { path, .. } => ("POST", path),
                RequestSpec::Get { path, .. } => ("GET", path),
            };
            let path = match d.list.extended {
                Some(Extended::Path(path)) if extended => path,
                _ => path,
            };
            let answers = &seen.answers[&format!("{method} {path}")];
            assert!(answers[&200] > 5, "{path}: {answers:?}");
        }
        for status in [429, 403] {
            assert!(seen.answers.values().any(|statuses| statuses.contains_key(&status)), "{status}");
        }
    }

    // Forms that no sync asks for, such as refusals, may need an exception too; beyond those, none is needed.
    serve_everything(&bench).await;
    refuse_everything(&bench).await;
    bench.proxy.expect_no_violation();
    let seen = bench.proxy.seen();
    for (n, exception) in EXCEPTIONS.iter().enumerate() {
        assert!(
            seen.excepted.contains(&n),
            "nothing needs the exception for {}, {}: {}",
            exception.operations.join(", "),
            exception.place,
            exception.why
        );
    }
}

async fn whole_syncs(bench: &Bench, engine: &Engine) {
    engine.refresh_profiles().await.unwrap();
    let ids = bench.control.profile_ids();
    let profile = |n: usize| ProfileId(i64::try_from(ids[n]).unwrap());
    let completed = |run: &RunView| assert_eq!(run.state, RunState::Completed, "{:#?}", run.error);

    let first = sync(engine, profile(0)).await;
    completed(&first);
    let unchanged = sync(engine, profile(0)).await;
    completed(&unchanged);
    assert_eq!(unchanged.counts.written(), 0);

    // Rows that are gone are asked for by their ids; small pages bring page tokens, 429s bring retries.
    bench.control.set_scenario(Scenario::parse(THROTTLED).unwrap());
    let (mut removed, mut throttled) = (0, 0);
    let mut rechecked = BTreeSet::new();
    for _ in 0..3 {
        bench.control.churn_now(None);
        let run = sync(engine, profile(0)).await;
        completed(&run);
        removed += run.counts.removed;
        throttled += run.throttled;
        for certificate in engine.store().certificates(profile(0)).await.unwrap() {
            if certificate.certificate.as_ref().is_some_and(|c| c.rechecked > 0) {
                rechecked.insert(certificate.unit);
            }
        }
    }
    assert!(removed > 0 && throttled >= 6, "{removed} removed, {throttled} throttled");
    let products: BTreeSet<AdProduct> = rechecked.iter().map(|unit| unit.ad_product).collect();
    assert!(rechecked.len() > 12, "removed rows of most lists were asked for: {rechecked:?}");
    assert!(AdProduct::PRODUCTS.iter().all(|product| products.contains(product)), "{rechecked:?}");

    // No part in Brands and Display; a login that may only view; a KDP author; a large account.
    bench.control.clear_scenario();
    for n in [6, 8, 11, 1] {
        completed(&sync(engine, profile(n)).await);
    }
}
