//! What the API refuses, and in which shape.

use std::time::Duration;

use adsync::simulator::SimulatorOptions;
use serde_json::{Value, json};

use crate::harness::{SB_KEYWORDS, many, small, start};

#[tokio::test]
async fn wrong_media_types_are_refused() {
    let sim = start(small()).await;
    let post = |content_type: &str, accept: &str| {
        sim.authorised(sim.http.post(sim.url("/sp/keywords/list")))
            .header("Amazon-Advertising-API-Scope", sim.profile)
            .header("Content-Type", content_type)
            .header("Accept", accept)
            .body("{}")
    };
    let right = "application/vnd.spKeyword.v3+json";
    assert_eq!(sim.refused(post("application/json", right), 415).await["code"], "UNSUPPORTED_MEDIA_TYPE");
    sim.refused(post("application/vnd.spCampaign.v3+json", right), 415).await;
    sim.refused(post(right, "application/json"), 415).await;
    let answer = post(right, right).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], right);
    let brands = sim.get("/sb/keywords").header("Accept", "application/json");
    assert_eq!(sim.refused(brands, 406).await["code"], "406");
    let old =
        sim.get("/sb/keywords").header("Accept", "application/vnd.sbkeyword.v3+json").send().await.unwrap();
    assert_eq!(old.headers()["content-type"], "application/vnd.sbkeyword.v3+json");
    sim.refused(sim.get("/sd/targets").header("Accept", "text/html"), 406).await;
}

#[tokio::test]
async fn bad_bodies_are_refused_with_the_place_of_the_mistake() {
    let sim = start(small()).await;
    let many_ids = |n: usize| (0..n).map(|n| n.to_string()).collect::<Vec<_>>();
    for (path, body, place) in [
        (
            "/sp/keywords/list",
            json!({"includeExtendedDataTypeFields": true}),
            "$.includeExtendedDataTypeFields",
        ),
        ("/sp/keywords/list", json!({"maxResults": 1001}), "$.maxResults"),
        ("/sp/keywords/list", json!({"maxResults": 0}), "$.maxResults"),
        ("/sp/keywords/list", json!({"maxResults": "10"}), "$.maxResults"),
        ("/sp/keywords/list", json!({"stateFilter": {"include": ["enabled"]}}), "$.stateFilter"),
        ("/sp/keywords/list", json!({"stateFilter": ["ENABLED"]}), "$.stateFilter"),
        ("/sp/keywords/list", json!({"stateFilter": {}}), "$.stateFilter.include"),
        ("/sp/keywords/list", json!({"matchTypeFilter": {"include": ["EXACT"]}}), "$.matchTypeFilter"),
        (
            "/sp/keywords/list",
            json!({"keywordTextFilter": {"include": ["x"]}}),
            "$.keywordTextFilter.queryTermMatchType",
        ),
        ("/sp/keywords/list", json!({"campaignIdFilter": {"include": many_ids(101)}}), "$.campaignIdFilter"),
        ("/sp/keywords/list", json!({"keywordIdFilter": {"include": many_ids(1001)}}), "$.keywordIdFilter"),
        ("/sp/keywords/list", json!({"campaignIdFilter": {"include": [1]}}), "$.campaignIdFilter.include"),
        ("/sb/v4/campaigns/list", json!({"maxResults": 101}), "$.maxResults"),
        (
            "/sb/v4/campaigns/list",
            json!({"campaignIdFilter": {"include": many_ids(11)}}),
            "$.campaignIdFilter",
        ),
        ("/sb/v4/campaigns/list", json!({"campaignIdFilter": {"include": ["A0123"]}}), "$.campaignIdFilter"),
        ("/sb/v4/campaigns/list", json!({"stateFilter": {"include": ["PROPOSED"]}}), "$.stateFilter"),
    ] {
        let answer = sim.refused(sim.post(path, &body), 400).await;
        assert_eq!(answer["code"], "INVALID_ARGUMENT", "{body}");
        let error = &answer["errors"][0];
        let kind = error["errorType"].as_str().unwrap();
        assert_eq!(error["errorValue"][kind]["cause"]["location"], place, "{body}");
    }
    let no_json = sim.post("/sp/keywords/list", &json!({})).body("{");
    sim.refused(no_json, 400).await;
}

