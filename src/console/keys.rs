//! The one table of key bindings. Dispatch, the footer and the help are all read from it.

mod table;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::screen::Tab;
pub(super) use table::BINDINGS;
use table::{ABOVE, ALL_SCREENS, BESIDE_LOGS, COPYING, EVERYWHERE, SCROLLING};

/// What a key means to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Left,
    Right,
    Open,
    Back,
    Sync,
    Retry,
    Cancel,
    Select,
    SelectAll,
    SelectRange,
    SelectInvert,
    ReadOnly,
    Filter,
    KeepFilter,
    ClearFilter,
    Complete,
    CompleteBack,
    CompleteAtEnd,
    SortNext,
    SortPrevious,
    SortReverse,
    Error,
    Jump(Tab),
    History,
    Changes,
    Window,
    Timeline,
    Copy,
    CopyInvocation,
    Export,
    Format,
    Follow,
    Search,
    NextMatch,
    PreviousMatch,
    OnlyProfile,
    RetryCause,
    Why,
    Approve,
    Discard,
    Refresh,
    Logs,
    LogLevel,
    Zone,
    Help,
    Quit,
    Find,
    Interrupt,
    Redraw,
    Yes,
    No,
}

impl Command {
    /// True when it selects lines of a list.
    pub(super) const fn selects(self) -> bool {
        matches!(self, Self::Select | Self::SelectAll | Self::SelectRange | Self::SelectInvert)
    }

    /// True when it asks the engine to change anything, at once or after a question: read-only mode refuses it.
    pub(super) const fn acts(self) -> bool {
        match self {
            Self::Sync
            | Self::Retry
            | Self::RetryCause
            | Self::Cancel
            | Self::Approve
            | Self::Discard
            | Self::Refresh => true,
            Self::Up
            | Self::Down
            | Self::PageUp
            | Self::PageDown
            | Self::First
            | Self::Last
            | Self::Open
            | Self::Back
            | Self::Select
            | Self::SelectAll
            | Self::SelectRange
            | Self::SelectInvert
            | Self::ReadOnly
            | Self::Filter
            | Self::KeepFilter
            | Self::ClearFilter
            | Self::Complete
            | Self::CompleteBack
            | Self::CompleteAtEnd
            | Self::SortNext
            | Self::SortPrevious
            | Self::SortReverse
            | Self::Error
            | Self::Jump(_)
            | Self::History
            | Self::Changes
            | Self::Window
            | Self::Timeline
            | Self::Why
            | Self::Logs
            | Self::LogLevel
            | Self::Help
            | Self::Quit
            | Self::Copy
            | Self::CopyInvocation
            | Self::Export
            | Self::Format
            | Self::Search
            | Self::NextMatch
            | Self::PreviousMatch
            | Self::Follow
            | Self::OnlyProfile
            | Self::Left
            | Self::Right
            | Self::Zone
            | Self::Find
            | Self::Interrupt
            | Self::Redraw
            | Self::Yes
            | Self::No => false,
        }
    }
}

/// Where the keyboard's focus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The list of profiles.
    Profiles,
    /// The filter line of a list.
    FilterLine,
    /// One profile's run.
    Run,
    /// Runs that were.
    History,
    /// What fails now, by cause.
    Errors,
    /// What syncs changed.
    Changes,
    /// Profiles by what was proved of them.
    Matrix,
    /// The rate-limit budget.
    Limits,
    /// The log.
    Logs,
    /// The search line of the log.
    SearchLine,
    /// The name of a file that is to be written.
    FileName,
    /// A text that can only be read.
    Reader,
    /// The review of a held run.
    Review,
    /// The line that finds what can be done.
    Finder,
    /// A question answered by one key.
    Question,
    /// A question answered by typing a number.
    Number,
    /// Nothing: the console is closing.
    Leaving,
}

impl Scope {
    /// How the help calls it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Profiles => "Profiles",
            Self::FilterLine => "Filter line",
            Self::Run => "Run",
            Self::History => "Runs",
            Self::Errors => "Errors",
            Self::Changes => "Changes",
            Self::Matrix => "Matrix",
            Self::Limits => "Limits",
            Self::Logs => "Logs",
            Self::SearchLine => "Search line",
            Self::FileName => "File to write",
            Self::Reader => "Report",
            Self::Review => "Review",
            Self::Finder => "Find",
            Self::Question => "Question",
            Self::Number => "Number to type",
            Self::Leaving => "Leaving",
        }
    }
}

