//! The screen of changes: what it reads and when, its orders, and how it looks.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fixture::*;
use crate::console::*;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{ChangeKind, ChangeView, RunState};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;
use crate::sync::event::SyncEvent;

fn side(fields: Value) -> Option<BTreeMap<String, Value>> {
    match fields {
        Value::Object(fields) => Some(fields.into_iter().collect()),
        _ => None,
    }
}

fn change(
    run: i64,
    profile: ProfileId,
    of: Unit,
    id: &str,
    kind: ChangeKind,
    sides: [Value; 2],
    at: Timestamp,
) -> ChangeView {
    let [before, after] = sides;
    ChangeView {
        run_id: RunId(run),
        profile_id: profile,
        unit: of,
        entity_id: id.to_owned(),
        kind,
        at,
        before: side(before),
        after: side(after),
    }
}

/// One change of each kind, and one with more fields than the lower half shows.
pub(super) fn changes() -> Vec<ChangeView> {
    let paused = [json!({"state": "enabled", "bid": 0.45}), json!({"state": "paused", "bid": 0.6})];
    let campaign = json!({
        "campaignId": "301400000000007", "name": "Winter boots – broad", "state": "ENABLED",
        "budget": {"budget": 25.5, "budgetType": "DAILY"}, "startDate": "2026-11-01", "targetingType": "MANUAL",
        "dynamicBidding": {"strategy": "LEGACY_FOR_SALES"}, "portfolioId": "9001",
    });
    let text =
        json!({"keywordId": "44", "keywordText": "wool socks", "state": "PAUSED", "matchType": "EXACT"});
    vec![
        change(106, HAUS, SP_KEYWORDS, "301400000000044", ChangeKind::Changed, paused, ago(845)),
        change(
            106,
            HAUS,
            SP_CAMPAIGNS,
            "301400000000007",
            ChangeKind::Added,
            [Value::Null, campaign],
            ago(845),
        ),
        change(105, FJORD, SP_KEYWORDS, "9", ChangeKind::Removed, [text, Value::Null], ago(11_000)),
        change(
            90,
            KESTREL,
            SD_TARGETS,
            "77",
            ChangeKind::Returned,
            [json!({}), json!({"bid": 1.2})],
            ago(80_000),
        ),
    ]
}

pub(super) fn answered(model: &mut Model, effects: &[Effect], data: Vec<ChangeView>) -> Vec<Effect> {
    let [Effect::Load(query)] = effects else { panic!("{effects:?} is not one query") };
    update(model, Event::Loaded { query: query.clone(), result: Ok(Data::Changes(data)) })
}

/// The screen of everybody's changes, with some of each kind.
pub(super) fn shown(size: (u16, u16)) -> Model {
    let mut model = model_of(overview(), size);
    let asked = press(&mut model, "4");
    answered(&mut model, &asked, changes());
    model
}

pub(super) fn ids(model: &Model) -> Vec<&str> {
    let Screen::Changes(screen) = &model.screen else { panic!("another screen") };
    assert!(matches!(screen.changes, Loaded::Ready(_)), "{:?}", screen.changes);
    (0..screen.len()).map(|place| screen.change(place).unwrap().entity_id.as_str()).collect()
}

fn position(model: &Model) -> usize {
    let Screen::Changes(screen) = &model.screen else { panic!("another screen") };
    screen.list().position
}

fn completed(run: i64, profile: ProfileId) -> SyncEvent {
    SyncEvent::Run { run: Box::new(run_view(run, profile, RunState::Completed)) }
}

const DAY: u64 = 24 * 3_600;

fn since(profile: Option<ProfileId>, seconds: u64) -> Effect {
    Effect::Load(Query::Changes(ChangesOf::Since { profile, since: ago(seconds) }))
}

