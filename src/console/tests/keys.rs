//! What keys do: events in, effects out.

use super::fixture::*;
use crate::console::*;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{RunState, UnitState};
use crate::sync::event::SyncEvent;

fn at(id: ProfileId) -> Model {
    at_size(id, (80, 24))
}

fn at_size(id: ProfileId, size: (u16, u16)) -> Model {
    let mut model = model_of(overview(), size);
    let position = model.home.rows().iter().position(|row| *row == id).unwrap();
    model.home.move_to(position);
    model
}

fn typed(model: &mut Model, text: &str) {
    press(model, "/");
    for c in text.chars() {
        update(model, Event::Key(key_event(&c.to_string())));
    }
}

fn modal(model: &Model) -> Option<&Modal> {
    model.modal.as_ref().map(|opened| &opened.modal)
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| notice.text.as_str())
}

/// What a dialog about several profiles reads.
const COUNT: Effect = Effect::Load(Query::Costs);

#[test]
fn sync_asks_for_the_current_profile() {
    assert_eq!(press(&mut at(HAUS), "s"), [Effect::Sync(vec![HAUS])]);
}

#[test]
fn sync_asks_for_the_selected_profiles_wherever_the_cursor_is() {
    let mut model = at(FJORD);
    assert_eq!(press(&mut model, "space space g s y"), [COUNT, Effect::Sync(vec![FJORD, HAUS])]);
}

#[test]
fn no_key_acts_on_selected_profiles_that_the_filter_hides() {
    let mut model = at(FJORD);
    press(&mut model, "space");
    typed(&mut model, "nordlicht");
    // Nor on the one that is current: whoever has selected others means them.
    for key in ["enter s", "r", "x"] {
        assert_eq!(press(&mut model, key), []);
        assert!(notice(&model).starts_with("all 1 selected are hidden by the filter"), "{}", notice(&model));
    }
    assert_eq!(model.home.hidden(), 1);
    press(&mut model, "esc esc");
    typed(&mut model, "nordlicht");
    assert_eq!(press(&mut model, "enter s"), [Effect::Sync(vec![NORDLICHT])]);
}

#[test]
fn nothing_is_done_under_a_filter_that_cannot_be_understood() {
    let mut model = at(FJORD);
    typed(&mut model, "stale:>abc");
    assert_eq!(press(&mut model, "enter a s"), []);
    assert!(notice(&model).contains("abc is no duration"), "{}", notice(&model));
    press(&mut model, "esc esc");
    assert!(matches!(press(&mut model, "s").as_slice(), [Effect::Sync(_)]));
}

#[test]
fn all_that_match_are_taken_out_again_and_nobody_else() {
    let mut model = model();
    press(&mut model, "a");
    let all = model.home.selection().len();
    typed(&mut model, "country:us");
    press(&mut model, "enter a");
    assert_eq!(model.home.selection().len(), all - 3);
    press(&mut model, "esc");
    typed(&mut model, "nobody of this name");
    press(&mut model, "enter a");
    assert_eq!(model.home.selection().len(), all - 3, "none match");
}

#[test]
fn a_profile_that_is_never_synced_says_why() {
    let mut model = at(AGENCY);
    assert_eq!(press(&mut model, "s"), []);
    assert_eq!(notice(&model), "Bright Agency is not synced: agency profiles hold no sponsored ads");
}

#[test]
fn select_all_takes_what_matches_the_filter_and_the_second_time_nothing() {
    let mut model = model();
    typed(&mut model, "country:us");
    press(&mut model, "enter a");
    assert_eq!(model.home.selection().len(), 3);
    press(&mut model, "a");
    assert_eq!(model.home.selection().len(), 0);
}

#[test]
fn retry_takes_only_what_failed() {
    let mut model = model();
    assert_eq!(press(&mut model, "a r y"), [COUNT, Effect::Retry(vec![AURORA, ProfileId(4)])]);
    let mut model = at(HAUS);
    assert_eq!(press(&mut model, "r"), []);
    assert_eq!(notice(&model), "nothing failed here, so there is nothing to retry");
}

#[test]
fn cancel_stops_one_sync_at_once_and_asks_before_it_stops_several() {
    assert_eq!(press(&mut at(NORDLICHT), "x"), [Effect::Cancel(vec![NORDLICHT])]);
    // In the order of the screen.
    let live = vec![KESTREL, ProfileId(12), NORDLICHT, ProfileId(8), ProfileId(11)];
    let mut model = model();
    assert_eq!(press(&mut model, "a x"), []);
    assert!(matches!(modal(&model), Some(Modal::Bulk(bulk)) if bulk.profiles == live));
    assert_eq!(press(&mut model, "y"), [Effect::Cancel(live)]);
    assert_eq!(modal(&model), None);
    assert_eq!(press(&mut model, "x n"), []);
}

