//! Retries, pauses and tokens in virtual time, over an API that is a script: no sockets and no sleeping.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use reqwest::header::AUTHORIZATION;
use tokio::time::Instant;

use super::answer::{Broken, Lost};
use super::call::{Cursor, ListCall};
use super::client::AdsClient;
use super::endpoint::{ClientOptions, LoginEndpoint};
use super::error::AdsError;
use super::transport::{Http, Transport};
use crate::config::{RateLimitConfig, Secret};
use crate::domain::entity::DESCRIPTORS;
use crate::domain::id::ProfileId;
use crate::domain::profile::Region;

const PAGE: &str = r#"{"campaigns":[{"campaignId":"1"}],"totalResults":1}"#;
const DATE: &str = "Sun, 22 Nov 2026 14:00:00 GMT";

/// One answer.
#[derive(Debug, Clone)]
struct Reply {
    after: Duration,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    lost: Option<Lost>,
}

impl Reply {
    fn new(status: u16, body: &str) -> Self {
        let after = Duration::from_millis(100);
        Self { after, status, headers: vec![("date", DATE.to_owned())], body: body.to_owned(), lost: None }
    }

    fn page() -> Self {
        Self::new(200, PAGE)
    }

    fn throttled(retry_after: &str) -> Self {
        Self::new(429, "{}").header("retry-after", retry_after)
    }

    /// Nothing comes within the time that the attempt has.
    fn silent() -> Self {
        Self { lost: Some(Lost::Timeout), ..Self::new(0, "") }
    }

    fn broken() -> Self {
        Self { lost: Some(Lost::Connection("reset".to_owned())), ..Self::new(0, "") }
    }

