//! The Amazon Ads API client: tokens, the request budget, retries, and lists turned into pages.
//!
//! An answer becomes a page only when its status is 200 and its body has the list's shape; everything else is
//! an [`AdsError`] with a stable code. Knows the domain and the configuration; knows nothing of syncs,
//! databases or screens, and shares no wire types with the simulator.

mod answer;
mod backoff;
mod blame;
mod call;
mod client;
mod encoded;
mod endpoint;
mod error;
mod exchange;
mod hint;
mod limiter;
mod meaning;
mod observer;
mod profiles;
mod redact;
mod retry_after;
#[cfg(test)]
mod retry_tests;
mod token;
mod trace;
mod transport;

pub use call::{Cursor, ListCall};
pub use client::{AdsClient, ListPage};
pub use endpoint::{ClientOptions, LoginEndpoint};
pub use error::AdsError;
pub use limiter::{Part, Share, SharedBudget, Unshared};
pub use observer::{RequestObserver, RequestWait, WaitReason};
pub use profiles::MOST_PROFILES;
pub use redact::redacted;
