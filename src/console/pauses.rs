//! Who can do nothing for a while, and for how long: what times left and next calls must not contradict.
//!
//! Reads the overview and the gauges as they were last told; knows no clock, and draws nothing.

use std::collections::HashMap;
use std::time::Duration;

use super::model::Model;
use super::pace::Left;
use crate::domain::id::ProfileId;
use crate::domain::limits::BucketSnapshot;
use crate::domain::run::{RunState, RunView, UnitState};
use crate::domain::time::Timestamp;

/// How a run is held up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Pause {
    /// The longest time that anything of it is known to wait.
    longest: Duration,
    /// True when nothing of it goes on before a pause ends.
    all: bool,
}

/// The ends of pauses that profiles and logins sit out.
struct Pauses<'a> {
    model: &'a Model,
    profiles: HashMap<ProfileId, Timestamp>,
}

impl<'a> Pauses<'a> {
    fn of(model: &'a Model) -> Self {
        let limits = &model.overview.limits;
        let exact = limits.profiles.iter().filter_map(|limit| {
            let until = limits.instant(limit.paused_until_ms?);
            Some((limit.profile?, until))
        });
        let told = limits.throttled_profiles.iter();
        let told = told.map(|(id, ms)| (*id, model.limits_at.plus(Duration::from_millis(*ms))));
        Self { model, profiles: told.chain(exact).collect() }
    }

    fn run(&self, run: &RunView) -> Pause {
        let model = self.model;
        let left = |until: Timestamp| until.since(model.now);
        match run.state {
            RunState::Queued => {
                let parked = run.not_before.map_or(Duration::ZERO, left);
                return Pause { longest: parked, all: !parked.is_zero() };
            }
            RunState::Fetching => {}
            _ => return Pause::default(),
        }
        let mine = run.owner.as_ref() == Some(&model.overview.process);
        let login = || {
            let profile = &model.overview.profiles.get(&run.profile_id)?.profile;
            let bucket = model.overview.limits.bucket_of(&profile.login)?;
            Some(paused(model, bucket))
        };
        // Of another process only what it stored is known; the gauges here are those of this process.
        let whole = if mine {
            let own = self.profiles.get(&run.profile_id).copied().map(left);
            own.max(login()).unwrap_or_default()
        } else {
            run.waits.login_until.map_or(Duration::ZERO, left)
        };
        let waits = model.overview.waits.get(&run.id).map_or(&[][..], Vec::as_slice);
        let waiting = waits.iter().map(|wait| left(wait.until)).max().unwrap_or_default();
        let units = model.overview.units.get(&run.id).map_or(&[][..], Vec::as_slice);
        let begun = || units.iter().filter(|unit| unit.state == UnitState::Fetching);
        let waits_for = |unit| waits.iter().any(|wait| wait.unit == unit && wait.until > model.now);
        let all = !waiting.is_zero() && begun().all(|unit| waits_for(unit.unit));
        Pause { longest: whole.max(waiting), all: all || !whole.is_zero() }
    }
}

/// What is left of a login's own pause.
fn paused(model: &Model, bucket: &BucketSnapshot) -> Duration {
    Duration::from_millis(bucket.paused_ms).saturating_sub(model.now.since(model.limits_at))
}

/// The time that a run still takes: none while all of it waits, and none that is shorter than a known pause.
pub(super) fn left(model: &Model, run: &RunView) -> Option<Left> {
    let left = model.pace.left(run, model.now)?;
    let pause = Pauses::of(model).run(run);
    (!pause.all).then(|| Left { time: left.time.max(pause.longest), ..left })
}

/// The same of all syncs together.
pub(super) fn batch_left(model: &Model) -> Option<Left> {
    let left = model.pace.batch_left(model.now)?;
    let pauses = Pauses::of(model);
    let live: Vec<(RunState, Pause)> =
        model.overview.live_runs().map(|run| (run.state, pauses.run(run))).collect();
    // What waits for its turn goes on only when something that is under way ends.
    let under_way = || live.iter().filter(|(state, _)| *state != RunState::Queued);
    let stands_still = match under_way().next() {
        Some(_) => under_way().all(|(_, pause)| pause.all),
        None => live.iter().all(|(_, pause)| pause.all),
    };
    let longest = live.iter().map(|(_, pause)| pause.longest).max().unwrap_or_default();
    (!stands_still).then(|| Left { time: left.time.max(longest), ..left })
}

/// When the next request of a login may go out, and whether a pause holds it back: its own, or one of everybody who
/// waits for it.
pub(super) fn next_call(model: &Model, bucket: &BucketSnapshot) -> (Duration, bool) {
    let own = paused(model, bucket);
    if !own.is_zero() {
        return (own, true);
    }
    let limits = &model.overview.limits;
    let waiting = || limits.profiles.iter().filter(|limit| limit.account == bucket.name && limit.waiting > 0);
    // The profiles are told up to some number: somebody who is not told of may well go on.
    let all_told = waiting().map(|limit| limit.waiting).sum::<u32>() >= bucket.waiting;
    let ends = waiting().map(|limit| {
        let until = limits.instant(limit.paused_until_ms?);
        Some(until.since(model.now)).filter(|left| !left.is_zero())
    });
    let ends = ends.collect::<Option<Vec<Duration>>>().filter(|_| all_told);
    match ends.and_then(|ends| ends.into_iter().min()) {
        Some(earliest) => (earliest, true),
        None => {
            let passed = model.now.since(model.limits_at);
            (Duration::from_millis(bucket.next_in_ms).saturating_sub(passed), false)
        }
    }
}
