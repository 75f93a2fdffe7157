//! The lists of runs: how they stand, how they follow the engine, and what Enter, `e`, `d` and orders do.

use super::fixture::*;
use super::screens::{NARROW, USUAL};
use crate::console::*;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{ChangeCounts, RunState, RunView};
use crate::sync::event::SyncEvent;

fn run(id: i64, profile: ProfileId, state: RunState, began: u64, took: u64) -> RunView {
    let mut run = run_view(id, profile, state);
    run.requested_at = ago(began + 2);
    run.started_at = Some(ago(began));
    run.finished_at = Some(ago(began - took));
    run.requests = 100 + id;
    run
}

/// Runs of two profiles, newest first, as they are stored.
fn stored() -> Vec<RunView> {
    let mut runs = vec![overview().runs[&NORDLICHT].clone(), overview().runs[&FJORD].clone()];
    let mut failed = run(100, HAUS, RunState::Failed, 20_000, 40);
    failed.error = Some(report());
    failed.retry_of = Some(RunId(99));
    failed.requested_by = "night@batch".to_owned();
    let mut discarded = run(98, HAUS, RunState::Discarded, 40_000, 90);
    discarded.approved_by = None;
    runs.extend([failed, discarded]);
    runs.insert(0, overview().runs[&HAUS].clone());
    for i in 0..12_i64 {
        let step = u64::try_from(i).unwrap();
        let mut done = run(90 - i, HAUS, RunState::Completed, 100_000 + step * 86_400, 60 + step * 17);
        done.rows = 6_302 - i * 310;
        done.throttled = if i % 3 == 0 { i * 2 } else { 0 };
        done.counts =
            ChangeCounts { added: step * 4, changed: step, removed: step % 2, ..ChangeCounts::default() };
        if i == 4 {
            done.approved_by = Some("ops@lab".to_owned());
        }
        runs.push(done);
    }
    runs
}

pub(super) fn runs_of(of: Option<ProfileId>) -> Event {
    let runs = stored().into_iter().filter(|run| of.is_none_or(|id| run.profile_id == id)).collect();
    Event::Loaded { query: Query::Runs(of), result: Ok(Data::Runs(runs)) }
}

pub(super) fn all(size: (u16, u16), keys: &str) -> Model {
    let mut model = model_of(overview(), size);
    assert_eq!(press(&mut model, "2"), [Effect::Load(Query::Runs(None))]);
    update(&mut model, runs_of(None));
    press(&mut model, keys);
    model
}

pub(super) fn of_haus(size: (u16, u16), keys: &str) -> Model {
    let mut model = model_of(overview(), size);
    let position = model.home.rows().iter().position(|row| *row == HAUS).unwrap();
    model.home.move_to(position);
    assert_eq!(press(&mut model, "h"), [Effect::Load(Query::Runs(Some(HAUS)))]);
    update(&mut model, runs_of(Some(HAUS)));
    press(&mut model, keys);
    model
}

pub(super) fn ids(model: &Model) -> Vec<i64> {
    let Screen::History(screen) = &model.screen else { panic!("the runs are open") };
    (0..screen.len()).map(|place| screen.run(place).unwrap().id.0).collect()
}

pub(super) fn current(model: &Model) -> i64 {
    let Screen::History(screen) = &model.screen else { panic!("the runs are open") };
    screen.current().unwrap().id.0
}

#[test]
fn runs_of_all_profiles_and_of_one_at_every_size() {
    for size in USUAL {
        snapshot("runs", &all(size, "j j"));
        snapshot("history", &of_haus(size, "j"));
    }
    snapshot("runs", &all(NARROW, "j"));
    snapshot("history", &of_haus(NARROW, "j"));
    snapshot("history", &of_haus((160, 30), ""));
    let mut ascii = of_haus((80, 24), "j");
    ascii.options.ascii = true;
    snapshot("history_ascii", &ascii);
}

