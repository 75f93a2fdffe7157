//! What can go wrong with a request: a stable code, a line, a hint and the request itself for each.
//!
//! Knows no HTTP library; every text in here was redacted by whoever built the error.

use std::time::Duration;

use crate::domain::code::Code;
use crate::domain::id::ProfileId;
use crate::domain::report::{ErrorReport, RequestReport};
use crate::domain::time::Timestamp;

/// A request that gave no page. Variants with a request carry all that is known about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AdsError {
    /// The configuration has no such login.
    #[error("there is no login {login:?}")]
    LoginUnknown {
        /// The name that was asked for.
        login: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// A client cannot be built from the configuration.
    #[error("{what} cannot be used: {reason}")]
    Unusable {
        /// The login and its field.
        what: String,
        /// Why not.
        reason: String,
    },
    /// The consent of a login is gone.
    #[error("the consent of login {login:?} is no longer valid")]
    InvalidGrant {
        /// The login.
        login: String,
        /// What the token endpoint said.
        message: String,
        /// The token request.
        request: Box<RequestReport>,
    },
    /// The application of a login is not known, or its secret is wrong.
    #[error("the application of login {login:?} was not accepted")]
    InvalidClient {
        /// The login.
        login: String,
        /// What the token endpoint said.
        message: String,
        /// The token request.
        request: Box<RequestReport>,
    },
    /// 401 again with a token that was just fetched.
    #[error("the API refuses the access token of login {login:?}")]
    TokenRefused {
        /// The login.
        login: String,
        /// What the API said.
        message: String,
        /// The request.
        request: Box<RequestReport>,
    },
    /// 401 for this request alone: the list of profiles, or another one, is given for the same token.
    #[error("the API refuses this request with 401, and takes the token of login {login:?} for others")]
    Unauthorized {
        /// The login.
        login: String,
        /// What the API said.
        message: String,
        /// The request.
        request: Box<RequestReport>,
    },
    /// The token endpoint does not answer, or asks to come back later.
    #[error("the token endpoint of login {login:?} cannot be reached")]
    AuthUnreachable {
        /// The login.
        login: String,
        /// The last cause.
        cause: String,
        /// A pause beyond patience that the endpoint asked for.
        wait: Option<Duration>,
        /// The token request.
        request: Box<RequestReport>,
    },
    /// The token endpoint answers something that is no token.
    #[error("the token endpoint of login {login:?} gave no token")]
    AuthMalformed {
        /// The login.
        login: String,
        /// What is wrong with it.
        cause: String,
        /// The token request.
        request: Box<RequestReport>,
    },
    /// The login may not read this profile.
    #[error("no access to {}", profile.map_or_else(|| "the list of profiles".to_owned(), |p| format!("profile {p}")))]
    NoAccess {
        /// The profile; `None` for the list of profiles.
        profile: Option<ProfileId>,
        /// What the API said.
        message: String,
        /// The request.
        request: Box<RequestReport>,
    },
    /// The profile does not take part in the ad product: a documented answer, neither rows nor a failure.
    #[error("not eligible: {message}")]
    NotEligible {
        /// What the API said.
        message: String,
        /// The request.
        request: Box<RequestReport>,
    },
    /// Any other refusal: the same request would be refused again.
    #[error("the API refused the request with status {status}")]
    BadRequest {
        /// Its status.
        status: u16,
        /// What the API said, and in a line each what it says of the parts that it refuses.
        message: String,
        /// The request.
        request: Box<RequestReport>,
    },
    /// The API no longer knows the list's cursor; the list has to start over.
    #[error("the API no longer accepts the list's cursor")]
    CursorRefused {
        /// What the API said.
        message: String,
        /// The request.
        request: Box<RequestReport>,
    },
    /// Given up after 429s, or told to wait beyond patience.
    #[error("throttled{}", wait.map_or_else(String::new, |w| format!(", next try in {}", seconds(w))))]
    Throttled {
        /// How long to stay away.
        wait: Option<Duration>,
        /// True when a `Retry-After` said so, and false when it is our own answer to nothing but 429s.
        asked: bool,
        /// What the API said, and whether with a `Retry-After`.
        detail: String,
        /// The request.
        request: Box<RequestReport>,
    },
    /// The API failed, again and again.
    #[error("the API failed with status {status}")]
    ServerError {
        /// The last status.
        status: u16,
        /// What the API said.
        message: String,
        /// A pause beyond patience that the API asked for.
        wait: Option<Duration>,
        /// The request.
        request: Box<RequestReport>,
    },
    /// No answer in time, again and again.
    #[error("the API did not answer in time")]
    Timeout {
        /// The request.
        request: Box<RequestReport>,
    },
    /// No connection, or a broken one, again and again.
    #[error("the connection to the API failed")]
    Connection {
        /// The last cause.
        cause: String,
        /// The request.
        request: Box<RequestReport>,
    },
    /// Status 200 with a body that is no page.
    #[error("the API's answer is no page of this list")]
    Malformed {
        /// What is wrong with it.
        cause: String,
        /// The request.
        request: Box<RequestReport>,
    },
}

