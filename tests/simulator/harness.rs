//! A simulator with a plain HTTP client in front of it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use adsync::simulator::{Control, RunningSimulator, Scenario, Simulator, SimulatorOptions, Truth};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

pub(crate) struct Sim {
    pub(crate) running: RunningSimulator,
    pub(crate) control: Control,
    pub(crate) http: Client,
    pub(crate) token: String,
    pub(crate) profile: u64,
}

/// Quick, unthrottled, one profile.
pub(crate) fn small() -> SimulatorOptions {
    SimulatorOptions {
        profiles: 1,
        campaigns: 30,
        ad_groups: 2,
        keywords: 20,
        latency: Duration::ZERO,
        throttle: false,
        ..SimulatorOptions::default()
    }
}

/// The roles that profiles of a larger world have.
pub(crate) fn many() -> SimulatorOptions {
    SimulatorOptions { profiles: 24, campaigns: 8, ad_groups: 1, keywords: 4, ..small() }
}

pub(crate) async fn start(options: SimulatorOptions) -> Sim {
    // Another test may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let running = Simulator::start(options, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let control = running.control();
    let profile = control.profile_ids()[0];
    let mut sim = Sim {
        running,
        control,
        http: Client::builder().no_proxy().build().unwrap(),
        token: String::new(),
        profile,
    };
    sim.token = sim.login().await;
    sim
}

impl Sim {
    pub(crate) async fn login(&self) -> String {
        let answer = self.token_request(&[]).await;
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await.unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }

    /// A token request with some fields replaced; an empty value leaves the field out.
    pub(crate) async fn token_request(&self, replaced: &[(&str, &str)]) -> Response {
        let known = self.running.credentials();
        let mut form = HashMap::from([
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", known.client_id),
            ("client_secret", known.client_secret),
            ("refresh_token", known.refresh_token),
        ]);
        for (name, value) in replaced {
            form.insert(name, (*value).to_owned());
        }
        form.retain(|_, value| !value.is_empty());
        self.http.post(self.running.token_url()).form(&form).send().await.unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.base_url())
    }

    pub(crate) fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        request
            .bearer_auth(&self.token)
            .header("Amazon-Advertising-API-ClientId", self.running.credentials().client_id)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.authorised(self.http.get(self.url(path))).header("Amazon-Advertising-API-Scope", self.profile)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        let media = media_type(path);
        self.authorised(self.http.post(self.url(path)))
            .header("Amazon-Advertising-API-Scope", self.profile)
            .header("Content-Type", media.0)
            .header("Accept", media.1)
            .body(body.to_string())
    }

    pub(crate) async fn ok(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn refused(&self, request: RequestBuilder, status: u16) -> Value {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert!(answer.headers().contains_key("x-amzn-requestid"));
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    }

    /// All rows of a token list, and the total that each page told.
    pub(crate) async fn all_by_token(&self, path: &str, mut body: Value) -> (Vec<Value>, Vec<u64>) {
        let (mut rows, mut totals) = (Vec::new(), Vec::new());
        loop {
            let page = self.ok(self.post(path, &body)).await;
            let list = page.as_object().unwrap().values().find_map(Value::as_array).expect("an array");
            rows.extend(list.iter().cloned());
            totals
                .extend(page.get("totalResults").or_else(|| page.get("totalCount")).and_then(Value::as_u64));
            match page.get("nextToken") {
                Some(next) => body["nextToken"] = next.clone(),
                None => return (rows, totals),
            }
            assert!(totals.len() < 10_000, "endless");
        }
    }

    /// All rows of a start-index list, to its empty page.
    pub(crate) async fn all_by_index(&self, path: &str, query: &str, accept: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        loop {
            let path = format!("{path}?startIndex={}&{query}", rows.len());
            let page = self.ok(self.get(&path).header("Accept", accept)).await;
            let page = page.as_array().expect("a bare array");
            if page.is_empty() {
                return rows;
            }
            rows.extend(page.iter().cloned());
        }
    }

    pub(crate) fn truth(&self) -> Truth {
        self.control.truth(self.profile).unwrap()
    }

    pub(crate) fn scenario(&self, toml: &str) {
        self.control.set_scenario(Scenario::parse(toml).unwrap());
    }

    /// Continues as the profile with this number.
    pub(crate) fn become_profile(&mut self, n: usize) {
        self.profile = self.control.profile_ids()[n];
    }
}

