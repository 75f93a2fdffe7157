//! The dialog before keys act on several profiles.

use std::time::Duration;

use super::fixture::*;
use crate::console::*;
use crate::domain::cost::{Basis, RunCost};
use crate::domain::id::ProfileId;
use crate::domain::run::RunState;
use crate::sync::event::SyncEvent;
use crate::sync::overview::Overview;

const COUNT: Effect = Effect::Load(Query::Costs);

/// What the runs of some profiles took: one never had any.
fn costs() -> Costs {
    let cost = |(id, requests, completed): (i64, u64, bool)| {
        let basis = Some(Basis { requests, took: Duration::from_secs(40), completed });
        let cost = RunCost { profile_id: ProfileId(id), basis, kept_units: 6, kept_pages: 31 };
        (cost.profile_id, cost)
    };
    Costs { runs: [(3, 187, true), (4, 92, false), (5, 340, true), (6, 61, true)].map(cost).into(), slots: 4 }
}

fn counted(model: &mut Model) {
    update(model, Event::Loaded { query: Query::Costs, result: Ok(Data::Costs(costs())) });
}

fn bulk(model: &Model) -> Option<&Bulk> {
    match model.modal.as_ref().map(|opened| &opened.modal) {
        Some(Modal::Bulk(bulk)) => Some(bulk),
        _ => None,
    }
}

fn opened(size: (u16, u16), keys: &str) -> Model {
    let mut model = model_of(overview(), size);
    press(&mut model, keys);
    counted(&mut model);
    model
}

fn many() -> Model {
    let mut many = Overview::default();
    for id in 1..=26 {
        let p = profile(id, &format!("Shop {id:02}"), "DE", "seller");
        many.profiles.insert(p.profile.id, p);
    }
    model_of(many, (80, 24))
}

#[test]
fn a_dialog_says_what_would_happen_before_it_happens() {
    let sizes = [(80, 24), (120, 40), (60, 15)];
    for size in sizes {
        snapshot("bulk_sync", &opened(size, "a s"));
        snapshot("bulk_retry", &opened(size, "a r"));
        let mut typed = many();
        typed.size = size;
        press(&mut typed, "a s 2");
        snapshot("bulk_typed", &typed);
    }
}

#[test]
fn those_that_are_left_out_are_counted_by_reason() {
    let model = opened((80, 24), "a s");
    let bulk = bulk(&model).unwrap();
    assert_eq!(bulk.profiles, [3, 4, 5, 6, 7].map(ProfileId));
    assert_eq!(bulk.skipped, [("gone", 1), ("live already", 5), ("not syncable", 1)]);
    let estimate = bulk.estimate.unwrap();
    assert_eq!((estimate.requests, estimate.unknown, estimate.unfinished), (680, 1, 1));
}

#[test]
fn a_held_run_is_not_given_up_by_one_key_and_a_dialog_says_that_it_would_be() {
    let mut one = model();
    let at = one.home.rows().iter().position(|id| *id == FJORD).unwrap();
    one.home.move_to(at);
    assert_eq!(press(&mut one, "s"), [COUNT]);
    assert!(
        screen(&one).contains("1 held sync would be discarded; A approves it instead"),
        "{}",
        screen(&one)
    );
    assert_eq!(press(&mut one, "y"), [Effect::Sync(vec![FJORD])]);

    // Approved meanwhile by somebody else: the question is another one, and has to be seen before it is answered.
    let mut other = opened((80, 24), "a s");
    assert_eq!(bulk(&other).unwrap().discards, 1);
    tell(&mut other, SyncEvent::Run { run: Box::new(run_view(105, FJORD, RunState::Committing)) });
    assert_eq!(bulk(&other).unwrap().discards, 0);
    assert_eq!(press_ahead(&mut other, "y"), []);
    // A retry leaves held runs alone, and says nothing of them.
    assert!(!screen(&opened((80, 24), "a r")).contains("held sync"));
}

#[test]
fn numbers_that_arrive_have_to_be_seen_before_they_can_be_agreed_to() {
    let mut model = model();
    assert_eq!(press(&mut model, "a s"), [COUNT]);
    assert_eq!(press_ahead(&mut model, "y"), [], "the dialog was not drawn yet");
    update(&mut model, Event::Drawn);
    counted(&mut model);
    assert_eq!(press_ahead(&mut model, "y"), [], "the numbers were not drawn yet");
    assert_eq!(press(&mut model, "y").len(), 1);
    counted(&mut model);
    assert_eq!(model.modal, None, "an answer that comes late opens nothing");
}

#[test]
fn nobody_has_to_wait_for_the_numbers() {
    let mut model = model();
    assert!(matches!(press(&mut model, "a r y").as_slice(), [COUNT, Effect::Retry(two)] if two.len() == 2));
}

