//! The review of a held run: exactly what its commit would remove, unit by unit, and why the brake stopped it.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::console::layout::{ROOM_TO_DECIDE, has_room};
use crate::console::model::{Model, Review, Stage};
use crate::console::text::{Align, count, fit, pad, unit_name, width, wrap};
use crate::console::theme::Theme;
use crate::domain::run::{HeldUnit, UnitOutcome};

/// Whole percent of live rows, rounded up so that no loss looks smaller than it is.
fn share(outcome: &UnitOutcome) -> u64 {
    (outcome.counts.removed * 100).div_ceil(outcome.live_before.max(1))
}

/// Why the brake stopped at a unit.
fn reason(unit: &HeldUnit) -> &'static str {
    let counts = &unit.outcome.counts;
    let left = counts.added + counts.changed + counts.unchanged + counts.returned;
    match (unit.braked, left) {
        (false, _) => "",
        (true, 0) => "came back empty",
        (true, _) => "above the limit",
    }
}

/// The lines of a review, without its question.
pub(super) fn lines(review: &Review, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    // The worst first: what a small screen cuts off is what matters least.
    let mut units: Vec<&HeldUnit> = review.summary.units.iter().collect();
    units.sort_by_key(|u| std::cmp::Reverse((u.braked, u.outcome.counts.removed)));
    let live: u64 = units.iter().map(|u| u.outcome.live_before).sum();
    let removals = review.summary.removals();
    let head = format!(
        "The commit would remove {} of {} live rows. Everything was fetched and proved; nothing was changed yet.",
        count(removals),
        count(live)
    );
    let mut out: Vec<Line<'static>> =
        wrap(&head, columns).into_iter().map(|line| Line::styled(line, theme.strong())).collect();
    out.push(Line::default());
    let wide = columns >= 70;
    let whole_names = columns >= 90;
    let row = |cells: [&str; 6], styles: [Style; 6]| {
        let widths: [usize; 6] = match (wide, whole_names) {
            (_, true) => [29, 9, 9, 6, 16, 15],
            (true, false) => [17, 9, 9, 6, 14, 15],
            (false, false) => [17, 7, 8, 6, 0, 15],
        };
        let mut spans = Vec::new();
        for (i, ((text, width), style)) in cells.iter().zip(widths).zip(styles).enumerate() {
            if width == 0 {
                continue;
            }
            let align = if i == 0 || i == 5 { Align::Left } else { Align::Right };
            spans.push(Span::styled(pad(text, width, align, theme.ellipsis()), style));
            if i == 4 || (i == 3 && !wide) {
                spans.push(Span::raw("  "));
            }
        }
        Line::from(spans)
    };
    let heads = || row(["UNIT", "LIVE", "REMOVES", "", "ADDS, CHANGES", "BRAKE"], [theme.heading(); 6]);
    let line = |unit: &HeldUnit| {
        let counts = &unit.outcome.counts;
        let quiet = if counts.removed > 0 { Style::new() } else { theme.dim() };
        let removed = if unit.braked { theme.decide() } else { quiet };
        let others = format!("+{} ~{}", count(counts.added + counts.returned), count(counts.changed));
        row(
            [
                &unit_name(unit.unit, whole_names),
                &count(unit.outcome.live_before),
                &count(counts.removed),
                &format!("{} %", share(&unit.outcome)),
                &others,
                reason(unit),
            ],
            [quiet, quiet, removed, removed, quiet, removed],
        )
    };
    // Units that lose nothing come last: what would go has to be in sight where that is decided.
    let (losing, others): (Vec<&HeldUnit>, Vec<&HeldUnit>) =
        units.into_iter().partition(|unit| unit.braked || unit.outcome.counts.removed > 0);
    if !losing.is_empty() {
        out.push(heads());
        out.extend(losing.iter().map(|unit| line(unit)));
        out.push(Line::default());
    }
    for unit in losing.into_iter().filter(|unit| !unit.removes.is_empty()) {
        out.extend(rows_to_remove(unit, theme, columns));
        out.push(Line::default());
    }
    if !others.is_empty() {
        out.push(Line::styled(NOTHING_REMOVED, theme.dim()));
        out.push(heads());
        out.extend(others.into_iter().map(line));
    }
    while out.last().is_some_and(|line| line.width() == 0) {
        out.pop();
    }
    out
}

const NOTHING_REMOVED: &str = "Nothing would be removed of these:";

/// The rows of a unit that its commit would remove, as far as they are kept.
fn rows_to_remove(unit: &HeldUnit, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let removed = unit.outcome.counts.removed;
    let head = format!("{} to be removed", unit.unit);
    let id = unit.removes.iter().map(|row| width(&row.id)).max().unwrap_or(0);
    let state = unit.removes.iter().map(|row| width(&row.state)).max().unwrap_or(0);
    let name = columns.saturating_sub(id + state + 4);
    let mut out = vec![Line::styled(head, theme.heading())];
    out.extend(unit.removes.iter().map(|row| {
        Line::from(vec![
            Span::raw(pad(&row.id, id, Align::Left, theme.ellipsis())),
            Span::styled(format!("  {}  ", pad(&row.state, state, Align::Left, "")), theme.dim()),
            Span::raw(fit(&row.name, name, theme.ellipsis())),
        ])
    }));
    let more = removed.saturating_sub(unit.removes.len() as u64);
    if more > 0 {
        out.push(Line::styled(
            format!("and {} more: X writes all of them to a file", count(more)),
            theme.dim(),
        ));
    }
    out
}

/// What is asked, below the lines.
pub(super) fn question(model: &Model, review: &Review, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    if !has_room(model.size) {
        let text = format!("To decide, enlarge the terminal to {} x {}.", ROOM_TO_DECIDE.0, ROOM_TO_DECIDE.1);
        return wrap(&text, columns).into_iter().map(|line| Line::styled(line, theme.warn())).collect();
    }
    let key = |text: &'static str| Span::styled(text, theme.accent().patch(theme.strong()));
    let removals = review.summary.removals();
    match &review.stage {
        Stage::Reading => vec![Line::from(vec![
            key("A"),
            Span::raw(" approve   "),
            key("D"),
            Span::raw(" discard   "),
            key("X"),
            Span::raw(" export   "),
            key("esc"),
            Span::raw(" close"),
        ])],
        Stage::Approving => vec![Line::from(vec![
            Span::raw("Commit with these removals?   "),
            key("y"),
            Span::raw(" yes   "),
            key("n"),
            Span::raw(" no"),
        ])],
        Stage::Discarding => vec![Line::from(vec![
            Span::raw("Give this run up? Nothing of it is committed.   "),
            key("y"),
            Span::raw(" yes   "),
            key("n"),
            Span::raw(" no"),
        ])],
        Stage::Counting { typed } => vec![Line::from(vec![
            Span::raw("To commit with these removals, type "),
            Span::styled(removals.to_string(), theme.decide()),
            Span::raw(": "),
            Span::styled(format!("{typed}_"), theme.accent().patch(theme.strong())),
        ])],
    }
}
