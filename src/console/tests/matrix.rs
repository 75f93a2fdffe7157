//! The matrix: what each cell says, how one moves, which run Enter opens, and when it is read anew.

use ratatui::style::Modifier;

use super::fixture::*;
use super::screens::{NARROW, USUAL};
use crate::console::*;
use crate::domain::entity::DESCRIPTORS;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::proof::{FailedUnit, Proof};
use crate::domain::run::{RunState, UnitState};
use crate::domain::unit::{AdProduct, Entity, Unit};
use crate::sync::event::{SyncEvent, WaitReason};
use crate::sync::overview::Overview;

fn proof(profile: ProfileId, unit: Unit, state: UnitState, seconds: u64, rows: i64, run: i64) -> Proof {
    let proved = state == UnitState::Proved;
    Proof {
        profile_id: profile,
        unit,
        state,
        run_id: RunId(run),
        committed_at: ago(seconds),
        live_rows: rows,
        reported_total: (proved && unit.ad_product == AdProduct::Sp).then(|| rows.unsigned_abs()),
        reason: (!proved).then(|| "not authorized for it".to_owned()),
        refused_since: (!proved).then(|| ago(900_000)),
    }
}

/// What is stored of the fixture's profiles, with a cell of each kind.
fn stored() -> (Vec<Proof>, Vec<FailedUnit>) {
    let mut proofs = Vec::new();
    let synced = [(NORDLICHT, 7_300, 51), (KESTREL, 18_500, 52), (AURORA, 90_000, 53), (HAUS, 845, 106)];
    for (profile, seconds, run) in synced {
        for (i, descriptor) in DESCRIPTORS.iter().enumerate() {
            let unit = descriptor.unit;
            let state = match unit.ad_product {
                AdProduct::Sd if profile == HAUS => UnitState::NotEligible,
                AdProduct::Sb if profile == KESTREL => UnitState::NotEligible,
                _ => UnitState::Proved,
            };
            let frozen = profile == KESTREL && unit.entity == Entity::Keyword;
            let rows = match state {
                UnitState::Proved if unit.entity == Entity::CampaignNegativeKeyword => 0,
                UnitState::Proved => 1_204 + i64::try_from(i).unwrap(),
                _ if frozen => 77,
                _ => 0,
            };
            proofs.push(proof(profile, unit, state, seconds, rows, run));
        }
    }
    let failed = FailedUnit {
        profile_id: AURORA,
        unit: SP_KEYWORDS,
        run_id: RunId(103),
        at: ago(5_000),
        summary: "the list ended after 11 of 12 rows, twice".to_owned(),
    };
    (proofs, vec![failed])
}

pub(super) fn proofs_of(profile: Option<ProfileId>) -> Event {
    let (mut proofs, mut failed) = stored();
    proofs.retain(|p| profile.is_none_or(|id| p.profile_id == id));
    failed.retain(|f| profile.is_none_or(|id| f.profile_id == id));
    Event::Loaded { query: Query::Proofs(profile), result: Ok(Data::Proofs(proofs, failed)) }
}

fn of(overview: Overview, id: ProfileId, size: (u16, u16)) -> Model {
    let mut model = model_of(overview, size);
    let position = model.home.rows().iter().position(|row| *row == id).unwrap();
    model.home.move_to(position);
    assert_eq!(press(&mut model, "5"), [Effect::Load(Query::Proofs(None))]);
    assert_eq!(update(&mut model, proofs_of(None)), []);
    model
}

fn opened(id: ProfileId, size: (u16, u16), keys: &str) -> Model {
    let mut model = of(overview(), id, size);
    press(&mut model, keys);
    model
}

/// Keys that lead from the first unit to another.
fn to(unit: Unit) -> String {
    let steps = DESCRIPTORS.iter().position(|d| d.unit == unit).unwrap();
    vec!["right"; steps].join(" ")
}

fn sd(entity: Entity) -> Unit {
    unit_of(AdProduct::Sd, entity)
}

#[test]
fn the_matrix_at_every_size() {
    for size in USUAL {
        snapshot("matrix", &opened(HAUS, size, &to(SP_KEYWORDS)));
    }
    snapshot("matrix", &opened(AURORA, NARROW, &to(SP_KEYWORDS)));
    snapshot("matrix_end", &opened(KESTREL, (80, 24), &to(SD_TARGETS)));
    let mut ascii = opened(KESTREL, (80, 24), &to(SB_KEYWORDS));
    ascii.options.ascii = true;
    snapshot("matrix_ascii", &ascii);
}

