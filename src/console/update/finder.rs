//! Keys of the finder; what it finds is done as its key would do it.

use crossterm::event::{Event as TerminalEvent, KeyEvent};
use tui_input::InputRequest;
use tui_input::backend::crossterm::to_input_request;

use super::{navigation, run};
use crate::console::errors::ErrorsScreen;
use crate::console::event::Effect;
use crate::console::finder::{Finder, ROWS, Target};
use crate::console::keys::Command;
use crate::console::model::{Modal, Model, Opened};
use crate::console::screen::Screen;

/// Opens the finder. It takes keys at once: what is typed after its key is meant for it.
pub(super) fn open(model: &mut Model) {
    let finder = Finder::new(model, super::scope(model));
    model.modal = Some(Opened { modal: Modal::Finder(Box::new(finder)), armed: true });
}

fn shown(model: &mut Model) -> Option<&mut Finder> {
    match model.modal.as_mut().map(|opened| &mut opened.modal) {
        Some(Modal::Finder(finder)) => Some(finder),
        _ => None,
    }
}

pub(super) fn on_key(model: &mut Model, command: Option<Command>, key: &KeyEvent) -> Vec<Effect> {
    let Some(finder) = shown(model) else { return Vec::new() };
    match command {
        Some(Command::Back) => model.modal = None,
        Some(Command::Open) => return take(model),
        Some(command) => {
            finder.list.moved(command, ROWS);
            finder.list.settle(finder.len(), ROWS);
        }
        None => {
            let request = to_input_request(&TerminalEvent::Key(*key));
            if request.and_then(|request| finder.input.handle(request)).is_some_and(|change| change.value) {
                finder.search();
            }
        }
    }
    Vec::new()
}

/// Types a text that was pasted.
pub(super) fn type_text(model: &mut Model, text: &str) {
    let Some(finder) = shown(model) else { return };
    for c in text.chars() {
        finder.input.handle(InputRequest::InsertChar(c));
    }
    finder.search();
    model.dirty = true;
}

fn take(model: &mut Model) -> Vec<Effect> {
    let Some(target) = shown(model).and_then(|finder| finder.current()).map(|entry| entry.target.clone())
    else {
        return Vec::new();
    };
    model.modal = None;
    match target {
        Target::Key(command) => super::on_command(model, command),
        Target::Profile(profile) => run::open(model, profile),
        Target::Cause(cause) => {
            let mut screen = ErrorsScreen::new(&model.overview, model.now);
            screen.find(&cause);
            model.jump(Screen::Errors(screen));
            navigation::entered(model)
        }
    }
}
