//! Every screen and every dialog as text, at the sizes that operators have; and what colour adds to the words.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Style};

use super::fixture::*;
use crate::console::*;
use crate::domain::drift::{DriftItem, DriftKind, DriftReport, Finding};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::profile::{AccessLost, Barred};
use crate::domain::report::ErrorReport;
use crate::domain::run::{ChangeCounts, Refusal, RunState, UnitOutcome, UnitState, UnitView};
use crate::sync::event::{DatabaseLost, LoginStatus, SyncEvent, Wait, WaitReason};
use crate::sync::overview::Overview;

fn on(id: ProfileId, size: (u16, u16), keys: &str) -> Model {
    let mut model = model_of(overview(), size);
    let position = model.home.rows().iter().position(|row| *row == id).unwrap();
    model.home.move_to(position);
    model.settle();
    press(&mut model, keys);
    model
}

pub(super) const USUAL: [(u16, u16); 2] = [(80, 24), (120, 40)];
pub(super) const NARROW: (u16, u16) = (60, 15);

fn at_usual_sizes(name: &str, build: impl Fn((u16, u16)) -> Model) {
    for size in USUAL {
        snapshot(name, &build(size));
    }
}

#[test]
fn profiles_in_every_state() {
    at_usual_sizes("profiles", |size| on(NORDLICHT, size, ""));
    snapshot("profiles", &on(NORDLICHT, NARROW, ""));
    snapshot("profiles", &on(NORDLICHT, (170, 30), ""));
}

#[test]
fn profiles_in_ascii() {
    let mut model = on(NORDLICHT, (80, 24), "space space");
    model.options.ascii = true;
    snapshot("profiles_ascii", &model);
}

#[test]
fn profiles_selected_while_a_filter_is_typed() {
    at_usual_sizes("profiles_filter", |size| {
        let mut model = on(FJORD, size, "space space space / d e");
        update(&mut model, Event::Drawn);
        model
    });
}

#[test]
fn a_filter_line_offers_fields_and_values_and_says_what_is_wrong() {
    at_usual_sizes("filter_fields", |size| on(FJORD, size, "/ s tab"));
    at_usual_sizes("filter_values", |size| on(FJORD, size, "/ s t a t u s :"));
    snapshot("filter_values", &on(FJORD, NARROW, "/ s t a t u s :"));
    at_usual_sizes("filter_error", |size| on(FJORD, size, "/ s t a t s u : f"));
    snapshot("filter_error", &on(FJORD, NARROW, "/ s t a t s u : f enter"));
    snapshot("filter_kept", &on(FJORD, (120, 40), "/ c o u n t r y : d e enter"));
}

#[test]
fn profiles_when_nothing_matches() {
    snapshot("profiles_no_match", &on(FJORD, (80, 24), "/ z z z enter"));
}

#[test]
fn a_failure_of_a_request_stands_in_the_lower_rule() {
    let mut model = on(HAUS, (80, 24), "");
    update(&mut model, Event::Answered { effect: Effect::Sync(vec![HAUS]), result: Err(Box::new(report())) });
    snapshot("profiles_failure", &model);
}

#[test]
fn profiles_before_there_are_any() {
    let login = |status: LoginStatus| {
        let mut overview = Overview::default();
        overview.logins.insert("demo".to_owned(), status);
        model_of(overview, (80, 24))
    };
    snapshot("first_run_asking", &login(LoginStatus::Listing));
    snapshot("first_run_failed", &login(LoginStatus::Failed { report: Box::new(report()) }));
    snapshot("first_run_empty", &login(LoginStatus::Listed { profiles: 0, at: NOW }));
    snapshot("first_run_nothing", &model_of(Overview::default(), (80, 24)));
}

#[test]
fn a_stopped_engine_and_a_failed_login_have_a_banner() {
    let mut model = on(NORDLICHT, (80, 24), "");
    let status = LoginStatus::Failed { report: Box::new(report()) };
    tell(&mut model, SyncEvent::Login { name: "acme-eu".to_owned(), status });
    snapshot("banner_login", &model);
    let lost = DatabaseLost { since: ago(40), detail: "cannot be reached: Connection refused".to_owned() };
    tell(&mut model, SyncEvent::Database { lost: Some(lost) });
    snapshot("banner_database", &model);
    press(&mut model, "enter");
    assert!(screen(&model).contains("the database is lost since 14:31:25"), "on every screen");
    press(&mut model, "esc");
    let mut back = model.clone();
    tell(&mut back, SyncEvent::Database { lost: None });
    assert!(screen(&back).contains("the database answers again, after 0:40"), "{}", screen(&back));
    update(&mut model, Event::EngineStopped);
    snapshot("banner_engine", &model);
}

