//! What frames every screen: header, breadcrumbs with the filter, rules, banner, message and footer.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::parts::{Part, join, put, put_sides};
use crate::console::errors::ErrorsScreen;
use crate::console::keys::{self, Command, Scope};
use crate::console::layout::has_room;
use crate::console::model::{Model, Screen};
use crate::console::text::{count, fit, one_line, plural, wall_clock, width};
use crate::console::theme::Theme;
use crate::console::update::scope;
use crate::sync::overview::ProfileStatus;

pub(super) fn header(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let dot = theme.pick(" · ", " - ");
    let profiles = plural(model.overview.profiles.len(), "profile", "profiles");
    let logins = plural(model.overview.logins.len(), "login", "logins");
    let left = vec![
        Part::new(9, "adsync", theme.strong().patch(theme.accent())),
        Part::of(5, vec![Span::raw(" "), Span::raw(profiles)]),
        Part::of(3, vec![Span::styled(dot.trim_start(), theme.dim()), Span::raw(logins)]),
        Part::of(
            2,
            vec![
                Span::styled(dot.trim_start(), theme.dim()),
                Span::styled(one_line(&model.options.database_label), theme.dim()),
            ],
        ),
    ];
    let counts = model.home.counts();
    let mut right = Vec::new();
    let asked = match model.asked_logins().as_slice() {
        [] => None,
        [one] => Some(format!(" asking {one}{}", theme.pick("…", "..."))),
        several => Some(format!(" asking {} logins{}", several.len(), theme.pick("…", "..."))),
    };
    right.extend(asked.map(|text| Part::new(5, text, theme.accent())));
    for (worth, number, word, status) in [
        (4, counts.syncing, "syncing", ProfileStatus::Fetching),
        (6, counts.held, "held", ProfileStatus::Held),
        (7, counts.failed, "failed", ProfileStatus::Failed),
    ] {
        if number > 0 {
            right.push(Part::of(
                worth,
                vec![Span::raw(" "), Span::styled(format!("{number} {word}"), theme.status(status))],
            ));
        }
    }
    let mut clock = wall_clock(model.now, &model.zone);
    if model.options.utc {
        clock.push_str(" UTC");
    }
    right.push(Part::of(3, vec![Span::raw("  "), Span::styled(clock, theme.dim())]));
    put_sides(frame, area, left, right, 1);
}

pub(super) fn crumbs(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    match &model.screen {
        Screen::Profiles => filter_line(model, theme, frame, area),
        Screen::Errors(screen) => errors_crumbs(screen, theme, frame, area),
        Screen::Run(screen) => {
            let sign = theme.pick(" › ", " > ");
            let stored = model.overview.profiles.get(&screen.profile);
            let country = stored.map_or_else(String::new, |p| format!(" {}", p.profile.country));
            let run = screen.run.map_or_else(|| "no run yet".to_owned(), |run| format!("run {run}"));
            let room = usize::from(area.width).saturating_sub(width(&run) + 36).max(12);
            let name = fit(&model.name(screen.profile), room, theme.ellipsis());
            let left = vec![
                Part::of(1, vec![Span::styled("Profiles", theme.dim()), Span::styled(sign, theme.dim())]),
                Part::of(9, vec![Span::styled(name, theme.strong()), Span::styled(country, theme.dim())]),
                Part::of(5, vec![Span::styled(sign, theme.dim()), Span::raw(run)]),
            ];
            let status = model.home.status(screen.profile);
            let text = format!("{} {}", theme.status_glyph(status), status.word());
            put_sides(frame, area, left, vec![Part::new(9, text, theme.status(status))], 0);
        }
    }
}

/// Where we are, and how much fails.
fn errors_crumbs(screen: &ErrorsScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let sign = theme.pick(" › ", " > ");
    let left = vec![
        Part::of(1, vec![Span::styled("Profiles", theme.dim()), Span::styled(sign, theme.dim())]),
        Part::new(9, "Errors", theme.strong()),
    ];
    let causes = screen.causes();
    let failing: usize = causes.iter().map(|cause| cause.profiles.len()).sum();
    let logins: usize = causes.iter().map(|cause| cause.logins.len()).sum();
    let mut parts = Vec::new();
    if failing > 0 {
        parts.push(plural(failing, "profile", "profiles"));
    }
    if logins > 0 {
        parts.push(plural(logins, "login", "logins"));
    }
    parts.push(plural(causes.len(), "cause", "causes"));
    let text = parts.join(", ");
    let right = if causes.is_empty() { Vec::new() } else { vec![Part::new(9, text, theme.bad())] };
    put_sides(frame, area, left, right, 0);
}

