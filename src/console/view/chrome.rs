//! What frames every screen: header, breadcrumbs with the filter, rules, banner, message and footer.

use std::hash::Hash;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::parts::{Part, join, put, put_sides};
use crate::console::changes::ChangesScreen;
use crate::console::filter::FilterLine;
use crate::console::history::HistoryScreen;
use crate::console::home::ORDERS;
use crate::console::keys::{self, Command, Scope};
use crate::console::layout::has_room;
use crate::console::limits::{self, LimitsScreen};
use crate::console::list::{Order, Sortable};
use crate::console::logview::LogsScreen;
use crate::console::model::{Model, RunScreen};
use crate::console::query::{ChangesOf, MOST_RUNS};
use crate::console::screen::{Screen, Tab};
use crate::console::selection::Selection;
use crate::console::text::{absolute, clock_with_zone, count, fit, one_line, plural, width};
use crate::console::theme::Theme;
use crate::console::units;
use crate::console::update::scope;
use crate::sync::overview::ProfileStatus;

pub(super) fn header(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let dot = theme.pick(" · ", " - ");
    let profiles = plural(model.overview.profiles.len(), "profile", "profiles");
    let counts = model.home.counts();
    // A console that asks no login knows those of its profiles.
    let logins = plural(model.overview.logins.len().max(counts.logins), "login", "logins");
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
    let mut right = Vec::new();
    if model.read_only {
        let text = if model.options.read_only { "read-only, carries no runs" } else { "read-only" };
        right.push(Part::new(8, text, theme.warn().patch(theme.strong())));
    }
    let asked = match model.asked_logins().as_slice() {
        [] => None,
        [one] => Some(format!(" asking {one}{}", theme.pick("…", "..."))),
        several => Some(format!(" asking {} logins{}", several.len(), theme.pick("…", "..."))),
    };
    right.extend(asked.map(|text| Part::new(5, text, theme.accent())));
    for (worth, number, word, status) in [
        (4, counts.queued, "queued", ProfileStatus::Queued),
        (5, counts.syncing, "syncing", ProfileStatus::Fetching),
        (6, counts.held, "held", ProfileStatus::Held),
        (7, counts.failed, "failed", ProfileStatus::Failed),
    ] {
        if number > 0 {
            right.push(Part::of(
                worth,
                vec![
                    Span::raw(" "),
                    Span::styled(format!("{} {word}", count(number as u64)), theme.status(status)),
                ],
            ));
        }
    }
    let clock = clock_with_zone(model.now, &model.zone);
    right.push(Part::of(3, vec![Span::raw("  "), Span::styled(clock, theme.dim())]));
    put_sides(frame, area, left, right, 1);
}

pub(super) fn crumbs(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width);
    let mut right = facts(model, theme);
    let line = model.filter_line();
    let left = match line {
        Some(line) if line.is_editing() || line.is_set() => filter_line(model, line, theme, frame, area),
        _ if model.screen.tab().is_some() && area.width >= TABS_FROM => tabs(model, theme),
        _ if model.screen.tab().is_some() => {
            // Closer together they may fit as well, at least without what the heads of columns show, too.
            let close = join(tabs(model, theme), 1, usize::MAX);
            let fits =
                |facts: &[Part]| close.width() + join(facts.to_vec(), 2, usize::MAX).width() + 4 <= columns;
            if !fits(&right) {
                let needed: Vec<Part> =
                    right.iter().filter(|part| part.worth() > OF_HEADS).cloned().collect();
                right = if fits(&needed) { needed } else { right };
            }
            let room = beside(&right, columns);
            if fits(&right) { vec![Part::of(9, close.spans)] } else { trail(model, theme, columns, room) }
        }
        _ => trail(model, theme, columns, beside(&right, columns)),
    };
    if let Some(line) = line.filter(|line| line.is_editing() || line.is_set()) {
        // While the filter takes the place of the trail, whose list it is stands here.
        if model.screen.tab().is_none() {
            right.insert(0, Part::new(5, crumb(model, &model.screen, 24, theme), theme.dim()));
        }
        // What is typed is worth more than what the screen says of itself.
        let typed = (width(line.value()) + 3).min(usize::from(area.width * 3 / 5));
        let room = usize::from(area.width).saturating_sub(typed + 4);
        right = vec![Part::of(9, join(right, 2, room).spans)];
    }
    put_sides(frame, area, left, right, 2);
}

