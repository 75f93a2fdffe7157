//! The screen of errors: causes first, their profiles below, and what is known of the current cause at the bottom.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::parts::{Part, join, put};
use super::table::no_match;
use crate::console::errors::{ErrorsScreen, Row};
use crate::console::layout::errors_regions;
use crate::console::model::Model;
use crate::console::text::{Align, absolute, ago, fit, pad, plural, width, wrap};
use crate::console::theme::Theme;
use crate::sync::causes::{Affected, AffectedLogin, Cause};

pub(super) fn draw(model: &Model, screen: &ErrorsScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    if screen.causes().is_empty() && screen.total() > 0 {
        return no_match("failure", screen.line(), theme, frame, area);
    }
    if screen.causes().is_empty() {
        let line = Line::raw("   no profile fails");
        put(frame, area, area.height / 3, &line);
        put(frame, area, area.height / 3 + 1, &Line::styled("   esc: back to the profiles", theme.dim()));
        return;
    }
    let regions = errors_regions(area);
    let columns = usize::from(area.width).saturating_sub(1);
    let visible = usize::from(regions.rows.height);
    for (i, row) in screen.rows().enumerate().skip(screen.list().offset).take(visible) {
        let current = i == screen.position();
        let mark = mark(current, screen.is_selected(row), theme);
        let line = match row {
            Row::Cause(cause) => of_cause(model, theme, cause, (mark, current), columns),
            Row::Profile(_, profile) => of_profile(model, theme, profile, (mark, current), columns),
        };
        put(frame, regions.rows, u16::try_from(i - screen.list().offset).unwrap_or(u16::MAX), &line);
    }
    if let Some(cause) = screen.cause() {
        detail(model, theme, cause, frame, regions.detail);
    }
}

fn mark(current: bool, selected: bool, theme: &Theme) -> Span<'static> {
    let bar = if current { theme.pick("▌", ">") } else { " " };
    let mark = if selected { theme.pick("▪", "*") } else { " " };
    Span::styled(format!("{bar}{mark}"), theme.accent())
}

fn of_cause(
    model: &Model,
    theme: &Theme,
    cause: &Cause,
    (mark, current): (Span<'static>, bool),
    columns: usize,
) -> Line<'static> {
    let count = match cause.logins.first() {
        Some(login) if cause.profiles.is_empty() => format!("login {}", login.login),
        _ => plural(cause.profiles.len(), "profile", "profiles"),
    };
    let seen = ago(model.now.since(cause.last)).0;
    let recovers = if cause.retryable { "may pass" } else { "lasts" };
    let style = if cause.retryable { theme.warn() } else { theme.bad() };
    let wide = columns >= 70;
    let right = if wide { format!("{recovers:<8}  {seen:>10}") } else { recovers.to_owned() };
    let glyph = theme.pick("✗", "x");
    let used = 2 + 2 + 14 + 2 + width(&right);
    let room = columns.saturating_sub(used);
    let strong = if current { theme.strong() } else { Style::new() };
    Line::from(vec![
        mark,
        Span::styled(format!("{glyph} "), style),
        Span::styled(pad(&count, 14, Align::Left, theme.ellipsis()), style),
        Span::styled(pad(&cause.summary, room, Align::Left, theme.ellipsis()), strong),
        Span::raw("  "),
        Span::styled(right, theme.dim()),
    ])
}

fn of_profile(
    model: &Model,
    theme: &Theme,
    p: &Affected,
    (mark, current): (Span<'static>, bool),
    columns: usize,
) -> Line<'static> {
    let status = model.home.status(p.profile_id);
    let word = format!("{} {}", theme.status_glyph(status), status.word());
    let since = format!("since {}", ago(model.now.since(p.since)).0);
    let wide = columns >= 100;
    let strong = if current { theme.strong() } else { Style::new() };
    let mut parts = vec![Span::styled(pad(&word, 14, Align::Left, theme.ellipsis()), theme.status(status))];
    if columns >= 60 {
        parts.push(Span::styled(pad(&since, 19, Align::Right, theme.ellipsis()), theme.dim()));
    }
    if wide {
        let login = format!("  {}  run {}", p.login, p.run);
        parts.push(Span::styled(pad(&login, 30, Align::Left, theme.ellipsis()), theme.dim()));
    }
    let used: usize = 6 + parts.iter().map(|span| width(&span.content)).sum::<usize>();
    let name = pad(
        &format!("{} {}", p.name, p.country),
        columns.saturating_sub(used),
        Align::Left,
        theme.ellipsis(),
    );
    let mut spans = vec![mark, Span::raw("    "), Span::styled(name, strong)];
    spans.extend(parts);
    Line::from(spans)
}

fn detail(model: &Model, theme: &Theme, cause: &Cause, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let columns = usize::from(area.width).saturating_sub(4);
    let at = |t| absolute(t, model.now, &model.zone);
    let rule = theme.pick("─", "-").repeat(usize::from(area.width));
    put(frame, area, 0, &Line::styled(rule, theme.dim()));
    let recovery = match cause.again_at.filter(|_| cause.retryable) {
        Some(again) => format!("{}: {}", cause.recovery(), at(again)),
        None => cause.recovery().to_owned(),
    };
    let facts = join(
        vec![
            Part::new(9, cause.code.as_str(), theme.strong()),
            Part::new(8, recovery, if cause.retryable { Style::new() } else { theme.warn() }),
            Part::new(6, format!("since {}", at(cause.since)), Style::new()),
            Part::new(5, format!("last seen {}", at(cause.last)), theme.dim()),
            Part::new(7, format!("adsync errors {}", cause.cause), theme.dim()),
        ],
        3,
        columns,
    );
    let mut lines = vec![facts];
    let logins: Vec<String> = cause.logins.iter().map(AffectedLogin::describe).collect();
    let whose = if logins.is_empty() { String::new() } else { format!("{}: ", logins.join(", ")) };
    let summary = wrap(&format!("{whose}{}", cause.summary), columns);
    let hint = wrap(&cause.hint, columns);
    if area.height > 4 {
        lines.extend(summary.into_iter().take(1).map(Line::raw));
    }
    let room = usize::from(area.height).saturating_sub(1 + lines.len());
    let cut = hint.len() > room;
    for (i, line) in hint.into_iter().take(room).enumerate() {
        let text = if cut && i + 1 == room {
            fit(&format!("{line} {}", "…"), columns, theme.ellipsis())
        } else {
            line
        };
        lines.push(Line::styled(text, theme.dim()));
    }
    for (i, mut line) in lines.into_iter().enumerate() {
        line.spans.insert(0, Span::raw("   "));
        put(frame, area, u16::try_from(i + 1).unwrap_or(u16::MAX), &line);
    }
}
