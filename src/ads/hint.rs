//! What an operator can do about each error. Names only commands that exist, in backquotes; a test reads them.

use super::error::AdsError;

impl AdsError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::LoginUnknown { known, .. } => {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                format!(
                    "Logins in the configuration: {known}. `adsync config show` shows them; a profile whose login was renamed is carried again after `adsync profiles`."
                )
            }
            Self::Unusable { .. } => {
                "Correct it in the configuration; `adsync config check` checks it without sending anything.".to_owned()
            }
            Self::InvalidGrant { login, .. } => format!(
                "The consent ended, was revoked, or the client secret was reset. Have the account's owner authorise the application again, put the new refresh token where login {login:?} reads it, check with `adsync config check`, then `adsync retry --all`; an open console reads it when it is started again."
            ),
            Self::InvalidClient { login, .. } => format!(
                "Compare client_id and client_secret of login {login:?} with the security profile in the Amazon developer console; `adsync config show` says where they come from."
            ),
            Self::TokenRefused { login, .. } => format!(
                "The token is fresh, so the application itself may lack API access, or login {login:?} points at the wrong region. Compare region and api_url with `adsync config show`."
            ),
            Self::Unauthorized { login, .. } => format!(
                "The token is good, so login {login:?} lacks the right to just this. Check in Amazon Ads what its user may do with the account, and for which products the application was approved; note the request ids for Amazon's support, then `adsync retry --all`."
            ),
            Self::AuthUnreachable { .. } => {
                "Check the network, and token_url if it is set (`adsync config show`); then `adsync retry --all`.".to_owned()
            }
            Self::AuthMalformed { .. } => {
                "Something other than Login with Amazon answered, such as a proxy's page. Check token_url with `adsync config show`.".to_owned()
            }
            Self::NoAccess { .. } => {
                "The login's user may have lost access to this account, or the profile belongs to another region. `adsync profiles` lists what the logins see now.".to_owned()
            }
            Self::NotEligible { .. } => {
                "Nothing to do: the account does not take part in this ad product. What is stored stays as it is.".to_owned()
            }
            Self::BadRequest { status: 300..=399, .. } => {
                "Amazon's API does not redirect: look for a proxy or a sign-in page in between, and compare api_url with `adsync config show`.".to_owned()
            }
            Self::BadRequest { .. } => {
                "The same request will be refused again. Note the request ids; if the API has changed, a newer adsync may know how.".to_owned()
            }
            Self::CursorRefused { .. } => {
                "Cursors do not live long. `adsync retry --all` starts this list over and reuses the finished ones.".to_owned()
            }
            Self::Throttled { wait: Some(_), .. } => {
                "Amazon limits this account for now. The sync goes on by itself when the pause is over; lower `max_per_second` if other tools use the same account.".to_owned()
            }
            Self::Throttled { wait: None, .. } => {
                "Amazon limits this account for now. `adsync retry --all` later; finished lists are reused.".to_owned()
            }
            Self::ServerError { .. } | Self::Timeout { .. } | Self::Connection { .. } => {
                "Usually passes. `adsync retry --all` goes on from what was fetched.".to_owned()
            }
            Self::Malformed { .. } => {
                "The answer was not used. `adsync retry --all` asks again; if it stays, note the request ids and look for a proxy in between.".to_owned()
            }
        }
    }
}
