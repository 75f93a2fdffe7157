//! What every list has: a cursor that stays in range, the first visible row, and an order by one of its columns.

use std::cmp::Ordering;

use super::keys::Command;

/// The cursor of a list and the first of its rows that is visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListCursor {
    /// The current row.
    pub position: usize,
    /// The first row that is visible.
    pub offset: usize,
}

impl ListCursor {
    /// Moves by one of the moving commands, `page` rows being visible; false when it is another command.
    ///
    /// The position may be past the end until [`Self::settle`] puts it back.
    pub(super) fn moved(&mut self, command: Command, page: usize) -> bool {
        let position = self.position;
        self.position = match command {
            Command::Up => position.saturating_sub(1),
            Command::Down => position.saturating_add(1),
            Command::PageUp => position.saturating_sub(page.max(1)),
            Command::PageDown => position.saturating_add(page.max(1)),
            Command::First => 0,
            Command::Last => usize::MAX,
            _ => return false,
        };
        true
    }

    /// Puts the cursor onto one of `len` rows, and that row among the `height` visible ones.
    pub(super) fn settle(&mut self, len: usize, height: usize) {
        let height = height.max(1);
        self.position = self.position.min(len.saturating_sub(1));
        self.offset = self.offset.min(self.position).max((self.position + 1).saturating_sub(height));
        self.offset = self.offset.min(len.saturating_sub(height));
    }
}

/// A column that a list can be ordered by, and how the operator is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sortable {
    /// True where the greatest is what one looks for, and comes first.
    pub(super) greatest_first: bool,
    /// The order from the least to the greatest in words: `by rows, fewest first`.
    pub(super) rising: &'static str,
    /// The other way round.
    pub(super) falling: &'static str,
}

impl Sortable {
    /// A column whose least comes first, unless it is reversed.
    pub(super) const fn rising(rising: &'static str, falling: &'static str) -> Self {
        Self { greatest_first: false, rising, falling }
    }

    /// A column whose greatest comes first, unless it is reversed.
    pub(super) const fn falling(falling: &'static str, rising: &'static str) -> Self {
        Self { greatest_first: true, rising, falling }
    }
}

/// The order of a list: by one of its columns, as they stand from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    /// The column's place in the list's table.
    pub column: usize,
    /// True when the greatest comes first.
    pub descending: bool,
}

impl Order {
    /// Changes the order by one of the ordering commands; false when it is another command.
    pub(super) fn changed(&mut self, command: Command, columns: &[Sortable]) -> bool {
        let len = columns.len().max(1);
        let column = match command {
            Command::SortNext => (self.column + 1) % len,
            Command::SortPrevious => (self.column + len - 1) % len,
            Command::SortReverse => {
                self.descending = !self.descending;
                return true;
            }
            _ => return false,
        };
        let descending = columns.get(column).is_some_and(|c| c.greatest_first);
        *self = Self { column, descending };
        true
    }

    /// Turns an ordering from the least to the greatest into this order's.
    pub(super) const fn turn(self, ordering: Ordering) -> Ordering {
        if self.descending { ordering.reverse() } else { ordering }
    }

    /// The order in words.
    pub(super) fn label(self, columns: &[Sortable]) -> &'static str {
        columns.get(self.column).map_or("", |c| if self.descending { c.falling } else { c.rising })
    }

    /// What the head of the ordered column shows.
    pub(super) const fn sign(self) -> (usize, bool) {
        (self.column, self.descending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_goes_from_column_to_column_and_each_begins_its_own_way() {
        let columns = [Sortable::rising("by name", "by name, last first"), Sortable::falling("by rows", "")];
        let mut order = Order::default();
        for (command, column, descending) in [
            (Command::SortNext, 1, true),
            (Command::SortReverse, 1, false),
            (Command::SortNext, 0, false),
            (Command::SortReverse, 0, true),
            (Command::SortPrevious, 1, true),
            (Command::SortPrevious, 0, false),
        ] {
            assert!(order.changed(command, &columns));
            assert_eq!(order, Order { column, descending }, "{command:?}");
        }
        assert!(!order.changed(Command::Up, &columns));
        assert_eq!(order.label(&columns), "by name");
        assert_eq!(Order { column: 0, descending: true }.label(&columns), "by name, last first");
    }

    #[test]
    fn the_cursor_stays_on_a_row_and_the_row_in_sight() {
        let mut cursor = ListCursor::default();
        for (command, position, offset) in [
            (Command::Last, 99, 90),
            (Command::Down, 99, 90),
            (Command::PageUp, 89, 89),
            (Command::Up, 88, 88),
            (Command::PageDown, 98, 89),
            (Command::First, 0, 0),
            (Command::Up, 0, 0),
        ] {
            assert!(cursor.moved(command, 10));
            cursor.settle(100, 10);
            assert_eq!((cursor.position, cursor.offset), (position, offset), "{command:?}");
        }
        assert!(!cursor.moved(Command::Sync, 10));
        cursor.moved(Command::Last, 10);
        cursor.settle(0, 0);
        assert_eq!(cursor, ListCursor::default());
    }
}
