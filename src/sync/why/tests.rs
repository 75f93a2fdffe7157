//! Each reason from its facts, and what holds for all of them.

use std::collections::BTreeSet;

use super::fixture::*;
use super::*;
use crate::domain::code::Code;
use crate::domain::limits::{LimitsSnapshot, ProfileLimit};
use crate::domain::report::ErrorReport;
use crate::domain::run::UnitState;
use crate::sync::event::{LoginStatus, WaitReason};
use crate::sync::overview::Overview;

/// Everything that a profile can wait for: facts, and what is said of them.
struct Case {
    overview: Overview,
    beside: Beside,
    reason: Reason,
    /// Parts of the sentence, of what comes next and of the details.
    parts: &'static [&'static str],
    since: Option<Timestamp>,
    next_at: Option<Timestamp>,
    keys: &'static str,
}

fn case(
    overview: Overview,
    reason: Reason,
    parts: &'static [&'static str],
    since: Option<i64>,
    next_at: Option<i64>,
    keys: &'static str,
) -> Case {
    let (since, next_at) = (since.map(at), next_at.map(at));
    Case { overview, beside: Beside::default(), reason, parts, since, next_at, keys }
}

fn cases() -> Vec<Case> {
    let gone = |o: &mut Overview| o.profiles.get_mut(&ID).unwrap().gone_at = Some(at(-900));
    let mut gone_one = overview();
    gone(&mut gone_one);
    let mut agency = overview();
    agency.profiles.get_mut(&ID).unwrap().profile.account_type = "agency".to_owned();
    let mut proved = with_run(RunState::Completed, |_| {});
    proved.profiles.get_mut(&ID).unwrap().last_synced_at = Some(at(-50));
    let mut queue = with_run(RunState::Queued, |_| {});
    for (id, name, state, priority) in [
        (2, "Aurora", RunState::Queued, 11),
        (3, "Late", RunState::Queued, 10),
        (4, "Busy", RunState::Fetching, 10),
    ] {
        queue.profiles.insert(ProfileId(id), stored(id, name));
        let mut other = run(id, ProfileId(id), state);
        other.priority = priority;
        queue.runs.insert(ProfileId(id), other);
    }
    let mut nobody = with_run(RunState::Queued, |_| {});
    nobody.process.clear();
    let foreign = |o: &mut Overview| o.runs.get_mut(&ID).unwrap().owner = Some(THEM.to_owned());
    let mut login_down = overview();
    let report = ErrorReport::new(Code::InvalidGrant, "consent ended", "Renew it.", at(-30));
    login_down.logins.insert("acme".to_owned(), LoginStatus::Failed { report: Box::new(report) });
    let mut login_slow = proved.clone();
    let report = ErrorReport::new(Code::AuthUnreachable, "no answer", "Wait.", at(-30));
    login_slow.logins.insert("acme".to_owned(), LoginStatus::Failed { report: Box::new(report) });
    vec![
        case(gone_one, Reason::Gone, &["login acme no longer lists it", "kept"], Some(-900), None, "R"),
        case(agency, Reason::NotSyncable, &["never synced: agency"], None, None, ""),
        case(
            barred(overview(), removed()),
            Reason::LoginUnknown,
            &["not in the configuration"],
            None,
            None,
            "R",
        ),
        case(
            barred(with_run(RunState::Queued, |_| {}), removed()),
            Reason::LoginUnknown,
            &["nobody here"],
            Some(-120),
            None,
            "x",
        ),
        case(
            barred(proved.clone(), excluded()),
            Reason::Excluded,
            &["\"Haus*\" in exclude, config.toml:12", "Take \"Haus*\" out of exclude, at config.toml:12."],
            None,
            None,
            "R",
        ),
        case(
            barred(failing(Code::BadRequest, false, None), excluded()),
            Reason::Excluded,
            &["excluded by the configuration"],
            None,
            None,
            "R",
        ),
        case(
            refusing(9_000, -900, 600),
            Reason::AccessLost,
            &[
                "login acme lost access to 1 unit: their 9000 stored rows are frozen",
                "SB campaigns: 9000 rows frozen; no brand here",
                "the first sync after that asks",
            ],
            Some(-900),
            Some(600),
            "s",
        ),
        case(
            refusing(0, -900, -1),
            Reason::NotEligible,
            &["no part in 1 of its 2 units", "SB campaigns: no brand here", "the next sync asks"],
            Some(-900),
            None,
            "s",
        ),
        case(overview(), Reason::NeverSynced, &["nobody has asked"], None, None, "s"),
        case(proved, Reason::Proved, &["waits for nothing"], Some(-50), None, "s"),
        case(login_slow, Reason::Proved, &["waits for nothing"], Some(-50), None, "s"),
        case(
            login_down,
            Reason::LoginBroken,
            &["login acme cannot sign in: consent ended", "Renew it."],
            Some(-30),
            None,
            "",
        ),
        case(
            failing(Code::InvalidGrant, false, None),
            Reason::LoginBroken,
            &["login acme cannot sign in: it broke", "Mend it."],
            Some(-5_000),
            None,
            "er",
        ),
        case(
            failing(Code::BadRequest, false, None),
            Reason::Failed,
            &["it broke", "will not recover by itself", "2 profiles fail of this cause", "Mend it."],
            Some(-5_000),
            None,
            "re",
        ),
        case(
            failing(Code::ServerError, true, Some(at(60))),
            Reason::Failed,
            &["Amazon's pause ends"],
            Some(-5_000),
            Some(60),
            "re",
        ),
        case(
            failing(Code::ServerError, true, Some(at(-1))),
            Reason::Failed,
            &["until it is tried again"],
            Some(-5_000),
            None,
            "re",
        ),
        case(
            with_run(RunState::Cancelled, |_| {}),
            Reason::Cancelled,
            &["was cancelled"],
            Some(-50),
            None,
            "rs",
        ),
        case(with_run(RunState::Discarded, |_| {}), Reason::Discarded, &["given up"], Some(-50), None, "s"),
        case(
            with_run(RunState::Held, |run| run.hold = Some(hold())),
            Reason::Held,
            &["would remove 18201 of 20000 SP keywords", "approved or discarded"],
            Some(-100),
            None,
            "eAD",
        ),
        case(
            with_run(RunState::Fetching, |run| run.cancel_requested = true),
            Reason::Stopping,
            &["asked it to stop", "by lab pid 4711"],
            Some(-100),
            None,
            "",
        ),
        case(
            with_run(RunState::Queued, |run| run.not_before = Some(at(250))),
            Reason::Parked,
            &["longer than a sync sits it out", "goes on by itself", "9 of 187 requests"],
            Some(-120),
            Some(250),
            "x",
        ),
        case(
            with_run(RunState::Queued, |run| (run.not_before, run.parks) = (Some(at(250)), 3)),
            Reason::Parked,
            &["put off 3 times in a row", "up to an hour"],
            Some(-120),
            Some(250),
            "x",
        ),
        case(
            fetching(|o| {
                o.runs.get_mut(&ID).unwrap().parks = 2;
                o.limits = LimitsSnapshot {
                    enabled: true,
                    since: at(-1_000),
                    profiles: vec![ProfileLimit {
                        profile: Some(ID),
                        account: "acme".to_owned(),
                        learned_per_second: 0.5,
                        waiting: 2,
                        waiting_since_ms: Some(960_000),
                        paused_until_ms: Some(1_031_000),
                        refused_in_a_row: 7,
                    }],
                    ..LimitsSnapshot::default()
                };
            }),
            Reason::ProfileLimited,
            &["the last 7 answers to it were all 429", "put off 2 times in a row before"],
            Some(-40),
            Some(31),
            "x",
        ),
        case(
            queue,
            Reason::Queued,
            &["1 waits before it: Aurora DE", "ends (Busy DE)"],
            Some(-120),
            None,
            "x",
        ),
        case(
            with_run(RunState::Queued, |_| {}),
            Reason::Queued,
            &["it is the next one", "within a second"],
            Some(-120),
            None,
            "x",
        ),
        case(nobody, Reason::Queued, &["an open console takes it"], Some(-120), None, "sx"),
        case(
            fetching(|o| {
                o.waits
                    .insert(RunId(1), vec![wait(WaitReason::Retrying, 2), wait(WaitReason::Throttled, 12)]);
            }),
            Reason::ProfileLimited,
            &["Amazon limits the requests of this profile", "SP keywords: no Retry-After, 3 attempts so far"],
            Some(-100),
            Some(12),
            "x",
        ),
        case(
            fetching(|o| {
                o.limits = LimitsSnapshot {
                    enabled: true,
                    throttled_profiles: vec![(ID, 9_000)],
                    ..LimitsSnapshot::default()
                };
            }),
            Reason::ProfileLimited,
            &["this profile"],
            Some(-100),
            Some(9),
            "x",
        ),
        case(
            fetching(|o| {
                o.limits.buckets = vec![bucket(12, 0, 5_000)];
                o.waits.insert(RunId(1), vec![wait(WaitReason::Throttled, 12)]);
            }),
            Reason::LoginLimited,
            &["login acme, so all its profiles pause"],
            Some(-100),
            Some(12),
            "x",
        ),
        Case {
            // The gauges were read a while ago: their pause is over.
            beside: Beside { limits_at: Some(at(-10)), ..Beside::default() },
            ..case(
                fetching(|o| o.limits.buckets = vec![bucket(0, 0, 5_000)]),
                Reason::Fetching,
                &["page 4 of SP keywords"],
                Some(-100),
                None,
                "x",
            )
        },
        case(
            fetching(|o| {
                o.waits.insert(RunId(1), vec![wait(WaitReason::Retrying, 4)]);
            }),
            Reason::Retrying,
            &["a request of SP keywords failed and is repeated"],
            Some(-100),
            Some(4),
            "x",
        ),
        case(
            // One list is repeated, and another goes on: nothing holds the whole up.
            fetching(|o| {
                o.units.get_mut(&RunId(1)).unwrap().push(unit(SB_CAMPAIGNS, UnitState::Fetching));
                o.waits.insert(RunId(1), vec![wait(WaitReason::Retrying, 4)]);
            }),
            Reason::Fetching,
            &["nothing holds it up"],
            Some(-100),
            None,
            "x",
        ),
        case(
            fetching(|o| o.limits.buckets = vec![bucket(12, 240, 0)]),
            Reason::RequestQueue,
            &["12 of login acme are in line, at 4.2 per second"],
            Some(-100),
            None,
            "x",
        ),
        case(
            fetching(|o| {
                o.units.insert(
                    RunId(1),
                    vec![unit(SB_CAMPAIGNS, UnitState::Pending), unit(SB_KEYWORDS, UnitState::Pending)],
                );
            }),
            Reason::Dependency,
            &["SB keywords wait for the ids of SB campaigns"],
            Some(-100),
            None,
            "x",
        ),
        case(
            fetching(|_| {}),
            Reason::Fetching,
            &["page 4 of SP keywords", "0 of 1 units"],
            Some(-100),
            None,
            "x",
        ),
        case(
            with_run(RunState::Fetching, |_| {}),
            Reason::Fetching,
            &["being planned"],
            Some(-100),
            None,
            "x",
        ),
        case(
            fetching(foreign),
            Reason::Elsewhere,
            &["tower pid 42 fetches it", "9 of 187"],
            Some(-100),
            None,
            "x",
        ),
        Case {
            beside: Beside { lease_until: Some(at(20)), ..Beside::default() },
            ..case(fetching(foreign), Reason::Elsewhere, &["renews the lease"], Some(-100), None, "x")
        },
        Case {
            beside: Beside { lease_until: Some(at(-3)), ..Beside::default() },
            ..case(fetching(foreign), Reason::OwnerSilent, &["tower pid 42 carried it"], Some(-3), None, "sx")
        },
        case(
            with_run(RunState::Committing, |_| {}),
            Reason::Committing,
            &["one transaction"],
            Some(-100),
            None,
            "x",
        ),
    ]
}

