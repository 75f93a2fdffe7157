//! Every fault that a scenario can script.

use adsync::simulator::Scenario;
use serde_json::{Value, json};

use crate::harness::{Sim, small, start};

async fn keywords(sim: &Sim, next: Option<&Value>) -> Value {
    let mut body = json!({"maxResults": 100});
    if let Some(next) = next {
        body["nextToken"] = next.clone();
    }
    sim.ok(sim.post("/sp/keywords/list", &body)).await
}

fn ids(page: &Value) -> Vec<&str> {
    page["keywords"].as_array().unwrap().iter().map(|row| row["keywordId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_flat_429_strikes_in_the_middle_of_a_nested_list() {
    let sim = start(small()).await;
    sim.scenario(
        "[[fault]]\nmatch = { path = '/sp/keywords/list', from_request = 2, times = 1 }\n\
         effect = { status = 429, body = 'ads', retry_after = 3 }",
    );
    let first = keywords(&sim, None).await;
    let request = sim.post("/sp/keywords/list", &json!({"maxResults": 100, "nextToken": first["nextToken"]}));
    let struck = request.send().await.unwrap();
    assert_eq!((struck.status().as_u16(), struck.headers()["retry-after"].to_str().unwrap()), (429, "3"));
    let body: Value = struck.json().await.unwrap();
    assert_eq!((body["code"].as_str(), body["details"].as_str()), (Some("429"), Some("Too Many Requests")));
    keywords(&sim, Some(&first["nextToken"])).await;
}

#[tokio::test]
async fn error_bodies_come_in_every_family() {
    let sim = start(small()).await;
    for (effect, status, media_type, expected) in [
        ("status = 500", 500, "application/json", "\"code\":\"INTERNAL_ERROR\""),
        (
            "status = 500, body = 'sp'",
            500,
            "application/json",
            "{\"code\":\"INTERNAL_ERROR\",\"message\":\"Service Error\"}",
        ),
        ("status = 200, body = 'ads'", 200, "application/json", "\"details\":\"Service Error\""),
        ("status = 429, body = 'gateway'", 429, "application/json", "{\"message\":\"Too Many Requests\"}"),
        (
            "status = 504, body = 'gateway'",
            504,
            "application/json",
            "{\"message\":\"Endpoint request timed out\"}",
        ),
        ("status = 502, body = 'html'", 502, "text/html", "openresty"),
        ("status = 200, body = '{\"keywords\": 7}'", 200, "application/json", "{\"keywords\": 7}"),
        ("status = 503, body = 'empty'", 503, "application/json", ""),
    ] {
        sim.scenario(&format!("[[fault]]\neffect = {{ {effect} }}"));
        let answer = sim.post("/sp/keywords/list", &json!({})).send().await.unwrap();
        assert_eq!(answer.status(), status, "{effect}");
        assert_eq!(answer.headers()["content-type"], media_type, "{effect}");
        let throttled = answer.headers().get("amazon-advertising-api-throttled").is_some();
        assert_eq!(throttled, effect.contains("429, body = 'gateway'"));
        let text = answer.text().await.unwrap();
        assert!(text.contains(expected) && (!expected.is_empty() || text.is_empty()), "{effect}: {text}");
    }
}

#[tokio::test]
async fn retry_after_can_be_a_date_or_nonsense() {
    let sim = start(small()).await;
    let header = async |value: &str| {
        sim.scenario(&format!("[[fault]]\neffect = {{ status = 429, retry_after = {value} }}"));
        let answer = sim.get("/sd/campaigns").send().await.unwrap();
        answer.headers()["retry-after"].to_str().unwrap().to_owned()
    };
    assert!(header("'date:+30'").await.ends_with(" GMT"));
    assert_eq!(header("'soon'").await, "soon");
    assert_eq!(header("-5").await, "-5");
}

#[tokio::test]
async fn pages_can_be_of_the_wrong_shape() {
    let sim = start(small()).await;
    sim.scenario("[[fault]]\nmatch = { times = 'forever' }\neffect = { body = 'wrong_shape' }");
    let page = keywords(&sim, None).await;
    assert!(page.get("keywords").is_none() && page["totalResults"].is_u64(), "{page}");
    let page = sim.ok(sim.get("/sd/campaigns")).await;
    assert!(page.is_object() && page["rows"].is_array());
}

#[tokio::test]
async fn a_token_can_repeat_for_ever() {
    let sim = start(small()).await;
    sim.scenario("[[fault]]\nmatch = { times = 'forever' }\neffect = { body = 'repeat_token' }");
    let first = keywords(&sim, None).await;
    let second = keywords(&sim, Some(&first["nextToken"])).await;
    let third = keywords(&sim, Some(&second["nextToken"])).await;
    assert_eq!(first["nextToken"], second["nextToken"]);
    assert_eq!(ids(&second), ids(&third));
    assert_ne!(ids(&first), ids(&second));
}

#[tokio::test]
async fn served_rows_can_come_again_for_ever_under_new_tokens() {
    let sim = start(small()).await;
    sim.scenario("[[fault]]\nmatch = { times = 'forever' }\neffect = { body = 'repeat_page' }");
    let first = keywords(&sim, None).await;
    let second = keywords(&sim, Some(&first["nextToken"])).await;
    assert_eq!(ids(&first), ids(&second));
    assert_ne!(first["nextToken"], second["nextToken"]);
    let (one, two) =
        (sim.ok(sim.get("/sd/targets")).await, sim.ok(sim.get("/sd/targets?startIndex=100")).await);
    assert_eq!(one, two);
}

#[tokio::test]
async fn pages_can_be_short_or_capped_without_losing_rows() {
    let sim = start(small()).await;
    let expected = sim.all_by_token("/sp/keywords/list", json!({"maxResults": 100})).await.0;
    for (effect, size) in [("body = 'short_page'", 50), ("cap_count = 30", 30)] {
        sim.scenario(&format!("[[fault]]\nmatch = {{ times = 'forever' }}\neffect = {{ {effect} }}"));
        assert_eq!(ids(&keywords(&sim, None).await).len(), size);
        assert_eq!(sim.all_by_token("/sp/keywords/list", json!({"maxResults": 100})).await.0, expected);
        let targets = sim.all_by_index("/sd/targets", "count=20", "*/*").await;
        assert_eq!(targets.len(), sim.truth().count("/sd/targets"));
    }
}

#[tokio::test]
async fn rows_can_get_lost_and_lists_can_end_early() {
    let sim = start(small()).await;
    sim.scenario("[[fault]]\nmatch = { from_request = 2 }\neffect = { drop_rows = 3 }");
    let (rows, totals) = sim.all_by_token("/sp/keywords/list", json!({"maxResults": 500})).await;
    assert_eq!(rows.len() as u64 + 3, totals[0]);
    sim.scenario("[[fault]]\nmatch = { from_request = 2 }\neffect = { body = 'empty_page' }");
    let (rows, totals) = sim.all_by_token("/sp/keywords/list", json!({"maxResults": 500})).await;
    assert_eq!((rows.len(), totals[1]), (500, totals[0]));
}

#[tokio::test]
async fn answers_can_be_truncated_and_connections_cut() {
    let sim = start(small()).await;
    sim.scenario("[[fault]]\neffect = { body = 'truncated' }");
    let text = sim.get("/sd/targets").send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with("[{") && serde_json::from_str::<Value>(&text).is_err());
    sim.scenario("[[fault]]\neffect = { cut = 'mid_body' }");
    let answer = sim.get("/sd/targets").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.is_err());
    sim.scenario("[[fault]]\neffect = { cut = 'before_headers' }");
    assert!(sim.get("/sd/targets").send().await.is_err());
    sim.ok(sim.get("/sd/targets")).await;
    let statuses: Vec<u16> = sim.control.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [200, 200, 200, 0, 200]);
}

