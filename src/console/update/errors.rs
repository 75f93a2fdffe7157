//! Keys of the errors screen, the question before many profiles are tried again, and the overlay that says why.

use super::bulk;
use crate::console::bulk::Act;
use crate::console::errors::Row;
use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::layout::{errors_rows, regions};
use crate::console::model::{Modal, Model};
use crate::console::screen::Screen;

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    let page = usize::from(errors_rows(regions(model).body)).max(1);
    let Screen::Errors(screen) = &mut model.screen else { return Vec::new() };
    let position = screen.position();
    match command {
        Command::Up => screen.move_to(position.saturating_sub(1)),
        Command::Down => screen.move_to(position + 1),
        Command::PageUp => screen.move_to(position.saturating_sub(page)),
        Command::PageDown => screen.move_to(position + page),
        Command::First => screen.move_to(0),
        Command::Last => screen.move_to(usize::MAX),
        Command::Open => report(model),
        Command::RetryCause => return retry(model),
        _ => {}
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
            model.say("no profile fails");
            return;
        }
    };
    model.open(Modal::Error { title, note: Some(super::NOTHING_CHANGED), report, scroll: 0 });
}

/// Asks whether everybody who fails of the current cause is tried again. A login is asked for its profiles at once: that
/// syncs nothing.
fn retry(model: &mut Model) -> Vec<Effect> {
    let Screen::Errors(screen) = &model.screen else { return Vec::new() };
    let Some(cause) = screen.cause() else {
        model.say("no profile fails");
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
    let cause = (cause.cause.clone(), cause.summary.clone());
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
        screen.rebuild(&model.overview);
    }
    match model.modal.as_ref().map(|opened| &opened.modal) {
        Some(Modal::Why { profile, .. }) if !model.overview.profiles.contains_key(profile) => {
            model.modal = None;
        }
        _ => {}
    }
}
