//! Keys of the screen of limits.

use super::run;
use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::model::Model;
use crate::console::screen::Screen;

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    if command == Command::Open {
        return open(model);
    }
    let page = model.list_size().1;
    if let Screen::Limits(screen) = &mut model.screen {
        screen.handle(command, page, &model.overview.limits);
    }
    Vec::new()
}

/// Opens the run of the profile that waits.
fn open(model: &mut Model) -> Vec<Effect> {
    match model.current() {
        Some(profile) => run::open(model, profile),
        None => {
            model.say("move to a profile that waits: its run is opened");
            Vec::new()
        }
    }
}
