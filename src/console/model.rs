//! Everything that is on screen, as plain data. Changed by `update` alone, read by `view`.
//!
//! Holds the time that was last told, and never asks for it; knows no terminal and no engine.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tui_input::Input;

use super::bulk::Bulk;
use super::export::Format;
use super::finder::Finder;
use super::home::Home;
use super::list::{ListCursor, Order};
use super::logbook::{LogBook, LogLine};
use super::logs::LogPane;
use super::pace::Pace;
use super::palette::Palette;
use super::query::Loaded;
use super::screen::Screen;
use super::units;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::run::{ChangeView, HoldSummary, RunState, RunView, UnitView};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;
use crate::sync::event::LoginStatus;
use crate::sync::overview::Overview;

/// How the console is started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConsoleOptions {
    /// The database in a few words, with nothing secret in it: `sqlite adsync-demo.db`.
    pub database_label: String,
    /// Draw without colour.
    pub no_color: bool,
    /// Otherwise draw with these colours.
    pub palette: Palette,
    /// Draw with ASCII alone.
    pub ascii: bool,
    /// Show times in UTC instead of the system's zone, until a key changes that.
    pub utc: bool,
    /// Begin in read-only mode, in a process that carries no runs of others.
    pub read_only: bool,
    /// The terminal is one of tmux.
    pub tmux: bool,
}

/// The state of the run screen.
#[derive(Debug, Clone, PartialEq)]
pub struct RunScreen {
    /// The profile whose latest run is shown.
    pub profile: ProfileId,
    /// That run, when there is one.
    pub run: Option<RunId>,
    /// An older run that is shown instead of the latest, which is followed otherwise.
    pub older: Option<Box<RunView>>,
    /// Units that were read because the overview has none.
    pub units: Loaded<Vec<UnitView>>,
    /// The current unit.
    pub list: ListCursor,
    /// The order of the units.
    pub order: Order,
    /// The unit that becomes the current one as soon as the units are known, and stays it when they move.
    pub at: Option<Unit>,
    /// When units were fetched is shown in the place of their proofs.
    pub timeline: bool,
}

/// What lies over the screen and takes the keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Modal {
    /// All keys.
    Help {
        /// First line that is visible.
        scroll: usize,
    },
    /// An error report in full.
    Error {
        /// What it is about.
        title: String,
        /// What the failure means for the data.
        note: Option<&'static str>,
        /// The report.
        report: Box<ErrorReport>,
        /// First line that is visible.
        scroll: usize,
    },
    /// Find what can be done.
    Finder(Box<Finder>),
    /// Act on several profiles?
    Bulk(Box<Bulk>),
    /// Why a profile is where it is.
    Why {
        /// The profile.
        profile: ProfileId,
        /// First line that is visible.
        scroll: usize,
    },
    /// A row of a list in full.
    Document {
        /// The row.
        document: Document,
        /// First line that is visible.
        scroll: usize,
    },
    /// How and where is the list to be written?
    Export(ExportDialog),
    /// Quit while syncs run?
    Quit {
        /// How many run.
        running: usize,
        /// How many wait for their turn.
        queued: usize,
    },
    /// A held run: what its commit would remove.
    Review(Review),
    /// Live runs are given back; nothing can be answered any more.
    Leaving {
        /// How many there were.
        live: usize,
    },
}

/// A file that is to be written.
#[derive(Debug, Clone)]
pub struct ExportDialog {
    /// How.
    pub format: Format,
    /// Its name, as it is typed.
    pub(super) input: Input,
    /// The review whose rows are written, and which is there again afterwards; otherwise the present list is.
    pub(super) review: Option<Box<Review>>,
}

impl PartialEq for ExportDialog {
    fn eq(&self, other: &Self) -> bool {
        self.format == other.format
            && self.input.value() == other.input.value()
            && self.review == other.review
    }
}

