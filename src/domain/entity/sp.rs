//! Sponsored Products v3. Source: the official specification `SponsoredProducts_prod_3p`.

use super::descriptor::{
    ColumnSource, Descriptor, IdFilter, IdFilterForm, ListSpec, Paging, Parent, RequestSpec, RowsAt,
};
use super::table;
use crate::domain::unit::{AdProduct, Entity, Level, Unit};

const CAMPAIGN: Unit = Unit::new(AdProduct::Sp, Entity::Campaign);
const AD_GROUP: Unit = Unit::new(AdProduct::Sp, Entity::AdGroup);

/// "To filter live entities, only ENABLED, PAUSED and ARCHIVED can be used."
const STATES: &str = r#"{"stateFilter":{"include":["ENABLED","PAUSED","ARCHIVED"]}}"#;

/// The default would hide campaigns whose budget a global campaign allots.
const CAMPAIGN_FILTERS: &str = r#"{"stateFilter":{"include":["ENABLED","PAUSED","ARCHIVED"]},"marketplaceBudgetAllocationFilter":{"include":["AUTO","MANUAL"]}}"#;

const fn list(
    path: &'static str,
    media: &'static str,
    body: &'static str,
    array: &'static str,
    own_ids: &'static str,
    needs_edit: bool,
) -> ListSpec {
    ListSpec {
        request: RequestSpec::Post { path, content_type: media, accept: media, body },
        paging: Paging::NextToken { max_results: 1000 },
        rows: RowsAt::Field(array),
        total: Some("totalResults"),
        batch: None,
        recheck: Some(IdFilter { field: own_ids, max: 1000, form: IdFilterForm::Include }),
        weight: 1,
        needs_edit,
    }
}

pub(super) const fn from(column: &'static str, path: &'static str) -> ColumnSource {
    ColumnSource { column, path }
}

pub(super) static CAMPAIGNS: Descriptor = Descriptor {
    unit: CAMPAIGN,
    table: &table::CAMPAIGNS,
    level: Level::Campaign,
    id_field: "campaignId",
    list: list(
        "/sp/campaigns/list",
        "application/vnd.spCampaign.v3+json",
        CAMPAIGN_FILTERS,
        "campaigns",
        "campaignIdFilter",
        false,
    ),
    columns: &[
        from("name", "name"),
        from("state", "state"),
        from("portfolio_id", "portfolioId"),
        from("budget_micros", "budget.budget"),
        from("budget_type", "budget.budgetType"),
        from("targeting_type", "targetingType"),
        from("bidding_strategy", "dynamicBidding.strategy"),
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
    list: list(
        "/sp/adGroups/list",
        "application/vnd.spAdGroup.v3+json",
        STATES,
        "adGroups",
        "adGroupIdFilter",
        false,
    ),
    columns: &[
        from("campaign_id", "campaignId"),
        from("name", "name"),
        from("state", "state"),
        from("default_bid_micros", "defaultBid"),
    ],
    depends_on: None,
    parents: &[Parent { unit: CAMPAIGN, field: "campaignId" }],
};

pub(super) static KEYWORDS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sp, Entity::Keyword),
    table: &table::KEYWORDS,
    level: Level::AdGroup,
    id_field: "keywordId",
    list: list(
        "/sp/keywords/list",
        "application/vnd.spKeyword.v3+json",
        STATES,
        "keywords",
        "keywordIdFilter",
        true,
    ),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("keyword_text", "keywordText"),
        from("match_type", "matchType"),
        from("state", "state"),
        from("bid_micros", "bid"),
        from("native_language_keyword", "nativeLanguageKeyword"),
        from("native_language_locale", "nativeLanguageLocale"),
    ],
    depends_on: None,
    parents: &[Parent { unit: CAMPAIGN, field: "campaignId" }, Parent { unit: AD_GROUP, field: "adGroupId" }],
};