#[test]
fn four_asks_for_everybodys_last_day_and_d_for_a_profiles_or_a_runs() {
    let mut model = model();
    assert_eq!(press(&mut model, "4"), [since(None, DAY)]);
    press(&mut model, "1");
    let current = model.home.current();
    assert_eq!(press(&mut model, "d"), [since(current, DAY)]);
    let mut model = model_of(overview(), (80, 24));
    let run = Effect::Load(Query::Changes(ChangesOf::Run(RunId(105))));
    let fjord = model.home.rows().iter().position(|row| *row == FJORD).unwrap();
    model.home.move_to(fjord);
    press(&mut model, "enter");
    assert_eq!(press(&mut model, "d"), [run]);
}

#[test]
fn t_looks_back_over_another_window_and_a_run_has_none() {
    let mut model = shown((80, 24));
    for days in [7, 30] {
        let asked = press(&mut model, "t");
        assert_eq!(asked, [since(None, days * DAY)]);
        assert!(screen(&model).contains(&format!("reading the changes of the last {days} d")));
        answered(&mut model, &asked, changes());
    }
    let asked = press(&mut model, "t");
    assert_eq!(asked, [since(None, 3_600)]);
    answered(&mut model, &asked, Vec::new());
    press(&mut model, "1 enter d");
    assert_eq!(press(&mut model, "t"), []);
    assert!(screen(&model).contains("these are the changes of one run"), "{}", screen(&model));
}

#[test]
fn one_query_is_in_flight_and_the_newest_wish_is_read_after_it() {
    let mut model = model();
    let first = press(&mut model, "4");
    assert_eq!(press(&mut model, "t t"), [], "the first is still being read");
    let second = answered(&mut model, &first, changes());
    assert_eq!(second, [since(None, 30 * DAY)]);
    assert!(screen(&model).contains("reading the changes of the last 30 d"), "an answer to another window");
    assert_eq!(answered(&mut model, &second, changes()), []);
    assert_eq!(ids(&model).len(), 4);
}

#[test]
fn a_commit_is_read_anew_once_and_the_cursor_stays_on_its_change() {
    let mut model = shown((80, 24));
    assert_eq!(
        tell(&mut model, SyncEvent::Run { run: Box::new(run_view(130, AURORA, RunState::Committing)) }),
        []
    );
    press(&mut model, "j j");
    let asked = tell(&mut model, completed(130, AURORA));
    assert_eq!(asked, [since(None, DAY)]);
    assert_eq!(tell(&mut model, completed(130, AURORA)), [], "the same commit told again is no news");
    assert_eq!(tell(&mut model, completed(131, FJORD)), [], "one query at a time");
    let new = change(
        130,
        AURORA,
        SP_KEYWORDS,
        "1",
        ChangeKind::Changed,
        [json!({"bid": 1}), json!({"bid": 2})],
        NOW,
    );
    let mut more = changes();
    more.insert(0, new);
    let again = answered(&mut model, &asked, more.clone());
    assert_eq!(again, [since(None, DAY)], "the other commit came meanwhile");
    assert_eq!((ids(&model)[0], ids(&model)[position(&model)]), ("1", "9"));
    assert_eq!(answered(&mut model, &again, more), []);
}

#[test]
fn a_commit_of_somebody_else_is_not_read() {
    let mut model = model();
    let haus = model.home.rows().iter().position(|row| *row == HAUS).unwrap();
    model.home.move_to(haus);
    press(&mut model, "d");
    let asked = since(Some(HAUS), DAY);
    answered(&mut model, std::slice::from_ref(&asked), changes());
    assert_eq!(tell(&mut model, completed(130, AURORA)), []);
    assert_eq!(tell(&mut model, completed(131, HAUS)), [asked]);
}

#[test]
fn an_answer_that_comes_after_the_screen_was_left_is_not_waited_for() {
    let mut model = model();
    press(&mut model, "4");
    press(&mut model, "w");
    press(&mut model, "1");
    let mut model = shown((80, 24));
    tell(&mut model, completed(130, AURORA));
    assert_eq!(press(&mut model, "d").len(), 1, "of the current change's profile");
    assert_eq!(press(&mut model, "esc"), [since(None, DAY)], "what was on its way went elsewhere");
}

