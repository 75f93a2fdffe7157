//! Sponsored Display. Source: the official specification `SponsoredDisplay_3-0`.

use super::descriptor::{
    Descriptor, Extended, IdFilter, IdFilterForm, Key, ListSpec, Paging, Parent, Recheck, RecheckBy,
    RequestSpec, RowsAt,
};
use super::sp::from;
use super::table;
use crate::domain::unit::{AdProduct, Entity, Level, Unit};

const CAMPAIGN: Unit = Unit::new(AdProduct::Sd, Entity::Campaign);
const AD_GROUP: Unit = Unit::new(AdProduct::Sd, Entity::AdGroup);

const OF_CAMPAIGN: &[Parent] = &[Parent { unit: CAMPAIGN, field: "campaignId" }];
const OF_AD_GROUP: &[Parent] =
    &[Parent { unit: CAMPAIGN, field: "campaignId" }, Parent { unit: AD_GROUP, field: "adGroupId" }];

/// The enum value as the specification spells it, blanks included.
const STATES: &[(&str, &str)] = &[("stateFilter", "enabled, paused, archived")];

const fn list(path: &'static str, extended: &'static str, by: RecheckBy, field: &'static str) -> ListSpec {
    ListSpec {
        request: RequestSpec::Get { path, accept: "application/json", query: STATES },
        // The specification states no maximum; 100 is what its creatives list caps at, and what others use.
        paging: Paging::StartIndex { count: 100 },
        rows: RowsAt::Root,
        total: None,
        batch: None,
        split: None,
        each: None,
        recheck: Some(Recheck { by, filter: IdFilter { field, max: 100, form: IdFilterForm::CommaList } }),
        extended: Some(Extended::Path(extended)),
        needs_edit: false,
        not_for_authors: false,
    }
}

pub(super) static CAMPAIGNS: Descriptor = Descriptor {
    unit: CAMPAIGN,
    table: &table::CAMPAIGNS,
    level: Level::Campaign,
    key: Key::Field("campaignId"),
    list: list("/sd/campaigns", "/sd/campaigns/extended", RecheckBy::Own, "campaignIdFilter"),
    columns: &[
        from("name", "name"),
        from("state", "state"),
        from("portfolio_id", "portfolioId"),
        from("budget_micros", "budget"),
        from("budget_type", "budgetType"),
        from("cost_type", "costType"),
        from("tactic", "tactic"),
        from("delivery_profile", "deliveryProfile"),
        from("start_date", "startDate"),
        from("end_date", "endDate"),
        from("serving_status", "servingStatus"),
        from("api_created_at", "creationDate"),
        from("api_updated_at", "lastUpdatedDate"),
    ],
    depends_on: None,
    parents: &[],
};

pub(super) static AD_GROUPS: Descriptor = Descriptor {
    unit: AD_GROUP,
    table: &table::AD_GROUPS,
    level: Level::AdGroup,
    key: Key::Field("adGroupId"),
    list: list("/sd/adGroups", "/sd/adGroups/extended", RecheckBy::Own, "adGroupIdFilter"),
    columns: &[
        from("campaign_id", "campaignId"),
        from("name", "name"),
        from("state", "state"),
        from("default_bid_micros", "defaultBid"),
        from("bid_optimization", "bidOptimization"),
        from("creative_type", "creativeType"),
        from("tactic", "tactic"),
        from("serving_status", "servingStatus"),
        from("api_created_at", "creationDate"),
        from("api_updated_at", "lastUpdatedDate"),
    ],
    depends_on: None,
    parents: OF_CAMPAIGN,
};

/// Product ads.
pub(super) static ADS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sd, Entity::Ad),
    table: &table::ADS,
    level: Level::AdGroup,
    key: Key::Field("adId"),
    list: list("/sd/productAds", "/sd/productAds/extended", RecheckBy::Own, "adIdFilter"),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("name", "adName"),
        from("state", "state"),
        from("asin", "asin"),
        from("sku", "sku"),
        from("landing_page_type", "landingPageType"),
        from("landing_page_url", "landingPageURL"),
        from("serving_status", "servingStatus"),
        from("api_created_at", "creationDate"),
        from("api_updated_at", "lastUpdatedDate"),
    ],
    depends_on: None,
    parents: OF_AD_GROUP,
};

pub(super) static TARGETS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sd, Entity::Target),
    table: &table::TARGETS,
    level: Level::AdGroup,
    key: Key::Field("targetId"),
    list: list("/sd/targets", "/sd/targets/extended", RecheckBy::Own, "targetIdFilter"),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("state", "state"),
        from("bid_micros", "bid"),
        from("expression_type", "expressionType"),
        from("expression", "expression"),
        from("resolved_expression", "resolvedExpression"),
        from("serving_status", "servingStatus"),
        from("api_created_at", "creationDate"),
        from("api_updated_at", "lastUpdatedDate"),
    ],
    depends_on: None,
    parents: OF_AD_GROUP,
};

/// They do not say which campaign they belong to, and know no filter by their own ids.
pub(super) static NEGATIVE_TARGETS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sd, Entity::NegativeTarget),
    table: &table::NEGATIVE_TARGETS,
    level: Level::AdGroup,
    key: Key::Field("targetId"),
    list: list(
        "/sd/negativeTargets",
        "/sd/negativeTargets/extended",
        RecheckBy::Parent("ad_group_id"),
        "adGroupIdFilter",
    ),
    columns: &[
        from("ad_group_id", "adGroupId"),
        from("state", "state"),
        from("expression_type", "expressionType"),
        from("expression", "expression"),
        from("resolved_expression", "resolvedExpression"),
        from("serving_status", "servingStatus"),
        from("api_created_at", "creationDate"),
        from("api_updated_at", "lastUpdatedDate"),
    ],
    depends_on: None,
    parents: &[Parent { unit: AD_GROUP, field: "adGroupId" }],
};