#[test]
fn the_matrix_while_it_is_read_when_it_cannot_be_and_when_there_is_nothing() {
    let mut model = model_of(overview(), (80, 24));
    press(&mut model, "5");
    snapshot("matrix_reading", &model);
    let failed = |of| Event::Loaded { query: Query::Proofs(of), result: Err(Box::new(report())) };
    update(&mut model, failed(None));
    snapshot("matrix_unread", &model);
    assert_eq!(press(&mut model, "5"), [Effect::Load(Query::Proofs(None))], "its number reads it again");
    update(&mut model, proofs_of(None));
    press(&mut model, "5");
    update(&mut model, failed(None));
    assert!(screen(&model).contains("●P"), "what was read stays");
    assert!(screen(&model).contains("✗ The consent of login acme-eu was revoked."), "{}", screen(&model));
    let mut nobody = model_of(Overview::default(), (80, 24));
    press(&mut nobody, "5");
    update(
        &mut nobody,
        Event::Loaded { query: Query::Proofs(None), result: Ok(Data::Proofs(vec![], vec![])) },
    );
    assert!(screen(&nobody).contains("no profiles yet"));
}

#[test]
fn each_cell_says_in_words_what_its_letter_means() {
    for (profile, unit, said) in [
        (
            HAUS,
            SP_KEYWORDS,
            "SP keywords of Haus Linden DE: proved 14 min ago, 1,208 rows, run 106; API said 1,208",
        ),
        (
            HAUS,
            unit_of(AdProduct::Sp, Entity::CampaignNegativeKeyword),
            "proved 14 min ago, empty, run 106; API said 0",
        ),
        (
            HAUS,
            SD_TARGETS,
            "SD targets of Haus Linden DE: not eligible since 2026-11-12: not authorized for it",
        ),
        (KESTREL, SB_KEYWORDS, "access lost, 77 rows frozen, since 2026-11-12: not authorized for it"),
        (
            AURORA,
            SP_KEYWORDS,
            "failed 1 h ago, run 103: the list ended after 11 of 12 rows, twice; last proved 1 d ago",
        ),
        (AURORA, SP_CAMPAIGNS, "stale: proved 1 d ago, 1,205 rows, run 53"),
        (AURORA, SP_CAMPAIGNS, "the last sync failed: The consent of login acme-eu was revoked."),
        (KESTREL, SD_TARGETS, "next call in 0:12, attempt 4: throttled, no Retry-After; last proved 5 h ago"),
        (NORDLICHT, SP_KEYWORDS, "proved 2 h ago, 1,208 rows, run 51; API said 1,208; being fetched now"),
        (NORDLICHT, SP_CAMPAIGNS, "proved anew, not committed yet"),
        (ProfileId(7), SP_CAMPAIGNS, "SP campaigns of 東京アウトドア株式会社 JP: never proved"),
    ] {
        let text = screen(&opened(profile, (200, 40), &to(unit)));
        assert!(text.contains(said), "{said}\n{text}");
    }
}

#[test]
fn what_was_under_way_when_a_run_was_parked_is_throttled() {
    let mut o = overview();
    let mut slow = unit_view(108, SB_KEYWORDS, UnitState::Fetching, 3, 300);
    slow.expected = Some(900);
    o.units.insert(RunId(108), vec![slow]);
    let mut model = of(o, ProfileId(12), (120, 40));
    press(&mut model, &to(SB_KEYWORDS));
    assert!(screen(&model).contains("throttled for long, next try in 4:10"), "{}", screen(&model));
    update(&mut model, Event::Tick(ahead(251)));
    assert!(screen(&model).contains("SB keywords of Marble & Oak US: never proved"), "{}", screen(&model));
}

#[test]
fn a_proof_becomes_stale_by_time_alone() {
    let mut model = opened(HAUS, (120, 40), &to(SP_KEYWORDS));
    let day = 24 * 3600 - 845;
    update(&mut model, Event::Tick(ahead(day - 1)));
    assert!(!screen(&model).contains("stale: proved"));
    model.take_dirty();
    update(&mut model, Event::Tick(ahead(day + 60)));
    assert!(model.take_dirty());
    assert!(screen(&model).contains("stale: proved 1 d ago"), "{}", screen(&model));
}

#[test]
fn a_countdown_draws_each_second_and_an_old_proof_does_not() {
    let mut o = overview();
    o.runs.retain(|id, run| *id == KESTREL || !run.state.is_live());
    o.limits.buckets.clear();
    for (id, unit, redrawn) in [(KESTREL, SD_TARGETS, true), (HAUS, SP_KEYWORDS, false)] {
        if id == HAUS {
            o.runs.remove(&KESTREL);
        }
        let mut model = of(o.clone(), id, (80, 24));
        press(&mut model, &to(unit));
        model.take_dirty();
        update(&mut model, Event::Tick(ahead(1)));
        assert_eq!(model.take_dirty(), redrawn, "{id}");
    }
}