#[test]
fn runs_while_they_are_read_when_they_cannot_be_and_when_there_are_none() {
    let mut model = model_of(overview(), (80, 24));
    press(&mut model, "2");
    snapshot("runs_reading", &model);
    let answer = |of, result| Event::Loaded { query: Query::Runs(of), result };
    update(&mut model, answer(None, Err(Box::new(report()))));
    snapshot("runs_unread", &model);
    assert_eq!(press(&mut model, "2"), [Effect::Load(Query::Runs(None))]);
    update(&mut model, answer(None, Ok(Data::Runs(Vec::new()))));
    assert!(screen(&model).contains("nothing was ever synced"));
    let mut one = model_of(overview(), (80, 24));
    one.home.move_to(usize::MAX);
    press(&mut one, "h");
    let of = one.home.current();
    update(&mut one, answer(of, Ok(Data::Runs(Vec::new()))));
    snapshot("history_none", &one);
    assert_eq!(press(&mut one, "h"), [Effect::Load(Query::Runs(of))], "its key reads it again");
    press(&mut one, "esc");
    assert_eq!(one.screen, Screen::Profiles, "and does not pile up");
    // What was read stays when it cannot be read again, and the failure is told.
    let mut model = all((80, 24), "2");
    update(&mut model, answer(None, Err(Box::new(report()))));
    let text = screen(&model);
    assert!(text.contains("Haus Linden") && text.contains("✗ The consent of login"), "{text}");
}

#[test]
fn an_answer_about_somebody_else_changes_nothing() {
    let mut model = of_haus((80, 24), "");
    let before = model.screen.clone();
    update(&mut model, runs_of(None));
    assert_eq!(model.screen, before);
}

#[test]
fn a_run_that_moves_on_or_begins_is_followed_without_reading() {
    let mut model = of_haus((80, 24), "");
    assert_eq!(ids(&model)[..3], [106, 100, 98]);
    let new = |id, profile, state| SyncEvent::Run { run: Box::new(run_view(id, profile, state)) };
    assert_eq!(tell(&mut model, new(300, HAUS, RunState::Queued)), []);
    assert_eq!(tell(&mut model, new(301, AURORA, RunState::Queued)), [], "not of this profile");
    assert_eq!(ids(&model)[..3], [300, 106, 100]);
    assert_eq!(current(&model), 300, "nobody has moved: the newest is current");
    press(&mut model, "j j");
    assert_eq!(current(&model), 100);
    tell(&mut model, new(302, HAUS, RunState::Fetching));
    assert_eq!(current(&model), 100, "the cursor stays on its run");
    tell(&mut model, new(302, HAUS, RunState::Completed));
    assert_eq!(ids(&model)[..3], [302, 300, 106]);
    assert!(screen(&model).contains("302  ● proved"), "{}", screen(&model));
    let lagged = SyncEvent::Snapshot { overview: Box::new(overview()) };
    assert_eq!(tell(&mut model, lagged), [Effect::Load(Query::Runs(Some(HAUS)))]);
}

#[test]
fn runs_are_ordered_by_any_column() {
    let mut model = of_haus((160, 40), "j j");
    assert_eq!(current(&model), 98);
    // State, when, took.
    press(&mut model, ">");
    assert_eq!(ids(&model)[..3], [100, 98, 106]);
    assert_eq!(current(&model), 98, "the cursor stays on its run");
    press(&mut model, "> >");
    assert_eq!(ids(&model)[0], 79, "the longest");
    assert!(screen(&model).contains("by duration, longest first"), "{}", screen(&model));
    press(&mut model, "S");
    assert_eq!(ids(&model).last(), Some(&79));
    press(&mut model, "< < <");
    assert_eq!(ids(&model)[..3], [106, 100, 98]);
    // Of all profiles, the second column is their name.
    let model = all((160, 40), ">");
    assert!(screen(&model).contains("by profile"), "{}", screen(&model));
    assert_eq!(ids(&model)[0], 105, "Fjord comes before Haus");
}