#[test]
fn a_dialog_takes_no_key_that_was_typed_before_it_was_drawn() {
    let mut model = model();
    press(&mut model, "a");
    assert_eq!(press_ahead(&mut model, "x y y"), []);
    assert!(matches!(modal(&model), Some(Modal::Bulk(_))));
    update(&mut model, Event::Drawn);
    assert_eq!(press_ahead(&mut model, "y").len(), 1);
}

#[test]
fn each_question_of_a_review_must_be_drawn_before_it_can_be_answered() {
    let mut few = overview();
    few.runs.get_mut(&FJORD).unwrap().hold = Some(hold(40));
    let mut model = model_of(few, (80, 24));
    typed(&mut model, "fjord");
    press(&mut model, "enter e");
    assert_eq!(press_ahead(&mut model, "A y"), [], "y came before the question was drawn");
    update(&mut model, Event::Drawn);
    assert_eq!(press_ahead(&mut model, "A y"), [], "A had closed nothing, and y came too early again");
    assert_eq!(press(&mut model, "y"), [Effect::Approve(RunId(105))]);
}

#[test]
fn many_removals_are_approved_by_typing_their_number() {
    let mut model = at(FJORD);
    assert_eq!(press(&mut model, "A 1 8 2 0 enter"), []);
    assert_eq!(notice(&model), "that is not the number of removals");
    assert_eq!(press(&mut model, "y 1 8 2 0 4 backspace 3 enter"), [Effect::Approve(RunId(105))]);
    assert_eq!(modal(&model), None);
}

#[test]
fn a_held_run_is_discarded_by_one_key() {
    assert_eq!(press(&mut at(FJORD), "D y"), [Effect::Discard(RunId(105))]);
    assert_eq!(press(&mut at(FJORD), "D n esc"), []);
    let effects = press(&mut at(FJORD), "enter D y");
    assert_eq!(effects, [Effect::Load(Query::Units(RunId(105))), Effect::Discard(RunId(105))]);
    assert_eq!(press(&mut at(HAUS), "D n"), []);
}

#[test]
fn nothing_is_decided_on_a_terminal_that_is_too_small_to_show_what() {
    for size in [(49, 24), (80, 13)] {
        let mut model = at_size(FJORD, size);
        assert_eq!(press(&mut model, "A 1 8 2 0 3 enter D"), [], "{size:?}");
        assert!(
            matches!(press(&mut model, "y").as_slice(), [Effect::Copy(_)]),
            "it can be read, and is copied"
        );
        assert_eq!(press(&mut model, "esc"), [], "{size:?}");
    }
    let mut model = at(FJORD);
    press(&mut model, "A 1 8 2 0 3");
    update(&mut model, Event::Resize { width: 40, height: 10 });
    assert_eq!(press(&mut model, "enter"), []);
}

#[test]
fn a_review_whose_summary_changes_must_be_read_again() {
    let mut model = at(FJORD);
    press(&mut model, "A 1 8 2 0 3");
    let mut again = run_view(105, FJORD, RunState::Held);
    again.hold = Some(hold(25_000));
    tell(&mut model, SyncEvent::Run { run: Box::new(again) });
    assert_eq!(press_ahead(&mut model, "enter y"), []);
    assert!(matches!(modal(&model), Some(Modal::Review(r)) if r.stage == Stage::Reading));
}

#[test]
fn a_review_closes_when_its_run_is_no_longer_held() {
    let mut model = at(FJORD);
    press(&mut model, "A");
    tell(&mut model, SyncEvent::Run { run: Box::new(run_view(105, FJORD, RunState::Discarded)) });
    assert_eq!(modal(&model), None);
    assert_eq!(notice(&model), "the run is no longer held");
}

#[test]
fn the_filter_line_takes_letters_that_are_keys_elsewhere() {
    let mut model = model();
    typed(&mut model, "sqxrAD");
    assert_eq!(model.home.line().value(), "sqxrAD");
    assert_eq!(model.home.rows(), []);
    assert_eq!(press(&mut model, "enter s x r"), [], "there is no row to act on");
    press(&mut model, "esc");
    assert_eq!(model.home.rows().len(), 12);
}

