//! What this process's configuration says about a profile, whatever the database holds of it.

use crate::domain::profile::{Barred, StoredProfile};
use crate::domain::selection::Selection;

/// Which profiles may be synced.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The logins of the configuration.
    pub logins: Vec<String>,
    /// Whom it includes and excludes.
    pub selection: Selection,
}

impl Policy {
    /// Fills in why a profile is kept from being synced.
    pub(super) fn judge(&self, stored: &mut StoredProfile) {
        let login = &stored.profile.login;
        stored.barred = if self.logins.contains(login) {
            self.selection.bars(&stored.profile)
        } else {
            Some(Barred::LoginRemoved { login: login.clone() })
        };
    }
}
