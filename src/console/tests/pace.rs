//! How far, how fast, and how many of a batch.

use std::time::Duration;

use proptest::prelude::*;

use super::fixture::*;
use crate::console::pace::{Basis, Pace};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{RunState, UnitState, UnitView};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;
use crate::sync::event::{SyncEvent, WaitReason};
use crate::sync::overview::Overview;

const A: ProfileId = ProfileId(1);
const B: ProfileId = ProfileId(2);

/// What `update` does with an event, over profiles of a thousand stored rows each.
struct World {
    overview: Overview,
    pace: Pace,
    now: Timestamp,
}

impl World {
    fn new(profiles: i64) -> Self {
        let mut overview = Overview::default();
        for id in 1..=profiles {
            let mut stored = profile(id, "Shop", "DE", "seller");
            (stored.last_synced_at, stored.rows) = (Some(ago(9_000)), 1_000);
            overview.profiles.insert(stored.profile.id, stored);
        }
        let mut pace = Pace::default();
        pace.read(&overview, NOW);
        Self { overview, pace, now: NOW }
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
        self.settle();
    }

    fn settle(&mut self) {
        self.pace.settle(&self.overview, self.now);
    }

    fn run(&mut self, id: i64, profile: ProfileId, state: RunState) {
        let mut run = run_view(id, profile, state);
        (run.started_at, run.requested_at) = (Some(self.now), self.now);
        run.finished_at = (!state.is_live()).then(|| self.now.plus(Duration::from_secs(100)));
        self.overview.apply(SyncEvent::Run { run: Box::new(run.clone()) });
        self.pace.run(&run, self.now);
        self.settle();
    }

    fn unit(&mut self, run: i64, of: Unit, state: UnitState, rows: i64, expected: Option<i64>) {
        let mut unit = unit_view(run, of, state, rows / 10, rows);
        unit.expected = expected;
        self.told(unit);
    }

    fn told(&mut self, unit: UnitView) {
        let run = unit.run_id;
        let profile_id = self.overview.runs.values().find(|r| r.id == run).unwrap().profile_id;
        self.overview.apply(SyncEvent::Unit { profile_id, unit: Box::new(unit) });
        self.pace.units(run, &self.overview.units[&run], self.now);
        self.settle();
    }

    fn ratio(&self, run: i64) -> Option<f64> {
        self.pace.ratio(RunId(run))
    }

    fn left(&self, profile: ProfileId) -> Option<(u64, Basis)> {
        let left = self.pace.left(&self.overview.runs[&profile], self.now)?;
        Some((left.time.as_secs(), left.basis))
    }
}

#[test]
fn without_a_denominator_for_every_unit_there_is_no_share() {
    let mut world = World::new(1);
    world.run(1, A, RunState::Fetching);
    assert_eq!(world.ratio(1), None);
    world.unit(1, SP_CAMPAIGNS, UnitState::Fetching, 50, Some(100));
    assert_eq!(world.ratio(1), Some(0.5));
    world.unit(1, SP_KEYWORDS, UnitState::Fetching, 50, None);
    assert_eq!(world.ratio(1), None);
    // What a unit that ended had is all there was of it.
    world.unit(1, SP_KEYWORDS, UnitState::Proved, 100, None);
    assert_eq!(world.ratio(1), Some(0.75));
}

#[test]
fn what_failed_is_still_missing_from_the_whole() {
    let mut world = World::new(1);
    world.run(1, A, RunState::Fetching);
    world.unit(1, SP_CAMPAIGNS, UnitState::Proved, 100, Some(100));
    world.unit(1, SP_KEYWORDS, UnitState::Fetching, 0, Some(300));
    let before = world.ratio(1);
    world.unit(1, SP_KEYWORDS, UnitState::Failed, 0, Some(300));
    assert_eq!((before, world.ratio(1)), (Some(0.25), Some(0.25)));
}

