//! The finder: everything that can be done here, every screen, profile and cause, found by some of its letters.
//!
//! The list is built once, when the finder opens; a key matches it anew.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32String};
use tui_input::Input;

use super::keys::{self, Command, Scope};
use super::list::ListCursor;
use super::model::Model;
use super::text::{one_line, plural};
use crate::domain::cause::CauseId;
use crate::domain::id::ProfileId;
use crate::sync::causes::causes;

/// Matches that are visible at once.
pub(super) const ROWS: usize = 9;

/// What an entry leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// What a key does here.
    Key(Command),
    /// The run of a profile.
    Profile(ProfileId),
    /// A cause on the screen of errors.
    Cause(CauseId),
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// What is shown of it.
    pub(super) label: String,
    /// Its key, or what else tells it apart.
    pub(super) hint: String,
    pub(super) target: Target,
    /// What is searched: the label, and what it is also known by, in lower case and character by character.
    text: Utf32String,
    /// The part of it that is its name: what matches there comes before what matches in an explanation.
    name: Utf32String,
}

/// The state of the finder.
#[derive(Debug, Clone)]
pub struct Finder {
    pub(super) input: Input,
    entries: Vec<Entry>,
    /// Those that match, the best first.
    matched: Vec<usize>,
    pub(super) list: ListCursor,
}

impl PartialEq for Finder {
    fn eq(&self, other: &Self) -> bool {
        self.input.value() == other.input.value() && self.list == other.list && self.entries == other.entries
    }
}

/// One character for each, so that places in both are the same.
fn lower(text: &str) -> String {
    text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect()
}

impl Entry {
    /// An entry that is its own name, and is also known by something else.
    fn named(label: String, also: &str, hint: String, target: Target) -> Self {
        let text = Utf32String::from(lower(&format!("{label} {also}")).as_str());
        Self { label, hint, target, name: text.clone(), text }
    }

    /// An entry with a name and an explanation.
    fn explained(name: &str, explanation: &str, hint: String, target: Target) -> Self {
        // Some explanations begin with the name, where the help has no other place for it.
        let rest = explanation.strip_prefix(name).and_then(|rest| rest.strip_prefix([':', ';', ',']));
        let label = format!("{name}: {}", rest.map_or(explanation, str::trim_start));
        let text = Utf32String::from(lower(&label).as_str());
        Self { label, hint, target, text, name: Utf32String::from(lower(name).as_str()) }
    }
}

impl Finder {
    /// Everything that is valid where the keyboard's focus is.
    pub(super) fn new(model: &Model, scope: Scope) -> Self {
        let mut entries = Vec::new();
        for binding in keys::bindings(scope) {
            let Some(word) = word(binding).filter(|_| model.selects() || !binding.command.selects()) else {
                continue;
            };
            let key = binding.keys[0].label(model.options.ascii);
            entries.push(Entry::explained(word, binding.help, key, Target::Key(binding.command)));
        }
        for cause in causes(&model.overview) {
            let label = one_line(&format!("cause {}: {}", cause.cause, cause.summary));
            let who = plural(cause.profiles.len(), "profile", "profiles");
            entries.push(Entry::named(label, "", who, Target::Cause(cause.cause.clone())));
        }
        for (id, stored) in &model.overview.profiles {
            let label = one_line(&stored.profile.title());
            let number = id.to_string();
            entries.push(Entry::named(label, &number, number.clone(), Target::Profile(*id)));
        }
        let mut finder =
            Self { input: Input::default(), entries, matched: Vec::new(), list: ListCursor::default() };
        finder.search();
        finder
    }

    /// Matches the list by the text as it is now.
    pub(super) fn search(&mut self) {
        self.list = ListCursor::default();
        let pattern = pattern(self.input.value());
        let mut matcher = Matcher::new(Config::DEFAULT);
        let scored = self.entries.iter().enumerate();
        let mut scored: Vec<(Option<u32>, u32, usize)> = scored
            .filter_map(|(i, entry)| {
                let score = pattern.score(entry.text.slice(..), &mut matcher)?;
                Some((pattern.score(entry.name.slice(..), &mut matcher), score, i))
            })
            .collect();
        scored.sort_unstable_by_key(|(name, score, i)| (Reverse((*name, *score)), *i));
        self.matched = scored.into_iter().map(|(.., i)| i).collect();
    }

    /// How many match.
    pub(super) const fn len(&self) -> usize {
        self.matched.len()
    }

    /// The entry that Enter takes.
    pub(super) fn current(&self) -> Option<&Entry> {
        self.entries.get(*self.matched.get(self.list.position)?)
    }

    /// The matches that are visible, each with its place and the places of the letters that matched.
    pub(super) fn visible(&self) -> impl Iterator<Item = (usize, &Entry, Vec<u32>)> {
        let pattern = pattern(self.input.value());
        let mut matcher = Matcher::new(Config::DEFAULT);
        let shown = self.matched.iter().enumerate().skip(self.list.offset).take(ROWS);
        shown.filter_map(move |(place, i)| {
            let entry = self.entries.get(*i)?;
            let mut letters = Vec::new();
            pattern.indices(entry.text.slice(..), &mut matcher, &mut letters);
            letters.sort_unstable();
            Some((place, entry, letters))
        })
    }
}

fn pattern(text: &str) -> Pattern {
    Pattern::parse(&lower(text), CaseMatching::Respect, Normalization::Smart)
}

/// What an action is called; `None` of keys that only move, or that are the finder's own.
const fn word(binding: &keys::Binding) -> Option<&'static str> {
    Some(match binding.command {
        Command::Up
        | Command::Down
        | Command::PageUp
        | Command::PageDown
        | Command::First
        | Command::Last
        | Command::Left
        | Command::Right
        | Command::Find
        | Command::Interrupt
        | Command::Redraw => return None,
        Command::Jump(tab) => tab.title(),
        Command::SortPrevious => "order back",
        Command::SortReverse => "order reversed",
        Command::SelectInvert => "invert",
        Command::Refresh => "refresh",
        Command::ReadOnly => "read-only",
        Command::LogLevel => "log level",
        Command::Zone => "time zone",
        Command::CopyInvocation => "copy command",
        Command::PreviousMatch => "previous",
        Command::Back => "back",
        _ => binding.label,
    })
}
