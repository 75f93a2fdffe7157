//! Tokens and profiles.

use std::time::Duration;

use adsync::simulator::SimulatorOptions;
use serde_json::Value;

use crate::harness::{many, small, start};

#[tokio::test]
async fn the_token_endpoint_answers_in_the_shape_of_login_with_amazon() {
    let sim = start(small()).await;
    let body: Value = sim.token_request(&[]).await.json().await.unwrap();
    assert!(body["access_token"].as_str().unwrap().starts_with("Atza|"));
    assert_eq!(body["refresh_token"], sim.running.credentials().refresh_token);
    assert_eq!((body["token_type"].as_str(), body["expires_in"].as_u64()), (Some("bearer"), Some(3600)));
}

#[tokio::test]
async fn the_token_endpoint_refuses_in_the_shape_of_oauth() {
    let sim = start(small()).await;
    for (name, value, status, error) in [
        ("client_secret", "wrong", 401, "invalid_client"),
        ("client_id", "wrong", 401, "invalid_client"),
        ("refresh_token", "Atzr|wrong", 400, "invalid_grant"),
        ("refresh_token", "", 400, "invalid_request"),
        ("grant_type", "", 400, "invalid_request"),
        ("grant_type", "password", 400, "unsupported_grant_type"),
    ] {
        let answer = sim.token_request(&[(name, value)]).await;
        assert_eq!(answer.status(), status, "{name}={value}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"], error, "{name}={value}");
        assert!(body["error_description"].is_string());
    }
}

#[tokio::test]
async fn a_revoked_consent_is_an_invalid_grant_until_it_is_given_again() {
    let sim = start(small()).await;
    sim.control.revoke_consent();
    let body: Value = sim.token_request(&[]).await.json().await.unwrap();
    assert_eq!(body["error"], "invalid_grant");
    sim.control.restore_consent();
    assert_eq!(sim.token_request(&[]).await.status(), 200);
}

#[tokio::test]
async fn an_expired_token_is_answered_with_401_and_a_new_one_is_let_in() {
    let mut sim = start(small()).await;
    sim.ok(sim.get("/sd/campaigns")).await;
    sim.control.expire_tokens();
    let body = sim.refused(sim.get("/sd/campaigns"), 401).await;
    assert_eq!(
        (body["code"].as_str(), body["details"].as_str()),
        (Some("UNAUTHORIZED"), Some("HTTP 401 Unauthorized"))
    );
    assert!(body["requestId"].is_string());
    sim.token = sim.login().await;
    sim.ok(sim.get("/sd/campaigns")).await;
}

#[tokio::test]
async fn a_token_dies_at_the_end_of_its_life() {
    let sim = start(SimulatorOptions { token_ttl: Duration::ZERO, ..small() }).await;
    sim.refused(sim.get("/sd/campaigns"), 401).await;
}

#[tokio::test]
async fn requests_without_their_headers_are_refused() {
    let sim = start(small()).await;
    let url = sim.url("/sd/campaigns");
    sim.refused(sim.http.get(&url), 401).await;
    sim.refused(sim.http.get(&url).bearer_auth(&sim.token), 401).await;
    let no_scope = sim.refused(sim.authorised(sim.http.get(&url)), 401).await;
    assert_eq!(no_scope["details"], "Scope header is missing");
    let request = sim.authorised(sim.http.get(&url)).header("Amazon-Advertising-API-Scope", 12_345);
    let unknown = sim.refused(request, 401).await;
    assert_eq!(unknown["details"], "No matching advertiser found for scope");
}

#[tokio::test]
async fn profiles_that_may_only_be_viewed_are_listed_only_when_asked_for() {
    let sim = start(many()).await;
    let edit = sim.ok(sim.authorised(sim.http.get(sim.url("/v2/profiles")))).await;
    let view = sim.ok(sim.authorised(sim.http.get(sim.url("/v2/profiles?accessLevel=view")))).await;
    assert_eq!((edit.as_array().unwrap().len(), view.as_array().unwrap().len()), (22, 24));
}

#[tokio::test]
async fn profiles_are_filtered_by_type_and_payment_and_found_by_id() {
    let sim = start(many()).await;
    let list = async |query: &str| {
        let rows = sim.ok(sim.authorised(sim.http.get(sim.url(&format!("/v2/profiles?{query}"))))).await;
        rows.as_array().unwrap().clone()
    };
    let agencies = list("profileTypeFilter=agency").await;
    assert_eq!(agencies.len(), 1);
    assert_eq!(agencies[0]["accountInfo"]["type"], "agency");
    let rest = list("profileTypeFilter=seller,vendor").await;
    assert!(rest.iter().all(|p| p["accountInfo"]["type"] != "agency") && rest.len() == 21);
    assert!(rest.iter().any(|p| p["accountInfo"]["subType"] == "KDP_AUTHOR"));
    let unpaid = list("validPaymentMethodFilter=false").await;
    assert!(!unpaid.is_empty() && unpaid.iter().all(|p| p["accountInfo"]["validPaymentMethod"] == false));
    for profile in &rest {
        assert!(profile["profileId"].is_number());
        assert_eq!(profile["accountInfo"]["type"] == "seller", profile.get("dailyBudget").is_some());
    }
    let one = sim
        .ok(sim.authorised(sim.http.get(sim.url(&format!("/v2/profiles/{}", rest[3]["profileId"])))))
        .await;
    assert_eq!(one, rest[3]);
    for bad in [
        "accessLevel=admin",
        "apiProgram=x",
        "profileTypeFilter=shop",
        "validPaymentMethodFilter=1",
        "page=2",
    ] {
        sim.refused(sim.authorised(sim.http.get(sim.url(&format!("/v2/profiles?{bad}")))), 400).await;
    }
    sim.refused(sim.authorised(sim.http.get(sim.url("/v2/profiles/999"))), 404).await;
}
