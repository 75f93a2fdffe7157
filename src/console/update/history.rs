//! Keys of the screen of runs, and how it follows the engine.

use super::run;
use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::model::Model;
use crate::console::query::Query;
use crate::console::screen::Screen;
use crate::domain::id::ProfileId;
use crate::domain::report::ErrorReport;
use crate::domain::run::RunView;

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    let (_, page) = model.list_size();
    let Screen::History(screen) = &mut model.screen else { return Vec::new() };
    if command == Command::Open {
        let run = screen.current().cloned();
        return run.map_or_else(Vec::new, |run| run::open_run(model, &run));
    }
    if screen.profile.is_some() && command.selects() {
        model.say("these are all runs of one profile, and keys act on it");
        return Vec::new();
    }
    if screen.selects(command) {
        let is_ranging = screen.selection().is_ranging();
        super::profiles::say_range(model, is_ranging, command);
        return Vec::new();
    }
    screen.handle(command, page);
    Vec::new()
}

pub(super) fn on_runs(
    model: &mut Model,
    of: Option<ProfileId>,
    result: Result<Vec<RunView>, Box<ErrorReport>>,
) {
    let Screen::History(screen) = &mut model.screen else { return };
    if screen.profile != of {
        return;
    }
    if let Some(report) = screen.answered(result, &model.overview, model.now) {
        model.complain(report);
    }
}

/// Takes over a run that the engine tells of; after a snapshot, which tells the latest alone, all are read anew.
pub(super) fn follow_engine(model: &mut Model, heard: Heard) -> Vec<Effect> {
    let Screen::History(screen) = &mut model.screen else { return Vec::new() };
    match heard {
        Heard::Run(run) => screen.follow(&run, &model.overview, model.now),
        Heard::Everything => return vec![Effect::Load(Query::Runs(screen.profile))],
        Heard::Nothing => {}
    }
    Vec::new()
}

/// What an event tells of runs.
pub(super) enum Heard {
    Nothing,
    Run(Box<RunView>),
    Everything,
}
