//! The real binary in a folder of its own: with a cleared environment, its output read as it comes, its end waited for.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::pty::{Pty, Spawn, kill};

/// How long a command may take before the test fails. Below a lease of PostgreSQL: whoever waits for one fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(40);

/// The program under test; only test binaries know where it is, and an example that shares this module does not.
pub(crate) const PROGRAM: &str = match option_env!("CARGO_BIN_EXE_adsync") {
    Some(path) => path,
    None => "adsync",
};

/// A working folder that is the user's home as well; removed on drop.
pub(crate) struct Home {
    dir: TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A command under way. It is killed on drop.
pub(crate) struct Running {
    pid: libc::pid_t,
    ended: bool,
    exit: Receiver<ExitStatus>,
    lines: Receiver<String>,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
    readers: Vec<std::thread::JoinHandle<()>>,
    shown: String,
}

impl Home {
    /// An empty folder: without a configuration, the demo.
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::Builder::new().prefix("adsync-test-").tempdir().expect("a temporary folder") }
    }

    /// A folder with a `config.toml`.
    pub(crate) fn with_config(text: &str) -> Self {
        let home = Self::new();
        home.write("config.toml", text);
        home
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).expect("a file in a temporary folder");
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The URL of a SQLite file in the folder.
    pub(crate) fn sqlite(&self) -> String {
        format!("sqlite:{}", self.file("test.db").display())
    }

    /// A path in the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The program with arguments, ready to be started.
    pub(crate) fn command<S: AsRef<str>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(args.iter().map(AsRef::as_ref))
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("TZ", "UTC"), ("USER", "tester")])
            .env("HOME", self.path())
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// Starts the program with arguments.
    pub(crate) fn start<S: AsRef<str>>(&self, args: &[S]) -> Running {
        Running::of(self.command(args))
    }

    /// Runs the program with arguments to its end.
    pub(crate) fn run<S: AsRef<str>>(&self, args: &[S]) -> Outcome {
        self.start(args).wait()
    }

    /// Runs the program and expects that it does well.
    ///
    /// # Panics
    /// With all that it wrote, when its exit code is another than 0.
    pub(crate) fn ok<S: AsRef<str>>(&self, args: &[S]) -> Outcome {
        let outcome = self.run(args);
        let shown: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
        assert_eq!(outcome.code, Some(0), "adsync {}\n{outcome:#?}", shown.join(" "));
        outcome
    }

    /// The program in a terminal.
    pub(crate) fn terminal(&self) -> Spawn {
        Spawn::new(PROGRAM)
            .dir(self.path())
            .env("HOME", self.path().display().to_string())
            .env("PATH", "/usr/bin:/bin")
            .env("TZ", "UTC")
            .env("USER", "tester")
    }

    /// The console in a terminal of 80 columns and 24 rows.
    pub(crate) fn console(&self) -> Pty {
        self.terminal().start()
    }
}

impl Outcome {
    /// Each line of standard output as a JSON object.
    ///
    /// # Panics
    /// When one is none.
    pub(crate) fn objects(&self) -> Vec<Value> {
        let object = |line: &str| match serde_json::from_str(line) {
            Ok(value @ Value::Object(_)) => value,
            other => panic!("{line:?} is no JSON object: {other:?}"),
        };
        self.stdout.lines().map(object).collect()
    }

    /// Asserts the exit code, that standard error holds each of the parts, and that neither output shows a secret
    /// or an escape sequence.
    pub(crate) fn assert(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is not said\n{self:#?}");
        }
        for text in [&self.stdout, &self.stderr] {
            assert!(!text.contains('\x1b'), "an escape sequence without a terminal: {text:?}");
            assert!(!text.contains("panicked"), "{text}");
        }
    }
}

impl Running {
    /// Starts a command whose standard output and error are read.
    pub(crate) fn of(mut command: Command) -> Self {
        command.stdout(Stdio::piped());
        Self::with_stdout_taken(command)
    }

    /// Starts a command whose standard output goes where the command says, and whose standard error is read.
    pub(crate) fn with_stdout_taken(mut command: Command) -> Self {
        let shown = format!("{command:?}");
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let pid = libc::pid_t::try_from(child.id()).expect("a process id");
        let (stdout, stderr) = (Arc::default(), Arc::default());
        let (line, lines) = mpsc::channel();
        let mut readers = Vec::new();
        if let Some(pipe) = child.stdout.take() {
            readers.push(read(pipe, &stdout, Some(line)));
        }
        if let Some(pipe) = child.stderr.take() {
            readers.push(read(pipe, &stderr, None));
        }
        let (exited, exit) = mpsc::channel();
        std::thread::spawn(move || {
            let status = child.wait().expect("the program can be waited for");
            // Nobody waits for a program that was dropped.
            let _ = exited.send(status);
        });
        Self { pid, ended: false, exit, lines, stdout, stderr, readers, shown }
    }

    /// The next line of standard output, within a time; `None` when there comes none.
    pub(crate) fn line_within(&self, time: Duration) -> Option<String> {
        self.lines.recv_timeout(time).ok()
    }

    /// Reads standard output up to the first line that is wanted.
    ///
    /// # Panics
    /// When the program ends, or the deadline passes, before there is one.
    pub(crate) fn wait_for_line(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + DEADLINE;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if wanted(&line) => return line,
                Ok(_) => {}
                Err(why) => panic!("{}: {why} before {what}\n{}", self.shown, self.said()),
            }
        }
    }

    /// Sends a signal of `libc`.
    pub(crate) fn signal(&self, signal: libc::c_int) {
        kill(self.pid, signal);
    }

    /// The process id.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Waits for the program's end.
    ///
    /// # Panics
    /// When the deadline passes.
    pub(crate) fn wait(self) -> Outcome {
        self.wait_within(DEADLINE)
    }

    /// Waits for the program's end for a time of one's own.
    ///
    /// # Panics
    /// When the time passes.
    pub(crate) fn wait_within(mut self, time: Duration) -> Outcome {
        let status = match self.exit.recv_timeout(time) {
            Ok(status) => status,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                panic!("{} did not end within {time:?}\n{}", self.shown, self.said())
            }
        };
        self.ended = true;
        for reader in self.readers.drain(..) {
            reader.join().expect("the output is read");
        }
        let text = |of: &Mutex<String>| of.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Outcome { code: status.code(), stdout: text(&self.stdout), stderr: text(&self.stderr) }
    }

    fn said(&self) -> String {
        let text = |of: &Mutex<String>| of.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let stdout = text(&self.stdout);
        let last: Vec<&str> = stdout.lines().rev().take(5).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        format!("standard output ends:\n{}\nstandard error:\n{}", last.join("\n"), text(&self.stderr))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            kill(self.pid, libc::SIGKILL);
        }
    }
}

fn read(
    pipe: impl Read + Send + 'static,
    into: &Arc<Mutex<String>>,
    lines: Option<mpsc::Sender<String>>,
) -> std::thread::JoinHandle<()> {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            into.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            if let Some(lines) = &lines {
                // The test may have stopped listening.
                let _ = lines.send(text.trim_end().to_owned());
            }
            line.clear();
        }
    })
}
