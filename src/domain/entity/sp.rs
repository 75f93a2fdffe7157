//! Sponsored Products v3. Source: the official specification `SponsoredProducts_prod_3p`.

use super::descriptor::{
    Batch, ColumnSource, Descriptor, Extended, IdFilter, IdFilterForm, Key, ListSpec, Paging, Parent,
    Recheck, RecheckBy, RequestSpec, RowsAt,
};
use super::table;
use crate::domain::unit::{AdProduct, Entity, Level, Unit};

const CAMPAIGN: Unit = Unit::new(AdProduct::Sp, Entity::Campaign);
const AD_GROUP: Unit = Unit::new(AdProduct::Sp, Entity::AdGroup);

const OF_CAMPAIGN: &[Parent] = &[Parent { unit: CAMPAIGN, field: "campaignId" }];
const OF_AD_GROUP: &[Parent] =
    &[Parent { unit: CAMPAIGN, field: "campaignId" }, Parent { unit: AD_GROUP, field: "adGroupId" }];

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
) -> ListSpec {
    ListSpec {
        request: RequestSpec::Post { path, content_type: media, accept: media, body },
        paging: Paging::NextToken { max_results: Some(1000) },
        rows: RowsAt::Field(array),
        total: Some("totalResults"),
        batch: None,
        split: None,
        each: None,
        recheck: Some(Recheck {
            by: RecheckBy::Own,
            filter: IdFilter { field: own_ids, max: 1000, form: IdFilterForm::Include },
        }),
        extended: Some(Extended::Flag),
        needs_edit: false,
        not_for_authors: false,
    }
}

/// The same for what belongs to campaigns.
const fn of_campaigns(list: ListSpec) -> ListSpec {
    let filter = IdFilter { field: "campaignIdFilter", max: 100, form: IdFilterForm::Include };
    ListSpec { split: Some(Batch { of: CAMPAIGN, filter }), ..list }
}

/// The same for what the specification shows to nobody who may not edit.
const fn for_editors(list: ListSpec) -> ListSpec {
    ListSpec { needs_edit: true, ..list }
}

pub(super) const fn from(column: &'static str, path: &'static str) -> ColumnSource {
    ColumnSource { column, path }
}

pub(super) static CAMPAIGNS: Descriptor = Descriptor {
    unit: CAMPAIGN,
    table: &table::CAMPAIGNS,
    level: Level::Campaign,
    key: Key::Field("campaignId"),
    list: list(
        "/sp/campaigns/list",
        "application/vnd.spCampaign.v3+json",
        CAMPAIGN_FILTERS,
        "campaigns",
        "campaignIdFilter",
    ),
    columns: &[
        from("name", "name"),
        from("state", "state"),
        from("portfolio_id", "portfolioId"),
        from("budget_micros", "budget.budget"),
        from("budget_type", "budget.budgetType"),
        from("effective_budget_micros", "budget.effectiveBudget"),
        from("budget_allocation", "marketplaceBudgetAllocation"),
        from("targeting_type", "targetingType"),
        from("bidding_strategy", "dynamicBidding.strategy"),
        from("bid_adjustments", "dynamicBidding.placementBidding"),
        from("start_date", "startDate"),
        from("end_date", "endDate"),
        from("tags", "tags"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDateTime"),
        from("api_updated_at", "extendedData.lastUpdateDateTime"),
    ],
    depends_on: None,
    parents: &[],
};

pub(super) static AD_GROUPS: Descriptor = Descriptor {
    unit: AD_GROUP,
    table: &table::AD_GROUPS,
    level: Level::AdGroup,
    key: Key::Field("adGroupId"),
    list: of_campaigns(list(
        "/sp/adGroups/list",
        "application/vnd.spAdGroup.v3+json",
        STATES,
        "adGroups",
        "adGroupIdFilter",
    )),
    columns: &[
        from("campaign_id", "campaignId"),
        from("name", "name"),
        from("state", "state"),
        from("default_bid_micros", "defaultBid"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDateTime"),
        from("api_updated_at", "extendedData.lastUpdateDateTime"),
    ],
    depends_on: None,
    parents: OF_CAMPAIGN,
};

/// Product ads.
pub(super) static ADS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sp, Entity::Ad),
    table: &table::ADS,
    level: Level::AdGroup,
    key: Key::Field("adId"),
    list: of_campaigns(list(
        "/sp/productAds/list",
        "application/vnd.spProductAd.v3+json",
        STATES,
        "productAds",
        "adIdFilter",
    )),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("state", "state"),
        from("asin", "asin"),
        from("sku", "sku"),
        from("custom_text", "customText"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDateTime"),
        from("api_updated_at", "extendedData.lastUpdateDateTime"),
    ],
    depends_on: None,
    parents: OF_AD_GROUP,
};