/// Columns that are left beside what stands at the right.
fn beside(right: &[Part], columns: usize) -> usize {
    let right = join(right.to_vec(), 2, columns.saturating_sub(2)).width();
    columns.saturating_sub(2 + right + usize::from(right > 0) * 2)
}

/// What an order is worth that the head of a column shows, too.
const OF_HEADS: u8 = 2;

/// The order of a list in words. The first column is always in sight, another may have fallen away.
fn order(order: Order, columns: &[Sortable], theme: &Theme) -> Part {
    let worth = if order.column == 0 { OF_HEADS } else { OF_HEADS + 1 };
    Part::new(worth, order.label(columns), theme.dim())
}

/// From here on the numbers of all screens stand well apart beside what the present one says.
const TABS_FROM: u16 = 110;

/// The screens that a number opens.
fn tabs(model: &Model, theme: &Theme) -> Vec<Part> {
    let current = model.screen.tab();
    let tab = |tab: Tab| {
        let style = if current == Some(tab) { theme.strong() } else { theme.dim() };
        let number = Span::styled(format!("{} ", tab.digit()), theme.accent());
        Part::of(if current == Some(tab) { 9 } else { 4 }, vec![number, Span::styled(tab.title(), style)])
    };
    Tab::ALL.into_iter().map(tab).collect()
}

/// How one got here, the present screen last.
fn trail(model: &Model, theme: &Theme, columns: usize, room: usize) -> Vec<Part> {
    let sign = theme.pick(" › ", " > ");
    let mut parts = Vec::new();
    for (i, screen) in model.trail.iter().enumerate() {
        let title = crumb(model, screen, columns / 4, theme);
        let worth = u8::try_from(i + 1).unwrap_or(u8::MAX).min(8);
        parts.push(Part::of(worth, vec![Span::styled(title, theme.dim()), Span::styled(sign, theme.dim())]));
    }
    let present = fit(&crumb(model, &model.screen, columns / 2, theme), room, theme.ellipsis());
    parts.push(Part::new(9, present, theme.strong()));
    vec![Part::of(9, join(parts, 0, room.min(columns.saturating_sub(16))).spans)]
}

/// A screen in a word or two.
fn crumb(model: &Model, screen: &Screen, room: usize, theme: &Theme) -> String {
    let name = |profile| fit(&model.title(profile), room.max(12), theme.ellipsis());
    if let Some(tab) = screen.tab() {
        return tab.title().to_owned();
    }
    match screen {
        // Where one came from this profile's own screen, its name already stands there.
        Screen::Run(run) => {
            let of = run.run.map_or_else(|| "no run yet".to_owned(), |run| format!("run {run}"));
            format!("{} {} {of}", name(run.profile), theme.pick("›", ">"))
        }
        Screen::History(history) => {
            history.profile.map_or_else(|| "Runs".to_owned(), |profile| format!("runs of {}", name(profile)))
        }
        Screen::Changes(changes) => match changes.of {
            ChangesOf::Run(run) => format!("changes of run {run}"),
            ChangesOf::Since { .. } => {
                changes.profile.map_or_else(|| "Changes".to_owned(), |p| format!("changes of {}", name(p)))
            }
        },
        _ => String::new(),
    }
}

/// What the present screen says of itself, at the right.
fn facts(model: &Model, theme: &Theme) -> Vec<Part> {
    match &model.screen {
        Screen::Profiles | Screen::Matrix(_) => list_facts(model, theme),
        Screen::Errors(screen) => {
            let causes = screen.causes();
            let failing: usize = causes.iter().map(|cause| cause.profiles.len()).sum();
            let logins: usize = causes.iter().map(|cause| cause.logins.len()).sum();
            let mut words = Vec::new();
            if failing > 0 {
                words.push(plural(failing, "profile", "profiles"));
            }
            if logins > 0 {
                words.push(plural(logins, "login", "logins"));
            }
            words.push(plural(causes.len(), "cause", "causes"));
            let shown = if screen.line().is_set() { " shown" } else { "" };
            let mut parts = selected(screen.selection(), screen.hidden(), theme);
            if screen.total() > 0 {
                parts.push(Part::new(9, format!("{}{shown}", words.join(", ")), theme.bad()));
            }
            parts
        }
        Screen::Run(screen) => run_facts(model, screen, theme),
        Screen::Changes(screen) => changes_facts(screen, theme),
        Screen::Logs(screen) => logs_facts(model, screen, theme),
        Screen::History(screen) => history_facts(screen, theme),
        Screen::Limits(screen) => limits_facts(screen, theme),
    }
}

