//! `/_sim/`: what a test needs of a simulator that runs in another process.

use std::sync::Arc;

use serde_json::json;

use super::answer::Answer;
use super::app::{App, Call};
use super::control::Control;
use super::faults::Scenario;
use super::form;

/// Answers a request below `/_sim/`.
pub(crate) async fn answer(app: &Arc<App>, action: &str, call: &Call) -> Answer {
    let control = Control { app: Arc::clone(app) };
    let query = form::decode(&call.query);
    let given = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let profile = match given("profile").map(str::parse::<u64>) {
        Some(Err(_)) => return wrong(400, "profile must be a number"),
        Some(Ok(id)) => Some(id),
        None => None,
    };
    match (call.method.as_str(), action) {
        ("GET", "truth") => {
            let Some(id) = profile else { return wrong(400, "profile is required") };
            let extended = given("extended") == Some("true");
            let told = tokio::task::spawn_blocking(move || {
                if extended { control.extended_truth(id) } else { control.truth(id) }
                    .map(|truth| truth.to_json())
            });
            match told.await {
                Ok(Some(body)) => Answer::json(body),
                _ => wrong(404, "no such profile"),
            }
        }
        ("GET", "requests") => Answer::json(app.requests.summary().to_string()),
        ("POST", "churn") => match control.churn_now(profile) {
            0 => wrong(404, "no such profile"),
            moved => Answer::json(json!({"profiles": moved}).to_string()),
        },
        ("POST", "scenario") => match Scenario::parse(&String::from_utf8_lossy(&call.body)) {
            Ok(scenario) => {
                control.set_scenario(scenario);
                Answer::json("{}")
            }
            Err(error) => wrong(400, &error.to_string()),
        },
        ("DELETE", "scenario") => {
            control.clear_scenario();
            Answer::json("{}")
        }
        ("POST", "expire-tokens") => {
            control.expire_tokens();
            Answer::json("{}")
        }
        ("POST", "revoke-consent") => {
            control.revoke_consent();
            Answer::json("{}")
        }
        ("POST", "restore-consent") => {
            control.restore_consent();
            Answer::json("{}")
        }
        _ => wrong(404, "no such action"),
    }
}

fn wrong(status: u16, message: &str) -> Answer {
    Answer::with(status, "application/json", json!({"message": message}).to_string())
}