#[test]
fn a_list_that_begins_anew_lets_the_bar_fall_and_a_better_estimate_does_not() {
    let mut world = World::new(1);
    world.run(1, A, RunState::Fetching);
    world.unit(1, SP_KEYWORDS, UnitState::Fetching, 80, Some(100));
    world.unit(1, SP_KEYWORDS, UnitState::Fetching, 90, Some(1_000));
    assert_eq!(world.ratio(1), Some(0.8), "held until the rows have caught up");
    world.unit(1, SP_KEYWORDS, UnitState::Fetching, 850, Some(1_000));
    assert_eq!(world.ratio(1), Some(0.85));
    world.unit(1, SP_KEYWORDS, UnitState::Fetching, 10, Some(1_000));
    assert_eq!(world.ratio(1), Some(0.01));
}

#[test]
fn time_left_goes_by_the_last_minute_else_by_the_last_run_else_it_is_not_told() {
    let mut world = World::new(1);
    world.run(1, A, RunState::Fetching);
    world.unit(1, SP_KEYWORDS, UnitState::Fetching, 0, Some(10_000));
    assert_eq!(world.left(A), None, "nothing is known of it yet");
    for rows in 1..=10 {
        world.pass(1);
        world.unit(1, SP_KEYWORDS, UnitState::Fetching, rows * 100, Some(10_000));
    }
    assert_eq!(world.left(A), Some((90, Basis::SoFar)));
    // From here on half as fast: a minute later only that counts.
    for rows in 1..=62 {
        world.pass(1);
        world.unit(1, SP_KEYWORDS, UnitState::Fetching, 1_000 + rows * 50, Some(10_000));
    }
    assert_eq!(world.left(A), Some((118, Basis::Minute)));
    // What stands still has no end.
    world.pass(90);
    assert_eq!(world.left(A), None);
    // It took a hundred seconds; the next one is expected to.
    world.run(1, A, RunState::Completed);
    world.pass(3_000);
    world.run(2, A, RunState::Fetching);
    world.pass(30);
    assert_eq!(world.left(A), Some((70, Basis::LastRun)));
    world.pass(90);
    assert_eq!(world.left(A), None, "it takes longer than the last one");
}

#[test]
fn pages_that_were_adopted_say_nothing_of_the_rate() {
    let mut world = World::new(1);
    world.run(1, A, RunState::Fetching);
    world.unit(1, SP_KEYWORDS, UnitState::Fetching, 0, Some(10_000));
    world.pass(10);
    let mut unit = unit_view(1, SP_KEYWORDS, UnitState::Fetching, 600, 6_000);
    (unit.expected, unit.reused_pages) = (Some(10_000), 600);
    world.told(unit.clone());
    assert_eq!(world.left(A), None);
    world.pass(10);
    unit.rows = 6_100;
    world.told(unit);
    assert_eq!(world.left(A), Some((390, Basis::SoFar)));
}

#[test]
fn a_batch_counts_what_has_ended_until_nothing_runs_any_more() {
    let mut world = World::new(9);
    for id in 1..=4 {
        world.run(id, ProfileId(id), RunState::Queued);
    }
    world.run(1, ProfileId(1), RunState::Fetching);
    world.unit(1, SP_KEYWORDS, UnitState::Fetching, 500, Some(2_000));
    let sum = *world.pace.batch();
    assert_eq!((sum.syncs, sum.done, sum.queued, sum.rows), (4, 0, 3, Some((500, 5_000))));
    world.unit(1, SP_KEYWORDS, UnitState::Proved, 2_000, Some(2_000));
    world.run(1, ProfileId(1), RunState::Completed);
    world.run(2, ProfileId(2), RunState::Failed);
    world.run(3, ProfileId(3), RunState::Held);
    let sum = *world.pace.batch();
    assert_eq!((sum.syncs, sum.done, sum.failed, sum.held), (4, 3, 1, 1));
    assert_eq!((sum.rows, sum.ratio), (Some((4_000, 5_000)), 0.8));
    // One more belongs to it, for it came while something was under way.
    world.run(5, ProfileId(5), RunState::Queued);
    assert_eq!(world.pace.batch().syncs, 5);
    for id in [4, 5] {
        world.run(id, ProfileId(id), RunState::Completed);
    }
    assert_eq!((world.pace.batch().done, world.pace.batch().ratio), (5, 1.0));
    world.run(6, ProfileId(6), RunState::Queued);
    assert_eq!((world.pace.batch().syncs, world.pace.batch().done), (1, 0), "a new batch");
}

