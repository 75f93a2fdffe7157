//! A simulator, a database and an engine between them, and the words in which tests speak of them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use adsync::ads::{AdsClient, ClientOptions, LoginEndpoint};
use adsync::config::{RateLimitConfig, Secret, SyncConfig};
use adsync::domain::id::{ProfileId, RunId};
use adsync::domain::profile::Region;
use adsync::domain::run::{Origin, RunState, RunView};
use adsync::domain::selection::Selection;
use adsync::domain::unit::{AdProduct, Entity, Unit};
use adsync::simulator::{Control, RunningSimulator, Scenario, Simulator, SimulatorOptions};
use adsync::store::Store;
use adsync::sync::overview::Overview;
use adsync::sync::{Carries, Engine, EngineOptions, Requester};
use tokio::sync::broadcast::error::RecvError;

use super::database::Database;

/// Whatever takes longer than this hangs.
const HANGS: Duration = Duration::from_secs(30);

pub(crate) const SP_KEYWORDS: &str = "/sp/keywords/list";
pub(crate) const SB_KEYWORDS: &str = "/sb/keywords";
pub(crate) const SD_TARGETS: &str = "/sd/targets";

/// Each unit with the path of its list.
pub(crate) const PATHS: [(Unit, &str); 23] = [
    (Unit::new(AdProduct::Any, Entity::Portfolio), "/portfolios/list"),
    (Unit::new(AdProduct::Sp, Entity::Campaign), "/sp/campaigns/list"),
    (Unit::new(AdProduct::Sp, Entity::AdGroup), "/sp/adGroups/list"),
    (Unit::new(AdProduct::Sp, Entity::Ad), "/sp/productAds/list"),
    (Unit::new(AdProduct::Sp, Entity::Keyword), SP_KEYWORDS),
    (Unit::new(AdProduct::Sp, Entity::NegativeKeyword), "/sp/negativeKeywords/list"),
    (Unit::new(AdProduct::Sp, Entity::CampaignNegativeKeyword), "/sp/campaignNegativeKeywords/list"),
    (Unit::new(AdProduct::Sp, Entity::Target), "/sp/targets/list"),
    (Unit::new(AdProduct::Sp, Entity::NegativeTarget), "/sp/negativeTargets/list"),
    (Unit::new(AdProduct::Sp, Entity::CampaignNegativeTarget), "/sp/campaignNegativeTargets/list"),
    (Unit::new(AdProduct::Sb, Entity::Campaign), "/sb/v4/campaigns/list"),
    (Unit::new(AdProduct::Sb, Entity::AdGroup), "/sb/v4/adGroups/list"),
    (Unit::new(AdProduct::Sb, Entity::Ad), "/sb/v4/ads/list"),
    (Unit::new(AdProduct::Sb, Entity::Keyword), SB_KEYWORDS),
    (Unit::new(AdProduct::Sb, Entity::NegativeKeyword), "/sb/negativeKeywords"),
    (Unit::new(AdProduct::Sb, Entity::Target), "/sb/targets/list"),
    (Unit::new(AdProduct::Sb, Entity::NegativeTarget), "/sb/negativeTargets/list"),
    (Unit::new(AdProduct::Sb, Entity::Theme), "/sb/themes/list"),
    (Unit::new(AdProduct::Sd, Entity::Campaign), "/sd/campaigns"),
    (Unit::new(AdProduct::Sd, Entity::AdGroup), "/sd/adGroups"),
    (Unit::new(AdProduct::Sd, Entity::Ad), "/sd/productAds"),
    (Unit::new(AdProduct::Sd, Entity::Target), SD_TARGETS),
    (Unit::new(AdProduct::Sd, Entity::NegativeTarget), "/sd/negativeTargets"),
];

/// The unit that a path lists.
pub(crate) fn unit_of(path: &str) -> Unit {
    PATHS.iter().find(|(_, known)| *known == path).unwrap().0
}

/// Every list comes in pages of a few rows, so that small accounts have many pages.
pub(crate) const SMALL_PAGES: &str = "[[fault]]\nmatch = { times = 'forever' }\neffect = { cap_count = 4 }\n";

/// One profile of some two hundred rows, which changes only when told.
pub(crate) fn one_profile() -> SimulatorOptions {
    SimulatorOptions {
        profiles: 1,
        campaigns: 8,
        ad_groups: 1,
        keywords: 8,
        latency: Duration::ZERO,
        throttle: false,
        churn: 0.5,
        churn_after: Duration::from_secs(3600),
        ..SimulatorOptions::default()
    }
}