#[test]
fn enter_opens_the_run_that_made_the_cell_at_its_unit() {
    // The latest run, known or not.
    let mut model = opened(HAUS, (80, 24), &to(SP_KEYWORDS));
    assert_eq!(press(&mut model, "enter"), []);
    let Screen::Run(run) = &model.screen else { panic!("the run is open") };
    assert_eq!((run.run, run.list.position, run.older.is_none()), (Some(RunId(106)), 1, true));
    let mut model = opened(AURORA, (80, 24), &to(SP_KEYWORDS));
    assert_eq!(press(&mut model, "enter"), [Effect::Load(Query::Units(RunId(103)))]);
    let units = vec![
        proved(103, SP_CAMPAIGNS, 1, 204, Some(204), 1),
        unit_view(103, SP_KEYWORDS, UnitState::Failed, 3, 3_000),
    ];
    update(&mut model, Event::Loaded { query: Query::Units(RunId(103)), result: Ok(Data::Units(units)) });
    assert!(screen(&model).contains("▌  SP keywords"), "{}", screen(&model));
    // An older one has to be read first.
    let mut model = opened(AURORA, (80, 24), &to(SP_CAMPAIGNS));
    assert_eq!(press(&mut model, "enter"), [Effect::Load(Query::Run(RunId(53)))]);
    let older = run_view(53, AURORA, RunState::Completed);
    let read = Event::Loaded { query: Query::Run(RunId(53)), result: Ok(Data::Run(Some(Box::new(older)))) };
    assert_eq!(update(&mut model, read.clone()), [Effect::Load(Query::Units(RunId(53)))]);
    assert!(matches!(&model.screen, Screen::Run(run) if run.older.is_some()));
    // Whoever has gone on meanwhile stays where he is.
    for keys in ["enter left", "enter esc"] {
        let mut model = opened(AURORA, (80, 24), &to(SP_CAMPAIGNS));
        press(&mut model, keys);
        assert_eq!(update(&mut model, read.clone()), []);
        assert!(!matches!(&model.screen, Screen::Run(_)), "{keys}");
    }
    let mut model = opened(AURORA, (80, 24), &format!("{} enter", to(SP_CAMPAIGNS)));
    update(&mut model, Event::Loaded { query: Query::Run(RunId(53)), result: Ok(Data::Run(None)) });
    assert!(screen(&model).contains("run 53 is no longer stored"));
}

#[test]
fn coming_back_from_a_run_finds_the_cell_and_reads_anew() {
    let mut model = opened(HAUS, (80, 24), &format!("{} enter", to(SD_TARGETS)));
    assert_eq!(press(&mut model, "esc"), [Effect::Load(Query::Proofs(None))]);
    assert!(screen(&model).contains("SD targets of Haus Linden DE: not eligible"), "{}", screen(&model));
}

#[test]
fn a_run_that_ends_has_its_profile_read_anew_one_question_at_a_time() {
    let mut model = opened(HAUS, (80, 24), "");
    let ended =
        |id: i64, profile| SyncEvent::Run { run: Box::new(run_view(id, profile, RunState::Completed)) };
    let live = SyncEvent::Run { run: Box::new(run_view(300, HAUS, RunState::Fetching)) };
    assert_eq!(tell(&mut model, live), []);
    assert_eq!(tell(&mut model, ended(300, HAUS)), [Effect::Load(Query::Proofs(Some(HAUS)))]);
    assert_eq!(tell(&mut model, ended(301, AURORA)), []);
    assert_eq!(tell(&mut model, ended(302, AURORA)), []);
    assert_eq!(update(&mut model, proofs_of(Some(HAUS))), [Effect::Load(Query::Proofs(Some(AURORA)))]);
    assert_eq!(update(&mut model, proofs_of(Some(AURORA))), []);
    let snapshot = SyncEvent::Snapshot { overview: Box::new(overview()) };
    assert_eq!(tell(&mut model, snapshot), [Effect::Load(Query::Proofs(None))]);
    // An answer to what was asked for before one looked at a run still counts.
    press(&mut model, "enter");
    assert_eq!(update(&mut model, proofs_of(None)), []);
    assert_eq!(press(&mut model, "esc"), [Effect::Load(Query::Proofs(None))]);
}

#[test]
fn keys_act_on_the_profiles_of_the_rows_as_they_do_on_the_list() {
    let mut model = opened(FJORD, (80, 24), "");
    let counting = Effect::Load(Query::Costs);
    assert_eq!(press(&mut model, "space space g s y"), [counting, Effect::Sync(vec![FJORD, HAUS])]);
    assert_eq!(press(&mut model, "[ ] ]"), []);
    assert!(screen(&model).contains("SP ad groups of"), "{}", screen(&model));
}

#[test]
fn the_current_cell_stands_out_without_colour() {
    let mut model = opened(HAUS, (120, 40), &to(SP_KEYWORDS));
    model.options.no_color = true;
    let buffer = draw(&model);
    let reversed: Vec<&str> = buffer
        .content
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::REVERSED))
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert_eq!(reversed, ["●", "P"]);
}

#[test]
fn a_wait_for_a_broken_connection_is_no_throttle() {
    let mut o = overview();
    o.waits.insert(RunId(102), vec![wait(SD_TARGETS, WaitReason::Retrying, 12)]);
    let text = screen(&{
        let mut model = of(o, KESTREL, (120, 40));
        press(&mut model, &to(sd(Entity::Target)));
        model
    });
    assert!(text.contains("SD targets of Kestrel Home UK: proved 5 h ago"), "{text}");
}
