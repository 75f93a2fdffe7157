//! The screen of limits: every bucket, the learned rate over time, who waits, and what keys do.

use super::fixture::*;
use super::screens::{NARROW, USUAL};
use crate::console::*;
use crate::domain::id::ProfileId;
use crate::domain::limits::{BucketSnapshot, LimitsSnapshot, ProfileLimit, RatePoint, Sharing};
use crate::sync::event::SyncEvent;
use crate::sync::overview::Overview;

/// The budget began twenty minutes ago.
const BEGUN: u64 = 1_200;

pub(super) fn limit(
    profile: Option<ProfileId>,
    account: &str,
    waiting: u32,
    paused: Option<u64>,
) -> ProfileLimit {
    ProfileLimit {
        profile,
        account: account.to_owned(),
        learned_per_second: 0.8,
        waiting,
        waiting_since_ms: (waiting > 0).then_some((BEGUN - 42) * 1_000),
        paused_until_ms: paused.map(|seconds| (BEGUN + seconds) * 1_000),
        refused_in_a_row: paused.map_or(0, |_| 4),
    }
}

pub(super) fn limits() -> LimitsSnapshot {
    let point = |seconds: u64, per_second| RatePoint { at_ms: seconds * 1_000, per_second };
    LimitsSnapshot {
        enabled: true,
        since: ago(BEGUN),
        buckets: vec![
            BucketSnapshot {
                sharing: Sharing::Dividing { among: 2 },
                history: [(0, 2.0), (60, 3.5), (300, 6.2), (420, 3.1), (600, 4.4), (900, 4.9), (1_100, 4.2)]
                    .map(|(at, rate)| point(at, rate))
                    .into(),
                ..bucket("acme-eu")
            },
            BucketSnapshot {
                throttled_5m: 0,
                waiting: 0,
                paused_ms: 12_000,
                sharing: Sharing::Booking,
                history: vec![point(0, 2.0)],
                ..bucket("acme-na")
            },
        ],
        profiles: vec![
            limit(Some(KESTREL), "acme-eu", 9, Some(72)),
            limit(Some(NORDLICHT), "acme-eu", 3, None),
            limit(None, "acme-na", 1, None),
            limit(Some(ProfileId(12)), "acme-na", 0, Some(250)),
        ],
        throttled_profiles: vec![(KESTREL, 72_000)],
    }
}

pub(super) fn with_limits(limits: LimitsSnapshot) -> Overview {
    Overview { limits, ..overview() }
}

pub(super) fn opened(limits: LimitsSnapshot, size: (u16, u16), keys: &str) -> Model {
    let mut model = model_of(with_limits(limits), size);
    assert_eq!(press(&mut model, "6"), []);
    press(&mut model, keys);
    model
}

#[test]
fn the_limits_at_every_size() {
    for size in USUAL {
        snapshot("limits", &opened(limits(), size, ""));
    }
    snapshot("limits", &opened(limits(), NARROW, ""));
    snapshot("limits_profile", &opened(limits(), (80, 24), "j j"));
    snapshot("limits", &opened(limits(), (160, 50), "j j j"));
    let mut ascii = opened(limits(), (80, 24), "");
    ascii.options.ascii = true;
    snapshot("limits_ascii", &ascii);
}

#[test]
fn no_bucket_no_limits_and_nobody_who_waits_are_said() {
    snapshot(
        "limits_none",
        &opened(LimitsSnapshot { enabled: true, ..LimitsSnapshot::default() }, (80, 24), ""),
    );
    snapshot("limits_off", &opened(LimitsSnapshot { enabled: false, ..limits() }, (80, 24), ""));
    let calm = opened(LimitsSnapshot { profiles: Vec::new(), ..limits() }, (80, 24), "");
    assert!(screen(&calm).contains("no profile of this process waits, pauses or was refused"));
    let mut unknown = limits();
    unknown.buckets[0].history.clear();
    assert!(screen(&opened(unknown, (80, 24), "")).contains("acme-eu has learned nothing yet"));
}