#[test]
fn profiles_that_lost_access_are_left_out_or_went_away() {
    let mut odd = overview();
    let stored = |id: i64| ProfileId(id);
    let haus = odd.profiles.get_mut(&HAUS).unwrap();
    haus.access_lost = Some(AccessLost { units: 3, rows: 1_204, since: ago(200_000) });
    let excluded = Barred::Excluded { entry: "东*".to_owned(), place: "config.toml:12".to_owned() };
    odd.profiles.get_mut(&stored(7)).unwrap().barred = Some(excluded);
    let removed = Barred::LoginRemoved { login: "acme-na".to_owned() };
    odd.profiles.get_mut(&stored(11)).unwrap().barred = Some(removed);
    odd.runs.remove(&stored(11));
    snapshot("profiles_left_out", &model_of(odd.clone(), (140, 30)));
    let mut model = model_of(odd, (80, 24));
    let asked = press(&mut model, "a s y");
    let synced = vec![ProfileId(3), ProfileId(4), FJORD, HAUS];
    assert_eq!(asked, [Effect::Load(Query::Costs), Effect::Sync(synced)]);
}

#[test]
fn logins_that_do_not_answer_or_list_too_much_have_a_banner() {
    let of = |status: LoginStatus| {
        let mut model = on(NORDLICHT, (120, 40), "");
        tell(&mut model, SyncEvent::Login { name: "acme-eu".to_owned(), status });
        screen(&model)
    };
    let retrying = LoginStatus::Retrying { detail: "cannot connect: refused".to_owned(), attempt: 2 };
    assert!(of(retrying).contains("! login acme-eu does not answer: cannot connect: refused"));
    let cut_off = of(LoginStatus::CutOff { profiles: 5_000, at: NOW });
    assert!(cut_off.contains("lists 5,000 profiles, as many as the API can tell of: there may be more"));
    assert!(of(LoginStatus::Listing).contains("asking acme-eu…"));
}

#[test]
fn a_unit_that_is_refused_says_since_when_and_lost_access_says_more() {
    at_usual_sizes("run_refused", |size| {
        let mut done = overview();
        let units = done.units.get_mut(&RunId(106)).unwrap();
        let refused = |view: &mut UnitView, frozen_rows: i64, remembered: bool| {
            view.state = UnitState::NotEligible;
            view.certificate = None;
            view.error = Some(ErrorReport {
                summary: "not eligible: not authorized for it".to_owned(),
                hint: "Nothing to do.".to_owned(),
                ..report()
            });
            view.refusal = Some(Refusal {
                since: ago(900_000),
                asked_at: ago(7_200),
                ask_after: ahead(79_200),
                remembered,
                frozen_rows,
                asked_as: "acme-eu edit".to_owned(),
            });
        };
        refused(&mut units[1], 1_204, false);
        refused(&mut units[2], 0, true);
        let mut model = model_of(done, size);
        press(&mut model, "/ h a u s enter enter j");
        model
    });
}

#[test]
fn a_run_that_is_fetched() {
    at_usual_sizes("run_fetching", |size| on(NORDLICHT, size, "enter j j"));
    snapshot("run_fetching", &on(NORDLICHT, NARROW, "enter j j"));
    at_usual_sizes("run_throttled", |size| on(KESTREL, size, "enter j"));
}

#[test]
fn a_run_that_is_throttled_before_its_first_page_is_not_called_never_throttled() {
    let mut o = overview();
    let run = o.runs.get_mut(&KESTREL).unwrap();
    (run.requests, run.throttled, run.throttled_us) = (1, 0, 0);
    let drawn = screen(&{
        let mut model = model_of(o.clone(), (120, 40));
        press(&mut model, "/ k e s t r e l enter enter");
        model
    });
    assert!(drawn.contains("3 requests   throttled now"), "{drawn}");
    assert!(!drawn.contains("never throttled"), "{drawn}");
    let mut model = model_of(o, (170, 40));
    press(&mut model, "2");
    let run = model.overview.runs[&KESTREL].clone();
    update(&mut model, Event::Loaded { query: Query::Runs(None), result: Ok(Data::Runs(vec![run])) });
    let drawn = screen(&model);
    let row = drawn.lines().find(|line| line.contains("Kestrel")).unwrap();
    assert!(row.split_whitespace().collect::<Vec<_>>().windows(2).any(|two| two == ["3", "now"]), "{row}");
}