#[test]
fn enter_opens_an_older_run_which_says_what_it_is() {
    let mut model = of_haus((80, 24), "j");
    assert_eq!(press(&mut model, "enter"), [Effect::Load(Query::Units(RunId(100)))]);
    snapshot("run_older", &model);
    let text = screen(&model);
    assert!(
        text.contains("an older run: s, r and x act on the profile; its latest is run 106 (proved)"),
        "{text}"
    );
    assert_eq!(press(&mut model, "s"), [Effect::Sync(vec![HAUS])]);
    // A newer run does not take its place.
    tell(&mut model, SyncEvent::Run { run: Box::new(run_view(300, HAUS, RunState::Queued)) });
    assert!(screen(&model).contains("its latest is run 300 (queued)"), "{}", screen(&model));
    assert_eq!(press(&mut model, "esc"), [Effect::Load(Query::Runs(Some(HAUS)))]);
    assert_eq!(current(&model), 100);
    // The latest is followed instead.
    let mut model = of_haus((80, 24), "enter");
    assert!(!screen(&model).contains("an older run"));
    press(&mut model, "esc");
}

#[test]
fn e_and_d_look_at_the_current_run() {
    let mut model = of_haus((80, 24), "j e");
    assert!(matches!(&model.modal, Some(Opened { modal: Modal::Error { title, .. }, .. })
        if title.starts_with("Haus Linden DE: the sync failed at")));
    press(&mut model, "esc");
    assert_eq!(press(&mut model, "d"), [Effect::Load(Query::Changes(ChangesOf::Run(RunId(100))))]);
    let mut model = of_haus((80, 24), "e");
    assert!(model.modal.is_none());
    assert!(screen(&model).contains("no error here"));
    press(&mut model, "esc");
}

#[test]
fn trends_need_two_proved_runs_and_room() {
    let numbers = "min 1:00";
    assert!(screen(&of_haus((80, 24), "")).contains(numbers), "{}", screen(&of_haus((80, 24), "")));
    assert!(!screen(&of_haus(NARROW, "")).contains(numbers));
    assert!(!screen(&all((120, 40), "")).contains(numbers), "of all profiles they would mean nothing");
    let mut model = of_haus((80, 24), "");
    let one = vec![run(5, HAUS, RunState::Completed, 100, 60)];
    update(&mut model, Event::Loaded { query: Query::Runs(Some(HAUS)), result: Ok(Data::Runs(one)) });
    assert!(!screen(&model).contains(numbers));
}

#[test]
fn a_live_run_counts_each_second_and_what_ended_does_not() {
    let mut quiet = overview();
    quiet.runs.retain(|_, run| !run.state.is_live());
    quiet.limits.buckets.clear();
    for (state, redrawn) in [(RunState::Committing, true), (RunState::Completed, false)] {
        let mut model = model_of(quiet.clone(), (80, 24));
        press(&mut model, "2");
        let mut run = run(300, HAUS, state, 500, 60);
        if state.is_live() {
            run.finished_at = None;
        }
        update(&mut model, Event::Loaded { query: Query::Runs(None), result: Ok(Data::Runs(vec![run])) });
        model.take_dirty();
        update(&mut model, Event::Tick(ahead(1)));
        assert_eq!(model.take_dirty(), redrawn, "{state}");
    }
}

#[test]
fn numbers_take_the_room_of_notes_where_nothing_is_noted() {
    let shown = |runs: Vec<RunView>| {
        let mut model = all((80, 24), "");
        let loaded = Event::Loaded { query: Query::Runs(None), result: Ok(Data::Runs(runs)) };
        update(&mut model, loaded);
        let drawn = screen(&model);
        ["TOOK", "CHANGED", "NOTE"].map(|head| drawn.contains(head))
    };
    let plain =
        || vec![run(90, HAUS, RunState::Completed, 100, 60), run(89, FJORD, RunState::Cancelled, 200, 60)];
    assert_eq!(shown(plain()), [true, true, false]);
    let mut runs = plain();
    runs[1].retry_of = Some(RunId(88));
    assert_eq!(shown(runs), [false, false, true]);
}
