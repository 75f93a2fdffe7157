//! The conformance suite of the store: every method keeps its promise on SQLite and on PostgreSQL alike.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Duration;

use adsync::domain::cause::CauseId;
use adsync::domain::code::Code;
use adsync::domain::cost::RunCost;
use adsync::domain::entity::{Descriptor, EntityRow, descriptor};
use adsync::domain::id::{ProfileId, RunId};
use adsync::domain::profile::{Access, Profile, Region};
use adsync::domain::report::ErrorReport;
use adsync::domain::run::{
    Certificate, ChangeCounts, ChangeKind, HeldUnit, HoldSummary, MOST_SHOWN_REMOVALS, Origin, RemovedRow,
    RunState, RunView, UnitOutcome, UnitState,
};
use adsync::domain::time::Timestamp;
use adsync::domain::unit::{AdProduct, Entity, Unit};
use adsync::store::{
    Change, ChangeFilter, Completion, NewPage, NewRun, Renewal, RunFilter, Schema, Store, StoreError,
    UnitResult, UnitUpdate,
};

support::on_both_databases!(
    an_empty_database_gets_its_schema_once_even_from_many_at_once,
    a_newer_schema_is_refused,
    the_clock_is_the_databases_and_moves,
    a_listing_adds_changes_and_marks_what_is_gone,
    simulated_and_real_profiles_never_share_a_database,
    asking_twice_gives_the_same_live_run,
    many_who_ask_at_once_get_one_run,
    runs_of_many_profiles_are_asked_for_together_or_not_at_all,
    whoever_stops_waiting_leaves_no_transaction_behind,
    a_run_is_claimed_by_one_of_many,
    claims_go_by_priority_then_age_and_only_to_logins_that_can,
    an_expired_lease_is_taken_over_and_the_old_owner_is_fenced,
    a_queued_run_is_cancelled_at_once_and_a_claimed_one_is_told,
    a_run_that_is_given_back_waits_until_its_time,
    a_run_that_is_to_stop_is_not_queued_again,
    a_parking_counts_as_throttled_for_as_long_as_it_lasted,
    units_and_pages_keep_what_they_are_given,
    a_retry_adopts_proved_units_and_fresh_open_lists_only,
    damaged_or_missing_pages_void_a_proof,
    what_the_last_runs_took_is_told_of_all_profiles_at_once,
    a_commit_shows_everything_at_once_or_nothing,
    differences_are_written_and_logged_field_by_field,
    a_held_run_is_approved_or_discarded_once,
    every_row_that_a_held_run_would_remove_is_kept_while_it_is_held,
    a_newer_run_discards_a_held_one,
    pages_of_dead_and_superseded_runs_are_pruned,
    text_of_every_kind_survives,
);

const KEYWORDS: Unit = Unit::new(AdProduct::Sp, Entity::Keyword);
const CAMPAIGNS: Unit = Unit::new(AdProduct::Sp, Entity::Campaign);
const HOUR: Duration = Duration::from_secs(3600);

fn profile(id: i64, name: &str) -> Profile {
    Profile {
        id: ProfileId(id),
        login: "acme".to_owned(),
        region: Region::Eu,
        access: Access::Edit,
        name: name.to_owned(),
        country: "DE".to_owned(),
        currency: "EUR".to_owned(),
        timezone: "Europe/Berlin".to_owned(),
        account_type: "seller".to_owned(),
        account_sub_type: None,
        account_id: "A1".to_owned(),
        marketplace_id: None,
        simulated: false,
        raw: "{}".to_owned(),
    }
}

fn logins() -> Vec<String> {
    vec!["acme".to_owned()]
}

async fn open(url: &str) -> Store {
    let store = Store::open(url).await.unwrap();
    let profiles: Vec<Profile> = (1..=9).map(|id| profile(id, &format!("Profile {id}"))).collect();
    store.save_listing("acme", &profiles).await.unwrap();
    store
}

fn new_run(profile: i64) -> NewRun {
    NewRun {
        profile_id: ProfileId(profile),
        priority: 0,
        requested_by: "ops@lab".to_owned(),
        origin: Origin::Cli,
        retry_of: None,
    }
}

async fn claimed(store: &Store, profile: i64, owner: &str) -> RunView {
    store.request_run(&new_run(profile)).await.unwrap();
    store.claim(owner, &logins(), None).await.unwrap().unwrap().run
}

fn keywords() -> &'static Descriptor {
    descriptor(KEYWORDS).unwrap()
}

fn row(id: &str, bid: &str) -> EntityRow {
    let json = format!(
        r#"{{"keywordId":"{id}","campaignId":"1","adGroupId":"2","keywordText":"shoe {id}","matchType":"EXACT","state":"ENABLED","bid":{bid}}}"#
    );
    keywords().map_row(&json).unwrap()
}

fn page<'a>(list: &'a str, seq: i64, next: Option<&str>, body: &'a str) -> NewPage<'a> {
    NewPage {
        unit: KEYWORDS,
        list,
        seq,
        fingerprint: "f",
        next_cursor: next.map(str::to_owned),
        rows: 2,
        total: Some(4),
        request_id: Some("r-1"),
        body,
        unit_pages: seq + 1,
        unit_rows: (seq + 1) * 2,
        unit_expected: Some(4),
        requests: 1,
        throttled: 0,
        throttled_us: 0,
    }
}

