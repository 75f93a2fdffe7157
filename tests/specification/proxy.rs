//! A real HTTP proxy: everything that a client says to a server passes through it and is judged on its way.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use tokio::net::TcpListener;

use super::exceptions::{self, EXCEPTIONS};
use super::validator::{Message, Specification, Violation};

/// A proxy that judges; it ends with the test's runtime.
pub(crate) struct Proxy {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    state: Arc<Judge>,
}

struct Judge {
    specification: Specification,
    target: String,
    http: reqwest::Client,
    seen: Mutex<Seen>,
}

/// What has passed so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Answers by operation and status.
    pub(crate) answers: BTreeMap<String, BTreeMap<u16, usize>>,
    pub(crate) violations: BTreeSet<Violation>,
    /// The exceptions that were needed, by their place in the list.
    pub(crate) excepted: BTreeSet<usize>,
}

impl Proxy {
    /// Starts one in front of a server.
    pub(crate) async fn start(target: String) -> Self {
        // Another test may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
        let specification = Specification::read();
        let state = Arc::new(Judge { specification, target, http, seen: Mutex::default() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// What has passed so far.
    pub(crate) fn seen(&self) -> Seen {
        self.state.seen.lock().unwrap().clone()
    }

    /// The specification that it judges by.
    pub(crate) fn specification(&self) -> &Specification {
        &self.state.specification
    }

    /// Fails with the list of all violations, if there is one.
    pub(crate) fn expect_no_violation(&self) {
        let seen = self.seen();
        assert!(!seen.answers.is_empty(), "nothing has passed");
        let list: Vec<String> = seen.violations.iter().map(ToString::to_string).collect();
        assert!(list.is_empty(), "{} violations of the specification:\n{}", list.len(), list.join("\n"));
    }
}

async fn pass(State(judge): State<Arc<Judge>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 16 << 20).await.unwrap().to_vec();
    let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
    let sent = Message { headers: plain(&parts.headers), body };
    let query: Vec<(String, String)> = parts.uri.query().map(decoded).unwrap_or_default();

    let mut forward = judge.http.request(parts.method.clone(), format!("{}{}", judge.target, parts.uri));
    for (name, value) in &parts.headers {
        // The body is judged as text, so it must come as text.
        if !matches!(name.as_str(), "host" | "content-length" | "accept-encoding" | "connection") {
            forward = forward.header(name, value);
        }
    }
    let answer = forward.body(sent.body.clone()).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let received = Message { headers: plain(&headers), body: answer.bytes().await.unwrap().to_vec() };
    // Logging in is specified by Login with Amazon, on hosts of its own, and not by the advertising API.
    if path != "/auth/o2/token" {
        judge.judge(&method, &path, &query, &sent, status.as_u16(), &received);
    }
    let mut response = Response::builder().status(status);
    for (name, value) in &headers {
        if !matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection") {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(received.body)).unwrap()
}

impl Judge {
    fn judge(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
        sent: &Message,
        status: u16,
        received: &Message,
    ) {
        let operation = format!("{method} {path}");
        let mut violations = self.specification.request(method, path, query, sent);
        let accept = sent.headers.get("accept").map(String::as_str);
        violations.extend(self.specification.answer(&operation, accept, status, received));
        let mut seen = self.seen.lock().unwrap();
        *seen.answers.entry(operation).or_default().entry(status).or_default() += 1;
        for violation in violations {
            let text = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, text)| text.as_str());
            let excepts = |e| exceptions::excepts(e, &violation, &self.specification, &text, received);
            if let Some(n) = EXCEPTIONS.iter().position(excepts) {
                seen.excepted.insert(n);
            // Of many that only differ in the row, the first tells enough.
            } else if !seen.violations.iter().any(|known| {
                (&known.operation, known.side, &known.place)
                    == (&violation.operation, violation.side, &violation.place)
                    && known.rule() == violation.rule()
            }) {
                seen.violations.insert(violation);
            }
        }
    }
}

fn plain(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// The names and values of a query.
fn decoded(query: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://query/?{query}")).unwrap();
    url.query_pairs().map(|(name, text)| (name.into_owned(), text.into_owned())).collect()
}
