//! The filter of changes.

use super::*;

#[test]
fn changes_are_found_by_every_field() {
    for (text, found) in [
        ("profile:fjord", &["9"][..]),
        ("country:uk", &["9", "77"]),
        ("product:sd", &["77"]),
        ("entity:keywords", &["301400000000044", "9"]),
        ("\"sp keywords\"", &["301400000000044", "9"]),
        ("kind:added,removed", &["301400000000007", "9"]),
        ("id:3014", &["301400000000044", "301400000000007"]),
        ("name:boots", &["301400000000007"]),
        ("socks", &["9"]),
        ("field:bid", &["301400000000044", "77"]),
        ("field:budget", &["301400000000007"]),
        ("field:dget", &[]),
        ("-field:bid", &["301400000000007", "9"]),
        ("legacy_for_sales", &["301400000000007"]),
        ("run:106", &["301400000000044", "301400000000007"]),
        ("when:4h", &["301400000000044", "301400000000007", "9"]),
    ] {
        let mut model = changed::shown((120, 40));
        filter(&mut model, text);
        assert_eq!(model.filter_line().unwrap().error(), None, "{text}");
        let mut ids = changed::ids(&model);
        ids.sort_unstable();
        let mut found = found.to_vec();
        found.sort_unstable();
        assert_eq!(ids, found, "{text}");
    }
}

#[test]
fn the_line_of_changes_counts_what_is_shown_and_says_what_the_filter_does_not_see() {
    let mut model = changed::shown((120, 40));
    filter(&mut model, "kind:added,removed");
    let text = screen(&model);
    assert!(text.contains("2 of 4 changes   + 1 added   − 1 removed"), "{text}");
    press(&mut model, "esc");
    assert!(screen(&model).contains("4 changes   + 1 added"), "{}", screen(&model));
    filter(&mut model, "zzz");
    let text = screen(&model);
    assert!(text.contains("0 of 4 changes") && text.contains("no change matches \"zzz\""), "{text}");

    let mut model = model_of(overview(), (120, 40));
    let asked = press(&mut model, "4");
    changed::answered(&mut model, &asked, changed::many(MOST_CHANGES + 1));
    filter(&mut model, "id:99");
    let text = screen(&model);
    assert!(text.contains("19 of the newest 1,000: the filter sees no others"), "{text}");
    assert!(text.contains("~ 19 changed"), "{text}");
}

#[test]
fn a_filter_of_changes_stays_when_they_are_read_anew() {
    let mut model = changed::shown((120, 40));
    filter(&mut model, "field:bid");
    press(&mut model, "j");
    let id = |model: &Model| {
        let Screen::Changes(screen) = &model.screen else { panic!("another screen") };
        screen.current().unwrap().entity_id.clone()
    };
    assert_eq!(id(&model), "77");
    let asked =
        tell(&mut model, SyncEvent::Run { run: Box::new(run_view(130, AURORA, RunState::Completed)) });
    let mut more = changed::changes();
    more.extend(changed::many(3));
    changed::answered(&mut model, &asked, more);
    assert_eq!((line(&model), changed::ids(&model).len(), id(&model).as_str()), ("field:bid", 5, "77"));
    // Another window is read with the same filter, from its beginning.
    let asked = press(&mut model, "t");
    assert!(screen(&model).contains("/ field:bid"), "{}", screen(&model));
    changed::answered(&mut model, &asked, changed::changes());
    assert_eq!((changed::ids(&model).len(), id(&model).as_str()), (2, "301400000000044"));
    press(&mut model, "j enter");
    assert!(screen(&model).contains("SD targets 77 returned"), "{}", screen(&model));
    press(&mut model, "esc");
    assert!(copied(&mut model).contains("\t77\treturned\t"));
    assert_eq!(exported(&mut model).len(), 2);
}

#[test]
fn a_filter_of_changes_goes_by_the_clock_and_by_names() {
    let mut model = changed::shown((120, 40));
    filter(&mut model, "when:15m");
    assert_eq!(changed::ids(&model).len(), 2);
    update(&mut model, Event::Tick(ahead(60)));
    assert_eq!(changed::ids(&model).len(), 0);
    assert!(screen(&model).contains("0 of 4 changes"), "{}", screen(&model));
    filter(&mut model, "profile:renamed");
    let mut other = overview();
    other.profiles.get_mut(&FJORD).unwrap().profile.name = "Renamed".to_owned();
    tell(&mut model, SyncEvent::Snapshot { overview: Box::new(other) });
    assert_eq!(changed::ids(&model), ["9"]);
}
