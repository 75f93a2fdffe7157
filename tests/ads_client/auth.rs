//! Access tokens: fetched once, replaced in time, and given up when the consent is gone.

use std::time::Duration;

use adsync::ads::AdsClient;
use futures::future::join_all;

use crate::campaigns;
use crate::server::{ACCESS_TOKEN, Reply, Server, hasty, list, no_limits};
use crate::{CAMPAIGNS, PAGE};

#[tokio::test]
async fn a_hundred_callers_share_one_token_request() {
    let server = Server::start().await;
    server.always(Reply::ok(PAGE));
    let client = server.client();
    let pages = join_all((0..100).map(|_| campaigns(&client))).await;
    assert!(pages.iter().all(Result::is_ok));
    assert_eq!((server.token_hits().len(), server.hits().len()), (1, 100));
}

#[tokio::test]
async fn logins_of_one_consent_share_its_token() {
    let server = Server::start().await;
    server.always(Reply::ok(PAGE));
    let mut second = server.login();
    second.name = "acme-fe".to_owned();
    let client = AdsClient::new(vec![server.login(), second], &no_limits(), hasty()).unwrap();
    for login in ["acme", "acme-fe"] {
        let mut call = list(CAMPAIGNS);
        call.login = login.to_owned();
        client.list_page(&call, &()).await.unwrap();
    }
    assert_eq!(server.token_hits().len(), 1);
}

#[tokio::test]
async fn parallel_401s_cause_one_refresh_and_every_request_succeeds() {
    let server = Server::start().await;
    server.refuse(&format!("{ACCESS_TOKEN}-1")).always(Reply::ok(PAGE));
    let client = server.client();
    let attempts = join_all((0..20).map(|_| campaigns(&client))).await;
    let retried = attempts.into_iter().map(Result::unwrap).filter(|attempts| *attempts == 2).count();
    // Whoever came late enough already took the second token.
    assert!(retried >= 1);
    assert_eq!((server.hits().len(), server.token_hits().len()), (20 + retried, 2));
}

#[tokio::test]
async fn a_token_that_ends_at_once_by_its_own_words_serves_until_it_is_refused() {
    for life in [0, 1, 20] {
        let server = Server::start().await;
        for number in [1, 2] {
            server.token_then(Reply::ok(format!(
                r#"{{"access_token":"{ACCESS_TOKEN}-{number}","token_type":"bearer","expires_in":{life}}}"#
            )));
        }
        server.always(Reply::ok(PAGE));
        let client = server.client();
        for _ in 0..10 {
            campaigns(&client).await.unwrap();
        }
        assert_eq!(server.token_hits().len(), 1, "{life} s");
        // Refused, it is replaced at once, and its replacement serves on.
        server.refuse(&format!("{ACCESS_TOKEN}-1"));
        for _ in 0..10 {
            campaigns(&client).await.unwrap();
        }
        assert_eq!(server.token_hits().len(), 2, "{life} s");
    }
}

