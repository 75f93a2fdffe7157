//! Keys of the screen of changes, and what was read for it.

use crate::console::changes::ChangesScreen;
use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::model::{Document, Modal, Model};
use crate::console::query::{ChangesOf, Data, Loaded, Query};
use crate::console::screen::Screen;
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunState, RunView};
use crate::sync::event::SyncEvent;

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    let (_, page) = model.list_size();
    let now = model.now;
    let Screen::Changes(screen) = &mut model.screen else { return Vec::new() };
    match command {
        Command::Window if matches!(screen.of, ChangesOf::Run(_)) => {
            model.say("these are the changes of one run, whenever it was");
        }
        Command::Window => return load(screen.look_back(screen.window.next(), now)),
        Command::Open => open(model),
        other => screen.handle(other, page),
    }
    Vec::new()
}

/// The current change in full; where nothing could be read, why.
fn open(model: &mut Model) {
    let Screen::Changes(screen) = &model.screen else { return };
    let failed = match &screen.changes {
        Loaded::Failed(report) => Some(report.clone()),
        _ => None,
    };
    if let Some(report) = failed {
        let title = "The changes could not be read".to_owned();
        model.open(Modal::Error { title, note: None, report, scroll: 0 });
    } else if let Some(change) = screen.current().cloned() {
        model.open(Modal::Document { document: Document::Change(Box::new(change)), scroll: 0 });
    } else {
        model.say("no change here");
    }
}

fn load(of: Option<ChangesOf>) -> Vec<Effect> {
    of.map(|of| Effect::Load(Query::Changes(of))).into_iter().collect()
}

/// Reads the changes of a screen that was opened or come back to.
pub(super) fn entered(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let Screen::Changes(screen) = &mut model.screen else { return Vec::new() };
    load(screen.read_first(now))
}

pub(super) fn on_loaded(
    model: &mut Model,
    of: ChangesOf,
    result: Result<Data, Box<ErrorReport>>,
) -> Vec<Effect> {
    let now = model.now;
    let Screen::Changes(screen) = &mut model.screen else { return Vec::new() };
    let result = result.map(|data| if let Data::Changes(changes) = data { changes } else { Vec::new() });
    load(screen.take(of, result, now, &model.overview))
}

/// True when an event tells that changes were committed which the screen lists. Asked before it is folded.
pub(super) fn outdates(model: &Model, event: &SyncEvent) -> bool {
    let Screen::Changes(screen) = &model.screen else { return false };
    match event {
        SyncEvent::Run { run } => {
            run.state == RunState::Completed && concerns(screen, run) && !is_known(model, run)
        }
        SyncEvent::Snapshot { .. } => true,
        _ => false,
    }
}

fn concerns(screen: &ChangesScreen, run: &RunView) -> bool {
    match screen.of {
        ChangesOf::Run(id) => id == run.id,
        ChangesOf::Since { profile, .. } => profile.is_none_or(|profile| profile == run.profile_id),
    }
}

fn is_known(model: &Model, run: &RunView) -> bool {
    model.run(run.profile_id).is_some_and(|known| known.id == run.id && known.state == run.state)
}

/// Reads the changes anew, after something was committed.
pub(super) fn follow_engine(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let Screen::Changes(screen) = &mut model.screen else { return Vec::new() };
    load(screen.read(now))
}
