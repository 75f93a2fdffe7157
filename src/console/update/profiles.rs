//! Keys of the list of profiles.

use super::{filter, run};
use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::model::Model;

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    let page = model.list_size().1;
    if model.home.selects(command) {
        say_range(model, model.home.selection().is_ranging(), command);
        return Vec::new();
    }
    match command {
        Command::Back => go_back(model),
        Command::Open => {
            return model.home.current().map_or_else(Vec::new, |profile| run::open(model, profile));
        }
        other => {
            let _ = model.home.moved(other, page) || model.home.reorder(other);
        }
    }
    Vec::new()
}

/// Says what a range is, when one has just begun.
pub(super) fn say_range(model: &mut Model, is_ranging: bool, command: Command) {
    if is_ranging && command == Command::SelectRange {
        model.say("moving extends the range; space or v ends it, esc gives it up");
    }
}

/// Esc takes away one thing at a time: a failure's message, a range, the filter, the selection.
fn go_back(model: &mut Model) {
    if model.notice.take().is_some_and(|notice| notice.report.is_some()) {
        return;
    }
    if model.home.selection_mut().cancel_range() {
        return;
    }
    if !filter::clear(model) {
        model.home.selection_mut().clear();
    }
}
