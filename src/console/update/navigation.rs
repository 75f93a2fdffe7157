//! From screen to screen: numbers, the keys that look closer at a profile, and the way back.

use std::collections::BTreeMap;

use super::{bulk, changes, errors, filter, history, logview, matrix, run, takeaway};
use crate::console::bulk::Costs;
use crate::console::changes::ChangesScreen;
use crate::console::errors::ErrorsScreen;
use crate::console::event::Effect;
use crate::console::history::HistoryScreen;
use crate::console::limits::LimitsScreen;
use crate::console::matrix::{MatrixScreen, ProofIndex};
use crate::console::model::Model;
use crate::console::query::{Data, Query};
use crate::console::screen::{Screen, Tab};
use crate::console::settle::Touched;
use crate::domain::report::ErrorReport;

/// Opens the screen that a number stands for.
pub(super) fn jump(model: &mut Model, tab: Tab) -> Vec<Effect> {
    // The number of the screen that is there reads it anew.
    if model.screen.tab() == Some(tab) {
        return entered(model);
    }
    let screen = match tab {
        Tab::Profiles => Screen::Profiles,
        Tab::Runs => Screen::History(HistoryScreen::default()),
        Tab::Errors => Screen::Errors(ErrorsScreen::new(&model.overview, model.now)),
        Tab::Changes => Screen::Changes(ChangesScreen::lately(None, model.now)),
        Tab::Matrix => Screen::Matrix(MatrixScreen::default()),
        Tab::Limits => Screen::Limits(LimitsScreen::default()),
        Tab::Logs => logview::opened(model),
    };
    model.jump(screen);
    entered(model)
}

/// Opens the runs of the current profile.
pub(super) fn history(model: &mut Model) -> Vec<Effect> {
    match model.current() {
        // The key of the screen that is there reads it anew.
        Some(_) if matches!(&model.screen, Screen::History(screen) if screen.profile.is_some()) => {
            entered(model)
        }
        Some(profile) => {
            model.go(Screen::History(HistoryScreen::new(Some(profile))));
            entered(model)
        }
        None => {
            model.say("move to a profile first: h shows its runs");
            Vec::new()
        }
    }
}

/// Opens what the shown run changed, or what changed of the current profile.
pub(super) fn show_changes(model: &mut Model) -> Vec<Effect> {
    let run = match &model.screen {
        Screen::Run(screen) => screen.run,
        Screen::History(screen) => screen.current().map(|run| run.id),
        _ => None,
    };
    let Some(profile) = model.current() else {
        model.say("move to a profile first: d shows what changed of it");
        return Vec::new();
    };
    let screen = match run {
        Some(run) => ChangesScreen::of_run(profile, run),
        None => ChangesScreen::lately(Some(profile), model.now),
    };
    model.go(Screen::Changes(screen));
    entered(model)
}

/// Esc: first a failure's message goes, then the screen.
pub(super) fn back(model: &mut Model) -> Vec<Effect> {
    let told = model.notice.take().is_some_and(|notice| notice.report.is_some());
    // A range goes first, then the filter, then what is selected. The filter and the selection of the matrix are the
    // profiles', and stay.
    let of_profiles = matches!(model.screen, Screen::Matrix(_));
    let mut clear = || model.give_up_range() || !of_profiles && filter::clear(model);
    if told || clear() || logview::clear_search(model) || model.give_up_selection() || !model.go_back() {
        return Vec::new();
    }
    entered(model)
}

/// Makes a screen current that was opened or come back to: it may have been told nothing for a while.
pub(super) fn entered(model: &mut Model) -> Vec<Effect> {
    errors::follow_engine(model);
    model.reread(Touched::All);
    let query = match &model.screen {
        Screen::Run(_) => return run::follow_engine(model),
        Screen::History(screen) => Query::Runs(screen.profile),
        Screen::Changes(_) => return changes::entered(model),
        Screen::Matrix(_) => return matrix::changed(model, None),
        Screen::Profiles | Screen::Errors(_) | Screen::Limits(_) | Screen::Logs(_) => {
            return Vec::new();
        }
    };
    vec![Effect::Load(query)]
}

/// Takes an answer to where it was asked for; a screen that asks for something else by now ignores it.
pub(super) fn on_loaded(
    model: &mut Model,
    query: &Query,
    result: Result<Data, Box<ErrorReport>>,
) -> Vec<Effect> {
    model.dirty = true;
    match (&mut model.screen, query) {
        (_, Query::Costs) => {
            let none = || Costs { runs: BTreeMap::default(), slots: 1 };
            let costs = result.map(|data| if let Data::Costs(costs) = data { costs } else { none() });
            bulk::on_costs(model, costs);
        }
        (_, Query::Held(run)) => {
            let held = result.map(|data| if let Data::Held(held) = data { held } else { None });
            takeaway::on_held(model, *run, held);
        }
        (_, Query::Run(id)) => {
            let run = result.map(|data| if let Data::Run(run) = data { run.map(|run| *run) } else { None });
            return matrix::on_run(model, *id, run);
        }
        (_, Query::Proofs(of)) => {
            let proofs = result.map(|data| match data {
                Data::Proofs(proofs, failed) => ProofIndex::new(proofs, failed),
                _ => ProofIndex::default(),
            });
            return matrix::on_proofs(model, *of, proofs);
        }
        (_, Query::Units(id)) => {
            let units = result.map(|data| if let Data::Units(units) = data { units } else { Vec::new() });
            run::on_units(model, *id, units);
        }
        (_, Query::Runs(of)) => {
            let runs = result.map(|data| if let Data::Runs(runs) = data { runs } else { Vec::new() });
            history::on_runs(model, *of, runs);
        }
        (Screen::Changes(_), Query::Changes(of)) => return changes::on_loaded(model, *of, result),
        _ => {}
    }
    Vec::new()
}
