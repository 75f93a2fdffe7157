//! The filter line of every list beside that of the profiles: what it shows, what it keeps, and what keys act on then.

use super::fixture::*;
use super::{changes, errors, history, limits};
use crate::console::export::{Cell, table};
use crate::console::*;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{RunState, UnitState};
use crate::sync::event::{SyncEvent, WaitReason};

fn line(model: &Model) -> &str {
    model.filter_line().unwrap().value()
}

fn exported(model: &mut Model) -> Vec<Vec<Cell>> {
    press(model, "X");
    match press(model, "enter").as_slice() {
        [Effect::Export(export)] => export.table.rows.clone(),
        other => panic!("{other:?}"),
    }
}

fn copied(model: &mut Model) -> String {
    match press(model, "y").as_slice() {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn failing() -> (Model, String) {
    let model = errors::opened((80, 24), "");
    let cause = model.overview.failures[&AURORA].cause.to_string();
    (model, cause)
}

/// What the list of errors shows: how many fail in each head, then who.
fn who(model: &Model) -> Vec<String> {
    let Screen::Errors(screen) = &model.screen else { panic!("another screen") };
    let of = |cause: &crate::sync::causes::Cause| {
        let names = cause.profiles.iter().map(|p| p.name.clone());
        std::iter::once(cause.who()).chain(names).collect::<Vec<_>>()
    };
    screen.causes().iter().flat_map(of).collect()
}

fn waiting(model: &Model) -> Vec<Option<i64>> {
    let Screen::Limits(screen) = &model.screen else { panic!("another screen") };
    let (shown, _) = screen.profiles();
    (0..shown).map(|place| screen.profile(place).unwrap().profile.map(|id| id.0)).collect()
}

#[test]
fn runs_are_found_by_every_field() {
    let cause = {
        let model = model();
        let aurora = crate::domain::cause::CauseId::of(&report(), &model.overview.profiles[&HAUS].profile);
        aurora.to_string()
    };
    let by_cause = format!("cause:{cause}");
    for (text, found) in [
        ("state:failed", &[100][..]),
        ("state:fetching,held", &[105, 101]),
        ("state:discarded", &[98]),
        ("-name:haus", &[105, 101]),
        ("country:uk", &[105]),
        ("by:night", &[100]),
        ("note:\"retry of run 99\"", &[100]),
        ("note:approved", &[86]),
        ("revoked", &[100]),
        ("nord", &[101]),
        ("106", &[106]),
        ("run:105..106", &[106, 105]),
        ("when:15m", &[106, 105, 101]),
        ("state:proved when:<26h", &[106]),
        ("took:>4m", &[79]),
        ("took:230s", &[80, 79]),
        ("requests:>198", &[100]),
        ("429:>12", &[81]),
        ("rows:>6k", &[106, 90]),
        ("rows:0", &[]),
        ("changed:0", &[106, 90]),
        (by_cause.as_str(), &[100]),
    ] {
        let mut model = history::all((120, 40), "");
        filter(&mut model, text);
        assert_eq!(model.filter_line().unwrap().error(), None, "{text}");
        assert_eq!(history::ids(&model), found, "{text}");
    }
    let mut model = history::all((120, 40), "");
    filter(&mut model, "state:completed");
    assert!(screen(&model).contains("! no state is completed:"), "{}", screen(&model));
    assert_eq!(history::ids(&model).len(), 17, "what cannot be understood hides nothing");
}

#[test]
fn runs_that_the_engine_tells_of_are_filtered_as_they_are_now() {
    let tell_run = |model: &mut Model, id: i64, profile, state| {
        tell(model, SyncEvent::Run { run: Box::new(run_view(id, profile, state)) });
    };
    let mut model = history::all((120, 40), "");
    filter(&mut model, "state:fetching");
    assert_eq!(history::ids(&model), [101]);
    tell_run(&mut model, 300, HAUS, RunState::Fetching);
    assert_eq!(history::ids(&model), [300, 101]);
    tell_run(&mut model, 101, NORDLICHT, RunState::Completed);
    assert_eq!(history::ids(&model), [300]);
    // A throttle is told of the run's requests, not of the run.
    let throttled = SyncEvent::Waiting {
        run_id: RunId(300),
        profile_id: HAUS,
        wait: wait(SP_KEYWORDS, WaitReason::Throttled, 9),
    };
    tell(&mut model, throttled);
    assert_eq!(history::ids(&model), [0; 0]);
    filter(&mut model, "state:throttled");
    assert_eq!(history::ids(&model), [300]);
    tell(&mut model, SyncEvent::Resumed { run_id: RunId(300), profile_id: HAUS, unit: SP_KEYWORDS });
    assert_eq!(history::ids(&model), [0; 0]);
    filter(&mut model, "name:renamed");
    let renamed = profile(FJORD.0, "Renamed Fjord", "UK", "seller");
    tell(&mut model, SyncEvent::Profile { profile: Box::new(renamed) });
    assert_eq!(history::ids(&model), [105]);
}

#[test]
fn a_filter_of_runs_goes_by_the_clock() {
    let mut parked = run_view(300, HAUS, RunState::Queued);
    parked.not_before = Some(ahead(50));
    for (text, before, after) in [
        ("state:parked", &[300][..], &[][..]),
        ("state:queued", &[], &[300]),
        // Of the live ones this one has begun 134 s ago.
        ("-state:proved,failed took:>3m", &[], &[101]),
        ("state:proved when:<15m", &[106], &[]),
    ] {
        let mut model = history::all((120, 40), "");
        // Another run that moves would have all of them looked at anew.
        if text.starts_with("state:") {
            tell(&mut model, SyncEvent::Run { run: Box::new(parked.clone()) });
        }
        filter(&mut model, text);
        assert_eq!(history::ids(&model), before, "{text}");
        update(&mut model, Event::Tick(ahead(60)));
        assert_eq!(history::ids(&model), after, "{text}");
    }
}

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
fn trends_are_those_of_all_proved_runs_whatever_the_filter_shows() {
    let numbers = |model: &Model| -> Vec<String> {
        let text = screen(model);
        text.lines().filter(|line| line.contains("max ")).map(str::to_owned).collect()
    };
    let mut model = history::of_haus((120, 40), "");
    let before = numbers(&model);
    assert_eq!(before.len(), 3);
    filter(&mut model, "state:failed");
    assert_eq!(history::ids(&model), [100]);
    assert_eq!(numbers(&model), before);
    filter(&mut model, "state:held");
    assert_eq!(numbers(&model), before);
    assert!(screen(&model).contains("no run matches \"state:held\""), "{}", screen(&model));
}

#[test]
fn a_filter_stays_while_one_looks_deeper_and_esc_takes_one_thing_at_a_time() {
    let mut model = history::all((120, 40), "");
    filter(&mut model, "state:failed,discarded");
    press(&mut model, "j");
    assert_eq!(history::current(&model), 98);
    press(&mut model, "enter");
    assert!(matches!(model.screen, Screen::Run(_)));
    press(&mut model, "esc");
    update(&mut model, history::runs_of(None));
    assert_eq!((line(&model), history::current(&model)), ("state:failed,discarded", 98));
    update(&mut model, Event::Answered { effect: Effect::Sync(vec![HAUS]), result: Err(Box::new(report())) });
    press(&mut model, "esc");
    assert_eq!((model.notice.is_none(), line(&model)), (true, "state:failed,discarded"));
    press(&mut model, "esc");
    assert_eq!((line(&model), history::ids(&model).len(), history::current(&model)), ("", 17, 98));
    press(&mut model, "esc");
    assert_eq!(model.screen, Screen::Profiles);
    // The lists of profiles have one filter, which is theirs wherever Esc leads.
    filter(&mut model, "country:de");
    press(&mut model, "5 esc");
    assert_eq!((&model.screen, line(&model)), (&Screen::Profiles, "country:de"));
}

#[test]
fn each_list_has_a_filter_of_its_own() {
    let mut model = history::all((80, 24), "");
    filter(&mut model, "state:failed");
    assert_eq!(model.home.line().value(), "");
    press(&mut model, "4 / b i d enter 2");
    assert_eq!(line(&model), "", "a number opens a screen anew");
}

#[test]
fn runs_are_copied_and_written_as_they_are_shown() {
    let mut model = history::all((120, 40), "");
    filter(&mut model, "state:failed,discarded");
    press(&mut model, "S j");
    assert_eq!(history::ids(&model), [98, 100], "oldest first");
    assert!(copied(&mut model).starts_with("100\t"));
    let ids: Vec<Cell> = exported(&mut model).into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(ids, ["98", "100"].map(|id| Cell::Word(id.to_owned())));
    filter(&mut model, "zzz");
    assert_eq!(press(&mut model, "X"), []);
    assert_eq!(model.modal, None);
    assert!(screen(&model).contains("nothing to write: the list has no rows"), "{}", screen(&model));
}

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
        let mut model = changes::shown((120, 40));
        filter(&mut model, text);
        assert_eq!(model.filter_line().unwrap().error(), None, "{text}");
        let mut ids = changes::ids(&model);
        ids.sort_unstable();
        let mut found = found.to_vec();
        found.sort_unstable();
        assert_eq!(ids, found, "{text}");
    }
}

