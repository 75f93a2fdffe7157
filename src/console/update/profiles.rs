//! Keys of the list of profiles.

use super::{filter, run};
use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::model::Model;

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    let page = model.list_size().1;
    let home = &mut model.home;
    let position = home.position();
    match command {
        Command::Select if home.is_ranging() => home.toggle_range(),
        Command::SelectRange => {
            home.toggle_range();
            if home.is_ranging() {
                model.say("moving extends the range; space or v ends it, esc gives it up");
            }
        }
        Command::SelectInvert => home.invert(),
        Command::Select => {
            home.toggle();
            home.move_to(position + 1);
        }
        Command::SelectAll => home.toggle_all(),
        Command::Back => go_back(model),
        Command::Open => {
            return model.home.current().map_or_else(Vec::new, |profile| run::open(model, profile));
        }
        other => {
            let _ = home.moved(other, page) || home.reorder(other);
        }
    }
    Vec::new()
}

/// Esc takes away one thing at a time: a failure's message, a range, the filter, the selection.
fn go_back(model: &mut Model) {
    if model.notice.take().is_some_and(|notice| notice.report.is_some()) {
        return;
    }
    if model.home.cancel_range() {
        return;
    }
    if !filter::clear(model) {
        model.home.clear_selection();
    }
}
