//! The screens as data, and how one gets from one to the other: tabs by number, a trail that Esc goes back.

use super::changes::ChangesScreen;
use super::errors::ErrorsScreen;
use super::history::HistoryScreen;
use super::limits::LimitsScreen;
use super::logview::LogsScreen;
use super::matrix::MatrixScreen;
use super::model::RunScreen;

/// What fills the middle of the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Screen {
    /// The list of profiles.
    Profiles,
    /// The latest run of one profile.
    Run(RunScreen),
    /// Runs that were: of one profile, or of all.
    History(HistoryScreen),
    /// What fails now, by cause.
    Errors(ErrorsScreen),
    /// What syncs changed, field by field.
    Changes(ChangesScreen),
    /// Profiles by what was proved of them.
    Matrix(MatrixScreen),
    /// Every bucket of the rate-limit budget.
    Limits(LimitsScreen),
    /// The log.
    Logs(LogsScreen),
}

/// The screens that a number opens, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Profiles,
    Runs,
    Errors,
    Changes,
    Matrix,
    Limits,
    Logs,
}

impl Tab {
    pub(super) const ALL: [Self; 7] =
        [Self::Profiles, Self::Runs, Self::Errors, Self::Changes, Self::Matrix, Self::Limits, Self::Logs];

    /// The word beside the number.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Profiles => "Profiles",
            Self::Runs => "Runs",
            Self::Errors => "Errors",
            Self::Changes => "Changes",
            Self::Matrix => "Matrix",
            Self::Limits => "Limits",
            Self::Logs => "Logs",
        }
    }

    /// Its number, as a key.
    pub(super) fn digit(self) -> char {
        let index = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        u32::try_from(index + 1).ok().and_then(|n| char::from_digit(n, 10)).unwrap_or('1')
    }
}

impl Screen {
    /// The tab that the screen is; `None` where it looks at one profile or one run.
    pub(super) const fn tab(&self) -> Option<Tab> {
        match self {
            Self::Profiles => Some(Tab::Profiles),
            Self::History(history) if history.profile.is_none() => Some(Tab::Runs),
            Self::Errors(_) => Some(Tab::Errors),
            Self::Changes(changes) if changes.is_all() => Some(Tab::Changes),
            Self::Matrix(_) => Some(Tab::Matrix),
            Self::Limits(_) => Some(Tab::Limits),
            Self::Logs(_) => Some(Tab::Logs),
            Self::Run(_) | Self::History(_) | Self::Changes(_) => None,
        }
    }
}
