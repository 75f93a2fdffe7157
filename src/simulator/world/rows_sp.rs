//! Rows of Sponsored Products v3: string ids, upper-case enums, extended data on request.

use super::build::{Row, Traits};
use super::dice::{below, mix, pick};
use super::json::Obj;
use super::names;
use super::profile::AccountType;
use super::rows::{dashed, iso};
use super::table::{AUTO_BUDGET, AUTO_TARGETING};

pub(crate) fn campaign(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let auto = row.scene.blueprint.auto_targeting(row.slot.n);
    let auto_budget = row.is(1, 0.03);
    let tactic = if auto {
        "Auto"
    } else {
        pick(row.hash(2), &["Exact", "Phrase", "Broad", "Brand", "Competitor", "Category"])
    };
    o.text_id("campaignId", row.id).str("name", &row.campaign_name("SP", tactic));
    let portfolio = row.portfolio();
    if let Some(portfolio) = portfolio {
        o.text_id("portfolioId", portfolio);
    }
    o.str("state", row.life.state.upper()).str("targetingType", if auto { "AUTO" } else { "MANUAL" });
    o.str("startDate", &dashed(row.start_day()));
    match row.end_day() {
        Some(day) => {
            o.str("endDate", &dashed(day));
        }
        None if row.is(3, 0.5) => {
            o.null("endDate");
        }
        None => {}
    }
    let budget = row.amount(4, 500, 15_000);
    o.obj("budget", |o| {
        o.money("budget", budget).str("budgetType", "DAILY");
        if row.is(5, 0.1) {
            // What budget rules leave is not rounded to the cent.
            o.raw("effectiveBudget", &format!("{}", budget as f64 / 100.0 * 1.1 / 0.9));
        }
    });
    o.obj("dynamicBidding", |o| {
        let placements =
            ["PLACEMENT_TOP", "PLACEMENT_PRODUCT_PAGE", "PLACEMENT_REST_OF_SEARCH", "SITE_AMAZON_BUSINESS"];
        let many = below(row.hash(6), 4) as usize;
        o.array("placementBidding", placements.into_iter().take(many), |placement, o| {
            let percentage = below(mix(row.hash(7), placement.len() as u64), 41) * 5;
            o.num("percentage", percentage).str("placement", placement);
        });
        if row.is(8, 0.04) {
            o.array("shopperCohortBidding", [()], |(), o| {
                o.array("audienceSegments", [()], |(), o| {
                    o.str("audienceId", &format!("{}", 400_000_000_000 + below(row.hash(9), 1_000_000_000)));
                    o.str("audienceSegmentType", "SPONSORED_ADS_AMC");
                });
                o.num("percentage", 25).str("shopperCohortType", "AUDIENCE_SEGMENT");
            });
        }
        o.str(
            "strategy",
            pick(row.hash(10), &["LEGACY_FOR_SALES", "AUTO_FOR_SALES", "MANUAL", "RULE_BASED"]),
        );
    });
    o.obj("tags", |o| {
        if row.is(11, 0.15) {
            o.str("PONumber", &format!("PO-{:05}", below(row.hash(12), 100_000)));
        }
    });
    if auto_budget {
        o.str("marketplaceBudgetAllocation", "AUTO").text_id("globalCampaignId", row.hash(13) >> 8);
    } else if row.is(14, 0.3) {
        o.str("marketplaceBudgetAllocation", "MANUAL");
    }
    if row.is(15, 0.05) {
        o.obj("offAmazonSettings", |o| {
            o.str("offAmazonBudgetControlStrategy", "MINIMIZE_SPEND");
        });
    }
    if row.is(16, 0.02) {
        o.raw("siteRestrictions", "[\"AMAZON_BUSINESS\"]");
    }
    extended(row, o, "CAMPAIGN_STATUS_ENABLED", "CAMPAIGN");
    let flags = if auto { AUTO_TARGETING } else { 0 } | if auto_budget { AUTO_BUDGET } else { 0 };
    Traits { portfolio: portfolio.unwrap_or(0), flags }
}

pub(crate) fn ad_group(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let focus =
        pick(row.hash(1), &["Core", "Long tail", "Generic", "Brand", "Seasonal", "New", "Bestseller"]);
    o.text_id("adGroupId", row.id).text_id("campaignId", row.campaign_id);
    o.str("name", &row.renamed(format!("{} – {focus} {}", row.line(), row.slot.n + 1)));
    o.str("state", row.life.state.upper()).money("defaultBid", row.amount(2, 20, 180));
    extended(row, o, "AD_GROUP_STATUS_ENABLED", "AD_GROUP");
    campaign_traits(row)
}

/// A product ad: vendors advertise ASINs, sellers their own stock keeping units.
pub(crate) fn product_ad(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.text_id("adId", row.id).text_id("adGroupId", row.ad_group_id).text_id("campaignId", row.campaign_id);
    match row.scene.profile.account_type {
        AccountType::Seller => o.str("sku", &names::sku(row.hash(1))),
        _ => o.str("asin", &names::asin(row.hash(1))),
    };
    if row.is(2, 0.02) {
        o.str("customText", "Für kühle Nächte");
    }
    if row.is(3, 0.03) {
        o.obj("globalStoreSetting", |o| {
            o.str("catalogSourceCountryCode", "US");
        });
    }
    o.str("state", row.life.state.upper());
    extended(row, o, "AD_STATUS_LIVE", "AD");
    campaign_traits(row)
}

pub(crate) fn keyword(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let place = row.scene.profile.place;
    o.text_id("keywordId", row.id)
        .text_id("adGroupId", row.ad_group_id)
        .text_id("campaignId", row.campaign_id);
    o.str("keywordText", &names::keyword(place.language, row.theme(), row.hash(1)));
    if row.is(2, 0.01) {
        let (text, locale) = names::native(row.theme(), row.hash(3));
        o.str("nativeLanguageKeyword", &text).str("nativeLanguageLocale", locale);
    }
    o.str("matchType", pick(row.hash(4), &["EXACT", "EXACT", "PHRASE", "BROAD"]));
    // Without a bid of its own a keyword inherits its ad group's.
    if !row.is(5, 0.12) {
        o.money("bid", row.amount(6, 15, 260));
    }
    o.str("state", row.life.state.upper());
    extended(row, o, "TARGETING_CLAUSE_STATUS_LIVE", "TARGETING_CLAUSE");
    campaign_traits(row)
}

pub(crate) fn campaign_traits(row: &Row<'_>) -> Traits {
    let auto = row.scene.blueprint.auto_targeting(row.slot.campaign);
    Traits { flags: if auto { AUTO_TARGETING } else { 0 }, ..Traits::default() }
}

pub(crate) fn extended(row: &Row<'_>, o: &mut Obj<'_>, live: &str, own: &str) {
    if !row.scene.extended {
        return;
    }
    o.obj("extendedData", |o| {
        let serving = row.serving(live, own);
        o.str("creationDateTime", &iso(row.created_ms())).str("lastUpdateDateTime", &iso(row.updated_ms()));
        o.str("servingStatus", &serving);
        o.array("servingStatusDetails", [serving.as_str()], |serving, o| {
            o.str("name", &format!("{serving}_DETAIL"));
            if serving != live {
                o.str("helpUrl", "https://advertising.amazon.com/help")
                    .str("message", "Check the state of the parents.");
            }
        });
    });
}
