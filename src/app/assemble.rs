//! From a configuration to a running engine.

use std::time::Duration;

use crate::ads::{AdsClient, ClientOptions, LoginEndpoint};
use crate::cli::Failure;
use crate::config::{AmazonLogin, Config, ConfigError, LoginConfig, LoginKind, Secret};
use crate::domain::profile::Region;
use crate::simulator::{RunningSimulator, Simulator, SimulatorOptions};
use crate::store::Store;
use crate::sync::{Carries, Engine, EngineOptions, Policy, SyncError};
use crate::telemetry::clock::machine_now;

/// Everything that has to be ended together.
pub(super) struct Assembly {
    pub(super) engine: Engine,
    simulator: Option<RunningSimulator>,
}

/// Opens the database for use.
pub(super) async fn store(config: &Config) -> Result<Store, Failure> {
    let store = Store::open(&config.database_url).await?;
    store.check_source(config.is_simulated()).await?;
    Ok(store)
}

/// Refuses a login that no command could use: a secret that is not there, a URL that is none.
pub(super) fn usable(config: &Config, login: &LoginConfig) -> Result<(), Failure> {
    if let LoginKind::Amazon(amazon) = &login.kind {
        client(vec![real(login, amazon)?], config)?;
    }
    Ok(())
}

fn client(endpoints: Vec<LoginEndpoint>, config: &Config) -> Result<AdsClient, Failure> {
    AdsClient::new(endpoints, &config.rate_limit, ClientOptions::default())
        .map_err(|error| Failure::from_report(error.report(machine_now())))
}

/// What the configuration says about profiles, for commands that only read.
pub(super) fn policy(config: &Config) -> Policy {
    Policy {
        logins: config.logins.iter().map(|login| login.name.clone()).collect(),
        selection: config.profiles.clone(),
    }
}

impl Assembly {
    /// Opens the database, starts the simulator where a login is simulated, and starts the engine.
    pub(super) async fn start(config: &Config, carries: Carries) -> Result<Self, Failure> {
        let store = store(config).await?;
        let mut simulator = None;
        let mut endpoints = Vec::with_capacity(config.logins.len());
        for login in &config.logins {
            endpoints.push(match &login.kind {
                LoginKind::Simulator => {
                    let running = start_simulator().await?;
                    let endpoint = simulated(login, &running);
                    simulator = Some(running);
                    endpoint
                }
                LoginKind::Amazon(amazon) => real(login, amazon)?,
            });
        }
        let client = client(endpoints, config)?;
        let options = EngineOptions { sync: config.sync.clone(), carries, profiles: config.profiles.clone() };
        let engine = Engine::start(store, client, options).await?;
        Ok(Self { engine, simulator })
    }

    /// Gives everything back that is still under way.
    pub(super) async fn end(self) {
        self.engine.release().await;
        self.engine.store().close().await;
        if let Some(simulator) = self.simulator {
            simulator.shutdown().await;
        }
    }
}

async fn start_simulator() -> Result<RunningSimulator, Failure> {
    // Data that change while nobody looks make the demo's second sync worth watching.
    let options =
        SimulatorOptions { churn: 0.01, churn_after: Duration::from_secs(20), ..SimulatorOptions::default() };
    Simulator::start(options, ([127, 0, 0, 1], 0).into()).await.map_err(|error| {
        let report = SyncError::Panic { message: format!("the simulator cannot start: {error}") };
        Failure::from_report(report.report(machine_now()))
    })
}

fn simulated(login: &LoginConfig, running: &RunningSimulator) -> LoginEndpoint {
    let credentials = running.credentials();
    LoginEndpoint {
        name: login.name.clone(),
        region: Region::Eu,
        client_id: credentials.client_id,
        client_secret: Secret::new(credentials.client_secret),
        refresh_token: Secret::new(credentials.refresh_token),
        api_url: running.base_url(),
        token_url: running.token_url(),
        simulated: true,
    }
}

fn real(login: &LoginConfig, amazon: &AmazonLogin) -> Result<LoginEndpoint, ConfigError> {
    let (api_url, token_url) = LoginEndpoint::region_hosts(amazon.region);
    let secret = |field: &str| format!("login {:?}: {field}", login.name);
    Ok(LoginEndpoint {
        name: login.name.clone(),
        region: amazon.region,
        client_id: amazon.client_id.clone(),
        client_secret: amazon.client_secret.resolve(&secret("client_secret"))?,
        refresh_token: amazon.refresh_token.resolve(&secret("refresh_token"))?,
        api_url: amazon.api_url.clone().unwrap_or_else(|| api_url.to_owned()),
        token_url: amazon.token_url.clone().unwrap_or_else(|| token_url.to_owned()),
        simulated: false,
    })
}
