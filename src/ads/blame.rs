//! Whose matter a 401 is that a fresh token got: the login's, when the API takes its token nowhere, or the request's.
//!
//! The list of profiles is what every login may ask for: whoever gets it has a token that is good. A failure of that
//! question that passes says nothing of the token, and is told as what it is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use super::answer::Lost;
use super::error::AdsError;
use super::exchange::Exchange;
use super::limiter::Request;
use super::meaning::Asked;
use super::profiles;
use super::token::Bearer;
use crate::domain::profile::Access;
use crate::domain::report::RequestReport;

/// What is known of a login's tokens. A token that one region takes need not be taken by another.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The last token that a request was answered with.
    answered: AtomicU64,
    /// What the list of profiles said about a token: one of all those who wonder asks.
    asked: Mutex<Option<(u64, bool)>>,
}

impl Taken {
    /// A request with this token was answered.
    pub(super) fn answered(&self, bearer: &Bearer) {
        self.answered.fetch_max(bearer.generation(), Ordering::AcqRel);
    }
}

/// Why nobody could say whether a token is good.
enum Undecided {
    /// Throttled, for so long.
    Throttled(Duration, bool),
    Status(u16),
    Lost(Lost),
}

impl Undecided {
    fn error(self, message: &str, request: Box<RequestReport>) -> AdsError {
        let detail = |what: &str| {
            format!(
                "a list was refused with 401 ({message}), and the question whether the token is good was {what}"
            )
        };
        match self {
            Self::Throttled(wait, asked) => {
                AdsError::Throttled { wait: Some(wait), asked, detail: detail("throttled"), request }
            }
            Self::Status(status) => {
                let message = detail(&format!("answered with {status}"));
                AdsError::ServerError { status, message, wait: None, request }
            }
            Self::Lost(Lost::Timeout) => AdsError::Timeout { request },
            Self::Lost(lost) => {
                AdsError::Connection { cause: detail(&format!("not answered: {lost}")), request }
            }
        }
    }
}

impl Exchange<'_> {
    /// The error of a request that got a 401 with a fresh token.
    pub(super) async fn blame(&self, refused: AdsError, bearer: &Bearer) -> AdsError {
        match refused {
            AdsError::TokenRefused { login, message, request } if self.profile.is_some() => {
                match self.is_token_good(bearer).await {
                    Ok(true) => AdsError::Unauthorized { login, message, request },
                    Ok(false) => AdsError::TokenRefused { login, message, request },
                    Err(undecided) => undecided.error(&message, request),
                }
            }
            other => other,
        }
    }

    async fn is_token_good(&self, bearer: &Bearer) -> Result<bool, Undecided> {
        let taken = &self.login.taken;
        let mut asked = taken.asked.lock().await;
        if taken.answered.load(Ordering::Acquire) >= bearer.generation() {
            return Ok(true);
        }
        if let Some((_, good)) = asked.filter(|(generation, _)| *generation == bearer.generation()) {
            return Ok(good);
        }
        let good = self.ask_for_profiles(bearer).await?;
        *asked = Some((bearer.generation(), good));
        Ok(good)
    }

    /// Whether the list of profiles is given for this token.
    async fn ask_for_profiles(&self, bearer: &Bearer) -> Result<bool, Undecided> {
        let wire = profiles::request(Access::View);
        let exchange = Exchange {
            wire: &wire,
            profile: None,
            asked: Asked { product: None, token_cursor: false },
            weight: 1,
            ..*self
        };
        let budget = &self.wiring.budget;
        let request = Request {
            account: self.login.account,
            profile: None,
            priority: self.priority,
            weight: 1,
            ticket: budget.ticket(),
        };
        let permit =
            budget.acquire(request).await.map_err(|paused| Undecided::Throttled(paused.left, false))?;
        self.observer.sent();
        let answer =
            exchange.send(exchange.url(), bearer).await.map_err(|broken| Undecided::Lost(broken.lost))?;
        tracing::info!(target: "adsync::ads", login = self.login.name(), status = answer.status, "asked whether a token is good that a list refused");
        match answer.status {
            429 => {
                let asked = answer.retry_after.wait();
                Err(Undecided::Throttled(permit.refused(asked), asked.is_some()))
            }
            status @ (408 | 500..) => {
                permit.failed();
                Err(Undecided::Status(status))
            }
            status => {
                permit.succeeded();
                Ok(status == 200)
            }
        }
    }
}