#[test]
fn units_whose_first_request_is_repeated_say_so() {
    let mut down = overview();
    let pending = [SP_CAMPAIGNS, SP_KEYWORDS, SB_KEYWORDS];
    let pending = pending.map(|unit| unit_view(101, unit, UnitState::Pending, 0, 0));
    down.units.insert(RunId(101), pending.into());
    let refused = |unit, reason, detail: &str| Wait { detail: detail.to_owned(), ..wait(unit, reason, 4) };
    let waits = vec![
        refused(SP_CAMPAIGNS, WaitReason::Retrying, "connection refused"),
        refused(SP_KEYWORDS, WaitReason::Throttled, "throttled, no Retry-After"),
    ];
    down.waits.insert(RunId(101), waits);
    let mut model = model_of(down, (120, 40));
    press(&mut model, "/ n o r d enter enter");
    let drawn = screen(&model);
    let line = |unit: &str| drawn.lines().find(|line| line.contains(unit)).unwrap().to_owned();
    let campaigns = line("SP campaigns");
    assert!(campaigns.contains("↻ retrying"), "{campaigns}");
    assert!(campaigns.contains("retry in 0:04: connection refused"), "{campaigns}");
    assert!(line("SP keywords").contains("‖ throttled"), "{}", line("SP keywords"));
    assert!(line("SB keywords").contains("· pending"), "{}", line("SB keywords"));
}

#[test]
fn the_present_screen_is_named_whole_or_with_an_ellipsis() {
    let mut long = overview();
    long.profiles.get_mut(&FJORD).unwrap().profile.name =
        "Fjord and Fell Outdoor Equipment Trading".to_owned();
    let mut model = model_of(long, (80, 24));
    press(&mut model, "/ f j o r d enter h");
    let drawn = screen(&model);
    let crumbs = drawn.lines().find(|line| line.contains("runs of Fjord")).unwrap();
    assert!(crumbs.contains('…'), "{crumbs}");
    assert!(!drawn.lines().last().unwrap().contains("history"), "it is what is shown: {drawn}");
}

/// A run of everything that there is, at the top, in the middle and at the end.
#[test]
fn a_run_of_more_units_than_rows_says_which_of_them_are_in_sight() {
    let all = |size, keys| {
        let mut o = overview();
        let units =
            crate::domain::entity::DESCRIPTORS.iter().map(|d| proved(106, d.unit, 1, 12, Some(12), 1));
        o.units.insert(RunId(106), units.collect());
        let mut model = model_of(o, size);
        press(&mut model, &format!("/ h a u s enter enter {keys}"));
        model
    };
    snapshot("run_all_top", &all((80, 24), ""));
    snapshot("run_all_middle", &all((80, 24), "pgdn j"));
    snapshot("run_all_end", &all((80, 24), "G"));
    snapshot("run_all_end", &all((120, 40), "G"));
    // Room that opens is filled, and nothing scrolls past the end.
    let mut grown = all((80, 24), "G");
    let _ = update(&mut grown, Event::Resize { width: 80, height: 60 });
    assert!(screen(&grown).contains("portfolios"), "{}", screen(&grown));
}

#[test]
fn a_run_that_is_proved() {
    at_usual_sizes("run_proved", |size| {
        let mut done = overview();
        let units = done.units.get_mut(&RunId(106)).unwrap();
        units[1].outcome = Some(UnitOutcome {
            counts: ChangeCounts { added: 14, changed: 3, unchanged: 5_981, removed: 1, returned: 2 },
            live_before: 5_985,
            orphans: 2,
            ..UnitOutcome::default()
        });
        let run = done.runs.get_mut(&HAUS).unwrap();
        run.counts = ChangeCounts { added: 14, changed: 3, unchanged: 6_283, removed: 1, returned: 2 };
        run.retry_of = Some(RunId(88));
        let mut model = model_of(done, size);
        press(&mut model, "/ h a u s enter enter j");
        model
    });
}

