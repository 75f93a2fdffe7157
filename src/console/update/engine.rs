//! What the engine tells, folded into the model; and time that passes.

use super::{modal, run};
use crate::console::event::Effect;
use crate::console::model::Model;
use crate::domain::id::ProfileId;
use crate::domain::time::Timestamp;
use crate::sync::event::SyncEvent;

pub(super) fn fold(model: &mut Model, event: SyncEvent, at: Timestamp) -> Vec<Effect> {
    pass_time(model, at);
    if let SyncEvent::Limits { limits } = &event {
        model.limits_at = at;
        // Gauges are told again and again; most of the time nothing has moved.
        if *limits == model.overview.limits {
            return Vec::new();
        }
    }
    model.dirty = true;
    let touched = touched(&event);
    model.overview.apply(event);
    match touched {
        Touched::Nothing => {}
        Touched::One(profile) => model.home.refresh(profile, &model.overview, at),
        Touched::All => model.home.rebuild(&model.overview, at),
    }
    modal::follow_engine(model);
    run::follow_engine(model)
}

/// Whose row an event may move.
enum Touched {
    Nothing,
    One(ProfileId),
    All,
}

fn touched(event: &SyncEvent) -> Touched {
    match event {
        SyncEvent::Snapshot { .. } => Touched::All,
        SyncEvent::Profile { profile } => Touched::One(profile.profile.id),
        SyncEvent::Run { run } => Touched::One(run.profile_id),
        SyncEvent::Waiting { profile_id, .. } | SyncEvent::Resumed { profile_id, .. } => {
            Touched::One(*profile_id)
        }
        SyncEvent::Unit { .. } | SyncEvent::Login { .. } | SyncEvent::Limits { .. } => Touched::Nothing,
    }
}

/// Sets the time; the screen is outdated when something on it has become so by time alone.
pub(super) fn pass_time(model: &mut Model, now: Timestamp) {
    let due = crate::console::timing::next_change(model);
    model.now = model.now.max(now);
    if due.is_none_or(|due| due > model.now) {
        return;
    }
    model.dirty = true;
    if model.notice.as_ref().and_then(|n| n.until).is_some_and(|until| until <= now) {
        model.notice = None;
    }
    model.home.refresh_parked(&model.overview, now);
}
