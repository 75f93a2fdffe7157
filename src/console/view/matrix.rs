//! The screen of the matrix: profiles down, units across, the current cell in words, and what the letters mean.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::parts::{Part, join, put};
use super::profiles;
use super::table::{nothing, unread};
use crate::console::layout::matrix_regions;
use crate::console::matrix::{
    CELL, Cell, CellState, MatrixScreen, begins_product, cell, cells_room, name_width, short, visible,
};
use crate::console::model::Model;
use crate::console::query::Loaded;
use crate::console::text::{Align, ago, clock, count, day, fit, pad, thousands, width, wrap};
use crate::console::theme::Theme;
use crate::domain::entity::DESCRIPTORS;
use crate::domain::id::ProfileId;
use crate::domain::proof::Proof;
use crate::domain::run::{RunState, UnitState};
use crate::domain::unit::AdProduct;

pub(super) fn draw(model: &Model, screen: &MatrixScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    if model.home.rows().is_empty() {
        return profiles::nothing(model, theme, frame, area);
    }
    match &screen.proofs {
        Loaded::Loading => {
            let head = theme.pick("reading what is proved…", "reading what is proved...");
            return nothing(head, "esc: back", theme, frame, area);
        }
        Loaded::Failed(report) => return unread(report, "5: read again   esc: back", theme, frame, area),
        Loaded::Ready(_) => {}
    }
    let regions = matrix_regions(area);
    let longest = model.home.longest_name();
    let names = name_width(area.width, longest);
    let end = screen.first + visible(screen.first, cells_room(area.width, longest));
    let units = screen.first..end.min(DESCRIPTORS.len());
    heads(screen, theme, frame, regions.heads, names, units.clone());
    let rows = model.home.rows().iter().enumerate().skip(model.home.offset());
    for (line, (i, id)) in rows.take(usize::from(regions.rows.height)).enumerate() {
        let current = i == model.home.position();
        let line_at = u16::try_from(line).unwrap_or(u16::MAX);
        let row = row(model, screen, theme, *id, current, names, units.clone());
        put(frame, regions.rows, line_at, &row);
    }
    if let Some(id) = model.home.current() {
        detail(model, screen, theme, id, frame, regions.detail);
    }
    legend(theme, frame, regions.legend);
}

/// The products over their units, with a sign where more units are to either side.
fn heads(
    screen: &MatrixScreen,
    theme: &Theme,
    frame: &mut Frame<'_>,
    area: Rect,
    names: usize,
    units: std::ops::Range<usize>,
) {
    let before = names + 3 + 1 + 2 + 2;
    let mut products = vec![Span::raw(" ".repeat(before))];
    let mut entities = vec![
        Span::raw("   "),
        Span::styled(pad("PROFILE", names, Align::Left, ""), theme.heading()),
        Span::styled(" CC  ", theme.heading()),
    ];
    let mut spent = 0;
    for i in units.clone() {
        let unit = DESCRIPTORS[i].unit;
        let first = i == units.start;
        if !first && begins_product(i) {
            entities.push(Span::raw(" "));
            spent += 1;
        }
        if first || begins_product(i) {
            let at = products.iter().map(|span| width(&span.content)).sum::<usize>() - before;
            products.push(Span::raw(" ".repeat(spent.max(at) - at)));
            let name = if unit.ad_product == AdProduct::Any { "" } else { unit.ad_product.as_str() };
            let current = DESCRIPTORS[screen.column].unit.ad_product == unit.ad_product;
            products.push(Span::styled(name, if current { theme.accent() } else { theme.heading() }));
        }
        let style = if i == screen.column { theme.accent().patch(theme.strong()) } else { theme.heading() };
        entities.push(Span::styled(pad(short(unit), CELL, Align::Left, ""), style));
        spent += CELL;
    }
    let two = area.height > 1;
    if two {
        put(frame, area, 0, &Line::from(products));
        let (left, right) = (units.start, DESCRIPTORS.len() - units.end);
        if left + right > 0 {
            let (from, to) = (theme.pick("◂", "<"), theme.pick("▸", ">"));
            let mut text = String::from("   ");
            if left > 0 {
                text.push_str(&format!("{from}{left} more "));
            }
            if right > 0 {
                text.push_str(&format!("{right} more{to}"));
            }
            let room = usize::from(area.width).min(before);
            put(frame, area, 0, &Line::styled(fit(&text, room, ""), theme.accent()));
        }
    }
    put(frame, area, u16::from(two), &Line::from(entities));
}

