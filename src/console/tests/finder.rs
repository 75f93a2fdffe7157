//! The finder: what it finds, and that it does what the key would.

use super::fixture::*;
use crate::console::*;
use crate::domain::id::RunId;
use crate::sync::overview::Overview;

fn typed(model: &mut Model, text: &str) {
    press(model, ":");
    update(model, Event::Paste(text.to_owned()));
}

fn shown(model: &Model) -> Vec<String> {
    match model.modal.as_ref().map(|opened| &opened.modal) {
        Some(Modal::Finder(finder)) => finder.visible().map(|(_, entry, _)| entry.label.clone()).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_palette_at_every_size() {
    for size in [(80, 24), (120, 40), (60, 15)] {
        let mut model = model_of(overview(), size);
        press(&mut model, ":");
        snapshot("finder_all", &model);
        update(&mut model, Event::Paste("nord".to_owned()));
        snapshot("finder_found", &model);
        update(&mut model, Event::Paste("zzz".to_owned()));
        snapshot("finder_none", &model);
    }
}

#[test]
fn actions_screens_profiles_and_causes_are_found_by_some_of_their_letters() {
    for (text, first) in [
        ("mat", "Matrix: "),
        ("mtrx", "Matrix: "),
        ("lim", "Limits: "),
        ("copy com", "copy command: "),
        ("select all", "all: "),
        ("retry", "retry: "),
        ("read", "read-only: "),
        ("nrdlcht", "Nordlicht Outdoor DE"),
        ("fjord uk", "Fjord & Co UK"),
        ("東京", "東京アウトドア株式会社 JP"),
        ("revoked", "cause "),
    ] {
        let mut model = model();
        typed(&mut model, text);
        assert!(shown(&model)[0].starts_with(first), "{text}: {:?}", shown(&model));
    }
    let mut model = model();
    typed(&mut model, "no such thing at all");
    assert_eq!(shown(&model), [""; 0]);
    assert_eq!(press(&mut model, "enter"), []);
}

#[test]
fn what_is_found_is_done_as_its_key_would_do_it() {
    let mut model = model();
    typed(&mut model, "sync: sync");
    assert_eq!(press(&mut model, "enter"), [Effect::Sync(vec![AURORA])]);
    press(&mut model, "a");
    typed(&mut model, "sync: sync");
    assert_eq!(press(&mut model, "enter"), [Effect::Load(Query::Costs)], "several are asked about first");
    press(&mut model, "n esc");
    typed(&mut model, "aurora");
    assert_eq!(press(&mut model, "enter"), [Effect::Load(Query::Units(RunId(103)))]);
    assert!(matches!(&model.screen, Screen::Run(run) if run.profile == AURORA));
    typed(&mut model, "limits");
    press(&mut model, "enter");
    assert!(matches!(model.screen, Screen::Limits(_)));
    typed(&mut model, "cause");
    press(&mut model, "enter");
    assert!(matches!(&model.screen, Screen::Errors(errors) if errors.position() == 0));
    press(&mut model, ": esc");
    assert_eq!(model.modal, None);
}

#[test]
fn read_only_mode_holds_in_the_palette_too() {
    let mut model = model();
    press(&mut model, "ctrl-r");
    typed(&mut model, "sync: sync");
    assert_eq!(press(&mut model, "enter"), []);
    assert!(model.notice.as_ref().unwrap().text.starts_with("read-only"));
}

#[test]
fn letters_typed_after_its_key_are_never_lost() {
    let mut model = model();
    press_ahead(&mut model, ": n o r d down up");
    assert_eq!(shown(&model)[0], "Nordlicht Outdoor DE");
}

#[test]
fn one_of_ten_thousand_is_found_by_its_number() {
    let mut many = Overview::default();
    for id in 1..=10_000 {
        let p = profile(id, &format!("Shop {}", id * 7_919 % 10_007), "DE", "seller");
        many.profiles.insert(p.profile.id, p);
    }
    let mut model = model_of(many, (80, 24));
    typed(&mut model, "shop '9999");
    let Some(Modal::Finder(finder)) = model.modal.as_ref().map(|o| &o.modal) else { panic!("it is open") };
    assert!(finder.len() >= 1 && finder.len() < 10, "{}", finder.len());
}

#[test]
fn no_entry_says_its_name_twice() {
    for (text, label) in [
        ("filter", "filter: words, and fields such as status:failed"),
        ("quit", "quit: live runs go back to the queue"),
        ("read-only", "read-only: refuse every key that changes anything"),
    ] {
        let mut model = model_of(overview(), (120, 40));
        typed(&mut model, text);
        assert_eq!(shown(&model)[0], label);
    }
}
