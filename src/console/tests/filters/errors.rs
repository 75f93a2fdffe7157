//! The filter of failures, and what a retry by cause acts on.

use super::*;

#[test]
fn failures_are_found_by_every_field_and_causes_without_any_are_gone() {
    let both = ["2 profiles", "Aurora Pets", "Brightside Kitchen & Garden GmbH"];
    let haus = ["1 profile", "Haus Linden"];
    let (_, cause) = failing();
    let by_cause = format!("cause:{}", &cause[..5]);
    for (text, found) in [
        ("name:aurora", &["1 profile", "Aurora Pets"][..]),
        ("haus", &haus),
        ("country:de", &[&both[..], &haus[..]].concat()),
        ("login:acme-na", &[]),
        ("code:auth", &both),
        (&by_cause, &both),
        ("id:6", &haus),
        ("says:\"11 of 12\"", &haus),
        ("revoked", &both),
        ("recovers:yes", &haus),
        ("recovers:no", &both),
        ("since:5m", &haus),
        ("product:sp", &haus),
        ("entity:keywords", &haus),
        ("product:sd", &[]),
    ] {
        let (mut model, _) = failing();
        let mut unit = unit_view(110, SP_KEYWORDS, UnitState::Failed, 2, 11);
        unit.error = Some(report());
        tell(&mut model, SyncEvent::Unit { profile_id: HAUS, unit: Box::new(unit) });
        filter(&mut model, text);
        assert_eq!(model.filter_line().unwrap().error(), None, "{text}");
        assert_eq!(who(&model), found, "{text}");
    }
    let (mut model, _) = failing();
    filter(&mut model, "aurora");
    let text = screen(&model);
    assert!(text.contains("1 profile, 1 cause shown") && !text.contains("Haus Linden"), "{text}");
    filter(&mut model, "zzz");
    assert!(screen(&model).contains("no failure matches \"zzz\""), "{}", screen(&model));
    assert_eq!(press(&mut model, "r enter"), []);
    assert!(screen(&model).contains("the filter shows nobody who fails"), "{}", screen(&model));
    press(&mut model, "esc");
    assert!(screen(&model).contains("3 profiles, 2 causes"), "{}", screen(&model));
}

#[test]
fn a_retry_by_cause_leaves_alone_whom_the_filter_hides_and_says_so() {
    let (mut model, cause) = failing();
    filter(&mut model, "name:bright");
    press(&mut model, "r");
    let text = screen(&model);
    for part in ["Retry 1 profile?", "1 other that fails of it is left alone", "adsync retry 4"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("--cause"), "the command must do the same: {text}");
    // Whoever begins to fail of it meanwhile was not shown either.
    let mut more = run_view(150, ProfileId(8), RunState::Failed);
    more.error = Some(report());
    more.finished_at = Some(ago(3));
    tell(&mut model, SyncEvent::Run { run: Box::new(more) });
    let others = crate::sync::causes::causes(&model.overview);
    let others = others.iter().find(|known| known.cause.as_str() == cause).unwrap().profiles.len() - 1;
    let left =
        if others == 1 { "1 other that fails".to_owned() } else { format!("{others} others that fail") };
    assert!(screen(&model).contains(&left), "{}", screen(&model));
    assert_eq!(press(&mut model, "y"), [Effect::Retry(vec![ProfileId(4)])]);
    // Without a filter it is all of them, in the cause's name.
    press(&mut model, "esc g r");
    assert!(screen(&model).contains(&format!("adsync retry --cause {cause}")), "{}", screen(&model));
}

#[test]
fn a_filter_of_failures_follows_the_engine_and_keeps_the_cursor() {
    let (mut model, _) = failing();
    filter(&mut model, "country:de");
    press(&mut model, "G");
    filter(&mut model, "haus");
    let Screen::Errors(screen) = &model.screen else { panic!("another screen") };
    assert_eq!((screen.profile(), screen.position()), (Some(HAUS), 1));
    assert_eq!(exported(&mut model).len(), 2, "its head and itself");
    tell(&mut model, SyncEvent::Run { run: Box::new(run_view(151, HAUS, RunState::Completed)) });
    assert_eq!(who(&model), [""; 0]);
    assert_eq!(line(&model), "haus");
}

#[test]
fn a_filter_of_failures_goes_by_the_clock() {
    let (mut model, _) = failing();
    filter(&mut model, "since:5m");
    assert_eq!(who(&model), ["1 profile", "Haus Linden"]);
    update(&mut model, Event::Tick(ahead(300)));
    assert_eq!(who(&model), [""; 0]);
}