/// How the profile stands, or that the run is an older one; and the order of the units, when it is not the plan's.
fn run_facts(model: &Model, screen: &RunScreen, theme: &Theme) -> Vec<Part> {
    let status = model.home.status(screen.profile);
    let mut parts = vec![match screen.older {
        None => {
            let text = format!("{} {}", theme.status_glyph(status), status.word());
            Part::new(9, text, theme.status(status))
        }
        Some(_) => Part::new(9, "an older run", theme.dim()),
    }];
    if screen.order != Order::default() {
        parts.push(Part::new(2, screen.order.label(&units::ORDERS), theme.dim()));
    }
    parts
}

/// How many profiles the filter shows, and their order when it is not as they wait.
fn limits_facts(screen: &LimitsScreen, theme: &Theme) -> Vec<Part> {
    let mut parts = Vec::new();
    let (shown, total) = screen.profiles();
    if screen.line().is_set() {
        parts.push(Part::new(
            6,
            format!("{shown} of {}", plural(total, "profile", "profiles")),
            Style::new(),
        ));
    }
    if screen.order() != Order::default() {
        parts.push(Part::new(2, screen.order().label(&limits::ORDERS), theme.dim()));
    }
    parts
}

/// Which lines of the log pass, and whether the newest are followed.
fn logs_facts(model: &Model, screen: &LogsScreen, theme: &Theme) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(profile) = screen.profile {
        parts.push(Part::new(7, format!("only {}", model.title(profile)), Style::new()));
    }
    parts.push(Part::new(5, model.logs.level.label(), theme.dim()));
    parts.push(Part::new(6, plural(screen.len(), "line", "lines"), theme.dim()));
    let below = screen.len().saturating_sub(screen.list.position + 1);
    parts.push(if screen.follow {
        Part::new(9, "following", theme.accent())
    } else {
        Part::new(9, format!("{} below", count(below as u64)), theme.warn())
    });
    parts
}

/// How many runs there are, and their order.
fn history_facts(screen: &HistoryScreen, theme: &Theme) -> Vec<Part> {
    let mut runs = match screen.total() {
        0 => return Vec::new(),
        len if len >= MOST_RUNS => format!("the newest {}", plural(len, "run", "runs")),
        len => plural(len, "run", "runs"),
    };
    if screen.line().is_set() {
        runs = format!("{} of {runs}", count(screen.len() as u64));
    }
    let mut parts = selected(screen.selection(), screen.hidden(), theme);
    parts.extend([Part::new(6, runs, Style::new()), order(screen.order(), screen.orders(), theme)]);
    parts
}

/// How far back the changes go, and their order.
fn changes_facts(screen: &ChangesScreen, theme: &Theme) -> Vec<Part> {
    let window = match screen.of {
        ChangesOf::Since { .. } => {
            Some(Part::new(9, format!("last {}", screen.window.label()), Style::new()))
        }
        ChangesOf::Run(_) => None,
    };
    let order = order(screen.order(), &screen.orders(), theme);
    window.into_iter().chain([order]).collect()
}

/// How many are selected of a list, and how many of them no key acts on.
fn selected<K: Clone + Eq + Hash>(selection: &Selection<K>, hidden: usize, theme: &Theme) -> Vec<Part> {
    let mut parts = Vec::new();
    if selection.is_ranging() {
        parts.push(Part::new(7, "range", theme.accent()));
    }
    if selection.len() > 0 {
        let text = format!("{} selected", selection.len());
        parts.push(Part::new(8, text, theme.accent().patch(theme.strong())));
    }
    if hidden > 0 {
        parts.push(Part::new(7, format!("({hidden} hidden by the filter)"), theme.warn()));
    }
    parts
}

