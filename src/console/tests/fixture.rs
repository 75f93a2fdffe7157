//! An account landscape with one profile in each state, and a hand on the keyboard.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::console::*;
use crate::domain::code::Code;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::limits::{BucketSnapshot, LimitsSnapshot, Sharing};
use crate::domain::profile::{Access, Profile, Region, StoredProfile};
use crate::domain::report::{AttemptReport, ErrorReport, RequestReport};
use crate::domain::run::*;
use crate::domain::time::Timestamp;
use crate::domain::unit::{AdProduct, Entity, Unit};
use crate::sync::event::{LoginStatus, SyncEvent, Wait, WaitReason};
use crate::sync::overview::Overview;

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_795_357_925);

pub(super) const NORDLICHT: ProfileId = ProfileId(1);
pub(super) const KESTREL: ProfileId = ProfileId(2);
pub(super) const AURORA: ProfileId = ProfileId(3);
pub(super) const FJORD: ProfileId = ProfileId(5);
pub(super) const HAUS: ProfileId = ProfileId(6);
pub(super) const AGENCY: ProfileId = ProfileId(10);

pub(super) fn ago(seconds: u64) -> Timestamp {
    NOW.minus(std::time::Duration::from_secs(seconds))
}

pub(super) fn ahead(seconds: u64) -> Timestamp {
    NOW.plus(std::time::Duration::from_secs(seconds))
}

pub(super) fn options() -> ConsoleOptions {
    ConsoleOptions {
        database_label: "postgres db.internal/ads".to_owned(),
        utc: true,
        ..ConsoleOptions::default()
    }
}

pub(super) fn profile(id: i64, name: &str, country: &str, kind: &str) -> StoredProfile {
    StoredProfile {
        profile: Profile {
            id: ProfileId(id),
            login: if country == "US" { "acme-na" } else { "acme-eu" }.to_owned(),
            region: Region::Eu,
            access: Access::Edit,
            name: name.to_owned(),
            country: country.to_owned(),
            currency: "EUR".to_owned(),
            timezone: "Europe/Berlin".to_owned(),
            account_type: kind.to_owned(),
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
        listed_at: None,
        gone_at: None,
        access_lost: None,
        barred: None,
    }
}

fn synced(mut profile: StoredProfile, seconds: u64, rows: i64, counts: [u64; 3]) -> StoredProfile {
    profile.last_synced_at = Some(ago(seconds));
    profile.rows = rows;
    let [added, changed, removed] = counts;
    profile.last_counts = Some(ChangeCounts { added, changed, removed, ..ChangeCounts::default() });
    profile
}

pub(super) fn run_view(id: i64, profile: ProfileId, state: RunState) -> RunView {
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
        owner: state.is_live().then(|| "lab pid 4711".to_owned()),
        cancel_requested: false,
        not_before: None,
        parks: 0,
        requested_at: ago(136),
        started_at: (state != RunState::Queued).then(|| ago(134)),
        finished_at: None,
        data_as_of: None,
        requests: 187,
        throttled: 0,
        throttled_us: 0,
        counts: ChangeCounts::default(),
        rows: 0,
        error: None,
        hold: None,
        approved_by: None,
        state_since: Some(ago(if state == RunState::Queued { 136 } else { 134 })),
        lease_until: None,
        waits: crate::domain::wait::RunWaits::default(),
    }
}

pub(super) const fn unit_of(ad_product: AdProduct, entity: Entity) -> Unit {
    Unit::new(ad_product, entity)
}

pub(super) const SP_CAMPAIGNS: Unit = unit_of(AdProduct::Sp, Entity::Campaign);
pub(super) const SP_AD_GROUPS: Unit = unit_of(AdProduct::Sp, Entity::AdGroup);
pub(super) const SP_KEYWORDS: Unit = unit_of(AdProduct::Sp, Entity::Keyword);
pub(super) const SB_KEYWORDS: Unit = unit_of(AdProduct::Sb, Entity::Keyword);
pub(super) const SD_TARGETS: Unit = unit_of(AdProduct::Sd, Entity::Target);