/// Content-Type and Accept of a POST list, as the specification has them.
pub(crate) fn media_type(path: &str) -> (&'static str, &'static str) {
    match path {
        "/sp/campaigns/list" => ("application/vnd.spCampaign.v3+json", "application/vnd.spCampaign.v3+json"),
        "/sp/adGroups/list" => ("application/vnd.spAdGroup.v3+json", "application/vnd.spAdGroup.v3+json"),
        "/sp/productAds/list" => {
            ("application/vnd.spProductAd.v3+json", "application/vnd.spProductAd.v3+json")
        }
        "/sp/keywords/list" => ("application/vnd.spKeyword.v3+json", "application/vnd.spKeyword.v3+json"),
        "/sp/negativeKeywords/list" => {
            ("application/vnd.spNegativeKeyword.v3+json", "application/vnd.spNegativeKeyword.v3+json")
        }
        "/sp/campaignNegativeKeywords/list" => (
            "application/vnd.spCampaignNegativeKeyword.v3+json",
            "application/vnd.spCampaignNegativeKeyword.v3+json",
        ),
        "/sp/targets/list" => {
            ("application/vnd.spTargetingClause.v3+json", "application/vnd.spTargetingClause.v3+json")
        }
        "/sp/negativeTargets/list" => (
            "application/vnd.spNegativeTargetingClause.v3+json",
            "application/vnd.spNegativeTargetingClause.v3+json",
        ),
        "/sp/campaignNegativeTargets/list" => (
            "application/vnd.spCampaignNegativeTargetingClause.v3+json",
            "application/vnd.spCampaignNegativeTargetingClause.v3+json",
        ),
        "/sb/v4/campaigns/list" => {
            ("application/vnd.sbcampaignresource.v4+json", "application/vnd.sbcampaignresource.v4+json")
        }
        "/sb/v4/adGroups/list" => {
            ("application/vnd.sbadgroupresource.v4+json", "application/vnd.sbadgroupresource.v4+json")
        }
        "/sb/v4/ads/list" => ("application/vnd.sbadresource.v4+json", "application/vnd.sbadresource.v4+json"),
        "/sb/targets/list" => ("application/json", "application/vnd.sblisttargetsresponse.v3.2+json"),
        "/sb/negativeTargets/list" => {
            ("application/json", "application/vnd.sblistnegativetargetsresponse.v3.2+json")
        }
        "/sb/themes/list" => ("application/json", "application/vnd.sbthemeslistresponse.v3+json"),
        "/portfolios/list" => ("application/vnd.spPortfolio.v3+json", "application/vnd.spPortfolio.v3+json"),
        other => panic!("no media type for {other}"),
    }
}

pub(crate) const SB_KEYWORDS: &str = "application/vnd.sbkeyword.v3.2+json";

/// Everything, whatever its state; campaigns with automatic budgets too.
pub(crate) fn everything(path: &str) -> Value {
    match path {
        "/sp/campaigns/list" => json!({"marketplaceBudgetAllocationFilter": {"include": ["AUTO", "MANUAL"]}}),
        "/sb/targets/list" => {
            json!({"filters": [{"filterType": "TARGETING_STATE", "values": ["enabled", "paused", "archived"]}]})
        }
        "/sb/negativeTargets/list" => {
            json!({"filters": [{"filterType": "TARGETING_STATE", "values": ["enabled", "archived"]}]})
        }
        "/sb/themes/list" => json!({"stateFilter": {"include": ["enabled", "paused", "archived"]}}),
        _ => json!({}),
    }
}

/// Fails at the first row that differs, without printing the rest.
pub(crate) fn assert_same(what: &str, rows: &[Value], expected: &[Value]) {
    for (n, (row, wanted)) in rows.iter().zip(expected).enumerate() {
        assert_eq!(row, wanted, "{what}, row {n}");
    }
    assert_eq!(rows.len(), expected.len(), "{what}");
}
