//! Paging, filters and rows.

use serde_json::{Value, json};

use crate::harness::{SB_KEYWORDS, Sim, assert_same, everything, small, start};

/// Token lists whose total is told.
const TOTALLED: &[&str] = &[
    "/portfolios/list",
    "/sp/campaigns/list",
    "/sp/adGroups/list",
    "/sp/productAds/list",
    "/sp/keywords/list",
    "/sp/negativeKeywords/list",
    "/sp/campaignNegativeKeywords/list",
    "/sp/targets/list",
    "/sp/negativeTargets/list",
    "/sp/campaignNegativeTargets/list",
    "/sb/v4/campaigns/list",
    "/sb/v4/adGroups/list",
    "/sb/v4/ads/list",
];
const UNTOTALLED: &[&str] = &["/sb/targets/list", "/sb/negativeTargets/list", "/sb/themes/list"];
const DISPLAY_LISTS: &[&str] = &[
    "/sd/campaigns",
    "/sd/campaigns/extended",
    "/sd/adGroups",
    "/sd/adGroups/extended",
    "/sd/productAds",
    "/sd/productAds/extended",
    "/sd/targets",
    "/sd/targets/extended",
    "/sd/negativeTargets",
    "/sd/negativeTargets/extended",
];

#[tokio::test]
async fn paging_by_token_to_the_end_yields_exactly_the_truth() {
    let sim = start(small()).await;
    let truth = sim.truth();
    for path in TOTALLED.iter().chain(UNTOTALLED) {
        let mut body = everything(path);
        if *path != "/portfolios/list" {
            body["maxResults"] = json!(7);
        }
        let (rows, totals) = sim.all_by_token(path, body).await;
        assert_same(path, &rows, &truth.rows(path));
        assert!(!rows.is_empty(), "{path}");
        assert!(totals.iter().all(|total| *total == rows.len() as u64), "{path}: {totals:?}");
        assert_eq!(totals.is_empty(), UNTOTALLED.contains(path), "{path}");
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
    for path in TOTALLED {
        if *path == "/sb/v4/ads/list" {
            continue;
        }
        assert!(first(path, json!({})).await.get("extendedData").is_none(), "{path}");
        let row = first(path, json!({"includeExtendedDataFields": true})).await;
        let data = &row["extendedData"];
        assert!(data["servingStatus"].is_string(), "{path}");
        let iso = !path.starts_with("/sb/");
        let created = &data[if iso { "creationDateTime" } else { "creationDate" }];
        assert_eq!(created.is_string(), iso, "{path}: {created}");
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

#[tokio::test]
async fn every_list_of_the_truth_is_served() {
    let sim = start(small()).await;
    let truth = sim.truth();
    let known: Vec<&str> = TOTALLED.iter().chain(UNTOTALLED).chain(DISPLAY_LISTS).copied().collect();
    for path in truth.paths() {
        assert!(
            known.contains(&path) || ["/sb/keywords", "/sb/negativeKeywords"].contains(&path),
            "{path} is not tested"
        );
        assert!(truth.count(path) > 0, "{path} is empty");
    }
}

#[tokio::test]
async fn brand_negatives_take_one_state_and_have_no_other_than_enabled_and_archived() {
    let mut options = small();
    options.campaigns = 160;
    let sim = start(options).await;
    let accept = "application/vnd.sbnegativekeyword.v3.2+json";
    let (mut all, expected) = (Vec::new(), sim.truth().rows("/sb/negativeKeywords"));
    for state in ["enabled", "archived"] {
        let rows = sim.all_by_index("/sb/negativeKeywords", &format!("stateFilter={state}"), accept).await;
        assert!(!rows.is_empty() && rows.iter().all(|row| row["state"] == state));
        all.extend(rows);
    }
    assert_eq!(all.len(), expected.len());
    for wrong in ["paused", "enabled,archived"] {
        sim.refused(
            sim.get(&format!("/sb/negativeKeywords?stateFilter={wrong}")).header("Accept", accept),
            400,
        )
        .await;
    }
    let paused = json!({"filters": [{"filterType": "TARGETING_STATE", "values": ["paused"]}]});
    sim.refused(sim.post("/sb/negativeTargets/list", &paused), 400).await;
    let shapes = sim.truth().rows("/sb/negativeTargets/list");
    assert!(
        shapes.iter().any(|row| row["expressions"].is_object())
            && shapes.iter().any(|row| row["expressions"].is_array())
    );
}

#[tokio::test]
async fn brand_targets_are_filtered_by_typed_filters() {
    let sim = start(small()).await;
    let truth = sim.truth().rows("/sb/targets/list");
    let filter = |kind: &str, values: Value| json!({"filters": [{"filterType": kind, "values": values}]});
    let find = async |body: Value| sim.all_by_token("/sb/targets/list", body).await.0;
    let ad_group = &truth[0]["adGroupId"];
    let wanted = truth.iter().filter(|row| row["adGroupId"] == *ad_group).count();
    assert_eq!(find(filter("AD_GROUP_ID", json!([ad_group]))).await.len(), wanted);
    let campaign = &truth[0]["campaignId"];
    let by_campaign = find(filter("CAMPAIGN_ID", json!([campaign.to_string()]))).await;
    assert!(by_campaign.iter().all(|row| row["campaignId"] == *campaign) && !by_campaign.is_empty());
    let video = find(filter("CREATIVE_TYPE", json!(["video"]))).await.len();
    let other = find(filter("CREATIVE_TYPE", json!(["productCollection"]))).await.len();
    assert!(video > 0 && video + other == truth.len());
    let twice = json!({"filters": [{"filterType": "CAMPAIGN_ID", "values": ["1"]}, {"filterType": "CAMPAIGN_ID", "values": ["2"]}]});
    for bad in [
        twice,
        filter("KEYWORD_ID", json!(["1"])),
        filter("CAMPAIGN_ID", json!([])),
        json!({"stateFilter": {}}),
    ] {
        let body = sim.refused(sim.post("/sb/targets/list", &bad), 400).await;
        assert_eq!(body["code"], "400", "{bad}");
    }
    let old = sim
        .post("/sb/targets/list", &json!({}))
        .header("Accept", "application/vnd.sblisttargetsresponse.v3+json");
    assert_eq!(sim.ok(old).await["targets"].as_array().unwrap().len(), truth.len());
}

#[tokio::test]
async fn themes_leave_archived_ones_out_unless_asked() {
    let mut options = small();
    options.campaigns = 160;
    let sim = start(options).await;
    let count = async |body: Value| sim.all_by_token("/sb/themes/list", body).await.0.len();
    let archived = count(json!({"stateFilter": {"include": ["archived"]}})).await;
    assert!(archived > 0);
    assert_eq!(count(json!({})).await + archived, sim.truth().count("/sb/themes/list"));
}

#[tokio::test]
async fn ads_of_legacy_brand_campaigns_have_neither_id_nor_name() {
    let mut options = small();
    options.campaigns = 160;
    let sim = start(options).await;
    let truth = sim.truth();
    let legacy: Vec<Value> = truth
        .rows("/sb/v4/campaigns/list")
        .into_iter()
        .filter(|row| row["isMultiAdGroupsEnabled"] == false)
        .collect();
    let nameless = |row: &Value| row.get("adId").is_none() && row.get("name").is_none();
    let ads = truth.rows("/sb/v4/ads/list");
    assert!(ads.iter().any(nameless));
    for ad in &ads {
        assert_eq!(nameless(ad), legacy.iter().any(|campaign| campaign["campaignId"] == ad["campaignId"]));
    }
    sim.refused(sim.post("/sb/v4/ads/list", &json!({"includeExtendedDataFields": true})), 400).await;
}

#[tokio::test]
async fn negatives_of_campaigns_and_of_display_lack_a_parent() {
    let sim = start(small()).await;
    let truth = sim.truth();
    for (path, missing) in [
        ("/sp/campaignNegativeKeywords/list", "adGroupId"),
        ("/sp/campaignNegativeTargets/list", "adGroupId"),
        ("/sd/negativeTargets", "campaignId"),
        ("/sd/negativeTargets/extended", "campaignId"),
    ] {
        assert!(truth.rows(path).iter().all(|row| row.get(missing).is_none()), "{path}");
    }
    let campaign = &truth.rows("/sd/campaigns")[0]["campaignId"];
    let rows = sim.all_by_index("/sd/negativeTargets", &format!("campaignIdFilter={campaign}"), "*/*").await;
    assert!(rows.len() < truth.count("/sd/negativeTargets"));
}

#[tokio::test]
async fn portfolios_have_no_page_size_and_one_state() {
    let sim = start(small()).await;
    for bad in [json!({"maxResults": 10}), json!({"stateFilter": {"include": ["PAUSED"]}})] {
        sim.refused(sim.post("/portfolios/list", &bad), 400).await;
    }
    let portfolios = sim.truth().ids("/portfolios/list");
    let campaigns = sim.truth().rows("/sp/campaigns/list");
    let used: Vec<u64> =
        campaigns.iter().filter_map(|row| row.get("portfolioId")?.as_str()?.parse().ok()).collect();
    assert!(!used.is_empty() && used.iter().all(|id| portfolios.contains(id)));
}

#[tokio::test]
async fn automatic_campaigns_have_targets_without_values_and_no_keywords() {
    let mut options = small();
    options.profiles = 2;
    let sim = start(options).await;
    let truth = sim.truth();
    let auto: Vec<Value> =
        truth.rows("/sp/campaigns/list").into_iter().filter(|row| row["targetingType"] == "AUTO").collect();
    assert!(!auto.is_empty());
    let of_auto = |row: &Value| auto.iter().any(|campaign| campaign["campaignId"] == row["campaignId"]);
    assert!(!truth.rows("/sp/keywords/list").iter().any(of_auto));
    let targets: Vec<Value> = truth.rows("/sp/targets/list").into_iter().filter(of_auto).collect();
    assert!(!targets.is_empty());
    assert!(
        targets
            .iter()
            .all(|row| row["expressionType"] == "AUTO" && row["expression"][0].get("value").is_none())
    );
    let filter = json!({"expressionTypeFilter": {"include": ["AUTO"]}});
    assert_eq!(sim.all_by_token("/sp/targets/list", filter).await.0.len(), targets.len());
    let groups =
        sim.all_by_token("/sp/adGroups/list", json!({"campaignTargetingTypeFilter": "AUTO"})).await.0;
    assert!(!groups.is_empty() && groups.iter().all(of_auto));
}
