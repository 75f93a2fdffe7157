//! Paging, filters and rows.

use serde_json::{Value, json};

use crate::harness::{SB_KEYWORDS, Sim, assert_same, everything, small, start};

const TOKEN_LISTS: &[&str] = &[
    "/sp/campaigns/list",
    "/sp/adGroups/list",
    "/sp/keywords/list",
    "/sb/v4/campaigns/list",
    "/sb/v4/adGroups/list",
];
const DISPLAY_LISTS: &[&str] = &[
    "/sd/campaigns",
    "/sd/campaigns/extended",
    "/sd/adGroups",
    "/sd/adGroups/extended",
    "/sd/targets",
    "/sd/targets/extended",
];

#[tokio::test]
async fn paging_by_token_to_the_end_yields_exactly_the_truth() {
    let sim = start(small()).await;
    let truth = sim.truth();
    for path in TOKEN_LISTS {
        let mut body = everything(path);
        body["maxResults"] = json!(7);
        let (rows, totals) = sim.all_by_token(path, body).await;
        assert_same(path, &rows, &truth.rows(path));
        assert!(!rows.is_empty(), "{path}");
        assert!(totals.iter().all(|total| *total == rows.len() as u64), "{path}: {totals:?}");
    }
    assert_eq!(truth.count("/sp/keywords/list"), 30 * 2 * 20);
}

