//! What is proved of all profiles, as both databases tell it: the last committed proofs, and the units that failed last.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod support;

use adsync::domain::cause::CauseId;
use adsync::domain::code::Code;
use adsync::domain::id::{ProfileId, RunId};
use adsync::domain::profile::{Access, Profile, Region};
use adsync::domain::report::ErrorReport;
use adsync::domain::run::{Certificate, ChangeCounts, Origin, Refusal, RunView, UnitOutcome, UnitState};
use adsync::domain::time::Timestamp;
use adsync::domain::unit::{AdProduct, Entity, Unit};
use adsync::store::{Completion, NewRun, Store, UnitResult, UnitUpdate};

support::on_both_databases!(
    proofs_of_all_profiles_come_in_one_answer_and_of_one_alone,
    units_count_as_failed_until_a_later_run_ends_otherwise
);

const KEYWORDS: Unit = Unit::new(AdProduct::Sp, Entity::Keyword);
const TARGETS: Unit = Unit::new(AdProduct::Sd, Entity::Target);

fn profile(id: i64) -> Profile {
    Profile {
        id: ProfileId(id),
        login: "acme".to_owned(),
        region: Region::Eu,
        access: Access::Edit,
        name: format!("Profile {id}"),
        country: "DE".to_owned(),
        currency: "EUR".to_owned(),
        timezone: "Europe/Berlin".to_owned(),
        account_type: "seller".to_owned(),
        account_sub_type: None,
        account_id: format!("A{id}"),
        marketplace_id: None,
        simulated: false,
        raw: "{}".to_owned(),
    }
}

async fn open(url: &str) -> Store {
    let store = Store::open(url).await.unwrap();
    let profiles: Vec<Profile> = (1..=3).map(profile).collect();
    store.save_listing("acme", &profiles).await.unwrap();
    store
}

async fn claimed(store: &Store, id: i64) -> RunView {
    let new = NewRun {
        profile_id: ProfileId(id),
        priority: 0,
        requested_by: "ops@lab".to_owned(),
        origin: Origin::Cli,
        retry_of: None,
    };
    store.request_run(&new).await.unwrap();
    let run = store.claim("us", &["acme".to_owned()], None).await.unwrap().unwrap().run;
    store.plan(run.id, run.epoch, &[(KEYWORDS, None), (TARGETS, None)]).await.unwrap();
    run
}

/// A run that proves keywords and finds targets not eligible, with rows of them frozen.
async fn committed(store: &Store, id: i64, rows: u64, frozen: u64) -> RunId {
    let run = claimed(store, id).await;
    let refused = UnitUpdate {
        state: UnitState::NotEligible,
        certificate: None,
        error: None,
        refusal: Some(Refusal {
            since: Timestamp(5),
            asked_at: Timestamp(6),
            ask_after: Timestamp(7),
            remembered: false,
            frozen_rows: i64::try_from(frozen).unwrap(),
            asked_as: "acme edit".to_owned(),
        }),
    };
    store.update_unit(run.id, run.epoch, TARGETS, &refused).await.unwrap();
    store.set_committing(run.id, run.epoch).await.unwrap();
    let commit = store.begin_commit(run.id, run.epoch, ProfileId(id)).await.unwrap();
    let certificate = Certificate { reported_total: Some(rows), distinct: rows, ..Certificate::default() };
    let result = |unit, state, certificate, live_rows, reason| UnitResult {
        unit,
        state,
        certificate,
        outcome: UnitOutcome::default(),
        live_rows,
        reason,
    };
    let units = vec![
        result(KEYWORDS, UnitState::Proved, Some(certificate), rows, None),
        result(TARGETS, UnitState::NotEligible, None, frozen, Some("not authorized".to_owned())),
    ];
    let done = Completion { units, counts: ChangeCounts::default(), data_as_of: Timestamp(77) };
    commit.complete(&done).await.unwrap();
    run.id
}

fn report(summary: &str) -> ErrorReport {
    ErrorReport::new(Code::Malformed, summary, "h", Timestamp(5))
}

/// A run whose keywords fail.
async fn failed(store: &Store, id: i64, summary: &str) -> RunId {
    let run = claimed(store, id).await;
    let update = UnitUpdate {
        state: UnitState::Failed,
        certificate: None,
        error: Some(report(summary)),
        refusal: None,
    };
    store.update_unit(run.id, run.epoch, KEYWORDS, &update).await.unwrap();
    let cause = CauseId::of(&report(summary), &profile(id));
    store.fail(run.id, run.epoch, &report(summary), &cause).await.unwrap();
    run.id
}

async fn proofs_of_all_profiles_come_in_one_answer_and_of_one_alone(url: &str) {
    let store = open(url).await;
    assert_eq!(store.proofs(None).await.unwrap(), []);
    let before = store.now().await.unwrap();
    let first = committed(&store, 1, 12, 3).await;
    let second = committed(&store, 2, 0, 0).await;
    failed(&store, 2, "no").await;
    let mut all = store.proofs(None).await.unwrap();
    assert!(all.iter().all(|p| p.committed_at >= before));
    all.sort_by_key(|p| (p.profile_id, p.unit));
    let facts: Vec<_> = all
        .iter()
        .map(|p| (p.profile_id.0, p.unit, p.state, p.run_id, p.live_rows, p.reported_total))
        .collect();
    assert_eq!(
        facts,
        [
            (1, KEYWORDS, UnitState::Proved, first, 12, Some(12)),
            (1, TARGETS, UnitState::NotEligible, first, 3, None),
            (2, KEYWORDS, UnitState::Proved, second, 0, Some(0)),
            (2, TARGETS, UnitState::NotEligible, second, 0, None),
        ]
    );
    let refused = &all[1];
    assert_eq!(
        (refused.reason.as_deref(), refused.refused_since),
        (Some("not authorized"), Some(Timestamp(5)))
    );
    let mut of_two = store.proofs(Some(ProfileId(2))).await.unwrap();
    of_two.sort_by_key(|p| p.unit);
    assert_eq!(of_two, all[2..]);
    assert_eq!(store.proofs(Some(ProfileId(3))).await.unwrap(), []);
}

async fn units_count_as_failed_until_a_later_run_ends_otherwise(url: &str) {
    let store = open(url).await;
    failed(&store, 1, "an old failure").await;
    let latest = failed(&store, 1, "cut off").await;
    let other = failed(&store, 2, "malformed").await;
    let told = |units: Vec<adsync::domain::proof::FailedUnit>| {
        units
            .into_iter()
            .map(|u| {
                assert!(u.at > Timestamp(5), "by the database's clock");
                (u.profile_id.0, u.unit, u.run_id, u.summary)
            })
            .collect::<Vec<_>>()
    };
    let (one, two) =
        ((1, KEYWORDS, latest, "cut off".to_owned()), (2, KEYWORDS, other, "malformed".to_owned()));
    assert_eq!(told(store.failed_units(None).await.unwrap()), [one.clone(), two.clone()]);
    assert_eq!(told(store.failed_units(Some(ProfileId(2))).await.unwrap()), std::slice::from_ref(&two));
    // A retry that is under way does not end a failure; one that succeeds or is cancelled does.
    let retry = claimed(&store, 1).await;
    assert_eq!(told(store.failed_units(None).await.unwrap()), [one, two.clone()]);
    store.cancelled(retry.id, retry.epoch).await.unwrap();
    assert_eq!(told(store.failed_units(None).await.unwrap()), [two]);
    committed(&store, 2, 1, 0).await;
    assert_eq!(told(store.failed_units(None).await.unwrap()), []);
}
