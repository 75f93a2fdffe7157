//! The filter of who waits for the limits.

use super::*;

#[test]
fn who_waits_is_found_by_every_field() {
    for (text, found) in [
        ("name:kestrel", &[Some(2)][..]),
        ("outside", &[None]),
        ("country:de", &[Some(1)]),
        ("state:paused", &[Some(2), Some(12)]),
        ("state:waiting", &[Some(2), Some(1), None]),
        ("state:refused -state:waiting", &[Some(12)]),
        ("login:acme-na", &[None, Some(12)]),
        ("bucket:acme-eu", &[Some(2), Some(1)]),
        ("id:12", &[Some(12)]),
        ("waiting:>2", &[Some(2), Some(1)]),
        ("refused:>0", &[Some(2), Some(12)]),
        ("zzz", &[]),
    ] {
        let mut model = limited::opened(limited::limits(), (120, 40), "");
        filter(&mut model, text);
        assert_eq!(model.filter_line().unwrap().error(), None, "{text}");
        assert_eq!(waiting(&model), found, "{text}");
    }
}

#[test]
fn keys_act_on_the_profile_that_is_shown_and_a_file_has_no_other() {
    let mut model = limited::opened(limited::limits(), (120, 40), "j j");
    press(&mut model, "G");
    filter(&mut model, "state:paused");
    press(&mut model, "> S");
    assert_eq!(waiting(&model), [Some(12), Some(2)], "by name, last first");
    assert_eq!(model.current(), Some(ProfileId(12)), "the cursor stays on its profile");
    let rows: Vec<Cell> = exported(&mut model).into_iter().map(|row| row[1].clone()).collect();
    let id = |id: &str| Cell::Word(id.to_owned());
    assert_eq!(rows, [Cell::Nothing, Cell::Nothing, id("12"), id("2")], "the buckets are always there");
    // Others come before it, and it stays current.
    let mut more = limited::limits();
    more.profiles.insert(0, limited::limit(Some(AURORA), "acme-eu", 1, Some(900)));
    tell(&mut model, SyncEvent::Limits { limits: more });
    assert_eq!(waiting(&model), [Some(12), Some(2), Some(3)]);
    assert_eq!(model.current(), Some(ProfileId(12)));
    press(&mut model, "enter");
    assert!(matches!(&model.screen, Screen::Run(run) if run.profile == ProfileId(12)));
    press(&mut model, "esc");
    assert_eq!((line(&model), model.current()), ("state:paused", Some(ProfileId(12))));
    filter(&mut model, "zzz");
    assert_eq!(model.current(), None);
    assert!(screen(&model).contains("no profile matches \"zzz\""), "{}", screen(&model));
    assert!(screen(&model).contains("0 of 5 profiles"), "{}", screen(&model));
}

#[test]
fn a_pause_that_is_over_is_none() {
    let mut model = limited::opened(limited::limits(), (120, 40), "");
    filter(&mut model, "state:paused");
    update(&mut model, Event::Tick(ahead(100)));
    assert_eq!(waiting(&model), [Some(12)]);
}
