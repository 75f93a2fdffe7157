//! The lists of Sponsored Products v3.

use super::spec::{ALL, By, Field, ListSpec, Paging, TokenPaging};
use crate::simulator::errors::Family;
use crate::simulator::world::kind::{Kind, Product};

const STATES: Field = Field::States {
    allowed: &["ARCHIVED", "ENABLED", "ENABLING", "OTHER", "PAUSED", "PROPOSED", "USER_DELETED"],
    max: 10,
    // Not documented; reported to be everything.
    default: ALL,
};
const OWN: Field = Field::Ids { by: By::Own, max: 1000 };
const CAMPAIGN: Field = Field::Ids { by: By::Campaign, max: 100 };
const AD_GROUP: Field = Field::Ids { by: By::AdGroup, max: 100 };
const NAME: Field = Field::Text { member: "name", match_required: false, max: 100 };
const TEXT: Field = Field::Text { member: "keywordText", match_required: true, max: 100 };

const NEGATIVE_MATCH: Field = Field::Bare {
    member: "matchType",
    allowed: &["NEGATIVE_BROAD", "NEGATIVE_EXACT", "NEGATIVE_PHRASE", "OTHER"],
};

macro_rules! sp_list {
    ($path:literal, $kind:ident, $media:literal, $array:literal, $needs_edit:literal, [$($field:literal: $shape:expr),* $(,)?]) => {
        ListSpec {
            path: $path,
            kind: Kind::$kind,
            family: Family::Nested,
            product: Some(Product::Sp),
            needs_edit: $needs_edit,
            paging: Paging::Token(TokenPaging {
                content_type: $media,
                accepts: &[$media],
                wrong_accept: 415,
                array: $array,
                total: Some("totalResults"),
                max_page: 1000,
                sizable: true,
                include_required: true,
                fields: &[
                    ("stateFilter", STATES),
                    ("includeExtendedDataFields", Field::Extended),
                    $(($field, $shape)),*
                ],
            }),
        }
    };
}

/// The lists.
pub(crate) const LISTS: &[ListSpec] = &[
    sp_list!("/sp/campaigns/list", SpCampaign, "application/vnd.spCampaign.v3+json", "campaigns", false, [
        "campaignIdFilter": OWN,
        "portfolioIdFilter": Field::Ids { by: By::Portfolio, max: 100 },
        "nameFilter": NAME,
        "marketplaceBudgetAllocationFilter": Field::BudgetAllocation,
    ]),
    sp_list!("/sp/adGroups/list", SpAdGroup, "application/vnd.spAdGroup.v3+json", "adGroups", false, [
        "adGroupIdFilter": OWN,
        "campaignIdFilter": CAMPAIGN,
        "nameFilter": NAME,
        "campaignTargetingTypeFilter": Field::CampaignTargeting,
    ]),
    sp_list!("/sp/keywords/list", SpKeyword, "application/vnd.spKeyword.v3+json", "keywords", true, [
        "keywordIdFilter": OWN,
        "campaignIdFilter": CAMPAIGN,
        "adGroupIdFilter": AD_GROUP,
        "keywordTextFilter": TEXT,
        "matchTypeFilter": Field::Bare { member: "matchType", allowed: &["BROAD", "EXACT", "OTHER", "PHRASE"] },
        "locale": Field::Locale,
    ]),
    sp_list!("/sp/productAds/list", SpProductAd, "application/vnd.spProductAd.v3+json", "productAds", false, [
        "adIdFilter": OWN,
        "campaignIdFilter": CAMPAIGN,
        "adGroupIdFilter": AD_GROUP,
    ]),
    sp_list!("/sp/negativeKeywords/list", SpNegativeKeyword, "application/vnd.spNegativeKeyword.v3+json", "negativeKeywords", false, [
        "negativeKeywordIdFilter": OWN,
        "campaignIdFilter": CAMPAIGN,
        "adGroupIdFilter": AD_GROUP,
        "negativeKeywordTextFilter": TEXT,
        "matchTypeFilter": NEGATIVE_MATCH,
        "locale": Field::Locale,
    ]),
    sp_list!("/sp/campaignNegativeKeywords/list", SpCampaignNegativeKeyword, "application/vnd.spCampaignNegativeKeyword.v3+json", "campaignNegativeKeywords", false, [
        "campaignNegativeKeywordIdFilter": OWN,
        "campaignIdFilter": CAMPAIGN,
        "campaignNegativeKeywordTextFilter": TEXT,
        "matchTypeFilter": NEGATIVE_MATCH,
    ]),
    sp_list!("/sp/targets/list", SpTarget, "application/vnd.spTargetingClause.v3+json", "targetingClauses", true, [
        "targetIdFilter": OWN,
        "campaignIdFilter": CAMPAIGN,
        "adGroupIdFilter": AD_GROUP,
        "asinFilter": Field::Asins,
        "expressionTypeFilter": Field::Values { member: "expressionType", allowed: &["AUTO", "MANUAL", "OTHER"], max: 2 },
    ]),
    sp_list!("/sp/negativeTargets/list", SpNegativeTarget, "application/vnd.spNegativeTargetingClause.v3+json", "negativeTargetingClauses", false, [
        "negativeTargetIdFilter": OWN,
        "campaignIdFilter": CAMPAIGN,
        "adGroupIdFilter": AD_GROUP,
        "asinFilter": Field::Asins,
    ]),
    sp_list!("/sp/campaignNegativeTargets/list", SpCampaignNegativeTarget, "application/vnd.spCampaignNegativeTargetingClause.v3+json", "campaignNegativeTargetingClauses", false, [
        "campaignNegativeTargetIdFilter": OWN,
        "campaignIdFilter": CAMPAIGN,
        "asinFilter": Field::Asins,
    ]),
];
