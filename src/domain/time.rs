//! Instants as the database keeps them, and dates as the three products write them.

use serde::{Deserialize, Serialize};

/// An instant in microseconds since 1970-01-01 UTC, the resolution that both databases keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The instant `seconds` after 1970.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * 1_000_000)
    }

    /// The time from `earlier` to this instant; zero when this one is earlier.
    pub fn since(self, earlier: Self) -> std::time::Duration {
        std::time::Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// This instant moved later by a duration.
    pub fn plus(self, duration: std::time::Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This instant moved earlier by a duration.
    pub fn minus(self, duration: std::time::Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// RFC 3339 in UTC with whole seconds, such as `2026-11-22T14:32:05Z`.
    pub fn to_rfc3339(self) -> String {
        jiff::Timestamp::from_second(self.0.div_euclid(1_000_000))
            .map_or_else(|_| self.0.to_string(), |t| t.to_string())
    }
}

/// An ISO date `YYYY-MM-DD` from `YYYY-MM-DD` (SP, SB) or `YYYYMMDD` (SD); `None` when it is no date.
pub fn parse_date(text: &str) -> Option<String> {
    let text = text.trim();
    let compact = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let date: jiff::civil::Date = if compact {
        format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]).parse().ok()?
    } else {
        text.parse().ok()?
    };
    Some(date.to_string())
}

/// An instant from ISO 8601 text or from epoch milliseconds (SB v4, SD); `None` when it is neither.
pub fn parse_instant(value: &serde_json::Value) -> Option<Timestamp> {
    match value {
        serde_json::Value::String(text) => {
            Some(Timestamp(text.trim().parse::<jiff::Timestamp>().ok()?.as_microsecond()))
        }
        serde_json::Value::Number(number) => {
            let digits = super::decimal::Decimal::parse(&number.to_string())?.to_integer_text()?;
            let number = digits.parse::<i64>().ok()?;
            // The specification only says "epoch": what is too small for milliseconds after 1973 is seconds.
            let micros_per = if number < 100_000_000_000 { 1_000_000 } else { 1_000 };
            number.checked_mul(micros_per).map(Timestamp)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_date_forms_become_iso_dates() {
        assert_eq!(parse_date("2022-07-05").as_deref(), Some("2022-07-05"));
        assert_eq!(parse_date("20230208").as_deref(), Some("2023-02-08"));
        for nonsense in ["20231341", "soon", "", "2023-02-30"] {
            assert_eq!(parse_date(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn instants_come_as_iso_text_epoch_milliseconds_or_seconds() {
        let instant = |json: &str| parse_instant(&serde_json::from_str(json).unwrap()).map(|t| t.0);
        assert_eq!(instant("1644332919536"), Some(1_644_332_919_536_000));
        assert_eq!(instant("1644332919"), Some(1_644_332_919_000_000));
        assert_eq!(instant("\"2022-02-08T15:08:39.536Z\""), Some(1_644_332_919_536_000));
        assert_eq!(instant("\"yesterday\""), None);
        assert_eq!(instant("null"), None);
    }
}