pub(super) fn unit_view(run: i64, unit: Unit, state: UnitState, pages: i64, rows: i64) -> UnitView {
    UnitView {
        run_id: RunId(run),
        unit,
        state,
        pages,
        rows,
        expected: None,
        expected_is_reported: false,
        reused_pages: 0,
        certificate: None,
        outcome: None,
        error: None,
        refusal: None,
        started_at: Some(ago(130)),
        settled_at: None,
    }
}

pub(super) fn proved(run: i64, of: Unit, pages: u32, rows: u64, total: Option<u64>, lists: u32) -> UnitView {
    let mut view = unit_view(run, of, UnitState::Proved, i64::from(pages), i64::try_from(rows).unwrap());
    view.expected = total.map(|n| i64::try_from(n).unwrap());
    view.expected_is_reported = total.is_some();
    view.settled_at = Some(ago(100));
    view.certificate = Some(Certificate {
        lists,
        pages,
        rows,
        distinct: rows,
        reported_total: total,
        ending: "last page without token".to_owned(),
        oldest_page_at: ago(130),
        newest_page_at: ago(101),
        last_request_id: Some("3f9c2a77-51d0".to_owned()),
        ..Certificate::default()
    });
    view
}

pub(super) fn report() -> ErrorReport {
    ErrorReport {
        code: Code::InvalidGrant,
        summary: "The consent of login acme-eu was revoked.".to_owned(),
        causes: vec!["token endpoint answered 400".to_owned(), "invalid_grant: refresh token revoked".to_owned()],
        hint: "Sign in again for login acme-eu, put the new refresh token where the configuration reads it, then retry."
            .to_owned(),
        also: Vec::new(),
        retryable: false,
        again_at: None,
        again_is_ours: false,
        request: Some(RequestReport {
            method: "POST".to_owned(),
            url: "https://api.amazon.co.uk/auth/o2/token".to_owned(),
            status: Some(400),
            request_ids: vec!["3f9c2a77-51d0-4c1b-9a57-0e3f6a1b9c22".to_owned()],
            attempts: vec![
                AttemptReport { after_ms: 0, took_ms: 1_000, outcome: "timeout".to_owned() },
                AttemptReport { after_ms: 1_240, took_ms: 82, outcome: "400".to_owned() },
            ],
            body_excerpt: Some(
                "{\"error\":\"invalid_grant\",\"error_description\":\"The request has an invalid grant parameter : refresh_token\"}"
                    .to_owned(),
            ),
        }),
        at: ago(5_000),
    }
}

pub(super) fn hold(removed: u64) -> HoldSummary {
    let held_unit = |unit, removed, live_before, unchanged, braked| HeldUnit {
        unit,
        outcome: UnitOutcome {
            counts: ChangeCounts { added: 12, changed: 40, unchanged, removed, returned: 0 },
            live_before,
            ..UnitOutcome::default()
        },
        braked,
        removes: Vec::new(),
    };
    let mut keywords = held_unit(SP_KEYWORDS, removed.saturating_sub(2), 29_340, 11_101, true);
    keywords.removes =
        [("4100000000000000001", "trail running shoes"), ("88368653576677", "wasserdichte Jacke Damen")]
            .map(|(id, name)| RemovedRow {
                id: id.to_owned(),
                name: name.to_owned(),
                state: "ENABLED".to_owned(),
            })
            .into();
    HoldSummary {
        units: vec![
            held_unit(SP_CAMPAIGNS, 0, 310, 270, false),
            held_unit(SP_AD_GROUPS, 2, 1_790, 1_700, false),
            keywords,
        ],
    }
}

pub(super) fn wait(unit: Unit, reason: WaitReason, seconds: u64) -> Wait {
    let detail = "throttled, no Retry-After".to_owned();
    Wait { unit, reason, until: ahead(seconds), attempt: 3, detail, asked: false }
}

pub(super) fn nordlicht_units() -> Vec<UnitView> {
    let mut keywords = unit_view(101, SP_KEYWORDS, UnitState::Fetching, 60, 60_000);
    keywords.expected = Some(97_600);
    keywords.expected_is_reported = true;
    let mut targets = unit_view(101, SD_TARGETS, UnitState::NotEligible, 0, 0);
    targets.error =
        Some(ErrorReport { summary: "403: not eligible for Sponsored Display".to_owned(), ..report() });
    let mut sb = unit_view(101, SB_KEYWORDS, UnitState::Fetching, 2, 800);
    sb.expected = Some(1_377);
    vec![
        proved(101, SP_CAMPAIGNS, 1, 204, Some(204), 1),
        proved(101, SP_AD_GROUPS, 3, 2_011, Some(2_011), 1),
        keywords,
        proved(101, unit_of(AdProduct::Sb, Entity::Campaign), 1, 13, None, 1),
        sb,
        targets,
    ]
}

