//! What a profile does or needs right now, in the width that there is: live progress, a countdown, the error's
//! summary, what a held commit would remove.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::Span;

use crate::console::model::Model;
use crate::console::text::Align;
use crate::console::text::{bar, clock, count, day, fit, pad, percent, plural, thousands, width};
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
        (ProfileStatus::Cancelled, Some(run)) if run.state == RunState::Discarded => {
            dim("held run discarded, nothing changed")
        }
        (ProfileStatus::Cancelled, Some(_)) => dim("cancelled, nothing changed"),
        (ProfileStatus::Proved, Some(run)) => dim(&proved_line(model, run)),
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

fn proved_line(model: &Model, run: &RunView) -> String {
    let units = model.overview.units.get(&run.id).map_or(&[][..], Vec::as_slice);
    let of = |state: UnitState| units.iter().filter(|u| u.state == state).count();
    match (of(UnitState::Proved), of(UnitState::NotEligible)) {
        (0, _) => String::new(),
        (proved, 0) => format!("{proved} of {proved} units proved"),
        (proved, absent) => format!("{proved} proved, {absent} not eligible"),
    }
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

/// The time left, where it can be told honestly: by rows, of a run that started from nothing.
pub(super) fn time_left(model: &Model, run: &RunView) -> Option<Duration> {
    let units = model.overview.units.get(&run.id)?;
    let progress = Progress::of(units);
    if run.state != RunState::Fetching || progress.expected.unwrap_or(0) == 0 {
        return None;
    }
    if run.attempt > 1 || units.iter().any(|u| u.reused_pages > 0) {
        return None;
    }
    let elapsed = model.now.since(run.started_at?).as_secs_f64();
    let ratio = progress.ratio();
    (elapsed >= 3.0 && ratio >= 0.03).then(|| {
        let left = elapsed * (1.0 - ratio) / ratio;
        Duration::from_secs_f64(left.clamp(0.0, 359_999.0).round())
    })
}

/// How far: a share of rows where they are known, else units.
pub(super) fn how_far(progress: &Progress) -> String {
    match progress.expected {
        Some(expected) if expected > 0 => format!("{} %", percent(progress.ratio())),
        _ => format!("{}/{}", progress.settled, progress.units),
    }
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
    let (done, rest) = bar(progress.ratio(), bar_width, theme.ascii);
    let label = format!(" {:>4}", how_far(&progress));
    let used = bar_width + width(&label);
    let room = columns.saturating_sub(used + 2);
    let detail = first_that_fits(&details(model, run, units, wait), room, theme);
    let style = if throttled { theme.warn() } else { Style::new() };
    vec![
        Span::styled(done, done_style),
        Span::styled(rest, rest_style),
        Span::styled(fit(&label, columns.saturating_sub(bar_width), ""), theme.strong()),
        Span::raw(if columns > used + 2 { "  " } else { "" }),
        Span::styled(pad(&detail, room, Align::Left, ""), style),
    ]
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
    let left = time_left(model, run).map(clock);
    let Some(unit) = busiest(units) else { return left.map(|left| format!("~{left}")).into_iter().collect() };
    let page = unit.pages + 1;
    let mut out = Vec::new();
    if let Some(left) = left {
        out.push(format!("{} page {page}  ~{left} left", unit.unit));
        out.push(format!("{} page {page}  ~{left}", unit.unit));
        out.push(format!("{} ~{left}", unit.unit));
        out.push(format!("{} page {page}", unit.unit));
        out.push(unit.unit.to_string());
        out.push(format!("~{left}"));
    } else {
        out.push(format!("{} page {page}", unit.unit));
        out.push(unit.unit.to_string());
    }
    out
}

fn first_that_fits(texts: &[String], room: usize, theme: &Theme) -> String {
    let fitting = texts.iter().find(|text| width(text) <= room).cloned();
    fitting.unwrap_or_else(|| fit(texts.last().map_or("", String::as_str), room, theme.ellipsis()))
}
