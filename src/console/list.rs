//! What every list has: a cursor that stays in range, the first visible row, and an order by one of its columns.

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

#[cfg(test)]
mod tests {
    use super::*;

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
