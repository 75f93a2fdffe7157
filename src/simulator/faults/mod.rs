//! Scripted faults: which requests go wrong, and how. Knows nothing of how an answer is made.

mod scenario;

use std::sync::{Mutex, PoisonError};

use self::scenario::Fault;
pub(crate) use self::scenario::{BodyKind, Cut, Effect, RetryAfter};
pub use self::scenario::{Scenario, ScenarioError};

/// The scenario in force, with a counter for each of its faults.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: Mutex<Vec<Armed>>,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    /// Requests that have matched so far.
    matched: u64,
}

impl Faults {
    /// Puts a scenario in force; all counters start anew.
    pub(crate) fn set(&self, scenario: Option<Scenario>) {
        let faults = scenario.map(|s| s.faults).unwrap_or_default();
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) =
            faults.into_iter().map(|fault| Armed { fault, matched: 0 }).collect();
    }

    /// What happens to a request. All faults that match it count it; where several strike, the
    /// first that says something about a property wins.
    pub(crate) fn strike(&self, path: &str, profile: Option<u64>) -> Option<Effect> {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut effect: Option<Effect> = None;
        for one in armed.iter_mut().filter(|one| one.fault.matches.covers(path, profile)) {
            one.matched += 1;
            if one.fault.matches.strikes(one.matched) {
                match &mut effect {
                    None => effect = Some(one.fault.effect.clone()),
                    Some(first) => first.fill(&one.fault.effect),
                }
            }
        }
        effect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strikes_from_the_nth_match_for_as_long_as_told() {
        let faults = Faults::default();
        let toml = "[[fault]]\nmatch = { path = '/sp/*', from_request = 2, times = 2 }\neffect = { status = 500 }\n\
                    [[fault]]\nmatch = { profile = 5, times = 'forever' }\neffect = { latency = '1s', status = 503 }";
        faults.set(Some(Scenario::parse(toml).unwrap()));
        let status = |path, profile| faults.strike(path, profile).and_then(|effect| effect.status);
        assert_eq!(status("/sp/a", None), None);
        assert_eq!(status("/sd/a", None), None);
        assert_eq!(status("/sp/b", None), Some(500));
        let both = faults.strike("/sp/c", Some(5)).unwrap();
        assert_eq!((both.status, both.latency.map(|l| l.as_secs())), (Some(500), Some(1)));
        assert_eq!(status("/sp/d", None), None);
        assert_eq!(status("/sd/e", Some(5)), Some(503));
    }
}
