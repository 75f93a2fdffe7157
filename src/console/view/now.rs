//! What a profile does or needs right now, in the width that there is: live progress, a countdown, the error's
//! summary, what a held commit would remove.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::Span;

use crate::console::model::Model;
use crate::console::pauses;
use crate::console::text::Align;
use crate::console::text::{about, bar, clock, count, day, fit, pad, percent, plural, thousands, width};
use crate::console::theme::Theme;
use crate::domain::id::ProfileId;
use crate::domain::run::{HoldSummary, Progress, RunState, RunView, UnitState, UnitView};
use crate::sync::event::{Wait, WaitReason};
use crate::sync::overview::ProfileStatus;

/// The cell of a profile.
pub(super) fn cell(model: &Model, theme: &Theme, id: ProfileId, columns: usize) -> Vec<Span<'static>> {
    let run = model.run(id).filter(|run| matches!(run.state, RunState::Fetching | RunState::Committing));
    if let Some(run) = run {
        return live(model, theme, run, columns);
    }
    let (mut text, style) = sentence(model, theme, id).unwrap_or_default();
    if width(&text) > columns
        && let Some((_, hold)) = model.held(id)
    {
        text = format!("would remove {} rows", count(hold.removals()));
    }
    vec![Span::styled(pad(&text, columns, Align::Left, theme.ellipsis()), style)]
}

/// What there is to say of a profile that nothing is fetched for.
pub(super) fn sentence(model: &Model, theme: &Theme, id: ProfileId) -> Option<(String, Style)> {
    let stored = model.overview.profiles.get(&id)?;
    let run = model.run(id);
    let dim = |text: &str| Some((text.to_owned(), theme.dim()));
    match (model.home.status(id), run) {
        (ProfileStatus::Parked, Some(run)) => {
            let left = run.not_before.map_or(Duration::ZERO, |until| until.since(model.now));
            let times =
                if run.parks > 1 { format!(", parked {} times in a row", run.parks) } else { String::new() };
            Some((format!("next try in {}: throttled{times}", clock(left)), theme.warn()))
        }
        (ProfileStatus::Queued, Some(run)) if run.cancel_requested => {
            Some((format!("stopping{}", theme.pick("…", "...")), theme.warn()))
        }
        (ProfileStatus::Queued, Some(_)) => dim("waits for its turn"),
        (ProfileStatus::Failed, Some(run)) => {
            let text = run.error.as_ref().map_or("failed without a report", |e| e.summary.as_str());
            Some((text.to_owned(), Style::new()))
        }
        (ProfileStatus::Held, Some(run)) => {
            Some((run.hold.as_ref().map_or_else(String::new, hold_line), theme.decide()))
        }
        (ProfileStatus::Discarded, Some(_)) => dim("held run discarded, nothing changed"),
        (ProfileStatus::Cancelled, Some(_)) => dim("cancelled, nothing changed"),
        (ProfileStatus::Never, _) if model.home.current() == Some(id) => dim("press s to sync it"),
        (ProfileStatus::AccessLost, _) => {
            let lost = stored.access_lost.as_ref()?;
            let units = plural(usize::try_from(lost.units).unwrap_or(usize::MAX), "unit", "units");
            let (rows, since) = (thousands(lost.rows), day(lost.since, &model.zone));
            Some((format!("no access to {units} since {since}: {rows} rows frozen"), theme.warn()))
        }
        (ProfileStatus::Gone, _) => {
            let since =
                stored.gone_at.map_or_else(String::new, |at| format!(" since {}", day(at, &model.zone)));
            dim(&format!("no longer listed{since}; its data is kept"))
        }
        (ProfileStatus::NotSyncable | ProfileStatus::Excluded, _) => {
            dim(&stored.not_synced().unwrap_or_default())
        }
        _ => None,
    }
}

/// What holds a run, the worst unit first.
pub(super) fn hold_line(hold: &HoldSummary) -> String {
    let Some(worst) = hold.braked().max_by_key(|u| u.outcome.counts.removed) else { return String::new() };
    let (removed, live) = (worst.outcome.counts.removed, worst.outcome.live_before);
    let more = hold.braked().count().saturating_sub(1);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("would remove {} of {} {}{rest}", count(removed), count(live), worst.unit)
}

/// The unit that has most left to fetch.
fn busiest(units: &[UnitView]) -> Option<&UnitView> {
    let fetching = units.iter().filter(|u| u.state == UnitState::Fetching);
    fetching.max_by_key(|u| (u.expected.unwrap_or(0) - u.rows, u.rows))
}

/// The next moment at which anything of the run may go on, when all it does is wait.
pub(super) fn pressing_wait<'a>(model: &'a Model, run: &RunView) -> Option<&'a Wait> {
    let waits = model.overview.waits.get(&run.id)?;
    let throttled = waits.iter().filter(|w| w.reason == WaitReason::Throttled).min_by_key(|w| w.until);
    throttled.or_else(|| waits.iter().min_by_key(|w| w.until))
}