fn filter_line(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let home = &model.home;
    let mut right = Vec::new();
    if home.selected() > 0 {
        let hidden = home.hidden();
        let text = format!("{} selected", home.selected());
        right.push(Part::new(8, text, theme.accent().patch(theme.strong())));
        if hidden > 0 {
            right.push(Part::new(7, format!("({hidden} hidden by the filter)"), theme.warn()));
        }
    }
    if home.is_filtered() {
        right.push(Part::new(6, format!("{} shown", home.rows().len()), Style::new()));
    }
    right.push(Part::new(2, home.sort().label(), theme.dim()));

    let value = home.input.value();
    let left = if home.editing || home.is_filtered() {
        let style = if home.editing { theme.accent().patch(theme.strong()) } else { theme.dim() };
        let room = usize::from(area.width / 2).saturating_sub(2).max(4);
        let skipped = home.input.visual_scroll(room);
        let mut shown = String::new();
        let mut column = 0;
        for c in value.chars() {
            let w = width(c.encode_utf8(&mut [0; 4]));
            if column >= skipped && column + w <= skipped + room {
                shown.push(c);
            }
            column += w;
        }
        if home.editing && area.height > 0 && model.modal.is_none() {
            let at = home.input.visual_cursor().saturating_sub(skipped) + 3;
            let x = area.x + u16::try_from(at).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
            frame.set_cursor_position(Position::new(x, area.y));
        }
        vec![Part::of(9, vec![Span::styled("/ ", style), Span::raw(shown)])]
    } else {
        vec![Part::new(9, "Profiles", theme.strong())]
    };
    put_sides(frame, area, left, right, 2);
}

pub(super) fn rule(theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let line = Line::styled(theme.pick("─", "-").repeat(usize::from(area.width)), theme.dim());
    put(frame, area, 0, &line);
}

pub(super) fn banner(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width).saturating_sub(4);
    let (bad, warn) = (theme.pick("✗", "x"), "!");
    let (mark, style, head, hint) = if model.engine_stopped {
        (
            bad,
            theme.bad(),
            "the engine stopped: what is shown here is no longer current".to_owned(),
            "quit with q and start adsync again; nothing that was fetched is lost".to_owned(),
        )
    } else if let Some((login, report)) = model.failed_login() {
        let hint = format!("{}   (e: the full report)", report.hint);
        (bad, theme.bad(), format!("login {login}: {}", report.summary), hint)
    } else if let Some((login, detail)) = model.retried_login() {
        let hint = "it is being asked again; meanwhile its profiles are shown as they were stored".to_owned();
        (warn, theme.warn(), format!("login {login} does not answer: {detail}"), hint)
    } else if let Some((login, profiles)) = model.cut_off_login() {
        let head = format!(
            "login {login} lists {} profiles, as many as the API can tell of: there may be more",
            count(profiles as u64)
        );
        let hint = "those that it lacks are not taken for gone; a login for fewer accounts lists them all"
            .to_owned();
        (warn, theme.warn(), head, hint)
    } else {
        return;
    };
    let cut = |text: &str| fit(text, columns, theme.ellipsis());
    let mark = format!(" {mark} ");
    put(frame, area, 0, &Line::from(vec![Span::styled(mark, style), Span::styled(cut(&head), style)]));
    put(frame, area, 1, &Line::styled(format!("   {}", cut(&hint)), Style::new()));
}

pub(super) fn notice(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    rule(theme, frame, area);
    let Some(notice) = &model.notice else {
        // Otherwise the sentence of the current row, where its column was too narrow for it.
        let cut = match &model.screen {
            _ if model.modal.is_some() || area.width < 20 => None,
            Screen::Profiles => super::profiles::cut_sentence(model, theme, area.width),
            Screen::Errors(_) => None,
            Screen::Run(run) => {
                super::run::cut_sentence(model, run, theme, area.width).map(|text| (text, Style::new()))
            }
        };
        if let Some((sentence, style)) = cut {
            let room = usize::from(area.width).saturating_sub(4);
            let text = format!(" {} ", fit(&sentence, room.saturating_sub(2), theme.ellipsis()));
            put(
                frame,
                Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area },
                0,
                &Line::styled(text, style),
            );
        }
        return;
    };
    let style = if notice.report.is_some() { theme.bad() } else { theme.accent() };
    let mut text = one_line(&notice.text);
    if notice.report.is_some() {
        text = format!("{} {text}", theme.pick("✗", "x"));
    }
    let tail = if notice.report.is_some() { "  e full report" } else { "" };
    let room = usize::from(area.width).saturating_sub(4);
    let text = fit(&text, room.saturating_sub(width(tail)), theme.ellipsis());
    if room > 0 {
        let spans =
            vec![Span::raw(" "), Span::styled(text, style), Span::styled(tail, theme.dim()), Span::raw(" ")];
        put(
            frame,
            Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area },
            0,
            &Line::from(spans),
        );
    }
}

/// False for keys that the footer offers only where they can do something.
fn relevant(model: &Model, command: Command) -> bool {
    match command {
        Command::Approve | Command::Discard => {
            (model.modal.is_some() && has_room(model.size))
                || model.modal.is_none() && model.current().is_some_and(|id| model.held(id).is_some())
        }
        Command::Interrupt => matches!(scope(model), Scope::Leaving),
        _ => true,
    }
}

pub(super) fn footer(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let parts = keys::bindings(scope(model))
        .filter(|binding| !binding.label.is_empty() && relevant(model, binding.command))
        .map(|binding| {
            let key = binding.keys[0].label(theme.ascii);
            let label = format!(" {}", binding.label);
            Part::of(binding.worth, vec![Span::styled(key, theme.accent()), Span::raw(label)])
        })
        .collect();
    let gap = if area.width >= 100 { 3 } else { 2 };
    let mut line = join(parts, gap, usize::from(area.width).saturating_sub(2));
    line.spans.insert(0, Span::raw(" "));
    put(frame, area, 0, &line);
}
