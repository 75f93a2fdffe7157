//! The screen of the log: following, searching, filtering, and how it looks.

use std::sync::Arc;

use tracing::Level;

use super::fixture::*;
use crate::console::logbook::KEPT;
use crate::console::*;
use crate::domain::id::ProfileId;

fn line(level: Level, profile: Option<ProfileId>, message: &str) -> Arc<LogLine> {
    let target = "adsync::sync".to_owned();
    Arc::new(LogLine { at: ago(60), level, target, profile, message: message.to_owned() })
}

fn log(model: &mut Model, lines: Vec<Arc<LogLine>>) {
    assert_eq!(update(model, Event::Logged(lines)), []);
}

/// Lines of every level and of two profiles.
pub(super) fn lines() -> Vec<Arc<LogLine>> {
    let long = "Haus Linden: the answer was lost ".to_owned() + &"and lost again ".repeat(40);
    let mut lines = vec![
        line(Level::INFO, None, "the shared rate budget answers again"),
        line(Level::INFO, Some(NORDLICHT), "Nordlicht Outdoor  SP keywords page 61: 1,000 rows"),
        line(Level::DEBUG, Some(NORDLICHT), "sent method=POST path=/sp/keywords/list"),
        line(
            Level::WARN,
            Some(KESTREL),
            "Kestrel Home  SD targets: throttled, next call in 12.0 s (attempt 3)",
        ),
        line(Level::ERROR, Some(AURORA), "Aurora Pets: The consent of login acme-eu was revoked."),
        line(Level::WARN, Some(HAUS), &long),
    ];
    for page in 1..=40 {
        lines.push(line(
            Level::INFO,
            Some(KESTREL),
            &format!("Kestrel Home  SP keywords page {page}: 1,000 rows"),
        ));
    }
    lines
}

fn shown(size: (u16, u16)) -> Model {
    let mut model = model_of(overview(), size);
    log(&mut model, lines());
    press(&mut model, "7");
    model
}

fn logs(model: &Model) -> &LogsScreen {
    let Screen::Logs(screen) = &model.screen else { panic!("another screen") };
    screen
}

fn current(model: &Model) -> &str {
    &logs(model).current(&model.log).unwrap().message
}

fn search(model: &mut Model, text: &str) {
    press(model, "/");
    for c in text.chars() {
        let key = if c == ' ' { "space".to_owned() } else { c.to_string() };
        update(model, Event::Key(key_event(&key)));
    }
}

#[test]
fn the_newest_line_is_followed_until_somebody_reads_and_again_when_asked() {
    let mut model = shown((80, 24));
    assert!(current(&model).ends_with("page 40: 1,000 rows"));
    log(&mut model, vec![line(Level::INFO, None, "one more")]);
    assert_eq!(current(&model), "one more");
    press(&mut model, "k k");
    let read = current(&model).to_owned();
    model.take_dirty();
    log(&mut model, vec![line(Level::INFO, None, "yet another")]);
    assert_eq!(current(&model), read, "what comes pushes nothing away");
    assert!(model.take_dirty() && screen(&model).contains("3 below"), "{}", screen(&model));
    for key in ["end", "f"] {
        press(&mut model, "g");
        assert!(!logs(&model).follow);
        press(&mut model, key);
        assert_eq!((current(&model), logs(&model).follow), ("yet another", true), "{key}");
    }
}

#[test]
fn the_oldest_lines_go_and_the_cursor_stays_on_its_line() {
    let mut model = shown((80, 24));
    let many = |from: usize, count: usize| -> Vec<Arc<LogLine>> {
        (from..from + count).map(|i| line(Level::INFO, None, &format!("line {i}"))).collect()
    };
    log(&mut model, many(0, KEPT));
    assert_eq!(logs(&model).len(), KEPT);
    press(&mut model, "k");
    assert_eq!(current(&model), format!("line {}", KEPT - 2));
    log(&mut model, many(KEPT, 500));
    assert_eq!((current(&model), logs(&model).len()), (format!("line {}", KEPT - 2).as_str(), KEPT));
    log(&mut model, many(KEPT + 500, 2 * KEPT));
    assert_eq!(logs(&model).len(), KEPT, "more at once than are kept");
    assert_eq!(
        current(&model),
        format!("line {}", 2 * KEPT + 500),
        "its line is gone: the oldest that is kept"
    );
}

