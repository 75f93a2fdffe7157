//! Commands that only look: what they list is what is stored, in words and as JSON.

use crate::support::adsync::Home;
use crate::support::api::Api;
use crate::{one_profile, profiles};

fn synced() -> (Api, Home, String) {
    let api = one_profile();
    let home = Home::with_config(&api.config("sqlite:test.db"));
    home.ok(&["sync", "--all"]);
    let profile = profiles(&home).remove(0);
    (api, home, profile)
}

#[test]
fn profiles_are_listed_with_how_their_last_sync_ended() {
    let (api, home, profile) = synced();
    let table = home.ok(&["profiles"]);
    assert_eq!(table.stderr, "");
    let line = table.stdout.lines().find(|line| line.contains(&profile)).unwrap();
    assert!(line.contains("acme") && line.contains("proved"), "{table:#?}");
    let object = home.ok(&["profiles", "--json"]).objects().remove(0);
    let rows: usize = crate::support::inspect::expected(&api.truth(&profile)).len();
    assert_eq!(
        (&object["status"], &object["last_run"], &object["rows"]),
        (&"proved".into(), &1.into(), &rows.into())
    );
    // What is stored is shown without asking anybody.
    let before = api.requests();
    home.ok(&["profiles", "--stored"]);
    assert_eq!(api.requests(), before);
}

/// A name that rings, moves the cursor, turns the writing direction and goes on in the next line.
#[test]
fn nothing_that_a_terminal_obeys_comes_from_a_name_or_from_an_answer() {
    let api = one_profile();
    let home = Home::with_config(&api.config("sqlite:test.db"));
    let evil = r"Haus\u001b]0;owned\u0007\u001b[2J\u009b1m\u202eLinden\nof\tMilan";
    let profile = format!(
        r#"{{"profileId": 77, "countryCode": "DE", "currencyCode": "EUR", "timezone": "Europe/Berlin",
            "accountInfo": {{"id": "E1", "type": "seller", "name": "{evil}"}}}}"#
    );
    let fault = |path: &str, status: u16, body: &str| {
        format!(
            "[[fault]]\nmatch = {{ path = '{path}', times = 'forever' }}\neffect = {{ status = {status}, body = '''{body}''' }}\n"
        )
    };
    let refused = format!(r#"{{"code":"400","details":"no {evil}"}}"#);
    api.scenario(&(fault("/v2/profiles", 200, &format!("[{profile}]")) + &fault("/sp/*", 400, &refused)));
    let name = "Haus]0;owned[2J1mLinden of Milan DE";
    let mut named = 0;
    for (args, code) in [
        (&["profiles"][..], 0),
        (&["sync", "--all", "--verbose"], 1),
        (&["runs"], 0),
        (&["run", "show", "1"], 0),
        (&["errors"], 0),
        (&["why", "77"], 0),
        (&["retry", "77"], 1),
        (&["cancel", "77"], 0),
        (&["profiles", "--stored"], 0),
    ] {
        let outcome = home.run(args);
        assert_eq!(outcome.code, Some(code), "{args:?} {outcome:#?}");
        for text in [&outcome.stdout, &outcome.stderr] {
            let obeyed = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
            assert_eq!(obeyed, None, "{args:?} {text:?}");
            named += usize::from(text.contains(name));
        }
    }
    assert!(named >= 5, "it is shown at all");
    let exact = home.ok(&["profiles", "--stored", "--json"]).objects().remove(0);
    let name = exact["profile"]["name"].as_str().unwrap();
    assert!(name.contains("\u{1b}]0;owned\u{7}") && name.contains("\u{202e}Linden\nof"), "{name:?}");
}

#[test]
fn profiles_that_are_not_synced_say_why() {
    let api = Api::start(&["--profiles", "8", "--campaigns", "0", "--latency", "0ms"]);
    let home = Home::with_config(&api.config("sqlite:test.db"));
    let agency: Vec<_> = home
        .ok(&["profiles", "--json"])
        .objects()
        .into_iter()
        .filter(|p| p["profile"]["account_type"] == "agency")
        .collect();
    assert_eq!(agency.len(), 1);
    assert_eq!(agency[0]["status"], "not synced");
    assert!(agency[0]["not_syncable"].as_str().unwrap().contains("agency"), "{}", agency[0]);
    let id = agency[0]["profile"]["id"].as_str().unwrap().to_owned();
    home.run(&["sync", &id]).assert(2, &["cannot be synced", "agency"]);
}

