//! Whatever is pressed, told or resized, in whatever order: nothing panics and every cursor stays in range.

use proptest::prelude::*;

use super::fixture::*;
use crate::console::export::table;
use crate::console::settle::Touched;
use crate::console::*;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::run::{RunState, UnitState};
use crate::sync::event::{LoginStatus, SyncEvent, WaitReason};

const KEYS: &[&str] = &[
    "U",
    "s",
    "r",
    "x",
    "A",
    "D",
    "space",
    "a",
    "/",
    "S",
    ">",
    "v",
    ":",
    "i",
    "tab",
    "ctrl-r",
    "<",
    "enter",
    "e",
    "R",
    "l",
    "L",
    "y",
    "n",
    "up",
    "down",
    "pgup",
    "pgdn",
    "home",
    "end",
    "g",
    "G",
    "esc",
    "?",
    "q",
    "1",
    "8",
    "日",
    "backspace",
    "ctrl-c",
    "E",
    "w",
    "h",
    "d",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "left",
    "right",
    "[",
    "]",
    "t",
    "tab",
    "X",
    "c",
    "f",
    "N",
    "p",
];

/// Filters of all lists; each is an error on some of them.
const FILTERS: &[&str] = &[
    "",
    "a",
    "-a",
    "state:failed,held",
    "-state:proved took:>1m",
    "state:parked,queued",
    "state:waiting",
    "when:1d",
    "kind:added field:b",
    "run:>100",
    "name:o country:de",
    "recovers:no since:3d",
    "refused:>0",
    "took:5x",
];

#[derive(Debug, Clone)]
enum Step {
    Key(usize),
    Filter(usize),
    Resize(u16, u16),
    Draw,
    /// The database answers what was asked last.
    Load,
    Happen(Box<Event>),
}

/// Whose run it is: a run has one profile for all its life.
fn owner(run: i64) -> ProfileId {
    let known = overview().runs.into_values().find(|known| known.id.0 == run);
    known.map_or_else(|| if run == 100 { HAUS } else { ProfileId(run % 19 + 1) }, |known| known.profile_id)
}

fn engine_event() -> impl Strategy<Value = SyncEvent> {
    let id = 1_i64..20;
    let state = proptest::sample::select(RunState::ALL);
    let unit_state = proptest::sample::select(UnitState::ALL);
    prop_oneof![
        (id.clone(), "\\PC{0,40}").prop_map(|(id, name)| SyncEvent::Profile {
            profile: Box::new(profile(id, &name, "DE", "seller"))
        }),
        (100_i64..130, id.clone(), state).prop_map(|(run_id, id, state)| {
            let mut run = run_view(run_id, owner(run_id), state);
            run.error = (state == RunState::Failed).then(report);
            run.hold = (state == RunState::Held).then(|| hold(id.unsigned_abs() * 30));
            run.not_before = (id % 2 == 0).then(|| ahead(id.unsigned_abs()));
            SyncEvent::Run { run: Box::new(run) }
        }),
        (100_i64..130, unit_state, any::<i32>()).prop_map(|(run, state, rows)| {
            let mut unit = unit_view(run, SP_KEYWORDS, state, i64::from(rows) / 1_000, i64::from(rows));
            unit.expected = (rows % 2 == 0).then_some(i64::from(rows) * 2);
            SyncEvent::Unit { profile_id: owner(run), unit: Box::new(unit) }
        }),
        (100_i64..130, id).prop_map(|(run, id)| SyncEvent::Waiting {
            run_id: RunId(run),
            profile_id: owner(run),
            wait: wait(SD_TARGETS, WaitReason::Throttled, id.unsigned_abs()),
        }),
        Just(SyncEvent::Login {
            name: "x".to_owned(),
            status: LoginStatus::Failed { report: Box::new(report()) }
        }),
        Just(SyncEvent::Login { name: "x".to_owned(), status: LoginStatus::Listing }),
        Just(SyncEvent::Snapshot { overview: Box::new(overview()) }),
        Just(SyncEvent::Snapshot { overview: Box::default() }),
    ]
}

/// What a screen may get to read.
fn answer() -> impl Strategy<Value = Event> {
    prop_oneof![
        proptest::sample::select(vec![None, Some(HAUS)]).prop_map(super::matrix::proofs_of),
        proptest::sample::select(vec![None, Some(HAUS), Some(AURORA)]).prop_map(super::history::runs_of),
        (100_i64..130).prop_map(|id| Event::Loaded {
            query: Query::Run(RunId(id)),
            result: Ok(Data::Run(Some(Box::new(run_view(id, HAUS, RunState::Completed))))),
        }),
        Just(Event::Loaded { query: Query::Proofs(None), result: Err(Box::new(report())) }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..KEYS.len()).prop_map(Step::Key),
        2 => (0..FILTERS.len()).prop_map(Step::Filter),
        1 => (1_u16..=300, 1_u16..=100).prop_map(|(w, h)| Step::Resize(w, h)),
        1 => (1_u16..=20, 1_u16..=12).prop_map(|(w, h)| Step::Resize(w, h)),
        3 => Just(Step::Draw),
        4 => (engine_event(), 0_u64..4_000)
            .prop_map(|(event, s)| Step::Happen(Box::new(Event::Engine { event: Box::new(event), at: ahead(s) }))),
        1 => (0_u64..100_000).prop_map(|s| Step::Happen(Box::new(Event::Tick(ahead(s))))),
        1 => "\\PC{0,30}".prop_map(|text| Step::Happen(Box::new(Event::Paste(text)))),
        2 => answer().prop_map(|event| Step::Happen(Box::new(event))),
        1 => Just(Step::Happen(Box::new(Event::EngineStopped))),
        1 => Just(Step::Load),
        1 => Just(Step::Happen(Box::new(Event::Logged(super::logview::lines())))),
        1 => Just(Step::Happen(Box::new(Event::Answered {
            effect: Effect::RefreshProfiles,
            result: Err(Box::new(report())),
        }))),
    ]
}