/// One profile in each state.
pub(super) fn overview() -> Overview {
    let mut o = Overview { process: "lab pid 4711".to_owned(), ..Overview::default() };
    let mut gone = synced(profile(9, "Old Mill Trading", "UK", "seller"), 2_600_000, 812, [0, 0, 0]);
    gone.gone_at = Some(ago(90_000));
    for p in [
        synced(profile(1, "Nordlicht Outdoor", "DE", "seller"), 7_300, 102_214, [312, 18, 4]),
        synced(profile(2, "Kestrel Home", "UK", "vendor"), 18_500, 48_120, [0, 18, 0]),
        synced(profile(3, "Aurora Pets", "DE", "seller"), 90_000, 12_008, [0, 0, 0]),
        synced(profile(4, "Brightside Kitchen & Garden GmbH", "DE", "seller"), 88_000, 9_771, [1, 0, 0]),
        synced(profile(5, "Fjord & Co", "UK", "seller"), 11_000, 31_440, [1_250, 0, 18_201]),
        synced(profile(6, "Haus Linden", "DE", "vendor"), 845, 6_302, [0, 0, 0]),
        profile(7, "東京アウトドア株式会社", "JP", "seller"),
        synced(profile(8, "Prairie Goods", "US", "seller"), 3_700, 211_009, [52, 907, 3]),
        gone,
        profile(10, "Bright Agency", "UK", "agency"),
        profile(11, "Zephyr Sports", "US", "seller"),
        synced(profile(12, "Marble & Oak", "US", "vendor"), 40_000, 3_377, [0, 2, 0]),
    ] {
        o.profiles.insert(p.profile.id, p);
    }
    let mut failed = run_view(103, AURORA, RunState::Failed);
    failed.error = Some(report());
    failed.started_at = Some(ago(5_134));
    failed.finished_at = Some(ago(5_000));
    let mut failed_too = run_view(104, ProfileId(4), RunState::Failed);
    failed_too.error = Some(report());
    let mut held = run_view(105, FJORD, RunState::Held);
    held.hold = Some(hold(18_203));
    let mut done = run_view(106, HAUS, RunState::Completed);
    done.started_at = Some(ago(979));
    done.finished_at = Some(ago(845));
    done.data_as_of = Some(ago(920));
    done.rows = 6_302;
    let mut parked = run_view(108, ProfileId(12), RunState::Queued);
    parked.not_before = Some(ahead(250));
    let mut throttled = run_view(102, KESTREL, RunState::Fetching);
    (throttled.throttled, throttled.throttled_us) = (9, 31_500_000);
    for r in [
        run_view(101, NORDLICHT, RunState::Fetching),
        throttled,
        failed,
        failed_too,
        held,
        done,
        run_view(107, ProfileId(8), RunState::Committing),
        parked,
        run_view(109, ProfileId(11), RunState::Queued),
    ] {
        o.apply(SyncEvent::Run { run: Box::new(r) });
    }
    o.units.insert(RunId(101), nordlicht_units());
    let mut slow = unit_view(102, SD_TARGETS, UnitState::Fetching, 11, 11_400);
    slow.expected = Some(48_000);
    o.units.insert(RunId(102), vec![proved(102, SP_CAMPAIGNS, 1, 120, Some(120), 1), slow]);
    o.units.insert(
        RunId(106),
        vec![
            proved(106, SP_CAMPAIGNS, 1, 302, Some(302), 1),
            proved(106, SP_KEYWORDS, 6, 6_000, Some(6_000), 1),
            unit_view(106, SD_TARGETS, UnitState::NotEligible, 0, 0),
        ],
    );
    o.units.insert(RunId(107), vec![proved(107, SP_KEYWORDS, 212, 211_009, Some(211_009), 1)]);
    o.waits.insert(RunId(102), vec![wait(SD_TARGETS, WaitReason::Throttled, 12)]);
    for login in ["acme-eu", "acme-na", "acme-fe"] {
        o.logins.insert(login.to_owned(), LoginStatus::Listed { profiles: 4, at: ago(60) });
    }
    o.limits = LimitsSnapshot {
        enabled: true,
        buckets: vec![
            bucket("acme-eu"),
            BucketSnapshot { throttled_5m: 0, waiting: 0, burst_left: 10, ..bucket("acme-na") },
        ],
        throttled_profiles: vec![(KESTREL, 12_000)],
        ..LimitsSnapshot::default()
    };
    o
}

