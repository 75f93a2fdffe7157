//! The screen of logs as data: which lines pass, whether the newest are followed, and what is searched for.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use tui_input::Input;

use super::list::ListCursor;
use super::logbook::{LogBook, LogLine};
use super::logs::LogLevel;
use crate::domain::id::ProfileId;

/// The state of the logs screen.
#[derive(Debug, Clone)]
pub struct LogsScreen {
    /// The current line.
    pub list: ListCursor,
    /// True while the newest line is the current one, whatever comes.
    pub follow: bool,
    /// Only lines of this profile.
    pub profile: Option<ProfileId>,
    /// True while the search is typed.
    pub editing: bool,
    pub(super) input: Input,
    /// Numbers of the lines that pass, and of those that match among them; both rising.
    shown: VecDeque<u64>,
    matches: VecDeque<u64>,
    /// Where the cursor was when the search began.
    origin: usize,
}

impl PartialEq for LogsScreen {
    fn eq(&self, other: &Self) -> bool {
        (self.list, self.follow, self.profile, self.editing)
            == (other.list, other.follow, other.profile, other.editing)
            && self.input.value() == other.input.value()
            && self.shown == other.shown
    }
}

impl LogsScreen {
    /// The newest lines of a level.
    pub(super) fn new(book: &LogBook, level: LogLevel) -> Self {
        let mut screen = Self {
            list: ListCursor::default(),
            follow: true,
            profile: None,
            editing: false,
            input: Input::default(),
            shown: VecDeque::new(),
            matches: VecDeque::new(),
            origin: 0,
        };
        screen.rebuild(book, level);
        screen
    }

    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    /// What is searched for; empty for nothing.
    pub(super) fn wanted(&self) -> &str {
        self.input.value()
    }

    /// A line by its place in the list.
    pub(super) fn line<'a>(&self, book: &'a LogBook, place: usize) -> Option<&'a Arc<LogLine>> {
        book.get(*self.shown.get(place)?)
    }

    pub(super) fn current<'a>(&self, book: &'a LogBook) -> Option<&'a Arc<LogLine>> {
        self.line(book, self.list.position)
    }

    /// How many lines match, and which of them the cursor is on.
    pub(super) fn found(&self) -> (usize, Option<usize>) {
        let at = self.shown.get(self.list.position).and_then(|n| self.matches.binary_search(n).ok());
        (self.matches.len(), at)
    }

    /// Reads every line anew, for another level or profile; the cursor stays on its line or the next one.
    pub(super) fn rebuild(&mut self, book: &LogBook, level: LogLevel) {
        let place = self.shown.get(self.list.position).copied();
        self.shown =
            book.iter().filter(|(_, line)| self.passes(line, level)).map(|(number, _)| number).collect();
        if let Some(place) = place {
            self.list.position = self.shown.partition_point(|number| *number < place);
        }
        self.search(book);
        self.settle();
    }

    fn passes(&self, line: &LogLine, level: LogLevel) -> bool {
        level.shows(line.level) && self.profile.is_none_or(|profile| line.profile == Some(profile))
    }

    fn settle(&mut self) {
        let last = self.shown.len().saturating_sub(1);
        self.list.position = if self.follow { last } else { self.list.position.min(last) };
    }

    /// Takes lines in that the book has just got; true when the list is another one now.
    pub(super) fn logged(&mut self, book: &LogBook, numbers: Range<u64>, level: LogLevel) -> bool {
        let mut changed = false;
        for number in numbers {
            let Some(line) = book.get(number).filter(|line| self.passes(line, level)) else { continue };
            self.shown.push_back(number);
            if matches(line, self.wanted()) {
                self.matches.push_back(number);
            }
            changed = true;
        }
        let gone = self.shown.partition_point(|number| *number < book.first());
        if gone > 0 {
            self.shown.drain(..gone);
            // The cursor stays on its line, as long as that is kept.
            self.list.position = self.list.position.saturating_sub(gone);
            self.list.offset = self.list.offset.saturating_sub(gone);
            let gone = self.matches.partition_point(|number| *number < book.first());
            self.matches.drain(..gone);
        }
        self.settle();
        changed || gone > 0
    }

    /// Begins to type a search.
    pub(super) fn edit(&mut self) {
        self.editing = true;
        self.origin = self.list.position;
        self.input.reset();
        self.matches.clear();
    }

    /// Finds all lines that match what was typed.
    pub(super) fn search(&mut self, book: &LogBook) {
        let wanted = self.input.value();
        let matching = |number: &&u64| book.get(**number).is_some_and(|line| matches(line, wanted));
        self.matches = if wanted.is_empty() {
            VecDeque::new()
        } else {
            self.shown.iter().filter(matching).copied().collect()
        };
    }

    /// Goes to the match nearest to where the search began: the newest one before it, else the first after it.
    pub(super) fn nearest(&mut self) {
        let Some(origin) = self.shown.get(self.origin.min(self.shown.len().saturating_sub(1))) else {
            return;
        };
        let after = self.matches.partition_point(|number| number <= origin);
        let found = after.checked_sub(1).unwrap_or(after);
        match self.matches.get(found).copied() {
            Some(number) => self.go_to(number),
            None => self.list.position = self.origin,
        }
    }

    /// Goes to the next match, or the one before; around the ends. False when nothing matches.
    pub(super) fn step(&mut self, forward: bool) -> bool {
        let Some(here) = self.shown.get(self.list.position) else { return false };
        let len = self.matches.len();
        if len == 0 {
            return false;
        }
        let next = if forward {
            self.matches.partition_point(|number| number <= here) % len
        } else {
            (self.matches.partition_point(|number| number < here) + len - 1) % len
        };
        let number = self.matches[next];
        self.go_to(number);
        true
    }

    fn go_to(&mut self, number: u64) {
        self.follow = false;
        self.list.position = self.shown.partition_point(|shown| *shown < number);
    }

    /// Forgets what was searched for; false when nothing was.
    pub(super) fn clear_search(&mut self) -> bool {
        let searched = !self.input.value().is_empty();
        self.input.reset();
        self.matches.clear();
        self.editing = false;
        searched
    }
}

