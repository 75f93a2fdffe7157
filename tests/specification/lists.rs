//! Everything that the simulator serves, asked for in every documented form.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use adsync::simulator::{Control, RunningSimulator, Scenario, Simulator, SimulatorOptions};
use serde_json::{Value, json};

use super::proxy::Proxy;

/// A simulator, a proxy in front of it, and a client of the plainest kind.
pub(crate) struct Bench {
    pub(crate) sim: RunningSimulator,
    pub(crate) control: Control,
    pub(crate) proxy: Proxy,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
}

/// Profiles of every role, large enough for what is rare.
pub(crate) fn all_roles() -> SimulatorOptions {
    SimulatorOptions {
        profiles: 24,
        campaigns: 24,
        ad_groups: 1,
        keywords: 6,
        latency: Duration::ZERO,
        throttle: false,
        churn: 0.3,
        churn_after: Duration::from_secs(3600),
        ..SimulatorOptions::default()
    }
}

impl Bench {
    pub(crate) async fn start(options: SimulatorOptions) -> Self {
        let sim = Simulator::start(options, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let proxy = Proxy::start(sim.base_url()).await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let credentials = sim.credentials();
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &credentials.client_id),
            ("client_secret", &credentials.client_secret),
            ("refresh_token", &credentials.refresh_token),
        ];
        let answer = http.post(format!("{}/auth/o2/token", proxy.url)).form(&form).send().await.unwrap();
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let token = body["access_token"].as_str().unwrap().to_owned();
        Self { control: sim.control(), sim, proxy, http, token }
    }

    /// A request with the headers that every list needs, and its media types.
    pub(crate) fn ask(
        &self,
        operation: &str,
        profile: u64,
        query: &[(&str, &str)],
        body: &Value,
    ) -> reqwest::RequestBuilder {
        let (method, path) = operation.split_once(' ').unwrap();
        let (accept, content_type) = media_types(path);
        let request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.proxy.url))
            .query(query)
            .bearer_auth(&self.token)
            .header("Amazon-Advertising-API-ClientId", self.sim.credentials().client_id)
            .header("Amazon-Advertising-API-Scope", profile.to_string())
            .header("Accept", accept);
        match method {
            "POST" => request.header("Content-Type", content_type).body(body.to_string()),
            _ => request,
        }
    }

    /// The status of such a request.
    pub(crate) async fn status(
        &self,
        operation: &str,
        profile: u64,
        query: &[(&str, &str)],
        body: &Value,
    ) -> u16 {
        self.ask(operation, profile, query, body).send().await.unwrap().status().as_u16()
    }
}

/// `Accept` and `Content-Type` of a list, written out once more.
fn media_types(path: &str) -> (String, String) {
    let both = |media: &str| (media.to_owned(), media.to_owned());
    let json = "application/json".to_owned();
    match path {
        "/portfolios/list" => both("application/vnd.spPortfolio.v3+json"),
        "/sp/campaigns/list" => both("application/vnd.spCampaign.v3+json"),
        "/sp/adGroups/list" => both("application/vnd.spAdGroup.v3+json"),
        "/sp/productAds/list" => both("application/vnd.spProductAd.v3+json"),
        "/sp/keywords/list" => both("application/vnd.spKeyword.v3+json"),
        "/sp/negativeKeywords/list" => both("application/vnd.spNegativeKeyword.v3+json"),
        "/sp/campaignNegativeKeywords/list" => both("application/vnd.spCampaignNegativeKeyword.v3+json"),
        "/sp/targets/list" => both("application/vnd.spTargetingClause.v3+json"),
        "/sp/negativeTargets/list" => both("application/vnd.spNegativeTargetingClause.v3+json"),
        "/sp/campaignNegativeTargets/list" => {
            both("application/vnd.spCampaignNegativeTargetingClause.v3+json")
        }
        "/sb/v4/campaigns/list" => both("application/vnd.sbcampaignresource.v4+json"),
        "/sb/v4/adGroups/list" => both("application/vnd.sbadgroupresource.v4+json"),
        "/sb/v4/ads/list" => both("application/vnd.sbadresource.v4+json"),
        "/sb/keywords" => ("application/vnd.sbkeyword.v3.2+json".to_owned(), json),
        "/sb/negativeKeywords" => ("application/vnd.sbnegativekeyword.v3.2+json".to_owned(), json),
        "/sb/targets/list" => ("application/vnd.sblisttargetsresponse.v3.2+json".to_owned(), json),
        "/sb/negativeTargets/list" => {
            ("application/vnd.sblistnegativetargetsresponse.v3.2+json".to_owned(), json)
        }
        "/sb/themes/list" => ("application/vnd.sbthemeslistresponse.v3+json".to_owned(), json),
        _ => both("application/json"),
    }
}

