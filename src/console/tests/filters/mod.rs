//! The filter line of every list beside that of the profiles: what it shows, what it keeps, and what keys act on then.

mod changes;
mod errors;
mod limits;
mod orders;
mod runs;

use super::fixture::*;
use super::history;
use super::{changes as changed, errors as failed, limits as limited};
use crate::console::export::{Cell, table};
use crate::console::*;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{RunState, UnitState};
use crate::sync::event::{SyncEvent, WaitReason};

fn line(model: &Model) -> &str {
    model.filter_line().unwrap().value()
}

fn exported(model: &mut Model) -> Vec<Vec<Cell>> {
    press(model, "X");
    match press(model, "enter").as_slice() {
        [Effect::Export(export)] => export.table.rows.clone(),
        other => panic!("{other:?}"),
    }
}

fn copied(model: &mut Model) -> String {
    match press(model, "y").as_slice() {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn failing() -> (Model, String) {
    let model = failed::opened((80, 24), "");
    let cause = model.overview.failures[&AURORA].cause.to_string();
    (model, cause)
}

/// What the list of errors shows: how many fail in each head, then who.
fn who(model: &Model) -> Vec<String> {
    let Screen::Errors(screen) = &model.screen else { panic!("another screen") };
    let of = |cause: &crate::sync::causes::Cause| {
        let names = cause.profiles.iter().map(|p| p.name.clone());
        std::iter::once(cause.who()).chain(names).collect::<Vec<_>>()
    };
    screen.causes().iter().flat_map(of).collect()
}

fn waiting(model: &Model) -> Vec<Option<i64>> {
    let Screen::Limits(screen) = &model.screen else { panic!("another screen") };
    let (shown, _) = screen.profiles();
    (0..shown).map(|place| screen.profile(place).unwrap().profile.map(|id| id.0)).collect()
}

#[test]
fn a_filter_stays_while_one_looks_deeper_and_esc_takes_one_thing_at_a_time() {
    let mut model = history::all((120, 40), "");
    filter(&mut model, "state:failed,discarded");
    press(&mut model, "j");
    assert_eq!(history::current(&model), 98);
    press(&mut model, "enter");
    assert!(matches!(model.screen, Screen::Run(_)));
    press(&mut model, "esc");
    update(&mut model, history::runs_of(None));
    assert_eq!((line(&model), history::current(&model)), ("state:failed,discarded", 98));
    update(&mut model, Event::Answered { effect: Effect::Sync(vec![HAUS]), result: Err(Box::new(report())) });
    press(&mut model, "esc");
    assert_eq!((model.notice.is_none(), line(&model)), (true, "state:failed,discarded"));
    press(&mut model, "esc");
    assert_eq!((line(&model), history::ids(&model).len(), history::current(&model)), ("", 17, 98));
    press(&mut model, "esc");
    assert_eq!(model.screen, Screen::Profiles);
    // The lists of profiles have one filter, which is theirs wherever Esc leads.
    filter(&mut model, "country:de");
    press(&mut model, "5 esc");
    assert_eq!((&model.screen, line(&model)), (&Screen::Profiles, "country:de"));
}

#[test]
fn each_list_has_a_filter_of_its_own() {
    let mut model = history::all((80, 24), "");
    filter(&mut model, "state:failed");
    assert_eq!(model.home.line().value(), "");
    press(&mut model, "4 / b i d enter 2");
    assert_eq!(line(&model), "", "a number opens a screen anew");
}

#[test]
fn what_was_told_while_one_looked_deeper_is_there_when_one_comes_back() {
    let mut model = limited::opened(limited::limits(), (120, 40), "j j enter");
    let mut fewer = limited::limits();
    fewer.profiles.retain(|limit| limit.profile != Some(NORDLICHT));
    tell(&mut model, SyncEvent::Limits { limits: fewer });
    press(&mut model, "esc");
    assert_eq!(waiting(&model), [Some(2), None, Some(12)]);
    assert_eq!(model.current(), Some(KESTREL));

    let (mut model, _) = failing();
    filter(&mut model, "country:de");
    press(&mut model, "j h");
    tell(&mut model, SyncEvent::Run { run: Box::new(run_view(151, HAUS, RunState::Completed)) });
    press(&mut model, "esc");
    assert_eq!((line(&model), who(&model).len()), ("country:de", 3));
}

#[test]
fn completion_offers_what_occurs_in_each_list() {
    for (mut model, keys, value) in [
        (history::all((80, 24), ""), "/ s t tab : f e tab", "state:fetching"),
        (changed::shown((80, 24)), "/ f i tab b u tab", "field:budget"),
        (failed::opened((80, 24), ""), "/ r e tab y tab", "recovers:yes"),
        (limited::opened(limited::limits(), (80, 24), ""), "/ s t tab r tab", "state:refused"),
    ] {
        // What Tab puts in ends with the colon.
        press(&mut model, &keys.replace("tab : ", "tab "));
        assert_eq!(line(&model), value);
    }
}

#[test]
fn every_list_with_a_filter_at_every_size() {
    for size in SIZES {
        let mut runs = history::all(size, "");
        press(&mut runs, "/ s t a t e :");
        snapshot("runs_filter_values", &runs);
        let mut runs = history::all(size, "");
        filter(&mut runs, "state:proved took:>2m");
        snapshot("runs_filter", &runs);
        let mut one = history::of_haus(size, "");
        filter(&mut one, "state:failed");
        snapshot("history_filter", &one);
        let mut some = changed::shown(size);
        filter(&mut some, "field:bid");
        snapshot("changes_filter", &some);
        let mut none = changed::shown(size);
        filter(&mut none, "kind:added country:uk");
        snapshot("changes_no_match", &none);
        let mut failing = failed::opened(size, "");
        filter(&mut failing, "name:bright");
        snapshot("errors_filter", &failing);
        press(&mut failing, "r");
        snapshot("errors_filter_retry", &failing);
        let mut waiting = limited::opened(limited::limits(), size, "");
        filter(&mut waiting, "state:paused");
        press(&mut waiting, "> G");
        snapshot("limits_filter", &waiting);
    }
    let mut error = history::all((80, 24), "");
    filter(&mut error, "took:5x");
    snapshot("runs_filter_error", &error);
    let mut units = model_of(overview(), (80, 24));
    let nordlicht = units.home.rows().iter().position(|id| *id == NORDLICHT).unwrap();
    units.home.move_to(nordlicht);
    press(&mut units, "enter > > > >");
    snapshot("run_ordered", &units);
}