#[tokio::test]
async fn a_401_with_a_fresh_token_is_refused_without_a_loop() {
    let server = Server::start().await;
    server.always(Reply::new(401, r#"{"code":"UNAUTHORIZED","details":"HTTP 401 Unauthorized"}"#));
    let error = campaigns(&server.client()).await.unwrap_err();
    assert_eq!(error.code().as_str(), "auth.refused");
    // The third asks whether the token is good for anything at all.
    let asked = server.hits();
    assert_eq!((asked.len(), server.token_hits().len()), (3, 2));
    assert!(asked[2].uri.starts_with("/v2/profiles"), "{}", asked[2].uri);
    let tokens: Vec<_> = server.hits().iter().map(|h| h.header("authorization").to_owned()).collect();
    assert_ne!(tokens[0], tokens[1]);
}

/// One list is refused with 401 for ever, whatever else the login may do.
#[tokio::test]
async fn a_401_of_one_list_is_no_matter_of_the_login_whose_token_is_taken_elsewhere() {
    // A question that is not answered for now leaves it open whose matter it is.
    for (profiles, code, again) in [
        (Reply::ok("[]"), "api.unauthorized", false),
        (Reply::new(401, "{}"), "auth.refused", false),
        (Reply::new(403, "{}"), "auth.refused", false),
        (Reply::new(503, ""), "api.server_error", true),
        (Reply::new(429, "{}"), "api.throttled", true),
        (Reply::ok("[]").cut_off(), "api.connection", true),
    ] {
        let server = Server::start().await;
        let refused = || Reply::new(401, r#"{"code":"UNAUTHORIZED","details":"HTTP 401 Unauthorized"}"#);
        server.then(refused()).then(refused()).always(profiles);
        let client = server.client();
        let error = campaigns(&client).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.retryable()), (code, again));
        assert_eq!(server.hits().len(), 3);
    }
}

#[tokio::test]
async fn whether_a_token_is_good_is_not_asked_where_it_was_just_taken() {
    let server = Server::start().await;
    let refused = || Reply::new(401, r#"{"code":"UNAUTHORIZED","details":"HTTP 401 Unauthorized"}"#);
    server.always(Reply::ok(PAGE));
    let client = server.client();
    campaigns(&client).await.unwrap();
    // The second token is taken for one list, and then refused for another one: a third is fetched, and asked about.
    server.then(refused()).then(refused()).always(Reply::ok("[]"));
    assert_eq!(campaigns(&client).await.unwrap_err().code().as_str(), "api.unauthorized");
    assert!(server.hits().last().unwrap().uri.starts_with("/v2/profiles"));
    let asked = || server.hits().iter().filter(|hit| hit.uri.starts_with("/v2/profiles")).count();
    let before = asked();
    server.then(refused()).then(refused()).always(refused());
    join_all((0..5).map(|_| campaigns(&client))).await.into_iter().for_each(|error| {
        assert_eq!(error.unwrap_err().code().as_str(), "auth.refused");
    });
    assert!(asked() <= before + 2, "one of those who wonder about a token asks");
}

#[tokio::test]
async fn an_ended_consent_is_permanent_and_asked_about_once() {
    let server = Server::start().await;
    server.token_always(Reply::new(400, r#"{"error":"invalid_grant","error_description":"The request has an invalid grant parameter : refresh_token"}"#));
    let client = server.client();
    for _ in 0..3 {
        let errors = join_all((0..10).map(|_| campaigns(&client))).await;
        for error in errors.into_iter().map(Result::unwrap_err) {
            assert_eq!(
                (error.code().as_str(), error.retryable(), error.is_login_dead()),
                ("auth.invalid_grant", false, true)
            );
            let request = error.request().unwrap();
            assert!(request.url.ends_with("/auth/o2/token"), "{}", request.url);
            assert_eq!(request.status, Some(400));
        }
    }
    assert_eq!((server.token_hits().len(), server.hits().len()), (1, 0));

    let server = Server::start().await;
    server.token_always(Reply::new(
        401,
        r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#,
    ));
    let error = campaigns(&server.client()).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.is_login_dead()), ("auth.invalid_client", true));
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_is_asked_again_within_the_requests_attempts() {
    let server = Server::start().await;
    server.token_then(Reply::new(503, "<html>")).token_then(Reply::new(429, "{}").header("retry-after", "0"));
    server.always(Reply::ok(PAGE));
    assert_eq!(campaigns(&server.client()).await.unwrap(), 3);

    let server = Server::start().await;
    server.token_always(Reply::new(500, r#"{"error":"server_error"}"#));
    let error = campaigns(&server.client()).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.retryable()), ("auth.unreachable", true));
    let attempts = &error.request().unwrap().attempts;
    assert_eq!((attempts.len(), attempts[0].outcome.as_str()), (8, "token: 500"));

    let server = Server::start().await;
    server.token_always(Reply::ok(format!(r#"{{"token":"{ACCESS_TOKEN}"}}"#)));
    let error = campaigns(&server.client()).await.unwrap_err();
    assert_eq!(error.code().as_str(), "auth.malformed");
    assert!(!format!("{error:?}").contains(ACCESS_TOKEN));

    let server = Server::start().await;
    server.token_always(Reply::new(503, "").header("retry-after", "900"));
    let error = campaigns(&server.client()).await.unwrap_err();
    assert_eq!((error.park_for(), server.token_hits().len()), (Some(Duration::from_secs(900)), 1));
}

/// Lets time pass on tokio's clock, and lets it run again.
async fn later(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_is_replaced_before_it_ends_and_serves_on_when_that_fails() {
    let server = Server::start().await;
    server.always(Reply::ok(PAGE));
    let client = server.client();
    campaigns(&client).await.unwrap();
    later(3250).await;
    campaigns(&client).await.unwrap();
    assert_eq!(server.token_hits().len(), 1);
    // Within five minutes of its end, but the endpoint is in trouble: the old one still holds.
    later(60).await;
    server.token_then(Reply::new(503, ""));
    assert_eq!(campaigns(&client).await.unwrap(), 1);
    assert_eq!(campaigns(&client).await.unwrap(), 1);
    assert_eq!(server.token_hits().len(), 2);
    later(11).await;
    assert_eq!(campaigns(&client).await.unwrap(), 1);
    assert_eq!(server.token_hits().len(), 3);
    assert!(server.hits().last().unwrap().header("authorization").ends_with("-3"));
}

#[tokio::test]
async fn a_refused_application_is_asked_about_again_after_five_minutes_and_an_ended_consent_never() {
    for (refusal, again) in [("invalid_client", true), ("invalid_grant", false)] {
        let server = Server::start().await;
        server.token_then(Reply::new(400, format!(r#"{{"error":"{refusal}"}}"#))).always(Reply::ok(PAGE));
        let client = server.client();
        assert!(campaigns(&client).await.unwrap_err().is_login_dead());
        later(299).await;
        assert!(campaigns(&client).await.unwrap_err().is_login_dead());
        assert_eq!(server.token_hits().len(), 1);
        later(2).await;
        assert_eq!(campaigns(&client).await.is_ok(), again, "{refusal}");
        later(86_400).await;
        assert_eq!(campaigns(&client).await.is_ok(), again, "{refusal}");
        // Another start reads the configuration anew.
        assert!(campaigns(&server.client()).await.is_ok());
    }
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_is_asked_by_one_for_all_who_wait() {
    let server = Server::start().await;
    server.token_always(Reply::new(503, ""));
    let client = server.client();
    let errors = join_all((0..40).map(|_| campaigns(&client))).await;
    for error in errors.into_iter().map(Result::unwrap_err) {
        assert_eq!((error.code().as_str(), error.retryable()), ("auth.unreachable", true));
        assert_eq!(error.request().unwrap().attempts.len(), 8, "each has its own attempts on record");
    }
    // Whoever wakes a moment late may miss a round, and then waits for one more.
    assert!((8..=12).contains(&server.token_hits().len()), "{}", server.token_hits().len());

    // What the endpoint asks for holds for whoever comes later, too, and grows shorter meanwhile.
    let server = Server::start().await;
    server.token_always(Reply::new(503, "").header("retry-after", "900"));
    let client = server.client();
    for (after, left) in [(0, 900), (300, 600), (500, 100)] {
        later(after).await;
        let errors = join_all((0..5).map(|_| campaigns(&client))).await;
        for error in errors.into_iter().map(Result::unwrap_err) {
            let park = error.park_for().unwrap().as_secs();
            assert!((left - 5..=left).contains(&park), "{park}, {left} expected");
        }
    }
    assert_eq!(server.token_hits().len(), 1);
}

#[tokio::test]
async fn whoever_waits_stops_at_once_when_the_consent_ends() {
    let server = Server::start().await;
    // The first request is told to wait, and its token is refused meanwhile.
    server.then(Reply::new(429, "{}").header("retry-after", "50"));
    let client = server.client();
    let waits = campaigns(&client);
    futures::pin_mut!(waits);
    let paused = async {
        while server.hits().is_empty() || client.limits().throttled_profiles.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let futures::future::Either::Left(_) = futures::future::select(Box::pin(paused), &mut waits).await else {
        panic!("it should wait");
    };
    server.refuse(&format!("{ACCESS_TOKEN}-1"));
    server.token_then(Reply::new(400, r#"{"error":"invalid_grant"}"#));
    let refused = client.profiles("acme", adsync::domain::profile::Access::Edit).await.unwrap_err();
    assert_eq!(refused.code(), "auth.invalid_grant");
    let stopped = tokio::time::timeout(Duration::from_secs(20), waits).await.expect("it stops at once");
    assert_eq!(stopped.unwrap_err().code(), "auth.invalid_grant");
    assert_eq!(server.token_hits().len(), 2);
}
