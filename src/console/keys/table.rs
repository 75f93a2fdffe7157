//! The table itself: which key means what, where, and how it is told.

use crossterm::event::KeyCode;

use super::{Binding, Command, Scope, bind, ch, ctrl, key};
use crate::console::screen::Tab;
use Scope::{
    Changes, Errors, FileName, FilterLine, Finder, History, Leaving, Limits, Logs, Matrix, Number, Profiles,
    Question, Reader, Review, Run, SearchLine,
};

/// Where profiles are chosen and keys act on them.
const LISTS: &[Scope] = &[Profiles, Matrix];
/// Where runs and failures are chosen, which stand for their profiles.
const CHOOSING: &[Scope] = &[History, Errors];
/// Lists that have a filter line.
const FILTERED: &[Scope] = &[Profiles, Matrix, History, Errors, Changes, Limits];
/// Lists that can be ordered by any column.
const ORDERED: &[Scope] = &[Profiles, Matrix, Run, History, Changes, Limits];
/// Where keys act on profiles.
const ACTING: &[Scope] = &[Profiles, Run, History, Matrix];
/// Where there is a current profile.
const OF_PROFILE: &[Scope] = &[Profiles, Run, History, Errors, Changes, Matrix, Limits];
pub(super) const ALL_SCREENS: &[Scope] = &[Profiles, Run, History, Errors, Changes, Matrix, Limits, Logs];
/// Those that have the log as a pane.
pub(super) const BESIDE_LOGS: &[Scope] = &[Profiles, Run, History, Errors, Changes, Matrix, Limits];
/// Where something is looked at that can be copied.
pub(super) const COPYING: &[Scope] =
    &[Profiles, Run, History, Errors, Changes, Matrix, Limits, Logs, Reader, Review];
/// Those that Esc leaves.
pub(super) const ABOVE: &[Scope] = &[Run, History, Errors, Changes, Matrix, Limits, Logs];
/// Where moving keys move, in whatever is asked too: what is asked about may be longer than the screen.
pub(super) const SCROLLING: &[Scope] =
    &[Profiles, Run, History, Errors, Changes, Matrix, Limits, Logs, Reader, Review, Question, Number];
pub(super) const EVERYWHERE: &[Scope] = &[
    FileName, Profiles, FilterLine, Run, History, Errors, Changes, Matrix, Limits, Logs, SearchLine, Finder,
    Reader, Review, Question, Number, Leaving,
];

/// Every key that means something.
pub(in crate::console) const BINDINGS: &[Binding] = &[
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
    bind(&[ch(' ')], CHOOSING, Command::Select, "select", 22, "select the current line, or take it out"),
    bind(
        &[ch('a')],
        CHOOSING,
        Command::SelectAll,
        "all",
        12,
        "select all that match the filter; again: none",
    ),
    bind(
        &[ch('v')],
        CHOOSING,
        Command::SelectRange,
        "range",
        11,
        "begin a range that moving extends; again: end it",
    ),
    bind(
        &[ch('i')],
        CHOOSING,
        Command::SelectInvert,
        "",
        0,
        "select the others of those that match the filter",
    ),
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
        "retry the selected, else all that are shown of this cause",
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
    bind(
        &[ch('X')],
        &[Question, Number],
        Command::Export,
        "",
        0,
        "of a held run: write the rows to be removed",
    ),
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
        "clear the message, the range, the filter, the selection; then go back",
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