#[test]
fn a_run_that_brought_what_nobody_knew() {
    at_usual_sizes("run_drift", |size| {
        let item = |kind, path: &str, value: Option<&str>, rows, new| DriftItem {
            finding: Finding { kind, path: path.to_owned(), value: value.map(str::to_owned) },
            rows,
            new,
        };
        let mut done = overview();
        let units = done.units.get_mut(&RunId(106)).unwrap();
        units[1].outcome = Some(UnitOutcome {
            counts: ChangeCounts { unchanged: 5_981, ..ChangeCounts::default() },
            live_before: 5_981,
            drift: DriftReport {
                items: vec![
                    item(DriftKind::Field, "kpi", None, 5_981, false),
                    item(DriftKind::Field, "bidding.glow", None, 12, true),
                    item(DriftKind::Value, "bidding.bidAdjustments[].placement", Some("MOON"), 1, true),
                ],
                more: 0,
            },
            ..UnitOutcome::default()
        });
        let mut model = model_of(done, size);
        press(&mut model, "/ h a u s enter enter j");
        model
    });
}

#[test]
fn a_run_that_failed_is_held_or_was_never_asked_for() {
    at_usual_sizes("run_failed", |size| {
        let mut model = on(AURORA, size, "enter");
        let mut failed = unit_view(103, SP_KEYWORDS, UnitState::Failed, 41, 41_000);
        failed.error = Some(report());
        let pending = unit_view(103, SB_KEYWORDS, UnitState::Pending, 0, 0);
        let units = vec![proved(103, SP_CAMPAIGNS, 1, 204, Some(204), 1), failed, pending];
        update(&mut model, Event::Loaded { query: Query::Units(RunId(103)), result: Ok(Data::Units(units)) });
        press(&mut model, "j");
        model
    });
    snapshot("run_held", &on(FJORD, (80, 24), "enter"));
    snapshot("run_never", &on(ProfileId(7), (80, 24), "enter"));
    let agency = screen(&on(ProfileId(10), (80, 24), "enter"));
    assert!(agency.contains("this profile is not synced: agency"), "{agency}");
    assert!(!agency.contains("s starts"), "{agency}");
}

#[test]
fn an_error_report_in_full() {
    at_usual_sizes("error", |size| on(AURORA, size, "e"));
    snapshot("error", &on(AURORA, NARROW, "e j j j"));
}

#[test]
fn what_fails_by_cause() {
    at_usual_sizes("errors", |size| super::errors::opened(size, "j"));
    snapshot("errors", &super::errors::opened(NARROW, ""));
    snapshot("errors_retry", &super::errors::opened((80, 24), "r"));
    let mut model = model_of(Overview::default(), (80, 24));
    press(&mut model, "E");
    snapshot("errors_none", &model);
}

#[test]
fn why_a_profile_is_where_it_is() {
    at_usual_sizes("why_throttled", |size| on(KESTREL, size, "w"));
    snapshot("why_failed", &on(AURORA, (80, 24), "w"));
    snapshot("why_held", &on(FJORD, (80, 24), "w"));
    snapshot("why_queued", &on(ProfileId(11), (80, 24), "w"));
    snapshot("why_parked", &on(ProfileId(12), NARROW, "w"));
}

#[test]
fn the_review_of_a_held_run() {
    at_usual_sizes("review_counting", |size| on(FJORD, size, "A 1 8 2"));
    snapshot("review_counting", &on(FJORD, NARROW, "A"));
    snapshot("review_reading", &on(FJORD, (80, 24), "e"));
    snapshot("review_discarding", &on(FJORD, (80, 24), "D"));
    snapshot("review_too_small", &on(FJORD, (48, 12), "A"));
    let mut few = overview();
    few.runs.get_mut(&FJORD).unwrap().hold = Some(hold(40));
    let mut model = model_of(few, (80, 24));
    press(&mut model, "/ f j o r d enter A");
    snapshot("review_approving", &model);
}

#[test]
fn questions_and_farewell() {
    at_usual_sizes("cancel", |size| on(NORDLICHT, size, "a x"));
    at_usual_sizes("quit", |size| on(NORDLICHT, size, "q"));
    snapshot("quit", &on(NORDLICHT, NARROW, "q"));
    snapshot("leaving", &on(NORDLICHT, (80, 24), "q y"));
}

#[test]
fn the_help_is_the_table_of_keys() {
    at_usual_sizes("help", |size| on(NORDLICHT, size, "?"));
    let groups = crate::console::keys::groups();
    let of_runs =
        groups.iter().find(|(_, all)| all.iter().any(|binding| binding.label == "history")).unwrap();
    assert_eq!(of_runs.0, "All screens but the log");
}

#[test]
fn the_log_can_take_half_of_the_screen_or_none() {
    snapshot("logs_large", &on(NORDLICHT, (80, 24), "l"));
    snapshot("logs_hidden", &on(NORDLICHT, (80, 24), "l l"));
}

