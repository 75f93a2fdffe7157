//! An API that is as careless as can be: it hands out a token, and repeats in its errors whatever it was sent.

use std::sync::{Arc, Mutex, PoisonError};

use adsync::domain::entity::{DESCRIPTORS, RequestSpec, RowsAt};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;

use crate::{ACCESS_TOKEN, REFRESH_TOKEN};

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As it should, with empty lists.
    Well,
    /// Every list with this status, and a body that repeats the request.
    Echo(u16),
    /// The token endpoint refuses, and repeats the form that it got.
    Refuse,
}

/// It serves until the test ends.
pub(crate) struct Careless {
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    manner: Arc<Mutex<Manner>>,
}

impl Careless {
    pub(crate) fn start() -> Self {
        let manner = Arc::new(Mutex::new(Manner::Well));
        let state = Arc::clone(&manner);
        let (said, listening) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                said.send(listener.local_addr().unwrap().to_string()).unwrap();
                axum::serve(listener, Router::new().fallback(answer).with_state(state)).await.unwrap();
            });
        });
        Self { address: listening.recv().unwrap(), manner }
    }

    pub(crate) fn now(&self, manner: Manner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }
}

async fn answer(State(manner): State<Arc<Mutex<Manner>>>, request: Request) -> Response<Body> {
    let manner = *manner.lock().unwrap_or_else(PoisonError::into_inner);
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8_lossy(&body);
    let sent =
        head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()));
    let sent = sent.collect::<Vec<_>>().join(" ");
    let path = head.uri.path();
    let (status, text) = match (path, manner) {
        ("/auth/o2/token", Manner::Refuse) => {
            let said = format!(
                "no consent for {REFRESH_TOKEN}; you sent {body} to {}, which is {}, {} or {}",
                head.uri,
                in_base64(&body),
                escaped(&body, |byte| format!(
                    "%25{}",
                    escaped(&format!("{byte:02X}"), |b| format!("%{b:02X}"))
                )),
                escaped(&body, |byte| format!("{byte:02x}")),
            );
            (400, serde_json::json!({"error": "invalid_grant", "error_description": said}).to_string())
        }
        ("/auth/o2/token", _) => {
            let token = serde_json::json!({
                "access_token": ACCESS_TOKEN, "refresh_token": REFRESH_TOKEN, "token_type": "bearer", "expires_in": 3600,
            });
            (200, token.to_string())
        }
        ("/v2/profiles", _) if head.uri.query().is_some_and(|query| query.contains("view")) => {
            (200, "[]".to_owned())
        }
        ("/v2/profiles", _) => {
            let profile = serde_json::json!([{
                "profileId": 77, "countryCode": "DE", "currencyCode": "EUR", "timezone": "Europe/Berlin",
                "accountInfo": {"marketplaceStringId": "A1", "id": "E1", "type": "seller", "name": "Haus Linden"},
            }]);
            (200, profile.to_string())
        }
        (_, Manner::Echo(status)) => {
            let said = format!(
                "refused: {sent} {body} {} {} {}",
                in_base64(&sent),
                escaped(&sent, |byte| format!("&#x{byte:X};")),
                escaped(&sent, |byte| format!("\\u{byte:04x}")),
            );
            (status, serde_json::json!({"code": status.to_string(), "details": said}).to_string())
        }
        (path, _) => (200, empty_list(path)),
    };
    // Whoever signs in has no token yet that could be repeated.
    let repeated = if path == "/auth/o2/token" { REFRESH_TOKEN } else { ACCESS_TOKEN };
    let response =
        Response::builder().status(status).header("x-amz-request-id", format!("Bearer {repeated}"));
    response.body(Body::from(text)).unwrap()
}

/// A text with each byte spelled in another way.
fn escaped(text: &str, spell: impl Fn(u8) -> String) -> String {
    text.bytes().map(spell).collect()
}

/// A text in base64 as the standard spells it, as URLs do, and percent-encoded, at each alignment.
fn in_base64(text: &str) -> String {
    let encode = |text: String, last: [char; 2]| {
        let letters = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(last);
        let letters: Vec<char> = letters.collect();
        let bits: String = text.bytes().map(|byte| format!("{byte:08b}")).collect();
        let sixes = bits.as_bytes().chunks(6).map(|six| {
            let six = std::str::from_utf8(six).unwrap();
            letters[usize::from_str_radix(&format!("{six:0<6}"), 2).unwrap()]
        });
        sixes.collect::<String>()
    };
    let all = ["", "x", "xy"].map(|before| {
        let standard = encode(format!("{before}{text}"), ['+', '/']);
        let url = encode(format!("{before}{text}"), ['-', '_']);
        let percent = standard.replace('+', "%2B").replace('/', "%2f");
        format!("{standard} {url} {percent}")
    });
    all.join(" ")
}

/// A proved page without rows.
fn empty_list(path: &str) -> String {
    let of = DESCRIPTORS.iter().find(|d| match d.list.request {
        RequestSpec::Post { path: of, .. } | RequestSpec::Get { path: of, .. } => of == path,
    });
    match of.map(|d| d.list.rows) {
        Some(RowsAt::Field(field)) => format!(r#"{{"{field}":[],"totalResults":0}}"#),
        _ => "[]".to_owned(),
    }
}