#[test]
fn the_filter_finds_by_status_login_type_and_id() {
    for (text, found) in [
        ("failed", 2),
        ("acme-na", 3),
        ("vendor", 3),
        ("status:held", 1),
        ("id:12", 1),
        ("京", 1),
        ("status:failed,held", 3),
        ("-country:US -type:agency", 8),
        ("rows:>100k", 2),
        ("changed:>0 -country:us", 4),
        ("stale:yes", 6),
        ("stale:<1h", 1),
        ("cause:zz", 0),
    ] {
        let mut model = model();
        typed(&mut model, text);
        assert_eq!(model.home.rows().len(), found, "{text}");
    }
}

#[test]
fn a_cause_is_found_by_the_beginning_of_its_name() {
    let mut model = model();
    let cause = model.overview.failures.get(&AURORA).unwrap().cause.to_string();
    typed(&mut model, &format!("cause:{}", &cause[..4]));
    assert_eq!(model.home.rows(), [AURORA, ProfileId(4)]);
}

#[test]
fn a_filter_by_age_goes_by_the_clock() {
    let mut model = model();
    typed(&mut model, "stale:>15m stale:<20m");
    assert_eq!(model.home.rows(), []);
    update(&mut model, Event::Tick(ahead(60)));
    assert_eq!(model.home.rows(), [HAUS], "it was synced 845 s before");
}

#[test]
fn tab_completes_fields_and_values_in_the_filter_line() {
    let mut model = model();
    press(&mut model, "/ c o u tab d tab");
    assert_eq!(model.home.line().value(), "country:de");
    assert_eq!(model.home.rows().len(), 4);
    press(&mut model, "space - s t a t u s : f a right enter");
    assert_eq!(model.home.line().value(), "country:de -status:failed");
    assert_eq!(model.home.rows(), [HAUS, NORDLICHT]);
}

#[test]
fn pasted_text_goes_into_the_filter_line_or_nowhere() {
    let mut model = model();
    assert_eq!(update(&mut model, Event::Paste("aqy\n".to_owned())), []);
    assert_eq!((model.home.selection().len(), modal(&model)), (0, None));
    press(&mut model, "/");
    update(&mut model, Event::Paste("nord\nlicht".to_owned()));
    assert_eq!(model.home.line().value(), "nord licht");
    let mut model = at(FJORD);
    press(&mut model, "D");
    update(&mut model, Event::Drawn);
    assert_eq!(update(&mut model, Event::Paste("y".to_owned())), []);
}

#[test]
fn the_cursor_stays_on_its_profile_when_rows_move() {
    let mut model = at(NORDLICHT);
    tell(&mut model, SyncEvent::Profile { profile: Box::new(profile(99, "Aaa First", "DE", "seller")) });
    assert_eq!(model.home.current(), Some(NORDLICHT));
    press(&mut model, "> > S");
    assert_eq!(model.home.current(), Some(NORDLICHT));
    assert_eq!(model.home.order(), Order { column: 2, descending: true });
}

#[test]
fn before_the_operator_moves_the_cursor_stays_on_the_first_row() {
    let mut model = model();
    tell(&mut model, SyncEvent::Profile { profile: Box::new(profile(99, "Aaa First", "DE", "seller")) });
    assert_eq!(model.home.current(), Some(ProfileId(99)));
}

#[test]
fn sorting_by_status_brings_up_what_needs_somebody() {
    let mut model = model();
    press(&mut model, "> > > > g");
    let order: Vec<&str> = model.home.rows().iter().map(|id| model.home.status(*id).word()).collect();
    let first = ["failed", "failed", "held", "throttled", "committing", "fetching", "parked", "queued"];
    assert_eq!(order[..8], first);
}

#[test]
fn every_column_orders_the_list_and_the_numbers_begin_with_the_greatest() {
    let first = |presses: usize, reversed: bool| {
        let mut model = model();
        let keys = format!("{}{} g", "> ".repeat(presses), if reversed { "S" } else { "" });
        press(&mut model, &keys);
        let current = model.home.current().unwrap();
        (model.name(current), screen(&model))
    };
    for (presses, name, reversed, label) in [
        (0, "Aurora Pets", "東京アウトドア株式会社", "by name"),
        (1, "Aurora Pets", "Marble & Oak", "by country"),
        (2, "Bright Agency", "Haus Linden", "by type"),
        (3, "Aurora Pets", "Marble & Oak", "by login"),
        (4, "Aurora Pets", "Bright Agency", "by status, failed first"),
        (5, "Bright Agency", "Haus Linden", "by last sync, oldest first"),
        (6, "Prairie Goods", "Bright Agency", "by rows, most first"),
        (7, "Fjord & Co", "Aurora Pets", "by changes, most first"),
        (8, "Prairie Goods", "Aurora Pets", "by progress, farthest first"),
    ] {
        let (found, shown) = first(presses, false);
        assert_eq!(found, name, "{label}");
        assert!(shown.contains(label), "{label} is not told in\n{shown}");
        assert_eq!(first(presses, true).0, reversed, "{label}, reversed");
    }
}

