//! The errors screen and the overlay that says why: keys and what they do.

use super::fixture::*;
use crate::console::*;
use crate::domain::code::Code;
use crate::domain::id::ProfileId;
use crate::domain::report::ErrorReport;
use crate::domain::run::RunState;
use crate::sync::event::{LoginStatus, SyncEvent};
use crate::sync::overview::Overview;
use crate::sync::why::{Beside, Facts, why};

/// Two profiles whose consent ended, and one whose list the API serves wrongly.
pub(super) fn failing() -> Overview {
    let mut o = overview();
    let mut run = run_view(110, HAUS, RunState::Failed);
    run.error = Some(ErrorReport::new(
        Code::IncompleteList,
        "SP keywords: the list ended after 11 of 12 rows, twice",
        "Retry: nothing was removed or half written.",
        ago(95),
    ));
    run.finished_at = Some(ago(95));
    o.apply(SyncEvent::Run { run: Box::new(run) });
    o
}

pub(super) fn opened(size: (u16, u16), keys: &str) -> Model {
    let mut model = model_of(failing(), size);
    press(&mut model, "E");
    press(&mut model, keys);
    model
}

fn modal(model: &Model) -> Option<&Modal> {
    model.modal.as_ref().map(|opened| &opened.modal)
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| notice.text.as_str())
}

#[test]
fn causes_come_first_and_their_profiles_below() {
    let model = opened((80, 24), "");
    let text = screen(&model);
    let lines: Vec<&str> = text.lines().collect();
    let at = |part: &str| {
        lines.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}: {text}"))
    };
    assert!(at("2 profiles") < at("Aurora Pets DE"), "{text}");
    assert!(at("Aurora Pets DE") < at("Brightside"), "{text}");
    assert!(at("Brightside") < at("1 profile "), "{text}");
    assert!(at("1 profile ") < at("Haus Linden DE"), "{text}");
    assert!(text.contains("3 profiles, 2 causes"), "{text}");
}

#[test]
fn a_login_without_profiles_is_a_cause_whose_retry_asks_for_them() {
    let mut model = model_of(Overview::default(), (80, 24));
    press(&mut model, "E");
    assert!(screen(&model).contains("no profile fails"));
    let report = ErrorReport::new(Code::InvalidClient, "the application was not accepted", "Compare.", NOW);
    let failed = |report| LoginStatus::Failed { report: Box::new(report) };
    tell(&mut model, SyncEvent::Login { name: "acme".to_owned(), status: failed(report) });
    let text = screen(&model);
    for part in ["1 login, 1 cause", "login acme, 0 profiles known: the application", "Compare."] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(press(&mut model, "r"), [Effect::RefreshProfiles]);
    press(&mut model, "enter");
    assert!(screen(&model).contains("login acme, 0 profiles known"), "{}", screen(&model));
    press(&mut model, "esc");
    let status = LoginStatus::Listed { profiles: 2, at: NOW };
    tell(&mut model, SyncEvent::Login { name: "acme".to_owned(), status });
    assert!(screen(&model).contains("no profile fails"));
}

#[test]
fn enter_opens_the_report_of_the_cause_or_of_the_profile() {
    let model = opened((80, 24), "enter");
    assert!(matches!(modal(&model), Some(Modal::Error { title, report: shown, .. })
        if title.starts_with("Cause ") && title.ends_with(": 2 profiles") && **shown == report()));
    let model = opened((80, 24), "G enter");
    assert!(matches!(modal(&model), Some(Modal::Error { title, report, .. })
        if title == "Haus Linden DE: run 110 failed" && report.code == Code::IncompleteList));
    let mut model = model_of(Overview::default(), (80, 24));
    assert_eq!(press(&mut model, "E enter r w"), []);
    assert_eq!(modal(&model), None);
    assert!(screen(&model).contains("no profile fails"));
    press(&mut model, "esc");
    assert_eq!(model.screen, Screen::Profiles);
}

#[test]
fn a_retry_by_cause_asks_first_and_names_how_many() {
    let mut model = opened((80, 24), "j r");
    assert!(screen(&model).contains("Retry 2 profiles?"), "{}", screen(&model));
    assert_eq!(press(&mut model, "y"), [Effect::Retry(vec![AURORA, ProfileId(4)])]);
    assert_eq!(modal(&model), None);
    assert_eq!(press(&mut opened((80, 24), "r"), "n esc"), []);
    let mut model = opened((80, 24), "G");
    let counting = [Effect::Load(Query::Costs)];
    assert_eq!(press_ahead(&mut model, "r y"), counting, "y came before the question was drawn");
    assert_eq!(press(&mut model, "y"), [Effect::Retry(vec![HAUS])]);
}

