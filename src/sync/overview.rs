//! The state that events fold into, the same for console, plain output and JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{DatabaseLost, LoginStatus, SyncEvent, Wait};
use super::policy::Policy;
use crate::domain::cause::{CauseId, LoginFailure, PresentFailure};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::limits::LimitsSnapshot;
use crate::domain::profile::StoredProfile;
use crate::domain::run::{Progress, RunState, RunView, UnitView};
use crate::domain::time::Timestamp;
use crate::store::{Store, StoreError};

/// Everything that a screen shows, as of the last event.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Overview {
    /// Every profile that is known.
    pub profiles: BTreeMap<ProfileId, StoredProfile>,
    /// The latest run of each profile that ever had one.
    pub runs: BTreeMap<ProfileId, RunView>,
    /// The units of those runs, in plan order, as far as they are known.
    pub units: BTreeMap<RunId, Vec<UnitView>>,
    /// Requests that wait, by run.
    pub waits: BTreeMap<RunId, Vec<Wait>>,
    /// The budget's gauges.
    pub limits: LimitsSnapshot,
    /// How each login's last listing ended.
    pub logins: BTreeMap<String, LoginStatus>,
    /// The present failure of each profile whose latest run that ended failed; a live retry does not end it yet.
    #[serde(default)]
    pub failures: BTreeMap<ProfileId, PresentFailure>,
    /// The causes of which each profile failed since its last completed run, and since when. A cancelled run in between
    /// ends a failure, and mends no cause.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failing_since: BTreeMap<ProfileId, BTreeMap<CauseId, Timestamp>>,
    /// The logins that could not be asked for their profiles when they last were.
    #[serde(default)]
    pub login_failures: BTreeMap<String, LoginFailure>,
    /// How many runs the process that tells carries at once; `None` when it carries none.
    #[serde(default)]
    pub carries_at_once: Option<usize>,
    /// Set while the database does not answer: nothing here is current then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_lost: Option<DatabaseLost>,
    /// The identity of the process that tells; empty when nobody carries runs here.
    #[serde(default)]
    pub process: String,
}

/// A profile's state in one word, derived from its stored run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProfileStatus {
    /// Its last run failed.
    Failed,
    /// Its last run waits for an approval.
    Held,
    /// Its last run was proved, but for parts that the API refuses now and of which rows are stored.
    AccessLost,
    /// Its run waits for the API to lift a throttle.
    Throttled,
    /// Its run is being committed.
    Committing,
    /// Its run is being fetched.
    Fetching,
    /// Its run was put off to a later time.
    Parked,
    /// Its run waits to be claimed.
    Queued,
    /// Its last run was cancelled.
    Cancelled,
    /// Its last run was held, and given up.
    Discarded,
    /// Its last run was proved and committed.
    Proved,
    /// It was never synced.
    Never,
    /// Its login's list no longer has it.
    Gone,
    /// The configuration leaves it out.
    Excluded,
    /// It is shown, and never synced.
    NotSyncable,
}

impl ProfileStatus {
    /// Every state, from what needs somebody to what is left alone.
    pub const ALL: [Self; 15] = [
        Self::Failed,
        Self::Held,
        Self::AccessLost,
        Self::Throttled,
        Self::Committing,
        Self::Fetching,
        Self::Parked,
        Self::Queued,
        Self::Cancelled,
        Self::Discarded,
        Self::Proved,
        Self::Never,
        Self::Gone,
        Self::Excluded,
        Self::NotSyncable,
    ];

    /// The word on screens and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Held => "held",
            Self::AccessLost => "access lost",
            Self::Throttled => "throttled",
            Self::Committing => "committing",
            Self::Fetching => "fetching",
            Self::Parked => "parked",
            Self::Queued => "queued",
            Self::Cancelled => "cancelled",
            Self::Discarded => "discarded",
            Self::Proved => "proved",
            Self::Never => "never",
            Self::Gone => "gone",
            Self::Excluded => "excluded",
            Self::NotSyncable => "not synced",
        }
    }

    /// True when a retry takes up what the last run left.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Failed | Self::Cancelled | Self::Discarded)
    }

    /// True while a run of the profile is under way or waiting.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Throttled | Self::Committing | Self::Fetching | Self::Queued | Self::Parked)
    }
}

