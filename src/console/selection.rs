//! What is selected of a list, and the range that moving extends. Keys act on what is selected and shown.

use std::collections::HashSet;
use std::hash::Hash;

/// Rows by what tells each from all others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Selection<K: Eq + Hash> {
    chosen: HashSet<K>,
    /// Where a range began that moving extends, and what was selected before.
    range: Option<(K, HashSet<K>)>,
}

impl<K: Eq + Hash> Default for Selection<K> {
    fn default() -> Self {
        Self { chosen: HashSet::new(), range: None }
    }
}

impl<K: Clone + Eq + Hash> Selection<K> {
    pub(super) fn contains(&self, key: &K) -> bool {
        self.chosen.contains(key)
    }

    pub(super) fn len(&self) -> usize {
        self.chosen.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &K> {
        self.chosen.iter()
    }

    /// True while moving extends a range.
    pub(super) const fn is_ranging(&self) -> bool {
        self.range.is_some()
    }

    /// Forgets what is no longer there.
    pub(super) fn retain(&mut self, is_there: impl Fn(&K) -> bool) {
        self.chosen.retain(&is_there);
        if let Some((_, before)) = &mut self.range {
            before.retain(&is_there);
        }
    }

    /// Selects nothing; false when nothing was selected.
    pub(super) fn clear(&mut self) -> bool {
        let any = self.len() > 0;
        *self = Self::default();
        any
    }

    /// Selects, or no longer.
    pub(super) fn toggle(&mut self, key: K) {
        if !self.chosen.remove(&key) {
            self.chosen.insert(key);
        }
    }

    /// Selects all of these; when all of them are selected, none of them. What else is selected stays.
    pub(super) fn toggle_all(&mut self, shown: &[K]) {
        self.range = None;
        if shown.is_empty() {
            return;
        }
        if shown.iter().all(|key| self.chosen.contains(key)) {
            for key in shown {
                self.chosen.remove(key);
            }
        } else {
            self.chosen.extend(shown.iter().cloned());
        }
    }

    /// Selects those of these that are not selected, and no longer those that are.
    pub(super) fn invert(&mut self, shown: &[K]) {
        self.range = None;
        for key in shown {
            self.toggle(key.clone());
        }
    }

    /// Begins a range here, or ends the one that was begun; what it selected stays selected.
    pub(super) fn toggle_range(&mut self, here: Option<K>) {
        self.range = match self.range.take() {
            Some(_) => None,
            None => here.map(|key| (key, self.chosen.clone())),
        };
    }

    /// Where the range began.
    pub(super) fn anchor(&self) -> Option<&K> {
        self.range.as_ref().map(|(anchor, _)| anchor)
    }

    /// Selects what lies within the range, beside what was selected before it.
    pub(super) fn extend(&mut self, within: impl IntoIterator<Item = K>) {
        if let Some((_, before)) = &self.range {
            self.chosen = before.iter().cloned().chain(within).collect();
        }
    }

    /// Ends a range; what it selected stays selected.
    pub(super) fn end_range(&mut self) {
        self.range = None;
    }

    /// Gives up a range with what it selected; false when there is none.
    pub(super) fn cancel_range(&mut self) -> bool {
        match self.range.take() {
            Some((_, before)) => {
                self.chosen = before;
                true
            }
            None => false,
        }
    }
}
