//! The screen of changes: how many there are, the list, and the current change field by field.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::parts::{Part, join, put};
use super::table::{Column, Table, no_match, nothing};
use crate::console::changes::{ChangesScreen, Field, MOST_CHANGES, Shown, fields, name_of, plain};
use crate::console::layout::changes_regions;
use crate::console::model::Model;
use crate::console::query::{ChangesOf, Loaded};
use crate::console::text::{Align, absolute, count, fit, pad, plural, short_time, width, wrap};
use crate::console::theme::Theme;
use crate::domain::run::{ChangeKind, ChangeView, RunState};

pub(super) fn draw(model: &Model, screen: &ChangesScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    match &screen.changes {
        Loaded::Loading => {
            let head = format!("reading {}{}", subject(screen), theme.pick("…", "..."));
            return nothing(&head, "esc: back", theme, frame, area);
        }
        Loaded::Failed(report) => {
            let columns = usize::from(area.width).saturating_sub(4);
            let cut = |text: &str| fit(text, columns, theme.ellipsis());
            let head = format!("{} could not be read: {}", subject(screen), report.summary);
            let top = area.height / 3;
            put(frame, area, top, &Line::styled(format!("   {}", cut(&head)), theme.bad()));
            put(frame, area, top + 1, &Line::raw(format!("   {}", cut(&report.hint))));
            let enter = theme.pick("⏎", "enter");
            put(frame, area, top + 2, &Line::styled(format!("   {enter}: the full report"), theme.dim()));
            return;
        }
        Loaded::Ready(changes) if changes.is_empty() => {
            let (head, hint) = none(model, screen);
            return nothing(&head, hint, theme, frame, area);
        }
        Loaded::Ready(_) => {}
    }
    let regions = changes_regions(area);
    summary(screen, theme, frame, regions.summary);
    if screen.len() == 0 {
        return no_match("change", screen.line(), theme, frame, regions.rows);
    }
    let first = screen.list().offset;
    let visible = (first..first + usize::from(regions.rows.height)).filter_map(|i| screen.change(i));
    let when = visible.map(|c| short_time(c.at, model.now, &model.zone).len()).max().unwrap_or(8);
    let columns: Vec<Column> = screen.columns().map(|shown| column(shown, when)).collect();
    let sorted = Some(screen.order().sign());
    let table = Table { columns: &columns, list: screen.list(), len: screen.len(), sorted };
    let row = |i: usize| match screen.change(i) {
        Some(change) => screen.columns().map(|shown| cell(model, theme, change, shown)).collect(),
        None => Vec::new(),
    };
    table.draw(theme, frame, regions.rows, row, |_| false);
    if let Some(change) = screen.current() {
        detail(change, theme, frame, regions.detail);
    }
}

/// Which changes, in words.
fn subject(screen: &ChangesScreen) -> String {
    match screen.of {
        ChangesOf::Run(run) => format!("the changes of run {run}"),
        ChangesOf::Since { .. } => format!("the changes of the last {}", screen.window.label()),
    }
}

/// What an empty list means, and what can be done.
fn none(model: &Model, screen: &ChangesScreen) -> (String, &'static str) {
    match screen.of {
        ChangesOf::Run(run) => {
            let known = screen.profile.and_then(|profile| model.run(profile)).filter(|known| known.id == run);
            if known.is_some_and(|run| run.state.is_live() || run.state == RunState::Held) {
                let head = format!("run {run} has committed nothing yet");
                return (head, "its changes will be shown here as soon as it has");
            }
            let hint = "a run that failed commits nothing; a first sync writes rows and tells none";
            (format!("run {run} has no changes"), hint)
        }
        ChangesOf::Since { .. } => (
            format!("nothing changed in the last {}", screen.window.label()),
            "t looks further back; a first sync writes rows and tells no changes",
        ),
    }
}

fn column(shown: Shown, when: usize) -> Column {
    match shown {
        Shown::When => Column::left("WHEN", when, when, 9),
        Shown::Profile => Column::left("PROFILE", 12, 30, 7).modest(16),
        Shown::Unit => Column::left("UNIT", 11, 20, 6).modest(12),
        Shown::Id => Column::left("ID", 18, 19, 4),
        Shown::Name => Column::left("NAME", 14, 30, 2).modest(20),
        Shown::Kind => Column::left("KIND", 10, 10, 8),
        Shown::Fields => Column::left("FIELDS", 14, 400, 5).modest(48),
    }
}

