//! The list of profiles is given up sooner than a page of a sync, and tells what goes wrong while it is tried again.

use std::time::Duration;

use adsync::ads::{AdsClient, ClientOptions};
use adsync::domain::profile::Access;
use tokio::time::Instant;

use super::Listener;
use super::server::{Server, no_limits};

/// An address where nobody listens.
async fn closed() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_told_at_once_and_given_up_within_half_a_minute() {
    let mut login = Server::start().await.login();
    login.api_url = closed().await;
    login.token_url = format!("{}/auth/o2/token", login.api_url);
    let client = AdsClient::new(vec![login], &no_limits(), ClientOptions::default()).unwrap();
    let (began, listener) = (Instant::now(), Listener::default());
    let error = client.list_profiles("acme", Access::Edit, &listener).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.retryable()), ("auth.unreachable", true));
    let waits: Vec<_> = listener.heard().into_iter().filter(|h| h.starts_with("waiting")).collect();
    assert!(waits.len() > 1 && waits.iter().all(|wait| wait.contains("cannot connect")), "{waits:?}");
    let first = error.request().unwrap().attempts[0].after_ms;
    assert!(first == 0 && began.elapsed() < Duration::from_secs(31), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up_within_a_minute() {
    // It takes connections, as a system does for a program that hangs.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut login = Server::start().await.login();
    login.api_url = format!("http://{}", silent.local_addr().unwrap());
    login.token_url = format!("{}/auth/o2/token", login.api_url);
    let client = AdsClient::new(vec![login], &no_limits(), ClientOptions::default()).unwrap();
    let began = Instant::now();
    let error = client.list_profiles("acme", Access::Edit, &()).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.retryable()), ("auth.unreachable", true));
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}