fn row(
    model: &Model,
    screen: &MatrixScreen,
    theme: &Theme,
    id: ProfileId,
    current: bool,
    names: usize,
    units: std::ops::Range<usize>,
) -> Line<'static> {
    let Some(stored) = model.overview.profiles.get(&id) else { return Line::default() };
    let quiet = stored.gone_at.is_some() || stored.not_synced().is_some();
    let base = if quiet { theme.dim() } else { Style::new() };
    let base = if current { base.patch(theme.strong()) } else { base };
    let bar = if current { theme.pick("▌", ">") } else { " " };
    let mark = if model.home.selection().contains(&id) { theme.pick("▪", "+") } else { " " };
    let mut spans = vec![
        Span::styled(bar, theme.accent()),
        Span::styled(mark, theme.accent()),
        Span::raw(" "),
        Span::styled(pad(&stored.profile.name, names, Align::Left, theme.ellipsis()), base),
        Span::raw(" "),
        Span::styled(pad(&stored.profile.country, 2, Align::Left, ""), base),
        Span::raw("  "),
    ];
    for i in units.clone() {
        if i != units.start && begins_product(i) {
            spans.push(Span::raw(" "));
        }
        let state = cell(model, screen, id, DESCRIPTORS[i].unit).state;
        let (sign, style) = sign(theme, state);
        let here = current && i == screen.column;
        let style = if here { style.add_modifier(Modifier::REVERSED | Modifier::BOLD) } else { style };
        spans.push(Span::styled(sign, style));
        spans.push(Span::raw(" ".repeat(CELL.saturating_sub(width(sign)))));
    }
    Line::from(spans)
}

/// A state in a glyph and a letter; the letter alone in ASCII.
const fn sign(theme: &Theme, state: CellState) -> (&'static str, Style) {
    let (glyph, ascii, style) = match state {
        CellState::Proved => ("●P", "P", theme.good()),
        CellState::Empty => ("○E", "E", theme.good()),
        CellState::NotEligible => ("–N", "N", theme.dim()),
        CellState::AccessLost => ("◌L", "L", theme.warn()),
        CellState::Failed => ("✗F", "F", theme.bad()),
        CellState::Throttled => ("‖T", "T", theme.warn()),
        CellState::Stale => ("◷S", "S", theme.warn()),
        CellState::Never => ("·.", ".", theme.dim()),
    };
    (if theme.ascii { ascii } else { glyph }, style)
}

fn legend(theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let room = usize::from(area.width).saturating_sub(4);
    let parts = |long: bool| {
        let part = |state: CellState| {
            let (sign, style) = sign(theme, state);
            let word = match state {
                _ if long => state.word(),
                CellState::Empty => "empty",
                CellState::NotEligible => "n/a",
                CellState::AccessLost => "lost",
                other => other.word(),
            };
            // What needs somebody is explained last, when there is little room, for its word says it best.
            let worth = if matches!(state, CellState::Throttled | CellState::Never) { 3 } else { 5 };
            Part::of(worth, vec![Span::styled(sign, style), Span::styled(format!(" {word}"), theme.dim())])
        };
        CellState::ALL.map(part).into()
    };
    let whole = join(parts(true), 2, usize::MAX);
    let mut line = if whole.width() <= room { whole } else { join(parts(false), 1, room) };
    line.spans.insert(0, Span::raw("   "));
    put(frame, area, 0, &line);
}

