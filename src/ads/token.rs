//! Access tokens: one at a time for each (client, consent), fetched once however many ask.
//!
//! Speaks Login with Amazon and nothing else. A token's text leaves this file only as a sensitive header and,
//! for redaction, as a `Secret`; of the token endpoint's answers only refusals are kept, redacted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::answer::{Answer, Broken, ErrorBody, hide_in_ids};
use super::backoff::Backoff;
use super::redact;
use super::retry_after::RetryAfter;
use super::transport::Http;
use crate::config::Secret;

/// How long before its end a token is replaced; a tenth of its life when that is shorter.
const MARGIN: Duration = Duration::from_secs(300);
/// What a token lives when the answer does not say.
const LIFE: Duration = Duration::from_secs(3600);
/// What a token is taken to live at least. One that says it ends sooner, or has ended already, is used for this long or
/// until the API refuses it, for else every request would fetch one of its own.
const SHORTEST: Duration = Duration::from_secs(60);
/// What a token is taken to live at most.
const LONGEST: Duration = Duration::from_secs(86_400);
/// How long a definite no is remembered that might be the endpoint's mistake, so that a login does not knock on the
/// door with every request. A consent that has ended stays ended.
const REMEMBERED: Duration = Duration::from_secs(300);
/// How long an old but valid token serves on after its replacement could not be fetched.
const GRACE: Duration = Duration::from_secs(10);

/// The tokens of one consent.
#[derive(Debug)]
pub(super) struct TokenSource {
    http: Http,
    url: Url,
    client_id: String,
    client_secret: Secret,
    refresh_token: Secret,
    /// What the endpoint's own URL hides: a password, the values of its query.
    in_url: Vec<Secret>,
    timeout: Duration,
    /// The pauses between failures, which everybody who asks shares.
    backoff: Backoff,
    /// The token that serves now.
    token: StdMutex<Option<Token>>,
    /// Held by whoever asks the endpoint.
    renewal: Mutex<Renewal>,
    /// Requests to the token endpoint that have come to an end.
    flights: AtomicU64,
    /// Why the consent has ended: whoever waits for anything of this login stops at once.
    ended: watch::Sender<Option<TokenError>>,
}

#[derive(Debug, Default)]
struct Renewal {
    /// Tokens that were fetched.
    generation: u64,
    /// How the last flight ended, when it failed, and until when that is everybody's answer.
    failed: Option<(Instant, TokenError)>,
    /// Failures in a row.
    failures: u32,
}

#[derive(Debug)]
struct Token {
    bearer: Bearer,
    refresh_at: Instant,
    expires_at: Instant,
}

/// A token ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Bearer {
    /// The `Authorization` header, marked sensitive.
    pub(super) header: HeaderValue,
    /// The bare token, for redaction.
    pub(super) secret: Secret,
    generation: u64,
}

impl Bearer {
    /// Grows with each token of its source.
    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }
}

/// Why there is no token. Holds nothing secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TokenError {
    pub(super) kind: TokenErrorKind,
    /// One line from the endpoint, redacted.
    pub(super) message: String,
    /// `503`, `timeout`.
    pub(super) outcome: String,
    pub(super) status: Option<u16>,
    pub(super) retry_after: RetryAfter,
    pub(super) request_ids: Vec<String>,
    /// How long nobody asks the endpoint again.
    pub(super) again_in: Duration,
    /// The start of a refusal's body, redacted; never of an answer with status 200, which may be a token.
    pub(super) excerpt: Option<String>,
}

/// The kinds of failure that call for different answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenErrorKind {
    /// The consent is gone.
    InvalidGrant,
    /// The application is not known, or its secret is wrong.
    InvalidClient,
    /// No answer, or one that says "later".
    Unreachable,
    /// An answer that is no token.
    Malformed,
    /// An answer that refuses the request for another reason.
    Refused,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
}

/// How long a token is used by what the answer says of its life: a number, or one as text, whatever else it is.
fn life(said: Option<&serde_json::Value>) -> Duration {
    let seconds = said.and_then(|said| said.as_f64().or_else(|| said.as_str()?.trim().parse().ok()));
    let Some(seconds) = seconds.filter(|seconds| !seconds.is_nan()) else { return LIFE };
    Duration::from_secs_f64(seconds.clamp(SHORTEST.as_secs_f64(), LONGEST.as_secs_f64()))
}

