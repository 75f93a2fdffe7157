//! Profiles, runs and overviews to ask about.

use super::*;
use crate::domain::cause::{CauseId, PresentFailure};
use crate::domain::code::Code;
use crate::domain::limits::{BucketSnapshot, ProfileLimit, Sharing};
use crate::domain::profile::{Access, AccessLost, Barred, Profile, Region, StoredProfile};
use crate::domain::report::ErrorReport;
use crate::domain::run::{
    ChangeCounts, HeldUnit, HoldSummary, Origin, Refusal, RunState, RunView, UnitOutcome, UnitState, UnitView,
};
use crate::domain::unit::{AdProduct, Entity, Unit};
use crate::domain::wait::RunWaits;
use crate::sync::event::{Wait, WaitReason};
use crate::sync::overview::Overview;

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_000_000);
pub(super) const ID: ProfileId = ProfileId(7);
pub(super) const US: &str = "lab|4711|1|boot|ns|nonce";
pub(super) const THEM: &str = "tower|42|1|boot|ns|nonce";
pub(super) const KEYWORDS: Unit = Unit::new(AdProduct::Sp, Entity::Keyword);
pub(super) const SB_CAMPAIGNS: Unit = Unit::new(AdProduct::Sb, Entity::Campaign);
pub(super) const SB_KEYWORDS: Unit = Unit::new(AdProduct::Sb, Entity::Keyword);

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 + seconds * 1_000_000)
}

pub(super) fn stored(id: i64, name: &str) -> StoredProfile {
    StoredProfile {
        profile: Profile {
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
            account_id: format!("A{id}"),
            marketplace_id: None,
            simulated: false,
            raw: String::new(),
        },
        last_synced_at: None,
        data_as_of: None,
        rows: 0,
        last_counts: None,
        listed_at: Some(at(-700)),
        gone_at: None,
        access_lost: None,
        barred: None,
    }
}

pub(super) fn run(id: i64, profile: ProfileId, state: RunState) -> RunView {
    RunView {
        id: RunId(id),
        profile_id: profile,
        state,
        priority: 10,
        requested_by: "ops@lab".to_owned(),
        requested_from: Origin::Console,
        retry_of: None,
        epoch: 1,
        attempt: 1,
        owner: matches!(state, RunState::Fetching | RunState::Committing).then(|| US.to_owned()),
        cancel_requested: false,
        not_before: None,
        parks: 0,
        requested_at: at(-120),
        started_at: (state != RunState::Queued).then(|| at(-100)),
        finished_at: (!state.is_live() && state != RunState::Held).then(|| at(-50)),
        data_as_of: None,
        requests: 187,
        throttled: 9,
        throttled_us: 0,
        counts: ChangeCounts::default(),
        rows: 0,
        error: None,
        hold: None,
        approved_by: None,
        state_since: Some(at(-80)),
        lease_until: None,
        waits: crate::domain::wait::RunWaits::default(),
    }
}

pub(super) fn unit(of: Unit, state: UnitState) -> UnitView {
    UnitView {
        run_id: RunId(1),
        unit: of,
        state,
        pages: 3,
        rows: 3_000,
        expected: Some(9_000),
        expected_is_reported: true,
        reused_pages: 0,
        certificate: None,
        outcome: None,
        error: None,
        started_at: None,
        settled_at: None,
        refusal: None,
    }
}

pub(super) fn wait(reason: WaitReason, seconds: i64) -> Wait {
    Wait {
        unit: KEYWORDS,
        reason,
        until: at(seconds),
        attempt: 3,
        detail: "no Retry-After".to_owned(),
        asked: false,
    }
}

pub(super) fn bucket(waiting: u32, next_in_ms: u64, paused_ms: u64) -> BucketSnapshot {
    BucketSnapshot {
        name: "acme".to_owned(),
        logins: vec!["acme".to_owned()],
        configured_per_second: 10.0,
        learned_per_second: 4.2,
        burst: 10,
        burst_left: 0,
        in_flight: 1,
        waiting,
        next_in_ms,
        paused_ms,
        throttled_5m: 1,
        retries_5m: 1,
        answered_5m: 9,
        sharing: Sharing::Alone,
        history: Vec::new(),
    }
}

