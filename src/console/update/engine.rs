//! What the engine tells, folded into the model; and time that passes.

use std::time::Duration;

use super::history::{self, Heard};
use super::{bulk, changes, errors, matrix, modal, run};
use crate::console::event::Effect;
use crate::console::model::Model;
use crate::console::screen::Screen;
use crate::console::settle::Touched;
use crate::console::text::clock;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::limits::{BucketSnapshot, LimitsSnapshot};
use crate::domain::run::RunView;
use crate::domain::time::Timestamp;
use crate::sync::event::SyncEvent;

pub(super) fn fold(model: &mut Model, event: SyncEvent, at: Timestamp) -> Vec<Effect> {
    pass_time(model, at);
    if let SyncEvent::Limits { limits } = &event {
        // Gauges are told again and again; most of the time nothing has moved but the countdowns, which go by the clock.
        if only_time_passed(&model.overview.limits, limits, at.since(model.limits_at)) {
            return Vec::new();
        }
        model.limits_at = at;
    }
    if matches!(event, SyncEvent::Snapshot { .. }) {
        model.limits_at = at;
    }
    (model.dirty, model.unsettled) = (true, true);
    let touched = touched(&event);
    let outdated = outdated(&event);
    let heard = heard(model, &event);
    let outdates_changes = changes::outdates(model, &event);
    let failing = |model: &Model| match touched {
        Touched::One(profile) => model.overview.failures.contains_key(&profile),
        Touched::All => true,
        Touched::Nothing | Touched::Progress(_) => false,
    };
    let was_failing = failing(model);
    let of_limits = matches!(event, SyncEvent::Limits { .. });
    let of_login = matches!(event, SyncEvent::Login { .. });
    if let (SyncEvent::Database { lost: None }, Some(lost)) = (&event, &model.overview.database_lost) {
        let after = clock(at.since(lost.since));
        model.say(format!("the database answers again, after {after}"));
    }
    let pace = Told::of(&event);
    model.overview.apply(event);
    pace.tell(model, at);
    match touched {
        Touched::Nothing => {}
        Touched::One(profile) | Touched::Progress(profile) => {
            model.home.refresh(profile, &model.overview, at);
        }
        Touched::All => model.home.rebuild(&model.overview, at),
    }
    model.reread(if of_limits { Touched::All } else { touched });
    modal::follow_engine(model);
    bulk::follow_engine(model);
    if of_login || was_failing || failing(model) {
        errors::follow_engine(model);
    }
    let mut effects = run::follow_engine(model);
    if outdates_changes {
        effects.extend(changes::follow_engine(model));
    }
    effects.extend(history::follow_engine(model, heard));
    if let Some(profile) = outdated {
        effects.extend(matrix::changed(model, profile));
    }
    effects
}

/// What the list of runs, when it is open, learns from an event.
fn heard(model: &Model, event: &SyncEvent) -> Heard {
    match event {
        _ if !matches!(model.screen, Screen::History(_)) => Heard::Nothing,
        SyncEvent::Snapshot { .. } => Heard::Everything,
        SyncEvent::Run { run } => Heard::Run(run.clone()),
        _ => Heard::Nothing,
    }
}

/// Whose proofs in the database an event may have changed: a profile's, or everybody's.
fn outdated(event: &SyncEvent) -> Option<Option<ProfileId>> {
    match event {
        SyncEvent::Snapshot { .. } => Some(None),
        SyncEvent::Run { run } if !run.state.is_live() => Some(Some(run.profile_id)),
        _ => None,
    }
}

/// True when a snapshot is what an earlier one has become by time alone.
fn only_time_passed(before: &LimitsSnapshot, after: &LimitsSnapshot, passed: Duration) -> bool {
    /// What two readings of one clock may differ by.
    const JITTER_MS: u64 = 300;
    let passed = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
    let as_told = |before: u64, after: u64| {
        (before > 0) == (after > 0) && before.saturating_sub(passed).abs_diff(after) <= JITTER_MS
    };
    let same_bucket = |a: &BucketSnapshot, b: &BucketSnapshot| {
        let undated = BucketSnapshot { paused_ms: a.paused_ms, next_in_ms: a.next_in_ms, ..b.clone() };
        *a == undated && as_told(a.paused_ms, b.paused_ms) && as_told(a.next_in_ms, b.next_in_ms)
    };
    let same_pause = |a: &(ProfileId, u64), b: &(ProfileId, u64)| a.0 == b.0 && as_told(a.1, b.1);
    before.enabled == after.enabled
        && before.profiles == after.profiles
        && before.buckets.len() == after.buckets.len()
        && before.throttled_profiles.len() == after.throttled_profiles.len()
        && before.buckets.iter().zip(&after.buckets).all(|(a, b)| same_bucket(a, b))
        && before.throttled_profiles.iter().zip(&after.throttled_profiles).all(|(a, b)| same_pause(a, b))
}

