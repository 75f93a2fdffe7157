//! Portfolios, which belong to no product. Source: the official specification `Portfolios_prod_3p`.

use super::descriptor::{
    Descriptor, Extended, IdFilter, IdFilterForm, Key, ListSpec, Paging, Recheck, RecheckBy, RequestSpec,
    RowsAt,
};
use super::sp::from;
use super::table;
use crate::domain::unit::{AdProduct, Entity, Level, Unit};

const MEDIA: &str = "application/vnd.spPortfolio.v3+json";

/// The only state that the specification knows.
const STATES: &str = r#"{"stateFilter":{"include":["ENABLED"]}}"#;

pub(super) static PORTFOLIOS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Any, Entity::Portfolio),
    table: &table::PORTFOLIOS,
    level: Level::Account,
    key: Key::Field("portfolioId"),
    list: ListSpec {
        request: RequestSpec::Post {
            path: "/portfolios/list",
            content_type: MEDIA,
            accept: MEDIA,
            body: STATES,
        },
        paging: Paging::NextToken { max_results: None },
        rows: RowsAt::Field("portfolios"),
        total: Some("totalResults"),
        batch: None,
        split: None,
        each: None,
        recheck: Some(Recheck {
            by: RecheckBy::Own,
            filter: IdFilter { field: "portfolioIdFilter", max: 1000, form: IdFilterForm::Include },
        }),
        extended: Some(Extended::Flag),
        needs_edit: false,
        not_for_authors: false,
    },
    columns: &[
        from("name", "name"),
        from("state", "state"),
        from("in_budget", "inBudget"),
        from("budget_micros", "budget.amount"),
        from("budget_currency", "budget.currencyCode"),
        from("budget_policy", "budget.policy"),
        from("budget_start_date", "budget.startDate"),
        from("budget_end_date", "budget.endDate"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDateTime"),
        from("api_updated_at", "extendedData.lastUpdateDateTime"),
    ],
    depends_on: None,
    parents: &[],
};
