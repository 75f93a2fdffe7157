//! The screen of runs: of one profile with what its last ones took, or of all.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::now::hold_line;
use super::parts::{Part, join, put};
use super::table::{self, Table, fit, no_match, nothing, unread};
use crate::console::history::{Column, HistoryScreen, completed, permille, status, took, when};
use crate::console::layout::history_regions;
use crate::console::model::Model;
use crate::console::query::Loaded;
use crate::console::text::{ago, changes, clock, count, plural, sparkline, thousands, width};
use crate::console::theme::Theme;
use crate::domain::run::{RunState, RunView};
use crate::sync::overview::ProfileStatus;

/// The columns in the screen's order; names are as wide as `longest` at most.
fn columns(model: &Model, screen: &HistoryScreen, total: usize) -> Vec<table::Column> {
    use table::Column as C;
    let longest = model.home.longest_name();
    let name = (total / 5).clamp(8, 15);
    // Where there is nothing to note, the room is for numbers.
    let noted = screen.runs.ready().is_some_and(|runs| runs.iter().any(|run| has_note(model, run)));
    let note = if total >= 130 { 24 } else { 18 };
    let note = if noted { C::left("NOTE", 12, 999, 7).modest(note) } else { C::left("NOTE", 0, 0, 0) };
    let column = |column: &Column| match column {
        Column::Run => C::right("RUN", 6, 10),
        Column::Profile => C::left("PROFILE", name, longest.clamp(name, 32), 11).modest(18),
        Column::Country => C::left("CC", 2, 2, 8),
        Column::State => C::left("STATE", 12, 12, 9),
        Column::When => C::left("WHEN", 10, 10, 8),
        Column::Took => C::right("TOOK", 7, 5),
        Column::Requests => C::right("REQUESTS", 8, 2),
        Column::Throttled => C::right("429", 5, 4),
        Column::Rows => C::right("ROWS", 9, 3),
        Column::Changed => C::right("CHANGED", 12, 6),
        Column::By => C::left("BY", 8, 24, 1).modest(12),
        Column::Note => note,
    };
    screen.columns().iter().map(column).collect()
}

pub(super) fn draw(model: &Model, screen: &HistoryScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let runs = match &screen.runs {
        Loaded::Ready(runs) if !runs.is_empty() => runs,
        Loaded::Ready(_) => {
            let (head, hint) = match screen.profile {
                Some(id) => {
                    (format!("{} was never synced", model.title(id)), "s: start its first sync   esc: back")
                }
                None => ("nothing was ever synced".to_owned(), "1: the profiles, where s starts a sync"),
            };
            return nothing(&head, hint, theme, frame, area);
        }
        Loaded::Loading => {
            return nothing(
                theme.pick("reading the runs…", "reading the runs..."),
                "esc: back",
                theme,
                frame,
                area,
            );
        }
        Loaded::Failed(report) => {
            let keys = if screen.profile.is_some() {
                "h: read again   esc: back"
            } else {
                "2: read again   esc: back"
            };
            return unread(report, keys, theme, frame, area);
        }
    };
    let regions = history_regions(area, screen.has_trends());
    trends(runs, theme, frame, regions.trends);
    let columns = columns(model, screen, usize::from(area.width));
    if screen.len() == 0 {
        return no_match("run", screen.line(), theme, frame, regions.rows);
    }
    let sorted = Some(screen.order().sign());
    let table = Table { columns: &columns, list: screen.list(), len: screen.len(), sorted };
    let row = |i: usize| {
        let cell =
            |run: &RunView| screen.columns().iter().map(|column| cell(model, theme, run, *column)).collect();
        screen.run(i).map_or_else(Vec::new, cell)
    };
    table.draw(theme, frame, regions.rows, row, |i| screen.is_selected(i));
}

/// The current run's note, when its column cuts it off.
pub(super) fn cut_sentence(
    model: &Model,
    screen: &HistoryScreen,
    theme: &Theme,
    total: u16,
) -> Option<(String, Style)> {
    let (text, style) = note(model, screen.current()?, theme);
    let columns = columns(model, screen, usize::from(total));
    let at = screen.columns().iter().position(|column| *column == Column::Note)?;
    let room = fit(&columns, usize::from(total)).get(at).copied().unwrap_or(0);
    (width(&text) > room).then_some((text, style))
}