impl ExportDialog {
    /// How many rows are written.
    pub(super) fn rows(&self, model: &Model) -> usize {
        match &self.review {
            Some(review) => match review.rows() {
                Some(rows) => rows.units.iter().map(|unit| unit.removes.len()).sum(),
                None => usize::try_from(review.summary.removals()).unwrap_or(usize::MAX),
            },
            None => model.list_size().0,
        }
    }

    /// The other format; where the name ends as the format does, it follows.
    pub(super) fn switch(&mut self) {
        let format = self.format.other();
        if let Some(stem) = self.input.value().strip_suffix(self.format.word()) {
            self.input = Input::new(format!("{stem}{}", format.word()));
        }
        self.format = format;
    }
}

/// A row of a list that is read in full.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// A change, field by field.
    Change(Box<ChangeView>),
    /// A line of the log.
    Line(Arc<LogLine>),
}

/// The review of a held run.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// The run.
    pub run: RunId,
    /// Its profile.
    pub profile: ProfileId,
    /// What its commit would do, as it is shown.
    pub summary: HoldSummary,
    /// The same with every row that would be removed, once somebody wants them all.
    pub whole: Option<Loaded<Box<HoldSummary>>>,
    /// What is asked.
    pub stage: Stage,
    /// First line that is visible.
    pub scroll: usize,
}

impl Review {
    /// What its commit would do with every row that would be removed; `None` while that is not read.
    pub(super) fn rows(&self) -> Option<&HoldSummary> {
        match &self.whole {
            _ if self.summary.has_all() => Some(&self.summary),
            Some(Loaded::Ready(whole)) => Some(whole),
            _ => None,
        }
    }
}

/// What a review asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Nothing yet.
    Reading,
    /// Approve? A key answers.
    Approving,
    /// Approve so many removals? Their number must be typed.
    Counting {
        /// What was typed.
        typed: String,
    },
    /// Discard? A key answers.
    Discarding,
}

/// A modal, and whether it takes keys yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The modal.
    pub modal: Modal,
    /// True once a frame that shows it was drawn: keys typed before were meant for something else.
    pub armed: bool,
}

/// A sentence for the operator in the lower rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The sentence.
    pub text: String,
    /// The report behind it, when it tells a failure.
    pub report: Option<Box<ErrorReport>>,
    /// When it goes away; failures stay until they are dismissed.
    pub until: Option<Timestamp>,
}

/// Everything that is on screen.
#[derive(Debug, Clone)]
pub struct Model {
    /// How the console was started.
    pub options: ConsoleOptions,
    /// The zone of absolute times.
    pub zone: TimeZone,
    /// The zone to change to.
    pub(super) other_zone: TimeZone,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The time as last told.
    pub now: Timestamp,
    /// What the events have told.
    pub overview: Overview,
    /// When the budget's gauges last moved.
    pub limits_at: Timestamp,
    /// The list of profiles.
    pub home: Home,
    /// How far runs have come, and how fast they go.
    pub pace: Pace,
    /// What fills the screen.
    pub screen: Screen,
    /// The screens that Esc goes back to, the last one first.
    pub trail: Vec<Screen>,
    /// What lies over it.
    pub modal: Option<Opened>,
    /// The message.
    pub notice: Option<Notice>,
    /// The log pane.
    pub logs: LogPane,
    /// True while keys that change anything are refused.
    pub read_only: bool,
    /// What was logged.
    pub log: LogBook,
    /// Since when the engine tells nothing more.
    pub engine_stopped: Option<Timestamp>,
    pub(super) dirty: bool,
    /// True when something was told since cursors and rows were last put in order.
    pub(super) unsettled: bool,
    /// When the present frame is outdated by time alone.
    pub(super) due: Option<Timestamp>,
}

const NOTICE_STAYS: Duration = Duration::from_secs(8);

