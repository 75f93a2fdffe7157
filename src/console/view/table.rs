//! Tables: columns that fall away by worth when there is little room, heads, visible rows, the place in the list.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::parts::put;
use crate::console::filter::FilterLine;
use crate::console::list::ListCursor;
use crate::console::text::{Align, count, pad, width, wrap};
use crate::console::theme::Theme;
use crate::domain::report::ErrorReport;

/// A column: how wide it is, and when it falls away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) head: &'static str,
    pub(super) align: Align,
    /// Columns of the terminal without which it is not shown.
    pub(super) least: usize,
    /// As wide as it gets before others get what they need.
    pub(super) good: usize,
    /// As wide as it gets when there is room.
    pub(super) most: usize,
    /// The lowest falls away first.
    pub(super) worth: u8,
}

impl Column {
    pub(super) const fn left(head: &'static str, least: usize, most: usize, worth: u8) -> Self {
        Self { head, align: Align::Left, least, good: most, most, worth }
    }

    pub(super) const fn right(head: &'static str, least: usize, worth: u8) -> Self {
        Self { head, align: Align::Right, least, good: least, most: least, worth }
    }

    /// The same column, content with less until all others have what they need.
    pub(super) const fn modest(self, good: usize) -> Self {
        Self { good, ..self }
    }
}

/// The cursor's bar, the selection's mark and a blank.
pub(super) const MARKS: usize = 3;
const GAP: usize = 2;

/// The width of each column; zero for those that have fallen away. The last column of the terminal stays free.
pub(super) fn fit(columns: &[Column], total: usize) -> Vec<usize> {
    let total = total.saturating_sub(MARKS + 1);
    let mut widths: Vec<usize> = columns.iter().map(|c| c.least).collect();
    let used = |widths: &[usize]| {
        let shown = widths.iter().filter(|w| **w > 0);
        shown.clone().sum::<usize>() + GAP * shown.count().saturating_sub(1)
    };
    while used(&widths) > total && widths.iter().filter(|w| **w > 0).count() > 1 {
        let shown = columns.iter().enumerate().filter(|(i, _)| widths[*i] > 0);
        let Some((least, _)) = shown.min_by_key(|(_, c)| c.worth) else { break };
        widths[least] = 0;
    }
    let mut spare = total.saturating_sub(used(&widths));
    // What is left goes to the most worthy first.
    let mut order: Vec<usize> = (0..columns.len()).filter(|i| widths[*i] > 0).collect();
    order.sort_by_key(|i| std::cmp::Reverse(columns[*i].worth));
    for wish in [|c: &Column| c.good.min(c.most), |c: &Column| c.most] {
        for i in &order {
            let more = spare.min(wish(&columns[*i]).saturating_sub(widths[*i]));
            widths[*i] += more;
            spare -= more;
        }
    }
    for width in widths.iter_mut().filter(|w| **w > total) {
        *width = total;
    }
    widths
}

/// What stands in a column of a row.
pub(super) enum Cell {
    /// A text in one style.
    Text(String, Style),
    /// Spans that take exactly the column's width.
    Spans(Vec<Span<'static>>),
}

impl From<(String, Style)> for Cell {
    fn from((text, style): (String, Style)) -> Self {
        Self::Text(text, style)
    }
}

/// Draws heads and visible rows. `row` gives a cell for each column; `marked` says which rows are selected.
pub(super) struct Table<'a> {
    pub(super) columns: &'a [Column],
    pub(super) list: ListCursor,
    pub(super) len: usize,
    /// The column that the rows are ordered by, and whether the greatest comes first.
    pub(super) sorted: Option<(usize, bool)>,
}

impl Table<'_> {
    pub(super) fn draw<C: Into<Cell>>(
        &self,
        theme: &Theme,
        frame: &mut Frame<'_>,
        area: Rect,
        row: impl Fn(usize) -> Vec<C>,
        marked: impl Fn(usize) -> bool,
    ) {
        if area.is_empty() {
            return;
        }
        let widths = fit(self.columns, usize::from(area.width));
        let top = u16::from(area.height > 1);
        let visible = usize::from(area.height - top);
        if top > 0 {
            self.heads(&widths, theme, frame, area);
            place(self.list.offset, visible, self.len, theme, frame, area);
        }
        for (line, i) in (self.list.offset..self.len).take(visible).enumerate() {
            let current = i == self.list.position;
            let bar = if current { theme.pick("▌", ">") } else { " " };
            let mark = if marked(i) { theme.pick("▪", "*") } else { " " };
            let mut spans =
                vec![Span::styled(bar, theme.accent()), Span::styled(mark, theme.accent()), Span::raw(" ")];
            for (cell, (column, width)) in row(i).into_iter().zip(self.columns.iter().zip(&widths)) {
                if *width == 0 {
                    continue;
                }
                match cell.into() {
                    Cell::Text(text, style) => {
                        let style = if current { style.patch(theme.strong()) } else { style };
                        spans.push(Span::styled(pad(&text, *width, column.align, theme.ellipsis()), style));
                    }
                    Cell::Spans(own) => spans.extend(own),
                }
                spans.push(Span::raw("  "));
            }
            put(frame, area, top + u16::try_from(line).unwrap_or(u16::MAX), &Line::from(spans));
        }
    }

    fn heads(&self, widths: &[usize], theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
        let mut spans = vec![Span::raw(" ".repeat(MARKS))];
        for (i, (column, width)) in self.columns.iter().zip(widths).enumerate().filter(|(_, (_, w))| **w > 0)
        {
            let sorted = self.sorted.filter(|(by, _)| *by == i).map(|(_, descending)| descending);
            spans.extend(head(column.head, column.align, *width, sorted, theme));
        }
        put(frame, area, 0, &Line::from(spans));
    }
}

