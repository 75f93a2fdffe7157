//! What the rate budget costs a request that has nothing to wait for: requests to a simulator in this process, one
//! after the other, with limits off, with limits of this process alone, and shared over a database.
//!
//! `cargo run --release --example rate_cost [REQUESTS]`; with `scripts/with-postgres` before it, PostgreSQL as well.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that measures, and stops where it cannot"
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use adsync::ads::{AdsClient, ClientOptions, LoginEndpoint};
use adsync::config::{RateLimitConfig, Secret, SyncConfig};
use adsync::domain::profile::{Access, Region};
use adsync::simulator::{RunningSimulator, Simulator, SimulatorOptions};
use adsync::store::Store;
use adsync::sync::{Carries, Engine, EngineOptions};

/// What a request of Amazon's takes at its fastest, and none at all.
const LATENCIES: [Duration; 2] = [Duration::ZERO, Duration::from_millis(100)];

fn client(sim: &RunningSimulator, enabled: bool) -> AdsClient {
    let credentials = sim.credentials();
    let endpoint = LoginEndpoint {
        name: "sim".to_owned(),
        region: Region::Eu,
        client_id: credentials.client_id,
        client_secret: Secret::new(credentials.client_secret),
        refresh_token: Secret::new(credentials.refresh_token),
        api_url: sim.base_url(),
        token_url: sim.token_url(),
        simulated: true,
    };
    // Nothing is ever held up, so that only the bookkeeping is measured.
    let limits = RateLimitConfig {
        enabled,
        start_per_second: 100_000.0,
        max_per_second: 100_000.0,
        burst: 10_000,
        ..RateLimitConfig::default()
    };
    AdsClient::new(vec![endpoint], &limits, ClientOptions::default()).unwrap()
}

/// The median time of a request.
async fn measure(client: &AdsClient, requests: usize) -> Duration {
    client.profiles("sim", Access::Edit).await.unwrap();
    let mut times = Vec::with_capacity(requests);
    for _ in 0..requests {
        let began = Instant::now();
        client.profiles("sim", Access::Edit).await.unwrap();
        times.push(began.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

async fn shared(sim: &RunningSimulator, url: &str, requests: usize) -> Duration {
    let client = client(sim, true);
    let sync = SyncConfig::default();
    let store = Store::open(url).await.unwrap();
    let engine = Engine::start(
        store,
        client.clone(),
        EngineOptions {
            sync,
            carries: Carries::Requested,
            profiles: adsync::domain::selection::Selection::default(),
        },
    )
    .await
    .unwrap();
    let measured = measure(&client, requests).await;
    engine.release().await;
    engine.store().close().await;
    measured
}

#[tokio::main]
async fn main() {
    let requests = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(300);
    let folder = tempfile::tempdir().unwrap();
    for latency in LATENCIES {
        let options =
            SimulatorOptions { profiles: 1, latency, throttle: false, ..SimulatorOptions::default() };
        let sim = Simulator::start(options, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let requests = if latency.is_zero() { requests } else { requests / 10 };
        println!("answers after {} ms, {requests} requests, median of each:", latency.as_millis());
        let base = measure(&client(&sim, false), requests).await;
        let tell = |what: &str, time: Duration| {
            println!(
                "  {what:<28} {:>8.3} ms  x {:.3}",
                time.as_secs_f64() * 1000.0,
                time.as_secs_f64() / base.as_secs_f64()
            );
        };
        tell("limits off", base);
        tell("limits of this process", measure(&client(&sim, true), requests).await);
        let sqlite =
            format!("sqlite:{}", folder.path().join(format!("{}.db", latency.as_millis())).display());
        tell("shared over SQLite", shared(&sim, &sqlite, requests).await);
        #[expect(
            clippy::disallowed_methods,
            reason = "the name of the throwaway server comes from its script"
        )]
        if let Ok(url) = std::env::var("ADSYNC_TEST_POSTGRES_URL") {
            tell("shared over PostgreSQL", shared(&sim, &url, requests).await);
        }
        sim.shutdown().await;
    }
}
