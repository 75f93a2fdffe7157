//! How a command ends: exit codes, and the one message of a failure.

use crate::config::ConfigError;
use crate::domain::code::{Code, Ends};
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunState, RunView};
use crate::store::StoreError;
use crate::sync::SyncError;
use crate::telemetry::clock::machine_now;

/// What a process ends with, for scripts. Of several that apply, the first in this order of severity holds:
/// interrupted, usage, partial, held, retryable, failed, ok.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked for was proved and committed.
    Ok,
    /// Something failed that will not pass by itself.
    Failed,
    /// The command line, the configuration, or a database that cannot be used as it is.
    Usage,
    /// All failures may pass by themselves; an unreachable database too.
    Retryable,
    /// A run is held for approval.
    Held,
    /// Some profiles were committed and some not.
    Partial,
    /// Ctrl-C or a signal.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Retryable => 3,
            Self::Held => 4,
            Self::Partial => 5,
            Self::Interrupted => 130,
        }
    }

    /// The code of a command that could not do its work.
    pub const fn of_code(code: Code) -> Self {
        match code.ends() {
            Ends::Well => Self::Ok,
            Ends::Failed => Self::Failed,
            Ends::Usage => Self::Usage,
            Ends::Retryable => Self::Retryable,
        }
    }

    /// The code of a finished command: `ended` runs, and failures that never became one.
    pub fn of(ended: &[RunView], failures: &[ErrorReport]) -> Self {
        let committed = ended.iter().filter(|run| run.state == RunState::Completed).count();
        if committed == ended.len() && failures.is_empty() {
            return Self::Ok;
        }
        if committed > 0 {
            return Self::Partial;
        }
        if ended.iter().any(|run| run.state == RunState::Held) {
            return Self::Held;
        }
        let retryable = |run: &RunView| match (run.state, &run.error) {
            // Queued: parked, and left to go on later.
            (RunState::Completed | RunState::Queued, _) => true,
            (RunState::Failed, Some(report)) => report.retryable,
            _ => false,
        };
        if ended.iter().all(retryable) && failures.iter().all(|report| report.retryable) {
            Self::Retryable
        } else {
            Self::Failed
        }
    }
}

/// A command that could not do its work at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong and what to do.
    pub report: ErrorReport,
    /// What the process ends with.
    pub exit: Exit,
}

impl Failure {
    /// A failure that a command finds itself.
    pub fn new(code: Code, summary: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::from_report(ErrorReport::new(code, summary, hint, machine_now()))
    }

    /// A wrong command line.
    pub fn usage(summary: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Code::Usage, summary, hint)
    }

    /// A profile that is not known while logins could not be asked may be one of theirs: then this ends as their
    /// failures do.
    pub(super) fn unless_unlisted(mut self, unlisted: &[ErrorReport]) -> Self {
        if self.report.code != Code::ProfileUnknown || unlisted.is_empty() {
            return self;
        }
        let retryable = unlisted.iter().all(|report| report.retryable);
        self.exit = if retryable { Exit::Retryable } else { Exit::Failed };
        self.report.retryable = retryable;
        self.report.causes.extend(unlisted.iter().map(|report| report.summary.clone()));
        "Not every login could be asked for its profiles, and it may be one of theirs: try again when they answer."
            .clone_into(&mut self.report.hint);
        self
    }

    /// A failure that is known by its report.
    pub fn from_report(report: ErrorReport) -> Self {
        let exit = Exit::of_code(report.code);
        Self { report, exit }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let hint = match &error {
            ConfigError::Unreadable { .. } => {
                "Name an existing file with --config, or leave it out for the defaults."
            }
            ConfigError::Invalid { .. } => {
                "Correct that line; the config.toml that ships with adsync shows every setting."
            }
            ConfigError::MissingSecret { .. } => {
                "Provide the secret where the configuration says, or say another place."
            }
            ConfigError::DatabaseUrl { .. } => "Use sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE.",
        };
        Self::new(Code::Config, error.to_string(), hint)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::from_report(error.report(machine_now()))
    }
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Self {
        Self::from_report(error.report(machine_now()))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let mut report = ErrorReport::new(
            Code::Output,
            "the output cannot be written",
            "Check where standard output goes.",
            machine_now(),
        );
        report.causes.push(error.to_string());
        Self::from_report(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{ProfileId, RunId};
    use crate::domain::run::{ChangeCounts, Origin};
    use crate::domain::time::Timestamp;

    fn run(state: RunState, retryable: bool) -> RunView {
        RunView {
            id: RunId(1),
            profile_id: ProfileId(1),
            state,
            priority: 0,
            requested_by: String::new(),
            requested_from: Origin::Cli,
            retry_of: None,
            epoch: 1,
            attempt: 1,
            owner: None,
            cancel_requested: false,
            not_before: None,
            parks: 0,
            requested_at: Timestamp(0),
            started_at: None,
            finished_at: None,
            data_as_of: None,
            requests: 0,
            throttled: 0,
            throttled_us: 0,
            counts: ChangeCounts::default(),
            rows: 0,
            error: (state == RunState::Failed).then(|| ErrorReport { retryable, ..failure() }),
            hold: None,
            approved_by: None,
            state_since: None,
            lease_until: None,
            waits: crate::domain::wait::RunWaits::default(),
        }
    }

    fn failure() -> ErrorReport {
        ErrorReport::new(Code::BadRequest, "", "", Timestamp(0))
    }

    #[test]
    fn the_first_code_that_applies_holds() {
        use RunState::{Cancelled, Completed, Failed, Held};
        let retryable = ErrorReport { retryable: true, ..failure() };
        for (runs, failures, exit) in [
            (vec![], vec![], Exit::Ok),
            (vec![run(Completed, false)], vec![], Exit::Ok),
            (vec![run(Completed, false), run(Failed, true)], vec![], Exit::Partial),
            (vec![run(Completed, false), run(Held, true)], vec![], Exit::Partial),
            (vec![run(Completed, false)], vec![failure()], Exit::Partial),
            (vec![run(Held, false), run(Failed, true)], vec![], Exit::Held),
            (vec![run(Failed, true), run(Failed, true)], vec![retryable.clone()], Exit::Retryable),
            (vec![run(Failed, true), run(Failed, false)], vec![], Exit::Failed),
            (vec![run(Cancelled, true)], vec![], Exit::Failed),
            (vec![], vec![retryable], Exit::Retryable),
        ] {
            assert_eq!(Exit::of(&runs, &failures), exit, "{runs:?} {failures:?}");
        }
    }
}
