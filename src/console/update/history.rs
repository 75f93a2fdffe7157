//! Keys of the screen of runs.

use super::run;
use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::model::Model;
use crate::console::screen::Screen;

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    let (_, page) = model.list_size();
    let Screen::History(screen) = &mut model.screen else { return Vec::new() };
    if command == Command::Open {
        let run = screen.runs.ready().and_then(|runs| runs.get(screen.list.position)).cloned();
        return run.map_or_else(Vec::new, |run| run::open_run(model, &run));
    }
    screen.list.moved(command, page);
    Vec::new()
}
