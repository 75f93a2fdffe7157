//! Present failures as both databases tell them: whose they are, and since when.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod support;

use adsync::domain::cause::CauseId;
use adsync::domain::code::Code;
use adsync::domain::id::{ProfileId, RunId};
use adsync::domain::profile::{Access, Profile, Region};
use adsync::domain::report::ErrorReport;
use adsync::domain::run::{HoldSummary, Origin, RunView};
use adsync::domain::time::Timestamp;
use adsync::store::{Completion, NewRun, Store};
use adsync::sync::causes::causes;
use adsync::sync::overview::Overview;

support::on_both_databases!(
    a_failure_is_present_until_its_profile_succeeds,
    since_counts_from_the_first_failure_of_the_cause,
    causes_are_grouped_over_profiles
);

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
    let profiles: Vec<Profile> = (1..=4).map(profile).collect();
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
    store.claim("us", &["acme".to_owned()], None).await.unwrap().unwrap().run
}

async fn fails(store: &Store, id: i64, code: Code) -> RunView {
    let run = claimed(store, id).await;
    let report = ErrorReport::new(code, format!("it failed for {id}"), "Mend it.", Timestamp(5));
    store.fail(run.id, run.epoch, &report, &CauseId::of(&report, &profile(id))).await.unwrap()
}

async fn succeeds(store: &Store, id: i64) {
    let run = claimed(store, id).await;
    store.set_committing(run.id, run.epoch).await.unwrap();
    let commit = store.begin_commit(run.id, run.epoch, ProfileId(id)).await.unwrap();
    let done = Completion { units: Vec::new(), counts: Default::default(), data_as_of: Timestamp(7) };
    commit.complete(&done).await.unwrap();
}

async fn failed(store: &Store) -> Vec<(RunId, Timestamp)> {
    store.failed_runs().await.unwrap().into_iter().map(|(run, since)| (run.id, since)).collect()
}

async fn a_failure_is_present_until_its_profile_succeeds(url: &str) {
    let store = open(url).await;
    assert_eq!(failed(&store).await, []);
    let run = fails(&store, 1, Code::BadRequest).await;
    let present = vec![(run.id, run.finished_at.unwrap())];
    assert_eq!(failed(&store).await, present);
    // A retry that is under way ends nothing yet.
    let retry = claimed(&store, 1).await;
    assert_eq!(failed(&store).await, present);
    let lease = store.lease_of(retry.id).await.unwrap();
    assert!(lease > Some(store.now().await.unwrap()), "{lease:?}");
    store.cancelled(retry.id, retry.epoch).await.unwrap();
    assert_eq!(failed(&store).await, [], "its latest run that ended was cancelled");
    assert_eq!(store.lease_of(retry.id).await.unwrap(), None);
    fails(&store, 1, Code::BadRequest).await;
    succeeds(&store, 1).await;
    assert_eq!(failed(&store).await, []);
    // A held run was fetched and proved: what it waits for is no failure.
    fails(&store, 2, Code::BadRequest).await;
    let held = claimed(&store, 2).await;
    store.set_committing(held.id, held.epoch).await.unwrap();
    store.hold(held.id, held.epoch, &HoldSummary::default()).await.unwrap();
    assert_eq!(failed(&store).await, []);
}

async fn since_counts_from_the_first_failure_of_the_cause(url: &str) {
    let store = open(url).await;
    fails(&store, 1, Code::BadRequest).await;
    succeeds(&store, 1).await;
    let first = fails(&store, 1, Code::BadRequest).await;
    let other = fails(&store, 1, Code::ServerError).await;
    assert_eq!(failed(&store).await, [(other.id, other.finished_at.unwrap())], "another cause begins anew");
    let last = fails(&store, 1, Code::BadRequest).await;
    assert_eq!(failed(&store).await, [(last.id, first.finished_at.unwrap())]);
}

async fn causes_are_grouped_over_profiles(url: &str) {
    let store = open(url).await;
    for (id, code) in
        [(1, Code::BadRequest), (2, Code::BadRequest), (3, Code::InvalidGrant), (4, Code::InvalidGrant)]
    {
        fails(&store, id, code).await;
    }
    fails(&store, 1, Code::InvalidGrant).await;
    let overview = Overview::read(&store).await.unwrap();
    let groups: Vec<(Code, Vec<i64>)> = causes(&overview)
        .into_iter()
        .map(|cause| (cause.code, cause.profiles.iter().map(|p| p.profile_id.0).collect()))
        .collect();
    assert_eq!(groups, [(Code::InvalidGrant, vec![1, 3, 4]), (Code::BadRequest, vec![2])]);
}
