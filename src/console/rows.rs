//! The rows of a list that has a filter line: which of them are shown and in which order, and a cursor that stays on
//! its row while others come and go, and what is selected of them.
//!
//! Filtering and sorting are kept, and done again only when something that they depend on has changed.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::Hash;

use super::filter::{FilterLine, Row, Schema};
use super::keys::Command;
use super::list::{ListCursor, Order, Sortable};
use super::selection::Selection;
use crate::domain::time::Timestamp;

/// Rows by what tells each from all others. `E` is what filter and order look at of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows<K: Eq + Hash, E> {
    entries: HashMap<K, E>,
    /// Every row in the present order, kept so that a change of one costs no sorting of all.
    sorted: Vec<K>,
    /// Those that the filter shows.
    shown: Vec<K>,
    /// True when an entry has changed since rows were last arranged.
    stale: bool,
    /// The current row. It stays current when rows move.
    cursor: Option<K>,
    list: ListCursor,
    /// True once the operator moved: before, the cursor stays on the first row while the list fills.
    moved: bool,
    selection: Selection<K>,
    line: FilterLine,
    order: Order,
    /// The time by which ages are judged.
    now: Timestamp,
}

impl<K: Clone + Eq + Hash, E: Row> Rows<K, E> {
    /// No rows, over the fields that the filter can ask.
    pub(super) fn new(schema: Schema, order: Order) -> Self {
        Self {
            entries: HashMap::new(),
            sorted: Vec::new(),
            shown: Vec::new(),
            stale: false,
            cursor: None,
            list: ListCursor::default(),
            moved: false,
            selection: Selection::default(),
            line: FilterLine::new(schema),
            order,
            now: Timestamp(0),
        }
    }

    /// The rows that the filter shows, in their order.
    pub(super) fn shown(&self) -> &[K] {
        &self.shown
    }

    /// How many the filter shows.
    pub(super) const fn len(&self) -> usize {
        self.shown.len()
    }