#[test]
fn every_column_orders_the_list_and_the_cursor_stays_on_its_change() {
    let mut model = shown((120, 40));
    press(&mut model, "j j");
    let order = |model: &Model| ids(model).join(" ");
    assert_eq!(order(&model), "301400000000044 301400000000007 9 77");
    for (key, expected) in [
        ("S", "77 9 301400000000044 301400000000007"),
        (">", "9 301400000000044 301400000000007 77"),
        (">", "301400000000007 301400000000044 9 77"),
        (">", "9 77 301400000000007 301400000000044"),
        ("S", "301400000000044 301400000000007 77 9"),
        (">", "301400000000044 77 301400000000007 9"),
        (">", "301400000000007 301400000000044 9 77"),
        ("<", "301400000000044 77 301400000000007 9"),
    ] {
        press(&mut model, key);
        assert_eq!(order(&model), expected, "{key}");
        assert_eq!(ids(&model)[position(&model)], "9", "{key}");
    }
}

/// So many changes of one kind.
pub(super) fn many(count: usize) -> Vec<ChangeView> {
    let sides = || [json!({"bid": 1}), json!({"bid": 2})];
    let one =
        |i: usize| change(1, HAUS, SP_KEYWORDS, &i.to_string(), ChangeKind::Changed, sides(), ago(i as u64));
    (0..count).map(one).collect()
}

#[test]
fn more_than_are_listed_are_told_of_and_never_counted() {
    for (count, told) in [(MOST_CHANGES, "1,000 changes"), (MOST_CHANGES + 1, "the newest 1,000")] {
        let mut model = model_of(overview(), (120, 40));
        let asked = press(&mut model, "4");
        answered(&mut model, &asked, many(count));
        assert_eq!(ids(&model).len(), MOST_CHANGES);
        let text = screen(&model);
        assert!(text.contains(told), "{text}");
        assert_eq!(
            text.contains("adsync changes --since 24h --limit 0 lists all"),
            count > MOST_CHANGES,
            "{text}"
        );
    }
}

#[test]
fn what_could_not_be_read_says_why_and_what_was_read_before_stays() {
    let mut model = model();
    let asked = press(&mut model, "4");
    let Effect::Load(query) = &asked[0] else { panic!("{asked:?}") };
    let failed = |query: &Query| Event::Loaded { query: query.clone(), result: Err(Box::new(report())) };
    update(&mut model, failed(query));
    assert!(screen(&model).contains("could not be read: The consent"), "{}", screen(&model));
    press(&mut model, "enter");
    assert!(screen(&model).contains("auth.invalid_grant"), "{}", screen(&model));

    let mut model = shown((80, 24));
    tell(&mut model, completed(130, AURORA));
    update(&mut model, failed(query));
    assert_eq!(ids(&model).len(), 4);
    assert!(screen(&model).contains("could not be read anew"), "{}", screen(&model));
}

#[test]
fn changes_at_every_size() {
    for size in SIZES {
        snapshot("changes", &shown(size));
        let mut open = shown(size);
        press(&mut open, "j enter");
        snapshot("changes_fields", &open);
    }
    let mut ascii = shown((80, 24));
    ascii.options.ascii = true;
    snapshot("changes_ascii", &ascii);
}

#[test]
fn changes_of_one_run() {
    let mut model = model_of(overview(), (80, 24));
    let haus = model.home.rows().iter().position(|row| *row == HAUS).unwrap();
    model.home.move_to(haus);
    let asked = press(&mut model, "enter d");
    snapshot("changes_run_reading", &model);
    answered(&mut model, &asked, changes().drain(..2).collect());
    snapshot("changes_run", &model);
}

#[test]
fn no_changes_say_what_that_means() {
    let mut model = model();
    let asked = press(&mut model, "4");
    answered(&mut model, &asked, Vec::new());
    snapshot("changes_none", &model);
    assert_eq!(press(&mut model, "enter"), []);
    let nordlicht = model.home.rows().iter().position(|row| *row == NORDLICHT).unwrap();
    press(&mut model, "1");
    model.home.move_to(nordlicht);
    let asked = press(&mut model, "enter d");
    answered(&mut model, &asked, Vec::new());
    assert!(screen(&model).contains("run 101 has committed nothing yet"), "{}", screen(&model));
}