#[test]
fn how_processes_share_a_rate_stands_there_in_words() {
    for (sharing, words) in [
        (Sharing::Alone, "this process alone"),
        (Sharing::Dividing { among: 1 }, "this process alone"),
        (Sharing::Booking, "a common bucket in the database"),
        (Sharing::Dividing { among: 3 }, "3 processes that divide it"),
        (Sharing::Unreachable, "this process, at its last share: the database is silent"),
    ] {
        let mut shared = limits();
        shared.buckets[0].sharing = sharing;
        let text = screen(&opened(shared, (120, 40), ""));
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn the_cursor_goes_over_buckets_then_profiles_and_enter_opens_a_run() {
    let mut model = opened(limits(), (80, 24), "");
    assert_eq!(press(&mut model, "enter"), []);
    assert!(screen(&model).contains("move to a profile that waits"), "{}", screen(&model));
    press(&mut model, "j");
    assert!(screen(&model).contains("acme-na in 5 min:"), "{}", screen(&model));
    // The bucket of the profile that the cursor is on is the one in words.
    press(&mut model, "j");
    assert!(screen(&model).contains("acme-eu in 5 min:"), "{}", screen(&model));
    press(&mut model, "w");
    assert!(matches!(&model.modal, Some(Opened { modal: Modal::Why { profile: KESTREL, .. }, .. })));
    press(&mut model, "esc");
    press(&mut model, "enter");
    assert!(matches!(&model.screen, Screen::Run(run) if run.profile == KESTREL));
    press(&mut model, "esc");
    assert!(matches!(model.screen, Screen::Limits(_)));
    // What asks for the list of profiles belongs to none.
    press(&mut model, "j j enter");
    assert!(matches!(model.screen, Screen::Limits(_)));
    press(&mut model, "G enter");
    assert!(matches!(&model.screen, Screen::Run(run) if run.profile == ProfileId(12)));
}

#[test]
fn a_profile_that_comes_before_the_current_one_does_not_take_its_place() {
    let mut model = opened(limits(), (80, 24), "j j");
    let mut more = limits();
    more.profiles.insert(0, limit(Some(AURORA), "acme-eu", 1, None));
    tell(&mut model, SyncEvent::Limits { limits: more });
    press(&mut model, "enter");
    assert!(matches!(&model.screen, Screen::Run(run) if run.profile == KESTREL));
}

#[test]
fn pauses_count_down_and_what_only_learned_does_not() {
    let mut quiet = limits();
    quiet.buckets.iter_mut().for_each(|bucket| bucket.paused_ms = 0);
    for (profiles, redrawn) in [(limits().profiles, true), (Vec::new(), false)] {
        let mut overview = with_limits(LimitsSnapshot { profiles, ..quiet.clone() });
        overview.runs.retain(|_, run| !run.state.is_live());
        overview.waits.clear();
        let mut model = model_of(overview, (80, 24));
        press(&mut model, "6");
        assert_eq!(screen(&model).contains("1:12"), redrawn, "{}", screen(&model));
        model.take_dirty();
        update(&mut model, Event::Tick(ahead(1)));
        assert_eq!(model.take_dirty(), redrawn);
        assert_eq!(screen(&model).contains("1:11"), redrawn, "{}", screen(&model));
    }
}

#[test]
fn a_profile_that_is_refused_again_is_news_though_no_gauge_moved() {
    let mut model = opened(limits(), (80, 24), "");
    model.take_dirty();
    tell(&mut model, SyncEvent::Limits { limits: limits() });
    assert!(!model.take_dirty());
    let mut again = limits();
    again.profiles[0].refused_in_a_row = 5;
    tell(&mut model, SyncEvent::Limits { limits: again });
    assert!(model.take_dirty());
}

#[test]
fn while_everybody_who_waits_is_paused_the_next_call_is_the_end_of_the_first_pause() {
    let drawn = |nordlicht: Option<u64>, keys: &str| {
        let mut all = limits();
        all.profiles[1] = limit(Some(NORDLICHT), "acme-eu", 3, nordlicht);
        let mut model = model_of(with_limits(all), (120, 40));
        press(&mut model, keys);
        let drawn = screen(&model);
        drawn.lines().find(|line| line.contains("acme-eu")).unwrap().to_owned()
    };
    assert!(drawn(Some(31), "6").contains("paused, 0:31"));
    assert!(drawn(Some(31), "").contains("paused, next call in 0:31"), "{}", drawn(Some(31), ""));
    assert!(drawn(None, "6").contains("  now  "), "one of them may go on");
}
