//! What ends a run without a commit.

use crate::ads::AdsError;
use crate::domain::code::Code;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::profile::Barred;
use crate::domain::report::ErrorReport;
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;
use crate::store::StoreError;

use super::certify::ListError;

/// A failure of the engine.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The API did not give what was asked.
    #[error(transparent)]
    Ads(#[from] Box<AdsError>),
    /// The database did not take or give something.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A list proves nothing.
    #[error("{unit}: {source}")]
    List {
        /// The unit.
        unit: Unit,
        /// What the list did.
        source: ListError,
    },
    /// A stored page cannot be read back.
    #[error("{unit}: a stored page cannot be read: {reason}")]
    StoredPage {
        /// The unit.
        unit: Unit,
        /// Why.
        reason: String,
    },
    /// Every unit answered that this account has no part in it.
    #[error("the API gave no access to any part of this profile")]
    NoAccess,
    /// The run ended the process that carried it, again and again.
    #[error("run {run} ended {attempts} processes that carried it")]
    KillsOwner {
        /// The run.
        run: RunId,
        /// Claims that ended in a crash.
        attempts: i64,
    },
    /// A defect of adsync.
    #[error("adsync itself failed: {message}")]
    Panic {
        /// What the panic said.
        message: String,
    },
    /// No profile has this number.
    #[error("profile {0} is not known")]
    UnknownProfile(ProfileId),
    /// The profile is shown, and never synced.
    #[error("profile {profile} cannot be synced: {reason}")]
    NotSyncable {
        /// The profile.
        profile: ProfileId,
        /// Why.
        reason: String,
    },
    /// The configuration leaves the profile out.
    #[error("profile {profile} is {barred}")]
    Excluded {
        /// The profile.
        profile: ProfileId,
        /// Why, and where it says so.
        barred: Barred,
    },
    /// An approval or discard of a run that is not held.
    #[error("run {run} {reason}")]
    NotHeld {
        /// The run.
        run: RunId,
        /// What it is instead.
        reason: String,
    },
    /// A login that had profiles lists none at all.
    #[error("login {login:?} lists no profile at all, and had {known}")]
    NoProfiles {
        /// The login.
        login: String,
        /// Profiles that it had.
        known: usize,
    },
    /// The login of a profile is not in the configuration.
    #[error("login {0:?} is not in the configuration")]
    UnknownLogin(String),
}

impl From<AdsError> for SyncError {
    fn from(error: AdsError) -> Self {
        Self::Ads(Box::new(error))
    }
}

impl SyncError {
    /// Stable and machine-readable.
    pub fn code(&self) -> Code {
        match self {
            Self::Ads(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::List { source, .. } => source.code(),
            Self::StoredPage { .. } => Code::StoredPage,
            Self::NoAccess => Code::NoAccess,
            Self::KillsOwner { .. } => Code::KillsOwner,
            Self::Panic { .. } => Code::Panic,
            Self::UnknownProfile(_) => Code::ProfileUnknown,
            Self::NotSyncable { .. } => Code::NotSyncable,
            Self::Excluded { .. } => Code::Excluded,
            Self::NotHeld { .. } => Code::NotHeld,
            Self::NoProfiles { .. } => Code::NoneListed,
            Self::UnknownLogin(_) => Code::LoginUnknown,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Ads(error) => error.hint(),
            Self::Store(error) => error.hint().to_owned(),
            Self::List { .. } => {
                "The account may be changing while it is listed, or the API serves it wrongly. Retry: nothing was removed or half written.".to_owned()
            }
            Self::StoredPage { .. } => "Sync the profile anew: the kept pages are damaged.".to_owned(),
            Self::NoAccess => {
                "Check that the login may read this account, and that the account advertises at all.".to_owned()
            }
            Self::KillsOwner { run, .. } => {
                format!("Look at it with: adsync run show {run}. Sync the profile anew when the cause is mended.")
            }
            Self::Panic { .. } => "This is a defect of adsync: report it with the log. Nothing was written.".to_owned(),
            Self::UnknownProfile(_) => "List what is known with: adsync profiles".to_owned(),
            Self::NotSyncable { .. } => "Leave it out; all other profiles are synced as usual.".to_owned(),
            Self::Excluded { barred, .. } => barred.cure(),
            Self::NotHeld { .. } => "List the held runs with: adsync runs --state held".to_owned(),
            Self::NoProfiles { .. } => {
                "What is stored is kept, and nothing is taken for gone. Check that the login still has access to its accounts, then try again.".to_owned()
            }
            Self::UnknownLogin(_) => {
                "Put the login back into the configuration, or sync other profiles (adsync config check).".to_owned()
            }
        }
    }

    /// True when the same may succeed later without anybody changing anything.
    pub fn retryable(&self) -> bool {
        self.code().retryable()
    }

    /// True when what was fetched of the unit must not be used again.
    pub const fn spoils_pages(&self) -> bool {
        matches!(self, Self::List { .. } | Self::StoredPage { .. })
    }

    /// The report that is stored and shown.
    pub fn report(&self, at: Timestamp) -> ErrorReport {
        match self {
            Self::Ads(error) => error.report(at),
            Self::Store(error) => error.report(at),
            _ => ErrorReport::new(self.code(), self.to_string(), self.hint(), at),
        }
    }
}