impl Model {
    /// The first state, from what the engine knows at start.
    pub fn new(
        options: ConsoleOptions,
        zone: TimeZone,
        overview: Overview,
        now: Timestamp,
        size: (u16, u16),
    ) -> Self {
        // What is shown in UTC from the start can be shown in the system's zone.
        let other_zone = if zone == TimeZone::UTC { TimeZone::system() } else { TimeZone::UTC };
        let mut home = Home::default();
        home.rebuild(&overview, now);
        let mut pace = Pace::default();
        pace.read(&overview, now);
        let mut model = Self {
            read_only: options.read_only,
            options,
            zone,
            other_zone,
            size,
            now,
            overview,
            limits_at: now,
            home,
            pace,
            screen: Screen::Profiles,
            trail: Vec::new(),
            modal: None,
            notice: None,
            logs: LogPane::default(),
            log: LogBook::default(),
            engine_stopped: None,
            dirty: true,
            unsettled: true,
            due: None,
        };
        model.settle();
        model
    }

    /// True when the screen is outdated; asking makes it current, and everything ready to be drawn.
    pub fn take_dirty(&mut self) -> bool {
        if self.unsettled {
            self.settle();
        }
        std::mem::take(&mut self.dirty)
    }

    /// True when something was told that is drawn only once everything is in order again.
    pub(super) const fn is_unsettled(&self) -> bool {
        self.unsettled
    }

    pub(super) fn open(&mut self, modal: Modal) {
        self.modal = Some(Opened { modal, armed: false });
    }

    pub(super) fn say(&mut self, text: impl Into<String>) {
        let until = Some(self.now.plus(NOTICE_STAYS));
        self.notice = Some(Notice { text: text.into(), report: None, until });
    }

    pub(super) fn complain(&mut self, report: Box<ErrorReport>) {
        self.notice = Some(Notice { text: report.summary.clone(), report: Some(report), until: None });
    }

    /// The latest run of a profile.
    pub(super) fn run(&self, profile: ProfileId) -> Option<&RunView> {
        self.overview.runs.get(&profile)
    }

    /// The run that a run screen shows.
    pub(super) fn shown_run<'a>(&'a self, screen: &'a RunScreen) -> Option<&'a RunView> {
        screen.older.as_deref().or_else(|| self.run(screen.profile))
    }

    /// A profile's name, for sentences.
    pub(super) fn name(&self, profile: ProfileId) -> String {
        self.overview.profiles.get(&profile).map_or_else(|| profile.to_string(), |p| p.profile.name.clone())
    }

    /// A profile's name and country, where it is told apart from its namesakes: they differ in nothing else.
    pub(super) fn title(&self, profile: ProfileId) -> String {
        self.overview.profiles.get(&profile).map_or_else(|| profile.to_string(), |p| p.profile.title())
    }

    /// The units that the run screen shows, in its order: the overview's, else those that were read.
    pub(super) fn units<'a>(&'a self, screen: &'a RunScreen) -> Cow<'a, [UnitView]> {
        let known =
            screen.run.and_then(|run| self.overview.units.get(&run)).filter(|units| !units.is_empty());
        units::ordered(known.or_else(|| screen.units.ready()).map_or(&[], Vec::as_slice), screen.order)
    }

    /// The held run of a profile with what holds it.
    pub(super) fn held(&self, profile: ProfileId) -> Option<(RunId, &HoldSummary)> {
        let run = self.run(profile).filter(|run| run.state == RunState::Held)?;
        Some((run.id, run.hold.as_ref()?))
    }

    /// The first login that could not be asked for its profiles.
    pub(super) fn failed_login(&self) -> Option<(&str, &ErrorReport)> {
        self.overview.logins.iter().find_map(|(name, status)| match status {
            LoginStatus::Failed { report } => Some((name.as_str(), report.as_ref())),
            _ => None,
        })
    }

    /// The first login that was asked in vain and is being asked again, and what went wrong.
    pub(super) fn retried_login(&self) -> Option<(&str, &str)> {
        self.overview.logins.iter().find_map(|(name, status)| match status {
            LoginStatus::Retrying { detail, .. } => Some((name.as_str(), detail.as_str())),
            _ => None,
        })
    }

