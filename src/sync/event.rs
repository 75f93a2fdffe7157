//! What the engine tells. Each event carries whole states, totals included, so that nobody who listens counts.

use serde::{Deserialize, Serialize};

use super::overview::Overview;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::limits::LimitsSnapshot;
use crate::domain::profile::StoredProfile;
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunView, UnitView};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;
pub use crate::domain::wait::{Wait, WaitReason};

/// Something that happened, in this process or in another one that shares the database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SyncEvent {
    /// Everything at once: what a listener gets first, and again when it fell behind.
    Snapshot {
        /// The whole state.
        overview: Box<Overview>,
    },
    /// A login was asked for its profiles.
    Login {
        /// Its name in the configuration.
        name: String,
        /// What came of it.
        status: LoginStatus,
    },
    /// A profile was synced.
    Profile {
        /// The profile as stored.
        profile: Box<StoredProfile>,
    },
    /// Profiles were listed, changed or went away, all at once.
    Profiles {
        /// The profiles as stored.
        profiles: Vec<StoredProfile>,
    },
    /// A run was requested or changed its state or counters.
    Run {
        /// The run as stored.
        run: Box<RunView>,
    },
    /// A unit of a run made progress or was settled.
    Unit {
        /// The run's profile.
        profile_id: ProfileId,
        /// The unit as stored.
        unit: Box<UnitView>,
    },
    /// A request of a run waits for longer than its turn in the queue.
    Waiting {
        /// The run.
        run_id: RunId,
        /// Its profile.
        profile_id: ProfileId,
        /// What waits.
        wait: Wait,
    },
    /// The request that waited goes on.
    Resumed {
        /// The run.
        run_id: RunId,
        /// Its profile.
        profile_id: ProfileId,
        /// The unit that goes on.
        unit: Unit,
    },
    /// The database went away, or is back.
    Database {
        /// Since when it does not answer, and why; `None` when it does again.
        lost: Option<DatabaseLost>,
    },
    /// The budget's gauges moved.
    Limits {
        /// The limiter's own snapshot.
        limits: LimitsSnapshot,
    },
}

/// The database does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseLost {
    /// Since when.
    pub since: Timestamp,
    /// Why: `cannot be reached: Connection refused`.
    pub detail: String,
}

/// How the last look at a login's profiles ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LoginStatus {
    /// It is being asked.
    Listing,
    /// It was asked in vain, and is being asked again.
    Retrying {
        /// What went wrong: `cannot connect: Connection refused`.
        detail: String,
        /// Attempts so far.
        attempt: u32,
    },
    /// It answered.
    Listed {
        /// How many profiles it has.
        profiles: usize,
        /// When, by the database's clock.
        at: Timestamp,
    },
    /// It answered with as many profiles as an answer can hold: there may be more, which nobody can list.
    CutOff {
        /// How many it told of.
        profiles: usize,
        /// When, by the database's clock.
        at: Timestamp,
    },
    /// It could not be asked; stored profiles stay on screen.
    Failed {
        /// Why, and what to do.
        report: Box<ErrorReport>,
    },
}
