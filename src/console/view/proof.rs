//! A unit's proof in words: why it is complete, or why it is not yet.

use crate::console::model::Model;
use crate::console::text::{absolute, clock, count, day, plural, thousands, width};
use crate::console::theme::Theme;
use crate::domain::run::{Certificate, Refusal, UnitState, UnitView};
use crate::sync::event::{Wait, WaitReason};

/// The wait of a unit's request.
pub(super) fn wait_of<'a>(model: &'a Model, unit: &UnitView) -> Option<&'a Wait> {
    model.overview.waits.get(&unit.run_id)?.iter().find(|w| w.unit == unit.unit)
}

/// The words in full, when they do not fit into `columns`.
pub(super) fn cut_words(model: &Model, theme: &Theme, unit: &UnitView, columns: usize) -> Option<String> {
    forms(model, theme, unit).into_iter().next().filter(|text| width(text) > columns)
}

/// The words that fit into `columns`, or else the shortest.
pub(super) fn words(model: &Model, theme: &Theme, unit: &UnitView, columns: usize) -> String {
    let forms = forms(model, theme, unit);
    let fitting = forms.iter().find(|text| width(text) <= columns);
    fitting.or(forms.last()).cloned().unwrap_or_default()
}

fn forms(model: &Model, theme: &Theme, unit: &UnitView) -> Vec<String> {
    let summary = || unit.error.as_ref().map(|e| e.summary.clone());
    match unit.state {
        UnitState::Pending | UnitState::Fetching => match wait_of(model, unit) {
            None if unit.state == UnitState::Pending => Vec::new(),
            None => vec![theme.pick("–", "-").to_owned()],
            Some(wait) => {
                let left = clock(wait.until.since(model.now));
                let what = if wait.reason == WaitReason::Throttled { "next call" } else { "retry" };
                vec![
                    format!("{what} in {left}, attempt {}: {}", wait.attempt + 1, wait.detail),
                    format!("{what} in {left}: {}", wait.detail),
                    format!("{what} in {left}"),
                ]
            }
        },
        UnitState::NotEligible => refused(model, theme, unit),
        UnitState::Failed => vec![summary().unwrap_or_else(|| "failed without a report".to_owned())],
        UnitState::Proved => {
            unit.certificate.as_ref().map_or_else(Vec::new, |certificate| proved(theme, certificate))
        }
    }
}

/// What the API refused, since when, and when it is asked again; rows that are stored come first.
fn refused(model: &Model, theme: &Theme, unit: &UnitView) -> Vec<String> {
    let said = unit.error.as_ref().map_or_else(|| "not eligible".to_owned(), |e| e.summary.clone());
    let Some(refusal) = &unit.refusal else { return vec![said] };
    let dot = theme.pick(" · ", " - ");
    let since = day(refusal.since, &model.zone);
    let again = again(model, refusal);
    let Some(lost) = unit.lost() else {
        return vec![
            format!("{said}{dot}since {since}{dot}{again}"),
            format!("{said}{dot}since {since}"),
            said,
        ];
    };
    let rows = format!("{} rows frozen", thousands(lost.frozen_rows));
    vec![
        format!("access lost since {since}{dot}{rows}{dot}{again}{dot}{said}"),
        format!("access lost since {since}{dot}{rows}{dot}{again}"),
        format!("access lost since {since}{dot}{rows}"),
        format!("access lost{dot}{rows}"),
        "access lost".to_owned(),
    ]
}

/// When a refused unit is asked for again.
pub(super) fn again(model: &Model, refusal: &Refusal) -> String {
    if refusal.ask_after <= refusal.asked_at {
        return "asked again by the next sync".to_owned();
    }
    format!("asked again after {}", absolute(refusal.ask_after, model.now, &model.zone))
}

fn proved(theme: &Theme, c: &Certificate) -> Vec<String> {
    let dot = theme.pick(" · ", " - ");
    let distinct = count(c.distinct);
    let total = c.reported_total.map(count);
    let api = total.as_ref().map(|total| format!("API said {total}"));
    let lists = (c.lists > 1).then(|| format!("{} lists, all ended", thousands(i64::from(c.lists))));
    let ending = lists.clone().unwrap_or_else(|| c.ending.clone());
    let repeats = c.rows.saturating_sub(c.distinct);
    let mut full = vec![ending.clone(), format!("{distinct} distinct")];
    full.extend(api.clone());
    let mut fuller = full.clone();
    if repeats > 0 {
        fuller.push(plural(usize::try_from(repeats).unwrap_or(usize::MAX), "repeat", "repeats"));
    }
    if c.relisted {
        fuller.push("listed twice".to_owned());
    }
    if c.rechecked > 0 {
        fuller.push(format!("{} asked again by id", count(c.rechecked)));
    }
    let mut forms = vec![fuller.join(dot), full.join(dot)];
    match (api, total) {
        (Some(api), Some(total)) => {
            forms.push(format!("{distinct} distinct{dot}{api}"));
            forms.push(format!("{distinct}, {api}"));
            forms.push(format!("{distinct} (API {total})"));
        }
        _ => {
            forms.push(format!("{distinct} distinct, {ending}"));
            forms.push(format!("{distinct} distinct"));
        }
    }
    forms
}
