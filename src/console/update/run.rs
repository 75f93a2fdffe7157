//! Keys of the run screen, and the units that were read for it.

use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::list::{ListCursor, Order};
use crate::console::model::{Model, RunScreen};
use crate::console::query::{Loaded, Query};
use crate::console::screen::Screen;
use crate::console::units::ORDERS;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunView, UnitView};
use crate::domain::unit::Unit;

/// Opens the latest run of a profile, which is followed from then on.
pub(super) fn open(model: &mut Model, profile: ProfileId) -> Vec<Effect> {
    show(model, latest(model, profile, None))
}

/// The same, with the cursor on a unit.
pub(super) fn open_at(model: &mut Model, profile: ProfileId, unit: Unit) -> Vec<Effect> {
    show(model, latest(model, profile, Some(unit)))
}

fn latest(model: &Model, profile: ProfileId, at: Option<Unit>) -> RunScreen {
    let run = model.run(profile).map(|run| run.id);
    let (units, list, order) = (Loaded::Loading, ListCursor::default(), Order::default());
    RunScreen { profile, run, older: None, units, list, order, at, timeline: false }
}

/// Opens one run, whether it is the latest or not.
pub(super) fn open_run(model: &mut Model, run: &RunView) -> Vec<Effect> {
    show(model, of_run(model, run, None))
}

/// The same, with the cursor on a unit.
pub(super) fn open_run_at(model: &mut Model, run: &RunView, unit: Unit) -> Vec<Effect> {
    show(model, of_run(model, run, Some(unit)))
}

fn of_run(model: &Model, run: &RunView, at: Option<Unit>) -> RunScreen {
    let mut screen = latest(model, run.profile_id, at);
    if screen.run != Some(run.id) {
        screen.run = Some(run.id);
        screen.older = Some(Box::new(run.clone()));
    }
    screen
}

fn show(model: &mut Model, mut screen: RunScreen) -> Vec<Effect> {
    let wanted = screen.run.filter(|run| !known(model, *run));
    if wanted.is_none() {
        screen.units = Loaded::Ready(Vec::new());
    }
    model.go(Screen::Run(screen));
    load(wanted)
}

fn known(model: &Model, run: RunId) -> bool {
    model.overview.units.get(&run).is_some_and(|units| !units.is_empty())
}

fn load(run: Option<RunId>) -> Vec<Effect> {
    run.map(|run| Effect::Load(Query::Units(run))).into_iter().collect()
}

pub(super) fn on_command(model: &mut Model, command: Command) {
    let (_, page) = model.list_size();
    let Screen::Run(screen) = &mut model.screen else { return };
    if command == Command::Timeline {
        screen.timeline = !screen.timeline;
    } else if screen.list.moved(command, page) {
        screen.at = None;
    } else {
        screen.order.changed(command, &ORDERS);
    }
}

/// Follows the profile to a newer run; its units are asked for when no event has told them.
pub(super) fn follow_engine(model: &mut Model) -> Vec<Effect> {
    let Screen::Run(screen) = &model.screen else { return Vec::new() };
    if !model.overview.profiles.contains_key(&screen.profile) {
        model.go_back();
        return super::entered(model);
    }
    let latest = model.run(screen.profile).map(|run| run.id);
    if latest == screen.run || screen.older.is_some() {
        return Vec::new();
    }
    let wanted = latest.filter(|run| !known(model, *run));
    if let Screen::Run(screen) = &mut model.screen {
        screen.run = latest;
        screen.units = if wanted.is_some() { Loaded::Loading } else { Loaded::Ready(Vec::new()) };
    }
    load(wanted)
}

pub(super) fn on_units(model: &mut Model, run: RunId, result: Result<Vec<UnitView>, Box<ErrorReport>>) {
    let Screen::Run(screen) = &mut model.screen else { return };
    if screen.run == Some(run) {
        screen.units.take(result);
    }
}