#[test]
fn each_reason_is_told_from_its_facts() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        let facts = Facts::of(&case.overview, ID, NOW, case.beside).unwrap();
        let why = why(&facts);
        seen.insert(why.reason);
        assert_eq!(why.reason, case.reason, "{why:#?}");
        assert_eq!(why.since, case.since, "{why:#?}");
        if case.reason != Reason::RequestQueue {
            assert_eq!(why.next_at, case.next_at, "{why:#?}");
        }
        let all = format!("{}\n{}\n{}", why.says, why.next, why.details.join("\n"));
        for part in case.parts {
            assert!(all.contains(part), "{part:?} is not said: {why:#?}");
        }
        let keys: String = why.remedies.iter().filter_map(|remedy| remedy.key).collect();
        assert_eq!(keys, case.keys, "{why:#?}");
        assert!(!why.says.ends_with('.') && !why.next.is_empty(), "{why:#?}");
        // Nobody needs to wonder about what waits for somebody, or for a time.
        assert!(
            !why.remedies.is_empty() || matches!(why.reason, Reason::NotSyncable | Reason::Stopping),
            "{why:#?}"
        );
    }
    assert_eq!(seen.len(), Reason::ALL.len(), "every reason has a case: {seen:?}");
}

#[test]
fn a_run_that_is_retried_says_that_it_failed_before() {
    let mut o = failing(Code::ServerError, true, None);
    let mut retry = run(2, ID, RunState::Queued);
    retry.retry_of = Some(RunId(1));
    o.runs.insert(ID, retry);
    let why = why(&Facts::of(&o, ID, NOW, Beside::default()).unwrap());
    assert_eq!(why.reason, Reason::Queued);
    assert!(why.details.contains(&"it failed before: it broke".to_owned()), "{why:#?}");
}

#[test]
fn nothing_is_said_of_an_unknown_profile() {
    assert!(Facts::of(&overview(), ProfileId(99), NOW, Beside::default()).is_none());
}