#[test]
fn a_question_whose_profiles_change_must_be_read_again() {
    let mut model = opened((80, 24), "r");
    let retried = SyncEvent::Run { run: Box::new(run_view(120, AURORA, RunState::Queued)) };
    tell(&mut model, retried);
    assert_eq!(press_ahead(&mut model, "y"), [], "another number of profiles was not seen yet");
    assert_eq!(press(&mut model, "y"), [Effect::Retry(vec![ProfileId(4)])]);
    // Those that are being tried again are left out; when all are, there is nothing to ask.
    tell(&mut model, SyncEvent::Run { run: Box::new(run_view(121, ProfileId(4), RunState::Queued)) });
    assert_eq!(press(&mut model, "r"), []);
    assert_eq!(notice(&model), "all of them are being tried again already");
}

#[test]
fn a_question_closes_when_nobody_fails_of_its_cause_any_more() {
    let mut model = opened((80, 24), "G r");
    tell(&mut model, SyncEvent::Run { run: Box::new(run_view(130, HAUS, RunState::Completed)) });
    assert_eq!(modal(&model), None);
    assert_eq!(notice(&model), "nobody fails of this cause any more");
    assert!(screen(&model).contains("2 profiles, 1 cause"), "{}", screen(&model));
}

#[test]
fn a_failure_is_present_until_a_newer_run_ends_otherwise() {
    let mut o = failing();
    let known = o.failures[&AURORA].clone();
    o.apply(SyncEvent::Run { run: Box::new(run_view(120, AURORA, RunState::Fetching)) });
    assert_eq!(o.failures[&AURORA], known, "a retry under way ends nothing yet");
    let mut again = run_view(120, AURORA, RunState::Failed);
    again.error = Some(report());
    again.finished_at = Some(ago(1));
    o.apply(SyncEvent::Run { run: Box::new(again) });
    assert_eq!(
        (o.failures[&AURORA].since, o.failures[&AURORA].at),
        (known.since, ago(1)),
        "the same cause goes on"
    );
    let mut old = run_view(90, AURORA, RunState::Completed);
    old.finished_at = Some(ago(9_000));
    o.apply(SyncEvent::Run { run: Box::new(old) });
    assert!(o.failures.contains_key(&AURORA), "what an older run did says nothing");
    o.apply(SyncEvent::Run { run: Box::new(run_view(121, AURORA, RunState::Completed)) });
    assert!(!o.failures.contains_key(&AURORA));
}

#[test]
fn the_cursor_stays_on_its_profile_when_causes_come_and_go() {
    let mut model = opened((80, 24), "G");
    let mut run = run_view(140, ProfileId(8), RunState::Failed);
    run.error = Some(report());
    tell(&mut model, SyncEvent::Run { run: Box::new(run) });
    let Screen::Errors(screen) = &model.screen else { panic!("the errors screen is open") };
    assert_eq!(screen.profile(), Some(HAUS));
    assert!(press(&mut model, "esc E G g k").is_empty());
}

#[test]
fn w_says_why_of_the_profile_under_the_cursor() {
    let mut model = opened((80, 24), "w");
    assert_eq!(modal(&model), None);
    assert!(notice(&model).starts_with("move to a profile first"));
    press(&mut model, "j w");
    assert_eq!(modal(&model), Some(&Modal::Why { profile: AURORA, scroll: 0 }));
    assert!(screen(&model).contains("adsync errors "), "{}", screen(&model));
    assert_eq!(press(&mut model, "s r n"), [], "the overlay is only read");
    press(&mut model, "esc");
    assert_eq!(modal(&model), None);
}

#[test]
fn throttled_never_looks_like_a_hang() {
    let mut model = model();
    press(&mut model, "/ k e s t r e l enter w");
    let text = screen(&model);
    for part in ["‖ throttled", "Amazon limits the requests of this profile", "in 0:12", "x stop it"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // The countdown goes on without any event.
    model.take_dirty();
    update(&mut model, Event::Tick(ahead(2)));
    assert!(model.take_dirty());
    assert!(screen(&model).contains("in 0:10"), "{}", screen(&model));
}

#[test]
fn every_key_that_a_remedy_names_is_a_key_of_the_list() {
    use super::super::keys::{Scope, bindings};
    for id in failing().profiles.keys() {
        let o = failing();
        let answer = why(&Facts::of(&o, *id, NOW, Beside::default()).unwrap());
        for remedy in answer.remedies {
            let Some(key) = remedy.key else { continue };
            let known =
                bindings(Scope::Profiles).any(|b| b.keys.iter().any(|k| k.label(true) == key.to_string()));
            assert!(known, "{key}: {remedy:?}");
        }
    }
}
