//! `update`: what happened changes the model, and says what must be done. No I/O, no clock, no awaiting.

mod bulk;
mod changes;
mod engine;
mod errors;
mod filter;
mod finder;
mod history;
mod limits;
mod logview;
mod matrix;
mod modal;
mod navigation;
mod profiles;
mod run;
mod takeaway;

use crossterm::event::{KeyEvent, KeyEventKind};

use super::bulk::Act;
use super::event::{Effect, Event};
use super::filter::FilterLine;
use super::keys::{self, Command, Scope};
use super::model::{Modal, Model, Stage};
use super::screen::Screen;
use super::text::{clock_with_zone, one_line, plural, wall_clock};
use crate::domain::id::ProfileId;
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunState, RunView};

use navigation::entered;

/// Changes the model by one event.
pub fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    // What the engine tells is put in order once for each frame, and before anything else looks at it.
    if let Event::Engine { event, at } = event {
        return engine::fold(model, *event, at);
    }
    if model.is_unsettled() {
        model.settle();
    }
    let effects = match event {
        Event::Drawn => {
            if let Some(opened) = &mut model.modal {
                opened.armed = true;
            }
            bulk::drawn(model);
            return Vec::new();
        }
        Event::Key(key) => on_key(model, &key),
        Event::Paste(text) => on_paste(model, &text),
        Event::Resize { width, height } => {
            model.size = (width, height);
            model.dirty = true;
            Vec::new()
        }
        Event::Engine { .. } => Vec::new(),
        Event::EngineStopped => {
            model.engine_stopped.get_or_insert(model.now);
            model.dirty = true;
            Vec::new()
        }
        Event::Tick(now) => {
            engine::pass_time(model, now);
            Vec::new()
        }
        Event::Logged(lines) => {
            logview::logged(model, lines);
            Vec::new()
        }
        Event::Answered { effect, result } => {
            on_answer(model, &effect, result);
            Vec::new()
        }
        Event::Loaded { query, result } => navigation::on_loaded(model, &query, result),
        Event::Terminate => leave(model),
        Event::Released => vec![Effect::Exit],
    };
    model.settle();
    effects
}

/// Where the keys go.
pub(super) fn scope(model: &Model) -> Scope {
    match model.modal.as_ref().map(|opened| &opened.modal) {
        Some(Modal::Help { .. } | Modal::Error { .. } | Modal::Why { .. } | Modal::Document { .. }) => {
            Scope::Reader
        }
        Some(Modal::Export(_)) => Scope::FileName,
        Some(Modal::Finder(_)) => Scope::Finder,
        Some(Modal::Bulk(bulk)) if bulk.is_typed() => Scope::Number,
        Some(Modal::Bulk(_) | Modal::Quit { .. }) => Scope::Question,
        Some(Modal::Leaving { .. }) => Scope::Leaving,
        Some(Modal::Review(review)) => match review.stage {
            Stage::Reading => Scope::Review,
            Stage::Approving | Stage::Discarding => Scope::Question,
            Stage::Counting { .. } => Scope::Number,
        },
        None => match &model.screen {
            _ if model.filter_line().is_some_and(FilterLine::is_editing) => Scope::FilterLine,
            Screen::Profiles => Scope::Profiles,
            Screen::Run(_) => Scope::Run,
            Screen::Errors(_) => Scope::Errors,
            Screen::History(_) => Scope::History,
            Screen::Changes(_) => Scope::Changes,
            Screen::Matrix(_) => Scope::Matrix,
            Screen::Limits(_) => Scope::Limits,
            Screen::Logs(screen) if screen.editing => Scope::SearchLine,
            Screen::Logs(_) => Scope::Logs,
        },
    }
}

fn on_key(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    model.dirty = true;
    let scope = scope(model);
    let command = keys::command(scope, key);
    if command == Some(Command::Interrupt) {
        return interrupt(model);
    }
    if command == Some(Command::Redraw) {
        return vec![Effect::Redraw];
    }
    if model.modal.is_some() {
        let refused = command.is_some_and(|command| refused(model, command));
        return if refused { Vec::new() } else { modal::on_key(model, command, key) };
    }
    match (scope, command) {
        (Scope::SearchLine, command) => logview::on_search_key(model, command, key),
        (Scope::FilterLine, command) => filter::on_key(model, command, key),
        (_, Some(command)) => on_command(model, command),
        _ => Vec::new(),
    }
}

/// Pasted text goes into the filter line, the finder or nowhere: a key's action is never triggered by a clipboard.
fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    match scope(model) {
        Scope::FilterLine => filter::type_text(model, &one_line(text)),
        Scope::Finder => finder::type_text(model, &one_line(text)),
        Scope::SearchLine => logview::type_text(model, &one_line(text)),
        Scope::FileName => takeaway::type_text(model, &one_line(text)),
        _ => {}
    }
    Vec::new()
}

fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    if refused(model, command) {
        return Vec::new();
    }
    if matches!(command, Command::Sync | Command::Retry | Command::Cancel) && says_hidden(model) {
        return Vec::new();
    }
    match command {
        Command::ReadOnly => toggle_read_only(model),
        Command::Find => finder::open(model),
        Command::Sync => return sync(model),
        Command::Retry => return retry(model),
        Command::Cancel => return cancel(model),
        Command::Approve => modal::review(model, true),
        Command::Discard => modal::review(model, false),
        Command::Error => show_error(model),
        Command::Jump(tab) => return navigation::jump(model, tab),
        Command::History => return navigation::history(model),
        Command::Changes => return navigation::show_changes(model),
        Command::Why => errors::why(model),
        Command::Refresh => {
            model.say("asking every login for its profiles…");
            return vec![Effect::RefreshProfiles];
        }
        Command::Filter => filter::open(model),
        Command::Logs => model.logs.cycle_size(),
        Command::LogLevel => {
            model.logs.level = model.logs.level.next();
            logview::relevel(model);
            let level = model.logs.level.label();
            model.say(format!("the log shows {level}"));
        }
        Command::Copy => return takeaway::copy(model),
        Command::CopyInvocation => return takeaway::copy_command(model),
        Command::Export => return takeaway::ask_for_file(model),
        Command::Zone => {
            std::mem::swap(&mut model.zone, &mut model.other_zone);
            let zone = clock_with_zone(model.now, &model.zone);
            model.say(format!("times are shown in this zone: it is {zone}"));
        }
        Command::Help => model.open(Modal::Help { scroll: 0 }),
        Command::Quit => return quit(model),
        Command::Back if model.screen != Screen::Profiles => return navigation::back(model),
        other => match model.screen {
            Screen::Profiles => return profiles::on_command(model, other),
            Screen::Run(_) => run::on_command(model, other),
            Screen::History(_) => return history::on_command(model, other),
            Screen::Errors(_) => return errors::on_command(model, other),
            Screen::Changes(_) => return changes::on_command(model, other),
            Screen::Matrix(_) => return matrix::on_command(model, other),
            Screen::Limits(_) => return limits::on_command(model, other),
            Screen::Logs(_) => return logview::on_command(model, other),
        },
    }
    Vec::new()
}

/// True, and said, when it is not plain on whom keys would act: everything that is selected is hidden, or the filter
/// cannot be understood.
fn says_hidden(model: &mut Model) -> bool {
    if let Some(error) = model.filter_line().and_then(FilterLine::error) {
        let text = format!("the filter cannot be understood, so nothing is done: {error}");
        model.say(text);
        return true;
    }
    let hidden = model.hidden_selection();
    if let Some(hidden) = hidden {
        model.say(format!(
            "all {hidden} selected are hidden by the filter: esc clears it, then the selection"
        ));
    }
    hidden.is_some()
}

/// True, and said, when read-only mode refuses a command.
fn refused(model: &mut Model, command: Command) -> bool {
    let refused = model.read_only && command.acts();
    if refused {
        model.say("read-only: nothing is changed from here; Ctrl-R leaves the mode");
    }
    refused
}

fn toggle_read_only(model: &mut Model) {
    model.read_only = !model.read_only;
    model.say(if model.read_only {
        "read-only from now on: keys that change anything are refused; Ctrl-R leaves the mode"
    } else if model.options.read_only {
        "no longer read-only: this process carries what it is asked for, and no queued runs of others"
    } else {
        "no longer read-only"
    });
}

fn sync(model: &mut Model) -> Vec<Effect> {
    let refused = |model: &Model, id: &ProfileId| {
        let stored = model.overview.profiles.get(id)?;
        if stored.gone_at.is_some() {
            return Some("its login no longer lists it".to_owned());
        }
        stored.not_synced()
    };
    let targets = model.targets();
    // What waits for an operator is not given up by one key.
    if targets.len() > 1 || targets.iter().any(|id| model.held(*id).is_some()) {
        return bulk::open(model, Act::Sync, targets, None);
    }
    let (no, yes): (Vec<ProfileId>, Vec<ProfileId>) =
        targets.into_iter().partition(|id| refused(model, id).is_some());
    if let ([only], []) = (no.as_slice(), yes.as_slice()) {
        let why = refused(model, only).unwrap_or_default();
        let text = format!("{} is not synced: {why}", model.name(*only));
        model.say(text);
        return Vec::new();
    }
    if yes.is_empty() {
        model.say("no profile to sync");
        return Vec::new();
    }
    model.end_range();
    model.say("asking for 1 sync…");
    vec![Effect::Sync(yes)]
}

