//! The present failures of all profiles, grouped by what has to be mended.
//!
//! Pure: console and command show the same groups, made from the same overview.

use std::collections::BTreeMap;

use serde::Serialize;

use super::overview::Overview;
use crate::domain::cause::{CauseId, LoginFailure, PresentFailure};
use crate::domain::code::Code;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::plural::plural;
use crate::domain::report::ErrorReport;
use crate::domain::time::Timestamp;

/// One cause, with everybody who fails of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Its name, for `adsync errors` and `adsync retry --cause`.
    pub cause: CauseId,
    /// The code that all its failures have.
    pub code: Code,
    /// One line that holds for all of them.
    pub summary: String,
    /// What to do about it.
    pub hint: String,
    /// True when it may pass without anybody changing anything.
    pub retryable: bool,
    /// Before this instant trying again is of no use.
    pub again_at: Option<Timestamp>,
    /// When the first of them began to fail of it.
    pub since: Timestamp,
    /// When the last failure of it was seen.
    pub last: Timestamp,
    /// Everybody who fails of it, by name.
    pub profiles: Vec<Affected>,
    /// Logins that cannot be asked for their profiles because of it.
    pub logins: Vec<AffectedLogin>,
    /// The report of the last failure.
    #[serde(skip)]
    pub report: ErrorReport,
}

/// A profile that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Affected {
    /// Its number.
    pub profile_id: ProfileId,
    /// Its name.
    pub name: String,
    /// Its country, which tells namesakes apart.
    pub country: String,
    /// The login that carries it.
    pub login: String,
    /// The run that failed.
    pub run: RunId,
    /// When it first failed of this cause since it last succeeded.
    pub since: Timestamp,
    /// When that run ended.
    pub at: Timestamp,
    /// True while it is already being tried again.
    pub live: bool,
}

/// A login that cannot be asked for its profiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AffectedLogin {
    /// Its name in the configuration.
    pub login: String,
    /// Profiles that it is known to carry.
    pub profiles: usize,
    /// Since when it fails of this cause.
    pub since: Timestamp,
    /// When it was last asked.
    pub at: Timestamp,
}

impl AffectedLogin {
    /// The login in a few words: `login acme, 2 profiles known`.
    pub fn describe(&self) -> String {
        format!("login {}, {} known", self.login, plural(self.profiles as u64, "profile", "profiles"))
    }
}

impl Cause {
    /// The profiles that a retry of the cause tries: those that are not under way already.
    pub fn retryable_profiles(&self) -> Vec<ProfileId> {
        self.profiles.iter().filter(|p| !p.live).map(|p| p.profile_id).collect()
    }

    /// Who fails of it, in a few words: `3 profiles`, `login acme, 0 profiles known`, or both.
    pub fn who(&self) -> String {
        let failing =
            (!self.profiles.is_empty()).then(|| plural(self.profiles.len() as u64, "profile", "profiles"));
        let parts = failing.into_iter().chain(self.logins.iter().map(AffectedLogin::describe));
        parts.collect::<Vec<_>>().join(" and ")
    }

    /// Whether it recovers by itself, in a sentence without a period.
    pub fn recovery(&self) -> &'static str {
        self.report.recovery()
    }
}

/// All causes: those of most profiles first, then what was seen last.
pub fn causes(overview: &Overview) -> Vec<Cause> {
    let mut groups: BTreeMap<&CauseId, Vec<(ProfileId, &PresentFailure)>> = BTreeMap::new();
    for (id, failure) in &overview.failures {
        // Whoever is gone or never synced cannot be mended here, and a failure of long ago is no news.
        let stored = overview.profiles.get(id);
        if stored.is_some_and(|p| p.gone_at.is_none() && p.not_synced().is_none()) {
            groups.entry(&failure.cause).or_default().push((*id, failure));
        }
    }
    // A login that cannot be asked is a failure of its own: it may have no profile that could fail.
    for failure in overview.login_failures.values() {
        groups.entry(&failure.cause).or_default();
    }
    let mut all: Vec<Cause> =
        groups.into_iter().filter_map(|(cause, members)| group(overview, cause, &members)).collect();
    all.sort_by(|a, b| {
        let size = b.profiles.len().cmp(&a.profiles.len());
        size.then(b.last.cmp(&a.last)).then_with(|| a.cause.cmp(&b.cause))
    });
    all
}

fn group(overview: &Overview, cause: &CauseId, members: &[(ProfileId, &PresentFailure)]) -> Option<Cause> {
    let logins: Vec<&LoginFailure> =
        overview.login_failures.values().filter(|failure| failure.cause == *cause).collect();
    // Of profiles, of the last one to fail; of logins alone, likewise.
    let newest = members.iter().max_by_key(|(id, failure)| (failure.at, *id));
    let of_profile = newest.map(|(_, failure)| failure.report.as_ref());
    let report = of_profile
        .or_else(|| logins.iter().max_by_key(|failure| failure.at).map(|failure| failure.report.as_ref()))?;
    let reports = || {
        let of_profiles = members.iter().map(|(_, failure)| failure.report.as_ref());
        of_profiles.chain(logins.iter().map(|failure| failure.report.as_ref()))
    };
    // A summary that names one profile or list would be wrong about the others.
    let same = reports().all(|other| other.summary == report.summary);
    let summary = if same { report.summary.as_str() } else { report.code.meaning() };
    let mut profiles: Vec<Affected> =
        members.iter().filter_map(|(id, failure)| affected(overview, *id, failure)).collect();
    profiles.sort_by_key(|p| (p.name.to_lowercase(), p.country.clone(), p.profile_id));
    let times = || {
        let of_profiles = members.iter().map(|(_, failure)| (failure.since, failure.at));
        of_profiles.chain(logins.iter().map(|failure| (failure.since, failure.at)))
    };
    Some(Cause {
        cause: cause.clone(),
        code: report.code,
        summary: summary.trim_end_matches('.').to_owned(),
        hint: report.hint.clone(),
        retryable: reports().all(|report| report.retryable),
        again_at: reports().filter_map(|report| report.again_at).max(),
        since: times().map(|(since, _)| since).min()?,
        last: times().map(|(_, at)| at).max()?,
        profiles,
        logins: logins.into_iter().map(|failure| affected_login(overview, failure)).collect(),
        report: report.clone(),
    })
}

fn affected_login(overview: &Overview, failure: &LoginFailure) -> AffectedLogin {
    let carried = overview.profiles.values();
    let carried = carried.filter(|p| p.profile.login == failure.login && p.gone_at.is_none());
    AffectedLogin {
        login: failure.login.clone(),
        profiles: carried.count(),
        since: failure.since,
        at: failure.at,
    }
}

fn affected(overview: &Overview, id: ProfileId, failure: &PresentFailure) -> Option<Affected> {
    let profile = &overview.profiles.get(&id)?.profile;
    Some(Affected {
        profile_id: id,
        name: profile.name.clone(),
        country: profile.country.clone(),
        login: profile.login.clone(),
        run: failure.run,
        since: failure.since,
        at: failure.at,
        live: overview.runs.get(&id).is_some_and(|run| run.state.is_live()),
    })
}
