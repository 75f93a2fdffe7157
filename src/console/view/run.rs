//! The run screen: the facts of a profile's latest run, its units with their proofs, the current unit in detail.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::now::{hold_line, how_far, so_far};
use super::parts::{Part, join, put};
use super::table::place;
use super::timeline::{Timeline, phases, took};
use super::{detail, proof, table};
use crate::console::layout::run_regions;
use crate::console::model::{Model, RunScreen};
use crate::console::pauses;
use crate::console::query::Loaded;
use crate::console::text::{
    Align, about, absolute, ago, bar, changes, clock, fit, pad, plural, thousands, unit_name, width,
};
use crate::console::theme::Theme;
use crate::domain::drift::{self, DriftReport};
use crate::domain::id::ProfileId;
use crate::domain::profile::StoredProfile;
use crate::domain::run::{Progress, RunState, RunView, UnitState, UnitView};
use crate::sync::event::WaitReason;
use crate::sync::overview::ProfileStatus;

pub(super) fn draw(model: &Model, screen: &RunScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let regions = run_regions(area, screen.older.is_some());
    let units = &*model.units(screen);
    older(model, screen, theme, frame, regions.older);
    match model.shown_run(screen) {
        Some(run) => {
            let columns = usize::from(area.width).saturating_sub(4);
            let lines = [
                headline(model, theme, run, units, columns),
                origin(model, theme, run, units, columns),
                cost(model, theme, run, units, columns),
            ];
            for (i, mut line) in lines.into_iter().enumerate() {
                line.spans.insert(0, Span::raw("   "));
                put(frame, regions.facts, u16::try_from(i).unwrap_or(u16::MAX), &line);
            }
        }
        None => {
            let columns = usize::from(area.width).saturating_sub(4);
            let text = fit(&never(model, screen.profile), columns, theme.ellipsis());
            put(frame, regions.facts, 0, &Line::styled(format!("   {text}"), theme.dim()));
        }
    }
    unit_table(model, screen, units, theme, frame, regions.units);
    if let Some(unit) = units.get(screen.list.position) {
        detail::draw(model, unit, theme, frame, regions.detail);
    }
}

/// Why a profile has no run, and what can be done.
fn never(model: &Model, profile: ProfileId) -> String {
    let stored = model.overview.profiles.get(&profile);
    if stored.is_some_and(|stored| stored.gone_at.is_some()) {
        return "this profile was never synced, and its login no longer lists it".to_owned();
    }
    match stored.and_then(StoredProfile::not_synced) {
        Some(why) => format!("this profile is not synced: {why}"),
        None if model.read_only => "this profile was never synced".to_owned(),
        None => "this profile was never synced: s starts its first sync".to_owned(),
    }
}

/// Says of an older run that it is one, and what keys act on: the profile has been synced since.
fn older(model: &Model, screen: &RunScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let latest = model.run(screen.profile).map_or_else(String::new, |run| {
        format!("; its latest is run {} ({})", run.id, model.home.status(screen.profile).word())
    });
    let columns = usize::from(area.width).saturating_sub(4);
    let text =
        fit(&format!("an older run: s, r and x act on the profile{latest}"), columns, theme.ellipsis());
    put(frame, area, 0, &Line::styled(format!("   {text}"), theme.warn()));
}