    /// The first login whose list of profiles may be cut off, and how many it told of.
    pub(super) fn cut_off_login(&self) -> Option<(&str, usize)> {
        self.overview.logins.iter().find_map(|(name, status)| match status {
            LoginStatus::CutOff { profiles, .. } => Some((name.as_str(), *profiles)),
            _ => None,
        })
    }

    /// Logins that are being asked, and have not failed to answer yet.
    pub(super) fn asked_logins(&self) -> Vec<&str> {
        let asked = self.overview.logins.iter().filter(|(_, status)| **status == LoginStatus::Listing);
        asked.map(|(name, _)| name.as_str()).collect()
    }

    /// The profile that keys act on when nothing is selected.
    pub(super) fn current(&self) -> Option<ProfileId> {
        match &self.screen {
            Screen::Profiles | Screen::Matrix(_) => self.home.current(),
            Screen::Run(run) => Some(run.profile),
            Screen::History(history) => history.profile.or_else(|| Some(history.current()?.profile_id)),
            Screen::Errors(errors) => errors.profile(),
            Screen::Changes(changes) => changes.current().map(|change| change.profile_id).or(changes.profile),
            Screen::Limits(screen) => screen.current()?.profile,
            Screen::Logs(_) => None,
        }
    }

    /// The run that keys look at: the one that is shown, else the latest of the current profile.
    pub(super) fn current_run(&self) -> Option<&RunView> {
        match &self.screen {
            Screen::Run(screen) => self.shown_run(screen),
            Screen::History(screen) => screen.current(),
            _ => self.run(self.current()?),
        }
    }

    /// The profiles that keys act on.
    pub(super) fn targets(&self) -> Vec<ProfileId> {
        match &self.screen {
            Screen::Profiles | Screen::Matrix(_) => self.home.targets(),
            Screen::History(screen) if screen.profile.is_none() => screen.targets(),
            _ => self.current().into_iter().collect(),
        }
    }

    /// Opens a screen on top of the present one, which Esc comes back to.
    pub(super) fn go(&mut self, screen: Screen) {
        // Back and forth for a whole night must not pile up.
        const LONGEST: usize = 16;
        let left = std::mem::replace(&mut self.screen, screen);
        self.trail.push(left);
        if self.trail.len() > LONGEST {
            self.trail.remove(1);
        }
    }

    /// Goes back to where the present screen was opened; false on the first one.
    pub(super) fn go_back(&mut self) -> bool {
        match self.trail.pop() {
            Some(screen) => {
                self.screen = screen;
                true
            }
            None => false,
        }
    }

    /// Opens a screen that a number stands for: the home list is where Esc leads from there.
    pub(super) fn jump(&mut self, screen: Screen) {
        self.trail.clear();
        if screen != Screen::Profiles {
            self.trail.push(Screen::Profiles);
        }
        self.screen = screen;
    }
}

impl Modal {
    pub(super) fn scroll_mut(&mut self) -> Option<&mut usize> {
        match self {
            Self::Help { scroll }
            | Self::Error { scroll, .. }
            | Self::Why { scroll, .. }
            | Self::Document { scroll, .. } => Some(scroll),
            Self::Review(review) => Some(&mut review.scroll),
            Self::Finder(_) | Self::Bulk(_) | Self::Export(_) | Self::Quit { .. } | Self::Leaving { .. } => {
                None
            }
        }
    }

    pub(super) const fn scroll(&self) -> usize {
        match self {
            Self::Help { scroll }
            | Self::Error { scroll, .. }
            | Self::Why { scroll, .. }
            | Self::Document { scroll, .. } => *scroll,
            Self::Review(review) => review.scroll,
            Self::Finder(_) | Self::Bulk(_) | Self::Export(_) | Self::Quit { .. } | Self::Leaving { .. } => 0,
        }
    }
}
