//! Login with Amazon: credentials, access tokens and their lives, the token endpoint's answers.
//! Knows nothing of profiles or lists.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::world::dice::mix;

/// What a client needs to obtain access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The client id of the simulated application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The refresh token of the simulated consent.
    pub refresh_token: String,
}

/// The issuer of access tokens.
#[derive(Debug)]
pub(crate) struct Auth {
    credentials: Credentials,
    ttl: Duration,
    seed: u64,
    issued: AtomicU64,
    revoked: AtomicBool,
    live: Mutex<HashMap<String, Instant>>,
}

/// Why a request is not let in, as the API words it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    NoToken,
    BadToken,
    NoClient,
    OtherClient,
}

impl Denied {
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::NoToken => "No access token provided",
            Self::BadToken => "HTTP 401 Unauthorized",
            Self::NoClient => "Amazon-Advertising-API-ClientId header is missing",
            Self::OtherClient => "Access token was not issued to this client",
        }
    }
}

impl Auth {
    pub(crate) fn new(seed: u64, ttl: Duration) -> Self {
        let hex = |n: u64| format!("{:016x}{:016x}", mix(seed, n), mix(seed, n + 1));
        Self {
            credentials: Credentials {
                client_id: format!("amzn1.application-oa2-client.{}", hex(0x11)),
                client_secret: format!("amzn1.oa2-cs.v1.{}{}", hex(0x21), hex(0x31)),
                refresh_token: format!("Atzr|IwEB{}{}", hex(0x41), hex(0x51)),
            },
            ttl,
            seed,
            issued: AtomicU64::new(0),
            revoked: AtomicBool::new(false),
            live: Mutex::default(),
        }
    }

    pub(crate) const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Makes every access token given out so far invalid.
    pub(crate) fn expire_tokens(&self) {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Withdraws the consent, or gives it again.
    pub(crate) fn set_revoked(&self, revoked: bool) {
        self.revoked.store(revoked, Ordering::Relaxed);
    }

    /// Answers a request to the token endpoint: a status and a body.
    pub(crate) fn grant(&self, form: &[(String, String)], now: Instant) -> (u16, Value) {
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let Some(grant_type) = field("grant_type") else {
            return refused(
                400,
                "invalid_request",
                "The request is missing a required parameter : grant_type",
            );
        };
        if grant_type != "refresh_token" {
            return refused(
                400,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server",
            );
        }
        for name in ["refresh_token", "client_id", "client_secret"] {
            if field(name).is_none_or(str::is_empty) {
                return refused(
                    400,
                    "invalid_request",
                    &format!("The request is missing a required parameter : {name}"),
                );
            }
        }
        let known = &self.credentials;
        if field("client_id") != Some(&known.client_id)
            || field("client_secret") != Some(&known.client_secret)
        {
            return refused(401, "invalid_client", "Client authentication failed");
        }
        if field("refresh_token") != Some(&known.refresh_token) || self.revoked.load(Ordering::Relaxed) {
            return invalid_grant();
        }
        let n = self.issued.fetch_add(1, Ordering::Relaxed);
        let token =
            format!("Atza|IwEBI{:016x}{:016x}{:016x}", mix(self.seed, 0x61), mix(self.seed, n << 8), n);
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.retain(|_, ends| *ends > now);
        live.insert(token.clone(), now + self.ttl);
        let body = json!({
            "access_token": token,
            "refresh_token": known.refresh_token,
            "token_type": "bearer",
            "expires_in": self.ttl.as_secs(),
        });
        (200, body)
    }

    /// Checks the headers of a request to the API.
    pub(crate) fn admit(
        &self,
        authorization: Option<&str>,
        client: Option<&str>,
        now: Instant,
    ) -> Result<(), Denied> {
        let bearer = authorization.ok_or(Denied::NoToken)?;
        let token = bearer
            .strip_prefix("Bearer ")
            .or_else(|| bearer.strip_prefix("bearer "))
            .ok_or(Denied::NoToken)?;
        let client = client.ok_or(Denied::NoClient)?;
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        match live.get(token.trim()) {
            Some(ends) if *ends > now => {}
            _ => return Err(Denied::BadToken),
        }
        if client == self.credentials.client_id { Ok(()) } else { Err(Denied::OtherClient) }
    }
}

/// The answer to a consent that is no longer there.
pub(crate) fn invalid_grant() -> (u16, Value) {
    refused(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
}

/// An error in the shape that OAuth prescribes.
pub(crate) fn refused(status: u16, error: &str, description: &str) -> (u16, Value) {
    (status, json!({"error": error, "error_description": description}))
}
