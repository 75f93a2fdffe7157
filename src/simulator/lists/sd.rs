//! The lists of Sponsored Display, each with its extended twin.

use super::spec::{ALL, By, IndexPaging, ListSpec, Paging, Param};
use crate::simulator::errors::Family;
use crate::simulator::world::kind::{Kind, Product};

/// Largest page. Amazon states a number for creatives only, and it is this one.
const SD_COUNT_CAP: usize = 100;

const STATES: Param =
    Param::States { allowed: &["enabled", "paused", "archived"], default: ALL, single: false };

macro_rules! sd_list {
    ($path:literal, $kind:ident, $extended:literal, $invalid:literal, [$($param:literal: $shape:expr),* $(,)?]) => {
        ListSpec {
            path: $path,
            kind: Kind::$kind,
            family: Family::Flat,
            product: Some(Product::Sd),
            needs_edit: false,
            paging: Paging::Index(IndexPaging {
                accepts: &["application/json"],
                cap: SD_COUNT_CAP,
                extended: $extended,
                invalid: $invalid,
                params: &[
                    ("stateFilter", STATES),
                    ("campaignIdFilter", Param::Ids(By::Campaign)),
                    $(($param, $shape)),*
                ],
            }),
        }
    };
}

/// The lists.
pub(crate) const LISTS: &[ListSpec] = &[
    sd_list!("/sd/campaigns", SdCampaign, false, 422, ["name": Param::Text("name"), "portfolioIdFilter": Param::Ids(By::Portfolio)]),
    sd_list!("/sd/campaigns/extended", SdCampaign, true, 422, ["name": Param::Text("name"), "portfolioIdFilter": Param::Ids(By::Portfolio)]),
    sd_list!("/sd/adGroups", SdAdGroup, false, 422, ["name": Param::Text("name"), "adGroupIdFilter": Param::Ids(By::Own)]),
    sd_list!("/sd/adGroups/extended", SdAdGroup, true, 422, ["name": Param::Text("name"), "adGroupIdFilter": Param::Ids(By::Own)]),
    sd_list!("/sd/targets", SdTarget, false, 422, ["targetIdFilter": Param::Ids(By::Own), "adGroupIdFilter": Param::Ids(By::AdGroup)]),
    // The extended target lists declare no 422.
    sd_list!("/sd/targets/extended", SdTarget, true, 400, ["targetIdFilter": Param::Ids(By::Own), "adGroupIdFilter": Param::Ids(By::AdGroup)]),
    sd_list!("/sd/productAds", SdProductAd, false, 422, ["adIdFilter": Param::Ids(By::Own), "adGroupIdFilter": Param::Ids(By::AdGroup)]),
    sd_list!("/sd/productAds/extended", SdProductAd, true, 422, ["adIdFilter": Param::Ids(By::Own), "adGroupIdFilter": Param::Ids(By::AdGroup)]),
    // Only the extended list knows the filter by own id.
    sd_list!("/sd/negativeTargets", SdNegativeTarget, false, 422, ["adGroupIdFilter": Param::Ids(By::AdGroup)]),
    sd_list!("/sd/negativeTargets/extended", SdNegativeTarget, true, 400, ["targetIdFilter": Param::Ids(By::Own), "adGroupIdFilter": Param::Ids(By::AdGroup)]),
];
