//! The client: logins in, pages out.
//!
//! Puts hosts, tokens, budget and exchanges together; decides nothing about syncs or storage.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;

use super::backoff::Backoff;
use super::blame::Taken;
use super::call::{Cursor, ListCall};
use super::endpoint::{ClientOptions, LoginEndpoint};
use super::error::AdsError;
use super::exchange::{Exchange, Wiring};
use super::limiter::{AccountId, Budget, SharedBudget};
use super::meaning::Asked;
use super::observer::RequestObserver;
use super::profiles;
use super::token::TokenSource;
use super::transport::Http;
use crate::config::RateLimitConfig;
use crate::domain::limits::LimitsSnapshot;
use crate::domain::page::Page;
use crate::domain::profile::{Access, Profile};
use crate::domain::rate::LearnedRate;

/// How long one attempt at the list of profiles may take, and after how long no other one is made.
const LISTING: Duration = Duration::from_secs(30);

/// How long the token endpoint may take: it answers in a fraction of a second, or not at all.
const TOKEN: Duration = Duration::from_secs(15);

/// The Amazon Ads API as every login sees it. Cheap to clone; clones share tokens and budget.
#[derive(Debug, Clone)]
pub struct AdsClient {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    wiring: Wiring,
    logins: Vec<Login>,
}

/// A login, ready to be asked for.
#[derive(Debug)]
pub(super) struct Login {
    endpoint: LoginEndpoint,
    pub(super) api: Url,
    pub(super) client_id: HeaderValue,
    pub(super) tokens: Arc<TokenSource>,
    pub(super) account: AccountId,
    pub(super) taken: Taken,
}

impl Login {
    pub(super) fn name(&self) -> &str {
        &self.endpoint.name
    }
}

/// One page, accepted.
#[derive(Debug, Clone)]
pub struct ListPage {
    /// The rows as they came.
    pub page: Page,
    /// Amazon's id of the request that was answered with it.
    pub request_id: Option<String>,
    /// Attempts that it took.
    pub attempts: u32,
    /// How long the answer itself took, from sending to the last byte.
    pub took: std::time::Duration,
}

impl AdsClient {
    /// A client for these logins. Sends nothing yet.
    ///
    /// # Errors
    /// When a URL or a client id cannot be used, or the system's certificates cannot be read.
    pub fn new(
        logins: Vec<LoginEndpoint>,
        rate_limit: &RateLimitConfig,
        options: ClientOptions,
    ) -> Result<Self, AdsError> {
        // The first provider wins; whoever installed one before keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("adsync/", env!("CARGO_PKG_VERSION")))
            // A redirect could carry the token to another host.
            .redirect(reqwest::redirect::Policy::none())
            .gzip(true)
            .timeout(options.timeout)
            .connect_timeout(options.timeout.min(Duration::from_secs(15)))
            .build()
            .map_err(|error| AdsError::Unusable {
                what: "the HTTP client".to_owned(),
                reason: innermost(&error.without_url()),
            })?;
        Self::over(Http::new(http), logins, rate_limit, options)
    }

    /// A client that sends over this.
    pub(super) fn over(
        http: Http,
        logins: Vec<LoginEndpoint>,
        rate_limit: &RateLimitConfig,
        options: ClientOptions,
    ) -> Result<Self, AdsError> {
        let backoff = |salt: u64| {
            Backoff::new(options.backoff_base, options.backoff_cap, options.seed.map(|seed| seed ^ salt))
        };
        let budget = Budget::new(rate_limit, backoff(1));
        let mut sources: HashMap<(String, String, String), Arc<TokenSource>> = HashMap::new();
        let logins = logins
            .into_iter()
            .map(|endpoint| {
                let api = base_url(&endpoint, "api_url", &endpoint.api_url)?;
                let token_url = base_url(&endpoint, "token_url", &endpoint.token_url)?;
                let client_id = HeaderValue::from_str(&endpoint.client_id)
                    .map_err(|_| unusable(&endpoint, "client_id", "it cannot be sent as a header"))?;
                // Tokens are good for every region: logins of one consent share theirs.
                let key = (
                    endpoint.client_id.clone(),
                    endpoint.refresh_token.expose().to_owned(),
                    endpoint.token_url.clone(),
                );
                let source = || {
                    Arc::new(TokenSource::new(
                        http.clone(),
                        token_url,
                        endpoint.client_id.clone(),
                        endpoint.client_secret.clone(),
                        endpoint.refresh_token.clone(),
                        options.timeout.min(TOKEN),
                        backoff(3),
                    ))
                };
                let tokens = sources.entry(key).or_insert_with(source).clone();
                let account = budget.account(&endpoint.client_id, endpoint.region, &endpoint.name);
                Ok(Login { endpoint, api, client_id, tokens, account, taken: Taken::default() })
            })
            .collect::<Result<Vec<_>, AdsError>>()?;
        let wiring = Wiring { http, budget, backoff: backoff(2), options };
        Ok(Self { inner: Arc::new(Inner { wiring, logins }) })
    }

    /// Every profile that a login sees with this access, as [`AdsClient::list_profiles`] gives them, unobserved.
    ///
    /// # Errors
    /// Any [`AdsError`] but those about lists.
    pub async fn profiles(&self, login: &str, access: Access) -> Result<Vec<Profile>, AdsError> {
        self.list_profiles(login, access, &()).await
    }