/// Every list, that is every operation but the one that gives profiles.
fn lists(bench: &Bench) -> Vec<String> {
    let all = bench.proxy.specification().operations();
    all.filter(|operation| *operation != "GET /v2/profiles").map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_simulator_serves_every_list_as_the_specification_has_it() {
    let bench = Bench::start(all_roles()).await;
    serve_everything(&bench).await;
    bench.proxy.expect_no_violation();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_simulator_refuses_as_the_specification_has_it() {
    let bench = Bench::start(all_roles()).await;
    refuse_everything(&bench).await;
    bench.proxy.expect_no_violation();
}

/// Asks for every list in every form, of some profiles, over some generations.
pub(crate) async fn serve_everything(bench: &Bench) {
    let profiles = bench.control.profile_ids();
    let lists = lists(bench);
    assert_eq!(lists.len(), 28);
    for generation in 0..3 {
        for profile in [profiles[0], profiles[1], profiles[5], profiles[9]] {
            for list in &lists {
                let mut body = json!({});
                let extendable = list.contains("/sp/")
                    || list.contains("/portfolios/")
                    || (list.contains("/v4/") && !list.contains("/ads/"));
                if extendable && generation != 1 {
                    body["includeExtendedDataFields"] = true.into();
                }
                assert_eq!(bench.status(list, profile, &[], &body).await, 200, "{list}");
            }
        }
        bench.control.churn_now(None);
    }
    for access in ["edit", "view"] {
        let request = bench
            .http
            .get(format!("{}/v2/profiles", bench.proxy.url))
            .query(&[("accessLevel", access)])
            .bearer_auth(&bench.token)
            .header("Amazon-Advertising-API-ClientId", bench.sim.credentials().client_id)
            .header("Accept", "application/json");
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
}

/// Asks for every list in such a way that it is refused.
pub(crate) async fn refuse_everything(bench: &Bench) {
    let profiles = bench.control.profile_ids();
    let none = json!({});
    for list in &lists(bench) {
        // No part in Sponsored Brands and Display; a login that may only view; an account that is none; no account.
        for profile in [profiles[6], profiles[8], profiles[7], 1] {
            bench.status(list, profile, &[], &none).await;
        }
        let refused = if list.starts_with("GET") {
            bench.status(list, profiles[0], &[("startIndex", "-1")], &none).await
        } else {
            bench.status(list, profiles[0], &[], &json!({ "nextToken": "stale" })).await
        };
        assert!(matches!(refused, 400 | 422), "{list}: {refused}");
        // An id that is none.
        let (query, body) = match list.as_str() {
            "POST /portfolios/list" => (None, json!({ "portfolioIdFilter": { "include": ["A1"] } })),
            "POST /sb/targets/list" | "POST /sb/negativeTargets/list" => {
                (None, json!({ "filters": [{ "filterType": "CAMPAIGN_ID", "values": ["A1"] }] }))
            }
            get if get.starts_with("GET") => (Some(("campaignIdFilter", "A1")), json!({})),
            _ => (None, json!({ "campaignIdFilter": { "include": ["A1"] } })),
        };
        let refused = bench.status(list, profiles[0], query.as_slice(), &body).await;
        assert!(matches!(refused, 400 | 422), "{list}: {refused}");
        for status in [429, 500] {
            let scenario = format!("[[fault]]\neffect = {{ status = {status} }}");
            bench.control.set_scenario(Scenario::parse(&scenario).unwrap());
            assert_eq!(bench.status(list, profiles[0], &[], &none).await, status, "{list}");
        }
        bench.control.clear_scenario();
    }
    let answers = bench.proxy.seen().answers;
    for status in [400, 401, 403, 429, 500] {
        assert!(answers["POST /sp/keywords/list"].contains_key(&status), "{status}: {answers:?}");
    }
}
