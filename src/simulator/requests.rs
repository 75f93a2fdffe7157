//! The log of requests: what was asked, when, and how it was answered. Secrets never enter it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::time::Instant;

/// The number of requests kept; counters go on beyond it.
const KEPT: usize = 100_000;

/// One answered request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// Its number, from 1.
    pub number: u64,
    /// Its method.
    pub method: String,
    /// Its path, without query.
    pub path: String,
    /// Its query, as sent.
    pub query: String,
    /// The profile in its scope header.
    pub profile: Option<u64>,
    /// The status it was answered with; 0 when the connection was cut instead.
    pub status: u16,
    /// When it came in.
    pub at: Instant,
}

/// All requests so far.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    recent: VecDeque<RequestRecord>,
    by_status: BTreeMap<u16, u64>,
    by_path: BTreeMap<String, u64>,
    by_profile: BTreeMap<u64, u64>,
    total: u64,
}

impl Requests {
    pub(crate) fn push(&self, record: RequestRecord) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.total += 1;
        *inner.by_status.entry(record.status).or_default() += 1;
        *inner.by_path.entry(record.path.clone()).or_default() += 1;
        if let Some(profile) = record.profile {
            *inner.by_profile.entry(profile).or_default() += 1;
        }
        if inner.recent.len() == KEPT {
            inner.recent.pop_front();
        }
        inner.recent.push_back(record);
    }

    pub(crate) fn all(&self) -> Vec<RequestRecord> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).recent.iter().cloned().collect()
    }

    pub(crate) fn summary(&self) -> Value {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let named = |counts: &BTreeMap<u16, u64>| {
            counts.iter().map(|(k, v)| (k.to_string(), json!(v))).collect::<Value>()
        };
        let by_profile: Value = inner.by_profile.iter().map(|(k, v)| (k.to_string(), json!(v))).collect();
        // When the requests to the API proper came in: what a client's limits are judged by.
        let api = inner.recent.iter().filter(|r| r.profile.is_some() || r.path.starts_with("/v2/"));
        let times: Vec<Instant> = api.map(|r| r.at).collect();
        let span =
            times.iter().max().zip(times.iter().min()).map_or(0, |(l, f)| (*l - *f).as_millis() as u64);
        json!({
            "total": inner.total,
            "api": times.len(),
            "apiSpanMs": span,
            "byStatus": named(&inner.by_status),
            "byPath": inner.by_path,
            "byProfile": by_profile,
        })
    }
}