/// How far: a share of rows where they are known, else units.
pub(super) fn how_far(ratio: Option<f64>, progress: &Progress) -> String {
    match ratio {
        Some(ratio) => format!("{} %", percent(ratio)),
        None => format!("{}/{}", progress.settled, progress.units),
    }
}

/// A run's page and rows, where nothing tells of how many.
pub(super) fn so_far(progress: &Progress) -> String {
    format!("page {}, {} rows so far", thousands(progress.pages.max(1)), thousands(progress.rows))
}

fn live(model: &Model, theme: &Theme, run: &RunView, columns: usize) -> Vec<Span<'static>> {
    let units = model.overview.units.get(&run.id).map_or(&[][..], Vec::as_slice);
    let progress = Progress::of(units);
    let wait = pressing_wait(model, run);
    let throttled = wait.is_some_and(|w| w.reason == WaitReason::Throttled);
    let (done_style, rest_style) = theme.gauge();
    let done_style = if throttled { theme.warn() } else { done_style };
    let bar_width = match columns {
        0..14 => 0,
        14..40 => 8,
        40..48 => 12,
        _ => 16,
    };
    let alone = |text: &str, style: Style| {
        vec![Span::styled(pad(text, columns, Align::Left, theme.ellipsis()), style)]
    };
    if run.cancel_requested {
        return alone(theme.pick("stopping…", "stopping..."), theme.warn());
    }
    // How far a transaction has come is not known, so no bar pretends to.
    if run.state == RunState::Committing {
        let rows: i64 = units.iter().map(|u| u.rows).sum();
        let text =
            if rows > 0 { format!("committing {} rows", thousands(rows)) } else { "committing".to_owned() };
        return alone(&text, theme.accent());
    }
    if units.is_empty() {
        return alone("planning", theme.dim());
    }
    let ratio = model.pace.ratio(run.id);
    let style = if throttled { theme.warn() } else { Style::new() };
    let mut spans = Vec::new();
    let label = match ratio {
        Some(ratio) => {
            let (done, rest) = bar(ratio, bar_width, theme.ascii);
            spans.extend([Span::styled(done, done_style), Span::styled(rest, rest_style)]);
            format!(" {:>4}", how_far(Some(ratio), &progress))
        }
        // Without a denominator there is nothing that a bar could be a part of.
        None => how_far(None, &progress),
    };
    let bar_width = if ratio.is_some() { bar_width } else { 0 };
    let used = bar_width + width(&label);
    let room = columns.saturating_sub(used + 2);
    let detail = first_that_fits(&details(model, run, units, wait), room, theme);
    spans.extend([
        Span::styled(fit(&label, columns.saturating_sub(bar_width), ""), theme.strong()),
        Span::raw(if columns > used + 2 { "  " } else { "" }),
        Span::styled(pad(&detail, room, Align::Left, ""), style),
    ]);
    spans
}

/// The sentence beside the bar, from the longest form to the shortest.
fn details(model: &Model, run: &RunView, units: &[UnitView], wait: Option<&Wait>) -> Vec<String> {
    if let Some(wait) = wait {
        let left = clock(wait.until.since(model.now));
        let what = if wait.reason == WaitReason::Throttled { "next call" } else { "retry" };
        return vec![
            format!("{what} in {left}  {}", wait.unit),
            format!("{what} in {left}"),
            format!("in {left}"),
            left,
        ];
    }
    let left = pauses::left(model, run).map(|left| about(left.time));
    let progress = Progress::of(units);
    let mut out = Vec::new();
    if model.pace.ratio(run.id).is_none() {
        let rows = thousands(progress.rows);
        out.push(so_far(&progress));
        out.push(format!("page {}, {rows} rows", thousands(progress.pages.max(1))));
        out.push(format!("{rows} rows"));
        return out;
    }
    let Some(unit) = busiest(units) else {
        return left.map(|left| vec![format!("~{left} left"), format!("~{left}")]).unwrap_or_default();
    };
    let page = unit.pages + 1;
    if let Some(left) = left {
        out.push(format!("{} page {page}  ~{left} left", unit.unit));
        out.push(format!("{} page {page}  ~{left}", unit.unit));
        out.push(format!("{} ~{left}", unit.unit));
        out.push(format!("~{left} left"));
        out.push(format!("~{left}"));
    } else {
        out.push(format!("{} page {page}", unit.unit));
        out.push(unit.unit.to_string());
        out.push(format!("page {page}"));
    }
    out
}

/// The longest text that there is room for; none rather than a stump.
fn first_that_fits(texts: &[String], room: usize, theme: &Theme) -> String {
    const STUMP: usize = 8;
    let fitting = texts.iter().find(|text| width(text) <= room).cloned();
    let cut = || texts.last().filter(|_| room >= STUMP).map(|text| fit(text, room, theme.ellipsis()));
    fitting.or_else(cut).unwrap_or_default()
}