#[tokio::test]
async fn paging_by_index_to_the_empty_page_yields_exactly_the_truth() {
    let sim = start(small()).await;
    let truth = sim.truth();
    for path in DISPLAY_LISTS {
        let rows = sim.all_by_index(path, "count=4", "application/json").await;
        assert_same(path, &rows, &truth.rows(path));
        assert!(!rows.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_count_beyond_the_cap_is_cut_down_without_a_word() {
    let sim = start(small()).await;
    let page = sim.ok(sim.get("/sd/targets/extended?count=5000")).await;
    assert!(sim.truth().count("/sd/targets/extended") > 0);
    assert!(page.as_array().unwrap().len() <= 100);
    let mut larger = small();
    larger.campaigns = 300;
    let sim = start(larger).await;
    let page = sim.ok(sim.get("/sd/targets?count=5000")).await;
    assert_eq!(page.as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn brand_keywords_come_completely_only_by_campaign() {
    let sim = start(small()).await;
    let query = "stateFilter=enabled,paused,archived";
    let plain = sim.all_by_index("/sb/keywords", query, SB_KEYWORDS).await;
    let truth = sim.truth();
    let campaigns: Vec<String> = truth.ids("/sb/v4/campaigns/list").iter().map(u64::to_string).collect();
    let by_campaign = sim
        .all_by_index(
            "/sb/keywords",
            &format!("{query}&campaignIdFilter={}", campaigns.join(",")),
            SB_KEYWORDS,
        )
        .await;
    assert_same("/sb/keywords", &by_campaign, &truth.rows("/sb/keywords"));
    assert!(plain.len() < by_campaign.len());
}

#[tokio::test]
async fn brand_video_keywords_are_known_to_the_latest_version_only() {
    let sim = start(small()).await;
    let latest = sim.all_by_index("/sb/keywords", "", SB_KEYWORDS).await;
    let old = sim.all_by_index("/sb/keywords", "", "application/vnd.sbkeyword.v3+json").await;
    let whatever = sim.all_by_index("/sb/keywords", "", "*/*").await;
    let video = sim.all_by_index("/sb/keywords", "creativeType=video", SB_KEYWORDS).await;
    assert!(!video.is_empty());
    assert_eq!(latest.len(), old.len() + video.len());
    assert_same("versions", &old, &whatever);
    assert!(sim.all_by_index("/sb/keywords", "creativeType=video", "*/*").await.is_empty());
}

#[tokio::test]
async fn states_left_out_of_a_request_default_as_documented() {
    let sim = start(small()).await;
    let states = |rows: &[Value]| {
        let mut states: Vec<String> =
            rows.iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect();
        states.sort();
        states.dedup();
        states
    };
    let targets = sim.all_by_index("/sd/targets", "", "application/json").await;
    assert_eq!(states(&targets), ["archived", "enabled", "paused"]);
    let keywords = sim.all_by_index("/sb/keywords", "", SB_KEYWORDS).await;
    assert_eq!(states(&keywords), ["enabled", "paused"]);
    let (keywords, _) = sim.all_by_token("/sp/keywords/list", json!({})).await;
    assert_eq!(states(&keywords), ["ARCHIVED", "ENABLED", "PAUSED"]);
    for list in ["enabled,archived", "enabled,%20archived"] {
        let targets =
            sim.all_by_index("/sd/targets", &format!("stateFilter={list}"), "application/json").await;
        assert_eq!(states(&targets), ["archived", "enabled"]);
    }
    let (paused, totals) =
        sim.all_by_token("/sp/keywords/list", json!({"stateFilter": {"include": ["PAUSED"]}})).await;
    assert_eq!(states(&paused), ["PAUSED"]);
    assert_eq!(totals, [paused.len() as u64]);
}

#[tokio::test]
async fn campaigns_with_automatic_budgets_are_hidden_unless_asked_for() {
    let mut options = small();
    options.campaigns = 300;
    let sim = start(options).await;
    let count = async |body: Value| sim.all_by_token("/sp/campaigns/list", body).await.0.len();
    let filter = |values: &[&str]| json!({"marketplaceBudgetAllocationFilter": {"include": values}});
    let (all, auto) = (count(filter(&["AUTO", "MANUAL"])).await, count(filter(&["AUTO"])).await);
    assert!(auto > 0);
    assert_eq!((all, count(json!({})).await), (300, all - auto));
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let sim = start(small()).await;
    let truth = sim.truth();
    let keywords = truth.rows("/sp/keywords/list");
    let wanted = |key: &str, value: &Value| keywords.iter().filter(|row| row[key] == *value).count();
    let sample = &keywords[77];
    for (filter, key) in [
        ("keywordIdFilter", "keywordId"),
        ("campaignIdFilter", "campaignId"),
        ("adGroupIdFilter", "adGroupId"),
    ] {
        let (rows, _) =
            sim.all_by_token("/sp/keywords/list", json!({filter: {"include": [sample[key]]}})).await;
        assert_eq!(rows.len(), wanted(key, &sample[key]), "{filter}");
        assert!(rows.iter().all(|row| row[key] == sample[key]));
    }
    let (rows, _) = sim.all_by_token("/sp/keywords/list", json!({"matchTypeFilter": ["BROAD"]})).await;
    assert_eq!(rows.len(), wanted("matchType", &json!("BROAD")));
    let text = json!({"keywordTextFilter": {"queryTermMatchType": "EXACT_MATCH", "include": [sample["keywordText"]]}});
    let (rows, _) = sim.all_by_token("/sp/keywords/list", text).await;
    assert_eq!(rows.len(), wanted("keywordText", &sample["keywordText"]));
    let campaign = &truth.rows("/sd/campaigns")[0];
    let rows = sim
        .all_by_index(
            "/sd/targets",
            &format!("campaignIdFilter={}", campaign["campaignId"]),
            "application/json",
        )
        .await;
    assert!(!rows.is_empty() && rows.iter().all(|row| row["campaignId"] == campaign["campaignId"]));
}

#[tokio::test]
async fn extended_data_come_only_when_asked_for() {
    let sim = start(small()).await;
    let first = async |path: &str, body: Value| sim.all_by_token(path, body).await.0.swap_remove(0);
    for path in TOKEN_LISTS {
        assert!(first(path, json!({})).await.get("extendedData").is_none(), "{path}");
        let row = first(path, json!({"includeExtendedDataFields": true})).await;
        let data = &row["extendedData"];
        assert!(data["servingStatus"].is_string(), "{path}");
        let created =
            if path.starts_with("/sp/") { &data["creationDateTime"] } else { &data["creationDate"] };
        assert_eq!(created.is_string(), path.starts_with("/sp/"), "{path}: {created}");
    }
    let plain = sim.ok(sim.get("/sd/campaigns")).await;
    let extended = sim.ok(sim.get("/sd/campaigns/extended")).await;
    assert_eq!(plain[0]["deliveryProfile"], "as_soon_as_possible");
    assert!(extended[0].get("deliveryProfile").is_none() && extended[0]["creationDate"].is_number());
}

#[tokio::test]
async fn ids_beyond_what_a_double_holds_arrive_digit_by_digit() {
    let sim = start(small()).await;
    let truth = sim.truth();
    let huge: Vec<u64> = truth.ids("/sd/targets").into_iter().filter(|id| *id > 1 << 53).collect();
    assert!(huge.len() > truth.count("/sd/targets") / 4);
    let text = sim.get("/sd/targets").send().await.unwrap().text().await.unwrap();
    assert!(text.contains(&format!("\"targetId\":{},", huge[0])));
    assert!(text.contains("\"expression\":[{\"type\":\"views\",\"value\":[{"), "nested predicates");
}

#[tokio::test]
async fn next_tokens_are_bound_to_filters_and_page_size() {
    let sim = start(small()).await;
    let first = sim.ok(sim.post("/sp/keywords/list", &json!({"maxResults": 10}))).await;
    let next = first["nextToken"].clone();
    let refused = async |body: Value| {
        let body = sim.refused(sim.post("/sp/keywords/list", &body), 400).await;
        assert_eq!(body["code"], "INVALID_ARGUMENT");
        assert_eq!(body["errors"][0]["errorType"], "invalidInputError");
        assert_eq!(body["errors"][0]["errorValue"]["invalidInputError"]["reason"], "INVALID_TOKEN");
    };
    refused(json!({"maxResults": 20, "nextToken": next})).await;
    refused(json!({"nextToken": next})).await;
    refused(json!({"maxResults": 10, "nextToken": next, "stateFilter": {"include": ["ENABLED"]}})).await;
    refused(json!({"maxResults": 10, "nextToken": "garbage"})).await;
    refused(json!({"maxResults": 10, "nextToken": ""})).await;
    sim.refused(sim.post("/sp/campaigns/list", &json!({"maxResults": 10, "nextToken": next})), 400).await;
    sim.ok(sim.post("/sp/keywords/list", &json!({"maxResults": 10, "nextToken": next}))).await;
}

#[tokio::test]
async fn optional_members_are_there_and_missing_as_in_real_accounts() {
    let mut options = small();
    options.campaigns = 120;
    let sim = start(options).await;
    let truth = sim.truth();
    let some_but_not_all = |path: &str, is: fn(&Value) -> bool| {
        let rows = truth.rows(path);
        let n = rows.iter().filter(|row| is(row)).count();
        assert!(n > 0 && n < rows.len(), "{path}: {n} of {}", rows.len());
    };
    some_but_not_all("/sp/keywords/list", |row| row.get("bid").is_none());
    some_but_not_all("/sp/campaigns/list", |row| row.get("endDate").is_none());
    some_but_not_all("/sp/campaigns/list", |row| row.get("endDate").is_some_and(Value::is_null));
    some_but_not_all("/sp/campaigns/list", |row| row["tags"] == json!({}));
    some_but_not_all("/sp/campaigns/list", |row| row["dynamicBidding"]["placementBidding"] == json!([]));
    some_but_not_all("/sb/v4/campaigns/list", |row| row["isMultiAdGroupsEnabled"] == false);
    some_but_not_all("/sd/campaigns", |row| row.get("portfolioId").is_some_and(Value::is_null));
    some_but_not_all("/sd/targets", |row| row["expression"][0].get("value").is_none());
    some_but_not_all("/sd/targets", |row| row["expression"][0]["value"].is_array());
    some_but_not_all("/sd/targets", |row| {
        row["expression"][0]["value"].is_array() && row["resolvedExpression"][0]["value"].is_string()
    });
    let day = truth.rows("/sd/campaigns")[0]["startDate"].as_str().unwrap().to_owned();
    assert!(day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit()), "{day}");
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_take_it() {
    let mut options = small();
    options.gzip = true;
    let sim: Sim = start(options).await;
    let raw = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let request =
        sim.authorised(raw.get(sim.url("/sd/targets"))).header("Amazon-Advertising-API-Scope", sim.profile);
    let plain = request.try_clone().unwrap().send().await.unwrap();
    assert!(!plain.headers().contains_key("content-encoding"));
    let packed = request.header("Accept-Encoding", "gzip").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let (plain, packed) = (plain.bytes().await.unwrap(), packed.bytes().await.unwrap());
    assert!(packed.len() < plain.len());
    let unpacked = sim.get("/sd/targets").send().await.unwrap().bytes().await.unwrap();
    assert_eq!(unpacked, plain);
}