pub(super) fn bucket(name: &str) -> BucketSnapshot {
    BucketSnapshot {
        name: name.to_owned(),
        logins: vec![name.to_owned()],
        configured_per_second: 10.0,
        learned_per_second: 4.2,
        burst: 10,
        burst_left: 7,
        in_flight: 2,
        waiting: 12,
        next_in_ms: 0,
        paused_ms: 0,
        throttled_5m: 3,
        retries_5m: 4,
        answered_5m: 900,
        sharing: Sharing::Alone,
        history: Vec::new(),
    }
}

pub(super) fn model_of(overview: Overview, size: (u16, u16)) -> Model {
    // A minute ago a tenth less was there of what is being fetched: that is the rate.
    let mut before = overview.clone();
    for unit in before.units.values_mut().flatten().filter(|u| u.state == UnitState::Fetching) {
        unit.rows -= unit.rows / 10;
    }
    let mut model = Model::new(options(), TimeZone::UTC, before, ago(60), size);
    tell_at(&mut model, SyncEvent::Snapshot { overview: Box::new(overview) }, NOW);
    model
}

pub(super) fn model() -> Model {
    model_of(overview(), (80, 24))
}

pub(super) fn key_event(key: &str) -> KeyEvent {
    let code = match key {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "backspace" => KeyCode::Backspace,
        "space" => KeyCode::Char(' '),
        "tab" => KeyCode::Tab,
        "ctrl-r" => return KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL),
        "ctrl-l" => return KeyEvent::new(KeyCode::Char('l'), KeyModifiers::CONTROL),
        "ctrl-c" => return KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL),
        other => KeyCode::Char(other.chars().next().unwrap()),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// Presses keys, each after a frame was drawn.
pub(super) fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split(' ').filter(|k| !k.is_empty()) {
        update(model, Event::Drawn);
        effects.extend(update(model, Event::Key(key_event(key))));
    }
    effects
}

/// Types a filter over the one that is there, and keeps it.
pub(super) fn filter(model: &mut Model, text: &str) {
    press(model, "/ esc /");
    update(model, Event::Paste(text.to_owned()));
    press(model, "enter");
}

/// Presses keys before anything was drawn.
pub(super) fn press_ahead(model: &mut Model, keys: &str) -> Vec<Effect> {
    keys.split(' ').flat_map(|key| update(model, Event::Key(key_event(key)))).collect()
}

pub(super) fn tell(model: &mut Model, event: SyncEvent) -> Vec<Effect> {
    tell_at(model, event, model.now)
}

fn tell_at(model: &mut Model, event: SyncEvent, at: Timestamp) -> Vec<Effect> {
    let effects = update(model, Event::Engine { event: Box::new(event), at });
    // As the runtime does before it draws.
    model.settle();
    effects
}

pub(super) fn draw(model: &Model) -> Buffer {
    draw_at(model, model.size)
}

pub(super) fn draw_at(model: &Model, (width, height): (u16, u16)) -> Buffer {
    let theme = Theme::of(&model.options);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(model, &theme, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// What stands on the screen, without blanks at line ends.
pub(super) fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol).max(1)).unwrap();
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

pub(super) fn screen(model: &Model) -> String {
    text(&draw(model))
}

/// The sizes that every screen is looked at.
pub(super) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (60, 15)];

/// Holds the screen against the picture of the same name and size.
pub(super) fn snapshot(name: &str, model: &Model) {
    let name = format!("{name}@{}x{}", model.size.0, model.size.1);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, super::styles::picture(&draw(model))));
}
