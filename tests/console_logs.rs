//! The log pane draws what tracing was told, filtered by level. Its buffer belongs to the whole process, so this
//! test has one of its own.

use adsync::console::{ConsoleOptions, Event, Model, Theme, update, view};
use adsync::domain::time::Timestamp;
use adsync::sync::overview::Overview;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tracing_subscriber::layer::SubscriberExt;

fn screen(model: &Model) -> String {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| view(model, &Theme::new(false, false), frame)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn the_pane_shows_the_newest_lines_of_the_chosen_level() {
    let subscriber = tracing_subscriber::registry().with(adsync::console::logs::layer());
    tracing::subscriber::with_default(subscriber, || {
        tracing::debug!("a detail for developers");
        tracing::info!("Nordlicht Outdoor: SP keywords page 61: 1,000 rows");
        tracing::warn!("Kestrel Home: SD targets throttled,\nno Retry-After");
        tracing::error!("Aurora Pets: the consent was revoked");
    });
    let options = ConsoleOptions { utc: true, ..ConsoleOptions::default() };
    let zone = jiff::tz::TimeZone::UTC;
    let mut model = Model::new(options, zone, Overview::default(), Timestamp::from_secs(0), (80, 24));
    let press = |model: &mut Model, key: char| {
        update(model, Event::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE)));
    };

    let shown = screen(&model);
    assert!(shown.contains("INFO  Nordlicht Outdoor: SP keywords page 61: 1,000 rows"), "{shown}");
    assert!(shown.contains("WARN  Kestrel Home: SD targets throttled, no Retry-After"), "{shown}");
    assert!(shown.contains("ERROR Aurora Pets: the consent was revoked"), "{shown}");
    assert!(!shown.contains("a detail for developers"), "{shown}");

    press(&mut model, 'L');
    let warnings = screen(&model);
    assert!(!warnings.contains("Nordlicht"), "{warnings}");
    assert!(warnings.contains("Kestrel"), "{warnings}");

    press(&mut model, 'L');
    press(&mut model, 'L');
    press(&mut model, 'l');
    assert!(screen(&model).contains("a detail for developers"));

    press(&mut model, 'l');
    assert!(!screen(&model).contains("Kestrel"), "the pane is hidden");
}