#[test]
fn without_sizes_a_batch_goes_by_its_syncs() {
    let mut world = World::new(0);
    for id in 1..=10 {
        world.run(id, ProfileId(id), RunState::Queued);
    }
    world.pass(60);
    for id in 1..=5 {
        world.run(id, ProfileId(id), RunState::Completed);
    }
    let sum = *world.pace.batch();
    assert_eq!((sum.rows, sum.ratio), (None, 0.5));
    let left = world.pace.batch_left(world.now).unwrap();
    assert_eq!((left.time.as_secs(), left.basis), (60, Basis::Syncs));
}

#[test]
fn a_console_that_is_opened_in_the_middle_finds_the_batch_in_what_is_stored() {
    let mut overview = Overview::default();
    let mut run = |id: i64, state, from: u64, to: Option<u64>| {
        let mut run = run_view(id, ProfileId(id), state);
        (run.requested_at, run.finished_at) = (ago(from), to.map(ago));
        overview.runs.insert(ProfileId(id), run);
    };
    run(1, RunState::Fetching, 60, None);
    run(2, RunState::Completed, 100, Some(50));
    run(3, RunState::Failed, 150, Some(90));
    // Nothing ran between this one and the others.
    run(4, RunState::Completed, 500, Some(200));
    let mut pace = Pace::default();
    pace.read(&overview, NOW);
    pace.settle(&overview, NOW);
    let sum = pace.batch();
    assert_eq!((sum.syncs, sum.done, sum.failed), (3, 2, 1));
}

#[test]
fn what_trickles_or_stands_still_has_no_time_left() {
    let mut world = World::new(1);
    world.run(1, A, RunState::Fetching);
    world.unit(1, SP_KEYWORDS, UnitState::Fetching, 0, Some(79_066));
    world.pass(58);
    world.unit(1, SP_KEYWORDS, UnitState::Fetching, 25, Some(79_066));
    assert_eq!(world.left(A), None, "two days by that rate");
    // A last run that tells a time does not help while nothing comes.
    let mut world = World::new(1);
    world.run(1, A, RunState::Fetching);
    world.run(1, A, RunState::Completed);
    world.run(2, A, RunState::Fetching);
    world.unit(2, SP_KEYWORDS, UnitState::Fetching, 25, Some(79_066));
    world.pass(59);
    assert_eq!(world.left(A), Some((41, Basis::LastRun)));
    world.pass(1);
    assert_eq!(world.left(A), None);
}

#[test]
fn no_time_left_is_told_while_everything_waits_and_none_below_a_pause() {
    let text = |build: &dyn Fn(&mut Overview)| {
        let mut o = overview();
        o.runs.retain(|id, run| [NORDLICHT, KESTREL].contains(id) || !run.state.is_live());
        build(&mut o);
        let mut model = model_of(o, (160, 40));
        press(&mut model, "/ n o r d enter enter");
        screen(&model)
    };
    let all = |drawn: &str| drawn.lines().find(|line| line.contains("all syncs")).unwrap().to_owned();
    let usual = text(&|_| {});
    assert_eq!(usual.matches("left").count(), 2, "of the run and of all syncs: {usual}");
    // One of two units waits: the other goes on, and the run takes at least until the wait is over.
    let one = text(&|o| {
        o.waits.insert(RunId(101), vec![wait(SP_KEYWORDS, WaitReason::Throttled, 3_000)]);
    });
    assert_eq!(one.matches("~50 min left").count(), 2, "{one}");
    // Both wait, as does the only other run.
    let both = text(&|o| {
        let waits = [SP_KEYWORDS, SB_KEYWORDS].map(|unit| wait(unit, WaitReason::Throttled, 38));
        o.waits.insert(RunId(101), waits.into());
    });
    assert!(!both.contains("left"), "{both}");
    // The pause of a profile holds everything of it, and that of a login everybody.
    let own = text(&|o| o.limits.throttled_profiles.push((NORDLICHT, 38_000)));
    assert!(!own.contains("left"), "{own}");
    let login = text(&|o| o.limits.buckets[0].paused_ms = 38_000);
    assert!(!all(&login).contains("left"), "{login}");
}

