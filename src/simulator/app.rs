//! From a request to its answer: who may ask, how often, and for what. The order of the checks is
//! the API's: token, scope, request, limit, eligibility.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use super::answer::{Answer, request_id};
use super::auth::{Auth, Denied};
use super::errors::{Family, Refusal};
use super::faults::Faults;
use super::lists::page::Twist;
use super::lists::spec::ListSpec;
use super::lists::{self, ListRequest};
use super::options::SimulatorOptions;
use super::requests::Requests;
use super::throttle::{EXTENDED_WEIGHT, Throttle};
use super::world::World;
use super::world::kind::Product;
use super::world::profile::{AccountType, Profile};
use super::{form, profiles};

/// Everything a running simulator consists of.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) options: SimulatorOptions,
    pub(crate) world: World,
    pub(crate) auth: Auth,
    pub(crate) throttle: Throttle,
    pub(crate) faults: Faults,
    pub(crate) requests: Requests,
    count: AtomicU64,
}

/// A request, taken apart.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) number: u64,
    pub(crate) at: Instant,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: axum::body::Bytes,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The profile in the scope header.
    pub(crate) fn scope(&self) -> Option<u64> {
        self.header("amazon-advertising-api-scope").and_then(|text| text.trim().parse().ok())
    }
}

impl App {
    pub(crate) fn new(options: SimulatorOptions) -> Self {
        let faults = Faults::default();
        faults.set(options.scenario.clone());
        Self {
            world: World::new(&options),
            auth: Auth::new(options.seed, options.token_ttl),
            throttle: Throttle::new(&options),
            faults,
            requests: Requests::default(),
            count: AtomicU64::new(0),
            options,
        }
    }

    /// The number of the next request, from 1.
    pub(crate) fn next_number(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Answers a request as the API would.
    pub(crate) async fn answer(self: &Arc<Self>, call: &Call, twist: Twist) -> Answer {
        if call.path == "/auth/o2/token" {
            return self.token(call);
        }
        let id = request_id(self.options.seed, call.number);
        if let Some(list) = lists::find(&call.path) {
            return match self.list(list, call, twist).await {
                Ok(answer) => answer,
                Err(refusal) => {
                    let refusal = refusal.within(list.error_kinds());
                    Answer::refusal(&refusal, list.family, list.error_media_type(), &id)
                }
            };
        }
        let refusal = match profiles::answer(self, call) {
            Some(Ok(answer)) => return answer,
            Some(Err(refusal)) => refusal,
            None => Refusal::new(404, format!("Could not find resource for full path: {}", call.path)),
        };
        Answer::refusal(&refusal, Family::Flat, "application/json", &id)
    }

    fn token(&self, call: &Call) -> Answer {
        let is_form =
            call.header("content-type").is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"));
        let (status, body) = if call.method != "POST" || !is_form {
            super::auth::refused(400, "invalid_request", "The request must be a POST of a form")
        } else {
            self.auth.grant(&form::decode(&String::from_utf8_lossy(&call.body)), call.at)
        };
        Answer::with(status, "application/json", body.to_string())
    }

    /// Checks who asks.
    pub(crate) fn admit(&self, call: &Call) -> Result<(), Refusal> {
        let client = call.header("amazon-advertising-api-clientid");
        let admitted = self.auth.admit(call.header("authorization"), client, call.at);
        admitted.map_err(|denied: Denied| Refusal::new(401, denied.message()))
    }

    async fn list(
        self: &Arc<Self>,
        list: &'static ListSpec,
        call: &Call,
        twist: Twist,
    ) -> Result<Answer, Refusal> {
        if call.method != list.method() {
            return Err(Refusal::new(405, format!("{} is not allowed for {}", call.method, call.path)));
        }
        self.admit(call)?;
        let n = self.scope(call)?;
        let profile = &self.world.profiles()[n];
        self.world.touch(n, call.at);
        let request = ListRequest {
            content_type: call.header("content-type"),
            accept: call.header("accept"),
            query: &form::decode(&call.query),
            body: &call.body,
            profile: profile.id,
            seed: self.options.seed,
        };
        let (asked, media_type) = lists::read(list, &request)?;
        let weight = if asked.extended { EXTENDED_WEIGHT } else { 1.0 };
        self.throttle.take(profile.id, weight, call.at).map_err(|wait| Refusal {
            // Only some products say how long to wait.
            retry_after: (list.family == Family::Nested).then(|| wait.as_secs_f64().ceil() as u64),
            ..Refusal::new(429, "Too Many Requests")
        })?;
        eligible(list, profile)?;
        let table = match self.world.built(n, list.kind, asked.extended) {
            Some(table) => table,
            None => {
                let app = Arc::clone(self);
                let built =
                    tokio::task::spawn_blocking(move || app.world.table(n, list.kind, asked.extended)).await;
                built.map_err(|_| Refusal::new(500, "Service Error"))?
            }
        };
        let body = lists::page::write(list, &table, &asked, self.options.seed, &twist);
        Ok(Answer::with(200, media_type, body))
    }

    fn scope(&self, call: &Call) -> Result<usize, Refusal> {
        if call.header("amazon-advertising-api-scope").is_none() {
            return Err(Refusal::new(401, "Scope header is missing"));
        }
        let id = call.scope().ok_or_else(|| Refusal::new(401, "Not authorized to access scope"))?;
        self.world.find(id).ok_or_else(|| Refusal::new(401, "No matching advertiser found for scope"))
    }
}

/// Whether the profile may use the list at all.
fn eligible(list: &ListSpec, profile: &Profile) -> Result<(), Refusal> {
    if profile.account_type == AccountType::Agency {
        return Err(Refusal::new(400, "Advertiser ID cannot be decrypted"));
    }
    if list.needs_edit && profile.view_only {
        return Err(Refusal::new(
            403,
            "Not authorized to access this advertiser: advertiser_campaign_edit is required",
        ));
    }
    match list.product {
        Some(product) if !profile.may_use(product) => Err(Refusal::new(
            403,
            match product {
                Product::Sb if profile.author => {
                    "KDP authors do not have access to Sponsored Brands functionality"
                }
                Product::Sb => "Advertiser is not authorized for Sponsored Brands",
                Product::Sd => "Advertiser is not authorized for Sponsored Display",
                Product::Sp => "Advertiser is not authorized for Sponsored Products",
            },
        )),
        _ => Ok(()),
    }
}