#[test]
fn the_line_of_changes_counts_what_is_shown_and_says_what_the_filter_does_not_see() {
    let mut model = changes::shown((120, 40));
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
    changes::answered(&mut model, &asked, changes::many(MOST_CHANGES + 1));
    filter(&mut model, "id:99");
    let text = screen(&model);
    assert!(text.contains("19 of the newest 1,000: the filter sees no others"), "{text}");
    assert!(text.contains("~ 19 changed"), "{text}");
}

#[test]
fn a_filter_of_changes_stays_when_they_are_read_anew() {
    let mut model = changes::shown((120, 40));
    filter(&mut model, "field:bid");
    press(&mut model, "j");
    let id = |model: &Model| {
        let Screen::Changes(screen) = &model.screen else { panic!("another screen") };
        screen.current().unwrap().entity_id.clone()
    };
    assert_eq!(id(&model), "77");
    let asked =
        tell(&mut model, SyncEvent::Run { run: Box::new(run_view(130, AURORA, RunState::Completed)) });
    let mut more = changes::changes();
    more.extend(changes::many(3));
    changes::answered(&mut model, &asked, more);
    assert_eq!((line(&model), changes::ids(&model).len(), id(&model).as_str()), ("field:bid", 5, "77"));
    // Another window is read with the same filter, from its beginning.
    let asked = press(&mut model, "t");
    assert!(screen(&model).contains("/ field:bid"), "{}", screen(&model));
    changes::answered(&mut model, &asked, changes::changes());
    assert_eq!((changes::ids(&model).len(), id(&model).as_str()), (2, "301400000000044"));
    press(&mut model, "j enter");
    assert!(screen(&model).contains("SD targets 77 returned"), "{}", screen(&model));
    press(&mut model, "esc");
    assert!(copied(&mut model).contains("\t77\treturned\t"));
    assert_eq!(exported(&mut model).len(), 2);
}

