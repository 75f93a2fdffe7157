//! The screen of the log: the lines that pass, the newest at the bottom, the current one in full below, the search.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::parts::put;
use super::report::labelled;
use super::table::nothing;
use crate::console::layout::logs_regions;
use crate::console::logbook::LogLine;
use crate::console::logview::{LogsScreen, occurrences};
use crate::console::model::Model;
use crate::console::text::{Align, count, fit, pad, plural, seconds_of_day, to_the_millisecond, wrap};
use crate::console::theme::Theme;

pub(super) fn draw(model: &Model, screen: &LogsScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let regions = logs_regions(area, screen);
    search(model, screen, theme, frame, regions.search);
    if screen.len() == 0 {
        let of = screen.profile.map_or_else(String::new, |profile| format!(" of {}", model.title(profile)));
        let head = format!("nothing{of} was logged yet ({})", model.logs.level.label());
        let hint = "L shows lower levels; lines appear here as they are logged";
        return nothing(&head, hint, theme, frame, regions.rows);
    }
    for row in 0..usize::from(regions.rows.height) {
        let place = screen.list.offset + row;
        let Some(line) = screen.line(&model.log, place) else { break };
        let current = place == screen.list.position;
        let line = in_a_row(model, screen, line, current, theme, usize::from(area.width));
        put(frame, regions.rows, u16::try_from(row).unwrap_or(u16::MAX), &line);
    }
    if let Some(line) = screen.current(&model.log) {
        detail(model, screen, line, theme, frame, regions.detail);
    }
}

fn style_of(line: &LogLine, theme: &Theme) -> Style {
    match line.level {
        tracing::Level::ERROR => theme.bad(),
        tracing::Level::WARN => theme.warn(),
        tracing::Level::INFO => Style::new(),
        _ => theme.dim(),
    }
}

/// `adsync::sync` as `sync`.
fn part_of(line: &LogLine) -> &str {
    let inner = line.target.strip_prefix("adsync::").unwrap_or(&line.target);
    inner.split("::").next().unwrap_or(inner)
}

fn in_a_row(
    model: &Model,
    screen: &LogsScreen,
    line: &LogLine,
    current: bool,
    theme: &Theme,
    columns: usize,
) -> Line<'static> {
    let style = style_of(line, theme);
    let bar = if current { theme.pick("▌", ">") } else { " " };
    let mut spans = vec![
        Span::styled(bar, theme.accent()),
        Span::styled(format!("{}  ", seconds_of_day(line.at, &model.zone)), theme.dim()),
        Span::styled(pad(line.level.as_str(), 5, Align::Left, ""), style),
        Span::raw("  "),
    ];
    let mut used = 1 + 10 + 7;
    if columns >= 100 {
        spans.push(Span::styled(pad(part_of(line), 8, Align::Left, theme.ellipsis()), theme.dim()));
        spans.push(Span::raw("  "));
        used += 10;
    }
    let text = fit(&line.message, columns.saturating_sub(used + 1), theme.ellipsis());
    let own = style.remove_modifier(Modifier::BOLD);
    let own = if current { own.patch(theme.strong()) } else { own };
    spans.extend(highlighted(&text, screen.wanted(), own, theme));
    Line::from(spans)
}

/// A text with what is searched for set off.
fn highlighted(text: &str, wanted: &str, style: Style, theme: &Theme) -> Vec<Span<'static>> {
    /// More in one line are not set off.
    const MOST: usize = 50;
    let mut spans = Vec::new();
    let mut at = 0;
    for found in occurrences(text, wanted, MOST) {
        spans.push(Span::styled(text[at..found.start].to_owned(), style));
        let set_off = style.patch(theme.accent()).add_modifier(Modifier::REVERSED);
        spans.push(Span::styled(text[found.clone()].to_owned(), set_off));
        at = found.end;
    }
    spans.push(Span::styled(text[at..].to_owned(), style));
    spans
}

fn detail(
    model: &Model,
    screen: &LogsScreen,
    line: &LogLine,
    theme: &Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    if area.is_empty() {
        return;
    }
    let columns = usize::from(area.width).saturating_sub(4);
    put(frame, area, 0, &Line::styled(theme.pick("─", "-").repeat(usize::from(area.width)), theme.dim()));
    let whom = line.profile.map_or_else(String::new, |profile| format!("   {}", model.title(profile)));
    let head =
        format!("{}   {}   {}{whom}", to_the_millisecond(line.at, &model.zone), line.level, line.target);
    let mut lines = vec![Line::styled(fit(&head, columns, theme.ellipsis()), theme.dim())];
    let room = usize::from(area.height).saturating_sub(2);
    let broken = wrap(&line.message, columns);
    let cut = broken.len() > room;
    for (i, text) in broken.into_iter().take(room).enumerate() {
        let more = theme.pick("…  (⏎: all of it)", "~  (enter: all of it)");
        let text = if cut && i + 1 == room {
            format!("{}{more}", fit(&text, columns.saturating_sub(more.chars().count()), ""))
        } else {
            text
        };
        lines.push(Line::from(highlighted(&text, screen.wanted(), Style::new(), theme)));
    }
    for (i, mut line) in lines.into_iter().enumerate() {
        line.spans.insert(0, Span::raw("   "));
        put(frame, area, u16::try_from(i + 1).unwrap_or(u16::MAX), &line);
    }
}

/// What is searched for, and how often it was found.
fn search(model: &Model, screen: &LogsScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let style = if screen.editing { theme.accent().patch(theme.strong()) } else { theme.dim() };
    let told = match screen.found() {
        _ if screen.wanted().is_empty() => String::new(),
        (0, _) => "no line matches".to_owned(),
        (all, Some(at)) => format!("{} of {}", count(at as u64 + 1), plural(all, "match", "matches")),
        (all, None) => plural(all, "match", "matches"),
    };
    let room = usize::from(area.width).saturating_sub(told.len() + 6).max(4);
    let skipped = screen.input.visual_scroll(room);
    let shown: String = screen.wanted().chars().skip(skipped).take(room).collect();
    let line = Line::from(vec![
        Span::styled(" / ", style),
        Span::raw(shown),
        Span::raw("   "),
        Span::styled(told, theme.accent()),
    ]);
    put(frame, area, 0, &line);
    if screen.editing && model.modal.is_none() {
        let at = screen.input.visual_cursor().saturating_sub(skipped) + 3;
        let x = area.x + u16::try_from(at).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
        frame.set_cursor_position(Position::new(x, area.y));
    }
}

/// The lines of the overlay.
pub(super) fn lines(model: &Model, line: &LogLine, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let mut out = labelled("at", &to_the_millisecond(line.at, &model.zone), Style::new(), theme, columns);
    out.extend(labelled("level", line.level.as_str(), style_of(line, theme), theme, columns));
    out.extend(labelled("told by", &line.target, Style::new(), theme, columns));
    if let Some(profile) = line.profile {
        let text = format!("{} ({profile})", model.title(profile));
        out.extend(labelled("profile", &text, Style::new(), theme, columns));
    }
    out.push(Line::default());
    out.extend(wrap(&line.message, columns).into_iter().map(Line::raw));
    out
}
