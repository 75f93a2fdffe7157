//! Rows of Sponsored Brands v4: campaigns and ad groups (string ids, upper case, epoch
//! milliseconds), and ads.

use super::build::{Row, Traits};
use super::dice::{below, chance, mix, pick};
use super::json::Obj;
use super::kind::Kind;
use super::names;
use super::rows::dashed;
use super::table::VIDEO;

/// Properties that all rows of a Sponsored Brands campaign agree on.
pub(crate) struct Format {
    pub(crate) video: bool,
    /// Made before ad groups could be many; its ads have no id and no name.
    pub(crate) legacy: bool,
}

pub(crate) fn format(row: &Row<'_>) -> Format {
    Format {
        video: chance(row.campaign_hash(Kind::SbCampaign, 100), 0.25),
        legacy: row.scene.blueprint.is_old(row.theme()),
    }
}

pub(crate) fn campaign(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let format = format(row);
    let tactic =
        if format.video { "Video" } else { pick(row.hash(1), &["Collection", "Spotlight", "Brand Defence"]) };
    let lifetime = row.is(2, 0.08);
    o.text_id("campaignId", row.id).str("name", &row.campaign_name("SB", tactic));
    let portfolio = row.portfolio();
    if let Some(portfolio) = portfolio {
        o.text_id("portfolioId", portfolio);
    }
    o.str("state", row.life.state.upper()).money("budget", row.amount(3, 1000, 30_000));
    o.str("budgetType", if lifetime { "LIFETIME" } else { "DAILY" })
        .str("startDate", &dashed(row.start_day()));
    if let Some(day) = row.end_day() {
        o.str("endDate", &dashed(day));
    }
    o.bool("isMultiAdGroupsEnabled", !format.legacy);
    if row.is(4, 0.7) {
        o.str("brandEntityId", &format!("ENTITY{}", &names::asin(mix(row.scene.profile.key, 77))[2..]));
    }
    o.obj("bidding", |o| {
        let automatic = row.is(5, 0.4);
        o.bool("bidOptimization", automatic);
        if !automatic {
            let places = ["HOME", "DETAIL_PAGE", "OTHER", "TOP_OF_SEARCH"];
            o.array(
                "bidAdjustmentsByPlacement",
                places.into_iter().take(below(row.hash(6), 5) as usize),
                |place, o| {
                    let percentage = below(mix(row.hash(7), place.len() as u64), 40) as i64 * 5 - 50;
                    o.int("percentage", percentage).str("placement", place);
                },
            );
        }
        if row.is(8, 0.2) {
            // No longer in the specification, still in the answers.
            o.str("bidOptimizationStrategy", "MAXIMIZE_IMMEDIATE_SALES");
        }
    });
    o.str("goal", pick(row.hash(9), &["PAGE_VISIT", "BRAND_IMPRESSION_SHARE"])).str("costType", "CPC");
    o.str("productLocation", "SOLD_ON_AMAZON");
    if row.is(10, 0.1) {
        o.raw("smartDefault", "[\"MANUAL\"]");
    }
    if row.is(11, 0.06) {
        o.obj("ruleBasedBudget", |o| {
            o.bool("isProcessing", false)
                .str("applicableRuleName", "Prime Day")
                .raw("value", "133.33333333333334");
            o.str("applicableRuleId", &format!("{:x}", row.hash(12)));
        });
    }
    o.obj("tags", |o| {
        if format.legacy {
            o.text_id("legacyCampaignId", row.hash(13) >> 14);
        }
    });
    extended(row, o, "CAMPAIGN_STATUS_ENABLED", "CAMPAIGN");
    Traits { portfolio: portfolio.unwrap_or(0), flags: flags(row) }
}

pub(crate) fn ad_group(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.text_id("adGroupId", row.id).text_id("campaignId", row.campaign_id);
    o.str("name", &row.renamed(format!("{} – Brand {}", row.line(), row.slot.n + 1)));
    o.str("state", row.life.state.upper());
    extended(row, o, "AD_GROUP_STATUS_ENABLED", "AD_GROUP");
    Traits { flags: flags(row), ..Traits::default() }
}

/// An ad; those of legacy campaigns have neither id nor name.
pub(crate) fn ad(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let format = format(row);
    if !format.legacy {
        o.text_id("adId", row.id)
            .str("name", &row.renamed(format!("{} – Ad {}", row.line(), row.slot.n + 1)));
    }
    o.text_id("adGroupId", row.ad_group_id).text_id("campaignId", row.campaign_id);
    o.str("state", row.life.state.upper());
    let kind = if format.video {
        pick(row.hash(1), &["VIDEO", "BRAND_VIDEO"])
    } else {
        pick(row.hash(1), &["PRODUCT_COLLECTION", "STORE_SPOTLIGHT"])
    };
    let asins: Vec<String> = (0..3).map(|n| format!("\"{}\"", names::asin(mix(row.hash(2), n)))).collect();
    o.obj("landingPage", |o| match kind {
        "VIDEO" => {
            o.str("pageType", "DETAIL_PAGE");
        }
        "PRODUCT_COLLECTION" => {
            o.str("pageType", "PRODUCT_LIST").raw("asins", &format!("[{}]", asins.join(",")));
        }
        _ => {
            o.str("pageType", "STORE")
                .str("url", &format!("https://www.amazon.com/stores/page/{:X}", row.hash(3)));
        }
    });
    o.obj("creative", |o| {
        o.str("type", kind).str(
            "creativeStatus",
            pick(
                row.hash(4),
                &["PUBLISHED", "PUBLISHED", "APPROVED_BY_MODERATION", "REJECTED_BY_MODERATION"],
            ),
        );
        o.str("creativeVersion", &format!("{}", 1 + row.life.text))
            .raw("asins", &format!("[{}]", asins.join(",")));
        if kind != "VIDEO" {
            let brand = &row.scene.profile.name;
            o.str("brandName", brand).str("headline", &format!("{brand}: {}", row.line()));
            o.str("brandLogoAssetID", &format!("amzn1.assetlibrary.asset1.{:x}", row.hash(5)));
        }
        if format.video {
            o.raw("videoAssetIds", &format!("[\"amzn1.assetlibrary.asset1.{:x}\"]", row.hash(6)));
            o.bool("consentToTranslate", row.is(7, 0.3));
        }
        if kind == "STORE_SPOTLIGHT" {
            let pages = ["Neu", "Bestseller", "Sale"];
            o.array("subpages", pages.into_iter().zip(&asins), |(title, asin), o| {
                o.str("pageTitle", title)
                    .raw("asin", asin)
                    .str("url", "https://www.amazon.com/stores/page/1");
            });
        }
    });
    // The list has no switch for extended data: they always come.
    serving(row, o, "AD_STATUS_LIVE", "AD");
    Traits { flags: flags(row), ..Traits::default() }
}

pub(crate) fn flags(row: &Row<'_>) -> u8 {
    if format(row).video { VIDEO } else { 0 }
}

fn extended(row: &Row<'_>, o: &mut Obj<'_>, live: &str, own: &str) {
    if row.scene.extended {
        serving(row, o, live, own);
    }
}

fn serving(row: &Row<'_>, o: &mut Obj<'_>, live: &str, own: &str) {
    let serving = row.serving(live, own);
    o.obj("extendedData", |o| {
        o.str("servingStatus", &serving).int("lastUpdateDate", row.updated_ms());
        o.raw("servingStatusDetails", &format!("[\"{serving}\"]")).int("creationDate", row.created_ms());
    });
}