fn cell(model: &Model, theme: &Theme, change: &ChangeView, shown: Shown) -> (String, Style) {
    let text = match shown {
        Shown::When => return (short_time(change.at, model.now, &model.zone), theme.dim()),
        Shown::Profile => model.title(change.profile_id),
        Shown::Unit => change.unit.to_string(),
        Shown::Id => change.entity_id.clone(),
        Shown::Name => name_of(change).unwrap_or_default().to_owned(),
        Shown::Kind => {
            return (
                format!("{} {}", theme.change_glyph(change.kind), change.kind),
                theme.change(change.kind),
            );
        }
        Shown::Fields => in_a_line(change, theme),
    };
    (text, Style::new())
}

/// The fields in one line, as far as a line goes: `state: enabled → paused, bid: 0.45 → 0.60`.
fn in_a_line(change: &ChangeView, theme: &Theme) -> String {
    /// No terminal is wider.
    const LONGEST: usize = 400;
    let arrow = theme.pick("→", "->");
    let mut out = String::new();
    for (name, before, after) in fields(change) {
        if !out.is_empty() {
            out.push_str(", ");
        }
        match (change.kind, before, after) {
            (ChangeKind::Added, _, value) | (ChangeKind::Removed, value, _) => {
                out.push_str(&format!("{name}: {}", plain(value)));
            }
            _ => out.push_str(&format!("{name}: {} {arrow} {}", plain(before), plain(after))),
        }
        if out.len() > LONGEST {
            break;
        }
    }
    out
}

fn summary(screen: &ChangesScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let shown = count(screen.len() as u64);
    let mut parts = Vec::new();
    match (screen.more, screen.line().is_set()) {
        (true, filtered) => {
            let newest = format!("the newest {}", count(MOST_CHANGES as u64));
            let text =
                if filtered { format!("{shown} of {newest}: the filter sees no others") } else { newest };
            parts.push(Part::new(9, text, theme.warn()));
            parts.push(Part::new(8, format!("{} --limit 0 lists all", screen.command()), theme.warn()));
        }
        (false, true) => {
            let all = plural(screen.total(), "change", "changes");
            parts.push(Part::new(9, format!("{shown} of {all}"), theme.strong()));
        }
        (false, false) => {
            parts.push(Part::new(9, plural(screen.len(), "change", "changes"), theme.strong()));
        }
    }
    for (kind, number) in &screen.summary.kinds {
        let text = format!("{} {} {kind}", theme.change_glyph(*kind), count(*number as u64));
        parts.push(Part::new(7, text, theme.change(*kind)));
    }
    for (i, (unit, number)) in screen.summary.units.iter().enumerate() {
        let worth = 6_u8.saturating_sub(u8::try_from(i).unwrap_or(u8::MAX));
        parts.push(Part::new(worth, format!("{unit} {}", count(*number as u64)), theme.dim()));
    }
    if screen.outdated.is_some() {
        parts.insert(0, Part::new(10, "could not be read anew: older than it looks", theme.bad()));
    }
    let mut line = join(parts, 3, usize::from(area.width).saturating_sub(4));
    line.spans.insert(0, Span::raw("   "));
    put(frame, area, 0, &line);
}

/// What the overlay and the lower half say of a change before its fields.
pub(super) fn title(change: &ChangeView) -> String {
    match name_of(change) {
        Some(name) => format!("{} {} {}: {name}", change.unit, change.entity_id, change.kind),
        None => format!("{} {} {}", change.unit, change.entity_id, change.kind),
    }
}

fn detail(change: &ChangeView, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let columns = usize::from(area.width).saturating_sub(4);
    let rule = theme.pick("─", "-").repeat(usize::from(area.width));
    put(frame, area, 0, &Line::styled(rule, theme.dim()));
    let mut lines = vec![Line::styled(fit(&title(change), columns, theme.ellipsis()), theme.strong())];
    let all = fields(change);
    let room = usize::from(area.height).saturating_sub(2);
    // The heads take a line where there is room for them and two fields at least.
    let heads = usize::from(room > 3);
    let shown = if all.len() > room - heads { room - heads - 1 } else { all.len() };
    let grid = Grid::of(change.kind, &all, columns);
    if heads > 0 {
        lines.push(grid.heads(theme));
    }
    lines.extend(all.iter().take(shown).map(|field| grid.row(field, theme)));
    if shown < all.len() {
        let more = plural(all.len() - shown, "more field", "more fields");
        lines.push(Line::styled(format!("{more}: {} shows all", theme.pick("⏎", "enter")), theme.dim()));
    }
    for (i, mut line) in lines.into_iter().enumerate() {
        line.spans.insert(0, Span::raw("   "));
        put(frame, area, u16::try_from(i + 1).unwrap_or(u16::MAX), &line);
    }
}

