//! What lies over the screen: a framed box as large as its lines need, scrolled where they need more.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};

use super::parts::put;
use super::{bulk, changes, finder, logview, report, review, why};
use crate::console::keys;
use crate::console::model::{Document, ExportDialog, Modal, Model};
use crate::console::screen::Screen;
use crate::console::text::{Align, count, fit, pad, plural, width, wrap};
use crate::console::theme::Theme;

const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

struct Content {
    title: String,
    style: Style,
    /// What can be scrolled.
    lines: Vec<Line<'static>>,
    /// What always stays in sight below.
    question: Vec<Line<'static>>,
}

/// Columns inside the frame.
fn inner_columns(model: &Model) -> usize {
    usize::from(model.size.0).saturating_sub(6).clamp(1, 96)
}

fn content(model: &Model, modal: &Modal, theme: &Theme, columns: usize) -> Content {
    let key = |text: &'static str| Span::styled(text, theme.accent().patch(theme.strong()));
    let yes_no = |yes: &'static str, no: &'static str| {
        vec![Line::from(vec![
            key("y"),
            Span::raw(format!(" {yes}   ")),
            key("n"),
            Span::raw(format!(" {no}")),
        ])]
    };
    let sentences = |text: &str| wrap(text, columns).into_iter().map(Line::raw).collect::<Vec<_>>();
    match modal {
        Modal::Help { .. } => Content {
            title: "Keys".to_owned(),
            style: theme.accent(),
            lines: help(theme, columns),
            question: Vec::new(),
        },
        Modal::Error { title, note, report, .. } => Content {
            title: title.clone(),
            style: theme.bad(),
            lines: report::lines(model, report, *note, theme, columns),
            question: Vec::new(),
        },
        Modal::Finder(open) => Content {
            title: "Find".to_owned(),
            style: theme.accent(),
            lines: finder::lines(open, theme, columns),
            question: Vec::new(),
        },
        Modal::Bulk(held) => Content {
            title: bulk::title(held),
            style: theme.warn(),
            lines: bulk::lines(model, held, theme, columns),
            question: bulk::question(held, theme),
        },
        Modal::Why { profile, .. } => Content {
            title: format!("Why: {}", model.title(*profile)),
            style: theme.accent(),
            lines: why::lines(model, *profile, theme, columns),
            question: Vec::new(),
        },
        Modal::Document { document, .. } => match document {
            Document::Line(line) => Content {
                title: "Logged".to_owned(),
                style: theme.accent(),
                lines: logview::lines(model, line, theme, columns),
                question: Vec::new(),
            },
            Document::Change(change) => Content {
                title: changes::title(change),
                style: theme.accent(),
                lines: changes::lines(model, change, theme, columns),
                question: Vec::new(),
            },
        },
        Modal::Export(dialog) => Content {
            title: format!(
                "Write {} as {}",
                plural(dialog.rows(model), "row", "rows"),
                dialog.format.word().to_uppercase()
            ),
            style: theme.accent(),
            lines: export_lines(model, dialog, theme, columns),
            question: vec![Line::from(vec![
                key(theme.pick("⏎", "enter")),
                Span::raw(" write   "),
                key("Tab"),
                Span::raw(format!(" {} instead   ", dialog.format.other().word().to_uppercase())),
                key("esc"),
                Span::raw(" leave it"),
            ])],
        },
        Modal::Quit { running, queued } => Content {
            title: quit_title(*running, *queued),
            style: theme.warn(),
            lines: sentences(match running {
                0 => "They stay in the queue until a console is open, or somebody syncs them.",
                _ => "Their pages are kept, and the runs go back to the queue.",
            }),
            question: yes_no("quit", "stay"),
        },
        Modal::Leaving { live } => Content {
            title: "Leaving".to_owned(),
            style: theme.accent(),
            lines: vec![if *live == 0 {
                Line::raw("closing…")
            } else {
                Line::raw(format!("giving {} back to the queue…", plural(*live, "run", "runs")))
            }],
            question: vec![Line::styled("Ctrl-C leaves at once", theme.dim())],
        },
        Modal::Review(held) => Content {
            title: format!("{}: run {} is held", model.title(held.profile), held.run),
            style: theme.decide(),
            lines: review::lines(held, theme, columns),
            question: review::question(model, held, theme, columns),
        },
    }
}

/// What quitting puts an end to.
fn quit_title(running: usize, queued: usize) -> String {
    let run = match running {
        1 => "1 sync runs".to_owned(),
        n => format!("{} syncs run", count(n as u64)),
    };
    let wait = match queued {
        1 => "1 waits".to_owned(),
        n => format!("{} wait", count(n as u64)),
    };
    match (running, queued) {
        (0, 1) => "Quit while 1 sync waits?".to_owned(),
        (0, n) => format!("Quit while {} syncs wait?", count(n as u64)),
        (_, 0) => format!("Quit while {run}?"),
        _ => format!("Quit while {run} and {wait}?"),
    }
}

