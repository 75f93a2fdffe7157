//! Why a profile is where it is, as lines: what it waits for, since when, what comes next, what can be done.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::report::labelled;
use crate::console::model::Model;
use crate::console::text::{absolute, ago, clock, width};
use crate::console::theme::Theme;
use crate::domain::id::ProfileId;
use crate::sync::overview::ProfileStatus;
use crate::sync::why::{Beside, Facts, Why, why};

/// What is known of the profile now.
pub(super) fn answer(model: &Model, profile: ProfileId) -> Option<Why> {
    let beside = Beside {
        limits_at: Some(model.limits_at),
        takes_no_others: model.options.read_only,
        ..Beside::default()
    };
    Facts::of(&model.overview, profile, model.now, beside).map(|facts| why(&facts))
}

/// The lines of the overlay.
pub(super) fn lines(model: &Model, profile: ProfileId, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let Some(why) = answer(model, profile) else { return vec![Line::raw("this profile is not known")] };
    let plain = Style::new();
    let status: ProfileStatus = model.home.status(profile);
    let word = format!("{} {}", theme.status_glyph(status), why.status);
    let mut out = labelled("state", &word, theme.status(status), theme, columns);
    out.extend(labelled("because", &why.says, plain, theme, columns));
    if let Some(since) = why.since {
        let exactly = if why.since_is_exact { "" } else { " at the earliest" };
        let at = absolute(since, model.now, &model.zone);
        let text = format!("{at}{exactly} ({})", ago(model.now.since(since)).0);
        out.extend(labelled("since", &text, plain, theme, columns));
    }
    out.extend(labelled("next", &why.next, plain, theme, columns));
    if let Some(at) = why.next_at {
        let left = clock(at.since(model.now));
        let text = format!("at {}, in {left}", absolute(at, model.now, &model.zone));
        out.extend(labelled("", &text, theme.warn(), theme, columns));
    }
    for (i, detail) in why.details.iter().enumerate() {
        out.extend(labelled(if i == 0 { "besides" } else { "" }, detail, theme.dim(), theme, columns));
    }
    if !why.remedies.is_empty() {
        out.push(Line::default());
    }
    for (i, remedy) in why.remedies.iter().enumerate() {
        let head = if i == 0 { "you can" } else { "" };
        let key = remedy.key.map_or_else(|| "  ".to_owned(), |key| format!("{key} "));
        let blank = " ".repeat(13_usize.saturating_sub(width(head)));
        let command = Span::styled(remedy.command.clone(), theme.dim());
        let mut line = Line::from(vec![
            Span::styled(format!("{head}{blank}"), theme.dim()),
            Span::styled(key, theme.accent().patch(theme.strong())),
            Span::raw(remedy.what),
        ]);
        // A command that is cut off is none: it goes below where there is no room beside.
        if line.width() + 2 + command.width() <= columns {
            line.spans.extend([Span::raw("  "), command]);
            out.push(line);
        } else {
            out.extend([line, Line::from(vec![Span::raw(" ".repeat(15)), command])]);
        }
    }
    out
}
