//! Reading `Retry-After`: seconds or an HTTP date, never shortened, and nonsense told apart.

use std::time::Duration;

/// What an answer says about when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryAfter {
    /// The header is missing.
    Missing,
    /// After this long.
    In(Duration),
    /// Past, beyond a day, or not readable: our own backoff decides.
    Nonsense,
}

const LONGEST: Duration = Duration::from_secs(86_400);

impl RetryAfter {
    /// Reads the header's text. A date is taken relative to the answer's own `date`, so that the machine's
    /// clock does not matter; without one it cannot be judged.
    pub(super) fn parse(header: Option<&str>, date: Option<&str>) -> Self {
        let Some(text) = header.map(str::trim) else { return Self::Missing };
        let wait = if text.starts_with(|c: char| c.is_ascii_digit()) {
            // Fractions are not in the standard, but a server that sends one means it.
            text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        } else {
            let at = httpdate::parse_http_date(text).ok();
            let now = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok());
            // Dates have whole seconds: the answer may be up to one second younger than it says.
            at.zip(now).and_then(|(at, now)| at.duration_since(now).ok())
        };
        wait.filter(|wait| *wait <= LONGEST).map_or(Self::Nonsense, Self::In)
    }

    /// The wait, where a usable one was given.
    pub(super) const fn wait(self) -> Option<Duration> {
        match self {
            Self::In(wait) => Some(wait),
            Self::Missing | Self::Nonsense => None,
        }
    }
}

impl std::fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("no Retry-After"),
            Self::In(wait) => write!(f, "Retry-After {} s", wait.as_secs_f64()),
            Self::Nonsense => f.write_str("a Retry-After that makes no sense"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DATE: &str = "Sun, 22 Nov 2026 14:00:00 GMT";

    #[test]
    fn seconds_and_dates_are_read_and_nonsense_is_told_apart() {
        let secs = |s| RetryAfter::In(Duration::from_secs(s));
        for (header, expected) in [
            ("0", secs(0)),
            ("7", secs(7)),
            (" 86400 ", secs(86_400)),
            ("1.5", RetryAfter::In(Duration::from_millis(1500))),
            ("Sun, 22 Nov 2026 14:00:30 GMT", secs(30)),
            ("Sun, 22 Nov 2026 13:59:59 GMT", RetryAfter::Nonsense),
            ("Tue, 24 Nov 2026 14:00:30 GMT", RetryAfter::Nonsense),
            ("-3", RetryAfter::Nonsense),
            ("86401", RetryAfter::Nonsense),
            ("1e300", RetryAfter::Nonsense),
            ("soon", RetryAfter::Nonsense),
            ("", RetryAfter::Nonsense),
        ] {
            assert_eq!(RetryAfter::parse(Some(header), Some(DATE)), expected, "{header:?}");
        }
        assert_eq!(RetryAfter::parse(None, Some(DATE)), RetryAfter::Missing);
        assert_eq!(RetryAfter::parse(Some("Sun, 22 Nov 2026 14:00:30 GMT"), None), RetryAfter::Nonsense);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_no_number_of_seconds_is_shortened(text in ".*", seconds in 0_u64..=86_400) {
            let _ = RetryAfter::parse(Some(&text), Some(&text));
            prop_assert_eq!(RetryAfter::parse(Some(&seconds.to_string()), None).wait(), Some(Duration::from_secs(seconds)));
        }
    }
}