/// Where the run stands, in one line.
fn headline(
    model: &Model,
    theme: &Theme,
    run: &RunView,
    units: &[UnitView],
    columns: usize,
) -> Line<'static> {
    let dot = theme.pick(" · ", " - ");
    let cut = |text: &str| fit(text, columns, theme.ellipsis());
    match run.state {
        RunState::Queued => {
            let parked = run.not_before.filter(|until| *until > model.now);
            let text = match parked {
                Some(until) => format!(
                    "throttled for long: next try in {}, at {}",
                    clock(until.since(model.now)),
                    absolute(until, model.now, &model.zone)
                ),
                None => "waits for its turn".to_owned(),
            };
            Line::styled(cut(&text), if parked.is_some() { theme.warn() } else { theme.dim() })
        }
        // How far a transaction has come is not known, so no bar pretends to.
        RunState::Committing => {
            let rows = thousands(Progress::of(units).rows);
            Line::styled(
                cut(&format!("everything is proved; committing {rows} rows in one transaction")),
                theme.accent(),
            )
        }
        RunState::Fetching => {
            let progress = Progress::of(units);
            fetching(model, theme, run, &progress, columns)
        }
        RunState::Completed => {
            let at = run
                .finished_at
                .map_or_else(String::new, |at| format!(" {}", absolute(at, model.now, &model.zone)));
            let mut parts = vec![
                Part::new(9, format!("proved and committed{at}"), theme.good()),
                Part::new(8, changes(&run.counts, theme.ascii), theme.strong()),
                Part::new(6, format!("{} rows", thousands(run.rows)), Style::new()),
            ];
            if let Some(as_of) = run.data_as_of {
                let text = format!("data as of {}", absolute(as_of, model.now, &model.zone));
                parts.push(Part::new(4, text, theme.dim()));
            }
            if let Some(who) = &run.approved_by {
                parts.push(Part::new(5, format!("approved by {who}"), Style::new()));
            }
            join(parts, 3, columns)
        }
        RunState::Held => {
            let hold = run.hold.as_ref().map_or_else(String::new, hold_line);
            let keys = "A approve  D discard";
            let room = columns.saturating_sub(keys.len() + 3);
            let parts = vec![
                Part::new(9, fit(&hold, room.max(20), theme.ellipsis()), theme.decide()),
                Part::new(5, keys, theme.accent()),
            ];
            join(parts, 3, columns)
        }
        RunState::Failed => {
            let summary = run.error.as_ref().map_or("failed without a report", |e| e.summary.as_str());
            let key = "e full report";
            let room = columns.saturating_sub(key.len() + 3);
            let parts = vec![
                Part::new(9, fit(summary, room.max(20), theme.ellipsis()), theme.bad()),
                Part::new(5, key, theme.accent()),
            ];
            join(parts, 3, columns)
        }
        RunState::Cancelled => {
            Line::styled(cut(&format!("cancelled{dot}nothing of this account was changed")), theme.dim())
        }
        RunState::Discarded => Line::styled(
            cut(&format!("held run discarded{dot}nothing of this account was changed")),
            theme.dim(),
        ),
    }
}

/// How far a fetch has come, and how long it still takes, with what that is told from.
fn fetching(
    model: &Model,
    theme: &Theme,
    run: &RunView,
    progress: &Progress,
    columns: usize,
) -> Line<'static> {
    let ratio = model.pace.ratio(run.id);
    let label = how_far(ratio, progress);
    let mut parts = Vec::new();
    match (ratio, progress.expected) {
        (Some(ratio), Some(expected)) => {
            let (done, rest) = bar(ratio, (columns / 4).clamp(8, 48), theme.ascii);
            let (done_style, rest_style) = theme.gauge();
            parts.push(Part::of(
                9,
                vec![
                    Span::styled(done, done_style),
                    Span::styled(rest, rest_style),
                    Span::styled(pad(&label, 6, Align::Right, ""), theme.strong()),
                ],
            ));
            let rows = format!("{} of {} rows", thousands(progress.rows), thousands(expected));
            parts.push(Part::new(6, rows, Style::new()));
        }
        // Without a denominator there is nothing that a bar could be a part of.
        _ => {
            parts.push(Part::new(9, format!("{label} units"), theme.strong()));
            parts.push(Part::new(6, so_far(progress), Style::new()));
        }
    }
    if run.cancel_requested {
        parts.insert(1, Part::new(8, theme.pick("stopping…", "stopping..."), theme.warn()));
    }
    if let Some(left) = pauses::left(model, run) {
        parts.push(Part::new(7, format!("~{} left", about(left.time)), Style::new()));
        parts.push(Part::new(2, left.basis.words(), theme.dim()));
    }
    join(parts, 3, columns)
}