fn certificate(pages: u32, rows: u64) -> Certificate {
    Certificate { lists: 1, pages, rows, distinct: rows, ending: "end".to_owned(), ..Certificate::default() }
}

fn proved(pages: u32, rows: u64) -> UnitUpdate {
    UnitUpdate {
        state: UnitState::Proved,
        certificate: Some(certificate(pages, rows)),
        error: None,
        refusal: None,
    }
}

fn report() -> ErrorReport {
    ErrorReport {
        causes: vec!["ünïcode 日本".to_owned()],
        ..ErrorReport::new(Code::Malformed, "no", "h", Timestamp(5))
    }
}

fn cause() -> CauseId {
    CauseId::of(&report(), &profile(1, "Profile 1"))
}

fn result(live: u64) -> UnitResult {
    UnitResult {
        unit: KEYWORDS,
        state: UnitState::Proved,
        certificate: Some(certificate(1, live)),
        outcome: UnitOutcome::default(),
        live_rows: live,
        reason: None,
    }
}

fn completion(live: u64) -> Completion {
    Completion {
        units: vec![result(live)],
        counts: ChangeCounts { added: live, ..ChangeCounts::default() },
        data_as_of: Timestamp(77),
    }
}

/// The keywords of a profile as `(id, bid, removed, run)`, read as any user would.
async fn stored(store: &Store, profile: i64) -> Vec<String> {
    let mut out = Vec::new();
    let run = claimed(store, profile, "reader").await;
    store.set_committing(run.id, run.epoch).await.unwrap();
    let mut commit = store.begin_commit(run.id, run.epoch, ProfileId(profile)).await.unwrap();
    let mut rows = Vec::new();
    commit.stored(keywords(), |row| rows.push(row)).await.unwrap();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    for row in rows {
        let raw = commit.raws(keywords(), &[&row.id]).await.unwrap();
        out.push(format!("{} {} {}", row.id, if row.removed { "removed" } else { "live" }, raw[0].1));
    }
    commit.rollback().await;
    store.fail(run.id, run.epoch, &report(), &cause()).await.unwrap();
    out
}

/// Commits rows as a whole unit.
async fn committed(store: &Store, profile: i64, rows: &[EntityRow]) -> RunView {
    let run = claimed(store, profile, "me").await;
    store.set_committing(run.id, run.epoch).await.unwrap();
    let mut commit = store.begin_commit(run.id, run.epoch, ProfileId(profile)).await.unwrap();
    commit.insert(keywords(), rows).await.unwrap();
    commit.complete(&completion(rows.len() as u64)).await.unwrap().0
}

async fn an_empty_database_gets_its_schema_once_even_from_many_at_once(url: &str) {
    let opened = futures::future::join_all((0..4).map(|_| Store::open(url))).await;
    for store in opened {
        assert_eq!(store.unwrap().schema().await.unwrap(), Schema::At(adsync::store::LATEST));
    }
}

async fn a_newer_schema_is_refused(url: &str) {
    let store = Store::open(url).await.unwrap();
    store.close().await;
    support::backends::execute(
        url,
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, '', 0)",
    )
    .await;
    let error = Store::open(url).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { found: 9999, .. }), "{error:?}");
}

async fn the_clock_is_the_databases_and_moves(url: &str) {
    let store = open(url).await;
    let first = store.now().await.unwrap();
    assert!(first > Timestamp::from_secs(1_700_000_000) && first < Timestamp::from_secs(4_000_000_000));
    while store.now().await.unwrap() <= first {}
}

/// Waits until the database's clock has moved: two listings of one instant are one listing.
async fn a_tick(store: &Store) {
    let now = store.now().await.unwrap();
    while store.now().await.unwrap() <= now {}
}

async fn a_listing_adds_changes_and_marks_what_is_gone(url: &str) {
    let store = Store::open(url).await.unwrap();
    let two = [profile(1, "One"), profile(2, "Two")];
    assert_eq!(store.save_listing("acme", &two).await.unwrap().profiles.len(), 2);
    a_tick(&store).await;
    let listing = store.save_listing("acme", &[profile(1, "Renamed"), profile(3, "Three")]).await.unwrap();
    let by_id = |id: i64| listing.profiles.iter().find(|p| p.profile.id == ProfileId(id)).unwrap();
    assert_eq!(by_id(1).profile.name, "Renamed");
    assert!(by_id(2).gone_at.is_some() && by_id(3).gone_at.is_none());
    a_tick(&store).await;
    let back = store.save_listing("acme", &[profile(2, "Two")]).await.unwrap();
    assert_eq!(back.profiles.iter().filter(|p| p.gone_at.is_none()).count(), 1);
    let other = store.save_listing("other", &[]).await.unwrap();
    assert!(other.profiles.is_empty());
    assert!(store.profile(ProfileId(2)).await.unwrap().unwrap().gone_at.is_none());
    assert_eq!(store.profile(ProfileId(99)).await.unwrap(), None);
    assert_eq!(store.profiles().await.unwrap().len(), 3);
}

async fn simulated_and_real_profiles_never_share_a_database(url: &str) {
    let store = open(url).await;
    store.check_source(false).await.unwrap();
    assert!(matches!(store.check_source(true).await, Err(StoreError::Mixed { stored_simulated: false })));
    let simulated = Profile { simulated: true, ..profile(50, "Simulated") };
    let refused = store.save_listing("demo", &[simulated]).await;
    assert!(matches!(refused, Err(StoreError::Mixed { .. })), "{refused:?}");
    assert_eq!(store.profile(ProfileId(50)).await.unwrap(), None);
}

