//! Sponsored Brands: v4 campaigns and ad groups, v3 keywords. Source: the official specifications
//! `SponsoredBrands_4-0` and `SponsoredBrands_3-0`.

use super::descriptor::{
    Batch, Descriptor, IdFilter, IdFilterForm, ListSpec, Paging, Parent, RequestSpec, RowsAt,
};
use super::sp::from;
use super::table;
use crate::domain::unit::{AdProduct, Entity, Level, Unit};

const CAMPAIGN: Unit = Unit::new(AdProduct::Sb, Entity::Campaign);
const AD_GROUP: Unit = Unit::new(AdProduct::Sb, Entity::AdGroup);

const STATES: &str = r#"{"stateFilter":{"include":["ENABLED","PAUSED","ARCHIVED"]}}"#;

const fn list(
    path: &'static str,
    media: &'static str,
    array: &'static str,
    total: &'static str,
    own_ids: &'static str,
) -> ListSpec {
    ListSpec {
        request: RequestSpec::Post { path, content_type: media, accept: media, body: STATES },
        paging: Paging::NextToken { max_results: 100 },
        rows: RowsAt::Field(array),
        total: Some(total),
        batch: None,
        recheck: Some(IdFilter { field: own_ids, max: 10, form: IdFilterForm::Include }),
        weight: 1,
        needs_edit: false,
    }
}

pub(super) static CAMPAIGNS: Descriptor = Descriptor {
    unit: CAMPAIGN,
    table: &table::CAMPAIGNS,
    level: Level::Campaign,
    id_field: "campaignId",
    list: list(
        "/sb/v4/campaigns/list",
        "application/vnd.sbcampaignresource.v4+json",
        "campaigns",
        "totalCount",
        "campaignIdFilter",
    ),
    columns: &[
        from("name", "name"),
        from("state", "state"),
        from("portfolio_id", "portfolioId"),
        from("budget_micros", "budget"),
        from("budget_type", "budgetType"),
        from("bidding_strategy", "bidding.bidOptimizationStrategy"),
        from("cost_type", "costType"),
        from("goal", "goal"),
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
        "/sb/v4/adGroups/list",
        "application/vnd.sbadgroupresource.v4+json",
        "adGroups",
        "totalResults",
        "adGroupIdFilter",
    ),
    columns: &[from("campaign_id", "campaignId"), from("name", "name"), from("state", "state")],
    depends_on: None,
    parents: &[Parent { unit: CAMPAIGN, field: "campaignId" }],
};

/// Without `campaignIdFilter` this list is known to lack keywords, so it is asked for by batches of campaigns;
/// keywords of video ad groups only come with version 3.2.
pub(super) static KEYWORDS: Descriptor = Descriptor {
    unit: Unit::new(AdProduct::Sb, Entity::Keyword),
    table: &table::KEYWORDS,
    level: Level::AdGroup,
    id_field: "keywordId",
    list: ListSpec {
        request: RequestSpec::Get {
            path: "/sb/keywords",
            accept: "application/vnd.sbkeyword.v3.2+json",
            query: &[("stateFilter", "enabled,paused,archived")],
        },
        paging: Paging::StartIndex { count: 1000 },
        rows: RowsAt::Root,
        total: None,
        batch: Some(Batch {
            of: CAMPAIGN,
            filter: IdFilter { field: "campaignIdFilter", max: 100, form: IdFilterForm::CommaList },
        }),
        recheck: Some(IdFilter { field: "keywordIdFilter", max: 100, form: IdFilterForm::CommaList }),
        weight: 1,
        needs_edit: false,
    },
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
    parents: &[Parent { unit: CAMPAIGN, field: "campaignId" }, Parent { unit: AD_GROUP, field: "adGroupId" }],
};