/// One key, with or without Ctrl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chord {
    code: KeyCode,
    ctrl: bool,
}

const fn key(code: KeyCode) -> Chord {
    Chord { code, ctrl: false }
}

const fn ch(c: char) -> Chord {
    key(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Chord {
    Chord { code: KeyCode::Char(c), ctrl: true }
}

impl Chord {
    fn matches(self, event: &KeyEvent) -> bool {
        // A capital arrives with SHIFT set by some terminals and without it by others.
        let modifiers = event.modifiers.difference(KeyModifiers::SHIFT);
        let wanted = if self.ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
        self.code == event.code && modifiers == wanted
    }

    /// What a terminal tells when the key is pressed.
    #[cfg(test)]
    pub(super) fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, if self.ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE })
    }

    /// The key as the footer and the help write it.
    pub(super) fn label(self, ascii: bool) -> String {
        match self.code {
            KeyCode::Char(' ') => "space".to_owned(),
            KeyCode::Char(c) if self.ctrl => format!("Ctrl-{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::Enter if ascii => "enter".to_owned(),
            KeyCode::Enter => "⏎".to_owned(),
            KeyCode::Esc => "esc".to_owned(),
            KeyCode::Up if ascii => "up".to_owned(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down if ascii => "down".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left if ascii => "left".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Tab => "tab".to_owned(),
            KeyCode::BackTab => "shift-tab".to_owned(),
            KeyCode::Right if ascii => "right".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            other => format!("{other:?}"),
        }
    }
}

/// One line of the table.
pub(super) struct Binding {
    pub(super) keys: &'static [Chord],
    pub(super) scopes: &'static [Scope],
    pub(super) command: Command,
    /// One or two words for the footer; empty when it is never shown there.
    pub(super) label: &'static str,
    /// A sentence for the help.
    pub(super) help: &'static str,
    /// Worth in a footer that is too narrow for all: the lowest goes first.
    pub(super) worth: u8,
}

const fn bind(
    keys: &'static [Chord],
    scopes: &'static [Scope],
    command: Command,
    label: &'static str,
    worth: u8,
    help: &'static str,
) -> Binding {
    Binding { keys, scopes, command, label, help, worth }
}

/// What a key means where the focus is.
pub(super) fn command(scope: Scope, event: &KeyEvent) -> Option<Command> {
    BINDINGS
        .iter()
        .find(|b| b.scopes.contains(&scope) && b.keys.iter().any(|k| k.matches(event)))
        .map(|b| b.command)
}

/// The bindings of a focus, in table order.
pub(super) fn bindings(scope: Scope) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |b| b.scopes.contains(&scope))
}

/// All bindings, by the places that share them.
pub(super) fn groups() -> Vec<(String, Vec<&'static Binding>)> {
    let mut groups: Vec<(&[Scope], Vec<&Binding>)> = Vec::new();
    for binding in BINDINGS {
        match groups.iter_mut().find(|(scopes, _)| *scopes == binding.scopes) {
            Some((_, bindings)) => bindings.push(binding),
            None => groups.push((binding.scopes, vec![binding])),
        }
    }
    let title = |scopes: &[Scope]| match scopes {
        s if s == EVERYWHERE => "Everywhere".to_owned(),
        s if s == SCROLLING => "Moving".to_owned(),
        s if s == ALL_SCREENS => "All screens".to_owned(),
        s if s == COPYING => "All screens and reports".to_owned(),
        s if s == BESIDE_LOGS => "All screens but the log".to_owned(),
        s if s == ABOVE => "All screens but the first".to_owned(),
        s => s.iter().map(|scope| scope.title()).collect::<Vec<_>>().join(", "),
    };
    groups.into_iter().map(|(scopes, bindings)| (title(scopes), bindings)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for scope in EVERYWHERE {
            let chords: Vec<Chord> = bindings(*scope).flat_map(|b| b.keys.iter().copied()).collect();
            for (i, chord) in chords.iter().enumerate() {
                assert!(!chords[i + 1..].contains(chord), "{chord:?} twice in {scope:?}");
            }
        }
    }

    #[test]
    fn a_capital_is_the_same_key_with_and_without_the_shift_flag() {
        for modifiers in [KeyModifiers::NONE, KeyModifiers::SHIFT] {
            let event = KeyEvent::new(KeyCode::Char('A'), modifiers);
            assert_eq!(command(Scope::Run, &event), Some(Command::Approve));
        }
        let event = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::ALT);
        assert_eq!(command(Scope::Profiles, &event), None);
    }
}