/// Answers what the screen has asked for.
fn fill(model: &mut Model) {
    let of = if let Screen::History(history) = &model.screen { history.profile } else { None };
    update(model, super::matrix::proofs_of(None));
    update(model, super::history::runs_of(of));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_events_at_any_size_panics_or_loses_the_cursor(
        steps in proptest::collection::vec(step(), 1..60),
        ascii in any::<bool>(),
        from_nothing in any::<bool>(),
    ) {
        let start = if from_nothing { Default::default() } else { overview() };
        let mut model = model_of(start, (80, 24));
        model.options.ascii = ascii;
        let mut asked = Vec::new();
        for step in steps {
            match step {
                Step::Key(i) => {
                    asked.extend(update(&mut model, Event::Key(key_event(KEYS[i]))));
                }
                Step::Filter(i) => {
                    if model.modal.is_none() && model.filter_line().is_some() {
                        filter(&mut model, FILTERS[i]);
                        prop_assert_eq!(model.filter_line().map(|line| line.value()), Some(FILTERS[i]));
                    }
                }
                Step::Load => {
                    let last = asked.pop();
                    if let Some(Effect::Load(query @ Query::Changes(_))) = last {
                        let result = Ok(Data::Changes(super::changes::changes()));
                        asked.extend(update(&mut model, Event::Loaded { query, result }));
                    }
                }
                Step::Resize(width, height) => {
                    update(&mut model, Event::Resize { width, height });
                }
                Step::Draw => {
                    draw(&model);
                    update(&mut model, Event::Drawn);
                }
                Step::Happen(event) => {
                    update(&mut model, *event);
                }
            }
            let _ = model.take_dirty();
            let rows = model.home.rows().len();
            prop_assert!(model.home.position() < rows.max(1));
            if let Screen::Errors(errors) = &model.screen {
                prop_assert!(errors.position() < errors.rows().count().max(1));
            }
            prop_assert!(model.home.offset() <= model.home.position());
            let (len, _) = model.list_size();
            let list = match &model.screen {
                Screen::Run(screen) => Some(screen.list),
                Screen::History(screen) => Some(screen.list()),
                Screen::Changes(screen) => Some(screen.list()),
                Screen::Limits(screen) => Some(screen.list),
                Screen::Logs(screen) => Some(screen.list),
                Screen::Profiles | Screen::Errors(_) | Screen::Matrix(_) => None,
            };
            if let Screen::Matrix(matrix) = &model.screen {
                prop_assert!(matrix.first <= matrix.column && matrix.column < 23);
            }
            prop_assert!(list.is_none_or(|list| list.position < len.max(1) && list.offset <= list.position));
            // What is written to files is what stands there, and what was told bit by bit is what all of it says.
            let written = table(&model).rows;
            prop_assert_eq!(written.len(), len);
            let mut anew = model.clone();
            anew.home.rebuild(&anew.overview, anew.now);
            anew.reread(Touched::All);
            anew.settle();
            model.pass_time_on_lists();
            model.settle();
            prop_assert_eq!(table(&model).rows, table(&anew).rows);
        }
        draw(&model);
    }

    #[test]
    fn every_screen_can_be_drawn_at_every_size(width in 1_u16..=300, height in 1_u16..=100, keys in 0_usize..24) {
        let mut model = model_of(overview(), (width, height));
        let keys = ["", "enter", "?", "e", "j j j A", "j j j enter D", "q", "/", "E j", "a s", ": s", "w", "2", "h", "d", "4", "5", "6", "7", "2 / s t a t e :", "3 / r e tab", "4 / z z", "6 / a", "enter > >"][keys];
        press(&mut model, keys);
        fill(&mut model);
        let buffer = draw(&model);
        prop_assert_eq!((buffer.area.width, buffer.area.height), (width, height));
        // A frame of another size than the last resize told must not panic either.
        draw_at(&model, (height, width.min(100)));
    }

    #[test]
    fn ascii_mode_draws_nothing_but_ascii_of_its_own(keys in 0_usize..22, width in 40_u16..140) {
        let mut start = overview();
        start.profiles.retain(|_, p| p.profile.name.is_ascii());
        let mut model = model_of(start, (width, 30));
        model.options.ascii = true;
        press(&mut model, ["", "enter", "?", "e", "j j j A", "q", "E j", "a s", ": s", "w", "2", "h", "d", "4", "5", "6", "7", "2 / s t a t e :", "3 / r e tab", "4 / z z", "6 / a", "enter > >"][keys]);
        fill(&mut model);
        let text = screen(&model);
        prop_assert!(text.is_ascii(), "{}", text);
    }
}
