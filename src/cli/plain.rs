//! Plain text: aligned tables, numbers, times.

use unicode_width::UnicodeWidthStr as _;

use crate::domain::run::ChangeCounts;
use crate::domain::text::one_line;
use crate::domain::time::Timestamp;

/// Which side a column is aligned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Lays out rows under headings; columns are as wide as their widest cell, and no line ends with blanks.
pub(super) fn table(columns: &[(&str, Align)], rows: &[Vec<String>]) -> Vec<String> {
    // As they will be shown: what is left out of a name takes no column.
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()).collect();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(i, (heading, _))| {
            let cells = rows.iter().map(|row| row.get(i).map_or(0, |cell| cell.width()));
            cells.chain([heading.width()]).max().unwrap_or(0)
        })
        .collect();
    let headings: Vec<String> = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
    std::iter::once(&headings)
        .chain(&rows)
        .map(|row| {
            let mut line = String::new();
            for (i, cell) in row.iter().enumerate() {
                let pad = " ".repeat(widths[i].saturating_sub(cell.width()));
                let gap = if i == 0 { "" } else { "  " };
                match columns[i].1 {
                    Align::Left => line.extend([gap, cell, &pad]),
                    Align::Right => line.extend([gap, &pad, cell]),
                }
            }
            line.truncate(line.trim_end().len());
            line
        })
        .collect()
}

/// A count with separators: `102,214`.
pub(super) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

/// `1 profile`, `2 profiles`.
pub(super) fn plural(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(i64::try_from(number).unwrap_or(i64::MAX)), if number == 1 { one } else { many })
}

/// What a commit wrote: `+3 ~2 -1`, or `±0`.
pub(super) fn counts(counts: &ChangeCounts) -> String {
    let parts: Vec<String> =
        [("+", counts.added + counts.returned), ("~", counts.changed), ("-", counts.removed)]
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(sign, n)| format!("{sign}{}", count(i64::try_from(n).unwrap_or(i64::MAX))))
            .collect();
    if parts.is_empty() { "±0".to_owned() } else { parts.join(" ") }
}

/// A date and time of day, in the local zone or in UTC.
pub(super) fn time(at: Timestamp, utc: bool) -> String {
    let Ok(instant) = jiff::Timestamp::from_microsecond(at.0) else { return at.0.to_string() };
    let zone = if utc { jiff::tz::TimeZone::UTC } else { jiff::tz::TimeZone::system() };
    let suffix = if utc { "Z" } else { "" };
    format!("{}{suffix}", instant.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S"))
}

/// How long it is until an instant, in whole seconds: `1m 12s`.
pub(super) fn left(until: Timestamp, now: Timestamp) -> String {
    let seconds = until.since(now).as_micros().div_ceil(1_000_000);
    let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
    humantime::format_duration(std::time::Duration::from_secs(seconds)).to_string()
}

/// The same, or a dash.
pub(super) fn maybe_time(at: Option<Timestamp>, utc: bool) -> String {
    at.map_or_else(|| "-".to_owned(), |at| time(at, utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_align_by_display_width() {
        let rows = vec![vec!["日本".to_owned(), "7".to_owned()], vec!["a".to_owned(), "1,204".to_owned()]];
        let lines = table(&[("NAME", Align::Left), ("ROWS", Align::Right)], &rows);
        assert_eq!(lines, ["NAME   ROWS", "日本      7", "a     1,204"]);
        let rows = [["\u{1b}[31m\u{202e}a\u{7}".to_owned(), "7".to_owned()]].map(Vec::from);
        let lines = table(&[("NAME", Align::Left), ("ROWS", Align::Right)], &rows);
        assert_eq!(lines, ["NAME   ROWS", "[31ma     7"]);
    }

    #[test]
    fn numbers_have_separators() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counts(&ChangeCounts::default()), "±0");
        assert_eq!(
            counts(&ChangeCounts { added: 1_000, returned: 2, removed: 3, ..Default::default() }),
            "+1,002 -3"
        );
    }

    #[test]
    fn utc_times_say_so() {
        assert_eq!(time(Timestamp::from_secs(0), true), "1970-01-01 00:00:00Z");
    }
}
