//! A program in a terminal, as an operator has it: it writes to a real PTY, an emulator keeps the screen, keys go in.
//!
//! Nothing here sleeps: whoever waits is woken by the program's output or end, and gives up loudly after a generous
//! deadline. The environment is cleared, for a test must not depend on whose machine it runs on.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use vt100::{MouseProtocolMode, Screen};

/// How long anything may take before the test fails; far beyond what a busy machine needs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// How a program is started in a terminal.
pub(crate) struct Spawn {
    program: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    dir: PathBuf,
    rows: u16,
    cols: u16,
}

/// A program that runs in a terminal of its own. It is killed on drop.
pub(crate) struct Pty {
    shared: Arc<Shared>,
    master: Box<dyn MasterPty + Send>,
    pid: libc::pid_t,
    cooked: String,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Apart from the state, for a write blocks while the program does not read.
    writer: Mutex<Box<dyn Write + Send>>,
}

struct State {
    parser: vt100::Parser<Terminal>,
    received: u64,
    at_end: bool,
    exit: Option<ExitStatus>,
}

/// What a terminal does beside drawing.
#[derive(Default)]
struct Terminal {
    replies: Vec<u8>,
    clipboard: Option<String>,
    title: Option<String>,
}

impl vt100::Callbacks for Terminal {
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        i1: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        match (i1, params.first().and_then(|p| p.first()), c) {
            // Where is the cursor?
            (None, Some(6), 'n') => {
                let (row, col) = screen.cursor_position();
                self.replies.extend(format!("\x1b[{};{}R", row + 1, col + 1).bytes());
            }
            // What are you?
            (None, None | Some(0), 'c') => self.replies.extend(b"\x1b[?62;22c"),
            _ => {}
        }
    }

    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        self.clipboard = Some(String::from_utf8_lossy(data).into_owned());
    }

    fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
        self.title = Some(String::from_utf8_lossy(title).into_owned());
    }
}

impl Spawn {
    /// A program by its absolute path, in a terminal of 80 columns and 24 rows, with `TERM` and nothing else in its
    /// environment, working in `/`.
    pub(crate) fn new(program: impl AsRef<Path>) -> Self {
        let program = program.as_ref().to_owned();
        assert!(program.is_absolute(), "{} is no absolute path", program.display());
        Self {
            program,
            args: Vec::new(),
            env: vec![("TERM".to_owned(), "xterm-256color".to_owned())],
            dir: PathBuf::from("/"),
            rows: 24,
            cols: 80,
        }
    }

    /// Adds arguments.
    pub(crate) fn args<S: AsRef<str>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.env.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets the working directory.
    pub(crate) fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = dir.as_ref().to_owned();
        assert!(self.dir.is_dir(), "{} is no folder", self.dir.display());
        self
    }

    /// Sets the terminal's size, columns first, as people say it.
    pub(crate) fn size(mut self, cols: u16, rows: u16) -> Self {
        (self.cols, self.rows) = (cols, rows);
        self
    }

    /// Starts it.
    pub(crate) fn start(self) -> Pty {
        // The harness closes the pipe through which a failed exec would be told.
        assert!(self.program.is_file(), "{} does not exist", self.program.display());
        let pair = native_pty_system().openpty(size(self.cols, self.rows)).expect("a PTY");
        let cooked = modes(&*pair.master).expect("a new terminal's modes");
        let mut command = CommandBuilder::new(&self.program);
        command.env_clear();
        for (name, value) in &self.env {
            command.env(name, value);
        }
        command.args(&self.args);
        command.cwd(&self.dir);
        let mut child = pair.slave.spawn_command(command).expect("the program starts");
        // While anybody else holds the slave, its end is never seen.
        drop(pair.slave);
        let pid = child.process_id().and_then(|pid| libc::pid_t::try_from(pid).ok()).expect("a process id");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                parser: vt100::Parser::new_with_callbacks(self.rows, self.cols, 0, Terminal::default()),
                received: 0,
                at_end: false,
                exit: None,
            }),
            changed: Condvar::new(),
            writer: Mutex::new(pair.master.take_writer().expect("a writer")),
        });
        let screen = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                // On Linux the end of a terminal is an error, elsewhere an empty read.
                let n = reader.read(&mut buffer).unwrap_or(0);
                screen.receive(&buffer[..n]);
                if n == 0 {
                    break;
                }
            }
        });
        let ended = Arc::clone(&shared);
        std::thread::spawn(move || {
            let exit = child.wait().expect("the program can be waited for");
            ended.lock().exit = Some(exit);
            ended.changed.notify_all();
        });
        Pty { shared, master: pair.master, pid, cooked }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Takes in what the program wrote; nothing is the end.
    fn receive(&self, bytes: &[u8]) {
        let mut state = self.lock();
        state.parser.process(bytes);
        state.received += bytes.len() as u64;
        state.at_end = bytes.is_empty();
        let replies = std::mem::take(&mut state.parser.callbacks_mut().replies);
        drop(state);
        self.changed.notify_all();
        if !replies.is_empty() {
            self.write(&replies);
        }
    }

    fn write(&self, bytes: &[u8]) {
        let mut writer = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // A program that has ended reads nothing; whoever waits for its answer is told so.
        let _ = writer.write_all(bytes).and_then(|()| writer.flush());
    }

    /// Waits until the condition holds; false when the deadline passed.
    fn wait(
        &self,
        deadline: Duration,
        mut condition: impl FnMut(&State) -> bool,
    ) -> (MutexGuard<'_, State>, bool) {
        let (state, _) = self
            .changed
            .wait_timeout_while(self.lock(), deadline, |state| !condition(state))
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let holds = condition(&state);
        (state, holds)
    }
}