#[tokio::test]
async fn login_can_be_struck_too() {
    let sim = start(small()).await;
    sim.scenario("[[fault]]\nmatch = { path = '/auth/o2/token' }\neffect = { body = 'lwa_invalid_grant' }");
    let answer = sim.token_request(&[]).await;
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "invalid_grant");
    assert_eq!(sim.token_request(&[]).await.status(), 200);
}

#[tokio::test]
async fn a_fault_strikes_only_the_profile_it_names_and_ends_when_cleared() {
    let mut options = small();
    options.profiles = 2;
    let mut sim = start(options).await;
    let id = sim.profile;
    sim.scenario(&format!("[[fault]]\nmatch = {{ profile = {id}, path = '/sd/*', times = 'forever' }}\neffect = {{ status = 500 }}"));
    sim.refused(sim.get("/sd/campaigns"), 500).await;
    sim.become_profile(1);
    sim.ok(sim.get("/sd/campaigns")).await;
    sim.become_profile(0);
    sim.control.clear_scenario();
    sim.ok(sim.get("/sd/campaigns")).await;
}

#[tokio::test]
async fn scenarios_with_mistakes_are_refused_and_files_are_read() {
    assert!(Scenario::parse("[[fault]]\nmach = {}\neffect = {}").is_err());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.toml");
    assert!(Scenario::load(&path).unwrap_err().to_string().contains("scenario.toml"));
    std::fs::write(&path, "[[fault]]\neffect = { status = 418 }").unwrap();
    let sim = start(small()).await;
    sim.control.set_scenario(Scenario::load(&path).unwrap());
    sim.refused(sim.get("/sd/campaigns"), 418).await;
}

#[tokio::test]
async fn members_are_merged_into_every_row() {
    let sim = start(small()).await;
    let right = keywords(&sim, None).await;
    sim.scenario(
        "[[fault]]\neffect = { merge = { novelty = { deep = [1] }, matchType = 'TELEPATHIC', extendedData = { mood = 'x' } } }",
    );
    let invented = keywords(&sim, None).await;
    assert_eq!((ids(&invented), &invented["totalResults"]), (ids(&right), &right["totalResults"]));
    for (row, was) in
        invented["keywords"].as_array().unwrap().iter().zip(right["keywords"].as_array().unwrap())
    {
        let mut expected = was.clone();
        expected["novelty"] = json!({"deep": [1]});
        expected["matchType"] = "TELEPATHIC".into();
        expected["extendedData"] = json!({"mood": "x"});
        assert_eq!(*row, expected);
    }
    assert_eq!(keywords(&sim, None).await, right);
}
