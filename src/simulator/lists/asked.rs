//! What a request for a list asks for, whatever way it was put.

use super::selection::Selection;

/// A request for a page of a list.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) selection: Selection,
    /// Hash of the filters alone.
    pub(crate) filters: u64,
    /// Hash of everything a next token is bound to.
    pub(crate) bound: u64,
    pub(crate) offset: usize,
    pub(crate) size: usize,
    pub(crate) extended: bool,
}

/// Parses an id as decimal digits.
pub(crate) fn id(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

impl Asked {
    /// Asked for in a version that does not know video ad groups.
    pub(crate) const fn older_version(&mut self) {
        self.selection.only_video(false);
        self.filters ^= 1;
    }
}