/// The lines of the overlay: where the change belongs, and every field with its values in full.
pub(super) fn lines(model: &Model, change: &ChangeView, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let origin = format!(
        "{}, by run {} at {}",
        model.title(change.profile_id),
        change.run_id,
        absolute(change.at, model.now, &model.zone)
    );
    let mut out: Vec<Line<'static>> =
        wrap(&origin, columns).into_iter().map(|line| Line::styled(line, theme.dim())).collect();
    let all = fields(change);
    let grid = Grid::of(change.kind, &all, columns);
    out.push(Line::default());
    out.push(grid.heads(theme));
    out.extend(all.iter().flat_map(|field| grid.rows(field, theme)));
    out
}

/// Fields in columns: names, values before, values after. What was added has none before, what was removed none after.
struct Grid {
    name: usize,
    before: usize,
    after: usize,
}

impl Grid {
    const GAP: usize = 2;

    fn of(kind: ChangeKind, all: &[Field<'_>], columns: usize) -> Self {
        let longest =
            |of: &dyn Fn(&Field<'_>) -> usize, least: usize| all.iter().map(of).max().unwrap_or(0).max(least);
        let name = longest(&|(name, ..)| width(name), 5).min((columns / 3).max(5));
        let room = columns.saturating_sub(name + Self::GAP);
        let value = |value: Option<&serde_json::Value>| width(&plain(value));
        match kind {
            ChangeKind::Added => Self { name, before: 0, after: room },
            ChangeKind::Removed => Self { name, before: room, after: 0 },
            ChangeKind::Changed | ChangeKind::Returned => {
                let (before, after) = (longest(&|(_, b, _)| value(*b), 6), longest(&|(.., a)| value(*a), 5));
                let room = room.saturating_sub(Self::GAP);
                // Each gets what it needs; where both need more than there is, half.
                let before = before.min((room / 2).max(room.saturating_sub(after)));
                Self { name, before, after: room - before.min(room) }
            }
        }
    }

    fn line(&self, cells: [(&str, Style); 3], theme: &Theme) -> Line<'static> {
        let widths = [self.name, self.before, self.after];
        let mut spans = Vec::new();
        for ((text, style), columns) in cells.into_iter().zip(widths).filter(|(_, columns)| *columns > 0) {
            spans.push(Span::styled(pad(text, columns, Align::Left, theme.ellipsis()), style));
            spans.push(Span::raw(" ".repeat(Self::GAP)));
        }
        spans.pop();
        Line::from(spans)
    }

    fn heads(&self, theme: &Theme) -> Line<'static> {
        let style = theme.heading();
        let (before, after) = match (self.before, self.after) {
            (0, _) => ("", "VALUE"),
            (_, 0) => ("VALUE BEFORE", ""),
            _ => ("BEFORE", "AFTER"),
        };
        self.line([("FIELD", style), (before, style), (after, style)], theme)
    }

    /// A field in one line.
    fn row(&self, (name, before, after): &Field<'_>, theme: &Theme) -> Line<'static> {
        let (before, after) = (plain(*before), plain(*after));
        self.line([(name, theme.dim()), (&before, Style::new()), (&after, Style::new())], theme)
    }

    /// A field with its values in full.
    fn rows(&self, (name, before, after): &Field<'_>, theme: &Theme) -> Vec<Line<'static>> {
        let broken = |text: &str, columns: usize| match columns {
            0 => Vec::new(),
            columns => wrap(text, columns),
        };
        let cells = [
            broken(name, self.name),
            broken(&plain(*before), self.before),
            broken(&plain(*after), self.after),
        ];
        let high = cells.iter().map(Vec::len).max().unwrap_or(0);
        let at = |cell: &[String], i: usize| cell.get(i).cloned().unwrap_or_default();
        (0..high)
            .map(|i| {
                let [name, before, after] = [at(&cells[0], i), at(&cells[1], i), at(&cells[2], i)];
                self.line([(&name, theme.dim()), (&before, Style::new()), (&after, Style::new())], theme)
            })
            .collect()
    }
}