fn seconds(wait: Duration) -> String {
    humantime::format_duration(Duration::from_secs(wait.as_millis().div_ceil(1000) as u64)).to_string()
}

impl AdsError {
    /// Stable, dotted, machine-readable.
    pub const fn code(&self) -> Code {
        match self {
            Self::LoginUnknown { .. } => Code::LoginUnknown,
            Self::Unusable { .. } => Code::LoginUnusable,
            Self::InvalidGrant { .. } => Code::InvalidGrant,
            Self::InvalidClient { .. } => Code::InvalidClient,
            Self::TokenRefused { .. } => Code::TokenRefused,
            Self::Unauthorized { .. } => Code::Unauthorized,
            Self::AuthUnreachable { .. } => Code::AuthUnreachable,
            Self::AuthMalformed { .. } => Code::AuthMalformed,
            Self::NoAccess { .. } => Code::NoAccess,
            Self::NotEligible { .. } => Code::NotEligible,
            Self::BadRequest { .. } => Code::BadRequest,
            Self::CursorRefused { .. } => Code::CursorRefused,
            Self::Throttled { .. } => Code::Throttled,
            Self::ServerError { .. } => Code::ServerError,
            Self::Timeout { .. } => Code::Timeout,
            Self::Connection { .. } => Code::Connection,
            Self::Malformed { .. } => Code::Malformed,
        }
    }

    /// True when trying again later may succeed without anybody changing anything.
    pub const fn retryable(&self) -> bool {
        self.code().retryable()
    }

    /// The request behind it; for authentication errors, the token request.
    pub fn request(&self) -> Option<&RequestReport> {
        match self {
            Self::LoginUnknown { .. } | Self::Unusable { .. } => None,
            Self::InvalidGrant { request, .. }
            | Self::InvalidClient { request, .. }
            | Self::TokenRefused { request, .. }
            | Self::Unauthorized { request, .. }
            | Self::AuthUnreachable { request, .. }
            | Self::AuthMalformed { request, .. }
            | Self::NoAccess { request, .. }
            | Self::NotEligible { request, .. }
            | Self::BadRequest { request, .. }
            | Self::CursorRefused { request, .. }
            | Self::Throttled { request, .. }
            | Self::ServerError { request, .. }
            | Self::Timeout { request }
            | Self::Connection { request, .. }
            | Self::Malformed { request, .. } => Some(request),
        }
    }

    /// What is kept and shown.
    pub fn report(&self, at: Timestamp) -> ErrorReport {
        let cause = match self {
            Self::LoginUnknown { .. } | Self::Unusable { .. } | Self::NotEligible { .. } => None,
            Self::Timeout { .. } => None,
            Self::InvalidGrant { message, .. }
            | Self::InvalidClient { message, .. }
            | Self::TokenRefused { message, .. }
            | Self::Unauthorized { message, .. }
            | Self::NoAccess { message, .. }
            | Self::BadRequest { message, .. }
            | Self::CursorRefused { message, .. }
            | Self::ServerError { message, .. } => Some(message),
            Self::Throttled { detail, .. } => Some(detail),
            Self::AuthUnreachable { cause, .. }
            | Self::AuthMalformed { cause, .. }
            | Self::Connection { cause, .. }
            | Self::Malformed { cause, .. } => Some(cause),
        };
        ErrorReport {
            causes: cause.map_or_else(Vec::new, |cause| cause.lines().map(str::to_owned).collect()),
            again_at: self.park_for().map(|wait| at.plus(wait)),
            again_is_ours: self.park_for().is_some() && !self.is_wait_asked(),
            request: self.request().cloned(),
            ..ErrorReport::new(self.code(), self.to_string(), self.hint(), at)
        }
    }

    /// What the API said, when the profile does not take part in the ad product.
    pub fn not_eligible(&self) -> Option<&str> {
        if let Self::NotEligible { message, .. } = self { Some(message) } else { None }
    }