impl TokenSource {
    pub(super) fn new(
        http: Http,
        url: Url,
        client_id: String,
        client_secret: Secret,
        refresh_token: Secret,
        timeout: Duration,
        backoff: Backoff,
    ) -> Self {
        Self {
            http,
            in_url: redact::secrets_of(&url),
            url,
            client_id,
            client_secret,
            refresh_token,
            timeout,
            backoff,
            token: StdMutex::default(),
            renewal: Mutex::default(),
            flights: AtomicU64::new(0),
            ended: watch::Sender::new(None),
        }
    }

    /// The endpoint as it may be shown.
    pub(super) fn shown_url(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        redact::shown(&url)
    }

    /// Secrets that must not appear in anything shown.
    pub(super) fn secrets(&self) -> Vec<&str> {
        let own = [self.client_secret.expose(), self.refresh_token.expose()];
        own.into_iter().chain(self.in_url.iter().map(Secret::expose)).collect()
    }

    /// Resolves when the consent has ended.
    pub(super) async fn ended(&self) -> TokenError {
        let mut ended = self.ended.subscribe();
        let error = match ended.wait_for(Option::is_some).await {
            Ok(error) => error.clone(),
            Err(_) => None,
        };
        match error {
            Some(error) => error,
            // The sender lives as long as this source.
            None => std::future::pending().await,
        }
    }

    fn token(&self) -> MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token that serves now, unless it has ended or was refused. Never waits.
    pub(super) fn present(&self) -> Option<Bearer> {
        let now = Instant::now();
        self.token().as_ref().filter(|t| now < t.expires_at).map(|t| t.bearer.clone())
    }

    /// The token that serves now, unless it nears its end.
    fn fresh(&self) -> Option<Bearer> {
        let now = Instant::now();
        self.token().as_ref().filter(|t| now < t.refresh_at).map(|t| t.bearer.clone())
    }

    /// A valid token; fetched when there is none or the present one nears its end. While a request for another one is
    /// under way the present one serves, until it ends; whoever has none gets that request's result, good or bad. A
    /// failure is everybody's for a while.
    pub(super) async fn bearer(&self) -> Result<Bearer, TokenError> {
        if let Some(bearer) = self.fresh() {
            return Ok(bearer);
        }
        let seen = self.flights.load(Ordering::Acquire);
        let mut state = match self.renewal.try_lock() {
            Ok(state) => state,
            Err(_) => match self.present() {
                Some(bearer) => return Ok(bearer),
                None => self.renewal.lock().await,
            },
        };
        if let Some(bearer) = self.fresh() {
            return Ok(bearer);
        }
        if let Some(error) = &*self.ended.borrow() {
            return Err(error.clone());
        }
        let now = Instant::now();
        let shared = self.flights.load(Ordering::Acquire) > seen;
        if let Some((until, error)) = state.failed.as_ref().filter(|(until, _)| shared || now < *until) {
            // Its replacement is what failed: until it ends, the old one serves on.
            return self.present().ok_or_else(|| error.left(*until - now));
        }
        let result = self.fetch(state.generation + 1).await;
        self.flights.fetch_add(1, Ordering::Release);
        let now = Instant::now();
        match result {
            Ok((bearer, life)) => {
                state.generation = bearer.generation;
                state.failed = None;
                state.failures = 0;
                let expires_at = now + life;
                let refresh_at = expires_at - MARGIN.min(life / 10);
                *self.token() = Some(Token { bearer: bearer.clone(), refresh_at, expires_at });
                Ok(bearer)
            }
            Err(mut error) => {
                state.failures = state.failures.saturating_add(1);
                error.again_in = match error.retry_after.wait() {
                    _ if error.is_final() => REMEMBERED,
                    Some(asked) => asked,
                    // Half of it certain: whoever wakes first must not find the door open too early.
                    None => (self.backoff.bound(state.failures) + self.backoff.after(state.failures)) / 2,
                };
                state.failed = Some((now + error.again_in, error.clone()));
                if error.kind == TokenErrorKind::InvalidGrant {
                    self.ended.send_replace(Some(error.clone()));
                }
                let mut token = self.token();
                if error.is_final() {
                    *token = None;
                } else if let Some(token) = token.as_mut().filter(|t| now < t.expires_at) {
                    tracing::debug!(target: "adsync::ads", outcome = error.outcome, "token not renewed yet, the old one still holds");
                    token.refresh_at = (now + GRACE).min(token.expires_at);
                    return Ok(token.bearer.clone());
                }
                Err(error)
            }
        }
    }

    /// Forgets a token that the API no longer takes. Only the first of many that say so about the same token
    /// has an effect.
    pub(super) fn refuse(&self, bearer: &Bearer) {
        let mut token = self.token();
        if token.as_ref().is_some_and(|t| t.bearer.generation == bearer.generation) {
            *token = None;
        }
    }

