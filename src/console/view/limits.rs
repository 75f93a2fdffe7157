//! The screen of limits: the buckets, what the current one has learned over time, and who waits for it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::parts::{Part, join, put};
use super::table::{Cell, Column, Table, fit, nothing};
use crate::console::layout::limits_regions;
use crate::console::limits::{LimitsScreen, OUTSIDE, curve, thousandths};
use crate::console::list::ListCursor;
use crate::console::model::Model;
use crate::console::pauses;
use crate::console::text::{Align, ago, bar, clock, count, pad, plural, wall_clock, width};
use crate::console::theme::Theme;
use crate::domain::limits::{BucketSnapshot, ProfileLimit, Sharing};
use crate::domain::time::Timestamp;

pub(super) fn draw(model: &Model, screen: &LimitsScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let limits = &model.overview.limits;
    if limits.buckets.is_empty() {
        let hint = "the budget of each login is shown here from its first request on   esc: back";
        return nothing("no request was sent yet", hint, theme, frame, area);
    }
    let regions = limits_regions(area, limits.buckets.len(), limits.enabled);
    if !limits.enabled {
        let text = "   limits are off by configuration; only pauses of the API hold requests";
        put(frame, regions.off, 0, &Line::styled(text, theme.warn()));
    }
    let on_bucket = screen.list.position < limits.buckets.len();
    let table = Table {
        columns: BUCKETS,
        list: if on_bucket { screen.bucket } else { without_cursor(screen.bucket) },
        len: limits.buckets.len(),
        sorted: None,
    };
    let row = |i: usize| limits.buckets.get(i).map_or_else(Vec::new, |b| bucket(model, theme, b));
    table.draw(theme, frame, regions.buckets, row, |_| false);
    if let Some(shown) = screen.shown(limits) {
        facts(theme, shown, frame, regions.facts);
        chart(model, theme, shown, frame, regions.chart);
    }
    profiles(model, screen, theme, frame, regions.profiles);
}

/// A list whose cursor is elsewhere.
const fn without_cursor(list: ListCursor) -> ListCursor {
    ListCursor { position: usize::MAX, offset: list.offset }
}

const BUCKETS: &[Column] = &[
    Column::left("BUCKET", 8, 20, 10),
    Column::right("LEARNED", 7, 9),
    Column::right("CEILING", 7, 8),
    Column::left("BURST", 11, 11, 4),
    Column::right("WAITING", 7, 6),
    Column::left("NEXT CALL", 14, 14, 7),
    Column::right("429", 5, 5),
    Column::right("IN FLIGHT", 9, 3),
    Column::left("KEPT BY", 18, 40, 2),
];

fn bucket(model: &Model, theme: &Theme, b: &BucketSnapshot) -> Vec<Cell> {
    let enabled = model.overview.limits.enabled;
    let number = |n: u32| (count(u64::from(n)), if n == 0 { theme.dim() } else { Style::new() });
    let unlimited = || (theme.pick("–", "-").to_owned(), theme.dim());
    let rate = |per_second: f64| (rate(per_second), Style::new());
    let (full, empty) = bar(f64::from(b.burst_left) / f64::from(b.burst.max(1)), 5, theme.ascii);
    let (done, rest) = theme.gauge();
    let burst = vec![
        Span::styled(full, done),
        Span::styled(empty, rest),
        Span::raw(pad(&format!("{}/{}", b.burst_left, b.burst), 6, Align::Right, "")),
    ];
    let throttled =
        (count(u64::from(b.throttled_5m)), if b.throttled_5m == 0 { theme.dim() } else { theme.warn() });
    vec![
        (b.shown(), Style::new()).into(),
        if enabled { rate(b.learned_per_second) } else { unlimited() }.into(),
        if enabled { rate(b.configured_per_second) } else { unlimited() }.into(),
        if enabled { Cell::Spans(burst) } else { unlimited().into() },
        number(b.waiting).into(),
        next_call(model, theme, b).into(),
        throttled.into(),
        number(b.in_flight).into(),
        (shared(b.sharing), theme.dim()).into(),
    ]
}

fn rate(per_second: f64) -> String {
    format!("{per_second:.1}/s")
}