#[test]
fn whoever_begins_to_sync_meanwhile_is_left_out_and_the_rest_is_asked_anew() {
    let mut model = opened((80, 24), "a s");
    update(&mut model, Event::Drawn);
    tell(&mut model, SyncEvent::Run { run: Box::new(run_view(300, HAUS, RunState::Queued)) });
    assert_eq!(bulk(&model).unwrap().profiles, [3, 4, 5, 7].map(ProfileId));
    assert_eq!(press_ahead(&mut model, "y"), []);
    let expected = [3, 4, 5, 7].map(ProfileId).to_vec();
    assert_eq!(press(&mut model, "y"), [Effect::Sync(expected)]);
}

#[test]
fn a_dialog_closes_when_nobody_is_left() {
    let mut model = opened((80, 24), "a r");
    for (run, id) in [(300, AURORA), (301, ProfileId(4))] {
        tell(&mut model, SyncEvent::Run { run: Box::new(run_view(run, id, RunState::Queued)) });
    }
    assert_eq!(model.modal, None);
}

#[test]
fn to_act_on_many_their_number_is_typed() {
    let mut model = many();
    assert_eq!(press(&mut model, "a s y 2 5 enter"), [COUNT]);
    assert!(model.notice.as_ref().unwrap().text.contains("not the number of profiles"));
    assert!(
        matches!(press(&mut model, "2 7 backspace 6 enter").as_slice(), [Effect::Sync(all)] if all.len() == 26)
    );
    assert_eq!(press(&mut many(), "a s 2 6 esc enter"), [COUNT,]);
}

#[test]
fn whoever_is_enqueued_while_the_dialog_is_open_changes_no_number_and_is_stopped_as_well() {
    let queued = |model: &mut Model, id: i64, state| {
        tell(model, SyncEvent::Run { run: Box::new(run_view(id, ProfileId(id), state)) });
    };
    let mut many = Overview::default();
    for id in 1..=40 {
        let p = profile(id, &format!("Shop {id:02}"), "DE", "seller");
        many.profiles.insert(p.profile.id, p);
    }
    let mut model = model_of(many, (80, 24));
    (1..=27).for_each(|id| queued(&mut model, id, RunState::Queued));
    press(&mut model, "a x 2");
    (28..=40).for_each(|id| queued(&mut model, id, RunState::Queued));
    assert!(screen(&model).contains("Stop 27 syncs?"), "{}", screen(&model));
    assert_eq!(bulk(&model).unwrap().typed, "2", "what was typed is not lost");
    // One ends: the number stays the one that is being typed.
    queued(&mut model, 5, RunState::Completed);
    let drawn = screen(&model);
    assert!(drawn.contains("Stop 27 syncs?") && drawn.contains("type their number, 27: 2_"), "{drawn}");
    assert!(drawn.contains("1 of them is out of it by now"), "{drawn}");
    let effects = press(&mut model, "7 enter");
    let [Effect::Cancel(stopped)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(stopped.len(), 39, "those that came up were chosen as well, and the one that ended is none");
}

#[test]
fn the_number_that_was_drawn_is_the_one_that_is_accepted() {
    let mut model = many();
    let more = profile(27, "Shop 27", "DE", "seller");
    tell(&mut model, SyncEvent::Profile { profile: Box::new(more) });
    press(&mut model, "a s");
    update(&mut model, Event::Drawn);
    // Somebody else syncs one before the first digit, and before the next frame.
    tell(&mut model, SyncEvent::Run { run: Box::new(run_view(300, ProfileId(3), RunState::Queued)) });
    let effects = press_ahead(&mut model, "2 7 enter");
    assert!(matches!(effects.as_slice(), [Effect::Sync(rest)] if rest.len() == 26), "{effects:?}");
}

#[test]
fn whoever_begins_to_fail_of_a_cause_does_not_join_its_retry() {
    let mut model = model();
    press(&mut model, "E r");
    let mut failed = run_view(300, ProfileId(11), RunState::Failed);
    failed.error = Some(report());
    tell(&mut model, SyncEvent::Run { run: Box::new(failed) });
    assert_eq!(press(&mut model, "y"), [Effect::Retry(vec![AURORA, ProfileId(4)])]);
}

#[test]
fn nothing_to_do_is_told_with_its_reasons() {
    let mut model = model();
    assert_eq!(press(&mut model, "/ - s t a t u s : f a i l e d enter a r"), []);
    let text = &model.notice.as_ref().unwrap().text;
    assert!(text.starts_with("nothing to retry here: ") && text.contains("5 live already"), "{text}");
}

#[test]
fn a_cause_is_retried_in_its_own_name() {
    let mut model = model();
    assert_eq!(press(&mut model, "E r"), [COUNT]);
    counted(&mut model);
    let cause = bulk(&model).unwrap().cause.clone().unwrap().cause;
    assert!(screen(&model).contains(&format!("adsync retry --cause {cause}")));
    assert_eq!(press(&mut model, "y"), [Effect::Retry(vec![AURORA, ProfileId(4)])]);
}