async fn asking_twice_gives_the_same_live_run(url: &str) {
    let store = open(url).await;
    let first = store.request_run(&new_run(1)).await.unwrap();
    let second = store.request_run(&new_run(1)).await.unwrap();
    assert!(first.created && !second.created);
    assert_eq!(first.run.id, second.run.id);
    assert_eq!(first.run.state, RunState::Queued);
    assert_ne!(store.request_run(&new_run(2)).await.unwrap().run.id, first.run.id);
}

async fn many_who_ask_at_once_get_one_run(url: &str) {
    let store = open(url).await;
    let other = Store::open(url).await.unwrap();
    let asked = futures::future::join_all((0..16).map(|n| {
        let store = if n % 2 == 0 { &store } else { &other };
        async move { store.request_run(&new_run(1)).await.unwrap() }
    }))
    .await;
    assert_eq!(asked.iter().filter(|a| a.created).count(), 1);
    assert!(asked.iter().all(|a| a.run.id == asked[0].run.id));
}

async fn runs_of_many_profiles_are_asked_for_together_or_not_at_all(url: &str) {
    let store = open(url).await;
    let live = store.request_run(&new_run(3)).await.unwrap();
    let asked = store.request_runs(&[5, 3, 1, 4].map(new_run)).await.unwrap();
    let profiles: Vec<i64> = asked.iter().map(|one| one.run.profile_id.0).collect();
    assert_eq!(profiles, [1, 3, 4, 5]);
    assert_eq!(asked.iter().map(|one| one.created).collect::<Vec<_>>(), [true, false, true, true]);
    assert_eq!(asked[1].run.id, live.run.id);
    // One that cannot be stored takes the others with it.
    let impossible = NewRun { retry_of: None, requested_by: "a\0b".to_owned(), ..new_run(2) };
    let before = store.runs(&RunFilter { profile_id: None, state: None, limit: 100 }).await.unwrap().len();
    if store.request_runs(&[new_run(6), impossible]).await.is_err() {
        let after = store.runs(&RunFilter { profile_id: None, state: None, limit: 100 }).await.unwrap().len();
        assert_eq!(after, before);
    } else {
        assert!(url.starts_with("sqlite:"), "PostgreSQL takes no text with a zero");
    }
}

async fn whoever_stops_waiting_leaves_no_transaction_behind(url: &str) {
    let store = open(url).await;
    let watcher =
        if url.starts_with("sqlite:") { None } else { Some(sqlx::PgPool::connect(url).await.unwrap()) };
    // Connections that are there already, so that what takes time are the transactions.
    for profile in 1..=6 {
        store.request_run(&new_run(profile)).await.unwrap();
    }
    for step in 1..=60 {
        // Dropped after a while: between BEGIN and its answer, between COMMIT and its answer, and everywhere else.
        let news: Vec<NewRun> = (1..=6).map(new_run).collect();
        let mut asking: Vec<_> = news.iter().map(|new| Box::pin(store.request_run(new))).collect();
        for _ in 0..step * 20 {
            asking.retain_mut(|asking| futures::FutureExt::now_or_never(asking).is_none());
            tokio::task::yield_now().await;
        }
        drop(asking);
        let Some(watcher) = &watcher else { continue };
        let open = "select count(*) from pg_stat_activity
            where datname = current_database() and application_name = 'adsync' and xact_start is not null";
        let ended = async {
            while sqlx::query_scalar::<_, i64>(open).fetch_one(watcher).await.unwrap() > 0 {
                tokio::task::yield_now().await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(30), ended).await;
        assert!(ended.is_ok(), "a transaction stays open in step {step}");
    }
    assert!(store.request_run(&new_run(1)).await.is_ok());
}

async fn a_run_is_claimed_by_one_of_many(url: &str) {
    let store = open(url).await;
    let other = Store::open(url).await.unwrap();
    for id in 1..=5 {
        store.request_run(&new_run(id)).await.unwrap();
    }
    let claims = futures::future::join_all((0..12).map(|n| {
        let store = if n % 2 == 0 { &store } else { &other };
        async move { store.claim(&format!("p{n}"), &logins(), None).await.unwrap() }
    }))
    .await;
    let mut ids: Vec<RunId> = claims.into_iter().flatten().map(|c| c.run.id).collect();
    while let Some(claim) = store.claim("late", &logins(), None).await.unwrap() {
        ids.push(claim.run.id);
    }
    ids.sort();
    let claimed = ids.len();
    ids.dedup();
    assert_eq!((claimed, ids.len()), (5, 5), "each run is claimed exactly once");
}

async fn claims_go_by_priority_then_age_and_only_to_logins_that_can(url: &str) {
    let store = open(url).await;
    let low = store.request_run(&new_run(1)).await.unwrap().run.id;
    let high = store.request_run(&NewRun { priority: 5, ..new_run(2) }).await.unwrap().run.id;
    assert_eq!(store.claim("me", &["other".to_owned()], None).await.unwrap(), None);
    let only = std::iter::once(low).collect();
    assert_eq!(store.claim("me", &logins(), Some(&only)).await.unwrap().unwrap().run.id, low);
    let claim = store.claim("me", &logins(), None).await.unwrap().unwrap();
    assert_eq!((claim.run.id, claim.found, claim.run.state), (high, RunState::Queued, RunState::Fetching));
    assert_eq!((claim.run.epoch, claim.run.attempt, claim.run.owner.as_deref()), (1, 1, Some("me")));
    assert_eq!(store.claim("me", &logins(), None).await.unwrap(), None);
}

async fn an_expired_lease_is_taken_over_and_the_old_owner_is_fenced(url: &str) {
    let store = open(url).await;
    let run = claimed(&store, 1, "old").await;
    store.plan(run.id, run.epoch, &[(KEYWORDS, None)]).await.unwrap();
    assert_eq!(store.claim("new", &logins(), None).await.unwrap(), None, "the lease holds");
    let owners = store.live_owners().await.unwrap();
    assert_eq!((owners[0].run, owners[0].owner.as_str()), (run.id, "old"));
    store.expire_lease(&owners[0]).await.unwrap();
    let claim = store.claim("new", &logins(), None).await.unwrap().unwrap();
    assert_eq!((claim.found, claim.run.epoch, claim.run.attempt), (RunState::Fetching, 2, 2));
    let old = run.epoch;
    let is_fenced = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Fenced { .. }));
    assert!(is_fenced(store.plan(run.id, old, &[]).await.map(drop)));
    assert!(is_fenced(store.store_page(run.id, old, &page("main", 0, None, "{}")).await.map(drop)));
    assert!(is_fenced(store.update_unit(run.id, old, KEYWORDS, &proved(0, 0)).await.map(drop)));
    assert!(is_fenced(store.drop_pages(run.id, old, KEYWORDS, None).await.map(drop)));
    assert!(is_fenced(store.reuse_pages(run.id, run.id, old, HOUR, HOUR).await.map(drop)));
    assert!(is_fenced(store.count_requests(run.id, old, 1, 1, 1).await));
    assert!(is_fenced(store.set_committing(run.id, old).await.map(drop)));
    assert!(is_fenced(store.fail(run.id, old, &report(), &cause()).await.map(drop)));
    assert!(is_fenced(store.cancelled(run.id, old).await.map(drop)));
    assert!(is_fenced(store.hold(run.id, old, HoldSummary::default()).await.map(drop)));
    assert!(is_fenced(store.give_back(run.id, old, None).await.map(drop)));
    assert_eq!(store.renew(run.id, old).await.unwrap(), Renewal::Lost);
    assert_eq!(store.look(run.id, old).await.unwrap(), Renewal::Lost);
    assert_eq!(store.renew(run.id, claim.run.epoch).await.unwrap(), Renewal::Ours);
    store.set_committing(run.id, claim.run.epoch).await.unwrap();
    assert!(is_fenced(store.begin_commit(run.id, old, ProfileId(1)).await.map(drop)));
}

