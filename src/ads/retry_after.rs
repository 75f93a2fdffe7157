//! Reading `Retry-After`: seconds or an HTTP date, never shortened, and nonsense told apart.

use std::time::{Duration, UNIX_EPOCH};

use crate::domain::time::Timestamp;

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
    /// Reads an answer's headers of that name: of several the longest wait holds.
    pub(super) fn longest<'a>(
        headers: impl IntoIterator<Item = &'a str>,
        date: Option<&str>,
        now: Timestamp,
    ) -> Self {
        let read = headers.into_iter().map(|header| Self::parse(header, date, now));
        read.max_by_key(|read| (*read != Self::Missing, read.wait())).unwrap_or(Self::Missing)
    }

    /// Reads the header's text. A date is taken relative to the answer's own `date`, so that the machine's
    /// clock does not matter; where the answer has none that can be read, relative to that clock, `now`.
    fn parse(header: &str, date: Option<&str>, now: Timestamp) -> Self {
        let text = header.trim();
        let wait = if text.starts_with(|c: char| c.is_ascii_digit()) {
            // Fractions are not in the standard, but a server that sends one means it.
            text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        } else {
            let at = httpdate::parse_http_date(text).ok();
            // Dates have whole seconds: the answer may be up to one second younger than it says.
            let answered = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok());
            let now = answered.unwrap_or_else(|| {
                UNIX_EPOCH + Duration::from_micros(u64::try_from(now.0).unwrap_or_default())
            });
            at.and_then(|at| at.duration_since(now).ok())
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
            // The machine's clock is of no matter where the answer has a date.
            assert_eq!(RetryAfter::parse(header, Some(DATE), Timestamp(7)), expected, "{header:?}");
        }
        assert_eq!(RetryAfter::longest([], Some(DATE), Timestamp(7)), RetryAfter::Missing);
    }

    #[test]
    fn a_date_is_judged_by_the_machines_clock_where_the_answer_has_none() {
        // Sun, 22 Nov 2026 14:00:00 GMT.
        let now = Timestamp(1_795_356_000_000_000);
        for date in [None, Some("yesterday"), Some("")] {
            for (header, expected) in [
                ("Sun, 22 Nov 2026 14:00:30 GMT", RetryAfter::In(Duration::from_secs(30))),
                ("Sun, 22 Nov 2026 13:59:59 GMT", RetryAfter::Nonsense),
                ("Tue, 24 Nov 2026 14:00:30 GMT", RetryAfter::Nonsense),
            ] {
                assert_eq!(RetryAfter::parse(header, date, now), expected, "{header} {date:?}");
            }
        }
    }

    #[test]
    fn of_several_headers_the_longest_wait_holds() {
        let secs = |s| RetryAfter::In(Duration::from_secs(s));
        for (headers, expected) in [
            (&["2", "60"][..], secs(60)),
            (&["60", "2"], secs(60)),
            (&["5", "Sun, 22 Nov 2026 14:00:30 GMT", "soon"], secs(30)),
            (&["soon", "0"], secs(0)),
            (&["soon", "later"], RetryAfter::Nonsense),
        ] {
            let read = RetryAfter::longest(headers.iter().copied(), Some(DATE), Timestamp(7));
            assert_eq!(read, expected, "{headers:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_no_number_of_seconds_is_shortened(text in ".*", seconds in 0_u64..=86_400) {
            let _ = RetryAfter::parse(&text, Some(&text), Timestamp(seconds as i64));
            let read = RetryAfter::parse(&seconds.to_string(), None, Timestamp(0));
            prop_assert_eq!(read.wait(), Some(Duration::from_secs(seconds)));
        }
    }
}