impl Overview {
    /// As [`Overview::read`], with every profile judged by a configuration.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read_by(store: &Store, policy: &Policy) -> Result<Self, StoreError> {
        let mut overview = Self::read(store).await?;
        overview.judge(policy);
        Ok(overview)
    }

    /// Has every profile judged by a configuration, and forgets failures of logins that it does not have.
    pub(super) fn judge(&mut self, policy: &Policy) {
        self.profiles.values_mut().for_each(|profile| policy.judge(profile));
        self.login_failures.retain(|name, _| policy.logins.contains(name));
    }

    /// What a database tells of all profiles, their runs and their failures.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read(store: &Store) -> Result<Self, StoreError> {
        let mut overview = Self {
            profiles: store.profiles().await?.into_iter().map(|p| (p.profile.id, p)).collect(),
            login_failures: store.login_failures().await?.into_iter().map(|f| (f.login.clone(), f)).collect(),
            runs: store.latest_runs().await?.into_iter().map(|r| (r.profile_id, r)).collect(),
            ..Self::default()
        };
        let now = store.now().await?;
        for run in overview.runs.values_mut() {
            run.waits = run.waits.left(now);
        }
        let told = overview.runs.values().filter(|run| !run.waits.requests.is_empty());
        overview.waits = told.map(|run| (run.id, run.waits.requests.clone())).collect();
        for (profile, cause, since) in store.failing_since().await? {
            overview.failing_since.entry(profile).or_default().insert(cause, since);
        }
        for run in store.failed_runs().await? {
            overview.apply_failure(&run);
        }
        let live: Vec<RunId> = overview.live_runs().map(|run| run.id).collect();
        for run in live {
            overview.units.insert(run, store.units(run).await?);
        }
        Ok(overview)
    }

    /// Folds one event in.
    pub fn apply(&mut self, event: SyncEvent) {
        match event {
            SyncEvent::Snapshot { overview } => *self = *overview,
            SyncEvent::Login { name, status } => {
                self.apply_login(&name, &status);
                self.logins.insert(name, status);
            }
            SyncEvent::Profile { profile } => {
                self.profiles.insert(profile.profile.id, *profile);
            }
            SyncEvent::Profiles { profiles } => {
                self.profiles.extend(profiles.into_iter().map(|p| (p.profile.id, p)));
            }
            SyncEvent::Run { run } => self.apply_run(*run),
            SyncEvent::Unit { unit, profile_id } => {
                // A unit of a run that is no longer the latest would never be shown or dropped again.
                if self.runs.get(&profile_id).is_some_and(|run| run.id == unit.run_id) {
                    let units = self.units.entry(unit.run_id).or_default();
                    match units.iter_mut().find(|known| known.unit == unit.unit) {
                        Some(known) => *known = *unit,
                        None => {
                            units.push(*unit);
                            units.sort_by_key(|u| u.unit);
                        }
                    }
                }
            }
            SyncEvent::Waiting { run_id, wait, .. } => {
                let waits = self.waits.entry(run_id).or_default();
                waits.retain(|known| known.unit != wait.unit);
                waits.push(wait);
            }
            SyncEvent::Resumed { run_id, unit, .. } => {
                if let Some(waits) = self.waits.get_mut(&run_id) {
                    waits.retain(|wait| wait.unit != unit);
                    if waits.is_empty() {
                        self.waits.remove(&run_id);
                    }
                }
            }
            SyncEvent::Database { lost } => self.database_lost = lost,
            SyncEvent::Limits { limits } => self.limits = limits,
        }
    }

    /// A failure stays what it is until the login answers, or fails in another way.
    fn apply_login(&mut self, name: &str, status: &LoginStatus) {
        match status {
            LoginStatus::Failed { report } => {
                let mut failure = LoginFailure::new(name, (**report).clone());
                if let Some(known) = self.login_failures.get(name).filter(|f| f.cause == failure.cause) {
                    failure.since = known.since;
                }
                self.login_failures.insert(name.to_owned(), failure);
            }
            LoginStatus::Listed { .. } | LoginStatus::CutOff { .. } => {
                self.login_failures.remove(name);
            }
            LoginStatus::Listing | LoginStatus::Retrying { .. } => {}
        }
    }

    fn apply_run(&mut self, run: RunView) {
        self.apply_failure(&run);
        if run.state != RunState::Fetching {
            self.waits.remove(&run.id);
        } else if self.is_elsewhere(&run) {
            // Of our own runs each wait and its end is told at once; of others only what their owners store.
            match run.waits.requests.clone() {
                none if none.is_empty() => self.waits.remove(&run.id),
                requests => self.waits.insert(run.id, requests),
            };
        }
        match self.runs.get(&run.profile_id) {
            // Events of an older run may arrive late; the latest run is what the profile's row shows.
            Some(known) if known.id > run.id => return,
            Some(known) if known.id < run.id => {
                let old = known.id;
                self.units.remove(&old);
                self.waits.remove(&old);
            }
            _ => {}
        }
        self.runs.insert(run.profile_id, run);
    }

    /// Keeps the present failures true to a run that ended, and to nothing older than what is known.
    fn apply_failure(&mut self, run: &RunView) {
        let known = self.failures.get(&run.profile_id);
        if run.state.is_live() || known.is_some_and(|known| known.run > run.id) {
            return;
        }
        if self.runs.get(&run.profile_id).is_some_and(|latest| latest.id > run.id && !latest.state.is_live())
        {
            return;
        }
        let report = run.error.as_ref().filter(|_| run.state == RunState::Failed);
        match (report, self.profiles.get(&run.profile_id)) {
            (Some(report), Some(stored)) => {
                let at = run.finished_at.unwrap_or(report.at);
                let cause = CauseId::of(report, &stored.profile);
                let causes = self.failing_since.entry(run.profile_id).or_default();
                let since = *causes.entry(cause.clone()).or_insert(at);
                let failure =
                    PresentFailure { run: run.id, cause, since, at, report: Box::new(report.clone()) };
                self.failures.insert(run.profile_id, failure);
            }
            _ => {
                self.failures.remove(&run.profile_id);
                if run.state == RunState::Completed {
                    self.failing_since.remove(&run.profile_id);
                }
            }
        }
    }

    /// A profile's state; `now` tells a parked run from a queued one.
    pub fn status(&self, id: ProfileId, now: Timestamp) -> ProfileStatus {
        let Some(stored) = self.profiles.get(&id) else { return ProfileStatus::Never };
        let run = self.runs.get(&id);
        if let Some(run) = run.filter(|run| run.state.is_live()) {
            return match run.state {
                RunState::Committing => ProfileStatus::Committing,
                RunState::Queued if run.not_before.is_some_and(|t| t > now) => ProfileStatus::Parked,
                RunState::Queued => ProfileStatus::Queued,
                // What another process stored holds until its time, whether that process lives or not.
                _ if self.is_elsewhere(run) => match run.waits.left(now).throttled_until() {
                    Some(_) => ProfileStatus::Throttled,
                    None => ProfileStatus::Fetching,
                },
                _ if self.is_throttled(run.id) => ProfileStatus::Throttled,
                _ => ProfileStatus::Fetching,
            };
        }
        if stored.gone_at.is_some() {
            return ProfileStatus::Gone;
        }
        if stored.profile.not_syncable().is_some() {
            return ProfileStatus::NotSyncable;
        }
        match &stored.barred {
            Some(barred) if barred.is_excluded() => return ProfileStatus::Excluded,
            Some(_) => return ProfileStatus::NotSyncable,
            None => {}
        }
        match run.map(|run| run.state) {
            Some(RunState::Failed) => ProfileStatus::Failed,
            Some(RunState::Held) => ProfileStatus::Held,
            Some(RunState::Cancelled) => ProfileStatus::Cancelled,
            Some(RunState::Discarded) => ProfileStatus::Discarded,
            _ if stored.access_lost.is_some() => ProfileStatus::AccessLost,
            Some(_) => ProfileStatus::Proved,
            None if stored.last_synced_at.is_some() => ProfileStatus::Proved,
            None => ProfileStatus::Never,
        }
    }

    /// True when a process that carries runs tells, and another one carries this run.
    fn is_elsewhere(&self, run: &RunView) -> bool {
        !self.process.is_empty() && run.owner.as_ref().is_some_and(|owner| *owner != self.process)
    }

    /// True when a request of the run waits for the API to lift a throttle.
    pub fn is_throttled(&self, run: RunId) -> bool {
        use super::event::WaitReason::Throttled;
        self.waits.get(&run).is_some_and(|waits| waits.iter().any(|w| w.reason == Throttled))
    }

    /// Requests that a run has sent at least: its counter is stored with its pages, and a request that waits to be
    /// repeated has brought none.
    pub fn requests(&self, run: &RunView) -> i64 {
        let waits = self.waits.get(&run.id).filter(|_| run.state.is_live());
        let attempts = waits.into_iter().flatten().map(|wait| i64::from(wait.attempt)).sum();
        run.requests.max(attempts)
    }

    /// How far the run of a profile has come.
    pub fn progress(&self, run: RunId) -> Progress {
        Progress::of(self.units.get(&run).into_iter().flatten())
    }

    /// The runs that are queued, fetching or committing.
    pub fn live_runs(&self) -> impl Iterator<Item = &RunView> {
        self.runs.values().filter(|run| run.state.is_live())
    }
}