async fn a_queued_run_is_cancelled_at_once_and_a_claimed_one_is_told(url: &str) {
    let store = open(url).await;
    store.request_run(&new_run(1)).await.unwrap();
    let cancelled = store.request_cancel(ProfileId(1)).await.unwrap().unwrap();
    assert_eq!(cancelled.state, RunState::Cancelled);
    assert!(cancelled.finished_at.is_some());
    assert_eq!(store.request_cancel(ProfileId(1)).await.unwrap(), None);
    let run = claimed(&store, 2, "me").await;
    let told = store.request_cancel(ProfileId(2)).await.unwrap().unwrap();
    assert_eq!((told.state, told.cancel_requested), (RunState::Fetching, true));
    assert_eq!(store.look(run.id, run.epoch).await.unwrap(), Renewal::CancelRequested);
    assert_eq!(store.renew(run.id, run.epoch).await.unwrap(), Renewal::CancelRequested);
    assert_eq!(store.cancelled(run.id, run.epoch).await.unwrap().state, RunState::Cancelled);
}

async fn a_run_that_is_given_back_waits_until_its_time(url: &str) {
    let store = open(url).await;
    let run = claimed(&store, 1, "me").await;
    let parked = store.give_back(run.id, run.epoch, Some(HOUR)).await.unwrap();
    assert_eq!((parked.state, parked.attempt, parked.owner), (RunState::Queued, 0, None));
    assert!(parked.not_before.unwrap() > store.now().await.unwrap());
    assert_eq!(store.claim("me", &logins(), None).await.unwrap(), None);
    let other = claimed(&store, 2, "me").await;
    store.give_back(other.id, other.epoch, None).await.unwrap();
    assert_eq!(store.claim("you", &logins(), None).await.unwrap().unwrap().run.epoch, 2);
}

async fn a_run_that_is_to_stop_is_not_queued_again(url: &str) {
    let store = open(url).await;
    for profile in [1, 2, 3] {
        let run = claimed(&store, profile, "me").await;
        store.request_cancel(ProfileId(profile)).await.unwrap().unwrap();
        let view = match profile {
            1 => store.park(run.id, run.epoch, HOUR, true).await,
            2 => store.give_back(run.id, run.epoch, Some(HOUR)).await,
            _ => store.give_back(run.id, run.epoch, None).await,
        };
        let view = view.unwrap();
        assert_eq!(
            (view.state, &view.owner, view.not_before),
            (RunState::Cancelled, &None, None),
            "{profile}"
        );
        assert!(view.finished_at.is_some() && view.finished_at == view.state_since && view.waits.is_empty());
        assert_eq!((view.lease_until, view.parks), (None, 0), "{profile}");
        assert_eq!(store.run(run.id).await.unwrap().unwrap(), view);
    }
    assert_eq!(store.claim("me", &logins(), None).await.unwrap(), None);
}

