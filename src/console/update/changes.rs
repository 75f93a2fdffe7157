//! Keys of the screen of changes.

use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::model::Model;
use crate::console::screen::Screen;

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    let (_, page) = model.list_size();
    if let Screen::Changes(screen) = &mut model.screen {
        screen.list.moved(command, page);
    }
    Vec::new()
}