#[derive(Debug, Clone)]
enum Step {
    Grow { run: i64, keywords: bool, rows: i64, expected: Option<i64> },
    Prove { run: i64, keywords: bool },
    End { run: i64 },
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let run = 1_i64..=2;
    let expected = prop_oneof![Just(None), (0_i64..3_000).prop_map(Some)];
    let step = prop_oneof![
        6 => (run.clone(), any::<bool>(), 0_i64..400, expected)
            .prop_map(|(run, keywords, rows, expected)| Step::Grow { run, keywords, rows, expected }),
        2 => (run.clone(), any::<bool>()).prop_map(|(run, keywords)| Step::Prove { run, keywords }),
        1 => run.prop_map(|run| Step::End { run }),
        2 => (0_u64..30).prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_share_goes_back_or_is_whole_before_everything_is_proved(steps in steps()) {
        let mut world = World::new(2);
        world.run(1, A, RunState::Fetching);
        world.run(2, B, RunState::Fetching);
        let mut known = std::collections::HashMap::new();
        let (mut runs, mut all) = ([0.0_f64; 2], 0.0);
        for step in steps {
            let planned = |world: &World| world.overview.units.values().map(Vec::len).sum::<usize>();
            let plan = planned(&world);
            match step {
                Step::Grow { run, keywords, rows, expected } => {
                    let unit = if keywords { SP_KEYWORDS } else { SP_CAMPAIGNS };
                    let (have, state) = known.entry((run, keywords)).or_insert((0, UnitState::Fetching));
                    if *state == UnitState::Fetching && world.overview.runs[&ProfileId(run)].state.is_live() {
                        *have += rows;
                        world.unit(run, unit, UnitState::Fetching, *have, expected);
                    }
                }
                Step::Prove { run, keywords } => {
                    let unit = if keywords { SP_KEYWORDS } else { SP_CAMPAIGNS };
                    let (have, state) = known.entry((run, keywords)).or_insert((0, UnitState::Fetching));
                    if world.overview.runs[&ProfileId(run)].state.is_live() {
                        *state = UnitState::Proved;
                        world.unit(run, unit, UnitState::Proved, *have, None);
                    }
                }
                Step::End { run } => world.run(run, ProfileId(run), RunState::Completed),
                Step::Pass(seconds) => world.pass(seconds),
            }
            if planned(&world) != plan {
                // Only a part of the plan was told before.
                (runs, all) = ([0.0; 2], 0.0);
            }
            for (i, before) in runs.iter_mut().enumerate() {
                let id = i64::try_from(i).unwrap() + 1;
                let Some(ratio) = world.ratio(id) else { continue };
                prop_assert!(ratio >= *before, "{} < {before}", ratio);
                let open = world.overview.units[&RunId(id)].iter().any(|u| !u.state.is_settled());
                prop_assert!(!open || ratio < 1.0, "{ratio} before everything is proved");
                *before = ratio;
            }
            let sum = world.pace.batch();
            prop_assert!(sum.ratio >= all && (!sum.is_live() || sum.ratio < 1.0), "{sum:?} after {all}");
            all = sum.ratio;
        }
    }
}