async fn a_parking_counts_as_throttled_for_as_long_as_it_lasted(url: &str) {
    let store = open(url).await;
    // The minute until somebody took it, of the two that it was put off; and no more than those.
    for (profile, away, expected) in [(1, "60", 60), (2, "600", 120)] {
        let run = claimed(&store, profile, "me").await;
        let two_minutes = Duration::from_secs(120);
        let parked = store.park(run.id, run.epoch, two_minutes, true).await.unwrap();
        assert_eq!(parked.throttled_us, 0, "nothing of it has passed");
        support::backends::execute(
            url,
            &format!(
                "update sync_runs set state_since = state_since - {away}000000, not_before = not_before - {away}000000"
            ),
        )
        .await;
        let ended = match away {
            "60" => store.request_cancel(ProfileId(profile)).await.unwrap().unwrap(),
            _ => store.claim("me", &logins(), None).await.unwrap().unwrap().run,
        };
        let seconds = ended.throttled_us / 1_000_000;
        assert!((expected..expected + 5).contains(&seconds), "{seconds} s of {expected} s");
    }
    // What was only given back was not throttled.
    let run = claimed(&store, 3, "me").await;
    store.give_back(run.id, run.epoch, Some(HOUR)).await.unwrap();
    support::backends::execute(url, "update sync_runs set state_since = 0 where state = 'queued'").await;
    assert_eq!(store.request_cancel(ProfileId(3)).await.unwrap().unwrap().throttled_us, 0);
}

async fn units_and_pages_keep_what_they_are_given(url: &str) {
    let store = open(url).await;
    let run = claimed(&store, 1, "me").await;
    let planned = store.plan(run.id, run.epoch, &[(KEYWORDS, Some(7)), (CAMPAIGNS, None)]).await.unwrap();
    assert_eq!(
        planned.iter().map(|u| (u.unit, u.state, u.expected)).collect::<Vec<_>>(),
        [(CAMPAIGNS, UnitState::Pending, None), (KEYWORDS, UnitState::Pending, Some(7)),]
    );
    let body = r#"{"keywords":[{"keywordId":"1","keywordText":"größe 靴"}]}"#;
    let view = store.store_page(run.id, run.epoch, &page("main", 0, Some("\"t\""), body)).await.unwrap();
    assert_eq!((view.state, view.pages, view.rows), (UnitState::Fetching, 1, 2));
    assert_eq!((view.expected, view.expected_is_reported), (Some(4), true));
    store.store_page(run.id, run.epoch, &page("main", 1, None, "{}")).await.unwrap();
    let pages = store.pages(run.id, KEYWORDS).await.unwrap();
    assert_eq!(
        pages.iter().map(|p| (p.seq, p.next_cursor.as_deref())).collect::<Vec<_>>(),
        [(0, Some("\"t\"")), (1, None)]
    );
    assert_eq!(store.page_body(run.id, KEYWORDS, "main", 0).await.unwrap(), body);
    assert_eq!(store.run(run.id).await.unwrap().unwrap().requests, 2);
    store.count_requests(run.id, run.epoch, 3, 1, 2_500_000).await.unwrap();
    let counted = store.run(run.id).await.unwrap().unwrap();
    assert_eq!((counted.requests, counted.throttled, counted.throttled_us), (5, 1, 2_500_000));
    let settled = store.update_unit(run.id, run.epoch, KEYWORDS, &proved(2, 4)).await.unwrap();
    assert_eq!((settled.state, settled.certificate), (UnitState::Proved, Some(certificate(2, 4))));
    assert!(settled.settled_at.is_some());
    let failed =
        UnitUpdate { state: UnitState::Failed, certificate: None, error: Some(report()), refusal: None };
    assert_eq!(store.update_unit(run.id, run.epoch, CAMPAIGNS, &failed).await.unwrap().error, Some(report()));
    let dropped = store.drop_pages(run.id, run.epoch, KEYWORDS, Some(("main", 0))).await.unwrap();
    assert_eq!((dropped.pages, dropped.rows), (0, 0));
    let replanned = store.plan(run.id, run.epoch, &[(KEYWORDS, None)]).await.unwrap();
    assert_eq!(replanned.len(), 1, "a unit that the plan no longer has is dropped");
}

async fn a_retry_adopts_proved_units_and_fresh_open_lists_only(url: &str) {
    let store = open(url).await;
    let run = claimed(&store, 1, "me").await;
    store.plan(run.id, run.epoch, &[(CAMPAIGNS, None), (KEYWORDS, None)]).await.unwrap();
    let campaigns = NewPage { unit: CAMPAIGNS, ..page("main", 0, None, "{}") };
    store.store_page(run.id, run.epoch, &campaigns).await.unwrap();
    store.update_unit(run.id, run.epoch, CAMPAIGNS, &proved(1, 2)).await.unwrap();
    store.store_page(run.id, run.epoch, &page("main", 0, Some("\"t\""), "{}")).await.unwrap();
    store.fail(run.id, run.epoch, &report(), &cause()).await.unwrap();
    assert_eq!(store.retryable_run(ProfileId(1)).await.unwrap().unwrap().id, run.id);
    let retry = NewRun { retry_of: Some(run.id), ..new_run(1) };
    store.request_run(&retry).await.unwrap();
    let again = store.claim("me", &logins(), None).await.unwrap().unwrap().run;
    assert_eq!(again.retry_of, Some(run.id));
    store.plan(again.id, again.epoch, &[(CAMPAIGNS, None), (KEYWORDS, None)]).await.unwrap();
    let units = store.reuse_pages(run.id, again.id, again.epoch, HOUR, Duration::ZERO).await.unwrap();
    assert_eq!(
        units.iter().map(|u| (u.state, u.pages, u.reused_pages)).collect::<Vec<_>>(),
        [(UnitState::Proved, 1, 1), (UnitState::Pending, 0, 0),]
    );
    assert!(store.pages(run.id, CAMPAIGNS).await.unwrap().is_empty(), "pages move");
    let same = store.reuse_pages(again.id, again.id, again.epoch, HOUR, HOUR).await.unwrap();
    assert_eq!(same[0].state, UnitState::Proved, "looking again changes nothing");
    let old = store.reuse_pages(again.id, again.id, again.epoch, Duration::ZERO, HOUR).await.unwrap();
    assert_eq!((old[0].state, old[0].pages), (UnitState::Pending, 0), "too old to be used");
}