/// Profiles of every role, each with a handful of rows.
pub(crate) fn all_roles() -> SimulatorOptions {
    SimulatorOptions { profiles: 24, campaigns: 6, ad_groups: 1, keywords: 4, ..one_profile() }
}

/// What syncs are allowed in tests: everything, at once.
pub(crate) fn config() -> SyncConfig {
    SyncConfig {
        concurrent_profiles: 4,
        reuse_pages_for: Duration::from_secs(3600),
        max_removed_rows: 1_000_000,
        max_removed_percent: 100,
        ask_again_after: Duration::ZERO,
        ..SyncConfig::default()
    }
}

pub(crate) fn operator() -> Requester {
    Requester { name: "tester@test".to_owned(), origin: Origin::Cli }
}

/// A login that a simulator serves.
pub(crate) fn endpoint(name: &str, region: Region, sim: &RunningSimulator) -> LoginEndpoint {
    let credentials = sim.credentials();
    LoginEndpoint {
        name: name.to_owned(),
        region,
        client_id: credentials.client_id,
        client_secret: Secret::new(credentials.client_secret),
        refresh_token: Secret::new(credentials.refresh_token),
        api_url: sim.base_url(),
        token_url: sim.token_url(),
        simulated: true,
    }
}

/// A client that never waits for long.
pub(crate) fn client(logins: Vec<LoginEndpoint>) -> AdsClient {
    client_with_patience(logins, Duration::from_secs(5))
}

/// A client whose own pauses are never beyond its patience, when that is a minute.
pub(crate) fn client_with_patience(logins: Vec<LoginEndpoint>, patience: Duration) -> AdsClient {
    let limits = RateLimitConfig { enabled: false, patience, ..RateLimitConfig::default() };
    let options = ClientOptions {
        timeout: HANGS,
        max_attempts: 4,
        max_elapsed: HANGS,
        backoff_base: Duration::from_millis(1),
        // The cap is also how long a run that only meets 429s is put off.
        backoff_cap: Duration::from_secs(60),
        seed: Some(7),
    };
    AdsClient::new(logins, &limits, options).unwrap()
}

/// A simulator, a database, and an engine between them.
pub(crate) struct Bench {
    pub(crate) sim: RunningSimulator,
    pub(crate) control: Control,
    pub(crate) database: Database,
    pub(crate) engine: Engine,
}

impl Bench {
    pub(crate) async fn start(url: &str, options: SimulatorOptions) -> Self {
        Self::configured(url, options, config()).await
    }

