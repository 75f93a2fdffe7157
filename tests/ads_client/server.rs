//! A scripted API: answers what it is told to, in order, and remembers what it was asked.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adsync::ads::{AdsClient, ClientOptions, Cursor, ListCall, LoginEndpoint};
use adsync::config::{RateLimitConfig, Secret};
use adsync::domain::entity::DESCRIPTORS;
use adsync::domain::id::ProfileId;
use adsync::domain::profile::Region;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use futures::StreamExt;

pub(crate) const CLIENT_SECRET: &str = "cs-very-secret-value";
pub(crate) const REFRESH_TOKEN: &str = "Atzr|refresh-secret-value";
/// Every access token that the server hands out begins with it.
pub(crate) const ACCESS_TOKEN: &str = "Atza|access-secret-value";

/// One answer.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    manner: Manner,
}

#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Whole,
    /// Breaks off in the middle.
    CutOff,
    /// Never comes.
    Silent,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), manner: Manner::Whole }
    }

    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, body)
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn cut_off(mut self) -> Self {
        self.manner = Manner::CutOff;
        self
    }

    pub(crate) fn silent() -> Self {
        Self { manner: Manner::Silent, ..Self::new(200, "") }
    }

    async fn send(self) -> Response<Body> {
        if self.manner == Manner::Silent {
            std::future::pending::<()>().await;
        }
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(*name, value);
        }
        if self.manner == Manner::CutOff {
            // Longer than what comes: the connection breaks before the end.
            response = response.header("content-length", (self.body.len() + 100).to_string());
            let body = futures::stream::iter([Ok::<_, std::io::Error>(self.body)]).chain(
                futures::stream::once(async {
                    // Lets the first part out before the connection breaks.
                    tokio::task::yield_now().await;
                    Err(std::io::Error::other("cut off"))
                }),
            );
            return response.body(Body::from_stream(body)).unwrap();
        }
        response.body(Body::from(self.body)).unwrap()
    }
}

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Hit {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

/// The script: queued answers first, then the last resort for ever.
#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    always: Option<Reply>,
    /// Requests with this token get a 401 before anything else is looked at.
    refused: Option<String>,
    hits: Vec<Hit>,
}

#[derive(Clone, Default)]
pub(crate) struct Server {
    api: Arc<Mutex<Script>>,
    token: Arc<Mutex<Script>>,
    url: String,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let mut server = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        server.url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn then(&self, reply: Reply) -> &Self {
        self.api.lock().unwrap().replies.push_back(reply);
        self
    }

    pub(crate) fn always(&self, reply: Reply) -> &Self {
        self.api.lock().unwrap().always = Some(reply);
        self
    }

    pub(crate) fn refuse(&self, token: &str) -> &Self {
        self.api.lock().unwrap().refused = Some(format!("Bearer {token}"));
        self
    }

    pub(crate) fn token_then(&self, reply: Reply) -> &Self {
        self.token.lock().unwrap().replies.push_back(reply);
        self
    }

    pub(crate) fn token_always(&self, reply: Reply) -> &Self {
        self.token.lock().unwrap().always = Some(reply);
        self
    }

    pub(crate) fn hits(&self) -> Vec<Hit> {
        self.api.lock().unwrap().hits.clone()
    }

    pub(crate) fn token_hits(&self) -> Vec<Hit> {
        self.token.lock().unwrap().hits.clone()
    }

    pub(crate) fn login(&self) -> LoginEndpoint {
        LoginEndpoint {
            name: "acme".to_owned(),
            region: Region::Eu,
            client_id: "amzn1.application-oa2-client.test".to_owned(),
            client_secret: Secret::new(CLIENT_SECRET),
            refresh_token: Secret::new(REFRESH_TOKEN),
            api_url: self.url.clone(),
            token_url: format!("{}/auth/o2/token", self.url),
            simulated: false,
        }
    }

    pub(crate) fn client(&self) -> AdsClient {
        AdsClient::new(vec![self.login()], &no_limits(), hasty()).unwrap()
    }
}

async fn answer(State(server): State<Server>, request: Request) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let hit = Hit {
        method: parts.method.to_string(),
        uri: parts.uri.to_string(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let is_token = parts.uri.path() == "/auth/o2/token";
    let reply = {
        let mut script = if is_token { &server.token } else { &server.api }.lock().unwrap();
        let refused = script.refused.as_ref().is_some_and(|token| token == hit.header("authorization"));
        script.hits.push(hit);
        let number = script.hits.len();
        let fallback = script.always.clone();
        if refused {
            Reply::new(401, r#"{"code":"UNAUTHORIZED","details":"HTTP 401 Unauthorized"}"#)
        } else {
            script.replies.pop_front().or(fallback).unwrap_or_else(|| {
                if is_token { token(number) } else { Reply::new(418, "the script has no answer for this") }
            })
        }
    };
    Ok(reply.send().await)
}

/// A token answer; each has its number in its token.
pub(crate) fn token(number: usize) -> Reply {
    Reply::ok(format!(
        r#"{{"access_token":"{ACCESS_TOKEN}-{number}","refresh_token":"{REFRESH_TOKEN}","token_type":"bearer","expires_in":3600}}"#
    ))
    .header("content-type", "application/json")
}

pub(crate) fn no_limits() -> RateLimitConfig {
    RateLimitConfig { enabled: false, ..RateLimitConfig::default() }
}

/// Waits of our own are a few milliseconds, so that tests on real sockets need no clock.
pub(crate) fn hasty() -> ClientOptions {
    ClientOptions {
        timeout: Duration::from_secs(20),
        backoff_base: Duration::from_millis(1),
        backoff_cap: Duration::from_millis(4),
        seed: Some(1),
        ..ClientOptions::default()
    }
}

pub(crate) fn list(path: &str) -> ListCall {
    ListCall {
        login: "acme".to_owned(),
        profile_id: ProfileId(3_312_910_465_837_761),
        descriptor: DESCRIPTORS.iter().find(|d| d.list.request.path() == path).unwrap(),
        filter: None,
        each: None,
        extended: false,
        cursor: Cursor::Start,
        priority: 0,
    }
}