/// The file's name with the cursor in it, and what the file will be.
fn export_lines(model: &Model, dialog: &ExportDialog, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(2).max(4);
    let skipped = dialog.input.visual_scroll(room);
    let chars: Vec<char> = dialog.input.value().chars().collect();
    let at = dialog.input.cursor();
    let text = |range: std::ops::Range<usize>| -> String {
        chars
            .get(range.start.min(chars.len())..range.end.min(chars.len()))
            .unwrap_or_default()
            .iter()
            .collect()
    };
    let under = chars.get(at).map_or_else(|| " ".to_owned(), ToString::to_string);
    let name = Line::from(vec![
        Span::raw(text(skipped.min(at)..at)),
        Span::styled(under, Style::new().add_modifier(Modifier::REVERSED)),
        Span::raw(text(at + 1..skipped + room)),
    ]);
    let mut lines = vec![name, Line::default()];
    let mut sentence = "The whole list as it is filtered and ordered, with plain values; for you alone, nothing is overwritten.".to_owned();
    if let Some(review) = &dialog.review {
        let kept = dialog.rows(model) as u64;
        sentence = "The rows that the commit would remove, with plain values; for you alone, nothing is overwritten."
            .to_owned();
        if review.summary.removals() > kept {
            sentence.push_str(&format!(
                " {} more are not kept one by one.",
                count(review.summary.removals() - kept)
            ));
        }
    } else if matches!(&model.screen, Screen::Changes(screen) if screen.more) {
        sentence.push_str(
            " There are more changes than are listed here: adsync changes --limit 0 --json has all.",
        );
    }
    lines.extend(wrap(&sentence, columns).into_iter().map(|line| Line::styled(line, theme.dim())));
    lines
}

/// What lies over the screen as plain text, in full.
pub(in crate::console) fn plain_text(model: &Model, modal: &Modal) -> String {
    /// Wider than any line: nothing is broken that is not broken in the text itself.
    const WIDE: usize = 100_000;
    let theme = Theme::new(true, model.options.ascii);
    let content = content(model, modal, &theme, WIDE);
    let mut out = content.title;
    for line in &content.lines {
        out.push('\n');
        let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
        out.push_str(text.trim_end());
    }
    out
}

/// The box of a content, and how many lines of it are in sight.
fn frame_of(model: &Model, content: &Content) -> (Rect, usize) {
    let longest = content.lines.iter().chain(&content.question).map(Line::width).max().unwrap_or(0);
    let longest = longest.max(width(&content.title) + 2).min(inner_columns(model));
    let below = if content.question.is_empty() { 0 } else { content.question.len() + 1 };
    let (columns, rows) = (usize::from(model.size.0), usize::from(model.size.1));
    let wide = (longest + 4).min(columns);
    let high = (content.lines.len() + below + 2).min(rows.saturating_sub(2)).max(3).min(rows);
    let visible = high.saturating_sub(2 + below);
    let cut = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let x = cut((columns - wide) / 2);
    // A little above the middle, where eyes are.
    let top = matches!(model.modal.as_ref().map(|opened| &opened.modal), Some(Modal::Finder(_)));
    let y = if top { cut((rows - high).min(1)) } else { cut((rows - high) * 2 / 5) };
    (Rect::new(x, y, cut(wide), cut(high)), visible)
}

pub(super) fn scroll_limit(model: &Model, modal: &Modal, theme: &Theme) -> usize {
    let content = content(model, modal, theme, inner_columns(model));
    let (_, visible) = frame_of(model, &content);
    content.lines.len().saturating_sub(visible)
}

pub(super) fn draw(model: &Model, modal: &Modal, theme: &Theme, frame: &mut Frame<'_>) {
    let content = content(model, modal, theme, inner_columns(model));
    let (area, visible) = frame_of(model, &content);
    let set = if theme.ascii { ASCII } else { border::PLAIN };
    let title = fit(&content.title, usize::from(area.width).saturating_sub(6), theme.ellipsis());
    let block = Block::bordered()
        .border_set(set)
        .border_style(content.style)
        .title(Span::styled(format!(" {title} "), content.style.patch(theme.strong())));
    // Half of a wide character would stick out under the left edge.
    for y in area.top()..area.bottom() {
        let outside = area.x.checked_sub(1).and_then(|x| frame.buffer_mut().cell_mut((x, y)));
        if let Some(cell) = outside.filter(|cell| width(cell.symbol()) > 1) {
            cell.set_symbol(" ");
        }
    }
    // What lies under a dialog steps back; the footer names its keys and does not.
    let screen = frame.area();
    let under = Rect { height: screen.height.saturating_sub(1), ..screen };
    frame
        .buffer_mut()
        .set_style(under, Style::new().add_modifier(Modifier::DIM).remove_modifier(Modifier::BOLD));
    frame.render_widget(Clear, area);
    frame.render_widget(&block, area);
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..block.inner(area) };
    if inner.is_empty() || area.width < 4 {
        return;
    }
    let scroll = modal.scroll();
    for (i, line) in content.lines.iter().skip(scroll).take(visible).enumerate() {
        put(frame, inner, u16::try_from(i).unwrap_or(u16::MAX), line);
    }
    for (i, line) in content.question.iter().rev().enumerate() {
        let row = usize::from(inner.height).checked_sub(i + 1);
        if let Some(row) = row.and_then(|row| u16::try_from(row).ok()) {
            put(frame, inner, row, line);
        }
    }
    let hidden = content.lines.len().saturating_sub(scroll + visible);
    if hidden > 0 || scroll > 0 {
        let text = format!(" {}-{} of {} ", scroll + 1, scroll + visible, content.lines.len());
        let at = area.right().saturating_sub(u16::try_from(text.len()).unwrap_or(0) + 2);
        let edge =
            Rect { x: at.max(area.x), y: area.bottom() - 1, width: area.right() - at.max(area.x), height: 1 };
        put(frame, edge, 0, &Line::styled(text, content.style));
    }
}

/// All keys, read from the table of bindings.
fn help(theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    for (title, bindings) in keys::groups() {
        if !out.is_empty() {
            out.push(Line::default());
        }
        out.push(Line::styled(title, theme.heading()));
        for binding in bindings {
            let keys: Vec<String> = binding.keys.iter().map(|key| key.label(theme.ascii)).collect();
            out.push(Line::from(vec![
                Span::styled(pad(&keys.join(" "), 10, Align::Left, ""), theme.accent()),
                Span::raw(fit(binding.help, columns.saturating_sub(10), theme.ellipsis())),
            ]));
        }
    }
    out
}
