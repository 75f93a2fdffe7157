//! What is selected, ranges, and read-only mode.

use super::errors;
use super::fixture::{screen as screen_of, *};
use super::history::{all, of_haus};
use crate::console::keys::BINDINGS;
use crate::console::*;
use crate::domain::id::ProfileId;
use crate::domain::run::RunState;
use crate::sync::event::SyncEvent;

fn selected(model: &Model) -> Vec<i64> {
    let selected = model.home.rows().iter().filter(|id| model.home.selection().contains(id));
    selected.map(|id| id.0).collect()
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| notice.text.as_str())
}

#[test]
fn a_range_follows_the_cursor_and_keeps_what_was_selected_before() {
    for (keys, chosen) in [
        ("v", &[3][..]),
        ("v j j", &[3, 10, 4]),
        ("j j v k", &[10, 4]),
        ("space j v j j k v", &[3, 4, 5]),
        ("v j space", &[3, 10]),
        ("v j space j", &[3, 10]),
        ("v j v j", &[3, 10]),
        ("v j j esc", &[]),
        ("space v j j esc", &[3]),
        ("v j a", &[3, 10, 4, 5, 6, 2, 12, 1, 9, 8, 11, 7]),
        ("space i", &[10, 4, 5, 6, 2, 12, 1, 9, 8, 11, 7]),
        ("a i", &[]),
    ] {
        let mut model = model();
        press(&mut model, keys);
        assert_eq!(selected(&model), chosen, "{keys}");
    }
}

#[test]
fn a_range_ends_when_something_is_done_or_the_filter_changes_the_rows() {
    for (keys, chosen) in [
        ("v j s y j j", &[3, 10][..]),
        ("j j v j s y G", &[4, 5]),
        ("v s G", &[3]),
        ("v r G", &[3]),
        ("v j / d e enter G esc", &[3, 10]),
    ] {
        let mut model = model();
        press(&mut model, keys);
        assert_eq!(selected(&model), chosen, "{keys}");
    }
}

#[test]
fn esc_gives_up_the_range_before_anything_else() {
    let mut model = model();
    press(&mut model, "/ d e enter v j esc");
    assert_eq!((selected(&model).len(), model.home.line().value()), (0, "de"));
    press(&mut model, "esc");
    assert_eq!(model.home.line().value(), "");
}

#[test]
fn an_inverted_selection_leaves_alone_what_the_filter_hides() {
    let mut model = model();
    press(&mut model, "space / u s enter i");
    assert_eq!(model.home.hidden(), 1);
    assert_eq!(model.home.selection().len(), model.home.rows().len() + 1);
}

/// Whom keys act on where the bulk dialog is open.
fn chosen(model: &Model) -> Vec<ProfileId> {
    match model.modal.as_ref().map(|opened| &opened.modal) {
        Some(Modal::Bulk(bulk)) => bulk.chosen.clone(),
        other => panic!("no dialog: {other:?}"),
    }
}

#[test]
fn keys_act_on_the_profiles_of_the_selected_runs_each_once() {
    let mut model = all((120, 40), "v j j j v s");
    // The newest four are of three profiles.
    let Screen::History(screen) = &model.screen else { panic!("{:?}", model.screen) };
    assert_eq!((screen.selection().len(), screen.targets().len()), (4, 3));
    assert_eq!(chosen(&model), screen.targets());
    press(&mut model, "n / s t a t e : d o n e enter");
    let drawn = screen_of(&model);
    assert!(drawn.contains("4 selected") && drawn.contains("hidden by the filter"), "{drawn}");
    // Esc takes away the filter, then what is selected, and then leaves.
    for (word, there) in [("4 selected", true), ("selected", false)] {
        press(&mut model, "esc");
        assert_eq!(screen_of(&model).contains(word), there, "{word}");
    }
    press(&mut model, "a esc");
    assert!(matches!(model.screen, Screen::History(_)));
    press(&mut model, "esc");
    assert_eq!(model.screen, Screen::Profiles);
}

#[test]
fn runs_of_one_profile_are_not_selected() {
    let mut model = of_haus((120, 40), "a");
    assert!(notice(&model).contains("one profile"), "{}", notice(&model));
    assert!(!screen_of(&model).contains("selected"));
    press(&mut model, "v");
    assert!(!screen_of(&model).contains("range"));
}

#[test]
fn failures_are_selected_by_cause_and_one_by_one() {
    // A cause of two profiles, and one of one.
    for (keys, many) in [
        ("space", 2),
        ("space space", 3),
        ("space space space", 2),
        ("j space space", 2),
        ("j space space space", 3),
        ("j space space space space", 2),
        ("space k space", 1),
        ("j space", 1),
        ("j space k k space", 2),
        ("v", 1),
        ("v j j", 2),
        ("j v j j", 2),
        ("j v j j j v", 3),
        ("v j j esc", 0),
        ("a", 3),
        ("a a", 0),
        ("a j space", 2),
        ("space i", 1),
        ("a esc", 0),
        ("/ h a u s enter a esc", 1),
    ] {
        let model = errors::opened((80, 24), keys);
        let Screen::Errors(screen) = &model.screen else { panic!("{keys}: {:?}", model.screen) };
        assert_eq!(screen.selected().len(), many, "{keys}");
    }
    let mut model = errors::opened((80, 24), "a r");
    assert_eq!(chosen(&model).len(), 3, "of both causes");
    press(&mut model, "n / h a u s enter r");
    assert_eq!(chosen(&model), [HAUS], "nobody is tried again unseen");
}

