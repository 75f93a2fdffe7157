//! The handle by which a test or the demo steers a running simulator.

use std::sync::Arc;

use super::app::App;
use super::faults::Scenario;
use super::requests::RequestRecord;
use super::truth::Truth;

/// Steers a running simulator. Clones steer the same one.
#[derive(Debug, Clone)]
pub struct Control {
    pub(crate) app: Arc<App>,
}

impl Control {
    /// Puts a scenario in force, instead of the one before; its counters start anew.
    pub fn set_scenario(&self, scenario: Scenario) {
        self.app.faults.set(Some(scenario));
    }

    /// Ends all scripted faults.
    pub fn clear_scenario(&self) {
        self.app.faults.set(None);
    }

    /// Moves one profile, or all, on to the next generation. Gives the number of profiles moved:
    /// 0 when the profile is unknown.
    pub fn churn_now(&self, profile: Option<u64>) -> usize {
        let world = &self.app.world;
        match profile {
            None => {
                (0..world.profiles().len()).for_each(|n| world.churn(n));
                world.profiles().len()
            }
            Some(id) => world.find(id).map(|n| world.churn(n)).into_iter().count(),
        }
    }

    /// What a profile holds now; `None` when it is unknown. Builds what has not been built yet.
    pub fn truth(&self, profile: u64) -> Option<Truth> {
        self.app.world.find(profile).map(|n| Truth::of(&self.app.world, n, false))
    }

    /// The same with extended data.
    pub fn extended_truth(&self, profile: u64) -> Option<Truth> {
        self.app.world.find(profile).map(|n| Truth::of(&self.app.world, n, true))
    }

    /// The ids of all profiles, those included that are not listed by default.
    pub fn profile_ids(&self) -> Vec<u64> {
        self.app.world.profiles().iter().map(|profile| profile.id).collect()
    }

    /// The requests so far, oldest first; very old ones are forgotten.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.app.requests.all()
    }

    /// Makes every access token given out so far invalid.
    pub fn expire_tokens(&self) {
        self.app.auth.expire_tokens();
    }

    /// Withdraws the consent: the refresh token is refused with `invalid_grant`. Access tokens
    /// live on until they expire.
    pub fn revoke_consent(&self) {
        self.app.auth.set_revoked(true);
    }

    /// Gives the consent again.
    pub fn restore_consent(&self) {
        self.app.auth.set_revoked(false);
    }
}
