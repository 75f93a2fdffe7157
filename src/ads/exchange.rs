//! One request from its turn in the queue to its page or its error, all attempts included.
//!
//! Knows nothing of what a page holds: the caller reads it. Dropping the future at any await is safe.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::answer::{Answer, Broken, ErrorBody, Lost, hide_in_ids};
use super::backoff::Backoff;
use super::call::{Method, WireRequest};
use super::client::Login;
use super::endpoint::ClientOptions;
use super::error::AdsError;
use super::limiter::{Budget, Paused, Permit, Request};
use super::meaning::{Asked, Meaning};
use super::observer::{RequestObserver, RequestWait, WaitReason};
use super::redact;
use super::retry_after::RetryAfter;
use super::token::{Bearer, TokenError};
use super::trace::Trace;
use super::transport::Http;
use crate::config::Secret;
use crate::domain::id::ProfileId;

const CLIENT_ID: HeaderName = HeaderName::from_static("amazon-advertising-api-clientid");
const SCOPE: HeaderName = HeaderName::from_static("amazon-advertising-api-scope");
/// How often a 200 that is no page is believed to be an accident.
const MALFORMED_ATTEMPTS: u32 = 3;
/// A pause that another request brought upon its profile is worth telling from here on.
const TOLD: Duration = Duration::from_secs(1);

/// What every exchange of a client shares.
#[derive(Debug)]
pub(super) struct Wiring {
    pub(super) http: Http,
    pub(super) budget: Budget,
    pub(super) backoff: Backoff,
    pub(super) options: ClientOptions,
}

/// One request.
pub(super) struct Exchange<'a> {
    pub(super) wiring: &'a Wiring,
    pub(super) login: &'a Login,
    pub(super) wire: &'a WireRequest,
    pub(super) profile: Option<ProfileId>,
    pub(super) asked: Asked,
    pub(super) priority: i64,
    pub(super) weight: u32,
    pub(super) observer: &'a dyn RequestObserver,
    /// One attempt, from connecting to the last byte.
    pub(super) timeout: Duration,
    /// From the first attempt to the last.
    pub(super) max_elapsed: Duration,
}

/// A request that was answered with a page.
#[derive(Debug)]
pub(super) struct Done<T> {
    pub(super) page: T,
    pub(super) request_id: Option<String>,
    pub(super) attempts: u32,
    /// How long the last attempt took, from sending to the last byte.
    pub(super) took: Duration,
}

/// Why a turn in the queue gave nothing to send.
enum NoTurn {
    Token(TokenError),
    Paused(Paused),
}

/// What an attempt came to, when it was no page.
enum Failed {
    /// No other attempt would help.
    Final(AdsError),
    /// Another attempt with a fresh token.
    Token(AdsError),
    /// Another attempt after a pause that the queue keeps.
    Throttled { pause: Duration, asked: bool, detail: String },
    /// Another attempt after `wait`, or after our own pause.
    Again { error: AdsError, wait: Option<Duration>, detail: String },
    /// A few other attempts.
    Malformed(AdsError, String),
}

