//! What leaves the console: copied texts and commands, and lists written to files.

use serde_json::Value;

use super::fixture::*;
use crate::console::export::{Cell, heads, row, table};
use crate::console::*;
use crate::domain::id::ProfileId;
use crate::domain::run::{HoldSummary, RemovedRow};
use crate::sync::event::SyncEvent;

fn on(id: ProfileId, keys: &str) -> Model {
    let mut model = model_of(overview(), (80, 24));
    let position = model.home.rows().iter().position(|row| *row == id).unwrap();
    model.home.move_to(position);
    press(&mut model, keys);
    model
}

fn copied(model: &mut Model, key: &str) -> String {
    match press(model, key).as_slice() {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| notice.text.as_str())
}

#[test]
fn y_copies_the_current_row_between_tabs() {
    let mut model = on(HAUS, "");
    let row = copied(&mut model, "y");
    let cells: Vec<&str> = row.split('\t').collect();
    assert_eq!(&cells[..7], ["6", "Haus Linden", "DE", "proved", "acme-eu", "vendor", "6302"]);
    assert_eq!(notice(&model), "copied: 1 line; your terminal must allow OSC 52");
    let mut changes = super::changes::shown((80, 24));
    assert!(copied(&mut changes, "y").contains("\t301400000000044\tchanged\t{\"bid\":0.45,"));
}

