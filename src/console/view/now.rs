//! What a profile does or needs right now, in the width that there is: live progress, a countdown, the error's
//! summary, what a held commit would remove.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::Span;

use crate::console::model::Model;
use crate::console::text::Align;
use crate::console::text::{bar, clock, count, fit, pad, percent, thousands, width};
use crate::console::theme::Theme;
use crate::domain::id::ProfileId;
use crate::domain::run::{HoldSummary, Progress, RunState, RunView, UnitState, UnitView};
use crate::sync::event::{Wait, WaitReason};
use crate::sync::overview::ProfileStatus;

/// The cell of a profile.
pub(super) fn cell(model: &Model, theme: &Theme, id: ProfileId, columns: usize) -> Vec<Span<'static>> {
    let status = model.home.status(id);
    let run = model.run(id);
    let plain = |text: &str, style: Style| {
        vec![Span::styled(pad(text, columns, Align::Left, theme.ellipsis()), style)]
    };
    match (status, run) {
        (ProfileStatus::Fetching | ProfileStatus::Throttled | ProfileStatus::Committing, Some(run)) => {
            live(model, theme, run, columns)
        }
        (ProfileStatus::Parked, Some(run)) => {
            let left = run.not_before.map_or(Duration::ZERO, |until| until.since(model.now));
            plain(&format!("throttled for long: next try in {}", clock(left)), theme.warn())
        }
        (ProfileStatus::Queued, Some(run)) if run.cancel_requested => plain("stopping…", theme.warn()),
        (ProfileStatus::Queued, Some(_)) => plain("waits for its turn", theme.dim()),
        (ProfileStatus::Failed, Some(run)) => {
            let text = run.error.as_ref().map_or("failed without a report", |e| e.summary.as_str());
            plain(text, Style::new())
        }
        (ProfileStatus::Held, Some(run)) => {
            plain(&run.hold.as_ref().map_or_else(String::new, hold_line), theme.decide())
        }
        (ProfileStatus::Cancelled, Some(run)) if run.state == RunState::Discarded => {
            plain("held run discarded, nothing changed", theme.dim())
        }
        (ProfileStatus::Cancelled, Some(_)) => plain("cancelled, nothing changed", theme.dim()),
        (ProfileStatus::Proved, Some(run)) => plain(&proved_line(model, run), theme.dim()),
        (ProfileStatus::Gone, _) => plain("no longer listed; its data is kept", theme.dim()),
        (ProfileStatus::NotSyncable, _) => {
            let why = model.overview.profiles.get(&id).and_then(|p| p.profile.not_syncable());
            plain(why.unwrap_or_default(), theme.dim())
        }
        _ => plain("", Style::new()),
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
        (proved, absent) => format!("{proved} units proved, {absent} not eligible"),
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
        14..28 => 8,
        28..40 => 10,
        _ => 16,
    };
    if units.is_empty() && run.state == RunState::Fetching {
        return vec![Span::styled(pad("planning", columns, Align::Left, ""), theme.dim())];
    }
    let (done, rest) = bar(progress.ratio(), bar_width, theme.ascii);
    let label = pad(&how_far(&progress), 5, Align::Right, "");
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
    if run.cancel_requested {
        return vec!["stopping…".to_owned()];
    }
    if run.state == RunState::Committing {
        let rows: i64 = units.iter().map(|u| u.rows).sum();
        return vec![
            format!("committing {} rows", thousands(rows)),
            "committing".to_owned(),
            "commit".to_owned(),
        ];
    }
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
        out.push(format!("{}  ~{left}", unit.unit));
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
