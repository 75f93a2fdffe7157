//! Sponsored Display. Source: the official specification `SponsoredDisplay_3-0`.

use super::descriptor::{Descriptor, IdFilter, IdFilterForm, ListSpec, Paging, Parent, RequestSpec, RowsAt};
use super::sp::from;
use super::table;
use crate::domain::unit::{AdProduct, Entity, Level, Unit};

const CAMPAIGN: Unit = Unit::new(AdProduct::Sd, Entity::Campaign);
const AD_GROUP: Unit = Unit::new(AdProduct::Sd, Entity::AdGroup);

/// The enum value as the specification spells it, blanks included.
const STATES: &[(&str, &str)] = &[("stateFilter", "enabled, paused, archived")];

const fn list(path: &'static str, own_ids: &'static str) -> ListSpec {
    ListSpec {
        request: RequestSpec::Get { path, accept: "application/json", query: STATES },
        // The specification states no maximum; 100 is what its creatives list caps at, and what others use.
        paging: Paging::StartIndex { count: 100 },
        rows: RowsAt::Root,
        total: None,
        batch: None,
        recheck: Some(IdFilter { field: own_ids, max: 100, form: IdFilterForm::CommaList }),
        weight: 1,
        needs_edit: false,
    }
}

pub(super) static CAMPAIGNS: Descriptor = Descriptor {
    unit: CAMPAIGN,
    table: &table::CAMPAIGNS,
    level: Level::Campaign,
    id_field: "campaignId",
    list: list("/sd/campaigns", "campaignIdFilter"),
    columns: &[
        from("name", "name"),
        from("state", "state"),
        from("portfolio_id", "portfolioId"),
        from("budget_micros", "budget"),
        from("budget_type", "budgetType"),
        from("cost_type", "costType"),
        from("tactic", "tactic"),
        from("start_date", "startDate"),
        from("end_date", "endDate"),
    ],
    depends_on: None,
    parents: &[],
};

pub(super) static AD_GROUPS: Descriptor = Descriptor {
    unit: AD_GROUP,
    table: &table::AD_GROUPS,
    level: Level::AdGroup,
    id_field: "adGroupId",
    list: list("/sd/adGroups", "adGroupIdFilter"),
    columns: &[
        from("campaign_id", "campaignId"),
        from("name", "name"),
        from("state", "state"),
        from("default_bid_micros", "defaultBid"),
        from("bid_optimization", "bidOptimization"),
        from("creative_type", "creativeType"),
        from("tactic", "tactic"),
    ],
    depends_on: None,
    parents: &[Parent { unit: CAMPAIGN, field: "campaignId" }],
};

pub(super) static TARGETS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sd, Entity::Target),
    table: &table::TARGETS,
    level: Level::AdGroup,
    id_field: "targetId",
    list: list("/sd/targets", "targetIdFilter"),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("state", "state"),
        from("bid_micros", "bid"),
        from("expression_type", "expressionType"),
        from("expression", "expression"),
        from("resolved_expression", "resolvedExpression"),
    ],
    depends_on: None,
    parents: &[Parent { unit: CAMPAIGN, field: "campaignId" }, Parent { unit: AD_GROUP, field: "adGroupId" }],
};