#[tokio::test]
async fn bad_queries_are_refused_with_the_status_of_their_product() {
    let sim = start(small()).await;
    for (path, status) in [("/sd/targets", 422), ("/sd/targets/extended", 400), ("/sb/keywords", 400)] {
        for query in [
            "pageSize=5",
            "count=0",
            "count=x",
            "startIndex=-1",
            "stateFilter=ENABLED",
            "stateFilter=live",
            "campaignIdFilter=a",
            "count=1&count=2",
        ] {
            let request = sim.get(&format!("{path}?{query}")).header(
                "Accept",
                if status == 422 {
                    "*/*"
                } else if path == "/sb/keywords" {
                    SB_KEYWORDS
                } else {
                    "*/*"
                },
            );
            let body = sim.refused(request, status).await;
            assert_eq!(body["code"], status.to_string(), "{path}?{query}");
            assert!(body["details"].is_string());
        }
    }
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_refused() {
    let sim = start(small()).await;
    let body = sim.refused(sim.get("/v2/sp/keywords"), 404).await;
    assert_eq!(body["code"], "NOT_FOUND");
    assert_eq!(body["details"], "Could not find resource for full path: /v2/sp/keywords");
    sim.refused(sim.get("/sp/keywords/list"), 405).await;
}

#[tokio::test]
async fn profiles_that_may_not_use_a_product_are_told_so() {
    let mut sim = start(many()).await;
    let told = |body: &Value| {
        body.get("message").or_else(|| body.get("details")).unwrap().as_str().unwrap().to_owned()
    };
    sim.become_profile(6);
    let body = sim.refused(sim.post("/sb/v4/campaigns/list", &json!({})), 403).await;
    assert_eq!(
        (body["code"].as_str(), told(&body).as_str()),
        (Some("ACCESS_DENIED"), "Advertiser is not authorized for Sponsored Brands")
    );
    let body = sim.refused(sim.get("/sd/campaigns"), 403).await;
    assert_eq!(
        (body["code"].as_str(), told(&body).as_str()),
        (Some("403"), "Advertiser is not authorized for Sponsored Display")
    );
    sim.ok(sim.post("/sp/campaigns/list", &json!({}))).await;
    sim.become_profile(11);
    let body = sim.refused(sim.get("/sb/keywords").header("Accept", SB_KEYWORDS), 403).await;
    assert_eq!(told(&body), "KDP authors do not have access to Sponsored Brands functionality");
    sim.become_profile(7);
    for request in [sim.post("/sp/campaigns/list", &json!({})), sim.get("/sd/campaigns")] {
        let body = sim.refused(request, 400).await;
        assert_eq!(told(&body), "Advertiser ID cannot be decrypted");
    }
    sim.become_profile(8);
    sim.refused(sim.post("/sp/keywords/list", &json!({})), 403).await;
    sim.ok(sim.post("/sp/campaigns/list", &json!({}))).await;
}

#[tokio::test]
async fn an_empty_bucket_answers_429_and_only_some_products_say_for_how_long() {
    let options = SimulatorOptions { throttle: true, rate_per_second: 0.1, burst: 5, ..small() };
    let sim = start(options).await;
    for _ in 0..5 {
        sim.ok(sim.get("/sd/campaigns")).await;
    }
    let answer = sim.get("/sd/campaigns").send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert!(!answer.headers().contains_key("retry-after"));
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "429");
    for path in ["/sp/campaigns/list", "/sb/v4/campaigns/list"] {
        let answer = sim.post(path, &json!({})).send().await.unwrap();
        assert_eq!(answer.status(), 429);
        let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=10).contains(&seconds));
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "THROTTLED");
    }
    let brands = sim.get("/sb/keywords").header("Accept", SB_KEYWORDS).send().await.unwrap();
    assert_eq!((brands.status().as_u16(), brands.headers().contains_key("retry-after")), (429, false));
}

#[tokio::test]
async fn extended_data_weigh_five_requests() {
    let options = SimulatorOptions { throttle: true, rate_per_second: 0.01, burst: 10, ..small() };
    let sim = start(options).await;
    sim.ok(sim.get("/sd/campaigns/extended")).await;
    sim.ok(sim.post("/sp/campaigns/list", &json!({"includeExtendedDataFields": true}))).await;
    sim.refused(sim.get("/sd/campaigns"), 429).await;
}

#[tokio::test]
async fn latency_is_added_to_answers() {
    let options = SimulatorOptions { latency: Duration::from_millis(80), ..small() };
    let sim = start(options).await;
    let before = tokio::time::Instant::now();
    sim.ok(sim.get("/sd/campaigns")).await;
    assert!(before.elapsed() >= Duration::from_millis(60));
}
