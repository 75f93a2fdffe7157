//! Keys of the screen of the matrix, and when it is read anew.

use super::{profiles, run};
use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::matrix::{ProofIndex, cell};
use crate::console::model::Model;
use crate::console::query::Query;
use crate::console::screen::Screen;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::run::RunView;

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    let Screen::Matrix(screen) = &mut model.screen else { return Vec::new() };
    screen.opening = None;
    match command {
        Command::Left => screen.column = screen.column.saturating_sub(1),
        Command::Right => screen.column += 1,
        Command::Open => return open(model),
        other => return profiles::on_command(model, other),
    }
    Vec::new()
}

/// Opens the run behind the current cell; one that is not the profile's latest is read first.
fn open(model: &mut Model) -> Vec<Effect> {
    let (Screen::Matrix(screen), Some(profile)) = (&model.screen, model.current()) else {
        return Vec::new();
    };
    let unit = screen.unit();
    let wanted = cell(model, screen, profile, unit).run();
    let latest = model.run(profile).map(|run| run.id);
    match wanted.filter(|run| Some(*run) != latest) {
        None => run::open_at(model, profile, unit),
        Some(older) => {
            if let Screen::Matrix(screen) = &mut model.screen {
                screen.opening = Some((older, unit));
            }
            vec![Effect::Load(Query::Run(older))]
        }
    }
}

/// Opens the run that Enter asked for, unless the operator has gone on meanwhile.
pub(super) fn on_run(
    model: &mut Model,
    id: RunId,
    result: Result<Option<RunView>, Box<ErrorReport>>,
) -> Vec<Effect> {
    let Screen::Matrix(screen) = &mut model.screen else { return Vec::new() };
    let Some((_, unit)) = screen.opening.take_if(|(opening, _)| *opening == id) else { return Vec::new() };
    match result {
        Ok(Some(run)) => return run::open_run_at(model, &run, unit),
        Ok(None) => model.say(format!("run {id} is no longer stored")),
        Err(report) => model.complain(report),
    }
    Vec::new()
}

/// Asks for everything, or for one profile, unless something is being asked for.
pub(super) fn changed(model: &mut Model, profile: Option<ProfileId>) -> Vec<Effect> {
    let Screen::Matrix(screen) = &mut model.screen else { return Vec::new() };
    ask(screen.changed(profile))
}

pub(super) fn on_proofs(
    model: &mut Model,
    of: Option<ProfileId>,
    result: Result<ProofIndex, Box<ErrorReport>>,
) -> Vec<Effect> {
    // One may have gone on to a run and come back with what was asked for before.
    let on_screen = std::iter::once(&mut model.screen).chain(model.trail.iter_mut().rev());
    let Some(screen) = on_screen.into_iter().find_map(|screen| match screen {
        Screen::Matrix(matrix) => Some(matrix),
        _ => None,
    }) else {
        return Vec::new();
    };
    let (next, complaint) = screen.answered(of, result);
    if let Some(report) = complaint {
        model.complain(report);
    }
    ask(next)
}

fn ask(next: Option<Option<ProfileId>>) -> Vec<Effect> {
    next.map(|of| Effect::Load(Query::Proofs(of))).into_iter().collect()
}