impl Exchange<'_> {
    /// Makes attempts until one gives a page that `read` accepts, or until another cannot help. When the login's
    /// consent ends, whatever is under way or waits for it ends at once, with that cause.
    pub(super) async fn run<T>(
        self,
        read: impl Fn(Vec<u8>) -> Result<T, String>,
    ) -> Result<Done<T>, AdsError> {
        let url = self.url();
        let mut trace = Trace::new(self.wire.method.as_str(), redact::shown(&url));
        let began = trace.now();
        let ended = tokio::select! {
            biased;
            done = self.attempts(&url, &mut trace, read) => return done,
            ended = self.login.tokens.ended() => ended,
        };
        trace.record(began, &format!("token: {}", ended.outcome));
        Err(self.token_error(ended, &trace, None))
    }

    async fn attempts<T>(
        &self,
        url: &Url,
        trace: &mut Trace,
        read: impl Fn(Vec<u8>) -> Result<T, String>,
    ) -> Result<Done<T>, AdsError> {
        let request = Request {
            account: self.login.account,
            profile: self.profile,
            priority: self.priority,
            weight: self.weight,
            ticket: self.wiring.budget.ticket(),
        };
        let (mut failures, mut malformed, mut refreshed, mut resuming) = (0_u32, 0_u32, false, false);
        loop {
            let began = trace.now();
            if trace.attempts() > 0 {
                self.wiring.budget.count_retry(request.account);
            }
            if !resuming && let Some(left) = self.wiring.budget.pause_of(&request).filter(|l| *l >= TOLD) {
                let detail = "this profile pauses after a 429".to_owned();
                self.tell(trace, WaitReason::Throttled, left, false, detail);
                resuming = true;
            }
            let (permit, bearer) = match self.turn(request).await {
                Ok(turn) => turn,
                Err(NoTurn::Paused(Paused { left })) => {
                    let detail = trace.last_detail("this profile pauses after an earlier 429");
                    let (wait, request) = (Some(left), trace.boxed());
                    // Whoever got the 429 knows whether the API asked for this.
                    return Err(AdsError::Throttled { wait, asked: false, detail, request });
                }
                Err(NoTurn::Token(error)) => {
                    trace.record(began, &format!("token: {}", error.outcome));
                    let detail = format!("token endpoint: {}", error.message);
                    let (fatal, asked, again_in) =
                        (error.is_final(), error.retry_after.wait(), error.again_in);
                    let error = self.token_error(error, trace, asked);
                    if fatal {
                        return Err(error);
                    }
                    // Until then whoever asks gets the same answer: one of all those who wait asks again.
                    self.wait(trace, again_in, asked.is_some(), detail, error).await?;
                    continue;
                }
            };
            if std::mem::take(&mut resuming) {
                self.observer.resumed();
            }
            self.observer.sent();
            let failed = match self.attempt(url.clone(), permit, &bearer, trace, &read).await {
                Ok((page, request_id, took)) => {
                    self.login.taken.answered(&bearer);
                    return Ok(Done { page, request_id, attempts: trace.attempts(), took });
                }
                Err(failed) => failed,
            };
            match failed {
                Failed::Final(error) => return Err(error),
                Failed::Token(error) if refreshed => return Err(self.blame(error, &bearer).await),
                Failed::Token(_) => {
                    refreshed = true;
                    self.login.tokens.refuse(&bearer);
                }
                Failed::Throttled { pause, asked, detail } => {
                    self.observer.throttled();
                    let beyond = pause > self.wiring.budget.patience();
                    if beyond || self.is_over(trace, pause) {
                        // Whoever got nothing but 429s should stay away for a while, whatever the last one said.
                        let wait = if beyond { pause } else { pause.max(self.wiring.options.backoff_cap) };
                        let (wait, asked, request) = (Some(wait), asked && beyond, trace.boxed());
                        return Err(AdsError::Throttled { wait, asked, detail, request });
                    }
                    self.tell(trace, WaitReason::Throttled, pause, asked, detail);
                    resuming = true;
                }
                Failed::Again { error, wait, detail } => {
                    failures += 1;
                    let pause = wait.unwrap_or_else(|| self.wiring.backoff.after(failures));
                    self.wait(trace, pause, wait.is_some(), detail, error).await?;
                }
                Failed::Malformed(error, detail) => {
                    malformed += 1;
                    if malformed >= MALFORMED_ATTEMPTS {
                        return Err(error);
                    }
                    failures += 1;
                    let pause = self.wiring.backoff.after(failures);
                    self.wait(trace, pause, false, detail, error).await?;
                }
            }
        }
    }

    /// Waits for a token and for a turn. The token comes first, so that a dead login costs no budget. Whoever has a
    /// turn sends at once: one whose token ended in the queue lets the turn go, and has another token before it asks
    /// for another turn. Turns that wait for a token would all be used in the same moment.
    async fn turn(&self, request: Request) -> Result<(Permit, Bearer), NoTurn> {
        loop {
            self.login.tokens.bearer().await.map_err(NoTurn::Token)?;
            let permit = self.wiring.budget.acquire(request).await.map_err(NoTurn::Paused)?;
            if let Some(bearer) = self.login.tokens.present() {
                return Ok((permit, bearer));
            }
        }
    }

    async fn attempt<T>(
        &self,
        url: Url,
        permit: Permit,
        bearer: &Bearer,
        trace: &mut Trace,
        read: &impl Fn(Vec<u8>) -> Result<T, String>,
    ) -> Result<(T, Option<String>, Duration), Failed> {
        let began = trace.now();
        let sent_at = Instant::now();
        let mut answer = match self.send(url, bearer).await {
            Ok(answer) => answer,
            Err(Broken { lost, status, mut request_ids }) => {
                drop(permit);
                hide_in_ids(&mut request_ids, &self.secrets(bearer, &redact::secrets_of(&self.login.api)));
                trace.answered(status, request_ids, None);
                trace.record(began, &lost.to_string());
                tracing::warn!(target: "adsync::ads", path = self.wire.path, profile_id = self.profile.map(|p| p.0), outcome = %lost, "request lost");
                return Err(self.lost(lost, trace));
            }
        };
        let in_url = redact::secrets_of(&self.login.api);
        let secrets = self.secrets(bearer, &in_url);
        hide_in_ids(&mut answer.request_ids, &secrets);
        let took = sent_at.elapsed();
        let took_ms = took.as_millis() as u64;
        tracing::debug!(target: "adsync::ads", path = self.wire.path, profile_id = self.profile.map(|p| p.0), status = answer.status, took_ms, bytes = answer.body.len(), "answered");
        let request_id = answer.request_ids.first().cloned();
        if answer.status == 200 {
            permit.succeeded();
            // Kept only until it is known whether the body is a page: pages may be large, excerpts are not.
            let excerpt = redact::quick_excerpt(&answer.body, &secrets);
            trace.answered(Some(200), answer.request_ids, excerpt);
            return match read(answer.body) {
                Ok(page) => {
                    trace.record(began, "200");
                    Ok((page, request_id, took))
                }
                Err(cause) => {
                    let cause = redact::redact(&cause, &secrets);
                    trace.record(began, "200, not a page");
                    tracing::warn!(target: "adsync::ads", path = self.wire.path, profile_id = self.profile.map(|p| p.0), cause, "a 200 that is no page");
                    let detail = format!("the answer was no page: {cause}");
                    Err(Failed::Malformed(AdsError::Malformed { cause, request: trace.boxed() }, detail))
                }
            };
        }
        let mut said = ErrorBody::parse(&answer.body);
        let excerpt = redact::excerpt(&answer.body, &secrets);
        let line = redact::line(&said.line(), &secrets);
        said.hide(&secrets);
        trace.answered(Some(answer.status), answer.request_ids, excerpt);
        trace.record(began, &answer.status.to_string());
        Err(self.judge(answer.status, answer.retry_after, &said, line, permit, trace))
    }

    pub(super) async fn send(&self, url: Url, bearer: &Bearer) -> Result<Answer, Broken> {
        let method = match self.wire.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        tracing::debug!(target: "adsync::ads", method = %method, path = self.wire.path, profile_id = self.profile.map(|p| p.0), "sent");
        let mut builder = self
            .wiring
            .http
            .request(method, url)
            .timeout(self.timeout)
            .header(AUTHORIZATION, bearer.header.clone())
            .header(CLIENT_ID, self.login.client_id.clone())
            .header(ACCEPT, HeaderValue::from_static(self.wire.accept));
        if let Some(profile) = self.profile {
            builder = builder.header(SCOPE, profile.to_string());
        }
        if let Some((content_type, body)) = &self.wire.body {
            builder = builder.header(CONTENT_TYPE, HeaderValue::from_static(content_type)).body(body.clone());
        }
        self.wiring.http.send(builder).await
    }

    /// What must not appear in anything that is kept of an answer.
    fn secrets<'s>(&'s self, bearer: &'s Bearer, in_url: &'s [Secret]) -> Vec<&'s str> {
        let mut secrets = self.login.tokens.secrets();
        secrets.push(bearer.secret.expose());
        secrets.extend(in_url.iter().map(Secret::expose));
        secrets
    }

    /// Decides what an answer other than 200 comes to, and tells the budget.
    fn judge(
        &self,
        status: u16,
        retry_after: RetryAfter,
        said: &ErrorBody,
        message: String,
        permit: Permit,
        trace: &Trace,
    ) -> Failed {
        let request = || trace.boxed();
        let meaning = Meaning::of(status, said, self.asked);
        match meaning {
            Meaning::Throttled => {
                let pause = permit.refused(retry_after.wait());
                tracing::info!(target: "adsync::ads", path = self.wire.path, profile_id = self.profile.map(|p| p.0), pause_ms = pause.as_millis() as u64, %retry_after, "throttled");
                let asked = retry_after.wait().is_some();
                return Failed::Throttled { pause, asked, detail: format!("throttled, {retry_after}") };
            }
            Meaning::ServerError { .. } => permit.failed(),
            _ => permit.succeeded(),
        }
        match meaning {
            Meaning::ServerError { again } => {
                tracing::warn!(target: "adsync::ads", path = self.wire.path, profile_id = self.profile.map(|p| p.0), status, message, "server error");
                let wait = retry_after.wait();
                let beyond = wait.filter(|w| *w > self.wiring.budget.patience());
                let detail = format!("status {status}: {message}");
                let error = AdsError::ServerError { status, message, wait: beyond, request: request() };
                if again { Failed::Again { error, wait, detail } } else { Failed::Final(error) }
            }
            Meaning::TokenRefused => Failed::Token(AdsError::TokenRefused {
                login: self.login.name().to_owned(),
                message,
                request: request(),
            }),
            Meaning::NoAccess => {
                Failed::Final(AdsError::NoAccess { profile: self.profile, message, request: request() })
            }
            Meaning::NotEligible => Failed::Final(AdsError::NotEligible { message, request: request() }),
            Meaning::CursorRefused => Failed::Final(AdsError::CursorRefused { message, request: request() }),
            Meaning::BadRequest | Meaning::Throttled => {
                let message = std::iter::once(message).chain(said.details.iter().cloned());
                let message = message.collect::<Vec<_>>().join("\n");
                Failed::Final(AdsError::BadRequest { status, message, request: request() })
            }
            Meaning::Unexpected if (300..400).contains(&status) => {
                // Never followed: the token must not reach another host.
                let message = format!("the API redirects, which is not followed; {message}");
                Failed::Final(AdsError::BadRequest { status, message, request: request() })
            }
            Meaning::Unexpected => {
                let cause = format!("status {status} in place of 200");
                Failed::Malformed(AdsError::Malformed { cause: cause.clone(), request: request() }, cause)
            }
        }
    }

    fn lost(&self, lost: Lost, trace: &Trace) -> Failed {
        let detail = lost.to_string();
        match lost {
            Lost::Timeout => {
                Failed::Again { error: AdsError::Timeout { request: trace.boxed() }, wait: None, detail }
            }
            Lost::Connection(cause) => {
                let error = AdsError::Connection { cause, request: trace.boxed() };
                Failed::Again { error, wait: None, detail }
            }
            Lost::TooLarge => {
                let error = AdsError::Malformed { cause: detail.clone(), request: trace.boxed() };
                Failed::Malformed(error, detail)
            }
        }
    }

    fn token_error(&self, error: TokenError, trace: &Trace, wait: Option<Duration>) -> AdsError {
        use super::token::TokenErrorKind as Kind;
        let login = self.login.name().to_owned();
        let wait = wait.filter(|w| *w > self.wiring.budget.patience());
        let request = Box::new(trace.of_token(self.login.tokens.shown_url(), &error));
        let message = error.message;
        match error.kind {
            Kind::InvalidGrant => AdsError::InvalidGrant { login, message, request },
            Kind::InvalidClient => AdsError::InvalidClient { login, message, request },
            Kind::Unreachable => AdsError::AuthUnreachable { login, cause: message, wait, request },
            Kind::Malformed | Kind::Refused => AdsError::AuthMalformed { login, cause: message, request },
        }
    }

    /// Sits out a pause before another attempt, or gives up with `error`. Patience ends only where the API `asked`
    /// for the pause.
    async fn wait(
        &self,
        trace: &Trace,
        pause: Duration,
        asked: bool,
        detail: String,
        error: AdsError,
    ) -> Result<(), AdsError> {
        let beyond = asked && pause > self.wiring.budget.patience();
        if beyond || self.is_over(trace, pause) {
            return Err(error);
        }
        self.tell(trace, WaitReason::Retrying, pause, asked, detail);
        tokio::time::sleep(pause).await;
        self.observer.resumed();
        Ok(())
    }

    fn tell(&self, trace: &Trace, reason: WaitReason, delay: Duration, asked: bool, detail: String) {
        self.observer.waiting(&RequestWait { reason, delay, attempt: trace.attempts(), detail, asked });
    }

    /// True when no attempt after `pause` is allowed any more.
    fn is_over(&self, trace: &Trace, pause: Duration) -> bool {
        let options = &self.wiring.options;
        trace.attempts() >= options.max_attempts || trace.elapsed() + pause > self.max_elapsed
    }

    pub(super) fn url(&self) -> Url {
        let mut url = self.login.api.clone();
        url.set_path(&format!("{}{}", self.login.api.path().trim_end_matches('/'), self.wire.path));
        if !self.wire.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.wire.query);
        }
        url
    }
}