/// The style of a text's first cell.
fn style_of(buffer: &Buffer, wanted: &str) -> Style {
    let text = text(buffer);
    let (y, line) = text.lines().enumerate().find(|(_, line)| line.contains(wanted)).unwrap();
    let x = unicode_width::UnicodeWidthStr::width(line.split(wanted).next().unwrap());
    buffer[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())].style()
}

#[test]
fn statuses_differ_in_colour_and_in_words() {
    let buffer = draw(&on(HAUS, (120, 40), ""));
    let words = ["✗ failed", "◐ held", "‖ throttled", "↻ fetching", "● proved", "○ queued", "× gone"];
    let colours: BTreeSet<String> = words.iter().map(|w| format!("{:?}", style_of(&buffer, w).fg)).collect();
    assert_eq!(colours.len(), words.len(), "{colours:?}");
}

#[test]
fn a_hold_that_was_given_up_is_called_discarded_everywhere() {
    let mut o = overview();
    o.runs.insert(FJORD, run_view(105, FJORD, RunState::Discarded));
    let mut model = model_of(o, (120, 40));
    press(&mut model, "/ f j o r d enter");
    for key in ["", "enter"] {
        press(&mut model, key);
        let drawn = screen(&model);
        assert!(drawn.contains("– discarded") && !drawn.contains("cancelled"), "{drawn}");
    }
}

#[test]
fn what_waits_can_be_read_on_black() {
    let buffer = draw(&on(HAUS, (120, 40), ""));
    assert_ne!(style_of(&buffer, "○ queued").fg, Some(Color::Blue));
}

#[test]
fn without_colour_nothing_is_coloured() {
    for keys in ["", "enter", "e", "?", "q"] {
        let mut model = on(AURORA, (120, 40), keys);
        model.options.no_color = true;
        let buffer = draw(&model);
        let coloured = buffer.content.iter().find(|c| c.fg != Color::Reset || c.bg != Color::Reset);
        assert_eq!(coloured, None, "{keys}");
    }
}

#[test]
fn the_current_row_stands_out_without_colour() {
    let mut model = on(AURORA, (80, 24), "");
    model.options.no_color = true;
    let buffer = draw(&model);
    assert_ne!(style_of(&buffer, "Aurora Pets"), style_of(&buffer, "Haus Linden"));
    assert!(text(&buffer).contains("▌  Aurora Pets"));
}

#[test]
fn every_line_is_drawn_whole_whatever_names_hold() {
    let mut odd = overview();
    for (id, name) in [
        (1, "日本語の長い名前のお店です"),
        (2, "a\u{301}e\u{301}\u{200d}👩‍👩‍👧‍👦 family"),
        (3, "x\u{1b}[31m\ny"),
        (4, ""),
    ] {
        odd.profiles.get_mut(&ProfileId(id)).unwrap().profile.name = name.to_owned();
    }
    let mut model = model_of(odd, (80, 24));
    press(&mut model, "> > > >");
    let drawn = screen(&model);
    let columns = |text: &str| unicode_width::UnicodeWidthStr::width(text);
    let heads = columns(drawn.lines().nth(3).unwrap().split("CC").next().unwrap());
    for line in drawn.lines().skip(4).take(11) {
        let before = columns(line.split(" DE ").next().unwrap());
        assert!(!line.contains(" DE ") || before + 1 == heads, "{line}");
    }
    assert!(!drawn.contains('\u{1b}'));
}

#[test]
fn a_list_of_ten_thousand_is_drawn_from_its_visible_rows() {
    let mut many = Overview::default();
    for id in 1..=10_000 {
        let p = profile(id, &format!("Shop {id:05}"), "DE", "seller");
        many.profiles.insert(p.profile.id, p);
    }
    let mut model = model_of(many, (80, 24));
    press(&mut model, "G");
    assert!(screen(&model).contains("▌  Shop 10000"));
    assert!(screen(&model).contains("10,000 profiles"));
    let before = model.home.rows().as_ptr();
    tell(&mut model, SyncEvent::Run { run: Box::new(run_view(1, ProfileId(500), RunState::Queued)) });
    let arranged = model.home.rows().as_ptr();
    let unit = unit_view(1, SP_KEYWORDS, UnitState::Fetching, 1, 1_000);
    tell(&mut model, SyncEvent::Unit { profile_id: ProfileId(500), unit: Box::new(unit) });
    assert_eq!(model.home.rows().as_ptr(), arranged, "progress does not arrange the list anew");
    assert_ne!(before, arranged, "a status does");
}