/// What an event tells of how far runs have come.
enum Told {
    Nothing,
    All,
    Units(RunId),
    Run(Box<RunView>),
}

impl Told {
    fn of(event: &SyncEvent) -> Self {
        match event {
            SyncEvent::Snapshot { .. } => Self::All,
            SyncEvent::Unit { unit, .. } => Self::Units(unit.run_id),
            SyncEvent::Run { run } => Self::Run(run.clone()),
            _ => Self::Nothing,
        }
    }

    /// Passes it on, once the overview knows it.
    fn tell(self, model: &mut Model, at: Timestamp) {
        let overview = &model.overview;
        match self {
            Self::Nothing => {}
            Self::All => model.pace.read(overview, at),
            Self::Run(run) => {
                let is_latest = overview.runs.get(&run.profile_id).is_some_and(|known| known.id == run.id);
                if is_latest || !run.state.is_live() {
                    model.pace.run(&run, at);
                }
            }
            Self::Units(run) => {
                if let Some(units) = overview.units.get(&run) {
                    model.pace.units(run, units, at);
                }
            }
        }
    }
}

fn touched(event: &SyncEvent) -> Touched {
    match event {
        SyncEvent::Snapshot { .. } | SyncEvent::Profiles { .. } => Touched::All,
        SyncEvent::Profile { profile } => Touched::One(profile.profile.id),
        SyncEvent::Run { run } => Touched::One(run.profile_id),
        SyncEvent::Waiting { profile_id, .. } | SyncEvent::Resumed { profile_id, .. } => {
            Touched::One(*profile_id)
        }
        SyncEvent::Unit { profile_id, .. } => Touched::Progress(*profile_id),
        SyncEvent::Login { .. } | SyncEvent::Database { .. } | SyncEvent::Limits { .. } => Touched::Nothing,
    }
}

/// Sets the time; the screen is outdated when something on it has become so by time alone.
pub(super) fn pass_time(model: &mut Model, now: Timestamp) {
    model.now = model.now.max(now);
    if model.due.is_none_or(|due| due > model.now) {
        return;
    }
    (model.dirty, model.unsettled, model.due) = (true, true, None);
    if model.notice.as_ref().and_then(|n| n.until).is_some_and(|until| until <= now) {
        model.notice = None;
    }
    model.pass_time_on_lists();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::Sharing;

    #[test]
    fn a_countdown_that_goes_by_the_clock_is_no_news() {
        let limits = |waiting: u32, paused_ms: u64, next_in_ms: u64| LimitsSnapshot {
            enabled: true,
            buckets: vec![BucketSnapshot {
                name: "acme-eu".to_owned(),
                logins: vec!["acme-eu".to_owned()],
                configured_per_second: 10.0,
                learned_per_second: 4.2,
                burst: 10,
                burst_left: 7,
                in_flight: 0,
                waiting,
                next_in_ms,
                paused_ms,
                throttled_5m: 1,
                retries_5m: 1,
                answered_5m: 9,
                sharing: Sharing::Alone,
                history: Vec::new(),
            }],
            throttled_profiles: vec![(ProfileId(1), paused_ms)],
            ..LimitsSnapshot::default()
        };
        let before = limits(2, 9_000, 0);
        for (after, passed, same) in [
            (limits(2, 9_000, 0), 0, true),
            (limits(2, 7_900, 0), 1_000, true),
            (limits(2, 9_000, 0), 1_000, false),
            (limits(2, 0, 0), 9_000, false),
            (limits(3, 8_000, 0), 1_000, false),
            (limits(2, 8_000, 100), 1_000, false),
        ] {
            assert_eq!(only_time_passed(&before, &after, Duration::from_millis(passed)), same, "{after:?}");
        }
    }
}
