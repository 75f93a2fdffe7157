//! Rows of portfolios: string ids, one state, a budget with a policy.

use super::build::{Row, Traits};
use super::dice::pick;
use super::json::Obj;
use super::rows::{dashed, iso};

pub(crate) fn portfolio(row: &Row<'_>, o: &mut Obj<'_>) -> Traits {
    let place = row.scene.profile.place;
    let policy = pick(row.hash(1), &["NO_CAP", "NO_CAP", "MONTHLY_RECURRING", "DATE_RANGE"]);
    let season =
        pick(row.hash(2), &["Always on", "Frühjahr", "Summer", "Herbst", "Q4 / Black Friday", "Launches"]);
    o.text_id("portfolioId", row.id)
        .str("name", &row.renamed(format!("{} – {season} {}", row.line(), row.slot.n + 1)));
    // The API knows no other state of a portfolio.
    o.str("state", "ENABLED").bool("inBudget", !row.is(3, 0.1));
    o.obj("budget", |o| {
        o.str("policy", policy).str("currencyCode", place.currency);
        if policy == "NO_CAP" {
            o.null("amount").null("startDate").null("endDate");
        } else {
            o.money("amount", row.amount(4, 50_000, 900_000)).str("startDate", &dashed(row.start_day()));
            match row.end_day() {
                Some(day) => o.str("endDate", &dashed(day)),
                None => o.null("endDate"),
            };
        }
    });
    if row.is(5, 0.3) {
        o.raw("budgetControls", r#"{"campaignUnspentBudgetSharing":{"featureState":"ENABLED"}}"#);
    }
    if row.scene.extended {
        let ended = row.is(6, 0.08);
        o.obj("extendedData", |o| {
            o.str("creationDateTime", &iso(row.created_ms()))
                .str("lastUpdateDateTime", &iso(row.updated_ms()));
            o.str("servingStatus", if ended { "PORTFOLIO_ENDED" } else { "PORTFOLIO_STATUS_ENABLED" });
            o.raw("statusReasons", if ended { "[\"PORTFOLIO_ENDED_DETAIL\"]" } else { "[]" });
        });
    }
    Traits::default()
}