/// Who asked for it, when, and from where.
fn origin(model: &Model, theme: &Theme, run: &RunView, units: &[UnitView], columns: usize) -> Line<'static> {
    let (word, at) = run.started_at.map_or(("asked for", run.requested_at), |at| ("started", at));
    let age = ago(model.now.since(at)).0;
    let mut parts = vec![
        Part::new(9, format!("{word} {} ({age})", absolute(at, model.now, &model.zone)), Style::new()),
        Part::new(8, format!("by {} ({})", run.requested_by, run.requested_from), Style::new()),
    ];
    if let (Some(started), Some(finished)) = (run.started_at, run.finished_at) {
        parts.push(Part::new(6, format!("took {}", clock(finished.since(started))), Style::new()));
    }
    let phases = phases(run, units, model.now);
    if !phases.is_empty() {
        let text: Vec<String> =
            phases.into_iter().map(|(word, time)| format!("{word} {}", took(time))).collect();
        parts.push(Part::new(3, text.join(", "), theme.dim()));
    }
    if let Some(of) = run.retry_of {
        parts.push(Part::new(7, format!("retry of run {of}"), Style::new()));
    }
    if let Some(owner) = run.owner.as_ref().filter(|_| run.state.is_live()) {
        parts.push(Part::new(2, format!("carried by {owner}"), theme.dim()));
    }
    join(parts, 3, columns)
}

/// The share of the run's time in which the API held it up, in whole percent.
fn throttled_share(model: &Model, run: &RunView) -> Option<u64> {
    let end = run.finished_at.unwrap_or(model.now);
    let whole = end.since(run.started_at?).as_micros();
    let share = u128::from(run.throttled_us.unsigned_abs()) * 100 / whole.max(1);
    Some(u64::try_from(share.min(100)).unwrap_or(100))
}

/// What is known of a throttle that no counter tells of yet; `None` when there is none.
fn throttled_now(model: &Model, run: &RunView) -> Option<String> {
    let latest = model.run(run.profile_id).is_some_and(|latest| latest.id == run.id);
    let now = match model.home.status(run.profile_id) {
        ProfileStatus::Throttled | ProfileStatus::Parked => latest,
        _ => false,
    };
    if !now {
        return (run.parks > 0).then(|| "throttled before".to_owned());
    }
    let limit = model.overview.limits.profiles.iter().find(|limit| limit.profile == Some(run.profile_id));
    match limit.map_or(0, |limit| limit.refused_in_a_row) {
        0 | 1 => Some("throttled now".to_owned()),
        n => Some(format!("throttled now, the last {n} answers were 429")),
    }
}

/// What it cost so far.
fn cost(model: &Model, theme: &Theme, run: &RunView, units: &[UnitView], columns: usize) -> Line<'static> {
    let throttled = match throttled_share(model, run) {
        Some(share) if run.throttled > 0 || run.throttled_us > 0 => {
            let share = if share == 0 { "less than 1".to_owned() } else { share.to_string() };
            let times = plural(usize::try_from(run.throttled).unwrap_or(0), "429", "429s");
            Part::new(8, format!("throttled {share} % of the time, {times}"), theme.warn())
        }
        // Counters are stored with pages, and a run that is throttled gets none.
        _ => match throttled_now(model, run) {
            Some(text) => Part::new(8, text, theme.warn()),
            None => Part::new(3, "never throttled", theme.dim()),
        },
    };
    let requests = usize::try_from(model.overview.requests(run)).unwrap_or(0);
    let mut parts = vec![
        Part::new(9, plural(requests, "request", "requests"), Style::new()),
        throttled,
        Part::new(5, format!("attempt {}", run.attempt.max(1)), theme.dim()),
        Part::new(4, format!("epoch {}", run.epoch), theme.dim()),
    ];
    let drift = || units.iter().filter_map(|unit| unit.outcome.as_ref()).map(|outcome| &outcome.drift);
    if let Some(text) = drift::summary(drift()) {
        let new = drift().any(DriftReport::has_new);
        parts.push(Part::new(7, text, if new { theme.warn() } else { theme.dim() }));
    }
    join(parts, 3, columns)
}