fn cell(model: &Model, theme: &Theme, run: &RunView, column: Column) -> (String, Style) {
    let none = || (theme.pick("–", "-").to_owned(), theme.dim());
    let plain = |text: String| (text, Style::new());
    let profile = || model.overview.profiles.get(&run.profile_id).map(|stored| &stored.profile);
    let committed = run.state == RunState::Completed;
    match column {
        Column::Run => plain(run.id.to_string()),
        Column::Profile => plain(profile().map_or_else(|| run.profile_id.to_string(), |p| p.name.clone())),
        Column::Country => plain(profile().map_or_else(String::new, |p| p.country.clone())),
        Column::State => {
            let status = status(run, &model.overview, model.now);
            (format!("{} {}", theme.status_glyph(status), status.word()), theme.status(status))
        }
        Column::When => plain(ago(model.now.since(when(run))).0),
        Column::Took => match (took(run), run.started_at.filter(|_| run.state.is_live())) {
            (Some(took), _) => plain(clock(took)),
            (None, Some(started)) => (clock(model.now.since(started)), theme.accent()),
            (None, None) => none(),
        },
        Column::Requests => match model.overview.requests(run) {
            0 => none(),
            requests => plain(thousands(requests)),
        },
        // Counters are stored with pages, and a run that is throttled gets none.
        Column::Throttled
            if run.throttled == 0 && status(run, &model.overview, model.now) == ProfileStatus::Throttled =>
        {
            ("now".to_owned(), theme.warn())
        }
        Column::Throttled => match permille(run) {
            None => none(),
            Some(_) if run.throttled == 0 => ("0 %".to_owned(), theme.dim()),
            Some(share) => (share_of(share), theme.warn()),
        },
        Column::Rows if committed => plain(thousands(run.rows)),
        Column::Changed if committed => {
            let some = run.counts.written() > 0;
            (changes(&run.counts, theme.ascii), if some { Style::new() } else { theme.dim() })
        }
        Column::Rows | Column::Changed => none(),
        Column::By => (run.requested_by.clone(), theme.dim()),
        Column::Note => note(model, run, theme),
    }
}

/// Thousandths in percent; what is not nothing never shows as nothing.
fn share_of(permille: u64) -> String {
    match permille {
        0..10 => "<1 %".to_owned(),
        _ => format!("{} %", permille / 10),
    }
}

/// True when [`note`] has something to say.
fn has_note(model: &Model, run: &RunView) -> bool {
    let own = match run.state {
        RunState::Failed => run.error.is_some(),
        RunState::Held => run.hold.is_some(),
        RunState::Queued => run.not_before.is_some_and(|until| until > model.now),
        _ => run.approved_by.is_some(),
    };
    own || run.retry_of.is_some() || run.cancel_requested && run.state.is_live()
}

fn note(model: &Model, run: &RunView, theme: &Theme) -> (String, Style) {
    let own = match run.state {
        RunState::Failed => run.error.as_ref().map(|error| (error.summary.clone(), Style::new())),
        RunState::Held => run.hold.as_ref().map(|hold| (hold_line(hold), theme.decide())),
        _ if run.cancel_requested && run.state.is_live() => {
            Some((theme.pick("stopping…", "stopping...").to_owned(), theme.warn()))
        }
        RunState::Queued => run.not_before.filter(|until| *until > model.now).map(|until| {
            (format!("throttled for long: next try in {}", clock(until.since(model.now))), theme.warn())
        }),
        _ => run.approved_by.as_ref().map(|who| (format!("approved by {who}"), theme.dim())),
    };
    let retry = run.retry_of.map(|of| format!("retry of run {of}"));
    match (own, retry) {
        (Some((text, style)), Some(retry)) => (format!("{text} ({retry})"), style),
        (Some(own), None) => own,
        (None, retry) => (retry.unwrap_or_default(), theme.dim()),
    }
}

/// How a number of a trend is said.
type Say<'a> = &'a dyn Fn(u64) -> String;

/// What the last completed runs took: how long, how many rows, how much of it was refused.
fn trends(runs: &[RunView], theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let completed = completed(runs);
    let columns = (usize::from(area.width) / 3).clamp(8, 60);
    let last = &completed[completed.len().saturating_sub(columns)..];
    let time = |n: u64| clock(Duration::from_millis(n));
    let of = |value: fn(&RunView) -> u64| last.iter().map(|run| value(run)).collect::<Vec<u64>>();
    let lines: [(&str, Vec<u64>, Say<'_>); 3] = [
        (
            "duration",
            of(|run| took(run).map_or(0, |took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX))),
            &time,
        ),
        ("rows", of(|run| u64::try_from(run.rows).unwrap_or(0)), &count),
        ("throttled", of(|run| permille(run).unwrap_or(0)), &|n| {
            if n == 0 { "0 %".to_owned() } else { share_of(n) }
        }),
    ];
    for (i, (name, values, say)) in lines.into_iter().enumerate() {
        let extreme = |value: Option<&u64>| value.map_or_else(String::new, |n| say(*n));
        let numbers = [
            (5, "min", extreme(values.iter().min())),
            (6, "max", extreme(values.iter().max())),
            (8, "last", extreme(values.last())),
        ];
        let mut parts = vec![Part::of(
            9,
            vec![
                Span::styled(format!("   {name:<11}"), theme.dim()),
                Span::styled(sparkline(&values, theme.ascii), theme.accent()),
            ],
        )];
        parts.extend(numbers.into_iter().map(|(worth, word, text)| {
            Part::of(
                worth,
                vec![Span::styled(format!("{word} "), theme.dim()), Span::raw(format!("{text:<8}"))],
            )
        }));
        if i == 0 {
            let text = format!("of the last {}", plural(last.len(), "proved run", "proved runs"));
            parts.push(Part::new(3, text, theme.dim()));
        }
        put(
            frame,
            area,
            u16::try_from(i).unwrap_or(u16::MAX),
            &join(parts, 2, usize::from(area.width).saturating_sub(1)),
        );
    }
}
