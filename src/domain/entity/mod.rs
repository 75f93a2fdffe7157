//! Entities as data: which lists give them, which table keeps them, how a row becomes columns.
//!
//! Fetching, proving, storing and showing are generic over these descriptors; adding an entity means adding
//! one descriptor (and its table), and no new code path anywhere else.

mod descriptor;
mod row;
mod sb;
mod sd;
mod sp;
pub mod table;

pub use descriptor::{
    Batch, ColumnSource, Descriptor, IdFilter, IdFilterForm, ListSpec, Paging, Parent, RequestSpec, RowsAt,
};
pub use row::{EntityKey, EntityRow, MAPPING_VERSION, RowError, RowNotes};
pub use table::{Column, ColumnType, SqlValue, Table};

use super::unit::{AdProduct, Unit};

/// Every entity that adsync knows, parents before children.
pub const DESCRIPTORS: &[&Descriptor] = &[
    &sp::CAMPAIGNS,
    &sp::AD_GROUPS,
    &sp::KEYWORDS,
    &sb::CAMPAIGNS,
    &sb::AD_GROUPS,
    &sb::KEYWORDS,
    &sd::CAMPAIGNS,
    &sd::AD_GROUPS,
    &sd::TARGETS,
];

/// The descriptor of a unit; `None` for a combination that the API does not have, such as SD keywords.
pub fn descriptor(unit: Unit) -> Option<&'static Descriptor> {
    DESCRIPTORS.iter().copied().find(|d| d.unit == unit)
}

/// The descriptors of some ad products, parents before children.
pub fn descriptors_of(products: &[AdProduct]) -> impl Iterator<Item = &'static Descriptor> {
    DESCRIPTORS.iter().copied().filter(|d| products.contains(&d.unit.ad_product))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_descriptor_maps_to_columns_that_its_table_has() {
        for d in DESCRIPTORS {
            for source in d.columns {
                assert!(
                    d.table.columns.iter().any(|c| c.name == source.column),
                    "{} maps to {}.{}, which does not exist",
                    d.unit,
                    d.table.name,
                    source.column
                );
            }
        }
    }

    #[test]
    fn units_are_unique_and_parents_come_first() {
        let mut seen = HashSet::new();
        for d in DESCRIPTORS {
            for needed in d.depends_on.iter().chain(d.parents.iter().map(|p| &p.unit)) {
                assert!(seen.contains(needed), "{} comes before {needed}", d.unit);
            }
            assert!(seen.insert(d.unit), "{} twice", d.unit);
        }
    }

    #[test]
    fn every_list_that_reports_no_total_can_be_asked_again_by_id() {
        for d in DESCRIPTORS {
            assert!(d.list.total.is_some() || d.list.recheck.is_some(), "{}", d.unit);
        }
    }

    #[test]
    fn every_list_names_its_states_archived_included() {
        for d in DESCRIPTORS {
            let text = match d.list.request {
                RequestSpec::Post { body, .. } => body.to_lowercase(),
                RequestSpec::Get { query, .. } => format!("{query:?}"),
            };
            for state in ["statefilter", "enabled", "paused", "archived"] {
                assert!(text.to_lowercase().contains(state), "{} lacks {state}", d.unit);
            }
        }
    }
}