#[test]
fn levels_and_profiles_filter_and_the_cursor_stays_near() {
    let mut model = shown((80, 24));
    assert_eq!(logs(&model).len(), 45, "info and above");
    press(&mut model, "L");
    assert_eq!(logs(&model).len(), 3);
    press(&mut model, "L");
    assert_eq!(
        (logs(&model).len(), current(&model)),
        (1, "Aurora Pets: The consent of login acme-eu was revoked.")
    );
    press(&mut model, "L");
    assert_eq!(logs(&model).len(), 46);
    press(&mut model, "g j p");
    assert_eq!(logs(&model).profile, Some(NORDLICHT));
    assert_eq!(logs(&model).len(), 2);
    log(&mut model, vec![line(Level::INFO, Some(HAUS), "else"), line(Level::INFO, Some(NORDLICHT), "own")]);
    assert_eq!(logs(&model).len(), 3);
    press(&mut model, "p");
    assert_eq!((logs(&model).profile, logs(&model).len()), (None, 48));
}

#[test]
fn a_search_goes_to_the_nearest_match_while_it_is_typed_and_from_match_to_match_after() {
    let mut model = shown((80, 24));
    search(&mut model, "PAGE 1");
    assert!(current(&model).contains("page 19:"), "{}", current(&model));
    assert!(screen(&model).contains("11 of 11 matches"), "{}", screen(&model));
    press(&mut model, "enter N");
    assert!(current(&model).contains("page 18:"));
    press(&mut model, "n n");
    assert!(current(&model).contains("page 1:"), "around the end: {}", current(&model));
    log(&mut model, vec![line(Level::INFO, None, "page 100")]);
    press(&mut model, "N");
    assert_eq!(current(&model), "page 100", "lines that come are searched too");
    press(&mut model, "esc");
    assert_eq!((logs(&model).wanted(), matches!(model.screen, Screen::Logs(_))), ("", true));
    search(&mut model, "zzz");
    assert!(screen(&model).contains("no line matches"), "{}", screen(&model));
    assert_eq!(current(&model), "page 100", "nothing found, nothing moved");
    press(&mut model, "esc esc");
    assert_eq!(model.screen, Screen::Profiles);
}

#[test]
fn pasted_text_is_searched_for_and_triggers_no_key() {
    let mut model = shown((80, 24));
    press(&mut model, "/");
    update(&mut model, Event::Paste("throttled\nq".to_owned()));
    assert_eq!(logs(&model).wanted(), "throttled q");
}

#[test]
fn lines_that_do_not_pass_draw_nothing() {
    let mut model = shown((80, 24));
    model.take_dirty();
    log(&mut model, vec![line(Level::DEBUG, None, "a detail")]);
    assert!(!model.take_dirty());
}

#[test]
fn logs_at_every_size() {
    for size in SIZES {
        snapshot("logs", &shown(size));
        let mut found = shown(size);
        search(&mut found, "throttled");
        press(&mut found, "enter");
        snapshot("logs_search", &found);
    }
    let mut long = shown((80, 24));
    press(&mut long, "g j j j j enter");
    snapshot("logs_line", &long);
    let mut ascii = shown((80, 24));
    ascii.options.ascii = true;
    press(&mut ascii, "g j j j j");
    snapshot("logs_ascii", &ascii);
    let mut none = model_of(overview(), (80, 24));
    press(&mut none, "7");
    snapshot("logs_none", &none);
}

#[test]
fn what_is_found_is_set_off() {
    use ratatui::style::Modifier;
    let mut model = shown((80, 24));
    search(&mut model, "throttled");
    let buffer = draw(&model);
    let set_off = buffer.content.iter().filter(|cell| cell.modifier.contains(Modifier::REVERSED));
    let text: String = set_off.map(ratatui::buffer::Cell::symbol).collect();
    assert_eq!(text, "throttledthrottled", "in its row and in full below");
}
