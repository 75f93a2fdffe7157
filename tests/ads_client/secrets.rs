//! No secret is ever shown.

use std::sync::{Arc, Mutex};

use adsync::domain::time::Timestamp;

use crate::campaigns;
use crate::server::{ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN, Reply, Server};

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_reaches_a_log_an_error_or_a_debug_text() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start().await;
    let leak = format!(
        r#"{{"code":"400","details":"you sent {ACCESS_TOKEN}-1, {CLIENT_SECRET} and {REFRESH_TOKEN}"}}"#
    );
    let client = server.client();
    let mut shown = format!("{client:?} {:?}", server.login());
    for status in [400, 401, 403, 429, 503, 200] {
        server.always(
            Reply::new(status, leak.clone()).header("x-amz-request-id", "Atza|access-secret-value-1"),
        );
        let error = campaigns(&client).await.unwrap_err();
        let report = serde_json::to_string(&error.report(Timestamp(1))).unwrap();
        shown += &format!("{error} {error:?} {} {report}", error.hint());
    }
    server.token_always(Reply::new(
        400,
        format!(r#"{{"error":"invalid_grant","error_description":"{REFRESH_TOKEN} {CLIENT_SECRET}"}}"#),
    ));
    let fresh = server.client();
    let error = campaigns(&fresh).await.unwrap_err();
    shown += &format!("{error:?} {}", serde_json::to_string(&error.report(Timestamp(1))).unwrap());
    drop(guard);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("adsync::ads") && log.contains("throttled"), "{log}");
    for secret in ["access-secret-value", "cs-very-secret-value", "refresh-secret-value"] {
        assert!(!log.contains(secret), "{secret} in the log: {log}");
        assert!(!shown.contains(secret), "{secret} in what is shown: {shown}");
    }
}
