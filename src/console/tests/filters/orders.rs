//! Orders of the lists that have one of their own at first.

use super::*;

#[test]
fn runs_in_the_order_of_their_time_move_while_they_go_on() {
    let mut model = history::all((120, 40), "> > > > >");
    assert!(screen(&model).contains("by duration, longest first"), "{}", screen(&model));
    let place = |model: &Model| history::ids(model).iter().position(|id| *id == 101);
    assert_eq!(place(&model), Some(8), "after those of 2:25 and more, and the newer one of 2:14");
    update(&mut model, Event::Tick(ahead(60)));
    assert_eq!(place(&model), Some(4), "3:14 by now");
}

#[test]
fn who_waits_is_ordered_by_any_column_and_as_they_wait_at_first() {
    let mut model = limited::opened(limited::limits(), (160, 50), "");
    let natural = [Some(2), Some(1), None, Some(12)];
    assert_eq!(waiting(&model), natural);
    for (keys, found, label) in [
        (">", [Some(2), Some(12), Some(1), None], "by name"),
        (">", [None, Some(1), Some(2), Some(12)], "by country"),
        ("> >", [Some(2), Some(1), None, Some(12)], "by waiting requests, most first"),
        ("S", [Some(12), None, Some(1), Some(2)], "by waiting requests, fewest first"),
        ("> S >", [Some(12), Some(2), Some(1), None], "by pause, longest first"),
        ("> >", [Some(2), Some(1), None, Some(12)], "by bucket"),
        (">", natural, ""),
        ("S", [Some(12), None, Some(1), Some(2)], "as they wait, last first"),
    ] {
        press(&mut model, keys);
        assert_eq!(waiting(&model), found, "{label}");
        assert!(screen(&model).contains(label), "{label}: {}", screen(&model));
    }
}

#[test]
fn units_are_ordered_by_any_column_as_planned_at_first_and_the_cursor_stays_on_its_unit() {
    let names = |model: &Model| -> Vec<String> {
        let Screen::Run(screen) = &model.screen else { panic!("another screen") };
        model.units(screen).iter().map(|unit| unit.unit.to_string()).collect()
    };
    let current = |model: &Model| {
        let Screen::Run(screen) = &model.screen else { panic!("another screen") };
        model.units(screen)[screen.list.position].unit
    };
    let mut model = model_of(overview(), (120, 40));
    let nordlicht = model.home.rows().iter().position(|id| *id == NORDLICHT).unwrap();
    model.home.move_to(nordlicht);
    press(&mut model, "enter j j");
    let planned = names(&model);
    assert_eq!(current(&model), SP_KEYWORDS);
    for (keys, first, last, label) in [
        ("> >", "SP keywords", "SD targets", "by state, failed first"),
        (">", "SP keywords", "SD targets", "by pages, most first"),
        (">", "SP keywords", "SD targets", "by rows, most first"),
        ("S", "SD targets", "SP keywords", "by rows, fewest first"),
    ] {
        press(&mut model, keys);
        let names = names(&model);
        assert_eq!((names[0].as_str(), names[5].as_str()), (first, last), "{label}");
        assert!(screen(&model).contains(label), "{label}: {}", screen(&model));
        assert_eq!(current(&model), SP_KEYWORDS, "{label}");
    }
    assert!(screen(&model).contains("↑ROWS"), "{}", screen(&model));
    // Rows of another unit grow past it: the cursor stays, and so does what is copied.
    let mut campaigns = unit_view(101, SP_CAMPAIGNS, UnitState::Fetching, 3, 90_000);
    campaigns.expected = Some(99_000);
    tell(&mut model, SyncEvent::Unit { profile_id: NORDLICHT, unit: Box::new(campaigns) });
    assert_eq!((names(&model)[5].as_str(), current(&model)), ("SP campaigns", SP_KEYWORDS));
    assert!(copied(&mut model).contains("\tkeyword\t"));
    let written: Vec<Vec<Cell>> = exported(&mut model);
    assert_eq!(written, table(&model).rows);
    assert_eq!(written[5][2], Cell::Word("campaign".to_owned()));
    press(&mut model, "j");
    assert_eq!(current(&model), SP_CAMPAIGNS);
    press(&mut model, "< < < <");
    assert_eq!(names(&model), planned);
    assert!(!screen(&model).contains("as planned"), "{}", screen(&model));
}
