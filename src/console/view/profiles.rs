//! The list of profiles: columns by worth, visible rows only, and what stands there when there are none.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;
use ratatui::text::Line;

use super::now;
use super::table::{self, Cell, Table, fit};
use crate::console::home::Column;
use crate::console::model::Model;
use crate::console::text::{ago, changes, thousands, width, wrap};
use crate::console::theme::Theme;
use crate::domain::id::ProfileId;
use crate::sync::event::LoginStatus;

/// A list this wide shows logins and still leaves the last column room for a sentence.
const LOGINS_FROM: usize = 152;

/// The columns in the order of [`Column::ALL`]; names are as wide as `longest` at most.
fn columns(total: usize, longest: usize) -> [table::Column; 9] {
    use table::Column as C;
    // On a narrow terminal a number that falls away is missed less than the end of every name.
    let name = (total / 4).clamp(8, 20);
    let now = if total >= 130 { 44 } else { 24 };
    let login = if total >= LOGINS_FROM { C::left("LOGIN", 12, 12, 1) } else { C::left("LOGIN", 0, 0, 0) };
    [
        C::left("PROFILE", name, longest.clamp(name, 40), 9).modest(20),
        C::left("CC", 2, 2, 6),
        C::left("TYPE", 6, 6, 3),
        login,
        C::left("STATUS", 13, 13, 8),
        C::left("LAST SYNC", 10, 10, 5),
        C::right("ROWS", 9, 4),
        C::right("CHANGED", 12, 2),
        C::left("NOW", 20, 999, 7).modest(now),
    ]
}

/// The columns with their widths; zero for those that have fallen away.
fn widths(model: &Model, total: u16) -> ([table::Column; 9], Vec<usize>) {
    let columns = columns(usize::from(total), model.home.longest_name());
    let widths = fit(&columns, usize::from(total));
    (columns, widths)
}

pub(super) fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let home = &model.home;
    let rows = home.rows();
    if rows.is_empty() {
        return nothing(model, theme, frame, area);
    }
    let (columns, widths) = widths(model, area.width);
    let table =
        Table { columns: &columns, list: home.list(), len: rows.len(), sorted: Some(home.order().sign()) };
    let row = |i: usize| rows.get(i).map_or_else(Vec::new, |id| cells(model, theme, *id, &widths));
    table.draw(theme, frame, area, row, |i| rows.get(i).is_some_and(|id| home.selection().contains(id)));
}

/// The current row's sentence, when its column cuts it off.
pub(super) fn cut_sentence(model: &Model, theme: &Theme, total: u16) -> Option<(String, Style)> {
    let (text, style) = now::sentence(model, theme, model.home.current()?)?;
    let (_, widths) = widths(model, total);
    let room = widths.last().copied().unwrap_or(0);
    (width(&text) > room).then_some((text, style))
}

fn cells(model: &Model, theme: &Theme, id: ProfileId, widths: &[usize]) -> Vec<Cell> {
    let Some(stored) = model.overview.profiles.get(&id) else { return Vec::new() };
    let status = model.home.status(id);
    let quiet = stored.gone_at.is_some() || stored.not_synced().is_some();
    let base = if quiet { theme.dim() } else { Style::new() };
    let none = || Cell::Text(theme.pick("–", "-").to_owned(), theme.dim());
    let text = |text: &str, style: Style| Cell::Text(text.to_owned(), style);
    let cell = |column: Column, width: usize| match column {
        Column::Name => text(&stored.profile.name, base),
        Column::Country => text(&stored.profile.country, base),
        Column::Kind => text(&stored.profile.account_type, base),
        Column::Login => text(&stored.profile.login, theme.dim()),
        Column::Status => {
            Cell::Text(format!("{} {}", theme.status_glyph(status), status.word()), theme.status(status))
        }
        Column::Last => {
            stored.last_synced_at.map_or_else(none, |at| Cell::Text(ago(model.now.since(at)).0, base))
        }
        Column::Rows if stored.last_synced_at.is_none() => none(),
        Column::Rows => Cell::Text(thousands(stored.rows), base),
        Column::Changed => stored.last_counts.as_ref().map_or_else(none, |counts| {
            let style = if counts.written() > 0 { base } else { theme.dim() };
            Cell::Text(changes(counts, theme.ascii), style)
        }),
        Column::Now => Cell::Spans(now::cell(model, theme, id, width)),
    };
    Column::ALL.iter().zip(widths).map(|(column, width)| cell(*column, *width)).collect()
}

/// Says why the list is empty, and what the operator can do.
pub(super) fn nothing(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let overview = &model.overview;
    let login = |wanted: fn(&LoginStatus) -> bool| {
        let names: Vec<&str> =
            overview.logins.iter().filter(|(_, s)| wanted(s)).map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let (head, hint) = if !overview.profiles.is_empty() {
        let what = format!("no profile matches \"{}\"", model.home.line().value());
        (what, "esc clears the filter".to_owned())
    } else if let Some(names) = login(|s| matches!(s, LoginStatus::Listing)) {
        (
            format!("asking login {names} for its profiles…"),
            "they are listed here as soon as it answers".to_owned(),
        )
    } else if let Some((name, detail)) = model.retried_login() {
        (
            format!("login {name} does not answer: {detail}"),
            "it is being asked again; its profiles are listed here as soon as it answers".to_owned(),
        )
    } else if let Some(names) = login(|s| matches!(s, LoginStatus::Failed { .. })) {
        (
            format!("no profiles yet: login {names} could not be asked"),
            "e: the full report   R: ask again".to_owned(),
        )
    } else if let Some(names) = login(|s| matches!(s, LoginStatus::Listed { .. })) {
        (format!("login {names} answered, and has no profiles"), "R: ask again".to_owned())
    } else {
        ("no profiles yet".to_owned(), "R: ask every login of the configuration for its profiles".to_owned())
    };
    let columns = usize::from(area.width).saturating_sub(4);
    let lines = wrap(&head, columns).into_iter().map(|text| (text, Style::new()));
    let lines: Vec<_> =
        lines.chain(wrap(&hint, columns).into_iter().map(|text| (text, theme.dim()))).collect();
    let top = usize::from(area.height).saturating_sub(lines.len()) / 3;
    for (i, (text, style)) in lines.into_iter().enumerate() {
        let line = Line::styled(text, style).alignment(Alignment::Center);
        let row = u16::try_from(top + i).unwrap_or(u16::MAX);
        if row < area.height {
            let at = Rect { y: area.y + row, height: 1, ..area };
            frame.render_widget(line, at);
        }
    }
}