const MARKS: usize = 3;

/// From here on there is room for whole names and for everything at once.
const WIDE: usize = 110;

/// Widths of: unit, state, pages, rows, of, written; the proof has the rest, or the timeline, which needs more of it.
fn widths(total: usize, units: &[UnitView], timeline: bool) -> [usize; 7] {
    let wide = total >= WIDE;
    // Once committed, what was written says more than how many pages and rows were expected.
    let committed = units.iter().any(|u| u.outcome.is_some());
    let room = |least: usize, width: usize| if total >= least { width } else { 0 };
    let written = if wide { 15 } else { room(if committed { 64 } else { usize::MAX }, 13) };
    let of = if wide || !committed { room(64, 10) } else { 0 };
    let longest = units.iter().map(|u| width(&unit_name(u.unit, wide))).max().unwrap_or(0);
    let unit = longest.clamp(13, if wide { 30 } else { 17 });
    let pages = if wide || (!committed && unit == 13) { room(72, 5) } else { 0 };
    let [pages, of, written] = if timeline { [0; 3] } else { [pages, of, written] };
    let fixed = [unit, 11, pages, room(48, 9), of, written];
    let used: usize = MARKS + fixed.iter().filter(|w| **w > 0).map(|w| w + 2).sum::<usize>();
    let [unit, state, pages, rows, of, written] = fixed;
    [unit, state, pages, rows, of, written, total.saturating_sub(used + 1)]
}

/// The current unit's proof, when its column cuts it off or shows the timeline.
pub(super) fn cut_sentence(model: &Model, screen: &RunScreen, theme: &Theme, total: u16) -> Option<String> {
    let units = &*model.units(screen);
    let room = if screen.timeline { 0 } else { widths(usize::from(total), units, false)[6] };
    proof::cut_words(model, theme, units.get(screen.list.position)?, room)
}

fn unit_table(
    model: &Model,
    screen: &RunScreen,
    units: &[UnitView],
    theme: &Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    if units.is_empty() {
        let text = match &screen.units {
            Loaded::Loading => "reading the units…".to_owned(),
            Loaded::Failed(report) => report.summary.clone(),
            Loaded::Ready(_) if screen.run.is_none() => String::new(),
            Loaded::Ready(_) => "no unit was planned yet".to_owned(),
        };
        put(frame, area, u16::from(area.height > 1), &Line::styled(format!("   {text}"), theme.dim()));
        return;
    }
    let widths = widths(usize::from(area.width), units, screen.timeline);
    let heads = ["UNIT", "STATE", "PAGES", "ROWS", "OF", "WRITTEN", "PROOF"];
    let aligned =
        [Align::Left, Align::Left, Align::Right, Align::Right, Align::Right, Align::Right, Align::Left];
    let shown = model.shown_run(screen).filter(|_| screen.timeline);
    let timeline = shown.and_then(|run| Timeline::of(model, run, widths[6]));
    let mut row = 0;
    if area.height > 1 {
        let mut spans = vec![Span::raw(" ".repeat(MARKS))];
        let sorted = |i: usize| (screen.order.column == i + 1).then_some(screen.order.descending);
        let columns = heads.iter().zip(widths).zip(aligned).enumerate();
        for (i, ((head, width), align)) in columns.filter(|(_, ((_, width), _))| *width > 0) {
            match &timeline {
                Some(timeline) if *head == "PROOF" => spans.push(timeline.head(theme)),
                _ => spans.extend(table::head(head, align, width, sorted(i), theme)),
            }
        }
        put(frame, area, 0, &Line::from(spans));
        row = 1;
    }
    let visible = usize::from(area.height - row);
    if row > 0 {
        place(screen.list.offset, visible, units.len(), theme, frame, area);
    }
    let wide = usize::from(area.width) >= WIDE;
    for (i, unit) in units.iter().enumerate().skip(screen.list.offset).take(visible) {
        let cells = cells(model, theme, unit, wide, widths[6]);
        let current = i == screen.list.position;
        let above = units.get(i.wrapping_sub(1)).filter(|_| i > screen.list.offset);
        let follows = above.is_some_and(|above| above.unit.ad_product == unit.unit.ad_product);
        let bar = if current { theme.pick("▌", ">") } else { " " };
        let mut spans = vec![Span::styled(bar, theme.accent()), Span::raw("  ")];
        let columns = widths.len() - usize::from(timeline.is_some());
        let columns = widths.into_iter().zip(aligned).take(columns);
        for ((text, style), (width, align)) in cells.into_iter().zip(columns) {
            if width > 0 {
                let style = if current { style.patch(theme.strong()) } else { style };
                let mut text = pad(&text, width, align, theme.ellipsis());
                // A product is said aloud once, so that one sees where the next one begins.
                if spans.len() == 2 && follows && !current {
                    let rest = text.split_off(unit.unit.ad_product.as_str().len().min(text.len()));
                    spans.push(Span::styled(text, theme.dim()));
                    text = rest;
                }
                spans.push(Span::styled(text, style));
                spans.push(Span::raw("  "));
            }
        }
        spans.extend(timeline.iter().flat_map(|timeline| timeline.row(model, unit, theme)));
        put(frame, area, row, &Line::from(spans));
        row += 1;
    }
}

