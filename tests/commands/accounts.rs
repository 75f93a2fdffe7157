//! Which profiles are meant, which are left out, which are gone, and to which parts access was lost.

use serde_json::{Value, json};

use crate::support::adsync::Home;
use crate::support::api::Api;
use crate::{SMALL, one_profile, profiles};

/// Eight profiles; the last one is an agency's. Brands are at home in several countries.
fn eight() -> Api {
    Api::start(&[
        "--profiles",
        "8",
        "--campaigns",
        "2",
        "--ad-groups",
        "1",
        "--keywords",
        "1",
        "--latency",
        "0ms",
    ])
}

/// A home whose configuration has entries, and what it lists.
fn listed(api: &Api, section: &str) -> (Home, Vec<Value>) {
    let home = Home::with_config(&format!("{section}\n{}", api.config("sqlite:test.db")));
    let listed = home.ok(&["profiles", "--json"]).objects();
    (home, listed)
}

fn name(profile: &Value) -> &str {
    profile["profile"]["name"].as_str().unwrap()
}

fn id(profile: &Value) -> String {
    profile["profile"]["id"].as_str().unwrap().to_owned()
}

fn country(profile: &Value) -> &str {
    profile["profile"]["country"].as_str().unwrap()
}

#[test]
fn a_name_that_several_have_is_told_apart_by_its_country() {
    let api = eight();
    let (home, listed) = listed(&api, "");
    let (one, other) = (&listed[1], &listed[2]);
    assert_eq!(name(one), name(other), "two neighbours of one brand");
    assert_ne!(country(one), country(other));
    let full = format!("{} {}", name(one), country(one));
    for command in ["sync", "retry", "cancel", "runs", "changes"] {
        let (id, full) = (id(one), format!("{full:?}"));
        home.run(&[command, name(one)])
            .assert(2, &["profiles are named", &id, "with its country, as", &full]);
    }
    let done = home.ok(&["sync", &full.to_lowercase()]);
    assert!(done.stdout.contains(&full) && done.stdout.contains("proved"), "{done:#?}");
    assert_eq!(home.ok(&["runs", &full, "--json"]).objects().len(), 1);
}

#[test]
fn profiles_that_are_left_out_are_shown_skipped_and_refused_with_the_line_to_change() {
    let api = eight();
    let (_, all) = listed(&api, "");
    let (excluded, agency) =
        (&all[1], all.iter().find(|p| p["profile"]["account_type"] == "agency").unwrap());
    let excluded_id = id(excluded);
    let section = format!("[profiles]\nexclude = [\n  {excluded_id},\n  \"Nobody*\",\n]");
    let home = Home::with_config(&format!("{section}\n{}", api.config("sqlite:test.db")));
    let told = home.ok(&["profiles", "--json"]);
    assert_eq!(told.stderr.matches("no profile is meant by").count(), 1, "{told:#?}");
    told.assert(0, &["\"Nobody*\"", "config.toml:4"]);
    let of = |wanted: &str| told.objects().into_iter().find(|p| id(p) == wanted).unwrap();
    let shown = of(&excluded_id);
    assert_eq!(shown["status"], "excluded");
    let reason = shown["not_syncable"].as_str().unwrap();
    assert!(
        reason.starts_with("excluded by the configuration") && reason.contains("config.toml:3"),
        "{reason}"
    );
    assert_eq!(of(&id(agency))["status"], "not synced");
    let table = home.ok(&["profiles", "--stored"]).stdout;
    for (id, note) in [(&excluded_id, reason), (&id(agency), "agency profiles hold no sponsored ads")] {
        assert!(
            table.lines().any(|line| line.contains(id.as_str()) && line.ends_with(note)),
            "{note}: {table}"
        );
    }
    home.run(&["sync", &excluded_id])
        .assert(2, &["excluded by the configuration", "Take", "out of exclude, at", "config.toml:3"]);
    assert_eq!(home.ok(&["runs", "--json"]).objects().len(), 0);

    // All that may be synced are; the others are counted and told.
    let done = home.ok(&["sync", "--all"]);
    done.assert(0, &["skipped 2 profiles: 1 excluded, 1 not synced", "6 proved"]);
    let summary = home.ok(&["sync", "--all", "--json"]).objects().pop().unwrap();
    assert_eq!(
        (&summary["completed"], &summary["skipped"]),
        (&json!(6), &json!({"excluded": 1, "not synced": 1}))
    );

    // The other way round: only what is included.
    home.write(
        "config.toml",
        &format!("[profiles]\ninclude = [\"{excluded_id}\"]\n{}", api.config("sqlite:test.db")),
    );
    let done = home.ok(&["sync", "--all"]);
    assert_eq!(done.stdout.lines().filter(|line| line.contains("proved")).count(), 1, "{done:#?}");
    home.run(&["sync", &id(agency)]).assert(2, &["agency"]);
    let other = all
        .iter()
        .find(|p| !["excluded", "not synced"].contains(&of(&id(p))["status"].as_str().unwrap()))
        .unwrap();
    home.run(&["sync", &id(other)]).assert(2, &["not in include", "Add it to include, at", "config.toml:2"]);
}