/// Selection, filter and order of the list of profiles.
fn list_facts(model: &Model, theme: &Theme) -> Vec<Part> {
    let home = &model.home;
    let mut right = selected(home.selection(), home.hidden(), theme);
    if home.line().is_set() {
        right.push(Part::new(6, format!("{} shown", home.rows().len()), Style::new()));
    }
    right.push(order(home.order(), &ORDERS, theme));
    right
}

fn filter_line(
    model: &Model,
    line: &FilterLine,
    theme: &Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) -> Vec<Part> {
    let style = if line.is_editing() { theme.accent().patch(theme.strong()) } else { theme.accent() };
    let room = usize::from(area.width * 3 / 5).saturating_sub(2).max(4);
    let skipped = line.scrolled(room);
    let mut shown = String::new();
    let mut column = 0;
    for c in line.value().chars() {
        let w = width(c.encode_utf8(&mut [0; 4]));
        if column >= skipped && column + w <= skipped + room {
            shown.push(c);
        }
        column += w;
    }
    if line.is_editing() && area.height > 0 && model.modal.is_none() {
        let at = line.cursor().saturating_sub(skipped) + 3;
        let x = area.x + u16::try_from(at).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
        frame.set_cursor_position(Position::new(x, area.y));
    }
    let text = if line.error().is_some() { theme.warn() } else { Style::new() };
    vec![Part::of(9, vec![Span::styled("/ ", style), Span::styled(shown, text)])]
}

/// Under the filter line: what is wrong with it, else what may stand where its cursor is.
pub(super) fn below_crumbs(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    rule(theme, frame, area);
    let Some(line) = model.filter_line() else { return };
    let room = usize::from(area.width).saturating_sub(4);
    let (offers, put_in) = line.offers();
    let text = match line.error() {
        Some(error) => {
            Line::styled(fit(&format!("! {error}"), room.saturating_sub(2), theme.ellipsis()), theme.warn())
        }
        None if line.is_editing() && !offers.is_empty() => {
            let first = put_in.unwrap_or(0);
            let parts = offers.iter().enumerate().skip(first).map(|(i, offer)| {
                let style =
                    if Some(i) == put_in { theme.accent().patch(theme.strong()) } else { theme.accent() };
                let means = Span::styled(format!(" {}", offer.means), theme.dim());
                let worth = u8::try_from(offers.len() - i).unwrap_or(u8::MAX);
                Part::of(worth, vec![Span::styled(offer.word.clone(), style), means])
            });
            join(parts.collect(), 3, room.saturating_sub(2))
        }
        None => return,
    };
    let mut spans = vec![Span::raw(" ")];
    spans.extend(text.spans.into_iter().map(|span| span.patch_style(text.style)));
    spans.push(Span::raw(" "));
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    put(frame, area, 0, &Line::from(spans));
}

pub(super) fn rule(theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let line = Line::styled(theme.pick("─", "-").repeat(usize::from(area.width)), theme.dim());
    put(frame, area, 0, &line);
}

pub(super) fn banner(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width).saturating_sub(4);
    let (bad, warn) = (theme.pick("✗", "x"), "!");
    let (mark, style, head, hint) = if let Some(since) = model.engine_stopped {
        let since = absolute(since, model.now, &model.zone);
        (
            bad,
            theme.bad(),
            format!("the engine stopped at {since}: what is shown is no longer current"),
            "quit with q and start adsync again; nothing that was fetched is lost".to_owned(),
        )
    } else if let Some(lost) = &model.overview.database_lost {
        let since = absolute(lost.since, model.now, &model.zone);
        let head = format!("the database is lost since {since}: {}", lost.detail);
        let hint = "shown as of then; tried again every second; syncs may fail, r retries them";
        (bad, theme.bad(), head, hint.to_owned())
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
            Screen::Run(run) => {
                super::run::cut_sentence(model, run, theme, area.width).map(|text| (text, Style::new()))
            }
            Screen::History(history) => super::history::cut_sentence(model, history, theme, area.width),
            _ => None,
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
        command if command.acts() && model.read_only => false,
        Command::Approve | Command::Discard => {
            (model.modal.is_some() && has_room(model.size))
                || model.modal.is_none() && model.current().is_some_and(|id| model.held(id).is_some())
        }
        command if command.selects() => model.selects(),
        Command::Interrupt => matches!(scope(model), Scope::Leaving),
        Command::History => !matches!(&model.screen, Screen::History(runs) if runs.profile.is_some()),
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