fn detail(
    model: &Model,
    screen: &MatrixScreen,
    theme: &Theme,
    id: ProfileId,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let unit = screen.unit();
    let cell = cell(model, screen, id, unit);
    let (_, style) = sign(theme, cell.state);
    let style = if cell.state == CellState::Never { Style::new() } else { style };
    let head = format!("{unit} of {}: ", model.title(id));
    let text = format!("{head}{}", words(model, id, &cell));
    let columns = usize::from(area.width).saturating_sub(4);
    let lines = wrap(&text, columns);
    let rows = usize::from(area.height);
    for (i, line) in lines.iter().take(rows).enumerate() {
        let cut = i + 1 == rows && lines.len() > rows;
        let line = if cut { fit(&lines[i..].join(" "), columns, theme.ellipsis()) } else { line.clone() };
        let spans = match line.strip_prefix(&head).filter(|_| i == 0) {
            Some(rest) => vec![
                Span::raw("   "),
                Span::styled(head.clone(), theme.dim()),
                Span::styled(rest.to_owned(), style),
            ],
            None => vec![Span::raw("   "), Span::styled(line, style)],
        };
        put(frame, area, u16::try_from(i).unwrap_or(u16::MAX), &Line::from(spans));
    }
}

/// A cell in words: what it is and since when, then what else is known of it.
fn words(model: &Model, id: ProfileId, cell: &Cell<'_>) -> String {
    let age = |at| ago(model.now.since(at)).0;
    let proved = |proof: &Proof| {
        let rows = match proof.live_rows {
            0 => "empty".to_owned(),
            1 => "1 row".to_owned(),
            n => format!("{} rows", thousands(n)),
        };
        let api = proof.reported_total.map_or_else(String::new, |n| format!("; API said {}", count(n)));
        format!("proved {}, {rows}, run {}{api}", age(proof.committed_at), proof.run_id)
    };
    let refused = |proof: &Proof, head: &str| {
        let since = day(proof.refused_since.unwrap_or(proof.committed_at), &model.zone);
        let reason = proof.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
        format!("{head} since {since}{reason}")
    };
    let mut out = match (cell.state, cell.proof, cell.failed) {
        (CellState::Throttled, ..) => throttled(model, id, cell),
        (CellState::Failed, _, Some(failed)) => {
            format!("failed {}, run {}: {}", age(failed.at), failed.run_id, failed.summary)
        }
        (CellState::AccessLost, Some(proof), _) => {
            refused(proof, &format!("access lost, {} rows frozen,", thousands(proof.live_rows)))
        }
        (CellState::NotEligible, Some(proof), _) => refused(proof, "not eligible"),
        (CellState::Stale, Some(proof), _) => format!("stale: {}", proved(proof)),
        (_, Some(proof), _) => proved(proof),
        (_, None, _) => "never proved".to_owned(),
    };
    if let Some(proof) = cell.proof.filter(|proof| {
        matches!(cell.state, CellState::Throttled | CellState::Failed) && proof.state == UnitState::Proved
    }) {
        out.push_str(&format!("; last proved {}", age(proof.committed_at)));
    }
    match cell.live.map(|unit| unit.state) {
        Some(UnitState::Fetching) if cell.state != CellState::Throttled => {
            out.push_str("; being fetched now");
        }
        Some(UnitState::Proved) => out.push_str("; proved anew, not committed yet"),
        _ => {}
    }
    let run = model.run(id).filter(|run| run.state == RunState::Failed && cell.state != CellState::Failed);
    if let Some(report) = run.and_then(|run| run.error.as_ref()) {
        out.push_str(&format!("; the last sync failed: {}", report.summary));
    }
    out
}

fn throttled(model: &Model, id: ProfileId, cell: &Cell<'_>) -> String {
    let left = |until: crate::domain::time::Timestamp| clock(until.since(model.now));
    match cell.wait {
        Some(wait) => {
            format!("next call in {}, attempt {}: {}", left(wait.until), wait.attempt + 1, wait.detail)
        }
        None => {
            let until = model.run(id).and_then(|run| run.not_before);
            until.map_or_else(
                || "throttled".to_owned(),
                |at| format!("throttled for long, next try in {}", left(at)),
            )
        }
    }
}
