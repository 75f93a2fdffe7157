//! The list of portfolios, which belong to no product. It has no `maxResults`.

use super::spec::{By, ENABLED, Field, ListSpec, Paging, TokenPaging};
use crate::simulator::errors::Family;
use crate::simulator::world::kind::Kind;

/// The list.
pub(crate) const LISTS: &[ListSpec] = &[ListSpec {
    path: "/portfolios/list",
    kind: Kind::Portfolio,
    family: Family::Nested,
    product: None,
    needs_edit: false,
    paging: Paging::Token(TokenPaging {
        content_type: "application/vnd.spPortfolio.v3+json",
        accepts: &["application/vnd.spPortfolio.v3+json"],
        wrong_accept: 415,
        array: "portfolios",
        total: Some("totalResults"),
        max_page: 1000,
        sizable: false,
        include_required: false,
        fields: &[
            ("portfolioIdFilter", Field::Ids { by: By::Own, max: 1000 }),
            ("nameFilter", Field::Text { member: "name", match_required: false, max: 1000 }),
            ("stateFilter", Field::States { allowed: &["ENABLED"], max: 1, default: ENABLED }),
            ("includeExtendedDataFields", Field::Extended),
        ],
    }),
}];
