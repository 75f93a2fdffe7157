//! Rows of Sponsored Display: numeric ids, lower case, days without dashes, and extended lists of
//! their own instead of extended data within the row.

use super::build::{Row, Traits};
use super::dice::{below, chance, pick};
use super::json::Obj;
use super::kind::Kind;
use super::names;
use super::profile::AccountType;
use super::rows::compact;

fn tactic(row: &Row<'_>) -> &'static str {
    if chance(row.campaign_hash(Kind::SdCampaign, 100), 0.5) { "T00030" } else { "T00020" }
}

pub(crate) fn campaign(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let audiences = tactic(row) == "T00030";
    let name = row.campaign_name("SD", if audiences { "Audiences" } else { "Contextual" });
    o.num("campaignId", row.id).str("name", &name).str("tactic", tactic(row));
    o.str("startDate", &compact(row.start_day()));
    match row.end_day() {
        Some(day) => {
            o.str("endDate", &compact(day));
        }
        None if row.is(1, 0.5) && !row.scene.extended => {
            o.null("endDate");
        }
        None => {}
    }
    o.str("state", row.life.state.lower()).str("costType", if row.is(2, 0.3) { "vcpm" } else { "cpc" });
    o.money("budget", row.amount(3, 300, 9000)).str("budgetType", "daily");
    if !row.scene.extended {
        o.str("deliveryProfile", "as_soon_as_possible");
    }
    let portfolio = row.portfolio();
    match portfolio {
        Some(portfolio) => {
            o.num("portfolioId", portfolio);
        }
        None if row.is(4, 0.5) && !row.scene.extended => {
            o.null("portfolioId");
        }
        None => {}
    }
    if row.is(5, 0.05) {
        o.obj("ruleBasedBudget", |o| {
            o.bool("isProcessing", false)
                .str("applicableRuleName", "Weekend")
                .raw("value", "21.599999999999998");
            o.str("applicableRuleId", &format!("{:x}", row.hash(6)));
        });
    }
    extended(row, o, "ADVERTISER_STATUS_ENABLED", "CAMPAIGN");
    Traits { portfolio: portfolio.unwrap_or(0), flags: 0 }
}

pub(crate) fn ad_group(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.num("adGroupId", row.id).num("campaignId", row.campaign_id);
    o.money("defaultBid", row.amount(1, 10, 150));
    o.str("name", &row.renamed(format!("{} – Display {}", row.line(), row.slot.n + 1)));
    o.str("state", row.life.state.lower());
    o.str("bidOptimization", pick(row.hash(2), &["clicks", "reach", "conversions"]))
        .str("tactic", tactic(row));
    match below(row.hash(3), 10) {
        0 if !row.scene.extended => {
            o.null("creativeType");
        }
        1 | 2 => {
            o.str("creativeType", "VIDEO");
        }
        _ => {
            o.str("creativeType", "IMAGE");
        }
    }
    extended(row, o, "AD_GROUP_STATUS_ENABLED", "AD_GROUP");
    Traits::default()
}

/// A product ad: both kinds of account see the ASIN, sellers their stock keeping unit as well.
pub(crate) fn product_ad(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.num("adId", row.id).num("adGroupId", row.ad_group_id).num("campaignId", row.campaign_id);
    if row.is(1, 0.06) {
        o.str("landingPageURL", &format!("https://www.amazon.com/stores/page/{:X}", row.hash(2)));
        o.str("landingPageType", "STORE")
            .str("adName", &row.renamed(format!("{} {}", row.line(), row.slot.n + 1)));
    } else {
        o.str("asin", &names::asin(row.hash(3)));
        if row.scene.profile.account_type == AccountType::Seller {
            o.str("sku", &names::sku(row.hash(3)));
        }
    }
    o.str("state", row.life.state.lower());
    extended(row, o, "AD_STATUS_LIVE", "AD_STATUS");
    Traits::default()
}

/// A negative target; it does not tell its campaign.
pub(crate) fn negative_target(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let kind = pick(row.hash(1), &["asinSameAs", "asinSameAs", "asinBrandSameAs"]);
    let expression = format!(r#"[{{"type":"{kind}","value":"{}"}}]"#, names::asin(row.hash(2)));
    o.num("targetId", row.id).num("adGroupId", row.ad_group_id).str("state", row.life.state.lower());
    o.str("expressionType", "manual").raw("expression", &expression);
    if !row.scene.extended {
        o.raw("resolvedExpression", &expression);
    }
    extended(row, o, "TARGET_STATUS_LIVE", "TARGET_STATUS");
    Traits::default()
}

pub(crate) fn target(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let asin = names::asin(row.hash(1));
    let (kind, expression, resolved) = expression(row, &asin);
    o.num("targetId", row.id).num("adGroupId", row.ad_group_id).num("campaignId", row.campaign_id);
    match below(row.hash(2), 10) {
        0 => {}
        1 if !row.scene.extended => {
            o.null("bid");
        }
        _ => {
            o.money("bid", row.amount(3, 10, 200));
        }
    }
    o.raw("expression", &expression).str("expressionType", kind).raw("resolvedExpression", &resolved);
    o.str("state", row.life.state.lower());
    extended(row, o, "TARGET_STATUS_LIVE", "TARGET_STATUS");
    Traits::default()
}

/// An expression of one of the shapes that are seen: a predicate with a value, without one, with
/// an event, or with a list of predicates as its value; and, for deprecated ones, the nested list
/// resolved into one string.
fn expression(row: &Row<'_>, asin: &str) -> (&'static str, String, String) {
    let category = 10_000_000 + below(row.hash(4), 80_000_000);
    let lookback = pick(row.hash(5), &[7, 14, 30, 60, 90, 180, 365]);
    let same = |kind, text: String| (kind, text.clone(), text);
    if tactic(row) == "T00020" {
        return match below(row.hash(6), 6) {
            0 => same("auto", r#"[{"type":"similarProduct"}]"#.to_owned()),
            1 => same(
                "manual",
                format!(
                    r#"[{{"type":"asinCategorySameAs","value":"{category}"}},{{"type":"asinPriceBetween","value":"10.0-25.5"}}]"#
                ),
            ),
            2 => same(
                "manual",
                r#"[{"type":"contentCategorySameAs","value":"amzn1.iab-content.325"}]"#.to_owned(),
            ),
            3 => {
                same("manual", format!(r#"[{{"type":"exactProduct","value":"{asin}","eventType":"views"}}]"#))
            }
            _ => same("manual", format!(r#"[{{"type":"asinSameAs","value":"{asin}"}}]"#)),
        };
    }
    let nested = |outer: &str, inner: String| {
        format!(r#"[{{"type":"{outer}","value":[{inner},{{"type":"lookback","value":"{lookback}"}}]}}]"#)
    };
    match below(row.hash(6), 5) {
        0 => same("manual", nested("views", r#"{"type":"exactProduct"}"#.to_owned())),
        1 => same(
            "manual",
            nested("purchases", format!(r#"{{"type":"asinCategorySameAs","value":"{category}"}}"#)),
        ),
        2 => same(
            "manual",
            r#"[{"type":"audience","value":[{"type":"audienceSameAs","value":"404123456789012345"}]}]"#
                .to_owned(),
        ),
        3 => (
            "manual",
            nested("views", format!(r#"{{"type":"asinCategorySameAs","value":"{category}"}}"#)),
            format!(r#"[{{"type":"views","value":"category=\"{category}\" lookback={lookback}"}}]"#),
        ),
        _ => same("manual", nested("views", r#"{"type":"similarProduct"}"#.to_owned())),
    }
}

fn extended(row: &Row<'_>, o: &mut Obj<'_>, live: &str, own: &str) {
    if row.scene.extended {
        o.str("servingStatus", &row.serving(live, own));
        o.int("creationDate", row.created_ms()).int("lastUpdatedDate", row.updated_ms());
    }
}
