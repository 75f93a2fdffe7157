//! The validator itself: whoever breaks the specification is found, on either side.

use serde_json::{Value, json};

use super::lists::{Bench, all_roles};
use super::validator::{Message, Side, Specification};

const CAMPAIGNS: &str = "POST /sp/campaigns/list";

/// The words of all violations so far, each in one line.
fn found(bench: &Bench) -> Vec<String> {
    bench.proxy.seen().violations.iter().map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_break_the_specification_are_found() {
    let bench = Bench::start(all_roles()).await;
    let profile = bench.control.profile_ids()[0];
    let ids: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
    let brands: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    for (operation, query, body, place, words) in [
        (CAMPAIGNS, vec![], json!({"statefilter": {"include": []}}), "body ", "statefilter"),
        (CAMPAIGNS, vec![], json!({"stateFilter": {"includes": []}}), "body /stateFilter", "includes"),
        (
            CAMPAIGNS,
            vec![],
            json!({"stateFilter": {"include": ["LIVE"]}}),
            "body /stateFilter/include/*",
            "LIVE",
        ),
        (
            CAMPAIGNS,
            vec![],
            json!({"campaignIdFilter": {"include": ids}}),
            "body /campaignIdFilter/include",
            "1000",
        ),
        (CAMPAIGNS, vec![], json!({"maxResults": "1000"}), "body /maxResults", "integer"),
        ("POST /sb/v4/campaigns/list", vec![], json!({"maxResults": 101}), "body /maxResults", "100"),
        (
            "POST /sb/v4/adGroups/list",
            vec![],
            json!({"adGroupIdFilter": {"include": brands}}),
            "body /adGroupIdFilter/include",
            "10",
        ),
        ("POST /sb/themes/list", vec![], json!({"maxResults": 5001}), "body /maxResults", "5000"),
        (
            "GET /sd/campaigns",
            vec![("stateFilter", "enabled,dreaming")],
            json!({}),
            "query stateFilter",
            "dreaming",
        ),
        ("GET /sd/campaigns", vec![("startindex", "0")], json!({}), "query startindex", "not declared"),
        ("GET /sd/campaigns", vec![("count", "many")], json!({}), "query count", "integer"),
        (
            "GET /sb/keywords",
            vec![("matchTypeFilter", "exactly")],
            json!({}),
            "query matchTypeFilter",
            "exactly",
        ),
        (
            "GET /sb/negativeKeywords",
            vec![("stateFilter", "enabled,archived")],
            json!({}),
            "query stateFilter",
            "enabled,archived",
        ),
    ] {
        let before = found(&bench);
        bench.status(operation, profile, &query, &body).await;
        let expected = format!("{operation}: request, {place}");
        let new: Vec<String> = found(&bench).into_iter().filter(|one| !before.contains(one)).collect();
        assert!(
            new.iter().any(|one| one.starts_with(&expected) && one.contains(words)),
            "{expected} … {words} was not found: {new:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_media_types_and_missing_headers_are_found() {
    let bench = Bench::start(all_roles()).await;
    let profile = bench.control.profile_ids()[0];
    let base = |operation: &str| bench.ask(operation, profile, &[], &json!({})).build().unwrap();
    type Spoil = fn(&mut reqwest::Request);
    let cases: [(&str, Spoil, &str); 8] = [
        (
            CAMPAIGNS,
            |r| set(r, "content-type", "application/json"),
            "media type: \"application/json\" instead of",
        ),
        (
            CAMPAIGNS,
            |r| set(r, "accept", "application/json"),
            "header accept: Some(\"application/json\") is no media type",
        ),
        (CAMPAIGNS, |r| set(r, "accept", "*/*"), "header accept: Some(\"*/*\") is no media type"),
        (
            CAMPAIGNS,
            |r| drop(r.headers_mut().remove("amazon-advertising-api-scope")),
            "header Amazon-Advertising-API-Scope: required",
        ),
        (
            CAMPAIGNS,
            |r| drop(r.headers_mut().remove("amazon-advertising-api-clientid")),
            "header Amazon-Advertising-API-ClientId: required",
        ),
        (
            CAMPAIGNS,
            |r| drop(r.headers_mut().remove("authorization")),
            "header authorization: no bearer token",
        ),
        (
            "GET /sd/adGroups",
            |r| set(r, "amazon-ads-clientid", "x"),
            "header amazon-ads-clientid: not declared",
        ),
        ("GET /sd/adGroups", |r| *r.body_mut() = Some("{}".into()), "body: not declared"),
    ];
    for (operation, spoil, words) in cases {
        let mut request = base(operation);
        spoil(&mut request);
        bench.http.execute(request).await.unwrap();
        let expected = format!("{operation}: request, {words}");
        let all = found(&bench);
        assert!(all.iter().any(|one| one.starts_with(&expected)), "{expected} was not found: {all:?}");
    }
    for (method, path, place) in [("GET", "/sp/campaigns/list", "method"), ("GET", "/sp/campaign", "path")] {
        let request = bench.http.request(method.parse().unwrap(), format!("{}{path}", bench.proxy.url));
        request.send().await.unwrap();
        let expected = format!("{method} {path}: request, {place}: the specification does not have it");
        assert!(found(&bench).contains(&expected), "{expected} was not found: {:?}", found(&bench));
    }
}

fn set(request: &mut reqwest::Request, name: &'static str, text: &'static str) {
    request.headers_mut().insert(name, text.parse().unwrap());
}

#[test]
fn answers_that_break_the_specification_are_found() {
    let specification = Specification::read();
    let media = "application/vnd.spCampaign.v3+json";
    let row = json!({
        "campaignId": "1", "name": "x", "state": "ENABLED", "targetingType": "AUTO", "startDate": "2026-01-01",
        "budget": {"budget": 1.0, "budgetType": "DAILY"},
    });
    let judge = |status: u16, media: &str, body: &Value| -> Vec<String> {
        let headers = [("content-type".to_owned(), media.to_owned())].into();
        let message = Message { headers, body: body.to_string().into_bytes() };
        let found =
            specification.answer(CAMPAIGNS, Some("application/vnd.spCampaign.v3+json"), status, &message);
        assert!(found.iter().all(|one| one.side == Side::Answer));
        found.iter().map(|one| format!("{}: {}", one.place, one.what)).collect()
    };
    let page = |change: &dyn Fn(&mut Value)| {
        let mut row = row.clone();
        change(&mut row);
        json!({ "campaigns": [row], "totalResults": 1 })
    };
    let good = page(&|_| {});
    assert_eq!(judge(200, media, &good), Vec::<String>::new());
    let spoilt = [
        (judge(200, media, &page(&|row| row["campaignID"] = "1".into())), "campaignID"),
        (judge(200, media, &page(&|row| row["campaignId"] = 1.into())), "string"),
        (judge(200, media, &page(&|row| row["state"] = "enabled".into())), "enabled"),
        (judge(200, media, &page(&|row| row["startDate"] = "20260101".into())), "date"),
        (judge(200, media, &page(&|row| drop(row.as_object_mut().unwrap().remove("budget")))), "required"),
        (judge(200, media, &json!({ "campaigns": {} })), "array"),
        (judge(200, "application/json", &good), "application/json"),
        (judge(404, "application/json", &json!({})), "status 404"),
        (judge(403, "application/json", &json!({ "code": "403", "details": "no" })), "code"),
        (judge(429, "application/json", &json!({ "message": "Too Many Requests" })), "required"),
    ];
    for (n, (found, words)) in spoilt.iter().enumerate() {
        assert!(found.iter().any(|one| one.contains(words)), "{n}: {words}: {found:?}");
    }
}
