//! Keys of the run screen, and the units that were read for it.

use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::layout::{regions, run_rows};
use crate::console::model::{Model, Screen, Units};
use crate::domain::id::RunId;
use crate::domain::report::ErrorReport;
use crate::domain::run::UnitView;

pub(super) fn on_command(model: &mut Model, command: Command) {
    let page = usize::from(run_rows(regions(model).body)).max(1);
    let Screen::Run(screen) = &mut model.screen else { return };
    let cursor = &mut screen.cursor;
    match command {
        Command::Up => *cursor = cursor.saturating_sub(1),
        Command::Down => *cursor += 1,
        Command::PageUp => *cursor = cursor.saturating_sub(page),
        Command::PageDown => *cursor += page,
        Command::First => *cursor = 0,
        Command::Last => *cursor = usize::MAX,
        Command::Back => model.screen = Screen::Profiles,
        _ => {}
    }
}

/// Follows the profile to a newer run; its units are asked for when no event has told them.
pub(super) fn follow_engine(model: &mut Model) -> Vec<Effect> {
    let Screen::Run(screen) = &model.screen else { return Vec::new() };
    if !model.overview.profiles.contains_key(&screen.profile) {
        model.screen = Screen::Profiles;
        return Vec::new();
    }
    let latest = model.run(screen.profile).map(|run| run.id);
    if latest == screen.run {
        return Vec::new();
    }
    let known = latest.and_then(|run| model.overview.units.get(&run)).is_some_and(|units| !units.is_empty());
    if let Screen::Run(screen) = &mut model.screen {
        screen.run = latest;
        screen.units = if latest.is_some() && !known { Units::Loading } else { Units::Loaded(Vec::new()) };
    }
    latest.filter(|_| !known).map(Effect::LoadUnits).into_iter().collect()
}

pub(super) fn on_units(model: &mut Model, run: RunId, result: Result<Vec<UnitView>, Box<ErrorReport>>) {
    let Screen::Run(screen) = &mut model.screen else { return };
    if screen.run == Some(run) {
        screen.units = match result {
            Ok(units) => Units::Loaded(units),
            Err(report) => Units::Failed(report),
        };
        model.dirty = true;
    }
}