#[test]
fn y_copies_a_report_in_full_and_no_secret() {
    let mut odd = overview();
    for run in odd.runs.values_mut().filter(|run| run.profile_id == AURORA) {
        let error = run.error.as_mut().unwrap();
        error.causes.push("it said Atzr|IwEBcanary-7Q0123456789 \u{1b}[31m".to_owned());
        error.hint = "a long hint ".repeat(40);
    }
    let mut model = model_of(odd, (60, 15));
    let aurora = model.home.rows().iter().position(|row| *row == AURORA).unwrap();
    model.home.move_to(aurora);
    press(&mut model, "e");
    let text = copied(&mut model, "y");
    for part in [
        "The consent of login acme-eu was revoked.",
        "auth.invalid_grant",
        "request      POST https://api.amazon.co.uk/auth/o2/token",
        "3f9c2a77-51d0-4c1b-9a57-0e3f6a1b9c22",
        "parameter : refresh_token",
        "a long hint ".repeat(40).trim_end(),
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains("canary") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn c_copies_the_command_that_shows_the_same() {
    let mut why = on(HAUS, "w");
    assert_eq!(copied(&mut why, "c"), "adsync why 6");
    let mut selected = on(FJORD, "space space");
    assert_eq!(copied(&mut selected, "c"), "adsync sync 5 6");
    assert_eq!(copied(&mut on(HAUS, "enter"), "c"), "adsync run show 106");
    let mut errors = on(HAUS, "3");
    assert!(copied(&mut errors, "c").starts_with("adsync errors "));
    let mut changes = super::changes::shown((80, 24));
    assert_eq!(copied(&mut changes, "c"), "adsync changes --since 24h");
    press(&mut changes, "enter");
    assert_eq!(copied(&mut changes, "c"), "adsync changes --run 106");
    let mut of_one = on(HAUS, "d");
    assert_eq!(copied(&mut of_one, "c"), "adsync changes 6 --since 24h");
    let mut logs = on(HAUS, "7");
    assert_eq!(press(&mut logs, "c"), []);
    assert_eq!(notice(&logs), "no command shows this");
}

#[test]
fn what_is_too_long_for_terminals_is_cut_and_says_so() {
    let mut model = on(AURORA, "");
    let mut long = report();
    long.hint = "word ".repeat(30_000);
    update(&mut model, Event::Answered { effect: Effect::RefreshProfiles, result: Err(Box::new(long)) });
    press(&mut model, "e");
    assert!(copied(&mut model, "y").len() <= 74_000);
    assert!(notice(&model).starts_with("copied: the first "), "{}", notice(&model));
}

#[test]
fn an_export_asks_for_a_name_and_takes_the_whole_list_as_it_is_shown() {
    let mut model = on(HAUS, "/ d e enter");
    let shown = model.home.rows().len();
    assert!(shown < 12);
    press(&mut model, "X");
    snapshot("export", &model);
    let mut narrow = on(HAUS, "X");
    narrow.size = (60, 15);
    snapshot("export", &narrow);
    assert_eq!(press(&mut model, "s q"), [], "keys are text here");
    press(&mut model, "backspace backspace tab");
    let [Effect::Export(export)] = &press(&mut model, "enter")[..] else { panic!("nothing was written") };
    assert_eq!(export.path.to_str(), Some("adsync-profiles-2026-11-22T143205.json"));
    assert_eq!((export.format, export.table.rows.len()), (Format::Json, shown));
    let ids: Vec<&Cell> = export.table.rows.iter().map(|row| &row[0]).collect();
    let expected: Vec<Cell> = model.home.rows().iter().map(|id| Cell::Word(id.to_string())).collect();
    assert_eq!(ids, expected.iter().collect::<Vec<_>>(), "in the order of the list");
    assert_eq!(press(&mut model, "X esc"), []);
    assert_eq!(model.modal, None);
}

#[test]
fn every_screen_has_a_value_for_each_of_its_heads() {
    let mut with_lines = on(HAUS, "");
    update(&mut with_lines, Event::Logged(super::logview::lines()));
    press(&mut with_lines, "7");
    let screens = [
        on(HAUS, ""),
        on(HAUS, "enter"),
        on(HAUS, "3"),
        super::changes::shown((80, 24)),
        on(HAUS, "5"),
        on(HAUS, "6"),
        with_lines,
        history(),
    ];
    for model in screens {
        let (name, _) = heads(&model.screen);
        let table = table(&model);
        let columns = &table.heads;
        assert_eq!(table.rows.len(), model.list_size().0, "{name}");
        assert!(!table.rows.is_empty(), "{name}");
        for row in &table.rows {
            assert_eq!(row.len(), columns.len(), "{name}: {row:?}");
        }
        assert_eq!(row(&model, table.rows.len()), None, "{name}");
        let json = table.bytes(Format::Json).unwrap();
        let objects: Vec<Value> = serde_json::from_slice(&json).unwrap();
        assert!(objects.iter().all(|object| object.as_object().unwrap().len() == columns.len()), "{name}");
        let csv = table.bytes(Format::Csv).unwrap();
        let mut read = csv::Reader::from_reader(csv.as_slice());
        assert_eq!(read.headers().unwrap().iter().collect::<Vec<_>>(), *columns, "{name}");
        assert_eq!(read.records().filter(Result::is_ok).count(), table.rows.len(), "{name}");
    }
}

/// The runs of everybody, read.
fn history() -> Model {
    let mut model = on(HAUS, "");
    let asked = press(&mut model, "2");
    let runs: Vec<_> = overview().runs.into_values().collect();
    for effect in asked {
        if let Effect::Load(query @ Query::Runs(_)) = effect {
            update(&mut model, Event::Loaded { query, result: Ok(Data::Runs(runs.clone())) });
        }
    }
    model
}

#[test]
fn nothing_is_written_of_an_empty_list() {
    let mut model = model_of(Default::default(), (80, 24));
    assert_eq!(press(&mut model, "X"), []);
    assert_eq!(notice(&model), "nothing to write: the list has no rows");
    assert_eq!(press(&mut model, "y"), []);
    tell(&mut model, SyncEvent::Snapshot { overview: Box::new(overview()) });
}

#[test]
fn a_review_can_be_scrolled_whatever_it_asks_copied_and_written() {
    let mut large = overview();
    let units = crate::domain::entity::DESCRIPTORS.iter().map(|d| {
        let mut unit = hold(18_203).units.remove(0);
        (unit.unit, unit.braked) = (d.unit, false);
        unit
    });
    let mut summary = hold(18_203);
    let keywords = summary.units.pop().unwrap();
    let own = keywords.unit;
    summary.units = units.filter(|unit| unit.unit != own).chain([keywords]).collect();
    large.runs.get_mut(&FJORD).unwrap().hold = Some(summary);
    let mut model = model_of(large, (80, 24));
    press(&mut model, "/ f j o r d enter A");
    let drawn = screen(&model);
    assert!(drawn.contains("type 18201") && drawn.contains("trail running shoes"), "{drawn}");
    let before = drawn;
    for key in ["down", "pgdn", "G"] {
        press(&mut model, key);
        assert_ne!(screen(&model), before, "{key}");
        press(&mut model, "home");
    }
    press(&mut model, "esc");
    let text = copied(&mut model, "y");
    assert!(text.contains("wasserdichte Jacke Damen") && text.contains("run 105 is held"), "{text}");
    assert_eq!(copied(&mut model, "c"), "adsync run show 105");
}

#[test]
fn every_row_that_would_be_removed_is_read_before_it_is_written() {
    let run = overview().runs[&FJORD].id;
    let held = |whole: Option<HoldSummary>| Event::Loaded {
        query: Query::Held(run),
        result: Ok(Data::Held(whole.map(Box::new))),
    };
    let whole = || {
        let mut whole = hold(18_203);
        for unit in &mut whole.units {
            let row = RemovedRow { id: "1".to_owned(), name: "x".to_owned(), state: "PAUSED".to_owned() };
            unit.removes = vec![row; usize::try_from(unit.outcome.counts.removed).unwrap()];
        }
        whole
    };
    let opened = || {
        let mut o = overview();
        o.runs.get_mut(&FJORD).unwrap().hold = Some(hold(18_203));
        let mut model = model_of(o, (80, 24));
        press(&mut model, "/ f j o r d enter A esc");
        assert_eq!(press(&mut model, "X"), [Effect::Load(Query::Held(run))]);
        assert!(screen(&model).contains("Write 18,203 rows as CSV"), "{}", screen(&model));
        model
    };
    let mut model = opened();
    assert_eq!(press(&mut model, "enter"), [], "not half of them");
    assert!(screen(&model).contains("still being read"), "{}", screen(&model));
    update(&mut model, held(Some(whole())));
    update(&mut model, Event::Drawn);
    let effects = press(&mut model, "enter");
    let [Effect::Export(export)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((export.table.name, export.table.rows.len()), ("removals", 18_203));
    assert!(matches!(model.modal.as_ref().map(|o| &o.modal), Some(Modal::Review(_))), "it is there again");
    // Once read, they are there.
    assert_eq!(press(&mut model, "X"), []);

    // A run that is no longer held, another list, and a database that does not answer.
    for answer in [
        held(None),
        held(Some(hold(7))),
        Event::Loaded { query: Query::Held(run), result: Err(Box::new(report())) },
    ] {
        let mut model = opened();
        update(&mut model, answer);
        update(&mut model, Event::Drawn);
        assert_eq!(press(&mut model, "enter"), []);
        assert!(screen(&model).contains("could not be read"), "{}", screen(&model));
    }
}