fn matches(line: &LogLine, wanted: &str) -> bool {
    !wanted.is_empty() && !occurrences(&line.message, wanted, 1).is_empty()
}

/// Where a text occurs in another one, whatever the case of their letters: at most so many places, in bytes.
pub(super) fn occurrences(text: &str, wanted: &str, most: usize) -> Vec<Range<usize>> {
    let wanted: Vec<char> = wanted.chars().flat_map(char::to_lowercase).collect();
    let mut found = Vec::new();
    let mut from = 0;
    while !wanted.is_empty() && found.len() < most {
        let Some((start, length)) = text[from..].char_indices().find_map(|(i, _)| {
            let mut left = wanted.as_slice();
            for (j, c) in text[from + i..].char_indices() {
                for lower in c.to_lowercase() {
                    match left.split_first() {
                        Some((first, rest)) if *first == lower => left = rest,
                        _ => return None,
                    }
                }
                if left.is_empty() {
                    return Some((from + i, j + c.len_utf8()));
                }
            }
            None
        }) else {
            break;
        };
        found.push(start..start + length);
        from = start + length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_whatever_the_case_of_its_letters() {
        for (text, wanted, found) in [
            ("Kestrel Home: KESTREL", "kestrel", vec![(0, 7), (14, 21)]),
            ("Höhenluft", "HÖH", vec![(0, 4)]),
            ("aaa", "aa", vec![(0, 2)]),
            ("abc", "", vec![]),
            ("", "a", vec![]),
            ("東京", "京", vec![(3, 6)]),
        ] {
            let places: Vec<_> = occurrences(text, wanted, 9).iter().map(|r| (r.start, r.end)).collect();
            assert_eq!(places, found, "{wanted:?} in {text:?}");
        }
    }
}