    async fn fetch(&self, generation: u64) -> Result<(Bearer, Duration), TokenError> {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.expose()),
            ("refresh_token", self.refresh_token.expose()),
        ];
        tracing::debug!(target: "adsync::ads", url = %self.shown_url(), "asking for an access token");
        let broken = |Broken { lost, status, mut request_ids }: Broken| {
            hide_in_ids(&mut request_ids, &self.secrets());
            TokenError {
                kind: TokenErrorKind::Unreachable,
                message: lost.to_string(),
                outcome: lost.to_string(),
                status,
                retry_after: RetryAfter::Missing,
                request_ids,
                again_in: Duration::ZERO,
                excerpt: None,
            }
        };
        let request = self.http.request(reqwest::Method::POST, self.url.clone());
        let request = request.timeout(self.timeout).form(&form);
        let mut answer = self.http.send(request).await.map_err(broken)?;
        hide_in_ids(&mut answer.request_ids, &self.secrets());
        if answer.status != 200 {
            return Err(self.refusal(&answer));
        }
        let malformed = |message: &str| TokenError {
            kind: TokenErrorKind::Malformed,
            message: message.to_owned(),
            outcome: format!("200, {message}"),
            status: Some(200),
            retry_after: RetryAfter::Missing,
            request_ids: answer.request_ids.clone(),
            again_in: Duration::ZERO,
            excerpt: None,
        };
        // The parser's own words may quote the body, and the body is a token.
        let token: TokenAnswer =
            serde_json::from_slice(&answer.body).map_err(|_| malformed("the answer is no token"))?;
        let mut header = HeaderValue::from_str(&format!("Bearer {}", token.access_token))
            .map_err(|_| malformed("the token cannot be sent as a header"))?;
        header.set_sensitive(true);
        if token.access_token.is_empty() {
            return Err(malformed("the token is empty"));
        }
        let life = life(token.expires_in.as_ref());
        Ok((Bearer { header, secret: Secret::new(token.access_token), generation }, life))
    }

    fn refusal(&self, answer: &Answer) -> TokenError {
        let said = ErrorBody::parse(&answer.body);
        let kind = match (said.code.as_deref(), answer.status) {
            (Some("invalid_grant"), 400..=499) => TokenErrorKind::InvalidGrant,
            (Some("invalid_client" | "unauthorized_client"), 400..=499) => TokenErrorKind::InvalidClient,
            (Some("server_error" | "temporarily_unavailable"), _) | (_, 408 | 429 | 500..=599) => {
                TokenErrorKind::Unreachable
            }
            _ => TokenErrorKind::Refused,
        };
        TokenError {
            kind,
            message: redact::line(&said.line(), &self.secrets()),
            outcome: answer.status.to_string(),
            status: Some(answer.status),
            retry_after: answer.retry_after,
            request_ids: answer.request_ids.clone(),
            again_in: Duration::ZERO,
            excerpt: redact::excerpt(&answer.body, &self.secrets()),
        }
    }
}

impl TokenError {
    /// The same failure for somebody who comes later.
    fn left(&self, again_in: Duration) -> Self {
        let retry_after = match self.retry_after {
            RetryAfter::In(_) => RetryAfter::In(again_in),
            other => other,
        };
        Self { again_in, retry_after, ..self.clone() }
    }

    /// True when asking again with the same credentials cannot help.
    pub(super) const fn is_final(&self) -> bool {
        match self.kind {
            TokenErrorKind::InvalidGrant | TokenErrorKind::InvalidClient | TokenErrorKind::Refused => true,
            TokenErrorKind::Unreachable | TokenErrorKind::Malformed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_as_long_as_the_answer_says_within_reason_however_it_says_it() {
        for (said, seconds) in [
            ("3600", 3600.0),
            ("3599.5", 3599.5),
            ("\"3600\"", 3600.0),
            ("\" 1800.5 \"", 1800.5),
            ("0", 60.0),
            ("-5", 60.0),
            ("1e12", 86_400.0),
            ("\"-1\"", 60.0),
            ("\"soon\"", 3600.0),
            ("\"NaN\"", 3600.0),
            ("null", 3600.0),
            ("[]", 3600.0),
        ] {
            let value = serde_json::from_str(said).unwrap();
            assert_eq!(life(Some(&value)), Duration::from_secs_f64(seconds), "{said}");
        }
        assert_eq!(life(None), LIFE);
    }
}
