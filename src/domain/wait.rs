//! What a run waits for while it is fetched: requests that are repeated later, and pauses of its login.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;
use super::unit::Unit;

/// Why a request waits, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// The unit whose request waits.
    #[serde(flatten)]
    pub unit: Unit,
    /// Why.
    pub reason: WaitReason,
    /// The next attempt, by the machine's clock corrected to the database's.
    pub until: Timestamp,
    /// Attempts that were answered or lost so far.
    pub attempt: u32,
    /// One line: `throttled, no Retry-After`.
    pub detail: String,
    /// True when the API itself named the time.
    #[serde(default)]
    pub asked: bool,
}

/// The kinds of waiting that operators tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// The API answered 429.
    Throttled,
    /// A server error, a timeout or a broken connection.
    Retrying,
}

/// Everything that a run waits for, as its owner tells it to other processes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunWaits {
    /// Its requests that wait.
    #[serde(default)]
    pub requests: Vec<Wait>,
    /// Until when all requests of its login pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_until: Option<Timestamp>,
    /// Since when the first of its requests waits for its turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Of a run whose owner was found dead, so that its lease was ended: when it gave its last sign of life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_seen: Option<Timestamp>,
    /// Of a parked run: whether the API itself named its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<bool>,
}

impl RunWaits {
    /// True when there is nothing to wait for and nothing to say of it.
    pub const fn is_empty(&self) -> bool {
        self.requests.is_empty()
            && self.login_until.is_none()
            && self.asked.is_none()
            && self.owner_seen.is_none()
    }

    /// What of it is not over: an owner that died can no longer say that it is.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Self {
        Self {
            requests: self.requests.iter().filter(|wait| wait.until > now).cloned().collect(),
            login_until: self.login_until.filter(|until| *until > now),
            since: self.since,
            owner_seen: self.owner_seen,
            asked: self.asked,
        }
    }

    /// Until when the API's throttle holds it up; `None` when it does not.
    pub fn throttled_until(&self) -> Option<Timestamp> {
        let throttled = self.requests.iter().filter(|wait| wait.reason == WaitReason::Throttled);
        throttled.map(|wait| wait.until).chain(self.login_until).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unit::{AdProduct, Entity};

    fn wait(reason: WaitReason, until: i64) -> Wait {
        let unit = Unit::new(AdProduct::Sp, Entity::Keyword);
        Wait { unit, reason, until: Timestamp(until), attempt: 1, detail: String::new(), asked: false }
    }

    #[test]
    fn what_is_over_is_no_wait_and_a_repeated_request_is_no_throttle() {
        let all = RunWaits {
            requests: vec![wait(WaitReason::Throttled, 10), wait(WaitReason::Retrying, 30)],
            login_until: Some(Timestamp(20)),
            since: None,
            owner_seen: None,
            asked: None,
        };
        assert_eq!(all.throttled_until(), Some(Timestamp(20)));
        let left = all.left(Timestamp(20));
        assert_eq!((left.requests.len(), left.login_until, left.throttled_until()), (1, None, None));
        assert!(all.left(Timestamp(30)).is_empty());
        let stored = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<RunWaits>(&stored).unwrap(), all);
    }
}