impl Pty {
    /// Waits until the screen is as wanted; `what` says in the failure's message what that is.
    ///
    /// # Panics
    /// With the screen's text, when the deadline passes or the program has ended and the screen can change no more.
    pub(crate) fn wait_for(&self, what: &str, mut wanted: impl FnMut(&Screen) -> bool) -> Screen {
        let (state, _) = self.shared.wait(DEADLINE, |s| s.at_end || wanted(s.parser.screen()));
        let screen = state.parser.screen().clone();
        let why = if state.at_end { "the program ended" } else { "the deadline passed" };
        drop(state);
        assert!(wanted(&screen), "{why} before {what}; the screen:\n{}", framed(&screen));
        screen
    }

    /// Waits until the screen shows a text.
    pub(crate) fn wait_for_text(&self, text: &str) -> Screen {
        self.wait_for(&format!("{text:?} was shown"), |screen| screen.contents().contains(text))
    }

    /// Waits until the screen no longer shows a text.
    pub(crate) fn wait_until_gone(&self, text: &str) -> Screen {
        self.wait_for(&format!("{text:?} was gone"), |screen| !screen.contents().contains(text))
    }

    /// Waits until nothing was drawn for a while: the screen holds a whole frame.
    ///
    /// # Panics
    /// With the screen's text, when the program never stops drawing.
    pub(crate) fn wait_until_still(&self, quiet: Duration) -> Screen {
        let began = std::time::Instant::now();
        let mut seen = self.shared.lock().received;
        loop {
            let (state, drew) = self.shared.wait(quiet, |s| s.received != seen);
            if !drew {
                return state.parser.screen().clone();
            }
            seen = state.received;
            assert!(
                began.elapsed() < DEADLINE,
                "never still; the screen:\n{}",
                framed(state.parser.screen())
            );
        }
    }

    /// Waits until the screen looked the same for a while, whatever was written meanwhile.
    ///
    /// # Panics
    /// With the screen's text, when it never stops to change.
    pub(crate) fn wait_until_steady(&self, quiet: Duration) -> Screen {
        let began = std::time::Instant::now();
        loop {
            let seen = self.screen().contents_formatted();
            let (state, changed) =
                self.shared.wait(quiet, |s| s.parser.screen().contents_formatted() != seen);
            let screen = state.parser.screen().clone();
            drop(state);
            if !changed {
                return screen;
            }
            assert!(began.elapsed() < DEADLINE, "never steady; the screen:\n{}", framed(&screen));
        }
    }

    /// Types. Escape sequences of keys are in [`keys`].
    pub(crate) fn send(&self, keys: impl AsRef<[u8]>) {
        self.shared.write(keys.as_ref());
    }

    /// Gives the terminal another size, columns first. The program gets SIGWINCH.
    pub(crate) fn resize(&self, cols: u16, rows: u16) {
        let mut state = self.shared.lock();
        // The emulator cannot wrap a line on a screen of one row.
        state.parser.screen_mut().set_size(rows.max(2), cols);
        self.master.resize(size(cols, rows)).expect("the terminal is resized");
    }

    /// Forgets what the screen shows: what is on it from now on was drawn later.
    pub(crate) fn blank(&self) {
        self.shared.lock().parser.process(b"\x1b[2J");
    }

    /// The screen as it is now, with colours.
    pub(crate) fn screen(&self) -> Screen {
        self.shared.lock().parser.screen().clone()
    }

    /// The screen's text as it is now.
    pub(crate) fn text(&self) -> String {
        self.screen().contents()
    }

    /// What the program last put on the clipboard through OSC 52, in base64 as it came.
    pub(crate) fn clipboard(&self) -> Option<String> {
        self.shared.lock().parser.callbacks().clipboard.clone()
    }

    /// The window title that the program last set.
    pub(crate) fn title(&self) -> Option<String> {
        self.shared.lock().parser.callbacks().title.clone()
    }