/// Which rows are in sight, when others are not: `5–13 of 23`, at the right of the heads.
pub(super) fn place(
    offset: usize,
    visible: usize,
    len: usize,
    theme: &Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    if len <= visible {
        return;
    }
    let (first, last) = (count(offset as u64 + 1), count((offset + visible).min(len) as u64));
    let text = format!("  {first}{}{last} of {} ", theme.pick("–", "-"), count(len as u64));
    let x = area.width.saturating_sub(u16::try_from(width(&text)).unwrap_or(u16::MAX));
    let at = Rect { x: area.x + x, width: area.width - x, ..area };
    // A head of which only the end is covered would read as another word.
    let is_blank = |frame: &mut Frame<'_>, x: u16| {
        frame.buffer_mut().cell((x, area.y)).is_none_or(|cell| cell.symbol().trim().is_empty())
    };
    let mut x = if is_blank(frame, at.x) { area.x } else { at.x };
    while x > area.x && !is_blank(frame, x - 1) {
        x -= 1;
        if let Some(cell) = frame.buffer_mut().cell_mut((x, area.y)) {
            cell.set_symbol(" ");
        }
    }
    put(frame, at, 0, &Line::styled(text, theme.accent()));
}

/// The head of a column and the gap behind it. `sorted` says of the ordered column whether the greatest comes first.
pub(super) fn head(
    text: &str,
    align: Align,
    columns: usize,
    sorted: Option<bool>,
    theme: &Theme,
) -> [Span<'static>; 2] {
    let sign = match sorted {
        Some(true) => theme.pick("↓", "v"),
        Some(false) => theme.pick("↑", "^"),
        None => "",
    };
    let text = match align {
        Align::Left => format!("{text}{sign}"),
        Align::Right => format!("{sign}{text}"),
    };
    let style = if sorted.is_some() { theme.accent() } else { theme.heading() };
    // The sign of a narrow column may stand in the gap beside it.
    let spill = usize::from(sorted.is_some() && width(&text) == columns + 1);
    [Span::styled(pad(&text, columns + spill, align, ""), style), Span::raw(" ".repeat(GAP - spill))]
}

/// What stands where a list would stand of which the filter shows nothing.
pub(super) fn no_match(what: &str, line: &FilterLine, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    nothing(&format!("no {what} matches \"{}\"", line.value()), "esc clears the filter", theme, frame, area);
}

/// What stands where a list would stand that has no rows: a head and what can be done.
pub(super) fn nothing(head: &str, hint: &str, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let top = area.height / 3;
    put(frame, area, top, &Line::raw(format!("   {head}")));
    put(frame, area, top + 1, &Line::styled(format!("   {hint}"), theme.dim()));
}

/// What stands where something would stand that could not be read.
pub(super) fn unread(report: &ErrorReport, keys: &str, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width).saturating_sub(4);
    let head = wrap(&format!("this could not be read: {}", report.summary), columns);
    let lines = head.into_iter().map(|text| (text, theme.bad()));
    let lines = lines.chain(wrap(&report.hint, columns).into_iter().map(|text| (text, Style::new())));
    let lines: Vec<_> = lines.chain([(keys.to_owned(), theme.dim())]).collect();
    let top = area.height.saturating_sub(u16::try_from(lines.len()).unwrap_or(u16::MAX)) / 3;
    for (i, (text, style)) in lines.into_iter().enumerate() {
        let row = top.saturating_add(u16::try_from(i).unwrap_or(u16::MAX));
        put(frame, area, row, &Line::styled(format!("   {text}"), style));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fall_away_by_worth_and_the_rest_takes_what_is_left() {
        let columns =
            [Column::left("NAME", 8, 20, 9), Column::right("ROWS", 6, 3), Column::left("NOW", 10, 99, 5)];
        for (total, widths) in [
            (40, [16, 6, 10]),
            (60, [20, 6, 26]),
            (31, [15, 0, 10]),
            (20, [16, 0, 0]),
            (8, [4, 0, 0]),
            (0, [0, 0, 0]),
        ] {
            assert_eq!(fit(&columns, total), widths, "{total}");
        }
    }
}
