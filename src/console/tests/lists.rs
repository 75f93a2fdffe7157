//! Ranges of a selection, and read-only mode.

use super::fixture::*;
use crate::console::keys::BINDINGS;
use crate::console::*;
use crate::domain::id::ProfileId;
use crate::domain::run::RunState;

fn selected(model: &Model) -> Vec<i64> {
    let selected = model.home.rows().iter().filter(|id| model.home.is_selected(**id));
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
    assert_eq!(model.home.selected(), model.home.rows().len() + 1);
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