/// When the next request may go out, and whether a pause holds it back.
fn next_call(model: &Model, theme: &Theme, b: &BucketSnapshot) -> (String, Style) {
    // Less than a second is what the budget's own pace takes, and would flicker.
    match pauses::next_call(model, b) {
        (next, true) => (format!("paused, {}", clock(next)), theme.warn()),
        (next, false) if next.as_secs() == 0 => ("now".to_owned(), theme.dim()),
        (next, false) => (format!("in {}", clock(next)), Style::new()),
    }
}

/// How several processes keep to the rate together.
fn shared(sharing: Sharing) -> String {
    match sharing {
        Sharing::Alone | Sharing::Dividing { among: 0 | 1 } => "this process alone".to_owned(),
        Sharing::Booking => "a common bucket in the database".to_owned(),
        Sharing::Dividing { among } => format!("{among} processes that divide it"),
        Sharing::Unreachable => "this process, at its last share: the database is silent".to_owned(),
    }
}

/// What the current bucket did in the last five minutes, and what columns tell that have fallen away.
fn facts(theme: &Theme, b: &BucketSnapshot, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width).saturating_sub(4);
    let share = (u64::from(b.throttled_5m) * 1_000).checked_div(u64::from(b.answered_5m)).unwrap_or(0);
    let share = match share {
        _ if b.throttled_5m == 0 => String::new(),
        0..10 => " (<1 %)".to_owned(),
        n => format!(" ({} %)", n / 10),
    };
    let dim = theme.dim();
    let throttled = format!("{} throttled{share}", count(u64::from(b.throttled_5m)));
    let retries = usize::try_from(b.retries_5m).unwrap_or(usize::MAX);
    let parts = vec![
        Part::new(10, format!("{} in 5 min:", b.shown()), dim),
        Part::new(9, format!("{} answered", count(u64::from(b.answered_5m))), Style::new()),
        Part::new(8, throttled, if b.throttled_5m == 0 { dim } else { theme.warn() }),
        Part::new(7, plural(retries, "retry", "retries"), Style::new()),
    ];
    let now = vec![
        Part::new(9, format!("{} in flight now", b.in_flight), dim),
        Part::new(8, format!("rate kept by: {}", shared(b.sharing)), dim),
    ];
    let widths = fit(BUCKETS, usize::from(area.width));
    let has_columns = widths.last().is_some_and(|room| *room >= width(&shared(b.sharing)));
    let lines = if has_columns { vec![parts] } else { vec![parts, now] };
    for (i, parts) in lines.into_iter().enumerate() {
        let mut line = join(parts, 2, columns);
        line.spans.insert(0, Span::raw("   "));
        put(frame, area, u16::try_from(i).unwrap_or(u16::MAX), &line);
    }
}

/// Columns for the labels of the chart.
const LABEL: usize = 9;

/// The learned rate over time, as a line, with the time below.
fn chart(model: &Model, theme: &Theme, b: &BucketSnapshot, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width).saturating_sub(LABEL + 4);
    let rows = usize::from(area.height.saturating_sub(1));
    if rows == 0 || columns < 20 {
        return;
    }
    let Some(curve) = curve(&model.overview.limits, &b.history, model.now, columns) else {
        let text = format!("   {} has learned nothing yet", b.shown());
        return put(frame, area, 0, &Line::styled(text, theme.dim()));
    };
    let most = curve.values.iter().copied().max().unwrap_or(0).max(thousandths(b.learned_per_second)).max(1);
    let strokes = strokes(&curve.values, most, rows, theme);
    for (row, strokes) in strokes.into_iter().enumerate() {
        let label = match row {
            #[expect(clippy::cast_precision_loss, reason = "a rate in thousandths is far below 53 bits")]
            0 => rate(most as f64 / 1_000.0),
            _ if row + 1 == rows => "0".to_owned(),
            _ => String::new(),
        };
        let line = Line::from(vec![
            Span::styled(pad(&label, LABEL, Align::Right, ""), theme.dim()),
            Span::styled(theme.pick(" │", " |"), theme.dim()),
            Span::styled(strokes, theme.accent()),
        ]);
        put(frame, area, u16::try_from(row).unwrap_or(u16::MAX), &line);
    }
    let middle = Timestamp(curve.from.0.midpoint(model.now.0));
    let (from, middle) = (wall_clock(curve.from, &model.zone), wall_clock(middle, &model.zone));
    let half = (columns / 2).saturating_sub(width(&middle) / 2);
    let axis = format!("{}{middle}", pad(&from, half, Align::Left, ""));
    let axis = format!("{}now", pad(&axis, columns.saturating_sub(3), Align::Left, ""));
    let head = pad("learned", LABEL, Align::Right, "");
    let line = Line::styled(format!("{head}  {axis}"), theme.dim());
    put(frame, area, area.height - 1, &line);
}