    /// True when the list has to start over.
    pub const fn is_cursor_refused(&self) -> bool {
        matches!(self, Self::CursorRefused { .. })
    }

    /// How long to stay away, when the wait is longer than a run sits out: beyond `patience`, or after a
    /// request that was answered with nothing but 429s.
    pub const fn park_for(&self) -> Option<Duration> {
        match self {
            Self::Throttled { wait, .. }
            | Self::ServerError { wait, .. }
            | Self::AuthUnreachable { wait, .. } => *wait,
            _ => None,
        }
    }

    /// True when the API itself asked for the wait.
    pub const fn is_wait_asked(&self) -> bool {
        match self {
            Self::Throttled { asked, .. } => *asked,
            other => other.park_for().is_some(),
        }
    }

    /// True when no request of this login can succeed until somebody changes its credentials.
    pub const fn is_login_dead(&self) -> bool {
        matches!(self, Self::InvalidGrant { .. } | Self::InvalidClient { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Box<RequestReport> {
        Box::new(RequestReport {
            method: "POST".to_owned(),
            url: "https://host/sp/campaigns/list".to_owned(),
            status: Some(400),
            request_ids: vec![],
            attempts: vec![],
            body_excerpt: None,
        })
    }

    fn every() -> Vec<AdsError> {
        let text = || "m".to_owned();
        vec![
            AdsError::LoginUnknown { login: text(), known: vec![] },
            AdsError::Unusable { what: text(), reason: text() },
            AdsError::InvalidGrant { login: text(), message: text(), request: request() },
            AdsError::InvalidClient { login: text(), message: text(), request: request() },
            AdsError::TokenRefused { login: text(), message: text(), request: request() },
            AdsError::Unauthorized { login: text(), message: text(), request: request() },
            AdsError::AuthUnreachable { login: text(), cause: text(), wait: None, request: request() },
            AdsError::AuthMalformed { login: text(), cause: text(), request: request() },
            AdsError::NoAccess { profile: Some(ProfileId(7)), message: text(), request: request() },
            AdsError::NotEligible { message: text(), request: request() },
            AdsError::BadRequest { status: 422, message: text(), request: request() },
            AdsError::CursorRefused { message: text(), request: request() },
            AdsError::Throttled {
                wait: Some(Duration::from_millis(61_500)),
                asked: true,
                detail: text(),
                request: request(),
            },
            AdsError::Throttled { wait: None, asked: false, detail: text(), request: request() },
            AdsError::ServerError { status: 503, message: text(), wait: None, request: request() },
            AdsError::Timeout { request: request() },
            AdsError::Connection { cause: text(), request: request() },
            AdsError::Malformed { cause: text(), request: request() },
        ]
    }

    #[test]
    fn a_report_carries_code_cause_hint_and_request() {
        let report = every().remove(12).report(Timestamp(5));
        assert_eq!((report.code, report.summary.as_str()), (Code::Throttled, "throttled, next try in 1m 2s"));
        assert_eq!(report.again_at, Some(Timestamp(61_500_005)));
        assert_eq!(report.causes, ["m"]);
        assert!(report.retryable && report.request.is_some());
        let message = "no (INVALID_ARGUMENT)\nINVALID_TOKEN: bad token, at $.nextToken".to_owned();
        let refused = AdsError::BadRequest { status: 400, message, request: request() };
        assert_eq!(
            refused.report(Timestamp(5)).causes,
            ["no (INVALID_ARGUMENT)", "INVALID_TOKEN: bad token, at $.nextToken"]
        );
        assert_eq!(report.at, Timestamp(5));
    }

    #[test]
    fn a_hint_names_no_command_that_the_remedy_of_its_code_does_not() {
        let quoted =
            |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
        for error in every() {
            let remedy = quoted(error.code().remedy());
            for command in quoted(&error.hint()) {
                assert!(remedy.contains(&command), "{}: {command} is not in {remedy:?}", error.code());
            }
        }
    }

    #[test]
    fn only_dead_credentials_kill_a_login_and_only_throttling_parks() {
        let dead: Vec<_> = every().into_iter().filter(AdsError::is_login_dead).map(|e| e.code()).collect();
        assert_eq!(dead, [Code::InvalidGrant, Code::InvalidClient]);
        let parked: Vec<_> = every().into_iter().filter_map(|e| e.park_for()).collect();
        assert_eq!(parked, [Duration::from_millis(61_500)]);
    }
}