    pub(crate) async fn configured(url: &str, options: SimulatorOptions, sync: SyncConfig) -> Self {
        let sim = Simulator::start(options, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let engine = engine(&sim, url, sync, Carries::Requested).await;
        engine.refresh_profiles().await.unwrap();
        Self { control: sim.control(), sim, database: Database::new(url), engine }
    }

    /// Another process, as far as the database can tell.
    pub(crate) async fn another_engine(&self, carries: Carries) -> Engine {
        engine(&self.sim, &self.database.url, config(), carries).await
    }

    /// The same with another client.
    pub(crate) async fn with_patience(mut self, patience: Duration, sync: SyncConfig) -> Self {
        self.engine.release().await;
        let client = client_with_patience(vec![endpoint("test", Region::Eu, &self.sim)], patience);
        let store = Store::open(&self.database.url).await.unwrap();
        let options = EngineOptions { sync, carries: Carries::Requested, profiles: Selection::default() };
        self.engine = Engine::start(store, client, options).await.unwrap();
        self
    }

    /// Another process that is configured otherwise.
    pub(crate) async fn engine_with(&self, sync: SyncConfig) -> Engine {
        engine(&self.sim, &self.database.url, sync, Carries::Requested).await
    }

    /// The id of the simulator's n-th profile.
    pub(crate) fn profile(&self, n: usize) -> ProfileId {
        ProfileId(i64::try_from(self.control.profile_ids()[n]).unwrap())
    }

    /// Asks for a sync of the n-th profile and waits for its end.
    pub(crate) async fn sync(&self, n: usize) -> RunView {
        let run = self.engine.sync(self.profile(n), &operator()).await.unwrap();
        ended(&self.engine, &run).await
    }

    /// Asks for a retry of the n-th profile's failed run and waits for its end.
    pub(crate) async fn retry(&self, n: usize) -> RunView {
        let run = self.engine.retry(self.profile(n), &operator()).await.unwrap().expect("a run to retry");
        ended(&self.engine, &run).await
    }

    /// Asks for a sync that must complete, and compares what it left with what the simulator holds.
    pub(crate) async fn sync_to_truth(&self, n: usize) -> RunView {
        let run = self.sync(n).await;
        self.expect_truth(n, &run).await;
        run
    }

    /// Puts faults in force, on top of small pages.
    pub(crate) fn faults(&self, toml: &str) {
        self.control.set_scenario(Scenario::parse(&format!("{toml}\n{SMALL_PAGES}")).unwrap());
    }

    /// Only small pages, no faults.
    pub(crate) fn no_faults(&self) {
        self.faults("");
    }

    pub(crate) fn churn(&self, n: usize) {
        assert_eq!(self.control.churn_now(Some(self.profile(n).0.unsigned_abs())), 1);
    }

    /// The number of the last request so far.
    pub(crate) fn mark(&self) -> u64 {
        self.control.requests().last().map_or(0, |request| request.number)
    }

    /// Requests since a mark, by path.
    pub(crate) fn requests_since(&self, mark: u64) -> BTreeMap<String, usize> {
        let mut by_path = BTreeMap::new();
        for request in self.control.requests().into_iter().filter(|r| r.number > mark) {
            *by_path.entry(request.path).or_default() += 1;
        }
        by_path
    }

    /// Answers of a path with a status since a mark.
    pub(crate) fn answers_since(&self, mark: u64, path: &str, status: u16) -> usize {
        let requests = self.control.requests().into_iter().filter(|r| r.number > mark);
        requests.filter(|r| r.path == path && r.status == status).count()
    }
}

async fn engine(sim: &RunningSimulator, url: &str, sync: SyncConfig, carries: Carries) -> Engine {
    let options = EngineOptions { sync, carries, profiles: Selection::default() };
    engine_of(vec![endpoint("test", Region::Eu, sim)], url, options).await
}

/// An engine with these logins.
pub(crate) async fn engine_of(logins: Vec<LoginEndpoint>, url: &str, options: EngineOptions) -> Engine {
    Engine::start(Store::open(url).await.unwrap(), client(logins), options).await.unwrap()
}

/// Waits until an engine's state gives something.
pub(crate) async fn until<T>(engine: &Engine, what: &str, look: impl Fn(&Overview) -> Option<T>) -> T {
    let waiting = async {
        loop {
            let (mut overview, mut events) = engine.subscribe();
            loop {
                if let Some(found) = look(&overview) {
                    return found;
                }
                match events.recv().await {
                    Ok(event) => overview.apply(event),
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => panic!("the engine is gone before {what}"),
                }
            }
        }
    };
    match tokio::time::timeout(HANGS, waiting).await {
        Ok(found) => found,
        Err(_) => panic!("hangs before {what}: {:#?}", engine.snapshot().runs),
    }
}

/// Waits until a run is in a state that this accepts.
pub(crate) async fn run_until(
    engine: &Engine,
    run: &RunView,
    what: &str,
    accepts: impl Fn(&RunView) -> bool,
) -> RunView {
    until(engine, what, |o| o.runs.get(&run.profile_id).filter(|r| r.id == run.id && accepts(r)).cloned())
        .await
}

/// Waits for the end of a run, in whatever way.
pub(crate) async fn ended(engine: &Engine, run: &RunView) -> RunView {
    run_until(engine, run, "the run's end", |run| !run.state.is_live()).await
}

/// Waits until some pages of a unit are stored.
pub(crate) async fn pages_stored(engine: &Engine, run: RunId, unit: Unit, pages: i64) {
    until(engine, "the pages", |o| {
        o.units.get(&run)?.iter().find(|u| u.unit == unit && u.pages >= pages).map(|_| ())
    })
    .await;
}

/// Waits until all units of a run but this one are settled.
pub(crate) async fn settled_but(engine: &Engine, run: RunId, unit: Unit) {
    until(engine, "the other units", |o| {
        let units = o.units.get(&run)?;
        (units.len() == PATHS.len() && units.iter().all(|u| u.unit == unit || u.state.is_settled()))
            .then_some(())
    })
    .await;
}

/// Checks that a run completed, and says why where it did not.
pub(crate) fn completed(run: &RunView) {
    assert_eq!(run.state, RunState::Completed, "{:#?}", run.error);
}

/// Checks that a run failed with a code.
pub(crate) fn failed(run: &RunView, code: &str) {
    let report = run.error.as_ref();
    assert_eq!((run.state, report.map(|e| e.code.as_str())), (RunState::Failed, Some(code)), "{report:#?}");
}

/// Requests that a list of so many rows takes without faults, at four rows a page. A list without tokens ends with
/// two empty pages.
pub(crate) fn pages_of(path: &str, rows: usize) -> usize {
    let by_index = path.starts_with("/sd/") || path.ends_with("eywords");
    if by_index { rows.div_ceil(4) + 2 } else { rows.div_ceil(4).max(1) }
}