async fn damaged_or_missing_pages_void_a_proof(url: &str) {
    let store = open(url).await;
    let run = claimed(&store, 1, "me").await;
    store.plan(run.id, run.epoch, &[(KEYWORDS, None)]).await.unwrap();
    store.store_page(run.id, run.epoch, &page("main", 0, None, "{}")).await.unwrap();
    store.update_unit(run.id, run.epoch, KEYWORDS, &proved(2, 4)).await.unwrap();
    let units = store.reuse_pages(run.id, run.id, run.epoch, HOUR, HOUR).await.unwrap();
    assert_eq!((units[0].state, units[0].certificate.clone()), (UnitState::Pending, None));
}

async fn what_the_last_runs_took_is_told_of_all_profiles_at_once(url: &str) {
    let store = open(url).await;
    assert_eq!(store.run_costs(HOUR).await.unwrap(), []);
    let fetched = async |profile: i64, requests: i64| {
        let run = claimed(&store, profile, "me").await;
        store.count_requests(run.id, run.epoch, requests, 0, 0).await.unwrap();
        run
    };
    let told = async |reuse: Duration| {
        let costs = store.run_costs(reuse).await.unwrap();
        let basis = |cost: &RunCost| cost.basis.map(|basis| (basis.requests, basis.completed));
        costs.iter().map(|c| (c.profile_id.0, basis(c), c.kept_units, c.kept_pages)).collect::<Vec<_>>()
    };
    let run = fetched(1, 7).await;
    store.plan(run.id, run.epoch, &[(CAMPAIGNS, None), (KEYWORDS, None)]).await.unwrap();
    store.store_page(run.id, run.epoch, &page("main", 0, None, "{}")).await.unwrap();
    store.update_unit(run.id, run.epoch, KEYWORDS, &proved(1, 2)).await.unwrap();
    store.fail(run.id, run.epoch, &report(), &cause()).await.unwrap();
    assert_eq!(told(HOUR).await, [(1, Some((8, false)), 1, 1)], "a failed run is better than none");
    assert_eq!(told(Duration::ZERO).await, [(1, Some((8, false)), 0, 0)], "too old to be used");
    let run = fetched(1, 20).await;
    store.set_committing(run.id, run.epoch).await.unwrap();
    let commit = store.begin_commit(run.id, run.epoch, ProfileId(1)).await.unwrap();
    commit.complete(&completion(0)).await.unwrap();
    assert_eq!(told(HOUR).await, [(1, Some((20, true)), 0, 0)]);
    let run = fetched(1, 3).await;
    store.fail(run.id, run.epoch, &report(), &cause()).await.unwrap();
    store.request_run(&new_run(2)).await.unwrap();
    let both = [(1, Some((20, true)), 0, 0), (2, None, 0, 0)];
    assert_eq!(told(HOUR).await, both, "one that got to its end says more than a later one that did not");
}

async fn a_commit_shows_everything_at_once_or_nothing(url: &str) {
    let store = open(url).await;
    let run = claimed(&store, 1, "me").await;
    store.plan(run.id, run.epoch, &[(KEYWORDS, None)]).await.unwrap();
    store.store_page(run.id, run.epoch, &page("main", 0, None, "{}")).await.unwrap();
    store.set_committing(run.id, run.epoch).await.unwrap();
    let mut commit = store.begin_commit(run.id, run.epoch, ProfileId(1)).await.unwrap();
    commit.insert(keywords(), &[row("1", "0.5"), row("2", "0.75")]).await.unwrap();
    commit.rollback().await;
    let mut seen = 0;
    store.live_ids(ProfileId(1), keywords(), None, |_, _| seen += 1).await.unwrap();
    assert_eq!(seen, 0, "a commit that is given up leaves nothing");
    assert_eq!(store.pages(run.id, KEYWORDS).await.unwrap().len(), 1, "but its pages");
    let mut commit = store.begin_commit(run.id, run.epoch, ProfileId(1)).await.unwrap();
    commit.insert(keywords(), &[row("1", "0.5"), row("2", "0.75")]).await.unwrap();
    let reader = Store::open(url).await;
    if let Ok(reader) = &reader {
        let mut seen = 0;
        reader.live_ids(ProfileId(1), keywords(), None, |_, _| seen += 1).await.unwrap();
        assert_eq!(seen, 0, "readers see nothing of an open commit");
        assert_eq!(reader.run(run.id).await.unwrap().unwrap().state, RunState::Committing);
    }
    let (done, profile) = commit.complete(&completion(2)).await.unwrap();
    assert_eq!((done.state, done.rows, done.counts.added), (RunState::Completed, 2, 2));
    assert_eq!((profile.rows, profile.data_as_of), (2, Some(Timestamp(77))));
    assert_eq!(profile.last_synced_at, done.finished_at);
    assert!(store.pages(run.id, KEYWORDS).await.unwrap().is_empty());
    let certificates = store.certificates(ProfileId(1)).await.unwrap();
    assert_eq!(
        (certificates[0].unit, certificates[0].live_rows, certificates[0].run_id),
        (KEYWORDS, 2, run.id)
    );
    let units = store.units(run.id).await.unwrap();
    assert_eq!(units[0].outcome, Some(UnitOutcome::default()));
    assert!(matches!(
        store.begin_commit(run.id, run.epoch, ProfileId(1)).await.map(drop),
        Err(StoreError::Fenced { .. })
    ));
}