    /// Bytes that the program has written so far; equal twice means that nothing was drawn between.
    pub(crate) fn received(&self) -> u64 {
        self.shared.lock().received
    }

    /// The program's process id.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Sends a signal of `libc`, such as `libc::SIGTERM`, to the program alone.
    pub(crate) fn signal(&self, signal: libc::c_int) {
        kill(self.pid, signal);
    }

    /// Waits for the program's end, however it comes.
    ///
    /// # Panics
    /// With the screen's text, when the deadline passes.
    pub(crate) fn wait_end(&self) -> ExitStatus {
        // A grandchild may hold the terminal open: the end of the output is waited for, but only for a moment.
        let (state, ended) = self.shared.wait(DEADLINE, |s| s.exit.is_some());
        assert!(ended, "the program did not end; the screen:\n{}", framed(state.parser.screen()));
        drop(state);
        let (state, _) = self.shared.wait(Duration::from_secs(2), |s| s.at_end);
        state.exit.clone().expect("it ended")
    }

    /// Waits for the program's end and gives its exit code.
    ///
    /// # Panics
    /// With the screen's text, when the deadline passes or a signal killed it.
    pub(crate) fn wait_exit(&self) -> u32 {
        let status = self.wait_end();
        let screen = self.screen();
        assert!(status.signal().is_none(), "{status}; the screen:\n{}", framed(&screen));
        status.exit_code()
    }

    /// Asserts that the program left the terminal as it found it: cooked, on the main screen, with a cursor, without
    /// mouse capture or bracketed paste. Call it after the program has ended.
    pub(crate) fn assert_restored(&self) {
        let screen = self.screen();
        let modes = modes(&*self.master).expect("the terminal's modes");
        let left: Vec<&str> = [
            (modes != self.cooked, "other modes than before (raw?)"),
            (screen.alternate_screen(), "on the alternate screen"),
            (screen.hide_cursor(), "without a cursor"),
            (screen.mouse_protocol_mode() != MouseProtocolMode::None, "with captured mouse"),
            (screen.bracketed_paste(), "with bracketed paste"),
        ]
        .into_iter()
        .filter_map(|(wrong, what)| wrong.then_some(what))
        .collect();
        assert!(
            left.is_empty(),
            "the terminal was left {}\nbefore: {}\nafter:  {modes}\nthe screen:\n{}",
            left.join(", "),
            self.cooked,
            framed(&screen)
        );
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if self.shared.lock().exit.is_none() {
            // It leads a session: its children go with it.
            kill(-self.pid, libc::SIGKILL);
        }
    }
}

/// What keys send in a terminal of the xterm kind.
pub(crate) mod keys {
    pub(crate) const ENTER: &str = "\r";
    pub(crate) const ESC: &str = "\x1b";
    pub(crate) const TAB: &str = "\t";
    pub(crate) const BACKTAB: &str = "\x1b[Z";
    pub(crate) const BACKSPACE: &str = "\x7f";
    pub(crate) const UP: &str = "\x1b[A";
    pub(crate) const DOWN: &str = "\x1b[B";
    pub(crate) const RIGHT: &str = "\x1b[C";
    pub(crate) const LEFT: &str = "\x1b[D";
    pub(crate) const HOME: &str = "\x1b[H";
    pub(crate) const END: &str = "\x1b[F";
    pub(crate) const PAGE_UP: &str = "\x1b[5~";
    pub(crate) const PAGE_DOWN: &str = "\x1b[6~";
    pub(crate) const CTRL_C: &str = "\x03";
    pub(crate) const CTRL_R: &str = "\x12";
    pub(crate) const CTRL_Z: &str = "\x1a";
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

/// The terminal's modes in words that can be compared.
fn modes(master: &dyn MasterPty) -> Option<String> {
    let modes = master.get_termios()?;
    Some(format!(
        "{:?} {:?} {:?} {:?}",
        modes.input_flags, modes.output_flags, modes.control_flags, modes.local_flags
    ))
}

/// Sends a signal to a process, or to a group when the number is negative.
#[expect(unsafe_code, reason = "std sends no signals")]
pub(crate) fn kill(pid: libc::pid_t, signal: libc::c_int) {
    // SAFETY: kill reads and writes no memory of ours.
    unsafe {
        libc::kill(pid, signal);
    }
}

/// The screen's text in a frame, for a failure's message.
fn framed(screen: &Screen) -> String {
    let cols = screen.size().1;
    let line = "─".repeat(usize::from(cols));
    let rows: Vec<String> =
        screen.rows(0, cols).map(|row| format!("│{row:<width$}│", width = usize::from(cols))).collect();
    format!("┌{line}┐\n{}\n└{line}┘", rows.join("\n"))
}