    fn token(number: usize, life: u64) -> Self {
        Self::new(200, &format!(r#"{{"access_token":"Atza|{number}","expires_in":{life}}}"#))
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

/// What was asked, and when.
#[derive(Debug, Clone)]
struct Hit {
    at: Instant,
    token: String,
}

/// The script: queued answers first, then the last resort for ever.
#[derive(Debug, Default)]
struct Script {
    replies: VecDeque<Reply>,
    always: Option<Reply>,
    hits: Vec<Hit>,
}

/// An API that answers what it is told to.
#[derive(Debug, Default)]
struct Api {
    lists: Mutex<Script>,
    tokens: Mutex<Script>,
    life: u64,
}

impl Transport for Api {
    fn send(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, Broken>> {
        let is_token = request.url().path() == "/auth/o2/token";
        let reply = {
            let mut script = if is_token { &self.tokens } else { &self.lists }.lock().unwrap();
            let token = request.headers().get(AUTHORIZATION).map_or("", |v| v.to_str().unwrap()).to_owned();
            script.hits.push(Hit { at: Instant::now(), token });
            let number = script.hits.len();
            let fallback = script.always.clone();
            let fallback = fallback
                .unwrap_or_else(|| if is_token { Reply::token(number, self.life) } else { Reply::page() });
            script.replies.pop_front().unwrap_or(fallback)
        };
        async move {
            if reply.lost == Some(Lost::Timeout) {
                tokio::time::sleep(*request.timeout().unwrap()).await;
            } else {
                tokio::time::sleep(reply.after).await;
            }
            if let Some(lost) = reply.lost {
                return Err(Broken { lost, status: None, request_ids: Vec::new() });
            }
            let mut response = http::Response::builder().status(reply.status);
            for (name, value) in &reply.headers {
                response = response.header(*name, value);
            }
            Ok(response.body(reply.body).unwrap().into())
        }
        .boxed()
    }
}

impl Api {
    fn new() -> Arc<Self> {
        Self::with_life(3600)
    }

    fn with_life(life: u64) -> Arc<Self> {
        Arc::new(Self { life, ..Self::default() })
    }

    fn then(&self, reply: Reply) -> &Self {
        self.lists.lock().unwrap().replies.push_back(reply);
        self
    }

    fn always(&self, reply: Reply) -> &Self {
        self.lists.lock().unwrap().always = Some(reply);
        self
    }

    fn token_then(&self, reply: Reply) -> &Self {
        self.tokens.lock().unwrap().replies.push_back(reply);
        self
    }

    fn hits(&self) -> Vec<Hit> {
        self.lists.lock().unwrap().hits.clone()
    }

    /// Seconds between one request and the next.
    fn gaps(&self) -> Vec<Duration> {
        self.hits().windows(2).map(|two| two[1].at - two[0].at).collect()
    }

    fn token_hits(&self) -> usize {
        self.tokens.lock().unwrap().hits.len()
    }

    fn client(self: &Arc<Self>, limits: &RateLimitConfig, options: ClientOptions) -> AdsClient {
        let login = LoginEndpoint {
            name: "acme".to_owned(),
            region: Region::Eu,
            client_id: "client".to_owned(),
            client_secret: Secret::new("cs"),
            refresh_token: Secret::new("rt"),
            api_url: "http://api.test".to_owned(),
            token_url: "http://api.test/auth/o2/token".to_owned(),
            simulated: false,
        };
        // It only builds requests, and is slow to make.
        static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
        let client = CLIENT.get_or_init(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
            reqwest::Client::new()
        });
        let http = Http::over(client.clone(), self.clone());
        AdsClient::over(http, vec![login], limits, options).unwrap()
    }

    /// A client without limits of its own: nothing but answers makes it wait.
    fn unlimited(self: &Arc<Self>, seed: u64) -> AdsClient {
        let limits = RateLimitConfig { enabled: false, ..RateLimitConfig::default() };
        self.client(&limits, ClientOptions { seed: Some(seed), ..ClientOptions::default() })
    }

    /// A client that keeps to one rate for ever.
    fn limited(self: &Arc<Self>, per_second: f64, burst: u32) -> AdsClient {
        let limits = RateLimitConfig {
            start_per_second: per_second,
            min_per_second: per_second,
            max_per_second: per_second,
            burst,
            ..RateLimitConfig::default()
        };
        self.client(&limits, ClientOptions { seed: Some(1), ..ClientOptions::default() })
    }

    /// Fails when any window saw more requests than the rate and the burst allow.
    fn assert_never_above(&self, per_second: f64, burst: f64) {
        let hits = self.hits();
        for (i, from) in hits.iter().enumerate() {
            for (n, until) in hits[i..].iter().enumerate() {
                // A timer may ring up to a millisecond late, and the next one is on time again.
                let seconds = (until.at - from.at).as_secs_f64() + 0.002;
                let sent = n as f64 + 1.0;
                assert!(sent <= burst + per_second * seconds + 1e-6, "{sent} requests in {seconds} s");
            }
        }
    }
}

fn call(profile: i64) -> ListCall {
    ListCall {
        login: "acme".to_owned(),
        profile_id: ProfileId(profile),
        descriptor: DESCRIPTORS.iter().find(|d| d.list.request.path() == "/sp/campaigns/list").unwrap(),
        filter: None,
        each: None,
        extended: false,
        cursor: Cursor::Start,
        priority: 0,
    }
}

async fn page(client: &AdsClient, profile: i64) -> Result<u32, AdsError> {
    client.list_page(&call(profile), &()).await.map(|page| page.attempts)
}

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn a_slow_renewal_of_the_token_lets_no_requests_pile_up_and_the_old_one_serves_meanwhile() {
    let api = Api::new();
    let client = api.limited(5.0, 5);
    page(&client, 1).await.unwrap();
    // Five minutes before its end a token is replaced; the endpoint takes its time.
    tokio::time::sleep(Duration::from_secs(3310)).await;
    api.token_then(Reply::token(2, 3600).after(Duration::from_secs(14)));
    let began = Instant::now();
    let pages = join_all((0..60).map(|n| page(&client, n % 3))).await;
    assert!(pages.iter().all(Result::is_ok));
    api.assert_never_above(5.0, 5.0);
    assert_eq!(api.token_hits(), 2);
    let meanwhile = api.hits().iter().filter(|hit| hit.at >= began && hit.token == "Bearer Atza|1").count();
    assert!(meanwhile > 50, "{meanwhile} requests went out with the old token");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_while_requests_queue_is_replaced_before_they_ask_for_their_turn_again() {
    let api = Api::with_life(60);
    let client = api.limited(1.0, 5);
    for _ in 0..5 {
        api.token_then(Reply::token(1, 60));
        api.token_then(Reply::token(2, 60).after(Duration::from_secs(14)));
    }
    let pages = join_all((0..150).map(|n| page(&client, n % 3))).await;
    assert!(pages.iter().all(Result::is_ok));
    api.assert_never_above(1.0, 5.0);
    assert!(api.token_hits() >= 3);
    // Nor does any go out with one that has ended.
    let hits = api.hits();
    let first = hits[0].at;
    assert!(hits.iter().all(|hit| hit.token != "Bearer Atza|1"
        || hit.at - first < Duration::from_secs(61)
        || hit.at - first > Duration::from_secs(70)));
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_is_kept_to_the_millisecond_in_seconds_and_as_a_date() {
    for (said, expected) in [
        ("1", SECOND),
        ("7", 7 * SECOND),
        ("1.5", Duration::from_millis(1500)),
        ("0.001", MILLISECOND),
        ("59", 59 * SECOND),
        ("Sun, 22 Nov 2026 14:00:30 GMT", 30 * SECOND),
        ("Sun, 22 Nov 2026 14:01:00 GMT", 60 * SECOND),
    ] {
        for answer in [Reply::throttled(said), Reply::new(503, "").header("retry-after", said)] {
            let status = answer.status;
            let latency = answer.after;
            let api = Api::new();
            api.then(answer);
            assert_eq!(page(&api.unlimited(1), 1).await.unwrap(), 2);
            let waited = api.gaps()[0] - latency;
            // Tokio's timers are a millisecond wide, and never early.
            assert!(
                waited >= expected && waited <= expected + 2 * MILLISECOND,
                "{status} {said}: {waited:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_that_makes_no_sense_leaves_the_pause_to_our_own_full_jitter() {
    for said in ["soon", "-3", "86401", "Sun, 22 Nov 2026 13:59:59 GMT", "Tue, 24 Nov 2026 14:00:30 GMT"] {
        let mut first = Vec::new();
        for seed in 0..40 {
            let api = Api::new();
            api.then(Reply::new(503, "").header("retry-after", said))
                .then(Reply::new(503, "").header("retry-after", said))
                .then(Reply::new(503, "").header("retry-after", said));
            assert_eq!(page(&api.unlimited(seed), 1).await.unwrap(), 4);
            for (n, gap) in api.gaps().into_iter().enumerate() {
                let (waited, bound) = (gap - Duration::from_millis(100), SECOND * 2_u32.pow(n as u32));
                assert!(waited <= bound + 2 * MILLISECOND, "{said}, wait {n}: {waited:?}");
            }
            first.push((api.gaps()[0] - Duration::from_millis(100)).as_millis());

            // A 429 is paused for in the queue, by the same rule.
            let api = Api::new();
            api.then(Reply::throttled(said));
            assert_eq!(page(&api.unlimited(seed), 1).await.unwrap(), 2);
            let waited = api.gaps()[0] - Duration::from_millis(100);
            assert!(waited <= SECOND + 2 * MILLISECOND, "{said}: {waited:?}");
        }
        // Spread over the whole range, from next to nothing on.
        assert!(first.iter().any(|ms| *ms < 200) && first.iter().any(|ms| *ms > 800), "{said}: {first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_are_repeated_eight_times_at_most_and_within_ten_minutes() {
    for (reply, timeout, code) in [
        (Reply::new(503, ""), 60, "api.server_error"),
        (Reply::broken(), 60, "api.connection"),
        (Reply::silent(), 60, "api.timeout"),
        (Reply::silent(), 170, "api.timeout"),
        (Reply::new(503, "").header("retry-after", "170"), 60, "api.server_error"),
    ] {
        for seed in 0..10 {
            let api = Api::new();
            api.always(reply.clone());
            let limits = RateLimitConfig { enabled: false, ..RateLimitConfig::default() };
            let (seed, timeout) = (Some(seed), Duration::from_secs(timeout));
            let client = api.client(&limits, ClientOptions { seed, timeout, ..ClientOptions::default() });
            let error = page(&client, 1).await.unwrap_err();
            assert_eq!((error.code().as_str(), error.retryable()), (code, true));
            let hits = api.hits();
            let span = hits.last().unwrap().at - hits[0].at;
            assert!(
                hits.len() <= 8 && span <= Duration::from_secs(600),
                "{code}: {} in {span:?}",
                hits.len()
            );
            assert_eq!(error.request().unwrap().attempts.len(), hits.len());
            // It is the number that ends it where attempts are short, and the time where they are long.
            let short = reply.lost != Some(Lost::Timeout) && reply.headers.len() == 1;
            assert!(!short || hits.len() == 8, "{code}: {}", hits.len());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_401_fetches_one_token_and_is_repeated_once() {
    let api = Api::new();
    api.then(Reply::new(401, r#"{"code":"UNAUTHORIZED"}"#));
    let client = api.unlimited(1);
    assert_eq!(page(&client, 1).await.unwrap(), 2);
    let tokens: Vec<String> = api.hits().into_iter().map(|hit| hit.token).collect();
    assert_eq!(tokens, ["Bearer Atza|1", "Bearer Atza|2"]);
    assert_eq!(api.token_hits(), 2);
    // The new one serves on.
    assert_eq!(page(&client, 1).await.unwrap(), 1);
    assert_eq!(api.token_hits(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_would_be_refused_again_is_sent_once() {
    for status in [400, 404, 405, 413, 415, 422] {
        let api = Api::new();
        api.always(Reply::new(status, r#"{"code":"X","details":"no"}"#));
        let error = page(&api.unlimited(1), 1).await.unwrap_err();
        assert!(!error.retryable(), "{status}: {error}");
        assert_eq!(api.hits().len(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_patience_says_how_long_to_stay_away_to_whoever_asks() {
    let api = Api::new();
    api.then(Reply::throttled("900"));
    let client = api.unlimited(1);
    let error = page(&client, 1).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.park_for()), ("api.throttled", Some(900 * SECOND)));
    assert!(error.is_wait_asked());
    tokio::time::sleep(100 * SECOND).await;
    let left = page(&client, 1).await.unwrap_err().park_for().unwrap();
    assert!(left <= 800 * SECOND && left >= 800 * SECOND - 2 * MILLISECOND, "{left:?}");
    assert_eq!(api.hits().len(), 1, "it is not even asked");
    // Another profile goes on, and once the rest is within patience it is sat out.
    assert_eq!(page(&client, 2).await.unwrap(), 1);
    tokio::time::sleep(750 * SECOND).await;
    assert_eq!(page(&client, 1).await.unwrap(), 1);
    let hits = api.hits();
    assert!(hits.last().unwrap().at - hits[0].at >= 900 * SECOND);

    // What a server in trouble asks for is told in the same way.
    let api = Api::new();
    api.then(Reply::new(503, "").header("retry-after", "900"));
    let error = page(&api.unlimited(1), 1).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.park_for()), ("api.server_error", Some(900 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_request_at_any_await_gives_its_place_and_its_permit_back() {
    // A token, a 429, a 401 with another token, a failure and the page: each with waits before and between.
    let script = |api: &Api| {
        api.then(Reply::throttled("1")).then(Reply::new(401, "{}")).then(Reply::new(503, ""));
    };
    let api = Api::new();
    script(&api);
    let began = Instant::now();
    assert_eq!(page(&api.limited(2.0, 1), 1).await.unwrap(), 4);
    let whole = began.elapsed();
    for after in (0..whole.as_millis() as u64).step_by(20).map(Duration::from_millis) {
        let api = Api::new();
        script(&api);
        let client = api.limited(2.0, 1);
        let cut = tokio::time::timeout(after, page(&client, 1)).await;
        assert!(cut.is_err(), "{after:?} of {whole:?}");
        let limits = client.limits();
        assert_eq!((limits.buckets[0].in_flight, limits.buckets[0].waiting), (0, 0), "{after:?}");
        // Nobody waits for what it held.
        api.lists.lock().unwrap().replies.clear();
        let others = join_all([page(&client, 1), page(&client, 2)]);
        let done = tokio::time::timeout(10 * SECOND, others).await.unwrap();
        assert!(done.iter().all(Result::is_ok), "{after:?}: {done:?}");
        api.assert_never_above(2.0, 1.0);
        assert_eq!(client.limits().buckets[0].in_flight, 0);
    }
}
