//! Each reason from its facts, and what holds for all of them.

use std::collections::BTreeSet;
use std::time::Duration;

use super::fixture::*;
use super::*;
use crate::domain::cause::LoginFailure;
use crate::domain::code::Code;
use crate::domain::limits::{LimitsSnapshot, ProfileLimit};
use crate::domain::report::ErrorReport;
use crate::domain::run::{RunState, UnitState};
use crate::domain::wait::RunWaits;
use crate::sync::event::{Wait, WaitReason};
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

/// As a command reads it from the database: it carries no runs.
fn asked_by_a_command(overview: Overview) -> Overview {
    Overview { process: String::new(), carries_at_once: None, ..overview }
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
    queue.carries_at_once = Some(1);
    let foreign = |o: &mut Overview| o.runs.get_mut(&ID).unwrap().owner = Some(THEM.to_owned());
    let mut login_down = overview();
    let report = ErrorReport::new(Code::InvalidGrant, "consent ended", "Renew it.", at(-30));
    login_down.login_failures.insert("acme".to_owned(), LoginFailure::new("acme", report));
    let mut login_slow = proved.clone();
    let report = ErrorReport::new(Code::AuthUnreachable, "no answer", "Wait.", at(-30));
    login_slow.login_failures.insert("acme".to_owned(), LoginFailure::new("acme", report));
    vec![
        case(gone_one, Reason::Gone, &["login acme no longer lists it", "kept"], Some(-900), None, "R"),
        case(agency, Reason::NotSyncable, &["never synced: agency"], None, None, ""),
        case(
            barred(overview(), removed()),
            Reason::LoginUnknown,
            &["not in the configuration", "last listed then"],
            Some(-700),
            None,
            "R",
        ),
        case(
            barred(with_run(RunState::Queued, |_| {}), removed()),
            Reason::LoginUnknown,
            &["nobody here"],
            Some(-80),
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
                "login acme lost access to 1 unit: 9,000 stored rows of it are frozen",
                "SB campaigns: 9,000 rows frozen; no brand here",
                "the first sync after that asks",
            ],
            Some(-900),
            Some(600),
            "s",
        ),
        case(
            refusing(0, -900, -1),
            Reason::NotEligible,
            &["no part in 1 of 2 units", "SB campaigns: no brand here", "the next sync asks"],
            Some(-900),
            None,
            "s",
        ),
        case(overview(), Reason::NeverSynced, &["nobody has asked"], None, None, "s"),
        case(proved, Reason::Proved, &["waits for nothing"], Some(-50), None, "s"),
        case(
            login_slow,
            Reason::Proved,
            &["waits for nothing", "login acme could not be asked", "no answer"],
            Some(-50),
            None,
            "s",
        ),
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
        case(with_run(RunState::Discarded, |_| {}), Reason::Discarded, &["given up"], Some(-80), None, "s"),
        case(
            with_run(RunState::Held, |run| run.hold = Some(hold())),
            Reason::Held,
            &["would remove 18201 of 20000 SP keywords", "approved or discarded"],
            Some(-80),
            None,
            "eAD",
        ),
        case(
            with_run(RunState::Fetching, |run| run.cancel_requested = true),
            Reason::Stopping,
            &["asked it to stop", "by lab pid 4711"],
            Some(-80),
            None,
            "",
        ),
        case(
            with_run(RunState::Queued, |run| run.not_before = Some(at(250))),
            Reason::Parked,
            &["for longer than a sync sits out", "goes on by itself", "9 of 187 requests"],
            Some(-80),
            Some(250),
            "x",
        ),
        case(
            with_run(RunState::Queued, |run| {
                (run.not_before, run.parks, run.waits.asked) = (Some(at(250)), 1, Some(true));
            }),
            Reason::Parked,
            &["asked for a pause (Retry-After) that is longer than a sync sits out"],
            Some(-80),
            Some(250),
            "x",
        ),
        case(
            with_run(RunState::Queued, |run| {
                (run.not_before, run.parks, run.waits.asked) = (Some(at(250)), 3, Some(false));
            }),
            Reason::Parked,
            &["answers nothing but 429", "put off 3 times in a row", "up to an hour"],
            Some(-80),
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
            &["the last 7 answers to it were all 429", "put off twice in a row before"],
            Some(-40),
            Some(31),
            "x",
        ),
        case(
            queue.clone(),
            Reason::Queued,
            &[
                "1 profile is synced at once (concurrent_profiles)",
                "1 waits before it: Aurora DE",
                "ends (Busy DE)",
            ],
            Some(-80),
            None,
            "x",
        ),
        case(
            with_run(RunState::Queued, |_| {}),
            Reason::Queued,
            &["it is the next one", "within a second"],
            Some(-80),
            None,
            "x",
        ),
        case(
            asked_by_a_command(with_run(RunState::Queued, |_| {})),
            Reason::Queued,
            &["it is queued, and no process carries it", "until a console is open, or somebody syncs it"],
            Some(-80),
            None,
            "sx",
        ),
        case(
            asked_by_a_command(queue),
            Reason::Queued,
            &["no process carries it; 1 waits before it", "(Busy DE); without one it stays queued"],
            Some(-80),
            None,
            "sx",
        ),
        case(
            asked_by_a_command(with_run(RunState::Queued, |run| run.not_before = Some(at(250)))),
            Reason::Parked,
            &["whoever follows it goes on with it then", "or an open console", "no process carries it"],
            Some(-80),
            Some(250),
            "sx",
        ),
        case(
            fetching(|o| {
                o.waits
                    .insert(RunId(1), vec![wait(WaitReason::Retrying, 2), wait(WaitReason::Throttled, 12)]);
            }),
            Reason::ProfileLimited,
            &["Amazon limits the requests of this profile", "SP keywords: no Retry-After, 3 attempts so far"],
            Some(-80),
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
            Some(-80),
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
            Some(-80),
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
                Some(-80),
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
            Some(-80),
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
            Some(-80),
            None,
            "x",
        ),
        case(
            fetching(|o| {
                o.limits.buckets = vec![bucket(12, 240, 0)];
                o.limits.profiles = vec![in_line(ID)];
            }),
            Reason::RequestQueue,
            &["12 of login acme are in line, at 4.2 per second"],
            Some(-80),
            None,
            "x",
        ),
        // All of them are another profile's.
        case(
            fetching(|o| {
                o.limits.buckets = vec![bucket(12, 240, 0)];
                o.limits.profiles = vec![in_line(ProfileId(8))];
            }),
            Reason::Fetching,
            &["nothing holds it up"],
            Some(-80),
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
            Some(-80),
            None,
            "x",
        ),
        case(
            fetching(|_| {}),
            Reason::Fetching,
            &["page 4 of SP keywords", "0 of 1 unit complete"],
            Some(-80),
            None,
            "x",
        ),
        case(
            with_run(RunState::Fetching, |_| {}),
            Reason::Fetching,
            &["being planned"],
            Some(-80),
            None,
            "x",
        ),
        case(
            fetching(foreign),
            Reason::Elsewhere,
            &["tower pid 42 fetches it", "9 of 187"],
            Some(-80),
            None,
            "x",
        ),
        case(
            fetching(|o| {
                foreign(o);
                o.runs.get_mut(&ID).unwrap().lease_until = Some(at(20));
            }),
            Reason::Elsewhere,
            &["tower pid 42 fetches it", "its lease holds for 20s", "after that it may be taken over"],
            Some(-80),
            None,
            "x",
        ),
        case(
            fetching(|o| {
                foreign(o);
                o.runs.get_mut(&ID).unwrap().lease_until = Some(at(-3));
            }),
            Reason::OwnerSilent,
            &["tower pid 42 carried it and no longer answers", "as soon as there is a place"],
            Some(-3),
            None,
            "x",
        ),
        // A command asks: it carries nothing itself.
        Case {
            beside: Beside { owner_ended: true, lease: Some(Duration::from_secs(30)), ..Beside::default() },
            ..case(
                asked_by_a_command(fetching(|o| {
                    o.runs.get_mut(&ID).unwrap().lease_until = Some(at(20));
                })),
                Reason::OwnerSilent,
                &["lab pid 4711 carried it, and that process has ended", "without one it stays where it is"],
                Some(-10),
                None,
                "sx",
            )
        },
        Case {
            beside: Beside { owner_ended: true, ..Beside::default() },
            ..case(
                asked_by_a_command(with_run(RunState::Committing, |run| {
                    (run.cancel_requested, run.lease_until) = (true, Some(at(20)));
                })),
                Reason::Stopping,
                &["asked it to stop, and lab pid 4711", "has ended", "whoever takes it over stops it"],
                None,
                None,
                "s",
            )
        },
        case(
            asked_by_a_command(fetching(|o| {
                let requests = vec![Wait { asked: true, ..wait(WaitReason::Throttled, 42) }];
                told(o, RunWaits { requests, since: Some(at(-30)), ..RunWaits::default() });
            })),
            Reason::ProfileLimited,
            &["asked for a pause (Retry-After)", "tower pid 42 carries it", "by itself"],
            Some(-30),
            Some(42),
            "x",
        ),
        case(
            fetching(|o| told(o, RunWaits { login_until: Some(at(7)), ..RunWaits::default() })),
            Reason::LoginLimited,
            &["login acme, so all its profiles pause", "tower pid 42 carries it"],
            Some(-80),
            Some(7),
            "x",
        ),
        case(
            fetching(|o| {
                let requests = vec![wait(WaitReason::Retrying, 3)];
                told(o, RunWaits { requests, ..RunWaits::default() });
            }),
            Reason::Retrying,
            &["a request of SP keywords failed and is repeated", "tower pid 42 carries it"],
            Some(-80),
            Some(3),
            "x",
        ),
        // What a process stored of its waits is over when its time is over.
        case(
            fetching(|o| {
                let requests = vec![wait(WaitReason::Throttled, -1)];
                told(o, RunWaits { requests, login_until: Some(at(-1)), ..RunWaits::default() });
            }),
            Reason::Elsewhere,
            &["tower pid 42 fetches it"],
            Some(-80),
            None,
            "x",
        ),
        case(
            with_run(RunState::Committing, |_| {}),
            Reason::Committing,
            &["one transaction"],
            Some(-80),
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
        assert!(!all.contains(" 1 times") && !all.contains(" 1 units") && !all.contains(" 1 pages"), "{all}");
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
fn since_when_a_run_is_put_off_or_held_is_not_when_it_was_asked_for_and_an_old_row_says_so() {
    for (state, reason) in [(RunState::Queued, Reason::Parked), (RunState::Held, Reason::Held)] {
        let parked = |since| {
            with_run(state, |run| {
                run.not_before = (state == RunState::Queued).then(|| at(250));
                (run.state_since, run.hold) = (since, Some(hold()));
            })
        };
        let (new, old) = (parked(Some(at(-9))), parked(None));
        let new = why(&Facts::of(&new, ID, NOW, Beside::default()).unwrap());
        assert_eq!((new.reason, new.since, new.since_is_exact), (reason, Some(at(-9)), true));
        let old = why(&Facts::of(&old, ID, NOW, Beside::default()).unwrap());
        assert!(!old.since_is_exact && old.since < new.since, "{old:#?}");
    }
}

#[test]
fn what_a_command_advises_of_a_queued_run_names_what_carries_it() {
    let o = asked_by_a_command(with_run(RunState::Queued, |run| run.not_before = Some(at(250))));
    let why = why(&Facts::of(&o, ID, NOW, Beside::default()).unwrap());
    let commands: Vec<&str> = why.remedies.iter().map(|remedy| remedy.command.as_str()).collect();
    assert_eq!(commands, ["adsync sync 7", "adsync", "adsync cancel 7"]);
}

#[test]
fn nothing_is_said_of_an_unknown_profile() {
    assert!(Facts::of(&overview(), ProfileId(99), NOW, Beside::default()).is_none());
}