#[test]
fn progress_moves_rows_only_when_they_stand_in_its_order() {
    let mut model = model();
    press(&mut model, "<");
    let first = |model: &Model| model.home.rows()[..3].to_vec();
    assert_eq!(first(&model), [ProfileId(8), NORDLICHT, KESTREL]);
    let mut all = unit_view(102, SD_TARGETS, UnitState::Fetching, 47, 47_900);
    all.expected = Some(48_000);
    tell(&mut model, SyncEvent::Unit { profile_id: KESTREL, unit: Box::new(all) });
    assert_eq!(first(&model), [ProfileId(8), KESTREL, NORDLICHT]);
}

#[test]
fn opening_a_run_reads_its_units_only_when_no_event_has_told_them() {
    assert_eq!(press(&mut at(NORDLICHT), "enter"), []);
    let mut model = at(AURORA);
    assert_eq!(press(&mut model, "enter"), [Effect::Load(Query::Units(RunId(103)))]);
    let unit = unit_view(103, SP_KEYWORDS, UnitState::Failed, 3, 3_000);
    update(
        &mut model,
        Event::Loaded { query: Query::Units(RunId(103)), result: Ok(Data::Units(vec![unit])) },
    );
    let Screen::Run(screen) = &model.screen else { panic!("the run screen is open") };
    assert_eq!(model.units(screen).len(), 1);
}

#[test]
fn the_run_screen_follows_its_profile_to_a_newer_run() {
    let mut model = at(AURORA);
    press(&mut model, "enter");
    let newer = run_view(200, AURORA, RunState::Queued);
    assert_eq!(
        tell(&mut model, SyncEvent::Run { run: Box::new(newer) }),
        [Effect::Load(Query::Units(RunId(200)))]
    );
    let late = Event::Loaded { query: Query::Units(RunId(103)), result: Ok(Data::Units(Vec::new())) };
    update(&mut model, late);
    assert!(
        matches!(&model.screen, Screen::Run(s) if s.run == Some(RunId(200)) && s.units == Loaded::Loading)
    );
    press(&mut model, "esc");
    assert_eq!(model.screen, Screen::Profiles);
}

#[test]
fn e_shows_the_report_that_is_nearest() {
    let mut model = at(AURORA);
    press(&mut model, "e");
    assert!(matches!(modal(&model), Some(Modal::Error { title, .. }) if title.starts_with("Aurora Pets")));
    press(&mut model, "esc");
    let failed = Event::Answered { effect: Effect::Sync(vec![HAUS]), result: Err(Box::new(report())) };
    update(&mut model, failed);
    press(&mut model, "e");
    assert!(matches!(modal(&model), Some(Modal::Error { title, .. }) if title == "That could not be done"));
    let mut model = at(FJORD);
    press(&mut model, "e");
    assert!(matches!(modal(&model), Some(Modal::Review(r)) if r.stage == Stage::Reading));
    let mut model = at(HAUS);
    press(&mut model, "e");
    assert_eq!(notice(&model), "no error here");
}

#[test]
fn quitting_without_live_runs_asks_nothing() {
    let mut quiet = overview();
    quiet.runs.retain(|_, run| !run.state.is_live());
    let mut model = model_of(quiet, (80, 24));
    assert_eq!(press(&mut model, "q"), [Effect::Release]);
    assert_eq!(update(&mut model, Event::Released), [Effect::Exit]);
}

#[test]
fn quitting_with_live_runs_asks_and_names_how_many() {
    let mut model = model();
    assert_eq!(press(&mut model, "q"), []);
    assert_eq!(modal(&model), Some(&Modal::Quit { running: 3, queued: 2 }));
    assert_eq!(press(&mut model, "n"), []);
    assert_eq!(press(&mut model, "q y"), [Effect::Release]);
    assert_eq!(modal(&model), Some(&Modal::Leaving { live: 3 }));
    assert_eq!(press(&mut model, "s q y n esc"), [], "nothing can be asked for any more");
}

