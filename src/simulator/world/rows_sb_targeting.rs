//! Rows of Sponsored Brands v3 targeting: numeric ids (but for themes), lower case, no dates.

use super::build::{Row, Traits};
use super::dice::{below, pick};
use super::json::Obj;
use super::names;
use super::rows_sb::flags;
use super::table::ONLY_BY_CAMPAIGN;

pub(crate) fn keyword(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.num("keywordId", row.id).num("adGroupId", row.ad_group_id).num("campaignId", row.campaign_id);
    o.str("keywordText", &names::keyword(row.scene.profile.place.language, row.theme(), row.hash(1)));
    if row.is(2, 0.01) {
        o.str("nativeLanguageKeyword", &names::native(row.theme(), row.hash(3)).0);
    }
    o.str("matchType", pick(row.hash(4), &["exact", "phrase", "broad"])).str("state", row.life.state.lower());
    if !row.is(5, 0.05) {
        o.money("bid", row.amount(6, 40, 400));
    }
    // Some keywords come only when their campaign is asked for by id.
    let hidden = if row.is(7, 0.1) { ONLY_BY_CAMPAIGN } else { 0 };
    Traits { flags: flags(row) | hidden, ..Traits::default() }
}

pub(crate) fn negative_keyword(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.num("keywordId", row.id).num("adGroupId", row.ad_group_id).num("campaignId", row.campaign_id);
    o.str("keywordText", names::negative(row.hash(1)));
    o.str("matchType", pick(row.hash(2), &["negativeExact", "negativePhrase"]))
        .str("state", row.life.state.lower());
    traits(row)
}

pub(crate) fn target(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let asin = names::asin(row.hash(1));
    let category = 1_000_000 + below(row.hash(2), 80_000_000);
    let (expressions, resolved) = match below(row.hash(3), 3) {
        0 => (
            format!(
                r#"[{{"type":"asinCategorySameAs","value":"{category}"}},{{"type":"asinReviewRatingGreaterThan","value":"4"}}]"#
            ),
            r#"[{"type":"asinCategorySameAs","value":"Sport & Freizeit"},{"type":"asinReviewRatingGreaterThan","value":"4"}]"#.to_owned(),
        ),
        _ => {
            let same = format!(r#"[{{"type":"asinSameAs","value":"{asin}"}}]"#);
            (same.clone(), same)
        }
    };
    o.num("targetId", row.id).num("adGroupId", row.ad_group_id).num("campaignId", row.campaign_id);
    o.money("bid", row.amount(4, 40, 400)).str("state", row.life.state.lower());
    o.raw("expressions", &expressions).raw("resolvedExpressions", &resolved);
    traits(row)
}

/// The specification gives the expressions as one object; its neighbours as an array. Both come.
pub(crate) fn negative_target(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let kind = pick(row.hash(1), &["asinSameAs", "asinSameAs", "asinBrandSameAs"]);
    let one = format!(r#"{{"type":"{kind}","value":"{}"}}"#, names::asin(row.hash(2)));
    let expressions = if row.is(3, 0.2) { one } else { format!("[{one}]") };
    o.num("targetId", row.id).num("adGroupId", row.ad_group_id).num("campaignId", row.campaign_id);
    o.str("state", row.life.state.lower())
        .raw("expressions", &expressions)
        .raw("resolvedExpressions", &expressions);
    traits(row)
}

pub(crate) fn theme(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    o.text_id("themeId", row.id).text_id("adGroupId", row.ad_group_id).text_id("campaignId", row.campaign_id);
    o.str(
        "themeType",
        pick(row.hash(1), &["KEYWORDS_RELATED_TO_YOUR_BRAND", "KEYWORDS_RELATED_TO_YOUR_LANDING_PAGES"]),
    );
    o.money("bid", row.amount(2, 40, 400)).str("state", row.life.state.lower());
    traits(row)
}

fn traits(row: &Row<'_>) -> Traits {
    Traits { flags: flags(row), ..Traits::default() }
}
