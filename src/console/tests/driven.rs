//! The event loop, driven by keys and by an engine that is played.

use crossterm::event::Event as TerminalEvent;

use super::fixture::*;
use super::stage::Stage;
use crate::console::{Effect, Query};
use crate::domain::id::RunId;
use crate::domain::run::{RunState, UnitState};
use crate::sync::event::SyncEvent;
use crate::sync::overview::Overview;

fn quiet() -> Overview {
    let mut overview = overview();
    overview.runs.retain(|_, run| !run.state.is_live());
    overview.waits.clear();
    overview
}

#[tokio::test]
async fn a_sync_is_asked_for_answered_and_watched() {
    let mut stage = Stage::open(quiet());
    stage.shows("Haus Linden").await;
    stage.press("/ h a u s enter s");
    assert_eq!(stage.asked().await, Effect::Sync(vec![HAUS]));
    stage.shows("the sync was queued").await;
    stage.engine.tell(SyncEvent::Run { run: Box::new(run_view(300, HAUS, RunState::Queued)) });
    stage.shows("○ queued").await;
    stage.engine.tell(SyncEvent::Run { run: Box::new(run_view(300, HAUS, RunState::Fetching)) });
    let mut unit = unit_view(300, SP_KEYWORDS, UnitState::Fetching, 3, 3_000);
    unit.expected = Some(6_000);
    stage.engine.tell(SyncEvent::Unit { profile_id: HAUS, unit: Box::new(unit) });
    stage.shows("50 %").await;
    stage.engine.tell(SyncEvent::Run { run: Box::new(run_view(300, HAUS, RunState::Completed)) });
    stage.shows("● proved").await;
}

#[tokio::test]
async fn a_filter_narrows_the_list_and_esc_brings_it_back() {
    let mut stage = Stage::open(overview());
    stage.press("/ k e s t");
    stage.shows("/ kest").await;
    stage.hides("Aurora Pets").await;
    stage.press("esc");
    stage.shows("Aurora Pets").await;
}

#[tokio::test]
async fn a_run_is_opened_and_its_units_are_read() {
    let mut stage = Stage::open(overview());
    stage.press("enter");
    stage.shows("Profiles › Aurora Pets").await;
    assert_eq!(stage.asked().await, Effect::Load(Query::Units(RunId(103))));
    stage.shows("no unit was planned yet").await;
    stage.press("e");
    stage.shows("auth.invalid_grant").await;
    stage.press("esc");
    stage.hides("auth.invalid_grant").await;
}

#[tokio::test]
async fn a_held_run_is_approved_by_typing_the_number_of_removals() {
    let mut stage = Stage::open(overview());
    stage.press("/ f j o r d enter A");
    stage.shows("type 18203").await;
    stage.press("1 8 2 0 3 enter");
    assert_eq!(stage.asked().await, Effect::Approve(RunId(105)));
    stage.shows("the run is being committed").await;
}

#[tokio::test]
async fn keys_typed_ahead_of_a_dialog_do_not_answer_it() {
    let mut stage = Stage::open(overview());
    stage.press("a x y");
    stage.shows("Stop 5 syncs?").await;
    assert_eq!(stage.all_asked(), []);
    stage.press("y");
    assert!(matches!(stage.asked().await, Effect::Cancel(profiles) if profiles.len() == 5));
}

#[tokio::test]
async fn the_first_key_after_a_dialog_was_drawn_is_heard_though_nothing_else_happens() {
    let mut overview = quiet();
    overview.limits.buckets.clear();
    let mut stage = Stage::open(overview);
    stage.press("?");
    stage.shows("sync the selected profiles").await;
    // Time stands still here: nothing but the key can wake the loop before the minute is over.
    stage.press("esc");
    stage.hides("sync the selected profiles").await;
}

#[tokio::test]
async fn quitting_asks_while_syncs_run_and_gives_them_back_before_it_leaves() {
    let mut stage = Stage::open(overview());
    stage.press("q");
    stage.shows("Quit while 3 syncs run and 2 wait?").await;
    stage.press("n");
    stage.hides("Quit while").await;
    stage.press("q");
    stage.shows("Quit while").await;
    stage.press("y");
    stage.closed().await.unwrap();
    assert_eq!(stage.all_asked(), [Effect::Release]);
}

#[tokio::test]
async fn a_signal_and_a_terminal_that_goes_away_give_runs_back_without_asking() {
    let mut stage = Stage::open(overview());
    stage.shows("Aurora").await;
    stage.signal();
    stage.closed().await.unwrap();
    assert_eq!(stage.all_asked(), [Effect::Release]);

    let mut stage = Stage::open(overview());
    stage.shows("Aurora").await;
    stage.hang_up();
    stage.closed().await.unwrap();
    assert_eq!(stage.all_asked(), [Effect::Release]);
}

#[tokio::test]
async fn a_terminal_that_refuses_a_frame_is_an_error_and_runs_are_given_back() {
    let mut stage = Stage::open(overview());
    stage.shows("Aurora").await;
    stage.break_glass();
    stage.press("j");
    assert!(stage.closed().await.is_err());
    assert_eq!(stage.all_asked(), [Effect::Release]);
}

#[tokio::test]
async fn a_request_that_fails_or_panics_is_told_and_the_console_goes_on() {
    let mut stage = Stage::open(quiet());
    stage.engine.refuse();
    stage.press("s");
    stage.shows("✗ The consent of login acme-eu was revoked.").await;
    stage.engine.panic();
    stage.press("s");
    stage.shows("adsync made a mistake").await;
    stage.press("esc j");
    stage.hides("adsync made a mistake").await;
    stage.press("g r");
    stage.shows("adsync made a mistake").await;
}

#[tokio::test]
async fn a_console_that_falls_behind_takes_one_snapshot_and_goes_on() {
    let mut stage = Stage::open(Overview::default());
    stage.shows("no profiles yet").await;
    // More than the channel holds, told before the console gets a turn.
    for id in 1..=100 {
        let name = format!("Shop {id}");
        stage.engine.tell(SyncEvent::Profile { profile: Box::new(profile(id, &name, "DE", "seller")) });
    }
    stage.shows("100 profiles").await;
}

#[tokio::test(start_paused = true)]
async fn a_busy_engine_is_drawn_at_most_thirty_times_a_second() {
    let mut stage = Stage::open(quiet());
    stage.shows("Haus Linden").await;
    let before = stage.frames();
    let begun = tokio::time::Instant::now();
    for rows in 1..=500 {
        let mut p = overview().profiles[&HAUS].clone();
        p.profile.name = format!("Haus {rows}");
        stage.engine.tell(SyncEvent::Profile { profile: Box::new(p) });
        tokio::task::yield_now().await;
    }
    stage.shows("Haus 500").await;
    let frames = u128::try_from(stage.frames() - before).unwrap();
    assert!(frames <= begun.elapsed().as_millis() / 33 + 2, "{frames} frames in {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_resize_is_drawn_and_pasted_text_triggers_nothing() {
    let mut stage = Stage::open(overview());
    stage.shows("Aurora").await;
    stage.input(TerminalEvent::Paste("a x y q".to_owned()));
    stage.input(TerminalEvent::Resize(80, 24));
    stage.press("?");
    stage.shows("sync the selected profiles").await;
    assert_eq!(stage.all_asked(), []);
}
