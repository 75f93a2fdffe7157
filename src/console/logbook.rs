//! What was logged, as plain data: the layer that takes it down, and the newest lines that the console keeps.
//!
//! The layer writes into one bounded queue for the whole process, from which the runtime hands lines to the model.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::Level;
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;

use crate::ads;
use crate::domain::id::ProfileId;
use crate::domain::time::Timestamp;
use crate::telemetry::clock::machine_now;

/// Lines that are kept; the oldest go first.
pub const KEPT: usize = 10_000;
/// Bytes of a line that are kept.
const LONGEST: usize = 4_096;
/// The field by which a line says whom it is about; shown as a name and never beside the message.
pub(super) const PROFILE: &str = "profile_id";

/// A line that was logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When, by the machine's clock.
    pub at: Timestamp,
    /// How severe.
    pub level: Level,
    /// The part of adsync that says it: `adsync::sync`.
    pub target: String,
    /// Whom it is about.
    pub profile: Option<ProfileId>,
    /// What it says, without anything secret.
    pub message: String,
}

/// The newest lines, each with a number that never changes.
#[derive(Debug, Clone, Default)]
pub struct LogBook {
    lines: VecDeque<Arc<LogLine>>,
    /// The number of the oldest line that is kept.
    first: u64,
}

impl LogBook {
    /// Takes a line in; gives its number.
    pub(super) fn push(&mut self, line: Arc<LogLine>) -> u64 {
        self.lines.push_back(line);
        if self.lines.len() > KEPT {
            self.lines.pop_front();
            self.first += 1;
        }
        self.first + self.lines.len() as u64 - 1
    }

    /// The number of the oldest line that is kept.
    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn get(&self, number: u64) -> Option<&Arc<LogLine>> {
        self.lines.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Every line with its number, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Arc<LogLine>)> {
        (self.first..).zip(&self.lines)
    }
}

/// Lines on their way to the console.
static QUEUE: Mutex<VecDeque<Arc<LogLine>>> = Mutex::new(VecDeque::new());

fn queue() -> MutexGuard<'static, VecDeque<Arc<LogLine>>> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lines that were logged since the last call; of more than are kept the newest.
pub fn taken() -> Vec<Arc<LogLine>> {
    std::mem::take(&mut *queue()).into()
}

/// The layer that takes lines down.
pub(super) struct Recorder;

impl<S: tracing::Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let line = Arc::new(line(event, machine_now()));
        let mut queue = queue();
        if queue.len() >= KEPT {
            queue.pop_front();
        }
        queue.push_back(line);
    }
}

fn line(event: &tracing::Event<'_>, at: Timestamp) -> LogLine {
    let mut words = Words::default();
    event.record(&mut words);
    let mut message = words.message;
    message.push_str(&words.fields);
    let mut message = ads::redacted(message.trim());
    if message.len() > LONGEST {
        message.truncate(message.floor_char_boundary(LONGEST));
        message.push_str(" (cut)");
    }
    let metadata = event.metadata();
    LogLine {
        at,
        level: *metadata.level(),
        target: metadata.target().to_owned(),
        profile: words.profile,
        message,
    }
}

/// The fields of an event in words, the message first.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
    profile: Option<ProfileId>,
}

impl Words {
    fn field(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        let _ = match field.name() {
            "message" => self.message.write_fmt(value),
            name => write!(self.fields, " {name}={value}"),
        };
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.field(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.field(field, format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name() == PROFILE {
            self.profile = Some(ProfileId(value));
        } else {
            self.field(field, format_args!("{value}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt as _;

    fn text(number: usize) -> Arc<LogLine> {
        Arc::new(LogLine {
            at: Timestamp(0),
            level: Level::INFO,
            target: "adsync::sync".to_owned(),
            profile: None,
            message: number.to_string(),
        })
    }

    #[test]
    fn the_newest_lines_are_kept_under_numbers_that_never_change() {
        let mut book = LogBook::default();
        for number in 0..KEPT + 5 {
            assert_eq!(book.push(text(number)), number as u64);
        }
        assert_eq!((book.first(), book.iter().count()), (5, KEPT));
        assert_eq!(book.get(4), None);
        assert_eq!(book.get(5).map(|line| line.message.as_str()), Some("5"));
        assert_eq!(book.iter().last().map(|(number, _)| number), Some(KEPT as u64 + 4));
    }

    #[test]
    fn lines_keep_whom_they_are_about_and_no_secret() {
        let subscriber = tracing_subscriber::registry().with(Recorder);
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(target: "adsync::sync", profile_id = 7_i64, status = 429, "Kestrel Home: throttled");
            tracing::error!(profile_id = None::<i64>, "the token is Atzr|IwEBcanary0123456789 here");
            tracing::debug!("{}", "ä".repeat(LONGEST));
        });
        let lines = taken();
        let [about, secret, long] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((about.profile, about.level), (Some(ProfileId(7)), Level::WARN));
        assert_eq!(
            (about.message.as_str(), about.target.as_str()),
            ("Kestrel Home: throttled status=429", "adsync::sync")
        );
        assert_eq!(secret.profile, None);
        assert!(
            !secret.message.contains("canary") && secret.message.starts_with("the token is "),
            "{secret:?}"
        );
        assert!(long.message.len() <= LONGEST + 6 && long.message.ends_with("ä (cut)"));
        assert_eq!(taken(), [], "each is handed over once");
    }
}
