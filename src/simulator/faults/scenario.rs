//! The scenario file: its syntax and the complaints about it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

/// A list of scripted faults, read from TOML. Unknown keys are errors.
///
/// ```toml
/// [[fault]]
/// match = { path = "/sp/keywords/list", from_request = 3, times = 2 }
/// effect = { status = 429, body = "ads", retry_after = 2 }
///
/// [[fault]]
/// match = { path = "/sd/*", profile = 368711543977070628, times = "forever" }
/// effect = { body = "wrong_shape" }
/// ```
///
/// `match` says which requests are struck; each key may be left out:
/// - `path`: exact, or the beginning of a path followed by `*`. Logins (`/auth/o2/token`) count.
/// - `profile`: the profile in the scope header.
/// - `from_request`: the first matching request that is struck, counted from 1.
/// - `times`: how many are struck from there, a number (1 when left out) or `"forever"`.
///
/// `effect` says what happens; where several faults strike, the first that names a status, a body
/// or a cut decides on the answer, and the rest fills in what was left open:
/// - `status`: without a `body`, from 400 on, the error that this list's family would give.
/// - `body`, one of: the errors `"sp"` (code, message), `"ads"` (code, details, requestId),
///   `"gateway"` (message), `"html"` and `"lwa_invalid_grant"`; `"empty"`; the right answer gone
///   wrong: `"truncated"`, `"wrong_shape"` (no array, or an object for a bare one),
///   `"repeat_token"` (the same next token for ever), `"repeat_page"` (the first page under new
///   tokens), `"short_page"` (half a page, nothing lost), `"empty_page"` (no rows, no token, the
///   total unchanged); any other text is sent as it stands.
/// - `retry_after`: seconds, `"date:+N"` for an HTTP date N seconds from now, or any text.
/// - `latency`: milliseconds, or a text such as `"2s"`.
/// - `cut`: `"before_headers"` or `"mid_body"` breaks the connection there.
/// - `cap_count`: at most this many rows a page, whatever was asked; nothing lost.
/// - `drop_rows`: this many rows left out at the end of the page and never served.
/// - `merge`: members that every row of the page gets, or gets with other values, as in
///   `merge = { novelty = true, budget = { budgetType = "WEEKLY" } }`: what an API invents.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    #[serde(default, rename = "fault")]
    pub(crate) faults: Vec<Fault>,
}

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file could not be read.
    #[error("cannot read scenario {}", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is no scenario; the message names line and column.
    #[error("scenario is not valid: {message}")]
    Parse {
        /// What is wrong, and where.
        message: String,
    },
}

impl Scenario {
    /// Reads a scenario from TOML.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let parsed: Self =
            toml::from_str(text).map_err(|error| ScenarioError::Parse { message: error.to_string() })?;
        match parsed.faults.iter().position(|fault| fault.matches.from_request == 0) {
            Some(n) => {
                Err(ScenarioError::Parse { message: format!("fault {}: from_request counts from 1", n + 1) })
            }
            None => Ok(parsed),
        }
    }

    /// Reads a scenario from a file.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ScenarioError::Read { path: path.to_owned(), source })?;
        Self::parse(&text)
    }
}

/// One fault.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    #[serde(default, rename = "match")]
    pub(crate) matches: Match,
    pub(crate) effect: Effect,
}

/// Which requests a fault strikes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Match {
    /// A path, or the beginning of one followed by `*`; every path when absent.
    path: Option<String>,
    profile: Option<u64>,
    /// The first matching request that is struck, counted from 1.
    #[serde(default = "one")]
    from_request: u64,
    /// How many are struck; `None` is for ever.
    #[serde(default = "once", deserialize_with = "times")]
    times: Option<u64>,
}

impl Default for Match {
    fn default() -> Self {
        Self { path: None, profile: None, from_request: one(), times: once() }
    }
}

const fn one() -> u64 {
    1
}

const fn once() -> Option<u64> {
    Some(1)
}

impl Match {
    /// Whether a request is one of those that are counted.
    pub(crate) fn covers(&self, path: &str, profile: Option<u64>) -> bool {
        let path_fits = self.path.as_deref().is_none_or(|wanted| match wanted.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == wanted,
        });
        path_fits && (self.profile.is_none() || self.profile == profile)
    }

    /// Whether the n-th counted request is struck.
    pub(crate) fn strikes(&self, n: u64) -> bool {
        n >= self.from_request && self.times.is_none_or(|times| n - self.from_request < times)
    }
}

/// What happens to a request that is struck.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Effect {
    #[serde(default, deserialize_with = "status")]
    pub(crate) status: Option<u16>,
    #[serde(default, deserialize_with = "body")]
    pub(crate) body: Option<BodyKind>,
    #[serde(default, deserialize_with = "retry_after")]
    pub(crate) retry_after: Option<RetryAfter>,
    /// Waits before answering; a number of milliseconds, or a text such as "2s" or "150ms".
    #[serde(default, deserialize_with = "latency")]
    pub(crate) latency: Option<Duration>,
    pub(crate) cut: Option<Cut>,
    /// The server quietly answers at most this many rows a page.
    pub(crate) cap_count: Option<usize>,
    /// Rows left out at the end of the page.
    pub(crate) drop_rows: Option<usize>,
    /// Members that every row gets, at whatever depth.
    pub(crate) merge: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Effect {
    /// Takes from another effect what this one leaves open.
    pub(crate) fn fill(&mut self, other: &Self) {
        if self.status.is_none() && self.body.is_none() && self.cut.is_none() {
            self.status = other.status;
            self.body.clone_from(&other.body);
            self.cut = other.cut;
            self.retry_after.clone_from(&other.retry_after);
        }
        self.latency = self.latency.or(other.latency);
        self.cap_count = self.cap_count.or(other.cap_count);
        self.drop_rows = self.drop_rows.or(other.drop_rows);
        if self.merge.is_none() {
            self.merge.clone_from(&other.merge);
        }
    }
}

