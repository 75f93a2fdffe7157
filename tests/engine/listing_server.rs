//! A server that lists profiles as it is told to, over real HTTP: what one login sees of its accounts.

use std::sync::{Arc, Mutex};

use adsync::ads::LoginEndpoint;
use adsync::config::Secret;
use adsync::domain::profile::Region;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

/// What a login sees.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sight {
    /// Profiles that it may edit.
    pub(crate) edit: Vec<i64>,
    /// Profiles that it may only view.
    pub(crate) view: Vec<i64>,
    /// The list of what may be edited is refused.
    pub(crate) edit_fails: bool,
    /// The list of what may be viewed is refused.
    pub(crate) view_fails: bool,
}

/// A running server; it ends with the test.
#[derive(Clone)]
pub(crate) struct ListingServer {
    sight: Arc<Mutex<Sight>>,
    url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    access_level: String,
}

impl ListingServer {
    /// A login that may edit these profiles.
    pub(crate) async fn start(edit: impl IntoIterator<Item = i64>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { sight: Arc::default(), url };
        server.change(|sight| sight.edit = edit.into_iter().collect());
        let app = Router::new()
            .route("/auth/o2/token", post(token))
            .route("/v2/profiles", get(profiles))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    /// Changes what it sees.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Sight)) {
        change(&mut self.sight.lock().unwrap());
    }

    /// A login that it serves.
    pub(crate) fn login(&self, name: &str, region: Region, client_id: &str) -> LoginEndpoint {
        LoginEndpoint {
            name: name.to_owned(),
            region,
            client_id: client_id.to_owned(),
            client_secret: Secret::new("secret"),
            refresh_token: Secret::new(format!("refresh {}", self.url)),
            api_url: self.url.clone(),
            token_url: format!("{}/auth/o2/token", self.url),
            simulated: false,
        }
    }
}

async fn token() -> axum::Json<serde_json::Value> {
    axum::Json(json!({ "access_token": "Atza|x", "token_type": "bearer", "expires_in": 3600 }))
}

async fn profiles(
    State(server): State<ListingServer>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<serde_json::Value>, StatusCode> {
    let sight = server.sight.lock().unwrap().clone();
    // Whoever may edit may view as well.
    let (fails, rows) = match asked.access_level.as_str() {
        "edit" => (sight.edit_fails, sight.edit),
        _ => (sight.view_fails, [sight.view, sight.edit].concat()),
    };
    if fails {
        return Err(StatusCode::FORBIDDEN);
    }
    // As long as Amazon's answers get.
    let row = |id: &i64| {
        json!({
            "profileId": id, "countryCode": "DE", "currencyCode": "EUR", "timezone": "Europe/Berlin",
            "accountInfo": { "id": format!("A{id}"), "type": "seller", "name": format!("Shop {id}") }
        })
    };
    Ok(axum::Json(rows.iter().take(5_000).map(row).collect()))
}
