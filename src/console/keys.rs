//! The one table of key bindings. Dispatch, the footer and the help are all read from it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::screen::Tab;

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

use Scope::{
    Changes, Errors, FileName, FilterLine, Finder, History, Leaving, Limits, Logs, Matrix, Number, Profiles,
    Question, Reader, Review, Run, SearchLine,
};
/// Where profiles are chosen and keys act on them.
const LISTS: &[Scope] = &[Profiles, Matrix];
/// Lists that have a filter line.
const FILTERED: &[Scope] = &[Profiles, Matrix, History, Errors, Changes, Limits];
/// Lists that can be ordered by any column.
const ORDERED: &[Scope] = &[Profiles, Matrix, Run, History, Changes, Limits];
/// Where keys act on profiles.
const ACTING: &[Scope] = &[Profiles, Run, History, Matrix];
/// Where there is a current profile.
const OF_PROFILE: &[Scope] = &[Profiles, Run, History, Errors, Changes, Matrix, Limits];
const ALL_SCREENS: &[Scope] = &[Profiles, Run, History, Errors, Changes, Matrix, Limits, Logs];
/// Those that have the log as a pane.
const BESIDE_LOGS: &[Scope] = &[Profiles, Run, History, Errors, Changes, Matrix, Limits];
/// Where something is looked at that can be copied.
const COPYING: &[Scope] = &[Profiles, Run, History, Errors, Changes, Matrix, Limits, Logs, Reader, Review];
/// Those that Esc leaves.
const ABOVE: &[Scope] = &[Run, History, Errors, Changes, Matrix, Limits, Logs];
/// Where moving keys move, in whatever is asked too: what is asked about may be longer than the screen.
const SCROLLING: &[Scope] =
    &[Profiles, Run, History, Errors, Changes, Matrix, Limits, Logs, Reader, Review, Question, Number];
const EVERYWHERE: &[Scope] = &[
    FileName, Profiles, FilterLine, Run, History, Errors, Changes, Matrix, Limits, Logs, SearchLine, Finder,
    Reader, Review, Question, Number, Leaving,
];

