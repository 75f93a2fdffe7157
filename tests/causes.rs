//! Present failures as both databases tell them: whose they are, and since when.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod support;

use std::time::Duration;

use adsync::domain::cause::{CauseId, LoginFailure};
use adsync::domain::code::Code;
use adsync::domain::id::{ProfileId, RunId};
use adsync::domain::profile::{Access, Profile, Region};
use adsync::domain::report::ErrorReport;
use adsync::domain::run::{HoldSummary, Origin, RunView};
use adsync::domain::time::Timestamp;
use adsync::domain::unit::{AdProduct, Entity, Unit};
use adsync::domain::wait::{RunWaits, Wait, WaitReason};
use adsync::store::{Completion, NewRun, Store};
use adsync::sync::causes::causes;
use adsync::sync::event::SyncEvent;
use adsync::sync::overview::Overview;

support::on_both_databases!(
    a_failure_is_present_until_its_profile_succeeds,
    since_counts_from_the_first_failure_of_the_cause,
    since_is_the_same_for_whoever_listens_and_whoever_reads,
    causes_are_grouped_over_profiles,
    a_login_fails_until_it_is_listed_and_since_it_first_did_of_the_cause,
    what_a_run_waits_for_is_told_under_its_epoch_and_forgotten_with_its_state,
    since_when_a_run_is_in_its_state_is_kept_with_each_change
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

fn request(id: i64) -> NewRun {
    NewRun {
        profile_id: ProfileId(id),
        priority: 0,
        requested_by: "ops@lab".to_owned(),
        origin: Origin::Cli,
        retry_of: None,
    }
}

async fn claimed(store: &Store, id: i64) -> RunView {
    store.request_run(&request(id)).await.unwrap();
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
    let failures = Overview::read(store).await.unwrap().failures;
    failures.into_values().map(|failure| (failure.run, failure.since)).collect()
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
    assert!(retry.lease_until > Some(store.now().await.unwrap()), "{retry:?}");
    let cancelled = store.cancelled(retry.id, retry.epoch).await.unwrap();
    assert_eq!(failed(&store).await, [], "its latest run that ended was cancelled");
    assert_eq!(cancelled.lease_until, None);
    fails(&store, 1, Code::BadRequest).await;
    succeeds(&store, 1).await;
    assert_eq!(failed(&store).await, []);
    // A held run was fetched and proved: what it waits for is no failure.
    fails(&store, 2, Code::BadRequest).await;
    let held = claimed(&store, 2).await;
    store.set_committing(held.id, held.epoch).await.unwrap();
    store.hold(held.id, held.epoch, HoldSummary::default()).await.unwrap();
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

async fn since_is_the_same_for_whoever_listens_and_whoever_reads(url: &str) {
    let store = open(url).await;
    let mut listener = Overview::read(&store).await.unwrap();
    let mut tell = async |run: RunView| {
        listener.apply(SyncEvent::Run { run: Box::new(run) });
        let read = Overview::read(&store).await.unwrap();
        assert_eq!((&listener.failures, &listener.failing_since), (&read.failures, &read.failing_since));
        listener.failures.get(&ProfileId(1)).map(|failure| failure.since)
    };
    let run = fails(&store, 1, Code::BadRequest).await;
    let first = run.finished_at;
    assert_eq!(tell(run).await, first);
    // Neither a cancel nor a failure of another cause mends it.
    let run = claimed(&store, 1).await;
    assert_eq!(tell(store.cancelled(run.id, run.epoch).await.unwrap()).await, None);
    let other = fails(&store, 1, Code::ServerError).await;
    let second = other.finished_at;
    assert_eq!(tell(other).await, second);
    assert_eq!(tell(fails(&store, 1, Code::BadRequest).await).await, first);
    succeeds(&store, 1).await;
    assert_eq!(tell(store.latest_runs().await.unwrap().remove(0)).await, None);
    let run = fails(&store, 1, Code::BadRequest).await;
    let anew = run.finished_at;
    assert!(anew > first);
    assert_eq!(tell(run).await, anew);
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

async fn a_login_fails_until_it_is_listed_and_since_it_first_did_of_the_cause(url: &str) {
    let store = open(url).await;
    let failure = |login: &str, code, at| {
        LoginFailure::new(login, ErrorReport::new(code, "it did not answer", "Wait.", Timestamp(at)))
    };
    let stored = async || store.login_failures().await.unwrap();
    store.save_login_failures(&[], &["acme"]).await.unwrap();
    assert_eq!(stored().await, []);
    let first = [failure("acme", Code::ServerError, 10), failure("other", Code::InvalidClient, 11)];
    store.save_login_failures(&first, &[]).await.unwrap();
    assert_eq!(stored().await, first);
    let again = failure("acme", Code::ServerError, 20);
    store.save_login_failures(std::slice::from_ref(&again), &[]).await.unwrap();
    assert_eq!(stored().await[0], LoginFailure { since: Timestamp(10), ..again });
    let otherwise = failure("acme", Code::InvalidClient, 30);
    store.save_login_failures(std::slice::from_ref(&otherwise), &["other", "never failed"]).await.unwrap();
    assert_eq!(stored().await, std::slice::from_ref(&otherwise));
    // It is a cause of its own, though no run failed of it.
    let overview = Overview::read(&store).await.unwrap();
    let cause = causes(&overview).remove(0);
    assert_eq!((cause.who().as_str(), &cause.cause), ("login acme, 4 profiles known", &otherwise.cause));
    assert_eq!((cause.since, cause.last), (Timestamp(30), Timestamp(30)));
    // A sync that fails of the same joins it.
    fails(&store, 1, Code::InvalidClient).await;
    let all = causes(&Overview::read(&store).await.unwrap());
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!(all[0].who(), "1 profile and login acme, 4 profiles known");
}

fn throttled(until: Timestamp) -> RunWaits {
    let unit = Unit::new(AdProduct::Sp, Entity::Keyword);
    let detail = "throttled, Retry-After 40 s".to_owned();
    let wait = Wait { unit, reason: WaitReason::Throttled, until, attempt: 1, detail, asked: true };
    RunWaits { requests: vec![wait], login_until: Some(until), ..RunWaits::default() }
}

async fn what_a_run_waits_for_is_told_under_its_epoch_and_forgotten_with_its_state(url: &str) {
    let store = open(url).await;
    let run = claimed(&store, 1).await;
    let waits = async || store.run(run.id).await.unwrap().unwrap().waits;
    assert!(waits().await.is_empty());
    let told = throttled(store.now().await.unwrap().plus(Duration::from_secs(40)));
    store.tell_waits(run.id, run.epoch - 1, &told).await.unwrap();
    assert!(waits().await.is_empty(), "an older epoch tells nothing");
    store.tell_waits(run.id, run.epoch, &told).await.unwrap();
    assert_eq!(waits().await, told);
    let overview = Overview::read(&store).await.unwrap();
    assert_eq!(overview.waits[&run.id], told.requests);
    store.tell_waits(run.id, run.epoch, &RunWaits::default()).await.unwrap();
    assert!(waits().await.is_empty());
    // What is over is no wait, whoever forgot to say so.
    store.tell_waits(run.id, run.epoch, &throttled(Timestamp(5))).await.unwrap();
    assert!(!Overview::read(&store).await.unwrap().waits.contains_key(&run.id));
    store.tell_waits(run.id, run.epoch, &told).await.unwrap();
    let parked = store.park(run.id, run.epoch, Duration::ZERO, false).await.unwrap();
    assert_eq!(parked.waits, RunWaits { asked: Some(false), ..RunWaits::default() });
    let again = store.claim("them", &["acme".to_owned()], None).await.unwrap().unwrap().run;
    assert!(again.waits.is_empty());
    store.tell_waits(again.id, again.epoch, &told).await.unwrap();
    let ended = store.cancelled(again.id, again.epoch).await.unwrap();
    assert!(ended.waits.is_empty());
}

async fn since_when_a_run_is_in_its_state_is_kept_with_each_change(url: &str) {
    let store = open(url).await;
    // What stood there before is of long ago: whoever does not set it leaves that.
    let long_ago = async |run: RunView| {
        let url = url.to_owned();
        let sql = "update sync_runs set state_since = 5";
        tokio::task::spawn_blocking(move || support::inspect::execute(&url, sql)).await.unwrap();
        (run.id, run.epoch)
    };
    let fresh = |what: &str, run: RunView| {
        let (since, exact) = run.since();
        assert!(exact && since >= run.requested_at, "{what}: {run:#?}");
        run
    };
    let claim = async || store.claim("us", &["acme".to_owned()], None).await.unwrap().unwrap().run;
    let asked = fresh("asked for", store.request_run(&request(1)).await.unwrap().run);
    long_ago(asked).await;
    let (run, epoch) = long_ago(fresh("claimed", claim().await)).await;
    let parked = store.park(run, epoch, Duration::ZERO, true).await.unwrap();
    long_ago(fresh("parked", parked)).await;
    let (run, epoch) = long_ago(fresh("claimed again", claim().await)).await;
    long_ago(fresh("given back", store.give_back(run, epoch, None).await.unwrap())).await;
    let (run, epoch) = long_ago(claim().await).await;
    long_ago(fresh("committing", store.set_committing(run, epoch).await.unwrap())).await;
    let held = store.hold(run, epoch, HoldSummary::default()).await.unwrap();
    long_ago(fresh("held", held)).await;
    long_ago(fresh("discarded", store.discard(run).await.unwrap().unwrap())).await;
    long_ago(store.request_run(&request(1)).await.unwrap().run).await;
    fresh("cancelled", store.request_cancel(ProfileId(1)).await.unwrap().unwrap());
    succeeds(&store, 1).await;
    let runs = store.latest_runs().await.unwrap();
    fresh("completed", runs.into_iter().next().unwrap());
    // A lease that is taken over changes hands, and not the state.
    let run = claimed(&store, 2).await;
    let owner = adsync::store::LiveOwner { run: run.id, epoch: run.epoch, owner: "us".to_owned() };
    store.expire_lease(&owner).await.unwrap();
    let silent = store.run(run.id).await.unwrap().unwrap();
    assert!(silent.lease_until < run.lease_until, "{silent:#?}");
    // Nobody can tell from it any more when the owner gave its last sign of life.
    let seen = run.lease_until.map(|until| until.minus(store.lease()));
    assert_eq!((silent.waits.owner_seen, seen), (seen, run.state_since));
    store.expire_lease(&owner).await.unwrap();
    assert_eq!(store.run(run.id).await.unwrap().unwrap(), silent, "once is enough");
    let taken = store.claim("them", &["acme".to_owned()], None).await.unwrap().unwrap().run;
    assert_eq!((taken.id, taken.state_since), (run.id, run.state_since));
    assert_eq!(taken.waits, RunWaits::default());
}
