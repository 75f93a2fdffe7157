//! Sponsored Brands: v4 campaigns, ad groups and ads, v3 keywords, targets and themes. Source: the official
//! specifications `SponsoredBrands_4-0` and `SponsoredBrands_3-0`.

use super::descriptor::{
    Batch, Descriptor, Each, Extended, IdFilter, IdFilterForm, Key, ListSpec, Paging, Parent, Recheck,
    RecheckBy, RequestSpec, RowsAt,
};
use super::sp::from;
use super::table;
use crate::domain::unit::{AdProduct, Entity, Level, Unit};

const CAMPAIGN: Unit = Unit::new(AdProduct::Sb, Entity::Campaign);
const AD_GROUP: Unit = Unit::new(AdProduct::Sb, Entity::AdGroup);

const OF_CAMPAIGN: &[Parent] = &[Parent { unit: CAMPAIGN, field: "campaignId" }];
const OF_AD_GROUP: &[Parent] =
    &[Parent { unit: CAMPAIGN, field: "campaignId" }, Parent { unit: AD_GROUP, field: "adGroupId" }];

const STATES: &str = r#"{"stateFilter":{"include":["ENABLED","PAUSED","ARCHIVED"]}}"#;

/// A list of version 4.
const fn list(
    path: &'static str,
    media: &'static str,
    array: &'static str,
    total: &'static str,
    recheck: Recheck,
    extended: Option<Extended>,
    split: Option<Batch>,
) -> ListSpec {
    ListSpec {
        request: RequestSpec::Post { path, content_type: media, accept: media, body: STATES },
        paging: Paging::NextToken { max_results: Some(100) },
        rows: RowsAt::Field(array),
        total: Some(total),
        batch: None,
        split,
        each: None,
        recheck: Some(recheck),
        extended,
        needs_edit: false,
        not_for_authors: false,
    }
}

const fn own_ids(field: &'static str) -> Recheck {
    Recheck { by: RecheckBy::Own, filter: IdFilter { field, max: 10, form: IdFilterForm::Include } }
}

/// What belongs to campaigns can be asked for by them.
const BY_CAMPAIGNS: Option<Batch> = Some(Batch {
    of: CAMPAIGN,
    filter: IdFilter { field: "campaignIdFilter", max: 10, form: IdFilterForm::Include },
});

/// A list of keywords. Without `campaignIdFilter` they are known to lack some, so they are asked for by batches
/// of campaigns; what belongs to video ad groups only comes with version 3.2.
const fn keywords(
    path: &'static str,
    accept: &'static str,
    query: &'static [(&'static str, &'static str)],
    each: Option<Each>,
) -> ListSpec {
    ListSpec {
        request: RequestSpec::Get { path, accept, query },
        paging: Paging::StartIndex { count: 1000 },
        rows: RowsAt::Root,
        total: None,
        batch: Some(Batch {
            of: CAMPAIGN,
            filter: IdFilter { field: "campaignIdFilter", max: 100, form: IdFilterForm::CommaList },
        }),
        split: None,
        each,
        recheck: Some(Recheck {
            by: RecheckBy::Own,
            filter: IdFilter { field: "keywordIdFilter", max: 100, form: IdFilterForm::CommaList },
        }),
        extended: None,
        needs_edit: false,
        not_for_authors: false,
    }
}

/// A list of version 3 that takes its filters as a body.
const fn targeting(
    path: &'static str,
    accept: &'static str,
    body: &'static str,
    array: &'static str,
    recheck: Recheck,
) -> ListSpec {
    ListSpec {
        request: RequestSpec::Post { path, content_type: "application/json", accept, body },
        paging: Paging::NextToken { max_results: Some(5000) },
        rows: RowsAt::Field(array),
        total: None,
        batch: None,
        split: None,
        each: None,
        recheck: Some(recheck),
        extended: None,
        needs_edit: false,
        not_for_authors: false,
    }
}

/// Targets know no filter by their own ids, so that those of the same campaigns are asked for.
const BY_CAMPAIGN: Recheck = Recheck {
    by: RecheckBy::Parent("campaign_id"),
    filter: IdFilter { field: "CAMPAIGN_ID", max: 100, form: IdFilterForm::Filters },
};