/// Every key that means something.
pub(super) const BINDINGS: &[Binding] = &[
    bind(&[ch('s')], ACTING, Command::Sync, "sync", 90, "sync the selected profiles, else the current one"),
    bind(&[ch('r')], ACTING, Command::Retry, "retry", 80, "retry failed runs; what was fetched is reused"),
    bind(&[ch('x')], ACTING, Command::Cancel, "cancel", 80, "stop live runs; asks when there are several"),
    bind(&[ch('A')], ACTING, Command::Approve, "approve", 92, "review and approve a held run"),
    bind(&[ch('D')], ACTING, Command::Discard, "discard", 91, "review and discard a held run"),
    bind(&[ch(' ')], LISTS, Command::Select, "select", 60, "select the current profile, or take it out"),
    bind(&[ch('a')], LISTS, Command::SelectAll, "all", 30, "select all that match the filter; again: none"),
    bind(
        &[ch('v')],
        LISTS,
        Command::SelectRange,
        "range",
        15,
        "begin a range that moving extends; again: end it",
    ),
    bind(&[ch('i')], LISTS, Command::SelectInvert, "", 0, "select the others of those that match the filter"),
    bind(
        &[ch('/')],
        FILTERED,
        Command::Filter,
        "filter",
        70,
        "filter: words, and fields such as status:failed",
    ),
    bind(&[ch('>')], ORDERED, Command::SortNext, "order", 20, "order by the next column"),
    bind(&[ch('<')], ORDERED, Command::SortPrevious, "", 0, "order by the previous column"),
    bind(&[ch('S')], ORDERED, Command::SortReverse, "", 0, "the same order the other way round"),
    bind(
        &[key(KeyCode::Enter)],
        &[Profiles],
        Command::Open,
        "open",
        85,
        "open the run of the current profile",
    ),
    bind(
        &[key(KeyCode::Enter)],
        &[Matrix],
        Command::Open,
        "open",
        85,
        "open the run behind the current cell",
    ),
    bind(&[ch('e')], ACTING, Command::Error, "error", 75, "the full report: why it failed or is held"),
    bind(
        &[key(KeyCode::Enter)],
        &[History],
        Command::Open,
        "open",
        85,
        "open the current run: its units and their proofs",
    ),
    bind(&[key(KeyCode::Enter)], &[Limits], Command::Open, "open", 85, "open the run of the current profile"),
    bind(&[ch('h')], OF_PROFILE, Command::History, "history", 33, "the runs of the current profile"),
    bind(&[ch('d')], OF_PROFILE, Command::Changes, "changes", 32, "what the run changed, field by field"),
    bind(&[ch('1')], ALL_SCREENS, Command::Jump(Tab::Profiles), "", 0, "the list of profiles"),
    bind(&[ch('2')], ALL_SCREENS, Command::Jump(Tab::Runs), "", 0, "the runs of all profiles, newest first"),
    bind(&[ch('3'), ch('E')], ALL_SCREENS, Command::Jump(Tab::Errors), "", 0, "what fails now, by cause"),
    bind(&[ch('4')], ALL_SCREENS, Command::Jump(Tab::Changes), "", 0, "what changed in the last day"),
    bind(&[ch('5')], ALL_SCREENS, Command::Jump(Tab::Matrix), "", 0, "what is proved of each profile"),
    bind(&[ch('6')], ALL_SCREENS, Command::Jump(Tab::Limits), "", 0, "the rate-limit budget"),
    bind(&[ch('7')], ALL_SCREENS, Command::Jump(Tab::Logs), "", 0, "the log"),
    bind(
        &[key(KeyCode::Enter)],
        &[Errors],
        Command::Open,
        "report",
        90,
        "the full report of the current cause or profile",
    ),
    bind(
        &[ch('r')],
        &[Errors],
        Command::RetryCause,
        "retry cause",
        85,
        "retry all that are shown of this cause; asks first",
    ),
    bind(
        &[key(KeyCode::Enter)],
        &[Changes],
        Command::Open,
        "fields",
        85,
        "the current change, field by field",
    ),
    bind(&[ch('t')], &[Changes], Command::Window, "time", 80, "look back 1 h, 24 h, 7 d or 30 d"),
    bind(
        &[ch('t')],
        &[Run],
        Command::Timeline,
        "timeline",
        24,
        "when each unit was fetched, or its proof again",
    ),
    bind(&[ch('w')], OF_PROFILE, Command::Why, "why", 35, "what the profile waits for, and what comes next"),
    bind(&[ch('R')], ALL_SCREENS, Command::Refresh, "", 0, "ask every login for its profiles again"),
    bind(
        &[ctrl('r')],
        ALL_SCREENS,
        Command::ReadOnly,
        "",
        0,
        "read-only: refuse every key that changes anything",
    ),
    bind(&[ch('l')], BESIDE_LOGS, Command::Logs, "logs", 25, "enlarge the log, hide it, show it"),
    bind(&[ch('L')], BESIDE_LOGS, Command::LogLevel, "", 0, "least level that the log shows"),
    bind(&[ch('U')], ALL_SCREENS, Command::Zone, "", 0, "times in UTC, or in the local zone again"),
    bind(
        &[key(KeyCode::Enter)],
        &[FilterLine],
        Command::KeepFilter,
        "keep",
        90,
        "keep the filter, back to the list",
    ),
    bind(&[key(KeyCode::Tab)], &[FilterLine], Command::Complete, "complete", 80, "put in the next offer"),
    bind(&[key(KeyCode::BackTab)], &[FilterLine], Command::CompleteBack, "", 0, "put in the previous offer"),
    bind(
        &[key(KeyCode::Right)],
        &[FilterLine],
        Command::CompleteAtEnd,
        "",
        0,
        "at the end: put in the first offer, or keep the one put in",
    ),
    bind(&[key(KeyCode::Esc)], &[FilterLine], Command::ClearFilter, "clear", 90, "clear the filter"),
    bind(&[ch('A')], &[Review], Command::Approve, "approve", 90, "approve: commit with the removals shown"),
    bind(&[ch('D')], &[Review], Command::Discard, "discard", 90, "discard: nothing of the run is committed"),
    bind(&[ch('y')], &[Question], Command::Yes, "yes", 90, "do it"),
    bind(&[ch('n')], &[Question], Command::No, "no", 90, "leave everything as it is"),
    bind(&[key(KeyCode::Enter)], &[Number], Command::Yes, "confirm", 90, "confirm the number that was typed"),
    bind(&[key(KeyCode::Up), ch('k')], SCROLLING, Command::Up, "", 0, "one line up"),
    bind(&[key(KeyCode::Down), ch('j')], SCROLLING, Command::Down, "", 0, "one line down"),
    bind(&[ch('y')], COPYING, Command::Copy, "copy", 22, "copy the current row, or what is open in full"),
    bind(&[ch('c')], COPYING, Command::CopyInvocation, "", 0, "copy the command that does or shows the same"),
    bind(
        &[ch('X')],
        ALL_SCREENS,
        Command::Export,
        "export",
        21,
        "write the list, as it is shown, to a CSV or JSON file",
    ),
    bind(&[ch('X')], &[Review], Command::Export, "export", 21, "write the rows to be removed to a file"),
    bind(&[key(KeyCode::Enter)], &[FileName], Command::Yes, "write", 90, "write the file"),
    bind(&[key(KeyCode::Tab)], &[FileName], Command::Format, "CSV or JSON", 89, "the other of CSV and JSON"),
    bind(&[key(KeyCode::Esc)], &[FileName], Command::No, "leave it", 90, "write nothing"),
    bind(&[key(KeyCode::Up)], &[SearchLine], Command::Up, "", 0, "the match before"),
    bind(&[key(KeyCode::Down)], &[SearchLine], Command::Down, "", 0, "the next match"),
    bind(
        &[key(KeyCode::Enter)],
        &[SearchLine],
        Command::KeepFilter,
        "keep",
        90,
        "keep the search; n and N go from match to match",
    ),
    bind(&[key(KeyCode::Esc)], &[SearchLine], Command::ClearFilter, "clear", 90, "end the search"),
    bind(&[ch('f')], &[Logs], Command::Follow, "follow", 88, "go to the newest line and stay there"),
    bind(&[ch('/')], &[Logs], Command::Search, "search", 87, "search in the lines that are shown"),
    bind(&[ch('n')], &[Logs], Command::NextMatch, "next", 40, "the next match"),
    bind(&[ch('N')], &[Logs], Command::PreviousMatch, "", 0, "the match before"),
    bind(&[ch('p')], &[Logs], Command::OnlyProfile, "profile", 84, "only lines of the current one's profile"),
    bind(&[key(KeyCode::Enter)], &[Logs], Command::Open, "line", 70, "the current line in full"),
    bind(&[ch('L')], &[Logs], Command::LogLevel, "level", 86, "least level that is shown"),
    bind(&[key(KeyCode::Up)], &[FilterLine, Finder], Command::Up, "", 0, "one line up"),
    bind(&[key(KeyCode::Down)], &[FilterLine, Finder], Command::Down, "", 0, "one line down"),
    bind(&[key(KeyCode::Left), ch('[')], &[Matrix], Command::Left, "", 0, "one unit to the left"),
    bind(&[key(KeyCode::Right), ch(']')], &[Matrix], Command::Right, "unit", 57, "one unit to the right"),
    bind(&[key(KeyCode::PageUp)], &[Finder], Command::PageUp, "", 0, "one page up"),
    bind(&[key(KeyCode::PageDown)], &[Finder], Command::PageDown, "", 0, "one page down"),
    bind(&[key(KeyCode::PageUp)], SCROLLING, Command::PageUp, "", 0, "one page up"),
    bind(&[key(KeyCode::PageDown)], SCROLLING, Command::PageDown, "", 0, "one page down"),
    bind(&[key(KeyCode::Home), ch('g')], SCROLLING, Command::First, "", 0, "to the first line"),
    bind(&[key(KeyCode::End), ch('G')], SCROLLING, Command::Last, "", 0, "to the last line"),
    bind(
        &[key(KeyCode::Esc)],
        ABOVE,
        Command::Back,
        "back",
        95,
        "clear the message, the filter; then go back",
    ),
    bind(
        &[key(KeyCode::Esc)],
        &[Profiles],
        Command::Back,
        "",
        0,
        "clear the message, the range, the filter, the selection",
    ),
    bind(&[key(KeyCode::Esc), ch('q')], &[Reader, Review], Command::Back, "close", 95, "close"),
    bind(&[key(KeyCode::Esc)], &[Number], Command::No, "back", 90, "back, without doing it"),
    bind(&[key(KeyCode::Esc)], &[Question], Command::No, "", 0, "leave everything as it is"),
    bind(
        &[ch(':')],
        ALL_SCREENS,
        Command::Find,
        "find",
        40,
        "find an action, a screen, a profile or a cause by name",
    ),
    bind(&[key(KeyCode::Enter)], &[Finder], Command::Open, "do it", 95, "do it, as its key would"),
    bind(&[key(KeyCode::Esc)], &[Finder], Command::Back, "close", 95, "close"),
    bind(&[ch('?')], ALL_SCREENS, Command::Help, "help", 95, "all keys"),
    bind(&[ch('q')], ALL_SCREENS, Command::Quit, "quit", 93, "quit; live runs go back to the queue"),
    bind(&[ctrl('l')], EVERYWHERE, Command::Redraw, "", 0, "draw the whole screen anew"),
    bind(
        &[ctrl('c')],
        EVERYWHERE,
        Command::Interrupt,
        "leave now",
        1,
        "quit; pressed again: without asking, at last without waiting",
    ),
];

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
