//! Pieces that lines are made of: parts that give way by worth, and two-sided lines.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::console::text::width;

/// A piece of a line that is shown whole or not at all.
#[derive(Clone)]
pub(super) struct Part {
    /// The lowest goes first when the line is too narrow.
    worth: u8,
    spans: Vec<Span<'static>>,
}

impl Part {
    /// A piece in one style.
    pub(super) fn new(worth: u8, text: impl Into<String>, style: Style) -> Self {
        Self { worth, spans: vec![Span::styled(text.into(), style)] }
    }

    /// A piece in several styles.
    pub(super) const fn of(worth: u8, spans: Vec<Span<'static>>) -> Self {
        Self { worth, spans }
    }

    /// What it is worth.
    pub(super) const fn worth(&self) -> u8 {
        self.worth
    }

    fn width(&self) -> usize {
        self.spans.iter().map(|span| width(&span.content)).sum()
    }
}

/// Joins parts with gaps; drops the least worth until the line fits.
pub(super) fn join(mut parts: Vec<Part>, gap: usize, columns: usize) -> Line<'static> {
    let total =
        |parts: &[Part]| parts.iter().map(Part::width).sum::<usize>() + gap * parts.len().saturating_sub(1);
    while parts.len() > 1 && total(&parts) > columns {
        let least = parts.iter().enumerate().rev().min_by_key(|(_, part)| part.worth).map_or(0, |(i, _)| i);
        parts.remove(least);
    }
    let mut spans = Vec::new();
    for (i, part) in parts.into_iter().enumerate() {
        if i > 0 {
            spans.push(Span::raw(" ".repeat(gap)));
        }
        spans.extend(part.spans);
    }
    Line::from(spans)
}

/// Draws a line at a row of an area, cut at its right edge.
pub(super) fn put(frame: &mut Frame<'_>, area: Rect, row: u16, line: &Line<'_>) {
    if row < area.height && area.width > 0 {
        frame.buffer_mut().set_line(area.x, area.y + row, line, area.width);
    }
}

/// Draws one line with something on either side. The right side is kept, the left side drops parts.
pub(super) fn put_sides(frame: &mut Frame<'_>, area: Rect, left: Vec<Part>, right: Vec<Part>, gap: usize) {
    if area.is_empty() {
        return;
    }
    let columns = usize::from(area.width).saturating_sub(2);
    let right = join(right, gap, columns);
    let room = columns.saturating_sub(right.width() + usize::from(right.width() > 0) * 2);
    let left = join(left, gap, room);
    let x = area.x + 1;
    let buffer = frame.buffer_mut();
    let cut = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    if area.width > 1 {
        buffer.set_line(x, area.y, &left, cut(room));
        let start = x + cut(columns.saturating_sub(right.width()));
        buffer.set_line(start, area.y, &right, area.right().saturating_sub(start));
    }
}