#[test]
fn runs_are_listed_newest_first_and_shown_with_their_proofs() {
    let (_api, home, profile) = synced();
    home.ok(&["sync", "--all"]);
    let runs = home.ok(&["runs", "--json"]).objects();
    let ids: Vec<_> = runs.iter().map(|run| run["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [2, 1]);
    assert_eq!(home.ok(&["runs", "--limit", "1", "--json"]).objects().len(), 1);
    assert_eq!(home.ok(&["runs", &profile, "--state", "failed", "--json"]).objects().len(), 0);
    let table = home.ok(&["runs"]);
    assert_eq!(table.stdout.lines().filter(|line| line.contains("proved")).count(), 2, "{table:#?}");

    let shown = home.ok(&["run", "show", "1"]);
    assert!(shown.stdout.contains(&profile), "{shown:#?}");
    let units = adsync::domain::entity::DESCRIPTORS.len();
    assert_eq!(
        shown.stdout.lines().filter(|line| line.contains("proved") && line.contains("distinct")).count(),
        units
    );
    let object = home.ok(&["run", "show", "1", "--json"]).objects().remove(0);
    assert_eq!(object["units"].as_array().unwrap().len(), units);
    home.run(&["run", "show", "9"]).assert(2, &["run 9 is not known", "adsync runs"]);
}

#[test]
fn changes_are_told_field_by_field() {
    let (api, home, _) = synced();
    assert_eq!(home.ok(&["changes"]).stdout, "", "a first sync only counts");
    api.churn();
    home.ok(&["sync", "--all"]);
    let changes = home.ok(&["changes", "--json", "--limit", "0"]).objects();
    let run = home.ok(&["run", "show", "2", "--json"]).objects().remove(0);
    let counts = &run["run"]["counts"];
    for kind in ["added", "changed", "removed", "returned"] {
        let told = changes.iter().filter(|c| c["kind"] == kind).count();
        assert_eq!(counts[kind].as_u64().unwrap(), told as u64, "{kind}");
    }
    let table = home.ok(&["changes", "--limit", "0"]);
    assert_eq!(table.stdout.lines().count(), changes.len());
    let changed = changes.iter().filter(|c| c["kind"] == "changed").count();
    assert_eq!(table.stdout.lines().filter(|line| line.contains(" -> ")).count(), changed, "{table:#?}");
    assert_eq!(home.ok(&["changes", "--limit", "0", "--since", "1h", "--json"]).objects(), changes);
    assert_eq!(home.ok(&["changes", "--run", "1"]).stdout, "");
}

#[test]
fn what_is_not_known_is_told_by_the_run_and_once_in_the_log() {
    let (api, home, profile) = synced();
    assert!(!home.ok(&["run", "show", "1"]).stdout.contains("not known"));
    api.scenario(
        "[[fault]]\nmatch = { path = '/sd/campaigns', times = 'forever' }\n\
         effect = { merge = { novelty = 1, state = 'dreaming' } }",
    );
    for (run, new) in [(2, true), (3, false)] {
        let synced = home.ok(&["sync", &profile]);
        let warned = |words: &str| synced.stderr.matches(words).count();
        let expected = usize::from(new);
        assert_eq!(warned("the field novelty is not known to adsync"), expected, "{synced:#?}");
        assert_eq!(warned("the value state = dreaming is not known to adsync"), expected, "{synced:#?}");
        let shown = home.ok(&["run", "show", &run.to_string()]).stdout;
        assert!(shown.contains("not known to adsync, kept as it came:"), "{shown}");
        for words in ["SD campaigns  field novelty  in ", "SD campaigns  value state = dreaming  in "] {
            let line =
                shown.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {shown}"));
            assert_eq!(line.ends_with("new to this database"), new, "{line}");
        }
        let object = home.ok(&["run", "show", &run.to_string(), "--json"]).objects().remove(0);
        let units = object["units"].as_array().unwrap();
        let unit = units.iter().find(|u| u["ad_product"] == "SD" && u["entity"] == "campaign").unwrap();
        let items = unit["outcome"]["drift"]["items"].as_array().unwrap();
        assert_eq!(items.len(), 2, "{unit}");
        assert_eq!((&items[0]["kind"], &items[0]["path"]), (&"field".into(), &"novelty".into()));
        assert_eq!((&items[1]["value"], &items[1]["new"]), (&"dreaming".into(), &new.into()));
        assert!(items[0]["rows"].as_u64().is_some_and(|rows| rows > 0));
    }
}