    /// How many there are.
    pub(super) fn total(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get(&self, key: &K) -> Option<&E> {
        self.entries.get(key)
    }

    /// Every entry, shown or not, in no order.
    pub(super) fn entries(&self) -> impl Iterator<Item = &E> {
        self.entries.values()
    }

    /// True when the filter shows a row.
    pub(super) fn shows(&self, key: &K) -> bool {
        self.entries.get(key).is_some_and(|entry| self.line.matches(entry, self.now))
    }

    pub(super) fn current(&self) -> Option<&K> {
        self.shown.get(self.list.position)
    }

    /// The place of the current row among those that are shown.
    pub(super) const fn position(&self) -> usize {
        self.list.position
    }

    pub(super) const fn list(&self) -> ListCursor {
        self.list
    }

    pub(super) const fn order(&self) -> Order {
        self.order
    }

    /// What is selected, shown or not.
    pub(super) const fn selection(&self) -> &Selection<K> {
        &self.selection
    }

    pub(super) const fn selection_mut(&mut self) -> &mut Selection<K> {
        &mut self.selection
    }

    /// How many selected rows the filter hides: no key acts on them.
    pub(super) fn hidden(&self) -> usize {
        self.selection.iter().filter(|key| !self.shows(key)).count()
    }

    /// What a key acts on: the selected rows that are shown, in the order of the screen; the current one when none is
    /// selected.
    pub(super) fn targets(&self) -> Vec<K> {
        match self.selection.len() {
            0 => self.current().cloned().into_iter().collect(),
            _ => self.shown.iter().filter(|key| self.selection.contains(key)).cloned().collect(),
        }
    }

    /// Selects by one of the selecting commands; false when it is another command.
    pub(super) fn selects(&mut self, command: Command) -> bool {
        let here = self.current().cloned();
        match command {
            Command::Select if self.selection.is_ranging() => self.selection.end_range(),
            Command::Select => {
                if let Some(key) = here {
                    self.selection.toggle(key);
                }
                self.move_to(self.list.position + 1);
            }
            Command::SelectAll => self.selection.toggle_all(&self.shown),
            Command::SelectInvert => self.selection.invert(&self.shown),
            Command::SelectRange => {
                self.moved = true;
                self.selection.toggle_range(here);
                self.extend();
            }
            _ => return false,
        }
        true
    }

    /// Selects what lies between the beginning of the range and the cursor.
    fn extend(&mut self) {
        let Some(anchor) = self.selection.anchor() else { return };
        let position = self.list.position;
        let Some(from) = self.shown.iter().position(|key| key == anchor) else {
            // Where it began is gone: what is selected stays as it is.
            self.selection.end_range();
            return;
        };
        let (first, last) = (from.min(position), from.max(position));
        self.selection.extend(self.shown.get(first..=last).unwrap_or_default().iter().cloned());
    }

    pub(super) const fn line(&self) -> &FilterLine {
        &self.line
    }

    /// The filter line, to be typed into; [`Self::refilter`] has to follow.
    pub(super) const fn line_mut(&mut self) -> &mut FilterLine {
        &mut self.line
    }

    /// Puts other rows in place of all. They are arranged when the list is next settled.
    pub(super) fn fill(&mut self, rows: impl IntoIterator<Item = (K, E)>, now: Timestamp) {
        self.now = self.now.max(now);
        self.entries.clear();
        self.sorted.clear();
        for (key, entry) in rows {
            if self.entries.insert(key.clone(), entry).is_none() {
                self.sorted.push(key);
            }
        }
        let entries = &self.entries;
        self.selection.retain(|key| entries.contains_key(key));
        self.stale = true;
    }

    /// Puts in one row, or another state of one; `moves` says whether that can change what is shown or its order.
    /// Rows are arranged when the list is next settled: a busy engine tells of thousands a second.
    pub(super) fn put(&mut self, key: K, entry: E, now: Timestamp, moves: impl FnOnce(&E, &E) -> bool) {
        self.now = self.now.max(now);
        match self.entries.get_mut(&key) {
            Some(known) => {
                let before = std::mem::replace(known, entry);
                self.stale |= moves(&before, known);
            }
            None => {
                self.entries.insert(key.clone(), entry);
                self.sorted.push(key);
                self.stale = true;
            }
        }
    }

    /// True when rows have changed that are not yet arranged.
    pub(super) const fn is_stale(&self) -> bool {
        self.stale
    }

    /// Puts every row into order and filters them.
    pub(super) fn arrange(&mut self, compare: impl Fn(Order, (&K, &E), (&K, &E)) -> Ordering) {
        self.stale = false;
        let (order, entries) = (self.order, &self.entries);
        let mut rows: Vec<(&K, &E)> =
            self.sorted.iter().filter_map(|key| Some((key, entries.get(key)?))).collect();
        // The stable sort takes what is in order already as it is.
        rows.sort_by(|a, b| compare(order, *a, *b));
        self.sorted = rows.into_iter().map(|(key, _)| key.clone()).collect();
        self.show();
    }

    /// Filters the rows, which stand in order.
    fn show(&mut self) {
        self.shown = self.sorted.iter().filter(|key| self.shows(key)).cloned().collect();
        let kept = self.cursor.as_ref().filter(|_| self.moved);
        let found = kept.and_then(|kept| self.shown.iter().position(|key| key == kept));
        let fallback = if self.moved { self.list.position } else { 0 };
        self.put_cursor(found.unwrap_or(fallback));
    }

    fn put_cursor(&mut self, position: usize) {
        self.list.position = position.min(self.shown.len().saturating_sub(1));
        self.cursor = self.current().cloned();
        self.extend();
    }

    /// Keeps the cursor within `height` visible rows.
    pub(super) fn settle(&mut self, height: usize) {
        self.list.settle(self.shown.len(), height);
    }

    /// Puts the cursor onto a place, and has it stay on the row there.
    pub(super) fn move_to(&mut self, position: usize) {
        self.moved = true;
        self.put_cursor(position);
    }

    /// Moves by one of the moving commands, `page` rows being visible; false when it is another command.
    pub(super) fn moved(&mut self, command: Command, page: usize) -> bool {
        let mut list = self.list;
        let moved = list.moved(command, page);
        if moved {
            self.move_to(list.position);
        }
        moved
    }

    /// Puts the cursor onto a row, when it is shown.
    pub(super) fn find(&mut self, wanted: &K) {
        if let Some(position) = self.shown.iter().position(|key| key == wanted) {
            self.move_to(position);
        }
    }

    /// Forgets which row the cursor is on, though not where it is: rows have other keys now.
    pub(super) fn forget(&mut self) {
        self.cursor = None;
    }

    /// Has the cursor stay on its row from now on.
    pub(super) const fn hold(&mut self) {
        self.moved = true;
    }

    /// Has the cursor stay on the first row when it is there, whichever that becomes.
    pub(super) const fn rest(&mut self) {
        self.moved = self.moved && self.list.position > 0;
    }

    /// Changes the order by one of the ordering commands; false when it is another command.
    pub(super) fn reorder(&mut self, command: Command, columns: &[Sortable]) -> bool {
        let changed = self.order.changed(command, columns);
        self.stale |= changed;
        changed
    }

    /// Reads the filter line anew; true when another filter is in force.
    pub(super) fn refilter(&mut self) -> bool {
        let changed = self.line.edited(self.entries.values());
        if changed {
            // Other rows lie between its ends now, which nobody chose.
            self.selection.end_range();
            self.show();
        }
        changed
    }

    /// Judges ages anew; true when the filter goes by them.
    pub(super) fn pass_time(&mut self, now: Timestamp) -> bool {
        self.now = self.now.max(now);
        let by_time = self.line.goes_by_time();
        if by_time {
            self.show();
        }
        by_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::filter::{Kind, Texts, Value, field};

    const SCHEMA: Schema = &[field("name", Kind::Text, ""), field("age", Kind::Within, "")];
    const ORDERS: [Sortable; 1] = [Sortable::rising("by name", "by name, last first")];

    #[derive(Debug, Clone, PartialEq)]
    struct Pet(Texts, Timestamp);

    impl Row for Pet {
        fn value(&self, field: usize) -> Value<'_> {
            if field == 0 { Value::Text(self.0.get(0)) } else { Value::At(Some(self.1)) }
        }

        fn words(&self) -> &str {
            self.0.first(1)
        }
    }

    fn pet(name: &str) -> Pet {
        Pet(Texts::new([name]), Timestamp::from_secs(1_000))
    }

    fn by_name(order: Order, a: (&u8, &Pet), b: (&u8, &Pet)) -> Ordering {
        order.turn(a.1.0.get(0).cmp(b.1.0.get(0)))
    }

    fn rows() -> Rows<u8, Pet> {
        let mut rows = Rows::new(SCHEMA, Order::default());
        rows.fill([(1, pet("dog")), (2, pet("cat")), (3, pet("owl"))], Timestamp::from_secs(1_000));
        rows.arrange(by_name);
        rows
    }

    fn filter(rows: &mut Rows<u8, Pet>, text: &str) {
        rows.line_mut().clear();
        rows.line_mut().type_text(text);
        rows.refilter();
    }

    #[test]
    fn the_cursor_stays_on_the_first_row_until_it_is_moved_and_then_on_its_row() {
        let mut rows = rows();
        assert_eq!((rows.shown(), rows.current()), (&[2, 1, 3][..], Some(&2)));
        rows.put(4, pet("ant"), Timestamp(0), |_, _| true);
        rows.arrange(by_name);
        assert_eq!(rows.current(), Some(&4));
        assert!(rows.moved(Command::Down, 1));
        assert!(rows.reorder(Command::SortReverse, &ORDERS) && rows.is_stale());
        rows.arrange(by_name);
        assert_eq!((rows.shown(), rows.current()), (&[3, 1, 2, 4][..], Some(&2)));
        rows.find(&3);
        rows.rest();
        rows.put(5, pet("yak"), Timestamp(0), |_, _| true);
        rows.arrange(by_name);
        assert_eq!(rows.current(), Some(&5), "who looks at the top wants to see what is new");
    }

    #[test]
    fn a_filter_keeps_the_cursor_on_its_row_or_its_place() {
        let mut rows = rows();
        rows.move_to(2);
        filter(&mut rows, "o");
        assert_eq!((rows.shown(), rows.current()), (&[1, 3][..], Some(&3)));
        filter(&mut rows, "cat");
        assert_eq!((rows.len(), rows.total(), rows.current()), (1, 3, Some(&2)));
        filter(&mut rows, "zzz");
        assert_eq!((rows.position(), rows.current()), (0, None));
        filter(&mut rows, "");
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn what_cannot_move_a_row_arranges_nothing() {
        let mut rows = rows();
        rows.put(1, pet("eel"), Timestamp(0), |_, _| false);
        assert!(!rows.is_stale());
        rows.put(1, pet("eel"), Timestamp(0), |before, after| before != after);
        assert!(!rows.is_stale(), "it is the same by now");
        rows.put(1, pet("yak"), Timestamp(0), |before, after| before != after);
        assert!(rows.is_stale());
    }

    #[test]
    fn time_alone_takes_rows_out_of_a_filter_by_age() {
        let mut rows = rows();
        assert!(!rows.pass_time(Timestamp::from_secs(1_010)));
        filter(&mut rows, "age:1m");
        assert_eq!(rows.len(), 3);
        assert!(rows.pass_time(Timestamp::from_secs(1_200)));
        assert_eq!(rows.len(), 0);
    }
}
