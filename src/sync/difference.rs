//! The difference between what is stored of a unit and what was fetched. Pure: some tens of bytes for a row.

use std::collections::HashMap;

use super::certify::key_of;
use crate::domain::entity::{EntityRow, MAPPING_VERSION};
use crate::domain::run::ChangeKind;
use crate::store::StoredRow;

/// What to do with a fetched row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A later page had it already, and the later row counts.
    Repeated,
    /// Write nothing.
    Unchanged,
    /// Only a newer mapping rewrites it: no change to tell of.
    Remapped,
    /// Write it and tell.
    Write(ChangeKind),
}

#[derive(Debug, Clone, Copy)]
struct Known {
    hash: u128,
    mapping_version: i64,
    removed: bool,
    stored: bool,
    seen: bool,
}

/// A unit's rows, by the number that stands for their id.
#[derive(Debug, Default)]
pub(super) struct Difference {
    rows: HashMap<u128, Known>,
    live_before: u64,
}

impl Difference {
    /// Takes in a stored row; all of them come before the first fetched one.
    pub(super) fn stored(&mut self, row: &StoredRow) {
        self.live_before += u64::from(!row.removed);
        self.rows.insert(
            key_of(&row.id),
            Known {
                hash: row.hash,
                mapping_version: row.mapping_version,
                removed: row.removed,
                stored: true,
                seen: false,
            },
        );
    }

    /// Classifies a fetched row. Rows come latest first, so that of a repeated key the latest row counts.
    pub(super) fn fetched(&mut self, row: &EntityRow) -> Verdict {
        let new = Known {
            hash: row.hash,
            mapping_version: MAPPING_VERSION,
            removed: false,
            stored: false,
            seen: true,
        };
        match self.rows.get_mut(&key_of(row.key.id.as_str())) {
            None => {
                self.rows.insert(key_of(row.key.id.as_str()), new);
                Verdict::Write(ChangeKind::Added)
            }
            Some(known) if known.seen => Verdict::Repeated,
            Some(known) => {
                known.seen = true;
                if known.removed {
                    Verdict::Write(ChangeKind::Returned)
                } else if known.hash != row.hash {
                    Verdict::Write(ChangeKind::Changed)
                } else if known.mapping_version != MAPPING_VERSION {
                    Verdict::Remapped
                } else {
                    Verdict::Unchanged
                }
            }
        }
    }

    /// True when a stored row vanished: it was live, and no page had it.
    pub(super) fn vanished(&self, id: &str) -> bool {
        self.rows.get(&key_of(id)).is_some_and(|known| known.stored && !known.removed && !known.seen)
    }

    /// How many stored rows vanished.
    pub(super) fn count_vanished(&self) -> u64 {
        self.rows.values().filter(|known| known.stored && !known.removed && !known.seen).count() as u64
    }

    /// Live rows before the commit.
    pub(super) const fn live_before(&self) -> u64 {
        self.live_before
    }

    /// Live rows after the commit.
    pub(super) fn live_after(&self) -> u64 {
        self.rows.values().filter(|known| known.seen).count() as u64
    }

    /// True when the unit has, after the commit or among its removed rows, a row with this id.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.rows.contains_key(&key_of(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::drift::RowDrift;
    use crate::domain::entity::{EntityKey, RowNotes};
    use crate::domain::id::EntityId;
    use crate::domain::unit::{AdProduct, Level};

    fn row(id: &str, hash: u128) -> EntityRow {
        let id = EntityId::from_text(id).unwrap();
        let key = EntityKey { ad_product: AdProduct::Sp, level: Level::Campaign, id };
        EntityRow {
            key,
            columns: Vec::new(),
            raw: String::new(),
            hash,
            notes: RowNotes::default(),
            drift: RowDrift::default(),
        }
    }

    fn stored(id: &str, hash: u128, mapping_version: i64, removed: bool) -> StoredRow {
        StoredRow { id: id.to_owned(), hash, mapping_version, removed }
    }

    #[test]
    fn every_row_is_classified_once() {
        let mut d = Difference::default();
        d.stored(&stored("1", 10, MAPPING_VERSION, false));
        d.stored(&stored("2", 20, MAPPING_VERSION, false));
        d.stored(&stored("3", 30, MAPPING_VERSION - 1, false));
        d.stored(&stored("4", 40, MAPPING_VERSION, true));
        d.stored(&stored("5", 50, MAPPING_VERSION, false));
        d.stored(&stored("6", 60, MAPPING_VERSION, true));
        assert_eq!(d.fetched(&row("1", 10)), Verdict::Unchanged);
        assert_eq!(d.fetched(&row("2", 21)), Verdict::Write(ChangeKind::Changed));
        assert_eq!(d.fetched(&row("3", 30)), Verdict::Remapped);
        assert_eq!(d.fetched(&row("4", 40)), Verdict::Write(ChangeKind::Returned));
        assert_eq!(d.fetched(&row("7", 70)), Verdict::Write(ChangeKind::Added));
        for id in ["1", "2", "7"] {
            assert_eq!(d.fetched(&row(id, 99)), Verdict::Repeated, "{id}");
        }
        let vanished: Vec<&str> =
            ["1", "2", "3", "4", "5", "6", "7"].into_iter().filter(|id| d.vanished(id)).collect();
        assert_eq!(vanished, ["5"]);
        assert_eq!((d.count_vanished(), d.live_before(), d.live_after()), (1, 4, 5));
    }

    #[test]
    fn a_changed_row_under_an_older_mapping_is_still_a_change() {
        let mut d = Difference::default();
        d.stored(&stored("1", 10, MAPPING_VERSION - 1, false));
        assert_eq!(d.fetched(&row("1", 11)), Verdict::Write(ChangeKind::Changed));
    }
}
