//! Rows of Sponsored Products v3 targeting other than keywords: product targets and negatives of
//! both levels. Those of campaigns have no ad group.

use super::build::{Row, Traits};
use super::dice::{below, pick};
use super::json::Obj;
use super::names;
use super::rows_sp::{campaign_traits, extended};

const LIVE: &str = "TARGETING_CLAUSE_STATUS_LIVE";
const OWN: &str = "TARGETING_CLAUSE";

pub(crate) fn negative_keyword(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.text_id("keywordId", row.id).text_id("adGroupId", row.ad_group_id);
    excluded_words(row, o)
}

pub(crate) fn campaign_negative_keyword(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.text_id("keywordId", row.id);
    excluded_words(row, o)
}

fn excluded_words(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.text_id("campaignId", row.campaign_id).str("keywordText", names::negative(row.hash(1)));
    o.str("matchType", pick(row.hash(2), &["NEGATIVE_EXACT", "NEGATIVE_EXACT", "NEGATIVE_PHRASE"]));
    o.str("state", row.life.state.upper());
    extended(row, o, LIVE, OWN);
    campaign_traits(row)
}

pub(crate) fn target(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.text_id("targetId", row.id)
        .text_id("adGroupId", row.ad_group_id)
        .text_id("campaignId", row.campaign_id);
    if row.scene.blueprint.auto_targeting(row.slot.campaign) {
        let automatic = [
            "QUERY_HIGH_REL_MATCHES",
            "QUERY_BROAD_REL_MATCHES",
            "ASIN_SUBSTITUTE_RELATED",
            "ASIN_ACCESSORY_RELATED",
        ];
        // Predicates of automatic targets have no value.
        let expression = format!(r#"[{{"type":"{}"}}]"#, automatic[row.slot.n as usize % automatic.len()]);
        o.str("expressionType", "AUTO").raw("expression", &expression).raw("resolvedExpression", &expression);
        if row.is(1, 0.3) {
            o.money("bid", row.amount(2, 15, 200));
        }
    } else {
        let category = 1_000_000 + below(row.hash(3), 80_000_000);
        let (expression, resolved) = if row.is(4, 0.3) {
            (
                format!(r#"[{{"type":"ASIN_CATEGORY_SAME_AS","value":"{category}"}},{{"type":"ASIN_PRICE_LESS_THAN","value":"49.99"}}]"#),
                r#"[{"type":"ASIN_CATEGORY_SAME_AS","value":"Sport & Freizeit"},{"type":"ASIN_PRICE_LESS_THAN","value":"49.99"}]"#.to_owned(),
            )
        } else {
            let kind = pick(row.hash(5), &["ASIN_SAME_AS", "ASIN_EXPANDED_FROM"]);
            let same = format!(r#"[{{"type":"{kind}","value":"{}"}}]"#, names::asin(row.hash(6)));
            (same.clone(), same)
        };
        o.str("expressionType", "MANUAL").raw("expression", &expression).raw("resolvedExpression", &resolved);
        if !row.is(1, 0.1) {
            o.money("bid", row.amount(2, 15, 200));
        }
    }
    o.str("state", row.life.state.upper());
    extended(row, o, LIVE, OWN);
    campaign_traits(row)
}

pub(crate) fn negative_target(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.text_id("targetId", row.id).text_id("adGroupId", row.ad_group_id);
    excluded_products(row, o)
}

pub(crate) fn campaign_negative_target(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.text_id("targetId", row.id);
    excluded_products(row, o)
}

fn excluded_products(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let brand = row.is(1, 0.25);
    let (expression, resolved) = if brand {
        let id = 1_000_000 + below(row.hash(2), 9_000_000);
        (
            format!(r#"[{{"type":"ASIN_BRAND_SAME_AS","value":"{id}"}}]"#),
            r#"[{"type":"ASIN_BRAND_SAME_AS","value":"Höhenluft"}]"#.to_owned(),
        )
    } else {
        let same = format!(r#"[{{"type":"ASIN_SAME_AS","value":"{}"}}]"#, names::asin(row.hash(3)));
        (same.clone(), same)
    };
    o.text_id("campaignId", row.campaign_id)
        .raw("expression", &expression)
        .raw("resolvedExpression", &resolved);
    o.str("state", row.life.state.upper());
    extended(row, o, LIVE, OWN);
    campaign_traits(row)
}
