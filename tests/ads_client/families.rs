//! Every family of error bodies, HTML and nothing at all: what the report says, with every request id there is.

use adsync::ads::AdsError;
use adsync::domain::code::Code;
use adsync::domain::report::ErrorReport;
use adsync::domain::time::Timestamp;

use crate::campaigns;
use crate::server::{REFRESH_TOKEN, Reply, Server};

const NESTED: &str = r#"{"code":"INVALID_ARGUMENT","message":"Request has 1 error","errors":[{"errorType":"rangeError",
    "errorValue":{"rangeError":{"reason":"TOO_HIGH","message":"too many","cause":{"location":"$.maxResults"}}}}]}"#;

/// A refusal with all three headers that carry a request id.
fn refusal(status: u16, body: &str) -> Reply {
    Reply::new(status, body)
        .header("x-amz-request-id", "HEAD-1")
        .header("x-amzn-RequestId", "HEAD-2")
        .header("x-amz-rid", "HEAD-3")
}

async fn report_of(server: &Server) -> (AdsError, ErrorReport) {
    let error = campaigns(&server.client()).await.unwrap_err();
    let report = error.report(Timestamp(1_000_000));
    (error, report)
}

#[tokio::test]
async fn each_family_of_the_api_is_reported_with_its_words_and_all_request_ids() {
    let heads = ["HEAD-1", "HEAD-2", "HEAD-3"];
    for (family, status, body, code, said, of_body) in [
        (
            "flat",
            400,
            r#"{"code":"400","details":"Bad filter","requestId":"BODY-1"}"#,
            Code::BadRequest,
            "Bad filter (400)",
            Some("BODY-1"),
        ),
        ("nested", 400, NESTED, Code::BadRequest, "Request has 1 error (INVALID_ARGUMENT)", None),
        (
            "nested, without a message of its own",
            415,
            r#"{"code":"UNSUPPORTED_MEDIA_TYPE","errors":[{"errorValue":{"x":{"message":"wrong type"}}}]}"#,
            Code::BadRequest,
            "wrong type (UNSUPPORTED_MEDIA_TYPE)",
            None,
        ),
        (
            "unified",
            413,
            r#"{"code":"CONTENT_TOO_LARGE","message":"Too large"}"#,
            Code::BadRequest,
            "Too large (CONTENT_TOO_LARGE)",
            None,
        ),
        (
            "reporting",
            422,
            r#"{"code":"422","detail":"Invalid parameters"}"#,
            Code::BadRequest,
            "Invalid parameters (422)",
            None,
        ),
        (
            "exports",
            500,
            r#"{"errorCode":"INTERNAL_ERROR","message":"Failed"}"#,
            Code::ServerError,
            "Failed (INTERNAL_ERROR)",
            None,
        ),
        (
            "gateway",
            504,
            r#"{"message":"Endpoint request timed out"}"#,
            Code::ServerError,
            "Endpoint request timed out",
            None,
        ),
        ("gateway, 403", 403, r#"{"Message":"Forbidden"}"#, Code::NoAccess, "Forbidden", None),
        (
            "HTML",
            502,
            "<html><head><title>502 Bad Gateway</title></head><body>openresty</body></html>",
            Code::ServerError,
            "502 Bad Gateway",
            None,
        ),
        ("empty", 503, "", Code::ServerError, "the answer says nothing more", None),
        ("an empty object", 400, "{}", Code::BadRequest, "the answer says nothing more", None),
        (
            "about the scope",
            401,
            r#"{"code":"UNAUTHORIZED","details":"Not authorized to access scope 7","requestId":"BODY-2"}"#,
            Code::NoAccess,
            "Not authorized to access scope 7 (UNAUTHORIZED)",
            Some("BODY-2"),
        ),
    ] {
        let server = Server::start().await;
        server.always(refusal(status, body));
        let (error, report) = report_of(&server).await;
        assert_eq!((report.code, report.retryable), (code, code.retryable()), "{family}: {report:#?}");
        let parts: &[&str] = if family == "nested" { &["TOO_HIGH: too many, at $.maxResults"] } else { &[] };
        assert_eq!(report.causes, [&[said], parts].concat(), "{family}");
        let request = report.request.unwrap();
        assert_eq!((request.method.as_str(), request.status), ("POST", Some(status)), "{family}");
        assert_eq!(request.url, format!("{}/sp/campaigns/list", server.url()), "{family}");
        let ids: Vec<&str> = heads.into_iter().chain(of_body).collect();
        assert_eq!(request.request_ids, ids, "{family}");
        let excerpt = request.body_excerpt.as_deref();
        assert_eq!(excerpt.map(str::trim), Some(body.trim()).filter(|body| !body.is_empty()), "{family}");
        assert!(!error.hint().is_empty() && !report.summary.contains('\n'), "{family}");
        let outcome = status.to_string();
        assert!(request.attempts.iter().all(|attempt| attempt.outcome == outcome), "{family}: {request:#?}");
        let tried = if code == Code::ServerError { 8 } else { 1 };
        assert_eq!(request.attempts.len(), tried, "{family}");
        assert_eq!(request.attempts[0].after_ms, 0, "{family}: times count from the first attempt");
        assert!(request.attempts.is_sorted_by_key(|attempt| attempt.after_ms), "{family}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_behind_its_head_keeps_the_ids_of_the_head() {
    let server = Server::start().await;
    server.always(refusal(200, r#"{"campaigns":["#).header("x-amzn-trace", "x").cut_off());
    let (_, report) = report_of(&server).await;
    assert_eq!(report.code, Code::Connection);
    assert_eq!(report.request.unwrap().request_ids, ["HEAD-1", "HEAD-2", "HEAD-3"]);
}

#[tokio::test]
async fn a_redirect_is_told_with_what_may_stand_in_between() {
    for (status, proxy) in [(302, true), (400, false)] {
        let server = Server::start().await;
        server.always(Reply::new(status, "").header("location", "https://login.example/"));
        let (_, report) = report_of(&server).await;
        assert_eq!(report.code, Code::BadRequest);
        assert_eq!(
            report.hint.contains("proxy") && report.hint.contains("api_url"),
            proxy,
            "{}",
            report.hint
        );
    }
}

#[tokio::test]
async fn the_family_of_the_token_endpoint_is_reported_with_the_token_request() {
    for (status, body, code, said) in [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"The refresh token expired"}"#,
            Code::InvalidGrant,
            "The refresh token expired (invalid_grant)",
        ),
        (
            401,
            r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#,
            Code::InvalidClient,
            "Client authentication failed (invalid_client)",
        ),
        (400, r#"{"error":"invalid_request"}"#, Code::AuthMalformed, "invalid_request"),
        (403, "<html><h1>Blocked by the proxy</h1></html>", Code::AuthMalformed, "Blocked by the proxy"),
    ] {
        let server = Server::start().await;
        server.token_always(refusal(status, body));
        let (_, report) = report_of(&server).await;
        assert_eq!((report.code, report.causes.as_slice()), (code, &[said.to_owned()][..]), "{body}");
        let request = report.request.unwrap();
        assert_eq!(request.url, format!("{}/auth/o2/token", server.url()));
        assert_eq!((request.status, request.request_ids.len()), (Some(status), 3), "{body}");
        assert_eq!(request.body_excerpt.as_deref(), Some(body));
        assert_eq!(request.attempts.len(), 1, "a definite no is asked for once");
    }
}

#[tokio::test]
async fn a_long_body_is_kept_up_to_two_kibibytes_and_without_what_was_sent() {
    let server = Server::start().await;
    // As a proxy does that shows the form which it refused.
    let echoed = format!("refused: token={} {}", REFRESH_TOKEN.replace('|', "%7C"), "x".repeat(9_000));
    server.token_always(Reply::new(400, echoed));
    let (_, report) = report_of(&server).await;
    let excerpt = report.request.unwrap().body_excerpt.unwrap();
    assert!(excerpt.starts_with("refused: token=*** x"), "{excerpt}");
    assert!(excerpt.len() <= 2048 && excerpt.ends_with('…'), "{}", excerpt.len());
}

#[tokio::test]
async fn what_a_configured_url_holds_beside_the_address_is_not_reported() {
    let server = Server::start().await;
    server.always(Reply::new(400, "{}"));
    let mut login = server.login();
    let address = server.url().replace("http://", "http://me:url-password@");
    login.api_url = address.clone();
    login.token_url = format!("{address}/auth/o2/token?key=url-query-secret");
    let client =
        adsync::ads::AdsClient::new(vec![login], &crate::server::no_limits(), crate::server::hasty());
    let error = campaigns(&client.unwrap()).await.unwrap_err();
    let report = serde_json::to_string(&error.report(Timestamp(1))).unwrap();
    assert!(report.contains("/sp/campaigns/list"), "{report}");
    for secret in ["url-password", "url-query-secret"] {
        assert!(!report.contains(secret), "{secret}: {report}");
    }
}
