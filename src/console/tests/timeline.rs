//! The run screen's timeline: bars on the run's own scale, which grow while it lives.

use std::time::Duration;

use super::fixture::*;
use crate::console::*;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{RunState, UnitState};
use crate::domain::time::Timestamp;
use crate::domain::unit::{AdProduct, Entity};
use crate::sync::event::SyncEvent;

/// A run of 134 s that was fetched one unit after the other, adopted one, skipped one, and committed for 9 s.
fn ended(size: (u16, u16), state: RunState) -> Model {
    let mut run = run_view(106, HAUS, state);
    (run.requested_at, run.started_at, run.finished_at) = (ago(990), Some(ago(979)), Some(ago(845)));
    run.counts.added = 7;
    let mut units = Vec::new();
    for (unit, from, until) in [
        (SP_CAMPAIGNS, 979, 975),
        (SP_AD_GROUPS, 975, 940),
        (SP_KEYWORDS, 940, 854),
        (unit_of(AdProduct::Sb, Entity::Campaign), 5_000, 4_000),
    ] {
        let mut unit = proved(106, unit, 1, 302, Some(302), 1);
        (unit.started_at, unit.settled_at) = (Some(ago(from)), Some(ago(until)));
        units.push(unit);
    }
    let mut remembered = unit_view(106, SD_TARGETS, UnitState::NotEligible, 0, 0);
    (remembered.started_at, remembered.settled_at) = (None, Some(ago(979)));
    units.push(remembered);
    let mut overview = overview();
    overview.apply(SyncEvent::Run { run: Box::new(run) });
    overview.units.insert(RunId(106), units);
    open(model_of(overview, size), HAUS)
}

fn open(mut model: Model, profile: ProfileId) -> Model {
    let at = model.home.rows().iter().position(|id| *id == profile).unwrap();
    model.home.move_to(at);
    press(&mut model, "enter t");
    model
}

#[test]
fn a_timeline_at_every_size() {
    for size in [(80, 24), (120, 40), (60, 15)] {
        snapshot("timeline_ended", &ended(size, RunState::Completed));
        snapshot("timeline_live", &open(model_of(overview(), size), KESTREL));
    }
    let mut ascii = ended((80, 24), RunState::Completed);
    ascii.options.ascii = true;
    snapshot("timeline_ascii", &ascii);
}

#[test]
fn t_shows_the_timeline_and_the_proofs_again() {
    let mut model = ended((120, 40), RunState::Completed);
    assert!(!screen(&model).contains("PROOF") && screen(&model).contains("━━━━"), "{}", screen(&model));
    assert!(screen(&model).contains("queued 0:11, fetched 2:05, committed 9.0 s"), "{}", screen(&model));
    press(&mut model, "t");
    assert!(screen(&model).contains("PROOF") && screen(&model).contains("302 distinct"));
}

#[test]
fn a_run_that_failed_tells_no_commit() {
    let model = ended((120, 40), RunState::Failed);
    assert!(screen(&model).contains("queued 0:11, fetched 2:14"), "{}", screen(&model));
    assert!(!screen(&model).contains("committed"));
}

#[test]
fn a_live_bar_grows_by_the_second() {
    let mut model = open(model_of(overview(), (120, 40)), KESTREL);
    assert!(screen(&model).contains("2:10"), "{}", screen(&model));
    assert_eq!(model.due, Some(Timestamp(NOW.0 / 1_000_000 * 1_000_000).plus(Duration::from_secs(1))));
    update(&mut model, Event::Tick(NOW.plus(Duration::from_secs(5))));
    assert!(screen(&model).contains("2:15"), "{}", screen(&model));
}

#[test]
fn a_run_that_has_not_begun_has_no_timeline_yet() {
    let model = open(model_of(overview(), (80, 24)), ProfileId(11));
    assert!(screen(&model).contains("waits for its turn"));
}
