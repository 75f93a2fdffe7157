//! The finder as lines: the text that was typed, and what matches it.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::console::finder::{Finder, ROWS};
use crate::console::text::{Align, count, fit, pad, width};
use crate::console::theme::Theme;

/// Columns beyond which a line of it is not read at a glance.
const WIDEST: usize = 84;

pub(super) fn lines(finder: &Finder, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let columns = columns.min(WIDEST);
    let mut out = vec![input(finder, theme, columns)];
    for (place, entry, letters) in finder.visible() {
        let current = place == finder.list.position;
        let bar = if current { theme.pick("▌ ", "> ") } else { "  " };
        let hint = fit(&entry.hint, columns / 3, theme.ellipsis());
        let room = columns.saturating_sub(width(&hint) + 4);
        let label = pad(&entry.label, room, Align::Left, theme.ellipsis());
        let base = if current { theme.strong() } else { Style::new() };
        let mut spans = vec![Span::styled(bar, theme.accent())];
        for (i, c) in label.chars().enumerate() {
            let matched = u32::try_from(i).is_ok_and(|i| letters.binary_search(&i).is_ok());
            let style = if matched { base.patch(theme.accent()) } else { base };
            spans.push(Span::styled(c.to_string(), style));
        }
        spans.push(Span::styled(format!("  {hint}"), theme.dim()));
        out.push(Line::from(spans));
    }
    if finder.len() == 0 {
        out.push(Line::styled("  nothing is called so", theme.dim()));
    }
    // The box stays as it is while what matches becomes less.
    out.resize(ROWS + 1, Line::default());
    out
}

fn input(finder: &Finder, theme: &Theme, columns: usize) -> Line<'static> {
    let found = count(finder.len() as u64);
    let room = columns.saturating_sub(width(&found) + 5);
    let value = finder.input.value();
    // The end is what is being typed.
    let skipped = width(value).saturating_sub(room);
    let mut column = 0;
    let typed: String = value
        .chars()
        .filter(|c| {
            column += width(c.encode_utf8(&mut [0; 4]));
            column > skipped
        })
        .collect();
    let text = pad(&format!("{typed}_"), room + 1, Align::Left, "");
    Line::from(vec![
        Span::styled(": ", theme.accent()),
        Span::styled(text, theme.strong()),
        Span::styled(format!("  {found}"), theme.dim()),
    ])
}
