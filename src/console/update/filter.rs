//! Keys of the filter line, whichever list it is of.

use crossterm::event::KeyEvent;

use crate::console::event::Effect;
use crate::console::filter::{FilterLine, Typed};
use crate::console::keys::Command;
use crate::console::model::Model;

/// Opens the line of the present screen.
pub(super) fn open(model: &mut Model) {
    if let Some(line) = model.filter_line_mut() {
        line.open();
        model.refilter();
    }
}

/// Empties the line of the present screen; false when there is nothing in it.
pub(super) fn clear(model: &mut Model) -> bool {
    let set = model.filter_line().is_some_and(FilterLine::is_set);
    if let Some(line) = model.filter_line_mut().filter(|_| set) {
        line.clear();
        model.refilter();
    }
    set
}

pub(super) fn on_key(model: &mut Model, command: Option<Command>, key: &KeyEvent) -> Vec<Effect> {
    let Some(line) = model.filter_line_mut() else { return Vec::new() };
    match line.key(command, key) {
        Typed::Nothing => Vec::new(),
        Typed::Edited => {
            model.refilter();
            Vec::new()
        }
        Typed::Elsewhere(command) => super::on_command(model, command),
    }
}

/// Types a text that was pasted.
pub(super) fn type_text(model: &mut Model, text: &str) {
    if let Some(line) = model.filter_line_mut() {
        line.type_text(text);
        model.refilter();
        model.dirty = true;
    }
}