pub(super) static CAMPAIGNS: Descriptor = Descriptor {
    unit: CAMPAIGN,
    table: &table::CAMPAIGNS,
    level: Level::Campaign,
    key: Key::Field("campaignId"),
    list: list(
        "/sb/v4/campaigns/list",
        "application/vnd.sbcampaignresource.v4+json",
        "campaigns",
        "totalCount",
        own_ids("campaignIdFilter"),
        Some(Extended::Flag),
        None,
    ),
    columns: &[
        from("name", "name"),
        from("state", "state"),
        from("portfolio_id", "portfolioId"),
        from("budget_micros", "budget"),
        from("budget_type", "budgetType"),
        from("bidding_strategy", "bidding.bidOptimizationStrategy"),
        from("bid_adjustments", "bidding.bidAdjustmentsByPlacement"),
        from("cost_type", "costType"),
        from("goal", "goal"),
        from("brand_entity_id", "brandEntityId"),
        from("multi_ad_groups", "isMultiAdGroupsEnabled"),
        from("start_date", "startDate"),
        from("end_date", "endDate"),
        from("tags", "tags"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDate"),
        from("api_updated_at", "extendedData.lastUpdateDate"),
    ],
    depends_on: None,
    parents: &[],
};

pub(super) static AD_GROUPS: Descriptor = Descriptor {
    unit: AD_GROUP,
    table: &table::AD_GROUPS,
    level: Level::AdGroup,
    key: Key::Field("adGroupId"),
    list: list(
        "/sb/v4/adGroups/list",
        "application/vnd.sbadgroupresource.v4+json",
        "adGroups",
        "totalResults",
        own_ids("adGroupIdFilter"),
        Some(Extended::Flag),
        BY_CAMPAIGNS,
    ),
    columns: &[
        from("campaign_id", "campaignId"),
        from("name", "name"),
        from("state", "state"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDate"),
        from("api_updated_at", "extendedData.lastUpdateDate"),
    ],
    depends_on: None,
    parents: OF_CAMPAIGN,
};

/// Ads. Those of campaigns of the old kind, which have one ad for each ad group, come without an id.
pub(super) static ADS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sb, Entity::Ad),
    table: &table::ADS,
    level: Level::AdGroup,
    key: Key::FieldOrParents("adId", &["campaignId", "adGroupId"]),
    list: list(
        "/sb/v4/ads/list",
        "application/vnd.sbadresource.v4+json",
        "ads",
        "totalResults",
        Recheck {
            by: RecheckBy::Parent("ad_group_id"),
            filter: IdFilter { field: "adGroupIdFilter", max: 10, form: IdFilterForm::Include },
        },
        None,
        BY_CAMPAIGNS,
    ),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("name", "name"),
        from("state", "state"),
        from("creative_type", "creative.type"),
        from("creative_status", "creative.creativeStatus"),
        from("headline", "creative.headline"),
        from("brand_name", "creative.brandName"),
        from("asins", "creative.asins"),
        from("landing_page_type", "landingPage.pageType"),
        from("landing_page_url", "landingPage.url"),
        from("serving_status", "extendedData.servingStatus"),
        from("api_created_at", "extendedData.creationDate"),
        from("api_updated_at", "extendedData.lastUpdateDate"),
    ],
    depends_on: None,
    parents: OF_AD_GROUP,
};

pub(super) static KEYWORDS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sb, Entity::Keyword),
    table: &table::KEYWORDS,
    level: Level::AdGroup,
    key: Key::Field("keywordId"),
    list: keywords(
        "/sb/keywords",
        "application/vnd.sbkeyword.v3.2+json",
        &[("stateFilter", "enabled,paused,archived")],
        None,
    ),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("keyword_text", "keywordText"),
        from("match_type", "matchType"),
        from("state", "state"),
        from("bid_micros", "bid"),
        from("native_language_keyword", "nativeLanguageKeyword"),
    ],
    depends_on: Some(CAMPAIGN),
    parents: OF_AD_GROUP,
};

/// Only one state may be asked for at a time; an archived keyword never comes back to life.
pub(super) static NEGATIVE_KEYWORDS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sb, Entity::NegativeKeyword),
    table: &table::NEGATIVE_KEYWORDS,
    level: Level::AdGroup,
    key: Key::Field("keywordId"),
    list: keywords(
        "/sb/negativeKeywords",
        "application/vnd.sbnegativekeyword.v3.2+json",
        &[],
        Some(Each { name: "stateFilter", values: &["enabled", "archived"] }),
    ),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("keyword_text", "keywordText"),
        from("match_type", "matchType"),
        from("state", "state"),
    ],
    depends_on: Some(CAMPAIGN),
    parents: OF_AD_GROUP,
};

pub(super) static TARGETS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sb, Entity::Target),
    table: &table::TARGETS,
    level: Level::AdGroup,
    key: Key::Field("targetId"),
    list: targeting(
        "/sb/targets/list",
        "application/vnd.sblisttargetsresponse.v3.2+json",
        r#"{"filters":[{"filterType":"TARGETING_STATE","values":["enabled","paused","archived"]}]}"#,
        "targets",
        BY_CAMPAIGN,
    ),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("state", "state"),
        from("bid_micros", "bid"),
        from("expression", "expressions"),
        from("resolved_expression", "resolvedExpressions"),
    ],
    depends_on: None,
    parents: OF_AD_GROUP,
};

/// They are never paused: the specification asks for two states only.
pub(super) static NEGATIVE_TARGETS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sb, Entity::NegativeTarget),
    table: &table::NEGATIVE_TARGETS,
    level: Level::AdGroup,
    key: Key::Field("targetId"),
    list: targeting(
        "/sb/negativeTargets/list",
        "application/vnd.sblistnegativetargetsresponse.v3.2+json",
        r#"{"filters":[{"filterType":"TARGETING_STATE","values":["enabled","archived"]}]}"#,
        "negativeTargets",
        BY_CAMPAIGN,
    ),
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("state", "state"),
        from("expression", "expressions"),
        from("resolved_expression", "resolvedExpressions"),
    ],
    depends_on: None,
    parents: OF_AD_GROUP,
};

pub(super) static THEMES: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sb, Entity::Theme),
    table: &table::THEMES,
    level: Level::AdGroup,
    key: Key::Field("themeId"),
    list: ListSpec {
        not_for_authors: true,
        ..targeting(
            "/sb/themes/list",
            "application/vnd.sbthemeslistresponse.v3+json",
            r#"{"stateFilter":{"include":["enabled","paused","archived"]}}"#,
            "themes",
            Recheck {
                by: RecheckBy::Own,
                filter: IdFilter { field: "themeIdFilter", max: 100, form: IdFilterForm::Include },
            },
        )
    },
    columns: &[
        from("campaign_id", "campaignId"),
        from("ad_group_id", "adGroupId"),
        from("theme_type", "themeType"),
        from("state", "state"),
        from("bid_micros", "bid"),
    ],
    depends_on: None,
    parents: OF_AD_GROUP,
};