/// A line through the values, as the characters of each row from the top. Steps of more than a row are joined.
fn strokes(values: &[u64], most: u64, rows: usize, theme: &Theme) -> Vec<String> {
    // Three heights in a row, two in ASCII.
    let (heights, join): (&[char], char) =
        if theme.ascii { (&['_', '-'], '|') } else { (&['▁', '─', '▔'], '│') };
    let per_row = heights.len() as u64;
    // Rows above the ground, and the height in that row; nothing where nothing is known.
    let place = |value: u64| {
        let height = (value * per_row * rows as u64).div_ceil(most.max(1)).checked_sub(1)?;
        let row = usize::try_from(height / per_row).unwrap_or(rows).min(rows.saturating_sub(1));
        Some((row, heights[usize::try_from(height % per_row).unwrap_or(0)]))
    };
    let mut grid = vec![vec![' '; values.len()]; rows];
    let mut before = None;
    for (column, value) in values.iter().enumerate() {
        let Some((row, stroke)) = place(*value) else {
            before = None;
            continue;
        };
        let last = before.replace(row).unwrap_or(row);
        for joined in grid.iter_mut().take(last.max(row)).skip(last.min(row) + 1) {
            joined[column] = join;
        }
        grid[row][column] = stroke;
    }
    grid.into_iter().rev().map(String::from_iter).collect()
}

const PROFILES: &[Column] = &[
    Column::left("PROFILE", 12, 32, 10),
    Column::left("CC", 2, 2, 9),
    Column::right("LEARNED", 7, 5),
    Column::right("WAITING", 7, 6),
    Column::left("SINCE", 10, 10, 4),
    Column::left("PAUSED FOR", 10, 10, 8),
    Column::right("REFUSED", 8, 7),
    Column::left("BUCKET", 8, 20, 3),
];

fn profiles(model: &Model, screen: &LimitsScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let (shown, total) = screen.profiles();
    if shown == 0 {
        let text = match total {
            0 => "   no profile of this process waits, pauses or was refused".to_owned(),
            _ => format!("   no profile matches \"{}\"; esc clears the filter", screen.line().value()),
        };
        return put(frame, area, u16::from(area.height > 1), &Line::styled(text, theme.dim()));
    }
    let (position, offset) = screen.profile_list();
    let order = screen.order();
    let table = Table {
        columns: PROFILES,
        list: ListCursor { position: position.unwrap_or(usize::MAX), offset },
        len: shown,
        // As they wait is no column's order.
        sorted: order.column.checked_sub(1).map(|column| (column, order.descending)),
    };
    let row = |i: usize| screen.profile(i).map_or_else(Vec::new, |p| profile(model, theme, p));
    table.draw(theme, frame, area, row, |_| false);
}

fn profile(model: &Model, theme: &Theme, limit: &ProfileLimit) -> Vec<(String, Style)> {
    let limits = &model.overview.limits;
    let none = || (theme.pick("–", "-").to_owned(), theme.dim());
    let stored = limit.profile.and_then(|id| model.overview.profiles.get(&id)).map(|stored| &stored.profile);
    let name = match (stored, limit.profile) {
        (Some(profile), _) => (profile.name.clone(), Style::new()),
        (None, Some(id)) => (id.to_string(), Style::new()),
        (None, None) => (OUTSIDE.to_owned(), theme.dim()),
    };
    let paused = limit.paused_until_ms.map(|ms| limits.instant(ms).since(model.now)).filter(|d| !d.is_zero());
    let refused = match limit.refused_in_a_row {
        0 => none(),
        n => (format!("{n} {}", theme.pick("×", "x")), theme.warn()),
    };
    vec![
        name,
        (stored.map_or_else(String::new, |p| p.country.clone()), Style::new()),
        if limits.enabled { (rate(limit.learned_per_second), Style::new()) } else { none() },
        if limit.waiting == 0 { none() } else { (count(u64::from(limit.waiting)), Style::new()) },
        limit
            .waiting_since_ms
            .map_or_else(none, |ms| (ago(model.now.since(limits.instant(ms))).0, Style::new())),
        paused.map_or_else(none, |left| (clock(left), theme.warn())),
        refused,
        (limit.account.clone(), theme.dim()),
    ]
}
