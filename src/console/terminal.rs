//! The terminal: taken in one place, given back whatever happens.
//!
//! Knows nothing of what is drawn.

use std::cell::Cell;
use std::future::Future;
use std::io::{self, Write as _, stdout};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};

/// True while the terminal is in raw mode because of us.
static TAKEN: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// True while this thread runs the console's own code.
    static IN_CONSOLE: Cell<bool> = const { Cell::new(false) };
}

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// Holds the terminal in raw mode on its alternate screen; gives it back when dropped.
pub(super) struct TerminalGuard {
    previous: Arc<Hook>,
}

impl TerminalGuard {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When it cannot be switched; it is then given back as far as it was taken.
    pub(super) fn take() -> io::Result<Self> {
        let previous: Arc<Hook> = Arc::from(std::panic::take_hook());
        let after = Arc::clone(&previous);
        std::panic::set_hook(Box::new(move |info| {
            if IN_CONSOLE.get() {
                give_back();
                after(info);
            } else if TAKEN.load(Ordering::SeqCst) {
                // A background task panicked: whoever awaits it reports that, and the console goes on. What
                // the previous hook writes would tear the screen.
                tracing::error!("a background task panicked: {info}");
            } else {
                after(info);
            }
        }));
        let guard = Self { previous };
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        Ok(guard)
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        give_back();
        // The hook cannot be replaced while its thread panics; then it only calls the previous one anyway.
        if !std::thread::panicking() {
            let previous = Arc::clone(&self.previous);
            std::panic::set_hook(Box::new(move |info| previous(info)));
        }
    }
}

/// Undoes everything that was taken, once. Errors are passed over: there may be no terminal any more.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// Writes to the terminal beside what is drawn, while it is ours.
///
/// # Errors
/// When it cannot be written to.
pub(super) fn send(bytes: &[u8]) -> io::Result<()> {
    if !TAKEN.load(Ordering::SeqCst) {
        return Ok(());
    }
    let mut out = stdout();
    out.write_all(bytes)?;
    out.flush()
}

/// Calls the engine from the console's thread: a panic there is no panic of the console.
pub(super) fn outside<T>(call: impl FnOnce() -> T) -> std::thread::Result<T> {
    let inside = IN_CONSOLE.replace(false);
    let result = catch_unwind(AssertUnwindSafe(call));
    IN_CONSOLE.set(inside);
    result
}

/// Runs the console's future so that a panic in it, and only in it, gives the terminal back.
pub(super) async fn marked<F: Future>(console: F) -> F::Output {
    let mut console = pin!(console);
    std::future::poll_fn(|context| {
        struct Unmark;
        impl Drop for Unmark {
            fn drop(&mut self) {
                IN_CONSOLE.set(false);
            }
        }
        IN_CONSOLE.set(true);
        let _unmark = Unmark;
        console.as_mut().poll(context)
    })
    .await
}