fn cells(
    model: &Model,
    theme: &Theme,
    unit: &UnitView,
    wide: bool,
    proof_columns: usize,
) -> [(String, Style); 7] {
    let none = || (theme.pick("–", "-").to_owned(), theme.dim());
    let wait = proof::wait_of(model, unit);
    let throttled = wait.is_some_and(|w| w.reason == WaitReason::Throttled);
    let word = match unit.state {
        // One whose first request is repeated has begun in vain.
        UnitState::Pending | UnitState::Fetching if throttled => "throttled".to_owned(),
        UnitState::Pending | UnitState::Fetching if wait.is_some() => "retrying".to_owned(),
        UnitState::Fetching => format!("page {}", thousands(unit.pages + 1)),
        UnitState::NotEligible if unit.lost().is_some() => "lost".to_owned(),
        UnitState::NotEligible => "n/a".to_owned(),
        UnitState::Pending | UnitState::Proved | UnitState::Failed => unit.state.as_str().to_owned(),
    };
    let glyph = match unit.lost() {
        Some(_) => theme.pick("◌", "?"),
        None if throttled => theme.pick("‖", "="),
        None if wait.is_some() => theme.unit_glyph(UnitState::Fetching),
        None => theme.unit_glyph(unit.state),
    };
    let lost = unit.lost();
    let attention = wait.is_some() || lost.is_some();
    let state_style = if attention { theme.warn() } else { theme.unit(unit.state) };
    let quiet = matches!(unit.state, UnitState::Pending | UnitState::NotEligible) && wait.is_none();
    let plain = if quiet { theme.dim() } else { Style::new() };
    let absent = unit.state == UnitState::NotEligible;
    let expected = match (unit.expected, unit.expected_is_reported) {
        _ if absent => none(),
        (Some(n), true) => (thousands(n), plain),
        // Only what the last proved run had: this one may well differ.
        (Some(n), false) => (format!("~{}", thousands(n)), theme.dim()),
        (None, _) => none(),
    };
    let written = unit.outcome.as_ref().map_or_else(none, |o| {
        let style = if o.counts.written() > 0 { plain } else { theme.dim() };
        (changes(&o.counts, theme.ascii), style)
    });
    let proof_style = match unit.state {
        UnitState::Failed => theme.bad(),
        _ if attention => theme.warn(),
        UnitState::Proved => Style::new(),
        _ => theme.dim(),
    };
    [
        (unit_name(unit.unit, wide), plain),
        (format!("{glyph} {word}"), state_style),
        if quiet { none() } else { (thousands(unit.pages), plain) },
        if quiet { none() } else { (thousands(unit.rows), plain) },
        expected,
        written,
        (proof::words(model, theme, unit, proof_columns), proof_style),
    ]
}
