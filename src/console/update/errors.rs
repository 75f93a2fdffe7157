//! Keys of the errors screen, the question before many profiles are tried again, and the overlay that says why.

use super::bulk;
use crate::console::bulk::{Act, OfCause};
use crate::console::errors::Row;
use crate::console::event::Effect;
use crate::console::filter::FilterLine;
use crate::console::keys::Command;
use crate::console::model::{Modal, Model};
use crate::console::screen::Screen;

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    let (_, page) = model.list_size();
    let Screen::Errors(screen) = &mut model.screen else { return Vec::new() };
    match command {
        Command::Open => report(model),
        Command::RetryCause => return retry(model),
        other if screen.moved(other, page) => {}
        other => {
            if screen.selects(other) {
                let is_ranging = screen.selection().is_ranging();
                super::profiles::say_range(model, is_ranging, other);
            }
        }
    }
    Vec::new()
}

/// The report of the current line: of a cause its last one.
fn report(model: &mut Model) {
    let Screen::Errors(screen) = &model.screen else { return };
    let (title, report) = match screen.current() {
        Some(Row::Cause(cause)) => {
            (format!("Cause {}: {}", cause.cause, cause.who()), Box::new(cause.report.clone()))
        }
        Some(Row::Profile(cause, p)) => {
            let own = model.overview.failures.get(&p.profile_id).map(|failure| failure.report.clone());
            let report = own.unwrap_or_else(|| Box::new(cause.report.clone()));
            (format!("{} {}: run {} failed", p.name, p.country, p.run), report)
        }
        None => {
            say_nobody(model);
            return;
        }
    };
    model.open(Modal::Error { title, note: Some(super::NOTHING_CHANGED), report, scroll: 0 });
}

fn say_nobody(model: &mut Model) {
    let filtered = model.filter_line().is_some_and(FilterLine::is_set);
    model.say(if filtered { "the filter shows nobody who fails" } else { "no profile fails" });
}

/// Asks whether those who are selected are tried again; when nobody is, those who fail of the current cause: everybody,
/// or whom the filter shows. A login is asked for its profiles at once: that syncs nothing.
fn retry(model: &mut Model) -> Vec<Effect> {
    if super::says_hidden(model) {
        return Vec::new();
    }
    let Screen::Errors(screen) = &model.screen else { return Vec::new() };
    let selected = screen.selected();
    if !selected.is_empty() {
        return bulk::open(model, Act::Retry, selected, None);
    }
    let Some(cause) = screen.cause() else {
        say_nobody(model);
        return Vec::new();
    };
    let profiles = cause.retryable_profiles();
    if profiles.is_empty() && !cause.logins.is_empty() {
        model.say("asking every login for its profiles…");
        return vec![Effect::RefreshProfiles];
    }
    if profiles.is_empty() {
        model.say("all of them are being tried again already");
        return Vec::new();
    }
    // What is hidden may have been left out on purpose: nobody is tried again unseen.
    let only = screen.line().is_set().then(|| profiles.clone());
    let cause = OfCause { cause: cause.cause.clone(), summary: cause.summary.clone(), only, others: 0 };
    bulk::open(model, Act::Retry, profiles, Some(cause))
}

/// Opens the overlay that says why the current profile is where it is.
pub(super) fn why(model: &mut Model) {
    match model.current() {
        Some(profile) => model.open(Modal::Why { profile, scroll: 0 }),
        None => model.say("move to a profile first: w says what it waits for"),
    }
}

/// Keeps the screen and its dialogs true to the engine: a question whose profiles change is asked anew.
pub(super) fn follow_engine(model: &mut Model) {
    if let Screen::Errors(screen) = &mut model.screen {
        screen.rebuild(&model.overview, model.now);
    }
    match model.modal.as_ref().map(|opened| &opened.modal) {
        Some(Modal::Why { profile, .. }) if !model.overview.profiles.contains_key(profile) => {
            model.modal = None;
        }
        _ => {}
    }
}
