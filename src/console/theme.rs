//! How things look: colours of a palette on the terminal's own ground, and glyphs. Never the only carrier of a
//! meaning: a word stands beside every glyph.

use ratatui::style::{Modifier, Style};

use super::model::ConsoleOptions;
use super::palette::{Palette, Role};
use crate::domain::run::{ChangeKind, UnitState};
use crate::sync::overview::ProfileStatus;

/// How things look. Built once from the options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// None draws without colour.
    palette: Option<Palette>,
    /// True when only ASCII may be drawn.
    pub ascii: bool,
}

impl Theme {
    /// The theme of a terminal with or without colour, with or without glyphs beyond ASCII.
    pub const fn new(no_color: bool, ascii: bool) -> Self {
        let palette = if no_color { None } else { Some(Palette::Own) };
        Self { palette, ascii }
    }

    /// The theme that the options ask for.
    pub const fn of(options: &ConsoleOptions) -> Self {
        let palette = if options.no_color { None } else { Some(options.palette) };
        Self { palette, ascii: options.ascii }
    }

    const fn fg(self, role: Role) -> Style {
        match self.palette {
            Some(palette) => match palette.colour(role) {
                Some(colour) => Style::new().fg(colour),
                None => Style::new(),
            },
            None => Style::new(),
        }
    }

    /// The one accent: the cursor, live progress, keys.
    pub const fn accent(self) -> Style {
        self.fg(Role::Accent)
    }

    /// What is there to be read when looked for: a grey that can be read, or whatever the terminal takes for faint.
    pub const fn dim(self) -> Style {
        match self.palette {
            None | Some(Palette::Own) => Style::new().add_modifier(Modifier::DIM),
            Some(_) => self.fg(Role::Dim),
        }
    }

    /// What carries weight.
    pub const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Column heads.
    pub const fn heading(self) -> Style {
        self.dim()
    }

    /// Good news.
    pub const fn good(self) -> Style {
        self.fg(Role::Good)
    }

    /// Something waits or wants attention.
    pub const fn warn(self) -> Style {
        self.fg(Role::Warn)
    }

    /// Something failed.
    pub const fn bad(self) -> Style {
        self.fg(Role::Bad).add_modifier(Modifier::BOLD)
    }

    /// An operator must decide.
    pub const fn decide(self) -> Style {
        self.fg(Role::Decide).add_modifier(Modifier::BOLD)
    }

    /// The part of a gauge that is done, and the part that is not.
    pub const fn gauge(self) -> (Style, Style) {
        (self.accent(), self.dim())
    }

    /// A profile's status.
    pub const fn status(self, status: ProfileStatus) -> Style {
        match status {
            ProfileStatus::Failed => self.bad(),
            ProfileStatus::Held => self.decide(),
            ProfileStatus::Throttled | ProfileStatus::Parked | ProfileStatus::AccessLost => self.warn(),
            ProfileStatus::Committing | ProfileStatus::Fetching => self.accent(),
            ProfileStatus::Queued => self.fg(Role::Waits),
            ProfileStatus::Proved => self.good(),
            ProfileStatus::Cancelled | ProfileStatus::Discarded => Style::new(),
            ProfileStatus::Never
            | ProfileStatus::Gone
            | ProfileStatus::Excluded
            | ProfileStatus::NotSyncable => self.dim(),
        }
    }

    /// The glyph in front of a profile's status.
    pub const fn status_glyph(self, status: ProfileStatus) -> &'static str {
        let (glyph, ascii) = match status {
            ProfileStatus::Failed => ("✗", "x"),
            ProfileStatus::Held => ("◐", "!"),
            ProfileStatus::AccessLost => ("◌", "?"),
            ProfileStatus::Throttled => ("‖", "="),
            ProfileStatus::Parked => ("◷", "z"),
            ProfileStatus::Committing => ("↓", "v"),
            ProfileStatus::Fetching => ("↻", ">"),
            ProfileStatus::Queued => ("○", "o"),
            ProfileStatus::Proved => ("●", "*"),
            ProfileStatus::Cancelled
            | ProfileStatus::Discarded
            | ProfileStatus::Excluded
            | ProfileStatus::NotSyncable => ("–", "-"),
            ProfileStatus::Never => ("·", "."),
            ProfileStatus::Gone => ("×", "-"),
        };
        if self.ascii { ascii } else { glyph }
    }

    /// A unit's state.
    pub const fn unit(self, state: UnitState) -> Style {
        match state {
            UnitState::Pending | UnitState::NotEligible => self.dim(),
            UnitState::Fetching => self.accent(),
            UnitState::Proved => self.good(),
            UnitState::Failed => self.bad(),
        }
    }

    /// The glyph in front of a unit's state.
    pub const fn unit_glyph(self, state: UnitState) -> &'static str {
        let (glyph, ascii) = match state {
            UnitState::Pending => ("·", "."),
            UnitState::Fetching => ("↻", ">"),
            UnitState::Proved => ("✓", "*"),
            UnitState::NotEligible => ("–", "-"),
            UnitState::Failed => ("✗", "x"),
        };
        if self.ascii { ascii } else { glyph }
    }

    /// What happened to a row.
    pub const fn change(self, kind: ChangeKind) -> Style {
        match kind {
            ChangeKind::Added | ChangeKind::Returned => self.good(),
            ChangeKind::Changed => Style::new(),
            ChangeKind::Removed => self.warn(),
        }
    }

    /// The sign in front of what happened to a row.
    pub const fn change_glyph(self, kind: ChangeKind) -> &'static str {
        match (kind, self.ascii) {
            (ChangeKind::Added, _) => "+",
            (ChangeKind::Changed, _) => "~",
            (ChangeKind::Removed, false) => "−",
            (ChangeKind::Removed, true) => "-",
            (ChangeKind::Returned, false) => "↺",
            (ChangeKind::Returned, true) => "<",
        }
    }

    /// What stands for text that was cut.
    pub const fn ellipsis(self) -> &'static str {
        if self.ascii { "~" } else { "…" }
    }

    /// One of two texts, by what may be drawn.
    pub const fn pick(self, glyphs: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { glyphs }
    }
}