#[test]
fn a_filter_of_changes_goes_by_the_clock_and_by_names() {
    let mut model = changes::shown((120, 40));
    filter(&mut model, "when:15m");
    assert_eq!(changes::ids(&model).len(), 2);
    update(&mut model, Event::Tick(ahead(60)));
    assert_eq!(changes::ids(&model).len(), 0);
    assert!(screen(&model).contains("0 of 4 changes"), "{}", screen(&model));
    filter(&mut model, "profile:renamed");
    let mut other = overview();
    other.profiles.get_mut(&FJORD).unwrap().profile.name = "Renamed".to_owned();
    tell(&mut model, SyncEvent::Snapshot { overview: Box::new(other) });
    assert_eq!(changes::ids(&model), ["9"]);
}

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

#[test]
fn what_was_told_while_one_looked_deeper_is_there_when_one_comes_back() {
    let mut model = limits::opened(limits::limits(), (120, 40), "j j enter");
    let mut fewer = limits::limits();
    fewer.profiles.retain(|limit| limit.profile != Some(NORDLICHT));
    tell(&mut model, SyncEvent::Limits { limits: fewer });
    press(&mut model, "esc");
    assert_eq!(waiting(&model), [Some(2), None, Some(12)]);
    assert_eq!(model.current(), Some(KESTREL));

    let (mut model, _) = failing();
    filter(&mut model, "country:de");
    press(&mut model, "j h");
    tell(&mut model, SyncEvent::Run { run: Box::new(run_view(151, HAUS, RunState::Completed)) });
    press(&mut model, "esc");
    assert_eq!((line(&model), who(&model).len()), ("country:de", 3));
}

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
        let mut model = limits::opened(limits::limits(), (120, 40), "");
        filter(&mut model, text);
        assert_eq!(model.filter_line().unwrap().error(), None, "{text}");
        assert_eq!(waiting(&model), found, "{text}");
    }
}