#[test]
fn ctrl_c_quits_and_forces_more_each_time() {
    let mut model = model();
    assert_eq!(press_ahead(&mut model, "ctrl-c"), []);
    assert_eq!(press_ahead(&mut model, "ctrl-c"), [Effect::Release]);
    assert_eq!(press_ahead(&mut model, "ctrl-c"), [Effect::Exit]);
    let mut model = at(FJORD);
    typed(&mut model, "x");
    press_ahead(&mut model, "ctrl-c");
    assert_eq!(modal(&model), Some(&Modal::Quit { running: 3, queued: 2 }), "also while a filter is typed");
}

#[test]
fn ctrl_l_draws_everything_anew_wherever_the_keys_go() {
    for keys in ["", "/ x", "enter", "?", "q", ": s", "a s", "7 /", "X"] {
        let mut model = model();
        press(&mut model, keys);
        let before = screen(&model);
        model.take_dirty();
        assert_eq!(press_ahead(&mut model, "ctrl-l"), [Effect::Redraw], "{keys}");
        assert!(model.take_dirty(), "{keys}");
        assert_eq!(screen(&model), before, "{keys}");
    }
}

#[test]
fn a_signal_quits_without_asking_and_the_second_one_at_once() {
    let mut model = model();
    assert_eq!(update(&mut model, Event::Terminate), [Effect::Release]);
    assert_eq!(update(&mut model, Event::Terminate), [Effect::Exit]);
}

#[test]
fn a_key_changes_between_utc_and_the_local_zone_and_the_header_says_which() {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let mut model = Model::new(options(), zone, overview(), NOW, (80, 24));
    assert!(screen(&model).lines().next().unwrap().ends_with("15:32 CET"), "{}", screen(&model));
    assert_eq!(press(&mut model, "U"), []);
    assert!(screen(&model).lines().next().unwrap().ends_with("14:32 UTC"), "{}", screen(&model));
    assert!(notice(&model).contains("14:32 UTC"), "{}", notice(&model));
    press(&mut model, "U");
    assert!(screen(&model).lines().next().unwrap().ends_with("15:32 CET"));
}

#[test]
fn what_changes_nothing_on_screen_draws_nothing() {
    let mut model = model();
    model.take_dirty();
    let limits = model.overview.limits.clone();
    tell(&mut model, SyncEvent::Limits { limits });
    assert!(!model.take_dirty());
    press(&mut model, "l l");
    model.take_dirty();
    update(&mut model, Event::Logged(Vec::new()));
    assert!(!model.take_dirty(), "the log is hidden");
}

#[test]
fn time_alone_draws_only_when_something_on_screen_becomes_outdated() {
    let mut quiet = overview();
    quiet.runs.retain(|_, run| !run.state.is_live());
    quiet.waits.clear();
    let mut model = model_of(quiet, (80, 24));
    model.take_dirty();
    update(&mut model, Event::Tick(ahead(1)));
    assert!(!model.take_dirty());
    // Haus Linden was synced 845 s before: its age turns from 14 to 15 minutes at 900 s.
    update(&mut model, Event::Tick(ahead(54)));
    assert!(!model.take_dirty());
    update(&mut model, Event::Tick(ahead(55)));
    assert!(model.take_dirty());
    assert!(screen(&model).contains("15 min ago"));
}

#[test]
fn a_parked_run_becomes_queued_when_its_time_has_come() {
    let mut model = model();
    assert_eq!(model.home.status(ProfileId(12)).word(), "parked");
    update(&mut model, Event::Tick(ahead(251)));
    assert_eq!(model.home.status(ProfileId(12)).word(), "queued");
}

#[test]
fn a_message_goes_away_by_itself_and_a_failure_stays_until_it_is_dismissed() {
    let mut model = model();
    let said = |result| Event::Answered { effect: Effect::Sync(vec![HAUS]), result };
    update(&mut model, said(Ok(Some("1 sync queued".to_owned()))));
    assert_eq!(notice(&model), "1 sync queued");
    update(&mut model, Event::Tick(ahead(9)));
    assert_eq!(model.notice, None);
    update(&mut model, said(Err(Box::new(report()))));
    update(&mut model, Event::Tick(ahead(900)));
    assert_eq!(notice(&model), "The consent of login acme-eu was revoked.");
    press(&mut model, "esc");
    assert_eq!(model.notice, None);
}
