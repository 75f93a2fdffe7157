//! The line that a filter is typed into, the same on every list: text, cursor, the filter in force, what is wrong
//! with the text, and what may stand where the cursor is.

use crossterm::event::{Event as TerminalEvent, KeyEvent};
use tui_input::backend::crossterm::to_input_request;
use tui_input::{Input, InputRequest};

use super::complete::{self, Offers};
use super::{Filter, Offer, Row, Schema};
use crate::console::keys::Command;
use crate::domain::time::Timestamp;

/// What came of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Typed {
    /// Nothing but where the cursor is.
    Nothing,
    /// Another text: [`FilterLine::edited`] has to be told.
    Edited,
    /// The key is for the list under the line.
    Elsewhere(Command),
}

/// The offer that was put in last, while Tab goes through them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cycle {
    at: usize,
    /// The line before the first was put in.
    before: String,
}

/// The filter line of a list.
#[derive(Debug, Clone)]
pub(in crate::console) struct FilterLine {
    schema: Schema,
    input: Input,
    editing: bool,
    filter: Filter,
    error: Option<String>,
    offers: Offers,
    cycle: Option<Cycle>,
}

impl PartialEq for FilterLine {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value() && self.cursor() == other.cursor() && self.editing == other.editing
    }
}

impl FilterLine {
    /// An empty line over the fields of a list.
    pub(in crate::console) fn new(schema: Schema) -> Self {
        Self {
            schema,
            input: Input::default(),
            editing: false,
            filter: Filter::default(),
            error: None,
            offers: Offers::default(),
            cycle: None,
        }
    }

    /// The text.
    pub(in crate::console) fn value(&self) -> &str {
        self.input.value()
    }

    /// The place of the cursor in columns of the terminal.
    pub(in crate::console) fn cursor(&self) -> usize {
        self.input.visual_cursor()
    }

    /// The columns that are scrolled away when so many are visible.
    pub(in crate::console) fn scrolled(&self, visible: usize) -> usize {
        self.input.visual_scroll(visible)
    }

    /// True while keys go into the line.
    pub(in crate::console) const fn is_editing(&self) -> bool {
        self.editing
    }

    /// True when there is a text, whatever it says.
    pub(in crate::console) fn is_set(&self) -> bool {
        !self.value().trim().is_empty()
    }

    /// What is wrong with the text; the last filter that could be understood stays in force.
    pub(in crate::console) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// What may stand where the cursor is, and which of it was put in last.
    pub(in crate::console) fn offers(&self) -> (&[Offer], Option<usize>) {
        (&self.offers.offers, self.cycle.as_ref().map(|cycle| cycle.at))
    }

    /// True when a row is shown.
    pub(in crate::console) fn matches(&self, row: &impl Row, now: Timestamp) -> bool {
        self.filter.matches(row, now)
    }

    /// True when the filter asks a field.
    pub(in crate::console) fn asks(&self, field: usize) -> bool {
        self.filter.asks(field)
    }

    /// True when time alone can change which rows are shown.
    pub(in crate::console) fn goes_by_time(&self) -> bool {
        self.filter.goes_by_time()
    }

    /// Takes keys from now on. [`Self::edited`] has to be told, for the offers.
    pub(in crate::console) fn open(&mut self) {
        self.editing = true;
    }

    /// Empties the line and leaves it. [`Self::edited`] has to be told.
    pub(in crate::console) fn clear(&mut self) {
        self.editing = false;
        self.input.reset();
        self.cycle = None;
    }

    /// Types a text. [`Self::edited`] has to be told.
    pub(in crate::console) fn type_text(&mut self, text: &str) {
        self.cycle = None;
        for c in text.chars() {
            self.input.handle(InputRequest::InsertChar(c));
        }
    }

    /// Takes a key while the line is edited.
    pub(in crate::console) fn key(&mut self, command: Option<Command>, key: &KeyEvent) -> Typed {
        match command {
            Some(Command::KeepFilter) => {
                self.editing = false;
                self.cycle = None;
                Typed::Nothing
            }
            Some(Command::ClearFilter) => {
                self.clear();
                Typed::Edited
            }
            Some(Command::Complete) => self.complete(true),
            Some(Command::CompleteBack) => self.complete(false),
            Some(Command::CompleteAtEnd) if self.input.cursor() == self.value().chars().count() => {
                self.accept()
            }
            Some(Command::CompleteAtEnd) | None => {
                self.cycle = None;
                let request = to_input_request(&TerminalEvent::Key(*key));
                match request.and_then(|request| self.input.handle(request)) {
                    Some(_) => Typed::Edited,
                    None => Typed::Nothing,
                }
            }
            Some(command) => Typed::Elsewhere(command),
        }
    }

