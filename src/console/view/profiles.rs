//! The list of profiles: columns by worth, visible rows only, and what stands there when there are none.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::now;
use super::parts::put;
use crate::console::model::Model;
use crate::console::text::{Align, ago, changes, pad, thousands, width, wrap};
use crate::console::theme::Theme;
use crate::domain::id::ProfileId;
use crate::sync::event::LoginStatus;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    Country,
    Kind,
    Login,
    Status,
    Last,
    Rows,
    Changed,
    Now,
}

impl Column {
    const fn head(self) -> (&'static str, Align) {
        match self {
            Self::Name => ("PROFILE", Align::Left),
            Self::Country => ("CC", Align::Left),
            Self::Kind => ("TYPE", Align::Left),
            Self::Login => ("LOGIN", Align::Left),
            Self::Status => ("STATUS", Align::Left),
            Self::Last => ("LAST SYNC", Align::Left),
            Self::Rows => ("ROWS", Align::Right),
            Self::Changed => ("CHANGED", Align::Right),
            Self::Now => ("NOW", Align::Left),
        }
    }
}

/// The cursor's bar, the selection's mark and a blank.
const MARKS: usize = 3;
const GAP: usize = 2;

/// The columns that fit, in display order, with their widths; names are as wide as `longest` at most.
fn columns(total: usize, longest: usize) -> Vec<(Column, usize)> {
    // The last column stays one away from the edge, as everything else does.
    let total = total.saturating_sub(1);
    use Column::{Changed, Country, Kind, Last, Login, Name, Now, Rows, Status};
    // In display order: least width, and rank by worth (the highest rank is the first to go).
    let table = [
        (Name, 12, 0),
        (Country, 2, 3),
        (Kind, 6, 6),
        (Login, 12, 8),
        (Status, 13, 1),
        (Last, 10, 4),
        (Rows, 9, 5),
        (Changed, 12, 7),
        (Now, 20, 2),
    ];
    let needed = |ranks: usize| -> usize {
        let shown = table.iter().filter(|(_, _, rank)| *rank < ranks);
        MARKS + shown.clone().map(|(_, width, _)| width + GAP).sum::<usize>() - GAP
    };
    let fits = |ranks: &usize| {
        // A list this wide still leaves the last column room for a sentence.
        let slack = if *ranks > 8 { 34 } else { 4 };
        needed(*ranks) + slack <= total
    };
    let ranks = (1..=table.len()).rev().find(fits).unwrap_or(1);
    let mut spare = total.saturating_sub(needed(ranks));
    let mut out: Vec<(Column, usize)> = table
        .iter()
        .filter(|(_, _, rank)| *rank < ranks)
        .map(|(column, width, _)| (*column, *width))
        .collect();
    // What is left goes to the two columns that hold sentences, in turns; to names only as far as they need it.
    for (column, most) in [(Name, 20), (Now, 22), (Name, 26), (Now, 44), (Name, 40), (Now, usize::MAX)] {
        let most = if column == Name { most.min(longest) } else { most };
        if let Some((_, width)) = out.iter_mut().find(|(c, _)| *c == column) {
            let more = spare.min(most.saturating_sub(*width));
            *width += more;
            spare -= more;
        }
    }
    if ranks == 1 {
        out[0].1 = total.saturating_sub(MARKS);
    }
    out
}

pub(super) fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let home = &model.home;
    if home.rows().is_empty() {
        return nothing(model, theme, frame, area);
    }
    let columns = columns(usize::from(area.width), home.longest_name());
    let mut row = 0;
    if area.height > 1 {
        let mut spans = vec![Span::raw(" ".repeat(MARKS))];
        for (column, width) in &columns {
            let (text, align) = column.head();
            spans.push(Span::styled(pad(text, *width, align, ""), theme.heading()));
            spans.push(Span::raw("  "));
        }
        put(frame, area, 0, &Line::from(spans));
        row = 1;
    }
    let visible = usize::from(area.height - row);
    for (i, id) in home.rows().iter().enumerate().skip(home.offset()).take(visible) {
        let line = profile(model, theme, *id, i == home.position(), &columns);
        put(frame, area, row, &line);
        row += 1;
    }
}

/// The current row's sentence, when its column cuts it off.
pub(super) fn cut_sentence(model: &Model, theme: &Theme, total: u16) -> Option<(String, Style)> {
    let (text, style) = now::sentence(model, theme, model.home.current()?)?;
    let columns = columns(usize::from(total), model.home.longest_name());
    let room = columns.iter().find(|(column, _)| *column == Column::Now).map_or(0, |c| c.1);
    (width(&text) > room).then_some((text, style))
}

fn profile(
    model: &Model,
    theme: &Theme,
    id: ProfileId,
    current: bool,
    columns: &[(Column, usize)],
) -> Line<'static> {
    let Some(stored) = model.overview.profiles.get(&id) else { return Line::default() };
    let status = model.home.status(id);
    let quiet = stored.gone_at.is_some() || stored.not_synced().is_some();
    let base = if quiet { theme.dim() } else { Style::new() };
    let base = if current { base.patch(theme.strong()) } else { base };
    let bar = if current { theme.pick("▌", ">") } else { " " };
    let mark = if model.home.is_selected(id) { theme.pick("▪", "+") } else { " " };
    let mut spans =
        vec![Span::styled(bar, theme.accent()), Span::styled(mark, theme.accent()), Span::raw(" ")];
    let ellipsis = theme.ellipsis();
    for (column, width) in columns {
        let width = *width;
        let (_, align) = column.head();
        let cell = |text: &str, style: Style| Span::styled(pad(text, width, align, ellipsis), style);
        match column {
            Column::Name => spans.push(cell(&stored.profile.name, base)),
            Column::Country => spans.push(cell(&stored.profile.country, base)),
            Column::Kind => spans.push(cell(&stored.profile.account_type, base)),
            Column::Login => spans.push(cell(&stored.profile.login, theme.dim())),
            Column::Status => {
                let text = format!("{} {}", theme.status_glyph(status), status.word());
                spans.push(cell(&text, theme.status(status)));
            }
            Column::Last => match stored.last_synced_at {
                Some(at) => spans.push(cell(&ago(model.now.since(at)).0, base)),
                None => spans.push(cell(theme.pick("–", "-"), theme.dim())),
            },
            Column::Rows if stored.last_synced_at.is_none() => {
                spans.push(cell(theme.pick("–", "-"), theme.dim()))
            }
            Column::Rows => spans.push(cell(&thousands(stored.rows), base)),
            Column::Changed => {
                let counts = stored.last_counts.as_ref();
                let text =
                    counts.map_or_else(|| theme.pick("–", "-").to_owned(), |c| changes(c, theme.ascii));
                let some = counts.is_some_and(|c| c.written() > 0);
                spans.push(cell(&text, if some { base } else { theme.dim() }));
            }
            Column::Now => spans.extend(now::cell(model, theme, id, width)),
        }
        spans.push(Span::raw("  "));
    }
    Line::from(spans)
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
        let what = format!("no profile matches \"{}\"", model.home.input.value());
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