#[test]
fn a_range_whose_beginning_is_gone_keeps_what_it_selected() {
    let mut model = errors::opened((80, 24), "j j j j v k k");
    let Screen::Errors(screen) = &model.screen else { panic!("{:?}", model.screen) };
    assert_eq!(screen.selected().len(), 2);
    let mut run = run_view(120, HAUS, RunState::Completed);
    run.finished_at = Some(ago(1));
    let at = model.now;
    update(&mut model, Event::Engine { event: Box::new(SyncEvent::Run { run: Box::new(run) }), at });
    update(&mut model, Event::Drawn);
    press(&mut model, "k");
    let Screen::Errors(screen) = &model.screen else { panic!("{:?}", model.screen) };
    assert_eq!((screen.selected().len(), screen.selection().is_ranging()), (1, false));
}

#[test]
fn an_open_report_is_copied_as_what_it_shows_whatever_is_selected() {
    let copied = |keys: &str| match press(&mut errors::opened((80, 24), keys), "c").as_slice() {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    };
    assert!(copied("").starts_with("adsync errors "), "{}", copied(""));
    assert!(copied("a").starts_with("adsync retry "), "{}", copied("a"));
    assert!(copied("a enter").starts_with("adsync errors "), "{}", copied("a enter"));
}

#[test]
fn whoever_fails_no_longer_is_no_longer_selected() {
    let mut model = errors::opened((80, 24), "a");
    let mut run = run_view(120, HAUS, RunState::Completed);
    run.finished_at = Some(ago(1));
    let event = SyncEvent::Run { run: Box::new(run) };
    let at = model.now;
    update(&mut model, Event::Engine { event: Box::new(event), at });
    update(&mut model, Event::Drawn);
    press(&mut model, "j");
    let Screen::Errors(screen) = &model.screen else { panic!("{:?}", model.screen) };
    assert_eq!(screen.selection().len(), 2);
}

/// Whether an effect would change anything but the screen.
fn changes(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::RefreshProfiles
            | Effect::Sync(_)
            | Effect::Retry(_)
            | Effect::Cancel(_)
            | Effect::Approve(_)
            | Effect::Discard(_)
    )
}

#[test]
fn read_only_mode_refuses_every_key_that_changes_anything_on_every_screen() {
    for screen in ["", "enter", "2", "3", "4", "5", "6", "7"] {
        for row in [AURORA, FJORD, NORDLICHT, HAUS] {
            for binding in BINDINGS {
                let mut model = model();
                let position = model.home.rows().iter().position(|id| *id == row).unwrap();
                model.home.move_to(position);
                press(&mut model, &format!("ctrl-r {screen}"));
                update(&mut model, Event::Drawn);
                let mut effects = update(&mut model, Event::Key(binding.keys[0].event()));
                effects.extend(press(&mut model, "A y D y enter"));
                assert!(!effects.iter().any(changes), "{:?} on {screen:?}: {effects:?}", binding.command);
            }
        }
    }
}

#[test]
fn read_only_mode_says_so_and_how_to_leave_it() {
    let mut model = model();
    press(&mut model, "ctrl-r");
    assert!(screen(&model).lines().next().unwrap().contains("read-only"));
    for key in ["s", "r", "x", "A", "D", "R"] {
        assert_eq!(press(&mut model, key), [], "{key}");
        assert!(notice(&model).starts_with("read-only") && notice(&model).contains("Ctrl-R"), "{key}");
        assert_eq!(model.modal, None, "{key}");
    }
    assert_eq!(press(&mut model, "ctrl-r s").len(), 1);
    assert!(!screen(&model).contains("read-only"));
}

#[test]
fn a_held_run_can_be_read_in_read_only_mode_and_not_decided_on() {
    let mut model = model();
    let position = model.home.rows().iter().position(|id| *id == FJORD).unwrap();
    model.home.move_to(position);
    assert_eq!(press(&mut model, "ctrl-r e A 1 8 2 0 3 enter D"), []);
    assert!(notice(&model).starts_with("read-only"));
}

#[test]
fn a_console_that_began_read_only_tells_that_it_carries_nothing() {
    let options = ConsoleOptions { read_only: true, ..options() };
    let mut model = Model::new(options, jiff::tz::TimeZone::UTC, overview(), NOW, (120, 40));
    assert!(screen(&model).contains("read-only, carries no runs"));
    assert_eq!(press(&mut model, "s"), []);
    press(&mut model, "ctrl-r");
    assert!(notice(&model).contains("no queued runs of others"));
}

#[test]
fn a_console_that_carries_nothing_says_so_and_is_left_at_once() {
    let mut queued = overview();
    queued.logins.clear();
    queued.runs.retain(|_, run| !run.state.is_live());
    for id in [8, 11] {
        let mut run = run_view(200 + id, ProfileId(id), RunState::Queued);
        run.owner = None;
        queued.runs.insert(ProfileId(id), run);
    }
    let mut model = model_of(queued.clone(), (120, 40));
    let drawn = screen(&model);
    assert!(drawn.contains("2 queued") && !drawn.contains("syncing"), "{drawn}");
    press(&mut model, "q");
    assert!(screen(&model).contains("Quit while 2 syncs wait?"), "{}", screen(&model));
    let mut model = model_of(queued, (120, 40));
    (model.options.read_only, model.read_only) = (true, true);
    assert!(screen(&model).contains("2 logins"), "{}", screen(&model));
    press(&mut model, "/ p r a i r i e enter w");
    let why = screen(&model);
    assert!(why.contains("no process carries it") && !why.contains("within a second"), "{why}");
    press(&mut model, "esc");
    assert_eq!(press(&mut model, "q"), [Effect::Release]);
}
