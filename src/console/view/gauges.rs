//! The gauges: all syncs together, and the request budget of each login.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::parts::{Part, join, put};
use crate::console::model::Model;
use crate::console::pace::Summary;
use crate::console::pauses;
use crate::console::text::{Align, about, bar, clock, count, pad, percent, plural, thousands};
use crate::console::theme::Theme;
use crate::domain::limits::BucketSnapshot;

/// Heads of both gauges stand in one column.
const HEAD: usize = 12;

fn head(text: &str, theme: &Theme) -> Span<'static> {
    Span::styled(format!(" {} ", pad(text, HEAD - 2, Align::Left, theme.ellipsis())), theme.dim())
}

pub(super) fn total(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let batch = model.pace.batch();
    let parts = if batch.is_live() { live(model, theme, area.width) } else { idle(batch, theme) };
    let mut line = join(parts, 3, usize::from(area.width).saturating_sub(HEAD + 1));
    line.spans.insert(0, head("all syncs", theme));
    put(frame, area, 0, &line);
}

/// What is under way, with everything that ended since it began.
fn live(model: &Model, theme: &Theme, width: u16) -> Vec<Part> {
    let batch = model.pace.batch();
    let mut parts = Vec::new();
    // Of one sync whose size nobody knows there is nothing that a bar could show.
    if batch.rows.is_some() || batch.syncs > 1 {
        let columns = (usize::from(width) / 5).clamp(8, 40);
        let (done, rest) = bar(batch.ratio, columns, theme.ascii);
        let (done_style, rest_style) = theme.gauge();
        let label = pad(&format!("{} %", percent(batch.ratio)), 5, Align::Right, "");
        parts.push(Part::of(
            8,
            vec![
                Span::styled(done, done_style),
                Span::styled(rest, rest_style),
                Span::styled(label, theme.strong()),
            ],
        ));
    }
    let syncs = format!("{} of {}", count(batch.done as u64), plural(batch.syncs, "sync", "syncs"));
    parts.push(Part::new(9, syncs, Style::new()));
    if batch.failed > 0 {
        parts.push(Part::new(6, format!("{} failed", count(batch.failed as u64)), theme.bad()));
    }
    if batch.held > 0 {
        parts.push(Part::new(5, format!("{} held", count(batch.held as u64)), theme.decide()));
    }
    if let Some(left) = pauses::batch_left(model) {
        let time = format!("~{} left", about(left.time));
        parts.push(Part::new(7, time, Style::new()));
        parts.push(Part::new(1, left.basis.words(), theme.dim()));
    }
    if let Some((rows, all)) = batch.rows {
        parts.push(Part::new(3, format!("{} of {} rows", thousands(rows), thousands(all)), theme.dim()));
    }
    if batch.queued > 0 {
        parts.push(Part::new(4, format!("{} queued", count(batch.queued as u64)), theme.dim()));
    }
    parts
}

/// Nothing is under way; what came of the last batch that this console saw.
fn idle(batch: &Summary, theme: &Theme) -> Vec<Part> {
    let mut parts = vec![Part::new(9, "idle", theme.dim())];
    if batch.syncs > 0 {
        let ended = if batch.syncs == 1 { "ended" } else { "all ended" };
        parts.push(Part::new(6, format!("{}, {ended}", plural(batch.syncs, "sync", "syncs")), theme.dim()));
        if batch.failed > 0 {
            parts.push(Part::new(8, format!("{} failed", count(batch.failed as u64)), theme.bad()));
        }
        if batch.held > 0 {
            parts.push(Part::new(7, format!("{} held", count(batch.held as u64)), theme.decide()));
        }
    }
    parts
}

pub(super) fn limits(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let limits = &model.overview.limits;
    let note =
        |text: &str| Line::from(vec![head("limits", theme), Span::styled(text.to_owned(), theme.dim())]);
    if limits.buckets.is_empty() {
        put(frame, area, 0, &note("no request was sent yet"));
        return;
    }
    // What is paused or was throttled comes first when there is not room for all.
    let mut buckets: Vec<&BucketSnapshot> = limits.buckets.iter().collect();
    buckets.sort_by_key(|b| (!pauses::next_call(model, b).1, b.throttled_5m == 0, b.waiting == 0));
    let shown = usize::from(area.height);
    let more = buckets.len().saturating_sub(shown);
    let columns = usize::from(area.width).saturating_sub(HEAD + 1);
    for (i, bucket) in buckets.iter().take(shown).enumerate() {
        let mut parts = bucket_parts(model, theme, bucket, columns);
        if more > 0 && i + 1 == shown {
            parts.push(Part::new(8, format!("+{more} more"), theme.dim()));
        }
        let mut line = join(parts, 2, columns);
        line.spans.insert(0, head(&bucket.shown(), theme));
        put(frame, area, u16::try_from(i).unwrap_or(u16::MAX), &line);
    }
}

fn bucket_parts(model: &Model, theme: &Theme, bucket: &BucketSnapshot, columns: usize) -> Vec<Part> {
    if !model.overview.limits.enabled {
        return vec![Part::new(9, "limits are off by configuration", theme.warn())];
    }
    let wide = columns >= 88;
    let rate = if wide {
        format!("{:.1}/s learned of {:.1}", bucket.learned_per_second, bucket.configured_per_second)
    } else {
        format!("{:.1} of {:.1}/s", bucket.learned_per_second, bucket.configured_per_second)
    };
    let burst_ratio = f64::from(bucket.burst_left) / f64::from(bucket.burst.max(1));
    let (full, empty) = bar(burst_ratio, if wide { 10 } else { 5 }, theme.ascii);
    let (done, rest) = theme.gauge();
    let mut parts = vec![
        Part::new(9, rate, Style::new()),
        Part::of(
            6,
            vec![
                Span::styled("burst ", theme.dim()),
                Span::styled(full, done),
                Span::styled(empty, rest),
                Span::raw(format!(" {:>2}/{}", bucket.burst_left, bucket.burst)),
            ],
        ),
    ];
    let number = |n: u32| if n == 0 { theme.dim() } else { Style::new() };
    parts.push(Part::new(3, format!("{:>2} in flight", bucket.in_flight), number(bucket.in_flight)));
    parts.push(Part::new(5, format!("{:>3} waiting", bucket.waiting), number(bucket.waiting)));
    let (next, is_paused) = pauses::next_call(model, bucket);
    if is_paused {
        parts.push(Part::new(8, format!("paused, next call in {}", clock(next)), theme.warn()));
    } else {
        // Less than a second is what the budget's own pace takes: nobody waits for that, and it would flicker.
        let next =
            if next.as_secs() == 0 { "next now".to_owned() } else { format!("next in {}", clock(next)) };
        parts.push(Part::new(2, next, theme.dim()));
    }
    let word = if wide { " in 5 min" } else { "" };
    let style = if bucket.throttled_5m == 0 { theme.dim() } else { theme.warn() };
    parts.push(Part::new(7, format!("429: {}{word}", bucket.throttled_5m), style));
    if bucket.retries_5m > bucket.throttled_5m {
        parts.push(Part::new(1, format!("retries: {}", bucket.retries_5m), theme.dim()));
    }
    parts
}