#[test]
fn who_waits_is_ordered_by_any_column_and_as_they_wait_at_first() {
    let mut model = limits::opened(limits::limits(), (160, 50), "");
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
fn keys_act_on_the_profile_that_is_shown_and_a_file_has_no_other() {
    let mut model = limits::opened(limits::limits(), (120, 40), "j j");
    press(&mut model, "G");
    filter(&mut model, "state:paused");
    press(&mut model, "> S");
    assert_eq!(waiting(&model), [Some(12), Some(2)], "by name, last first");
    assert_eq!(model.current(), Some(ProfileId(12)), "the cursor stays on its profile");
    let rows: Vec<Cell> = exported(&mut model).into_iter().map(|row| row[1].clone()).collect();
    let id = |id: &str| Cell::Word(id.to_owned());
    assert_eq!(rows, [Cell::Nothing, Cell::Nothing, id("12"), id("2")], "the buckets are always there");
    // Others come before it, and it stays current.
    let mut more = limits::limits();
    more.profiles.insert(0, limits::limit(Some(AURORA), "acme-eu", 1, Some(900)));
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
    let mut model = limits::opened(limits::limits(), (120, 40), "");
    filter(&mut model, "state:paused");
    update(&mut model, Event::Tick(ahead(100)));
    assert_eq!(waiting(&model), [Some(12)]);
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

#[test]
fn completion_offers_what_occurs_in_each_list() {
    for (mut model, keys, value) in [
        (history::all((80, 24), ""), "/ s t tab : f e tab", "state:fetching"),
        (changes::shown((80, 24)), "/ f i tab b u tab", "field:budget"),
        (errors::opened((80, 24), ""), "/ r e tab y tab", "recovers:yes"),
        (limits::opened(limits::limits(), (80, 24), ""), "/ s t tab r tab", "state:refused"),
    ] {
        // What Tab puts in ends with the colon.
        press(&mut model, &keys.replace("tab : ", "tab "));
        assert_eq!(line(&model), value);
    }
}

#[test]
fn every_list_with_a_filter_at_every_size() {
    for size in SIZES {
        let mut runs = history::all(size, "");
        press(&mut runs, "/ s t a t e :");
        snapshot("runs_filter_values", &runs);
        let mut runs = history::all(size, "");
        filter(&mut runs, "state:proved took:>2m");
        snapshot("runs_filter", &runs);
        let mut one = history::of_haus(size, "");
        filter(&mut one, "state:failed");
        snapshot("history_filter", &one);
        let mut some = changes::shown(size);
        filter(&mut some, "field:bid");
        snapshot("changes_filter", &some);
        let mut none = changes::shown(size);
        filter(&mut none, "kind:added country:uk");
        snapshot("changes_no_match", &none);
        let mut failing = errors::opened(size, "");
        filter(&mut failing, "name:bright");
        snapshot("errors_filter", &failing);
        press(&mut failing, "r");
        snapshot("errors_filter_retry", &failing);
        let mut waiting = limits::opened(limits::limits(), size, "");
        filter(&mut waiting, "state:paused");
        press(&mut waiting, "> G");
        snapshot("limits_filter", &waiting);
    }
    let mut error = history::all((80, 24), "");
    filter(&mut error, "took:5x");
    snapshot("runs_filter_error", &error);
    let mut units = model_of(overview(), (80, 24));
    let nordlicht = units.home.rows().iter().position(|id| *id == NORDLICHT).unwrap();
    units.home.move_to(nordlicht);
    press(&mut units, "enter > > > >");
    snapshot("run_ordered", &units);
}
