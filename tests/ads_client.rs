//! The API client against a real server on a real socket: lists, retries and refusals.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

#[path = "ads_client/auth.rs"]
mod auth;
#[path = "ads_client/families.rs"]
mod families;
#[path = "ads_client/listing.rs"]
mod listing;
#[path = "ads_client/secrets.rs"]
mod secrets;
#[path = "ads_client/server.rs"]
mod server;

use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use adsync::ads::{AdsClient, AdsError, ClientOptions, Cursor, RequestObserver, RequestWait, WaitReason};
use adsync::domain::id::{EntityId, ProfileId};
use adsync::domain::profile::Access;
use adsync::domain::time::Timestamp;
use futures::FutureExt;
use server::{ACCESS_TOKEN, Reply, Server, hasty, list, no_limits};

const CAMPAIGNS: &str = "/sp/campaigns/list";
const PAGE: &str = r#"{"campaigns":[{"campaignId":"1"}],"totalResults":1}"#;

/// Writes down what it hears.
#[derive(Default)]
struct Listener(Mutex<Vec<String>>);

impl Listener {
    fn heard(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn hear(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl RequestObserver for Listener {
    fn sent(&self) {
        self.hear("sent".to_owned());
    }

    fn throttled(&self) {
        self.hear("throttled".to_owned());
    }

    fn waiting(&self, wait: &RequestWait) {
        let reason = match wait.reason {
            WaitReason::Throttled => "throttled",
            WaitReason::Retrying => "retrying",
        };
        self.hear(format!("waiting ({reason}, attempt {}): {}", wait.attempt, wait.detail));
    }

    fn resumed(&self) {
        self.hear("resumed".to_owned());
    }
}

async fn campaigns(client: &AdsClient) -> Result<u32, AdsError> {
    client.list_page(&list(CAMPAIGNS), &()).await.map(|page| page.attempts)
}

#[tokio::test]
async fn a_post_list_is_asked_as_documented_and_gives_its_page() {
    let server = Server::start().await;
    server.then(Reply::ok(PAGE).header("x-amz-request-id", "RID-1"));
    let mut call = list(CAMPAIGNS);
    call.cursor = Cursor::Token("t+/=".to_owned());
    let page = server.client().list_page(&call, &()).await.unwrap();
    assert_eq!((page.page.len(), page.attempts, page.request_id.as_deref()), (1, 1, Some("RID-1")));
    let hit = server.hits().remove(0);
    assert_eq!((hit.method.as_str(), hit.uri.as_str()), ("POST", CAMPAIGNS));
    for (name, value) in [
        ("authorization", format!("Bearer {ACCESS_TOKEN}-1").as_str()),
        ("amazon-advertising-api-clientid", "amzn1.application-oa2-client.test"),
        ("amazon-advertising-api-scope", "3312910465837761"),
        ("accept", "application/vnd.spCampaign.v3+json"),
        ("content-type", "application/vnd.spCampaign.v3+json"),
    ] {
        assert_eq!(hit.header(name), value, "{name}");
    }
    assert!(hit.header("accept-encoding").contains("gzip"));
    let body: serde_json::Value = serde_json::from_str(&hit.body).unwrap();
    assert_eq!(body["nextToken"], "t+/=");
    assert_eq!(body["stateFilter"]["include"], serde_json::json!(["ENABLED", "PAUSED", "ARCHIVED"]));
    let token = server.token_hits().remove(0);
    assert_eq!(token.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(
        token.body,
        "grant_type=refresh_token&client_id=amzn1.application-oa2-client.test\
         &client_secret=cs-very-secret-value&refresh_token=Atzr%7Crefresh-secret-value"
    );
}

#[tokio::test]
async fn a_get_list_encodes_its_query_and_reads_a_compressed_page() {
    let server = Server::start().await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(br#"[{"targetId":144158449488730278}]"#).unwrap();
    server.then(Reply::ok(packed.finish().unwrap()).header("content-encoding", "gzip"));
    let mut call = list("/sd/targets");
    call.cursor = Cursor::Index(200);
    let ids = ["7", "8"].iter().filter_map(|t| EntityId::from_text(t)).collect();
    call.filter = call.descriptor.list.recheck.map(|recheck| (recheck.filter, ids));
    let page = server.client().list_page(&call, &()).await.unwrap().page;
    assert_eq!(page.ids()[0].as_str(), "144158449488730278");
    let hit = server.hits().remove(0);
    assert_eq!(
        hit.uri,
        "/sd/targets?stateFilter=enabled%2C+paused%2C+archived&startIndex=200&count=100&targetIdFilter=7%2C8"
    );
    assert_eq!((hit.method.as_str(), hit.header("content-type")), ("GET", ""));
}

#[tokio::test]
async fn profiles_are_asked_for_by_access_and_without_a_scope() {
    let server = Server::start().await;
    server.then(Reply::ok(
        r#"[{"profileId":5,"countryCode":"DE","accountInfo":{"id":"A","name":"Shop","type":"seller"}}]"#,
    ));
    let client = server.client();
    let profiles = client.profiles("acme", Access::View).await.unwrap();
    assert_eq!((profiles[0].id, profiles[0].name.as_str()), (ProfileId(5), "Shop"));
    let hit = server.hits().remove(0);
    assert_eq!(hit.uri, "/v2/profiles?accessLevel=view");
    assert!(!hit.headers.contains_key("amazon-advertising-api-scope"));
    assert_eq!(client.login_names(), ["acme"]);
    let error = client.profiles("nobody", Access::Edit).await.unwrap_err();
    assert_eq!(error.code().as_str(), "config.login_unknown");
    assert!(error.hint().contains("acme"));
}

#[tokio::test]
async fn a_429_in_the_envelope_of_sb_and_sd_is_never_a_page() {
    let server = Server::start().await;
    let throttled = r#"{"code":"429","details":"Too Many Requests"}"#;
    server.then(Reply::new(429, throttled)).then(Reply::new(429, throttled).header("retry-after", "0"));
    server.then(Reply::ok(r#"[{"campaignId":1}]"#));
    let (client, listener) = (server.client(), Listener::default());
    let page = client.list_page(&list("/sd/campaigns"), &listener).await.unwrap();
    assert_eq!((page.page.len(), page.attempts), (1, 3));
    assert_eq!(
        listener.heard(),
        [
            "sent",
            "throttled",
            "waiting (throttled, attempt 1): throttled, no Retry-After",
            "resumed",
            "sent",
            "throttled",
            "waiting (throttled, attempt 2): throttled, Retry-After 0 s",
            "resumed",
            "sent",
        ]
    );
    let bucket = client.limits().buckets.remove(0);
    assert_eq!((bucket.throttled_5m, bucket.retries_5m, bucket.answered_5m), (2, 2, 3));
}

#[tokio::test]
async fn a_request_that_comes_while_its_profile_pauses_tells_so_and_is_not_sent() {
    let server = Server::start().await;
    server.always(Reply::new(429, "{}").header("retry-after", "30"));
    let client = server.client();
    let call = list(CAMPAIGNS);
    let mut first = Box::pin(client.list_page(&call, &()));
    while client.limits().throttled_profiles.is_empty() {
        assert!((&mut first).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    let listener = Listener::default();
    assert!(client.list_page(&call, &listener).now_or_never().is_none());
    assert_eq!(listener.heard(), ["waiting (throttled, attempt 0): this profile pauses after a 429"]);
    assert_eq!(server.hits().len(), 1);
}

#[tokio::test]
async fn a_request_that_is_only_ever_throttled_ends_and_asks_to_be_parked() {
    let server = Server::start().await;
    let gateway = Reply::new(429, r#"{"message":"Too Many Requests"}"#)
        .header("x-amzn-errortype", "AccessDeniedException")
        .header("x-amz-rid", "RID-7");
    server.always(gateway);
    let error = campaigns(&server.client()).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.retryable()), ("api.throttled", true));
    assert!(error.park_for().is_some());
    let request = error.request().unwrap();
    assert_eq!((request.status, request.attempts.len()), (Some(429), 8));
    assert_eq!(request.request_ids, ["RID-7"]);
    assert_eq!(server.hits().len(), 8);
}

#[tokio::test]
async fn a_retry_after_beyond_patience_ends_the_call_at_once_with_the_whole_pause() {
    for (retry_after, seconds) in [("3600", 3600), ("Sun, 22 Nov 2026 16:00:00 GMT", 7200)] {
        let server = Server::start().await;
        server.always(
            Reply::new(429, "{}")
                .header("retry-after", retry_after)
                .header("date", "Sun, 22 Nov 2026 14:00:00 GMT"),
        );
        let client = server.client();
        let error = campaigns(&client).await.unwrap_err();
        assert_eq!(error.park_for(), Some(Duration::from_secs(seconds)));
        // Whoever asks again is told what is left, and nothing is sent.
        let again = campaigns(&client).await.unwrap_err();
        assert!(again.park_for().unwrap() > Duration::from_secs(seconds - 60));
        assert_eq!(server.hits().len(), 1);
        // The login's other profiles are not concerned.
        server.then(Reply::ok(PAGE));
        let mut other = list(CAMPAIGNS);
        other.profile_id = ProfileId(2);
        assert!(client.list_page(&other, &()).await.is_ok());
    }
}

#[tokio::test]
async fn server_errors_timeouts_and_broken_transfers_are_retried() {
    let server = Server::start().await;
    server
        .then(Reply::new(500, r#"{"code":"INTERNAL_ERROR","message":"Service Error"}"#))
        .then(Reply::new(502, "<html><title>502 Bad Gateway</title></html>"))
        .then(Reply::new(503, "").header("retry-after", "0"))
        .then(Reply::silent())
        .then(Reply::ok(&PAGE[..20]).cut_off())
        .then(Reply::new(408, "{}"))
        .then(Reply::ok(PAGE));
    let options = ClientOptions { timeout: Duration::from_millis(300), ..hasty() };
    let client = AdsClient::new(vec![server.login()], &no_limits(), options).unwrap();
    let listener = Listener::default();
    let page = client.list_page(&list(CAMPAIGNS), &listener).await.unwrap();
    assert_eq!(page.attempts, 7);
    let waits: Vec<_> = listener.heard().into_iter().filter(|h| h.starts_with("waiting")).collect();
    for (wait, part) in waits.iter().zip([
        "status 500: Service Error (INTERNAL_ERROR)",
        "status 502: 502 Bad Gateway",
        "status 503",
        "timeout",
        "the answer was cut off",
        "status 408",
    ]) {
        assert!(wait.starts_with("waiting (retrying") && wait.contains(part), "{wait} / {part}");
    }
}

#[tokio::test]
async fn failures_that_stay_end_after_the_allowed_attempts() {
    let server = Server::start().await;
    server.always(Reply::new(504, r#"{"message":"Endpoint request timed out"}"#));
    let error = campaigns(&server.client()).await.unwrap_err();
    assert_eq!((error.code().as_str(), server.hits().len()), ("api.server_error", 8));
    let report = error.report(Timestamp(1));
    assert_eq!(report.causes, ["Endpoint request timed out"]);
    let attempts = report.request.unwrap().attempts;
    assert_eq!((attempts.len(), attempts[0].after_ms, attempts[7].outcome.as_str()), (8, 0, "504"));

    server.always(Reply::silent());
    let options = ClientOptions { timeout: Duration::from_millis(60), max_attempts: 2, ..hasty() };
    let client = AdsClient::new(vec![server.login()], &no_limits(), options).unwrap();
    assert_eq!(campaigns(&client).await.unwrap_err().code(), "api.timeout");

    let mut login = server.login();
    login.api_url = "http://127.0.0.1:9".to_owned();
    let options = ClientOptions { max_attempts: 2, ..hasty() };
    let client = AdsClient::new(vec![login], &no_limits(), options).unwrap();
    let error = campaigns(&client).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.retryable()), ("api.connection", true));
}

#[tokio::test]
async fn a_200_that_is_no_page_is_asked_for_three_times_and_then_fails() {
    for body in [r#"{"code":"429","details":"x"}"#, "<html>", "", &PAGE[..30], r#"{"campaigns":[{}]}"#] {
        let server = Server::start().await;
        server.always(Reply::ok(body));
        let error = campaigns(&server.client()).await.unwrap_err();
        assert_eq!((error.code().as_str(), server.hits().len()), ("api.malformed", 3), "{body}");
        let excerpt = error.request().unwrap().body_excerpt.clone();
        assert_eq!(excerpt.unwrap_or_default(), body);
    }
    let server = Server::start().await;
    server.then(Reply::ok("{}")).then(Reply::new(204, "")).then(Reply::ok(PAGE));
    assert_eq!(campaigns(&server.client()).await.unwrap(), 3);
}

#[tokio::test]
async fn refusals_are_final_and_told_apart() {
    let cases = [
        (
            "/sd/campaigns",
            403,
            r#"{"code":"403","details":"Advertiser is not authorized for Sponsored Display"}"#,
            "product.not_eligible",
        ),
        (
            CAMPAIGNS,
            400,
            r#"{"code":"X","message":"Advertiser ID cannot be decrypted"}"#,
            "product.not_eligible",
        ),
        (CAMPAIGNS, 403, r#"{"code":"ACCESS_DENIED","message":"nope"}"#, "product.not_eligible"),
        (CAMPAIGNS, 403, r#"{"message":"Forbidden"}"#, "profile.no_access"),
        (
            CAMPAIGNS,
            401,
            r#"{"code":"UNAUTHORIZED","details":"Not authorized to access scope 1"}"#,
            "profile.no_access",
        ),
        (CAMPAIGNS, 400, r#"{"code":"INVALID_ARGUMENT","message":"bad"}"#, "api.bad_request"),
        (CAMPAIGNS, 415, "", "api.bad_request"),
        (CAMPAIGNS, 404, "<html></html>", "api.bad_request"),
        (CAMPAIGNS, 501, "", "api.server_error"),
    ];
    for (path, status, body, code) in cases {
        let server = Server::start().await;
        server.always(Reply::new(status, body));
        let error = server.client().list_page(&list(path), &()).await.unwrap_err();
        assert_eq!(error.code().as_str(), code, "{status} {body}");
        assert_eq!(error.not_eligible().is_some(), code == "product.not_eligible");
        assert_eq!((server.hits().len(), server.token_hits().len()), (1, 1), "{status} {body}");
    }
}

#[tokio::test]
async fn a_refused_cursor_says_that_the_list_must_start_over() {
    let server = Server::start().await;
    server.always(Reply::new(
        400,
        r#"{"code":"INVALID_ARGUMENT","message":"m","errors":[{"errorType":"invalidInputError","errorValue":{"invalidInputError":{"reason":"INVALID_TOKEN"}}}]}"#,
    ));
    let mut call = list(CAMPAIGNS);
    call.cursor = Cursor::Token("old".to_owned());
    let error = server.client().list_page(&call, &()).await.unwrap_err();
    assert!(error.is_cursor_refused());
    assert_eq!((error.code().as_str(), server.hits().len()), ("api.cursor_refused", 1));
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let server = Server::start().await;
    let elsewhere = Server::start().await;
    server.always(Reply::new(307, "").header("location", elsewhere.url()));
    assert_eq!(campaigns(&server.client()).await.unwrap_err().code(), "api.bad_request");
    assert!(elsewhere.hits().is_empty());
}

#[tokio::test]
async fn a_dropped_call_gives_everything_back() {
    let server = Server::start().await;
    server.always(Reply::silent());
    let client = server.client();
    let call = list(CAMPAIGNS);
    let mut pending = Box::pin(client.list_page(&call, &()));
    while server.hits().is_empty() {
        assert!((&mut pending).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    assert_eq!(client.limits().buckets[0].in_flight, 1);
    drop(pending);
    let bucket = client.limits().buckets.remove(0);
    assert_eq!((bucket.in_flight, bucket.waiting), (0, 0));
}

#[tokio::test]
async fn a_login_that_cannot_be_used_is_refused_before_anything_is_sent() {
    let server = Server::start().await;
    let with = |change: &dyn Fn(&mut adsync::ads::LoginEndpoint)| {
        let mut login = server.login();
        change(&mut login);
        AdsClient::new(vec![login], &no_limits(), hasty()).map(|_| ()).unwrap_err()
    };
    for error in [
        with(&|l| "advertising-api.amazon.com".clone_into(&mut l.api_url)),
        with(&|l| "ftp://host".clone_into(&mut l.token_url)),
        with(&|l| "line\nbreak".clone_into(&mut l.client_id)),
    ] {
        assert_eq!(error.code().as_str(), "config.login_unusable");
        assert!(error.to_string().contains("\"acme\""), "{error}");
    }
}

#[tokio::test]
async fn a_call_can_move_between_threads() {
    let server = Server::start().await;
    server.always(Reply::ok(PAGE));
    let client = server.client();
    let task = tokio::spawn(async move {
        let call = list(CAMPAIGNS);
        client.list_page(&call, &Listener::default()).await.map(|page| page.page.len())
    });
    assert_eq!(task.await.unwrap().unwrap(), 1);
}
