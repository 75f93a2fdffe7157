//! Entities as data: which lists give them, which table keeps them, how a row becomes columns.
//!
//! Fetching, proving, storing and showing are generic over these descriptors; adding an entity means adding
//! one descriptor (and its table), and no new code path anywhere else.

mod descriptor;
mod portfolio;
mod row;
mod sb;
mod sd;
mod sp;
pub mod table;

pub use descriptor::{
    Batch, ColumnSource, Descriptor, Each, Extended, IdFilter, IdFilterForm, Key, ListSpec, Paging, Parent,
    Recheck, RecheckBy, RequestSpec, RowsAt,
};
pub use row::{EntityKey, EntityRow, MAPPING_VERSION, RowError, RowNotes};
pub use table::{Column, ColumnType, SqlValue, Table};

use super::unit::{AdProduct, Entity, Unit};

/// Every entity that adsync knows, parents before children.
pub const DESCRIPTORS: &[&Descriptor] = &[
    &portfolio::PORTFOLIOS,
    &sp::CAMPAIGNS,
    &sp::AD_GROUPS,
    &sp::ADS,
    &sp::KEYWORDS,
    &sp::NEGATIVE_KEYWORDS,
    &sp::CAMPAIGN_NEGATIVE_KEYWORDS,
    &sp::TARGETS,
    &sp::NEGATIVE_TARGETS,
    &sp::CAMPAIGN_NEGATIVE_TARGETS,
    &sb::CAMPAIGNS,
    &sb::AD_GROUPS,
    &sb::ADS,
    &sb::KEYWORDS,
    &sb::NEGATIVE_KEYWORDS,
    &sb::TARGETS,
    &sb::NEGATIVE_TARGETS,
    &sb::THEMES,
    &sd::CAMPAIGNS,
    &sd::AD_GROUPS,
    &sd::ADS,
    &sd::TARGETS,
    &sd::NEGATIVE_TARGETS,
];

/// The descriptor of a unit; `None` for a combination that the API does not have, such as SD keywords.
pub fn descriptor(unit: Unit) -> Option<&'static Descriptor> {
    DESCRIPTORS.iter().copied().find(|d| d.unit == unit)
}

/// The descriptors of some entities of some ad products, parents before children. What belongs to no product is
/// not left out for the products' sake.
pub fn descriptors_of(
    products: &[AdProduct],
    entities: &[Entity],
) -> impl Iterator<Item = &'static Descriptor> {
    let wanted = |product| product == AdProduct::Any || products.contains(&product);
    DESCRIPTORS
        .iter()
        .copied()
        .filter(move |d| wanted(d.unit.ad_product) && entities.contains(&d.unit.entity))
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
    fn every_list_names_every_state_that_may_be_asked_for_archived_included() {
        for d in DESCRIPTORS {
            let text = match d.list.request {
                RequestSpec::Post { body, .. } => body.to_owned(),
                RequestSpec::Get { query, .. } => format!("{query:?}{:?}", d.list.each),
            };
            let text = text.to_lowercase();
            let filter = if text.contains("targeting_state") { "targeting_state" } else { "statefilter" };
            // Portfolios are only ever enabled, and these negatives never paused.
            let states: &[&str] = match (d.unit.ad_product, d.unit.entity) {
                (AdProduct::Any, _) => &["enabled"],
                (AdProduct::Sb, Entity::NegativeKeyword | Entity::NegativeTarget) => &["enabled", "archived"],
                _ => &["enabled", "paused", "archived"],
            };
            for state in states.iter().chain(&[filter]) {
                assert!(text.contains(state), "{} lacks {state}", d.unit);
            }
        }
    }

    #[test]
    fn parents_that_rows_are_asked_for_by_are_columns_of_their_table() {
        for d in DESCRIPTORS {
            if let Some(Recheck { by: RecheckBy::Parent(column), .. }) = d.list.recheck {
                assert!(d.columns.iter().any(|source| source.column == column), "{}", d.unit);
            }
        }
    }

    #[test]
    fn units_that_share_a_table_never_share_a_key() {
        let places: HashSet<_> =
            DESCRIPTORS.iter().map(|d| (d.table.name, d.unit.ad_product, d.level)).collect();
        assert_eq!(places.len(), DESCRIPTORS.len());
    }
}
