//! Keys that act on several profiles: the dialog that says before what would happen, its answers, and how it is kept
//! true to the engine.

use crossterm::event::{KeyCode, KeyEvent};

use crate::console::bulk::{Act, Bulk, Costs, OfCause};
use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::model::{Modal, Model};
use crate::console::query::Query;
use crate::console::text::plural;
use crate::domain::id::ProfileId;
use crate::domain::report::ErrorReport;
use crate::sync::causes::{Cause, causes};

/// Opens the dialog about several profiles; what has to be read for it is asked for.
pub(super) fn open(
    model: &mut Model,
    act: Act,
    chosen: Vec<ProfileId>,
    cause: Option<OfCause>,
) -> Vec<Effect> {
    let mut bulk = Bulk::new(model, act, chosen, cause);
    read_cause(model, &mut bulk);
    if bulk.profiles.is_empty() {
        let why: Vec<String> = bulk.skipped.iter().map(|(why, n)| format!("{n} {why}")).collect();
        model.say(format!("nothing to {} here: {}", act.command(), why.join(", ")));
        return Vec::new();
    }
    model.open(Modal::Bulk(Box::new(bulk)));
    if act == Act::Cancel { Vec::new() } else { vec![Effect::Load(Query::Costs)] }
}

fn shown(model: &mut Model) -> Option<&mut Bulk> {
    match model.modal.as_mut().map(|opened| &mut opened.modal) {
        Some(Modal::Bulk(bulk)) => Some(bulk),
        _ => None,
    }
}

/// Takes what was read; the numbers have to be seen before they can be agreed to.
pub(super) fn on_costs(model: &mut Model, result: Result<Costs, Box<ErrorReport>>) {
    let Some(mut bulk) = shown(model).cloned() else { return };
    bulk.costs.take(result);
    bulk.add_up(model);
    replace(model, bulk);
}

/// Shows another state of the dialog; one that says something else has to be drawn before it takes an answer. A number
/// is an answer to what was drawn, and takes its time: nothing of it is lost.
fn replace(model: &mut Model, bulk: Bulk) {
    let Some(known) = shown(model).filter(|known| **known != bulk) else { return };
    if known.is_typed() && bulk.is_typed() {
        *known = bulk;
        model.dirty = true;
    } else {
        model.open(Modal::Bulk(Box::new(bulk)));
    }
}

/// Chooses anew who fails of the dialog's cause.
fn read_cause(model: &Model, bulk: &mut Bulk) {
    let Some(of) = &mut bulk.cause else { return };
    let known = causes(&model.overview).into_iter().find(|known| known.cause == of.cause);
    bulk.chosen = of.choose(known.as_ref().map(Cause::retryable_profiles).unwrap_or_default());
    if let Some(known) = known {
        of.summary = known.summary;
    }
}

/// Keeps the dialog true to the engine: whom it would happen to may change under it.
pub(super) fn follow_engine(model: &mut Model) {
    let Some(bulk) = shown(model) else { return };
    let mut bulk = bulk.clone();
    let chosen = bulk.chosen.clone();
    read_cause(model, &mut bulk);
    // Whoever begins to fail of it meanwhile does not join.
    bulk.chosen.retain(|id| chosen.contains(id));
    bulk.sort_out(model);
    if bulk.profiles.is_empty() {
        model.modal = None;
        model.say(if bulk.cause.is_some() {
            "nobody fails of this cause any more"
        } else {
            "none of the chosen profiles is left to act on"
        });
        return;
    }
    let others = |bulk: &Bulk| bulk.cause.as_ref().map(|of| of.others);
    let told = |bulk: &Bulk| (bulk.profiles.clone(), bulk.discards, bulk.skipped.clone(), others(bulk));
    if shown(model).map(|known| told(known)) != Some(told(&bulk)) {
        bulk.add_up(model);
        replace(model, bulk);
    }
}

/// A frame that shows the dialog was drawn.
pub(super) fn drawn(model: &mut Model) {
    if let Some(bulk) = shown(model) {
        bulk.drawn();
    }
}

pub(super) fn on_key(model: &mut Model, command: Option<Command>, key: &KeyEvent) -> Vec<Effect> {
    let Some(bulk) = shown(model) else { return Vec::new() };
    match command {
        Some(Command::No) => model.modal = None,
        Some(Command::Yes) if bulk.is_typed() && bulk.typed.parse() != Ok(bulk.asked) => {
            bulk.typed.clear();
            model.say("that is not the number of profiles");
        }
        Some(Command::Yes) => return agreed(model),
        None if bulk.is_typed() => match key.code {
            KeyCode::Char(c) if c.is_ascii_digit() && bulk.typed.len() < 20 => bulk.typed.push(c),
            KeyCode::Backspace => {
                bulk.typed.pop();
            }
            _ => {}
        },
        _ => {}
    }
    Vec::new()
}

fn agreed(model: &mut Model) -> Vec<Effect> {
    let Some(bulk) = shown(model).cloned() else { return Vec::new() };
    let (act, profiles) = (bulk.act, bulk.agreed(model));
    model.modal = None;
    model.end_range();
    let (one, many) = act.nouns();
    model.say(match act {
        Act::Cancel => "asking the syncs to stop…".to_owned(),
        Act::Sync | Act::Retry => format!("asking for {}…", plural(profiles.len(), one, many)),
    });
    vec![match act {
        Act::Sync => Effect::Sync(profiles),
        Act::Retry => Effect::Retry(profiles),
        Act::Cancel => Effect::Cancel(profiles),
    }]
}
