//! The current unit of a run in detail: its proof, its progress, what was written, what it waits for.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::parts::{Part, join, put};
use super::proof;
use crate::console::model::Model;
use crate::console::text::{absolute, changes, clock, count, fit, plural, thousands};
use crate::console::theme::Theme;
use crate::domain::run::{UnitState, UnitView};

/// Everything that is known about the current unit.
pub(super) fn draw(model: &Model, unit: &UnitView, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let columns = usize::from(area.width).saturating_sub(4);
    let at = |t| absolute(t, model.now, &model.zone);
    let mut lines: Vec<Vec<Part>> = Vec::new();
    let mut first = vec![Part::new(9, unit.unit.to_string(), theme.strong())];
    let lost = unit.lost();
    let word = lost.map_or_else(|| unit.state.as_str().replace('_', " "), |_| "access lost".to_owned());
    let state_style = if lost.is_some() { theme.warn() } else { theme.unit(unit.state) };
    let settled = unit.settled_at.map_or_else(String::new, |t| format!(" {}", at(t)));
    first.push(Part::new(8, format!("{word}{settled}"), state_style));
    if let (Some(started), Some(settled)) = (unit.started_at, unit.settled_at) {
        first.push(Part::new(5, format!("after {}", clock(settled.since(started))), theme.dim()));
    }
    lines.push(first);
    if let Some(c) = &unit.certificate {
        let pages = if c.reused_pages > 0 { format!(" ({} reused)", c.reused_pages) } else { String::new() };
        lines.push(vec![
            Part::new(
                8,
                format!(
                    "{}, {}{pages}",
                    plural(c.lists as usize, "list", "lists"),
                    plural(c.pages as usize, "page", "pages")
                ),
                Style::new(),
            ),
            Part::new(9, format!("{} rows, {} distinct", count(c.rows), count(c.distinct)), Style::new()),
            Part::new(
                7,
                c.reported_total.map_or_else(
                    || "the API reports no total".to_owned(),
                    |n| format!("API said {}", count(n)),
                ),
                Style::new(),
            ),
            Part::new(5, format!("ended by: {}", c.ending), Style::new()),
        ]);
        let request =
            c.last_request_id.as_ref().map(|id| Part::new(4, format!("last request id {id}"), theme.dim()));
        let fetched = format!("fetched from {} to {}", at(c.oldest_page_at), at(c.newest_page_at));
        lines.push(std::iter::once(Part::new(9, fetched, theme.dim())).chain(request).collect());
    }
    if let Some(wait) = proof::wait_of(model, unit) {
        let left = clock(wait.until.since(model.now));
        lines.push(vec![
            Part::new(9, format!("next call in {left}, at {}", at(wait.until)), theme.warn()),
            Part::new(8, wait.detail.clone(), theme.warn()),
            Part::new(7, format!("{} attempts so far", wait.attempt), theme.dim()),
        ]);
    }
    if unit.certificate.is_none() && unit.state != UnitState::NotEligible {
        lines.push(progress_parts(model, unit, theme));
    }
    if let Some(o) = &unit.outcome {
        let mut parts = vec![
            Part::new(9, format!("written {}", changes(&o.counts, theme.ascii)), Style::new()),
            Part::new(8, format!("{} unchanged", count(o.counts.unchanged)), Style::new()),
            Part::new(7, format!("{} rows before", count(o.live_before)), theme.dim()),
        ];
        for (n, what) in [
            (o.orphans, "orphans"),
            (o.keyed_by_parents, "known by their parents, for they have no id"),
            (o.unmapped, "unmapped values"),
            (o.rounded, "rounded amounts"),
        ] {
            if n > 0 {
                parts.push(Part::new(6, format!("{} {what}", count(n)), theme.warn()));
            }
        }
        lines.push(parts);
    }
    if let Some(refusal) = &unit.refusal {
        let asked = if refusal.remembered { "remembered, last asked" } else { "asked" };
        let mut parts = vec![
            Part::new(9, format!("since {}", at(refusal.since)), Style::new()),
            Part::new(7, format!("{asked} {}", at(refusal.asked_at)), theme.dim()),
            Part::new(8, proof::again(model, refusal), Style::new()),
        ];
        if let Some(lost) = lost {
            let text = format!("{} rows are kept as they were", thousands(lost.frozen_rows));
            parts.insert(0, Part::new(10, text, theme.warn()));
        }
        lines.push(parts);
    }
    if let Some(error) = &unit.error {
        lines.push(vec![Part::new(9, fit(&error.summary, columns, theme.ellipsis()), Style::new())]);
        lines.push(vec![Part::new(9, fit(&error.hint, columns, theme.ellipsis()), theme.dim())]);
    }
    put(frame, area, 0, &Line::styled(theme.pick("─", "-").repeat(usize::from(area.width)), theme.dim()));
    for (i, parts) in lines.into_iter().enumerate() {
        let mut line = join(parts, 3, columns);
        line.spans.insert(0, Span::raw("   "));
        put(frame, area, u16::try_from(i + 1).unwrap_or(u16::MAX), &line);
    }
}

/// What is known of a unit before it is proved.
fn progress_parts(model: &Model, unit: &UnitView, theme: &Theme) -> Vec<Part> {
    let pages = plural(usize::try_from(unit.pages).unwrap_or(0), "page", "pages");
    let mut parts = vec![Part::new(9, format!("{pages}, {} rows", thousands(unit.rows)), Style::new())];
    if unit.reused_pages > 0 {
        parts.push(Part::new(6, format!("{} pages reused", thousands(unit.reused_pages)), theme.dim()));
    }
    parts.push(match (unit.expected, unit.expected_is_reported) {
        (Some(n), true) => Part::new(7, format!("{} by the API's own count", thousands(n)), Style::new()),
        (Some(n), false) => Part::new(7, format!("{} when it was last proved", thousands(n)), theme.dim()),
        (None, _) => Part::new(7, "how many there are is not known yet", theme.dim()),
    });
    if let Some(started) = unit.started_at {
        let since = absolute(started, model.now, &model.zone);
        parts.push(Part::new(5, format!("since {since}"), theme.dim()));
    }
    parts
}