async fn differences_are_written_and_logged_field_by_field(url: &str) {
    let store = open(url).await;
    committed(&store, 1, &[row("1", "0.5"), row("2", "0.75"), row("3", "1")]).await;
    let run = claimed(&store, 1, "me").await;
    store.set_committing(run.id, run.epoch).await.unwrap();
    let mut commit = store.begin_commit(run.id, run.epoch, ProfileId(1)).await.unwrap();
    commit.update(keywords(), &[row("2", "0.8")]).await.unwrap();
    commit.remove(keywords(), &["3"]).await.unwrap();
    let change = Change {
        entity_id: "2".to_owned(),
        kind: ChangeKind::Changed,
        before: Some(r#"{"bid":0.75}"#.to_owned()),
        after: Some(r#"{"bid":0.8}"#.to_owned()),
    };
    let removed = Change {
        entity_id: "3".to_owned(),
        kind: ChangeKind::Removed,
        before: Some("{}".to_owned()),
        after: None,
    };
    commit.log(keywords(), &[change, removed]).await.unwrap();
    commit.complete(&completion(2)).await.unwrap();
    let rows = stored(&store, 1).await;
    assert!(rows[1].starts_with("2 live") && rows[1].contains("\"bid\":0.8"), "{rows:?}");
    assert!(rows[2].starts_with("3 removed"), "{rows:?}");
    let filter = ChangeFilter { run_id: Some(run.id), ..ChangeFilter::default() };
    let changes = store.changes(&filter).await.unwrap();
    assert_eq!(
        changes.iter().map(|c| (c.entity_id.as_str(), c.kind)).collect::<Vec<_>>(),
        [("3", ChangeKind::Removed), ("2", ChangeKind::Changed),]
    );
    assert_eq!(changes[1].before.as_ref().unwrap()["bid"].to_string(), "0.75");
    assert_eq!(changes[1].after.as_ref().unwrap()["bid"].to_string(), "0.8");
    assert_eq!(changes[0].after, None);
    let elsewhere = ChangeFilter { profile_id: Some(ProfileId(2)), ..ChangeFilter::default() };
    assert!(store.changes(&elsewhere).await.unwrap().is_empty());
    let later =
        ChangeFilter { since: Some(store.now().await.unwrap().plus(HOUR)), ..ChangeFilter::default() };
    assert!(store.changes(&later).await.unwrap().is_empty());
}

async fn a_held_run_is_approved_or_discarded_once(url: &str) {
    let store = open(url).await;
    for (profile, approve) in [(1, true), (2, false)] {
        let run = claimed(&store, profile, "me").await;
        store.plan(run.id, run.epoch, &[(KEYWORDS, None)]).await.unwrap();
        store.store_page(run.id, run.epoch, &page("main", 0, None, "{}")).await.unwrap();
        store.set_committing(run.id, run.epoch).await.unwrap();
        let held = store.hold(run.id, run.epoch, HoldSummary::default()).await.unwrap();
        assert_eq!(
            (held.state, held.hold, held.finished_at),
            (RunState::Held, Some(HoldSummary::default()), None)
        );
        if approve {
            assert_eq!(
                store.approve(run.id, "ops", Duration::ZERO).await.unwrap(),
                None,
                "its pages are too old"
            );
            let approved = store.approve(run.id, "ops", HOUR).await.unwrap().unwrap();
            assert_eq!((approved.state, approved.approved_by.as_deref()), (RunState::Queued, Some("ops")));
            assert_eq!(store.approve(run.id, "ops", HOUR).await.unwrap(), None);
            let claim = store.claim("me", &logins(), None).await.unwrap().unwrap().run;
            assert_eq!((claim.id, claim.hold), (run.id, Some(HoldSummary::default())));
            let committing = store.set_committing(claim.id, claim.epoch).await.unwrap();
            assert!(committing.hold.is_some(), "a takeover must still know what was approved");
        } else {
            assert_eq!(store.discard(run.id).await.unwrap().unwrap().state, RunState::Discarded);
            assert_eq!(store.discard(run.id).await.unwrap(), None);
            assert!(store.pages(run.id, KEYWORDS).await.unwrap().is_empty());
        }
    }
}

/// A hold that would remove so many keywords, the first of which are told by their names.
fn removing(rows: usize) -> HoldSummary {
    let removes = (0..rows).map(|n| RemovedRow {
        id: n.to_string(),
        name: format!("schuhe {n} „größe“"),
        state: "ENABLED".to_owned(),
    });
    let counts = ChangeCounts { removed: rows as u64, ..ChangeCounts::default() };
    let outcome = UnitOutcome { counts, live_before: 90_000, ..UnitOutcome::default() };
    HoldSummary {
        units: vec![HeldUnit { unit: KEYWORDS, outcome, braked: true, removes: removes.collect() }],
    }
}

async fn every_row_that_a_held_run_would_remove_is_kept_while_it_is_held(url: &str) {
    let store = open(url).await;
    for (profile, rows) in [(1, 2), (2, MOST_SHOWN_REMOVALS), (3, 25_000), (4, MOST_SHOWN_REMOVALS + 1)] {
        let whole = removing(rows);
        let run = claimed(&store, profile, "me").await;
        store.set_committing(run.id, run.epoch).await.unwrap();
        let lost = store.hold(run.id, run.epoch - 1, whole.clone()).await;
        assert!(matches!(lost, Err(StoreError::Fenced { .. })), "{lost:?}");
        let held = store.hold(run.id, run.epoch, whole.clone()).await.unwrap().hold.unwrap();
        // The run itself stays small, for it is read and told all the time.
        assert_eq!(held.units[0].removes, whole.units[0].removes[..rows.min(MOST_SHOWN_REMOVALS)]);
        assert_eq!(held.has_all(), rows <= MOST_SHOWN_REMOVALS);
        assert_eq!(store.held(run.id).await.unwrap(), Some(whole), "{rows}");
    }
    let run = store.latest_runs().await.unwrap().into_iter().find(|run| run.profile_id.0 == 3).unwrap();
    store.discard(run.id).await.unwrap().unwrap();
    assert_eq!(store.held(run.id).await.unwrap(), None);
    assert_eq!(store.held(RunId(99)).await.unwrap(), None);
    let kept = |of: i64| {
        let sql = format!("select cast(count(*) as text) from held_removals where run_id = {of}");
        let url = url.to_owned();
        async move { tokio::task::spawn_blocking(move || support::inspect::number(&url, &sql)).await.unwrap() }
    };
    assert_eq!((kept(3).await, kept(4).await), (0, 1), "a discarded one leaves nothing, others keep theirs");
    store.prune_pages(HOUR).await.unwrap();
    assert_eq!(store.held(RunId(4)).await.unwrap(), Some(removing(MOST_SHOWN_REMOVALS + 1)));
    store.request_run(&new_run(4)).await.unwrap();
    assert_eq!(kept(4).await, 0, "a newer run discards it");
}

async fn a_newer_run_discards_a_held_one(url: &str) {
    let store = open(url).await;
    let run = claimed(&store, 1, "me").await;
    store.hold(run.id, run.epoch, HoldSummary::default()).await.unwrap();
    let newer = store.request_run(&new_run(1)).await.unwrap();
    assert_eq!(newer.discarded, Some(run.id));
    assert_eq!(store.run(run.id).await.unwrap().unwrap().state, RunState::Discarded);
    let held = RunFilter { state: Some(RunState::Held), ..RunFilter::default() };
    assert!(store.runs(&held).await.unwrap().is_empty());
    let latest = store.latest_runs().await.unwrap();
    assert_eq!(latest.iter().map(|r| r.id).collect::<Vec<_>>(), [newer.run.id]);
    assert_eq!(store.recent_runs(Timestamp(0)).await.unwrap().len(), 2);
    assert_eq!(
        store.runs(&RunFilter { limit: 1, ..RunFilter::default() }).await.unwrap()[0].id,
        newer.run.id
    );
}

async fn pages_of_dead_and_superseded_runs_are_pruned(url: &str) {
    let store = open(url).await;
    let mut runs = Vec::new();
    for profile in [1, 2] {
        let run = claimed(&store, profile, "me").await;
        store.plan(run.id, run.epoch, &[(KEYWORDS, None)]).await.unwrap();
        store.store_page(run.id, run.epoch, &page("main", 0, None, "{}")).await.unwrap();
        store.fail(run.id, run.epoch, &report(), &cause()).await.unwrap();
        runs.push(run.id);
    }
    store.request_run(&new_run(1)).await.unwrap();
    assert_eq!(store.prune_pages(HOUR).await.unwrap(), 1);
    assert!(store.pages(runs[0], KEYWORDS).await.unwrap().is_empty(), "superseded");
    assert_eq!(store.pages(runs[1], KEYWORDS).await.unwrap().len(), 1, "a retry may still use them");
    assert_eq!(store.prune_pages(Duration::ZERO).await.unwrap(), 1, "too old for a retry");
}

async fn text_of_every_kind_survives(url: &str) {
    let store = open(url).await;
    let odd = [
        "tab\\tnew\\nline",
        "back\\\\slash \\\\N \\\\.",
        "quote\\\"'",
        "日本語 😀",
        "nul \\u0000 end",
        "\\r\\n",
        "",
    ];
    let rows: Vec<EntityRow> = odd
        .iter()
        .enumerate()
        .map(|(i, text)| {
            keywords().map_row(&format!(r#"{{"keywordId":"{i}","keywordText":"{text}"}}"#)).unwrap()
        })
        .collect();
    committed(&store, 1, &rows).await;
    let back = stored(&store, 1).await;
    let expected: Vec<String> = rows.iter().map(|r| format!("{} live {}", r.key.id, r.raw)).collect();
    assert_eq!(back, expected);
}
