//! The gauges: all syncs together, and the request budget of each login.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::now::{how_far, time_left};
use super::parts::{Part, join, put};
use crate::console::model::Model;
use crate::console::text::{Align, bar, clock, pad, plural, thousands};
use crate::console::theme::Theme;
use crate::domain::limits::BucketSnapshot;
use crate::domain::run::{Progress, RunState};

/// Heads of both gauges stand in one column.
const HEAD: usize = 12;

fn head(text: &str, theme: &Theme) -> Span<'static> {
    Span::styled(format!(" {} ", pad(text, HEAD - 2, Align::Left, theme.ellipsis())), theme.dim())
}

pub(super) fn total(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let mut sum = Progress { expected: Some(0), ..Progress::default() };
    let (mut runs, mut queued) = (0, 0);
    let mut left = Some(Duration::ZERO);
    for run in model.overview.live_runs() {
        if run.state == RunState::Queued {
            queued += 1;
            continue;
        }
        runs += 1;
        let progress = model.overview.progress(run.id);
        sum.settled += progress.settled;
        sum.units += progress.units;
        sum.rows += progress.rows;
        sum.expected = sum.expected.zip(progress.expected.filter(|e| *e > 0)).map(|(a, b)| a + b);
        if run.state == RunState::Fetching {
            left = left.zip(time_left(model, run)).map(|(a, b)| a.max(b));
        }
    }
    let mut parts = Vec::new();
    if runs == 0 {
        let text = if queued == 0 { "idle".to_owned() } else { format!("{queued} queued") };
        parts.push(Part::new(9, text, theme.dim()));
    } else {
        let columns = (usize::from(area.width) / 4).clamp(8, 40);
        let (done, rest) = bar(sum.ratio(), columns, theme.ascii);
        let (done_style, rest_style) = theme.gauge();
        let label = pad(&how_far(&sum), 5, Align::Right, "");
        parts.push(Part::of(
            9,
            vec![
                Span::styled(done, done_style),
                Span::styled(rest, rest_style),
                Span::styled(label, theme.strong()),
            ],
        ));
        parts.push(match sum.expected {
            Some(expected) if expected > 0 => {
                Part::new(6, format!("{} of {} rows", thousands(sum.rows), thousands(expected)), Style::new())
            }
            _ => Part::new(6, format!("units, {} rows", thousands(sum.rows)), Style::new()),
        });
        parts.push(Part::new(5, plural(runs, "run", "runs"), theme.dim()));
        if queued > 0 {
            parts.push(Part::new(4, format!("{queued} queued"), theme.dim()));
        }
        if let Some(left) = left.filter(|left| queued == 0 && !left.is_zero()) {
            parts.push(Part::new(7, format!("~{} left", clock(left)), Style::new()));
        }
    }
    let mut line = join(parts, 3, usize::from(area.width).saturating_sub(HEAD + 1));
    line.spans.insert(0, head("all syncs", theme));
    put(frame, area, 0, &line);
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
    buckets.sort_by_key(|b| (b.paused_ms == 0, b.throttled_5m == 0, b.waiting == 0));
    let shown = usize::from(area.height);
    let more = buckets.len().saturating_sub(shown);
    let columns = usize::from(area.width).saturating_sub(HEAD + 1);
    for (i, bucket) in buckets.iter().take(shown).enumerate() {
        let mut parts = bucket_parts(model, theme, bucket, columns);
        if more > 0 && i + 1 == shown {
            parts.push(Part::new(8, format!("+{more} more"), theme.dim()));
        }
        let mut line = join(parts, 2, columns);
        line.spans.insert(0, head(&bucket.name, theme));
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
    let passed = model.now.since(model.limits_at);
    let paused = Duration::from_millis(bucket.paused_ms).saturating_sub(passed);
    if paused.is_zero() {
        // Less than a second is what the budget's own pace takes: nobody waits for that, and it would flicker.
        let next = Duration::from_millis(bucket.next_in_ms).saturating_sub(passed);
        let next =
            if next.as_secs() == 0 { "next now".to_owned() } else { format!("next in {}", clock(next)) };
        parts.push(Part::new(2, next, theme.dim()));
    } else {
        parts.push(Part::new(8, format!("paused, next call in {}", clock(paused)), theme.warn()));
    }
    let word = if wide { " in 5 min" } else { "" };
    let style = if bucket.throttled_5m == 0 { theme.dim() } else { theme.warn() };
    parts.push(Part::new(7, format!("429: {}{word}", bucket.throttled_5m), style));
    if bucket.retries_5m > bucket.throttled_5m {
        parts.push(Part::new(1, format!("retries: {}", bucket.retries_5m), theme.dim()));
    }
    parts
}