/// What a struck request is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// The nested family's error: `code`, `message`.
    Nested,
    /// The flat family's error: `code`, `details`, `requestId`.
    Flat,
    /// The gateway's error: `message`.
    Gateway,
    Html,
    Empty,
    /// The right answer, cut off within a row.
    Truncated,
    /// JSON, but not of the list's shape.
    WrongShape,
    RepeatToken,
    RepeatPage,
    ShortPage,
    EmptyPage,
    /// The answer of Login with Amazon to a revoked consent.
    InvalidGrant,
    Literal(String),
}

/// When the connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cut {
    BeforeHeaders,
    MidBody,
}

/// The `Retry-After` header of a struck request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RetryAfter {
    Seconds(i64),
    /// An HTTP date so many seconds from now.
    DateIn(i64),
    Literal(String),
}

struct Text<F>(&'static str, F);

impl<'de, T, F> Visitor<'de> for Text<F>
where
    F: FnOnce(Result<i64, &str>) -> Option<T>,
{
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        let expected = self.0;
        let found = (self.1)(Ok(number));
        found.map(Some).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &expected))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let expected = self.0;
        let found = (self.1)(Err(text));
        found.map(Some).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &expected))
    }
}

fn times<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let read = |value: Result<i64, &str>| match value {
        Ok(n) => u64::try_from(n).ok().map(Some),
        Err("forever") => Some(None),
        Err(_) => None,
    };
    from.deserialize_any(Text("a number of times or \"forever\"", read)).map(Option::flatten)
}

fn status<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    let read = |value: Result<i64, &str>| u16::try_from(value.ok()?).ok().filter(|n| (200..=599).contains(n));
    from.deserialize_any(Text("an HTTP status from 200 to 599", read))
}

fn latency<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let read = |value: Result<i64, &str>| match value {
        Ok(ms) => u64::try_from(ms).ok().map(Duration::from_millis),
        Err(text) => {
            let (number, factor) = match text.strip_suffix("ms") {
                Some(number) => (number, 1),
                None => (text.strip_suffix('s')?, 1000),
            };
            Some(Duration::from_millis(number.trim().parse::<u64>().ok()?.checked_mul(factor)?))
        }
    };
    from.deserialize_any(Text("milliseconds or a text such as \"2s\"", read))
}

fn retry_after<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RetryAfter>, D::Error> {
    let read = |value: Result<i64, &str>| {
        Some(match value {
            Ok(seconds) => RetryAfter::Seconds(seconds),
            Err(text) => match text.strip_prefix("date:") {
                Some(offset) => RetryAfter::DateIn(offset.parse().ok()?),
                None => RetryAfter::Literal(text.to_owned()),
            },
        })
    };
    from.deserialize_any(Text("seconds, \"date:+N\" or the header's text", read))
}

fn body<'de, D: Deserializer<'de>>(from: D) -> Result<Option<BodyKind>, D::Error> {
    let read = |value: Result<i64, &str>| {
        Some(match value.ok().map_or_else(|| value.err(), |_| None)? {
            "sp" => BodyKind::Nested,
            "ads" => BodyKind::Flat,
            "gateway" => BodyKind::Gateway,
            "html" => BodyKind::Html,
            "empty" => BodyKind::Empty,
            "truncated" => BodyKind::Truncated,
            "wrong_shape" => BodyKind::WrongShape,
            "repeat_token" => BodyKind::RepeatToken,
            "repeat_page" => BodyKind::RepeatPage,
            "short_page" => BodyKind::ShortPage,
            "empty_page" => BodyKind::EmptyPage,
            "lwa_invalid_grant" => BodyKind::InvalidGrant,
            other => BodyKind::Literal(other.to_owned()),
        })
    };
    from.deserialize_any(Text("the name of a body or its text", read))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(toml: &str) -> String {
        Scenario::parse(toml).unwrap_err().to_string()
    }

    #[test]
    fn complaints_name_the_line_and_the_key() {
        let unknown = complaint("[[fault]]\nmatch = { path = '/x' }\neffect = { stattus = 500 }");
        assert!(unknown.contains("line 3") && unknown.contains("stattus"), "{unknown}");
        let range = complaint("[[fault]]\neffect = { status = 99 }");
        assert!(range.contains("line 2") && range.contains("200 to 599"), "{range}");
        assert!(complaint("[[fault]]\nmatch = { times = 'always' }\neffect = {}").contains("forever"));
        assert!(complaint("[[fault]]\nmatch = { from_request = 0 }\neffect = {}").contains("counts from 1"));
        assert!(complaint("[[fault]]\neffect = { latency = 'soon' }").contains("2s"));
        assert!(complaint("[[faults]]\neffect = {}").contains("faults"));
    }

    #[test]
    fn retry_after_can_be_seconds_a_date_or_nonsense() {
        let of = |text: &str| {
            let scenario =
                Scenario::parse(&format!("[[fault]]\neffect = {{ retry_after = {text} }}")).unwrap();
            scenario.faults[0].effect.retry_after.clone().unwrap()
        };
        assert_eq!(of("7"), RetryAfter::Seconds(7));
        assert_eq!(of("'date:+30'"), RetryAfter::DateIn(30));
        assert_eq!(of("'soon'"), RetryAfter::Literal("soon".to_owned()));
    }
}
