//! Colours and glyphs. The sixteen ANSI colours on the terminal's own background, so that light and dark
//! terminals both work; never the only carrier of a meaning: a word stands beside every glyph.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::run::{ChangeKind, UnitState};
use crate::sync::overview::ProfileStatus;

/// How things look. Built once from the options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    colour: bool,
    /// True when only ASCII may be drawn.
    pub ascii: bool,
}

impl Theme {
    /// The theme of a terminal with or without colour, with or without glyphs beyond ASCII.
    pub const fn new(no_color: bool, ascii: bool) -> Self {
        Self { colour: !no_color, ascii }
    }

    const fn fg(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// The one accent: the cursor, live progress, keys.
    pub const fn accent(self) -> Style {
        self.fg(Color::Cyan)
    }

    /// What is there to be read when looked for. No grey: bright black is the background of some palettes.
    pub const fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
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
        self.fg(Color::Green)
    }

    /// Something waits or wants attention.
    pub const fn warn(self) -> Style {
        self.fg(Color::Yellow)
    }

    /// Something failed.
    pub const fn bad(self) -> Style {
        self.fg(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// An operator must decide.
    pub const fn decide(self) -> Style {
        self.fg(Color::Magenta).add_modifier(Modifier::BOLD)
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
            ProfileStatus::Queued => self.fg(Color::Blue),
            ProfileStatus::Proved => self.good(),
            ProfileStatus::Cancelled => Style::new(),
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
            ProfileStatus::Cancelled | ProfileStatus::Excluded | ProfileStatus::NotSyncable => ("–", "-"),
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
