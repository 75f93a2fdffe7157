//! The lists of Sponsored Brands: v4 for campaigns, ad groups and ads, v3 for targeting.

use super::spec::{ALL, By, Field, IndexPaging, LIVE, ListSpec, Paging, Param, TokenPaging};
use crate::simulator::errors::Family;
use crate::simulator::world::kind::{Kind, Product};

/// Largest page of the start-index lists. Amazon states no number; clients in the wild use up to
/// this many.
const SB_COUNT_CAP: usize = 1000;

const STATES: Field = Field::States { allowed: &["ENABLED", "PAUSED", "ARCHIVED"], max: 10, default: ALL };
const OWN: Field = Field::Ids { by: By::Own, max: 10 };
const CAMPAIGN: Field = Field::Ids { by: By::Campaign, max: 10 };
const NAME: Field = Field::Text { member: "name", match_required: false, max: 100 };

macro_rules! v4_list {
    ($path:literal, $kind:ident, $media:literal, $array:literal, $total:literal, [$($field:literal: $shape:expr),* $(,)?]) => {
        ListSpec {
            path: $path,
            kind: Kind::$kind,
            family: Family::Nested,
            product: Some(Product::Sb),
            needs_edit: false,
            paging: Paging::Token(TokenPaging {
                content_type: $media,
                accepts: &[$media],
                wrong_accept: 406,
                array: $array,
                total: Some($total),
                max_page: 100,
                sizable: true,
                include_required: false,
                fields: &[("stateFilter", STATES), ("nameFilter", NAME), $(($field, $shape)),*],
            }),
        }
    };
}

macro_rules! v3_list {
    ($path:literal, $kind:ident, [$($accept:literal),*], $array:literal, [$($field:literal: $shape:expr),* $(,)?]) => {
        ListSpec {
            path: $path,
            kind: Kind::$kind,
            family: Family::BrandsV3,
            product: Some(Product::Sb),
            needs_edit: false,
            paging: Paging::Token(TokenPaging {
                content_type: "application/json",
                accepts: &[$($accept),*],
                wrong_accept: 406,
                array: $array,
                total: None,
                max_page: 5000,
                sizable: true,
                include_required: false,
                fields: &[$(($field, $shape)),*],
            }),
        }
    };
}

macro_rules! index_list {
    ($path:literal, $kind:ident, [$($accept:literal),*], [$($param:literal: $shape:expr),* $(,)?]) => {
        ListSpec {
            path: $path,
            kind: Kind::$kind,
            family: Family::BrandsV3,
            product: Some(Product::Sb),
            needs_edit: false,
            paging: Paging::Index(IndexPaging {
                accepts: &[$($accept),*],
                cap: SB_COUNT_CAP,
                extended: false,
                invalid: 400,
                params: &[
                    ("keywordText", Param::Text("keywordText")),
                    ("campaignIdFilter", Param::Ids(By::Campaign)),
                    ("adGroupIdFilter", Param::Ids(By::AdGroup)),
                    ("keywordIdFilter", Param::Ids(By::Own)),
                    ("creativeType", Param::Creative),
                    $(($param, $shape)),*
                ],
            }),
        }
    };
}

/// The lists.
pub(crate) const LISTS: &[ListSpec] = &[
    v4_list!("/sb/v4/campaigns/list", SbCampaign, "application/vnd.sbcampaignresource.v4+json", "campaigns", "totalCount", [
        "campaignIdFilter": OWN,
        "portfolioIdFilter": Field::Ids { by: By::Portfolio, max: 10 },
        "goalTypeFilter": Field::Values { member: "goal", allowed: &[], max: 100 },
        "includeExtendedDataFields": Field::Extended,
    ]),
    v4_list!("/sb/v4/adGroups/list", SbAdGroup, "application/vnd.sbadgroupresource.v4+json", "adGroups", "totalResults", [
        "adGroupIdFilter": OWN,
        "campaignIdFilter": CAMPAIGN,
        "includeExtendedDataFields": Field::Extended,
    ]),
    index_list!("/sb/keywords", SbKeyword, ["application/vnd.sbkeyword.v3.2+json", "application/vnd.sbkeyword.v3+json"], [
        "stateFilter": Param::States { allowed: &["enabled", "paused", "archived"], default: LIVE, single: false },
        "matchTypeFilter": Param::Values { member: "matchType", allowed: &["broad", "exact", "phrase"] },
        "locale": Param::Locale,
    ]),
    v4_list!("/sb/v4/ads/list", SbAd, "application/vnd.sbadresource.v4+json", "ads", "totalResults", [
        "adIdFilter": OWN,
        "adGroupIdFilter": Field::Ids { by: By::AdGroup, max: 10 },
        "campaignIdFilter": CAMPAIGN,
    ]),
    index_list!("/sb/negativeKeywords", SbNegativeKeyword, ["application/vnd.sbnegativekeyword.v3.2+json", "application/vnd.sbnegativekeyword.v3+json"], [
        // One state only; no default is documented.
        "stateFilter": Param::States { allowed: &["enabled", "archived"], default: ALL, single: true },
        "matchTypeFilter": Param::Values { member: "matchType", allowed: &["negativeExact", "negativePhrase"] },
    ]),
    v3_list!("/sb/targets/list", SbTarget, ["application/vnd.sblisttargetsresponse.v3.2+json", "application/vnd.sblisttargetsresponse.v3+json"], "targets", [
        "filters": Field::Filters { states: &["enabled", "paused", "archived"] },
    ]),
    v3_list!("/sb/negativeTargets/list", SbNegativeTarget, ["application/vnd.sblistnegativetargetsresponse.v3.2+json", "application/vnd.sblistnegativetargetsresponse.v3+json"], "negativeTargets", [
        "filters": Field::Filters { states: &["enabled", "archived"] },
    ]),
    v3_list!("/sb/themes/list", SbTheme, ["application/vnd.sbthemeslistresponse.v3+json"], "themes", [
        "themeIdFilter": Field::Ids { by: By::Own, max: 100 },
        "campaignIdFilter": Field::Ids { by: By::Campaign, max: 100 },
        "adGroupIdFilter": Field::Ids { by: By::AdGroup, max: 100 },
        "stateFilter": Field::States { allowed: &["enabled", "paused", "archived"], max: 3, default: LIVE },
        "themeTypeFilter": Field::Values {
            member: "themeType",
            allowed: &["KEYWORDS_RELATED_TO_YOUR_BRAND", "KEYWORDS_RELATED_TO_YOUR_LANDING_PAGES"],
            max: 2,
        },
    ]),
];
