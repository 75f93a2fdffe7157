//! Whose matter a 401 is that a fresh token got: the login's, when the API takes its token nowhere, or the request's.
//!
//! The list of profiles is what every login may ask for: whoever gets it has a token that is good.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use super::error::AdsError;
use super::exchange::Exchange;
use super::limiter::Request;
use super::meaning::Asked;
use super::profiles;
use super::token::Bearer;
use crate::domain::profile::Access;

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

impl Exchange<'_> {
    /// The error of a request that got a 401 with a fresh token.
    pub(super) async fn blame(&self, refused: AdsError, bearer: &Bearer) -> AdsError {
        match refused {
            AdsError::TokenRefused { login, message, request }
                if self.profile.is_some() && self.is_token_good(bearer).await =>
            {
                AdsError::Unauthorized { login, message, request }
            }
            other => other,
        }
    }

    async fn is_token_good(&self, bearer: &Bearer) -> bool {
        let taken = &self.login.taken;
        let mut asked = taken.asked.lock().await;
        if taken.answered.load(Ordering::Acquire) >= bearer.generation() {
            return true;
        }
        if let Some((_, good)) = asked.filter(|(generation, _)| *generation == bearer.generation()) {
            return good;
        }
        let Some(good) = self.ask_for_profiles(bearer).await else { return false };
        *asked = Some((bearer.generation(), good));
        good
    }

    /// Whether the list of profiles is given for this token; `None` when the answer says nothing about it.
    async fn ask_for_profiles(&self, bearer: &Bearer) -> Option<bool> {
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
        let permit = budget.acquire(request).await.ok()?;
        self.observer.sent();
        let answer = exchange.send(exchange.url(), bearer).await.ok()?;
        match answer.status {
            200 | 401 => permit.succeeded(),
            429 => drop(permit.refused(answer.retry_after.wait())),
            _ => permit.failed(),
        }
        tracing::info!(target: "adsync::ads", login = self.login.name(), status = answer.status, "asked whether a token is good that a list refused");
        match answer.status {
            200 => Some(true),
            401 => Some(false),
            _ => None,
        }
    }
}
