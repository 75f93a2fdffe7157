//! A panic in the console's own code gives the terminal back and is told where it can be read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use adsync::console::{Actions, Answer, ConsoleOptions, Data, Outcome, Query};
use adsync::domain::id::{ProfileId, RunId};
use adsync::domain::time::Timestamp;
use adsync::sync::event::SyncEvent;
use adsync::sync::overview::Overview;
use futures::future::{BoxFuture, FutureExt as _};
use tokio::sync::broadcast;

use crate::support::adsync::Home;
use crate::support::pty::{Pty, Spawn};

/// Set in a process that is to be the console below; it says when the clock panics.
const WHEN: &str = "CONSOLE_CLOCK_PANICS";
const MESSAGE: &str = "the clock stopped at a quarter past";

/// An engine with nothing in it, whose clock panics from a moment on.
struct Stopping {
    told: broadcast::Sender<SyncEvent>,
    stopped: AtomicBool,
}

impl Stopping {
    fn never<T: Send + 'static>() -> Answer<T> {
        std::future::pending().boxed()
    }
}

impl Actions for Stopping {
    fn subscribe(&self) -> (Overview, broadcast::Receiver<SyncEvent>) {
        (Overview::default(), self.told.subscribe())
    }

    fn snapshot(&self) -> Overview {
        Overview::default()
    }

    fn now(&self) -> Timestamp {
        assert!(!self.stopped.load(Ordering::SeqCst), "{MESSAGE}");
        Timestamp::from_secs(1_800_000_000)
    }

    fn refresh_profiles(&self) -> Answer<()> {
        self.stopped.store(true, Ordering::SeqCst);
        Self::never()
    }

    fn sync(&self, _: Vec<ProfileId>) -> Answer<Outcome> {
        Self::never()
    }

    fn retry(&self, _: Vec<ProfileId>) -> Answer<Outcome> {
        Self::never()
    }

    fn cancel(&self, _: Vec<ProfileId>) -> Answer<Outcome> {
        Self::never()
    }

    fn approve(&self, _: RunId) -> Answer<Outcome> {
        Self::never()
    }

    fn discard(&self, _: RunId) -> Answer<Outcome> {
        Self::never()
    }

    fn load(&self, _: Query) -> Answer<Data> {
        Self::never()
    }

    fn release(&self) -> BoxFuture<'static, ()> {
        std::future::ready(()).boxed()
    }
}

/// No test of its own: what the tests below start in a terminal, set up as the program's `main` does it.
#[test]
#[ignore = "the program of the tests beside it, which start it in a terminal"]
#[expect(clippy::disallowed_methods, reason = "it belongs to the test, not to the program")]
fn a_console_whose_clock_panics() {
    let Ok(when) = std::env::var(WHEN) else { return };
    // Off the line on which the test's name was written.
    println!();
    color_eyre::install().unwrap();
    let actions = Stopping { told: broadcast::channel(1).0, stopped: AtomicBool::new(when == "at once") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let closed = runtime.block_on(adsync::console::run(Arc::new(actions), ConsoleOptions::default()));
    panic!("the console was closed: {closed:?}");
}

fn start(home: &Home, when: &str) -> Pty {
    let program = std::env::current_exe().expect("this test's own program");
    let name = "panicking::a_console_whose_clock_panics";
    Spawn::new(program)
        .args([name, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(WHEN, when)
        .env("HOME", home.path().display().to_string())
        .env("TZ", "UTC")
        .dir(home.path())
        .start()
}

/// The process failed, and its terminal shows why as any other would: each line from the first column on.
fn assert_told(console: &Pty) {
    assert_ne!(console.wait_exit(), 0);
    console.assert_restored();
    let screen = console.screen();
    let rows: Vec<String> = screen.rows(0, screen.size().1).collect();
    let at = |start: &str| rows.iter().position(|row| row.starts_with(start));
    let told = at("The application panicked").zip(at("Message:")).zip(at("Location:"));
    let Some(((head, message), location)) = told else { panic!("{}", screen.contents()) };
    assert!(head < message && message < location, "{}", screen.contents());
    assert!(rows[message].contains(MESSAGE), "{}", screen.contents());
    assert!(rows[location].contains("panicking.rs"), "{}", screen.contents());
}

#[test]
fn a_panic_of_the_open_console_gives_the_terminal_back_and_is_readable() {
    let home = Home::new();
    let console = start(&home, "later");
    let screen = console.wait_for_text("? help");
    assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
    // The first stops the clock, the second asks it.
    console.send("RR");
    assert_told(&console);
}

#[test]
fn a_panic_before_the_first_frame_gives_the_terminal_back_and_is_readable() {
    let home = Home::new();
    assert_told(&start(&home, "at once"));
}