    /// Every profile that a login sees with this access, at most [`super::MOST_PROFILES`]. Given up sooner than a
    /// page of a sync: somebody waits for it.
    ///
    /// # Errors
    /// Any [`AdsError`] but those about lists.
    pub async fn list_profiles(
        &self,
        login: &str,
        access: Access,
        observer: &dyn RequestObserver,
    ) -> Result<Vec<Profile>, AdsError> {
        let login = self.login(login)?;
        let wire = profiles::request(access);
        let exchange = Exchange {
            wiring: &self.inner.wiring,
            login,
            wire: &wire,
            profile: None,
            asked: Asked { product: None, token_cursor: false },
            // Whoever asks for profiles waits for the answer before anything else can be done.
            priority: i64::MAX,
            weight: 1,
            observer,
            timeout: self.inner.wiring.options.timeout.min(LISTING),
            max_elapsed: self.inner.wiring.options.max_elapsed.min(LISTING),
        };
        let done = exchange.run(|body| profiles::parse(&login.endpoint, access, &body)).await?;
        Ok(done.page)
    }

    /// One page of a list, all attempts included. Dropping the future at any await is safe and gives its
    /// place in the queue back.
    ///
    /// # Errors
    /// Any [`AdsError`]; see its methods for what to do about it.
    pub async fn list_page(
        &self,
        call: &ListCall,
        observer: &dyn RequestObserver,
    ) -> Result<ListPage, AdsError> {
        let login = self.login(&call.login)?;
        let wire = call.wire();
        let exchange = Exchange {
            wiring: &self.inner.wiring,
            login,
            wire: &wire,
            profile: Some(call.profile_id),
            asked: Asked {
                product: Some(call.descriptor.unit.ad_product),
                token_cursor: matches!(call.cursor, Cursor::Token(_)),
            },
            priority: call.priority,
            weight: call.weight(),
            observer,
            timeout: self.inner.wiring.options.timeout,
            max_elapsed: self.inner.wiring.options.max_elapsed,
        };
        let done = exchange.run(|body| Page::parse(call.descriptor, body).map_err(|e| e.to_string())).await?;
        Ok(ListPage {
            page: done.page,
            request_id: done.request_id,
            attempts: done.attempts,
            took: done.took,
        })
    }

    /// Requests per second that a profile may hope for, as far as is known; `None` without limits.
    pub fn pace(&self, login: &str, profile: crate::domain::id::ProfileId) -> Option<f64> {
        let account = self.login(login).ok()?.account;
        self.inner.wiring.budget.pace(account, Some(profile))
    }

    /// One request of a profile goes first, and the others wait until one was let through: what was parked because the
    /// API limits it must not come back in a burst. Logins that nobody knows have no requests either.
    pub fn probe_first(&self, login: &str, profile: crate::domain::id::ProfileId) {
        if let Ok(login) = self.login(login) {
            self.inner.wiring.budget.probe_first(login.account, Some(profile));
        }
    }

    /// What is left of a pause of all requests of a login; `None` when it does not pause.
    pub fn pause_of(&self, login: &str) -> Option<Duration> {
        self.inner.wiring.budget.account_pause(self.login(login).ok()?.account)
    }

    /// From now on the request budget is shared with other processes.
    pub fn share_budget(&self, common: Arc<dyn SharedBudget>) {
        self.inner.wiring.budget.share(common);
    }

    /// Starts from rates that are remembered; what was learned here already counts more.
    pub fn recall_rates(&self, rates: &[LearnedRate]) {
        self.inner.wiring.budget.recall(rates);
    }

    /// What was learned of rates and is worth remembering.
    pub fn learned_rates(&self) -> Vec<LearnedRate> {
        self.inner.wiring.budget.learned()
    }

    /// How long ago the times of [`AdsClient::limits`] begin.
    pub fn budget_age(&self) -> Duration {
        self.inner.wiring.budget.age()
    }

    /// The budget's own view of itself; cheap. When its times begin is for the caller to say, who knows a clock.
    pub fn limits(&self) -> LimitsSnapshot {
        self.inner.wiring.budget.snapshot()
    }

    /// The logins' names, in the order of the configuration.
    pub fn login_names(&self) -> Vec<&str> {
        self.inner.logins.iter().map(Login::name).collect()
    }

    fn login(&self, name: &str) -> Result<&Login, AdsError> {
        self.inner.logins.iter().find(|login| login.name() == name).ok_or_else(|| AdsError::LoginUnknown {
            login: name.to_owned(),
            known: self.login_names().into_iter().map(str::to_owned).collect(),
        })
    }
}

fn base_url(endpoint: &LoginEndpoint, field: &str, text: &str) -> Result<Url, AdsError> {
    let url = Url::parse(text).map_err(|error| unusable(endpoint, field, &error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(unusable(endpoint, field, "it must begin with https:// or http:// and name a host"));
    }
    if field == "api_url" && (url.query().is_some() || url.fragment().is_some()) {
        return Err(unusable(endpoint, field, "it must not have a query"));
    }
    Ok(url)
}

fn unusable(endpoint: &LoginEndpoint, field: &str, reason: &str) -> AdsError {
    AdsError::Unusable { what: format!("{field} of login {:?}", endpoint.name), reason: reason.to_owned() }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