fn retry(model: &mut Model) -> Vec<Effect> {
    let mut targets = model.targets();
    if targets.len() > 1 {
        return bulk::open(model, Act::Retry, targets, None);
    }
    targets.retain(|id| model.home.status(*id).is_retryable());
    if targets.is_empty() {
        model.say("nothing failed here, so there is nothing to retry");
        return Vec::new();
    }
    model.end_range();
    model.say(format!("asking for {}…", plural(targets.len(), "retry", "retries")));
    vec![Effect::Retry(targets)]
}

fn cancel(model: &mut Model) -> Vec<Effect> {
    let mut targets = model.targets();
    if targets.len() > 1 {
        return bulk::open(model, Act::Cancel, targets, None);
    }
    targets.retain(|id| model.home.status(*id).is_live());
    match targets.as_slice() {
        [] => model.say("no sync is under way here"),
        _ => {
            model.end_range();
            model.say("asking the sync to stop…");
            return vec![Effect::Cancel(targets)];
        }
    }
    Vec::new()
}

/// Opens the report that is nearest: the message's, the current unit's or run's, a login's.
fn show_error(model: &mut Model) {
    let of_notice = model.notice.take().and_then(|n| n.report);
    if let Some(report) = of_notice {
        let title = "That could not be done".to_owned();
        model.open(Modal::Error { title, note: None, report, scroll: 0 });
        return;
    }
    let Some(profile) = model.current() else {
        show_login_error(model);
        return;
    };
    let shown = model.current_run().map(|run| run.id);
    if model.held(profile).is_some_and(|(run, _)| Some(run) == shown) {
        modal::read_review(model);
        return;
    }
    let name = model.title(profile);
    let unit = match &model.screen {
        Screen::Run(screen) => model.units(screen).get(screen.list.position).cloned(),
        _ => None,
    };
    let of_unit = unit.and_then(|u| Some((format!("{name}: {}", u.unit), None, u.error.clone()?)));
    let of_run = || {
        let error = model.current_run()?.error.clone()?;
        let at = wall_clock(error.at, &model.zone);
        Some((format!("{name}: the sync failed at {at}"), Some(NOTHING_CHANGED), error))
    };
    match of_unit.or_else(of_run) {
        Some((title, note, report)) => {
            model.open(Modal::Error { title, note, report: Box::new(report), scroll: 0 });
        }
        None => show_login_error(model),
    }
}

/// What every failure of a run means for the data.
const NOTHING_CHANGED: &str = "Nothing of this account was changed; what was fetched is kept for a retry.";

fn show_login_error(model: &mut Model) {
    let failed =
        model.failed_login().map(|(name, report)| (format!("Login {name}"), Box::new(report.clone())));
    match failed {
        Some((title, report)) => model.open(Modal::Error { title, note: None, report, scroll: 0 }),
        None => model.say("no error here"),
    }
}

fn on_answer(model: &mut Model, effect: &Effect, result: Result<Option<String>, Box<ErrorReport>>) {
    model.dirty = true;
    match (result, effect) {
        (Ok(Some(message)), _) => model.say(message),
        (Ok(None), Effect::RefreshProfiles) => model.say("every login was asked for its profiles"),
        (Ok(None), _) => {}
        (Err(report), _) => model.complain(report),
    }
}

/// How many runs this process carries, and how many it would take out of the queue: what leaving puts an end to.
fn carried(model: &Model) -> (usize, usize) {
    let (queued, running): (Vec<&RunView>, Vec<&RunView>) =
        model.overview.live_runs().partition(|run| run.state == RunState::Queued);
    let mine = running.iter().filter(|run| run.owner.as_ref() == Some(&model.overview.process));
    // Who only looks takes nothing out of the queue that is not his own.
    (mine.count(), if model.options.read_only { 0 } else { queued.len() })
}

fn quit(model: &mut Model) -> Vec<Effect> {
    let (running, queued) = carried(model);
    if running + queued == 0 {
        return leave(model);
    }
    model.open(Modal::Quit { running, queued });
    Vec::new()
}

/// Ctrl-C: quit; where that is already asked, without the answer; where it is under way, at once.
fn interrupt(model: &mut Model) -> Vec<Effect> {
    match model.modal.as_ref().map(|opened| &opened.modal) {
        Some(Modal::Quit { .. } | Modal::Leaving { .. }) => leave(model),
        _ => quit(model),
    }
}

/// Gives live runs back and then exits; asked again, exits without waiting.
fn leave(model: &mut Model) -> Vec<Effect> {
    model.dirty = true;
    if matches!(model.modal.as_ref().map(|o| &o.modal), Some(Modal::Leaving { .. })) {
        return vec![Effect::Exit];
    }
    let (live, _) = carried(model);
    model.open(Modal::Leaving { live });
    vec![Effect::Release]
}