    /// Puts in the next or the previous offer, in place of the one before.
    fn complete(&mut self, forward: bool) -> Typed {
        let len = self.offers.offers.iter().filter(|offer| !offer.insert.is_empty()).count();
        if len == 0 {
            return Typed::Nothing;
        }
        let before = self.cycle.as_ref().map_or_else(|| self.value().to_owned(), |c| c.before.clone());
        let at = match self.cycle.as_ref().map(|cycle| cycle.at) {
            Some(at) if forward => (at + 1) % len,
            Some(at) => (at + len - 1) % len,
            None if forward => 0,
            None => len - 1,
        };
        self.put_in(&before, at);
        // The only one is what was meant: what follows it is offered next.
        self.cycle = (len > 1).then_some(Cycle { at, before });
        Typed::Edited
    }

    /// Takes the offer that was put in, else puts in the first.
    fn accept(&mut self) -> Typed {
        if self.cycle.take().is_some() {
            return Typed::Edited;
        }
        let before = self.value().to_owned();
        let typed = before.get(self.offers.start..self.offers.end).unwrap_or("");
        // Nothing was typed of it, so nothing says that it is meant.
        if typed.is_empty() || self.offers.offers.iter().all(|offer| offer.insert.is_empty()) {
            return Typed::Nothing;
        }
        self.put_in(&before, 0);
        Typed::Edited
    }

    fn put_in(&mut self, before: &str, at: usize) {
        let Offers { offers, start, end } = &self.offers;
        let Some(offer) = offers.iter().filter(|offer| !offer.insert.is_empty()).nth(at) else { return };
        let (Some(head), Some(tail)) = (before.get(..*start), before.get(*end..)) else { return };
        let head = format!("{head}{}", offer.insert);
        let cursor = head.chars().count();
        self.input = Input::new(head + tail).with_cursor(cursor);
    }

    /// Reads the text anew, and what may stand at the cursor; true when another filter is in force.
    pub(in crate::console) fn edited<'a, R: Row + 'a>(&mut self, rows: impl Iterator<Item = &'a R>) -> bool {
        if self.cycle.is_none() {
            let cursor = self.value().chars().take(self.input.cursor()).map(char::len_utf8).sum();
            self.offers = if self.editing {
                complete::at(self.value(), cursor, self.schema, rows)
            } else {
                Offers::default()
            };
        }
        match Filter::parse(self.value(), self.schema) {
            Ok(filter) => {
                self.error = None;
                let changed = filter != self.filter;
                self.filter = filter;
                changed
            }
            Err(error) => {
                self.error = Some(error);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::super::tests::{SCHEMA, Shop, shop};
    use super::*;
    use crate::console::keys::{Scope, command};

    fn line(keys: &[KeyCode]) -> FilterLine {
        let rows: [Shop; 1] = [shop()];
        let mut line = FilterLine::new(SCHEMA);
        line.open();
        line.edited(rows.iter());
        for code in keys {
            let key = KeyEvent::new(*code, KeyModifiers::NONE);
            if line.key(command(Scope::FilterLine, &key), &key) == Typed::Edited {
                line.edited(rows.iter());
            }
        }
        line
    }

    fn typed(text: &str, then: &[KeyCode]) -> String {
        let keys: Vec<KeyCode> = text.chars().map(KeyCode::Char).chain(then.iter().copied()).collect();
        line(&keys).value().to_owned()
    }

    #[test]
    fn tab_goes_through_what_is_offered_and_the_only_offer_leads_on() {
        use KeyCode::{BackTab, Char, Right, Tab};
        for (text, then, value) in [
            ("st", &[Tab][..], "status:"),
            ("st", &[Tab, Tab], "stale:"),
            ("st", &[Tab, Tab, Tab], "status:"),
            ("st", &[BackTab], "stale:"),
            ("cou", &[Tab, Tab], "country:de"),
            ("cou", &[Right, Right], "country:"),
            ("country:d", &[Right], "country:de"),
            ("sta", &[Tab, Right, Tab], "status:\"access lost\""),
            ("-st", &[Tab, Char('f')], "-status:f"),
            ("rows:", &[Tab], "rows:"),
            ("zzz", &[Tab, Right], "zzz"),
        ] {
            assert_eq!(typed(text, then), value, "{text} {then:?}");
        }
    }

    #[test]
    fn right_inside_the_text_only_moves() {
        use KeyCode::{Char, Home, Right};
        assert_eq!(typed("st", &[Home, Right, Char('x')]), "sxt");
    }

    #[test]
    fn a_text_that_cannot_be_understood_leaves_the_last_filter_in_force() {
        let keys: Vec<KeyCode> = "rows:>5x".chars().map(KeyCode::Char).collect();
        let mut broken = line(&keys);
        assert_eq!(broken.error(), Some("5x is no number: write 1000, >5k or 10..20"));
        assert_eq!(broken.filter, Filter::parse("rows:>5", SCHEMA).unwrap());
        broken.clear();
        assert!(broken.edited([shop()].iter()));
        assert_eq!((broken.error(), broken.is_set()), (None, false));
    }
}