pub(super) static KEYWORDS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sp, Entity::Keyword),
    table: &table::KEYWORDS,
    level: Level::AdGroup,
    key: Key::Field("keywordId"),
    list: for_editors(of_campaigns(list(
        "/sp/keywords/list",
        "application/vnd.spKeyword.v3+json",
        STATES,
        "keywords",
        "keywordIdFilter",
    ))),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("keyword_text", "keywordText"),
        from("match_type", "matchType"),
        from("state", "state"),
        from("bid_micros", "bid"),
        from("native_language_keyword", "nativeLanguageKeyword"),
        from("native_language_locale", "nativeLanguageLocale"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDateTime"),
        from("api_updated_at", "extendedData.lastUpdateDateTime"),
    ],
    depends_on: None,
    parents: OF_AD_GROUP,
};

pub(super) static NEGATIVE_KEYWORDS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sp, Entity::NegativeKeyword),
    table: &table::NEGATIVE_KEYWORDS,
    level: Level::AdGroup,
    key: Key::Field("keywordId"),
    list: of_campaigns(list(
        "/sp/negativeKeywords/list",
        "application/vnd.spNegativeKeyword.v3+json",
        STATES,
        "negativeKeywords",
        "negativeKeywordIdFilter",
    )),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("keyword_text", "keywordText"),
        from("match_type", "matchType"),
        from("state", "state"),
        from("native_language_keyword", "nativeLanguageKeyword"),
        from("native_language_locale", "nativeLanguageLocale"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDateTime"),
        from("api_updated_at", "extendedData.lastUpdateDateTime"),
    ],
    depends_on: None,
    parents: OF_AD_GROUP,
};

pub(super) static CAMPAIGN_NEGATIVE_KEYWORDS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sp, Entity::CampaignNegativeKeyword),
    table: &table::NEGATIVE_KEYWORDS,
    level: Level::Campaign,
    key: Key::Field("keywordId"),
    list: of_campaigns(list(
        "/sp/campaignNegativeKeywords/list",
        "application/vnd.spCampaignNegativeKeyword.v3+json",
        STATES,
        "campaignNegativeKeywords",
        "campaignNegativeKeywordIdFilter",
    )),
    columns: &[
        from("campaign_id", "campaignId"),
        from("keyword_text", "keywordText"),
        from("match_type", "matchType"),
        from("state", "state"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDateTime"),
        from("api_updated_at", "extendedData.lastUpdateDateTime"),
    ],
    depends_on: None,
    parents: OF_CAMPAIGN,
};

pub(super) static TARGETS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sp, Entity::Target),
    table: &table::TARGETS,
    level: Level::AdGroup,
    key: Key::Field("targetId"),
    list: for_editors(of_campaigns(list(
        "/sp/targets/list",
        "application/vnd.spTargetingClause.v3+json",
        STATES,
        "targetingClauses",
        "targetIdFilter",
    ))),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("state", "state"),
        from("bid_micros", "bid"),
        from("expression_type", "expressionType"),
        from("expression", "expression"),
        from("resolved_expression", "resolvedExpression"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDateTime"),
        from("api_updated_at", "extendedData.lastUpdateDateTime"),
    ],
    depends_on: None,
    parents: OF_AD_GROUP,
};

pub(super) static NEGATIVE_TARGETS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sp, Entity::NegativeTarget),
    table: &table::NEGATIVE_TARGETS,
    level: Level::AdGroup,
    key: Key::Field("targetId"),
    list: of_campaigns(list(
        "/sp/negativeTargets/list",
        "application/vnd.spNegativeTargetingClause.v3+json",
        STATES,
        "negativeTargetingClauses",
        "negativeTargetIdFilter",
    )),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("state", "state"),
        from("expression", "expression"),
        from("resolved_expression", "resolvedExpression"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDateTime"),
        from("api_updated_at", "extendedData.lastUpdateDateTime"),
    ],
    depends_on: None,
    parents: OF_AD_GROUP,
};

pub(super) static CAMPAIGN_NEGATIVE_TARGETS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sp, Entity::CampaignNegativeTarget),
    table: &table::NEGATIVE_TARGETS,
    level: Level::Campaign,
    key: Key::Field("targetId"),
    list: of_campaigns(list(
        "/sp/campaignNegativeTargets/list",
        "application/vnd.spCampaignNegativeTargetingClause.v3+json",
        STATES,
        "campaignNegativeTargetingClauses",
        "campaignNegativeTargetIdFilter",
    )),
    columns: &[
        from("campaign_id", "campaignId"),
        from("state", "state"),
        from("expression", "expression"),
        from("resolved_expression", "resolvedExpression"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDateTime"),
        from("api_updated_at", "extendedData.lastUpdateDateTime"),
    ],
    depends_on: None,
    parents: OF_CAMPAIGN,
};