/// What the budget knows of a profile whose request waits for its turn.
pub(super) fn in_line(profile: ProfileId) -> ProfileLimit {
    ProfileLimit {
        profile: Some(profile),
        account: "acme".to_owned(),
        learned_per_second: 2.0,
        waiting: 1,
        waiting_since_ms: None,
        paused_until_ms: None,
        refused_in_a_row: 0,
    }
}

/// A profile that was never synced, as this process sees it.
pub(super) fn overview() -> Overview {
    let mut o = Overview { process: US.to_owned(), ..Overview::default() };
    o.profiles.insert(ID, stored(7, "Haus Linden"));
    o
}

pub(super) fn with_run(state: RunState, change: impl FnOnce(&mut RunView)) -> Overview {
    let mut o = overview();
    let mut run = run(1, ID, state);
    change(&mut run);
    o.runs.insert(ID, run);
    o
}

/// A run of ours that fetches keywords.
pub(super) fn fetching(change: impl FnOnce(&mut Overview)) -> Overview {
    let mut o = with_run(RunState::Fetching, |_| {});
    o.units.insert(RunId(1), vec![unit(KEYWORDS, UnitState::Fetching)]);
    change(&mut o);
    o
}

pub(super) fn failing(code: Code, retryable: bool, again_at: Option<Timestamp>) -> Overview {
    let mut o = with_run(RunState::Failed, |_| {});
    let report =
        ErrorReport { retryable, again_at, ..ErrorReport::new(code, "it broke", "Mend it.", at(-50)) };
    let cause = CauseId::of(&report, &o.profiles[&ID].profile);
    for (id, name) in [(7, "Haus Linden"), (8, "Kestrel")] {
        o.profiles.insert(ProfileId(id), stored(id, name));
        let failure = PresentFailure {
            run: RunId(1),
            cause: cause.clone(),
            since: at(-5_000),
            at: at(-50),
            report: Box::new(report.clone()),
        };
        o.failures.insert(ProfileId(id), failure);
    }
    o
}

pub(super) fn hold() -> HoldSummary {
    let counts = ChangeCounts { removed: 18_201, ..ChangeCounts::default() };
    let outcome = UnitOutcome { counts, live_before: 20_000, ..UnitOutcome::default() };
    HoldSummary { units: vec![HeldUnit { unit: KEYWORDS, outcome, braked: true, removes: Vec::new() }] }
}

/// The waits that another process stored with the run of the profile.
pub(super) fn told(o: &mut Overview, waits: RunWaits) {
    let run = o.runs.get_mut(&ID).unwrap();
    run.owner = Some(THEM.to_owned());
    o.waits.insert(run.id, waits.requests.clone());
    run.waits = waits;
}

pub(super) fn barred(mut overview: Overview, by: Barred) -> Overview {
    overview.profiles.get_mut(&ID).unwrap().barred = Some(by);
    overview
}

pub(super) fn removed() -> Barred {
    Barred::LoginRemoved { login: "acme".to_owned() }
}

pub(super) fn excluded() -> Barred {
    Barred::Excluded { entry: "Haus*".to_owned(), place: "config.toml:12".to_owned() }
}

/// A proved run of two units, one of which the API refuses, with or without rows of it.
pub(super) fn refusing(frozen_rows: i64, since: i64, ask_after: i64) -> Overview {
    let mut o = with_run(RunState::Completed, |_| {});
    let stored = o.profiles.get_mut(&ID).unwrap();
    stored.last_synced_at = Some(at(-50));
    stored.access_lost =
        (frozen_rows > 0).then(|| AccessLost { units: 1, rows: frozen_rows, since: at(since) });
    let mut refused = unit(SB_CAMPAIGNS, UnitState::NotEligible);
    refused.error = Some(ErrorReport::new(Code::NotEligible, "no brand here", "", at(-50)));
    refused.refusal = Some(Refusal {
        since: at(since),
        asked_at: at(-50),
        ask_after: at(ask_after),
        remembered: false,
        frozen_rows,
        asked_as: "acme edit".to_owned(),
    });
    o.units.insert(RunId(1), vec![unit(KEYWORDS, UnitState::Proved), refused]);
    o
}