#[test]
fn entries_and_logins_that_cannot_be_meant_are_configuration_errors_with_their_line() {
    let login = |name: &str, region: &str| {
        format!(
            "[[login]]\nname = {name:?}\nregion = {region:?}\nclient_id = \"c\"\nclient_secret = \"s\"\nrefresh_token = \"r\"\n"
        )
    };
    for (text, parts) in [
        (
            "[profiles]\ninclude = [\"Acme\", \"region:EU\"]\n".to_owned(),
            ["config.toml:2:", "no kind of entry"],
        ),
        ("[profiles]\nexclude = [\"country:Germany\"]\n".to_owned(), ["config.toml:2:", "country:DE"]),
        ("[profiles]\nexcluded = []\n".to_owned(), ["config.toml:2:", "did you mean \"exclude\"?"]),
        (login("acme", "NA") + &login("acme", "EU"), ["config.toml:8:", "two logins are named \"acme\""]),
        (login("acme", "NA") + &login("other", "US"), ["config.toml:9:", "\"US\""]),
        ("[sync]\nask_again_after = \"tomorrow\"\n".to_owned(), ["config.toml:2:", "\"tomorrow\""]),
    ] {
        Home::with_config(&text).run(&["profiles"]).assert(2, &parts);
    }
}

#[test]
fn a_profile_that_left_the_list_is_gone_keeps_its_data_and_comes_back() {
    // The same world, once with a profile more.
    let three = Api::start(&[&["--profiles", "3"], &SMALL[..]].concat());
    let two = Api::start(&[&["--profiles", "2"], &SMALL[..]].concat());
    let home = Home::with_config(&three.config("sqlite:test.db"));
    home.ok(&["sync", "--all"]);
    let before = profiles(&home);
    home.write("config.toml", &two.config("sqlite:test.db"));
    let listed = home.ok(&["profiles", "--json"]).objects();
    let gone: Vec<&Value> = listed.iter().filter(|p| p["status"] == "gone").collect();
    let [gone] = gone.as_slice() else { panic!("{listed:#?}") };
    assert!(gone["gone_at"].as_i64().unwrap() > 0 && gone["rows"].as_i64().unwrap() > 0, "{gone}");
    let id = id(gone);
    let table = home.ok(&["profiles", "--stored", "--utc"]).stdout;
    assert!(table.lines().any(|line| line.contains(&id) && line.contains("not listed since 2")), "{table}");
    home.run(&["sync", &id]).assert(2, &["no longer lists it, since", "its data is kept"]);
    home.ok(&["sync", "--all"]).assert(0, &["skipped 1 profile: 1 gone"]);
    home.write("config.toml", &three.config("sqlite:test.db"));
    home.ok(&["sync", &id]);
    assert_eq!(profiles(&home), before);
    assert!(home.ok(&["profiles", "--json"]).objects().iter().all(|p| p["gone_at"].is_null()));
}

#[test]
fn lost_access_is_told_wherever_a_profile_or_run_is_shown() {
    let api = one_profile();
    let home = Home::with_config(&api.config("sqlite:test.db"));
    home.ok(&["sync", "--all"]);
    api.scenario(
        "[[fault]]\nmatch = { path = '/sb/*', times = 'forever' }\n\
         effect = { status = 403, body = '{\"code\":\"403\",\"details\":\"Advertiser is not authorized for Sponsored Brands\"}' }",
    );
    let done = home.ok(&["sync", "--all"]);
    assert!(done.stdout.contains("access lost: SB campaigns, SB ad groups"), "{done:#?}");
    let profile = home.ok(&["profiles", "--json"]).objects().remove(0);
    assert_eq!(profile["status"], "access lost");
    let rows = profile["access_lost"]["rows"].as_i64().unwrap();
    assert!(rows > 0 && rows < profile["rows"].as_i64().unwrap(), "{profile}");
    let table = home.ok(&["profiles"]).stdout;
    assert!(table.contains("access lost") && table.contains(&format!("{rows} rows frozen")), "{table}");
    let asked = api.requests()["/sb/v4/campaigns/list"];

    // Where rows are frozen the next sync asks again, so that access is noticed when it is back.
    home.ok(&["sync", "--all"]);
    assert_eq!(api.requests()["/sb/v4/campaigns/list"], asked + 1);
    let run = home.ok(&["run", "show", "3"]).stdout;
    let line = run.lines().find(|line| line.contains("SB campaigns")).unwrap();
    for part in ["access lost", "not authorized", "since 2", "rows frozen", "asked again by the next sync"] {
        assert!(line.contains(part), "{part:?}: {line}");
    }
    let units = home.ok(&["run", "show", "3", "--json"]).objects().remove(0)["units"].clone();
    let brands = units.as_array().unwrap().iter().find(|u| u["ad_product"] == "SB").unwrap();
    assert_eq!(
        (&brands["refusal"]["remembered"], &brands["error"]["code"]),
        (&json!(false), &json!("product.access_lost"))
    );
}
