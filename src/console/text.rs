//! Words and numbers as the console writes them: widths in terminal columns, ages, counts, shares.
//!
//! Pure functions over values. Knows no model, no theme and no clock.

use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::style::Style;
use ratatui::text::Span;
use unicode_width::UnicodeWidthStr;

use crate::domain::plural::grouped;
use crate::domain::run::ChangeCounts;
pub(super) use crate::domain::text::one_line;
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The columns that a text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Cuts a text to a number of columns; what was cut is shown by an ellipsis.
pub(super) fn fit(text: &str, columns: usize, ellipsis: &str) -> String {
    let text = one_line(text);
    if width(&text) <= columns {
        return text;
    }
    let room = columns.saturating_sub(width(ellipsis));
    let mut out = String::new();
    let mut used = 0;
    for grapheme in Span::raw(text.as_str()).styled_graphemes(Style::new()) {
        let w = width(grapheme.symbol);
        if used + w > room {
            break;
        }
        used += w;
        out.push_str(grapheme.symbol);
    }
    let out = out.trim_end();
    if width(ellipsis) <= columns { format!("{out}{ellipsis}") } else { out.to_owned() }
}

/// Cuts and pads a text to exactly a number of columns.
pub(super) fn pad(text: &str, columns: usize, align: Align, ellipsis: &str) -> String {
    let text = fit(text, columns, ellipsis);
    let blank = " ".repeat(columns.saturating_sub(width(&text)));
    match align {
        Align::Left => text + &blank,
        Align::Right => blank + &text,
    }
}

/// Breaks a text into lines of at most `columns`, at blanks where there are any.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let paragraph = one_line(paragraph);
        let (mut line, mut used) = (String::new(), 0);
        for word in paragraph.split_inclusive(' ') {
            if used + width(word.trim_end()) > columns && !line.is_empty() {
                lines.push(line.trim_end().to_owned());
                line.clear();
                used = 0;
            }
            for grapheme in Span::raw(word).styled_graphemes(Style::new()) {
                let wide = width(grapheme.symbol);
                if used + wide > columns && grapheme.symbol != " " {
                    lines.push(line.trim_end().to_owned());
                    line.clear();
                    used = 0;
                }
                line.push_str(grapheme.symbol);
                used += wide;
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// `1234567` as `1,234,567`.
pub(super) fn thousands(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(number.unsigned_abs()))
}

/// The same for counts.
pub(super) fn count(number: u64) -> String {
    grouped(number)
}

/// A unit's name; where there is little room, short enough to tell it from all others.
pub(super) fn unit_name(unit: Unit, wide: bool) -> String {
    let name = unit.to_string();
    if wide { name } else { name.replace("campaign negative", "c-neg").replace("negative", "neg") }
}

/// `1 run`, `2 runs`.
pub(super) fn plural(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { many })
}

/// A count in at most five columns: `999`, `1.2k`, `18k`, `1.2M`.
fn compact(number: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", number / unit, number % unit * 10 / unit);
    match number {
        0..1_000 => number.to_string(),
        1_000..10_000 => tenths(1_000) + "k",
        10_000..1_000_000 => format!("{}k", number / 1_000),
        1_000_000..10_000_000 => tenths(1_000_000) + "M",
        _ => format!("{}M", number / 1_000_000),
    }
}

/// What a commit wrote, as `+312 ~18 −4`, or `±0`; rows that came back count as added.
pub(super) fn changes(counts: &ChangeCounts, ascii: bool) -> String {
    let (minus, none) = if ascii { ("-", "0") } else { ("−", "±0") };
    let parts: Vec<String> =
        [("+", counts.added + counts.returned), ("~", counts.changed), (minus, counts.removed)]
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(sign, n)| format!("{sign}{}", compact(n)))
            .collect();
    if parts.is_empty() { none.to_owned() } else { parts.join(" ") }
}

/// How long ago, and after how long that text is outdated.
pub(super) fn ago(age: Duration) -> (String, Duration) {
    let seconds = age.as_secs();
    let (text, unit) = match seconds {
        0..5 => return ("just now".to_owned(), Duration::from_secs(5).saturating_sub(age)),
        5..60 => (format!("{seconds} s ago"), 1),
        60..3_600 => (format!("{} min ago", seconds / 60), 60),
        3_600..86_400 => (format!("{} h ago", seconds / 3_600), 3_600),
        _ => (format!("{} d ago", seconds / 86_400), 86_400),
    };
    let next = Duration::from_secs((seconds / unit + 1) * unit);
    (text, next.saturating_sub(age))
}

/// A span of time as `0:41`, `12:05` or `1:02:33`, rounded up to whole seconds.
pub(super) fn clock(span: Duration) -> String {
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A span of time as an estimate tells it: `5 s`, `40 s`, `4 min`, `1 h 20 min`.
pub(super) fn about(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{} s", seconds.div_ceil(5).max(1) * 5),
        60..3_600 => format!("{} min", (seconds + 30) / 60),
        _ => {
            let minutes = (seconds + 300) / 600 * 10;
            match minutes % 60 {
                0 => format!("{} h", minutes / 60),
                rest => format!("{} h {rest} min", minutes / 60),
            }
        }
    }
}

/// A share of 0 to 1 in whole percent; 100 is kept for what is complete.
pub(super) fn percent(ratio: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the ratio is clamped to 0..=1 before"
    )]
    let whole = (ratio.clamp(0.0, 1.0) * 100.0).floor() as u64;
    whole.min(100)
}

/// A bar of `columns`, filled by halves; `#` and `.` in ASCII. Lines and not blocks, for bars of rows that follow each
/// other must not run into one.
pub(super) fn bar(ratio: f64, columns: usize, ascii: bool) -> (String, String) {
    let steps = if ascii { 1 } else { 2 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "at most some hundred columns"
    )]
    let filled = (ratio.clamp(0.0, 1.0) * (columns * steps) as f64).floor() as usize;
    let (full, part) = (filled / steps, filled % steps);
    if ascii {
        return ("#".repeat(full), ".".repeat(columns - full));
    }
    let mut done = "━".repeat(full);
    if part > 0 {
        done.push('╾');
    }
    let rest = "─".repeat(columns - full - usize::from(part > 0));
    (done, rest)
}

/// A value each column, in eight steps from nothing to the greatest.
pub(super) fn sparkline(values: &[u64], ascii: bool) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const MARKS: [char; 8] = ['.', ':', '-', '=', '+', '*', '#', '@'];
    let steps = if ascii { MARKS } else { BLOCKS };
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let step = |value: u64| {
        // What is not nothing stands above nothing.
        let step = (u128::from(value) * 7).div_ceil(u128::from(most));
        steps[usize::try_from(step).unwrap_or(7).min(7)]
    };
    values.iter().map(|value| step(*value)).collect()
}

fn zoned(at: Timestamp, zone: &TimeZone) -> Option<jiff::Zoned> {
    Some(jiff::Timestamp::from_microsecond(at.0).ok()?.to_zoned(zone.clone()))
}

/// The time of day, `14:32`.
pub(super) fn wall_clock(at: Timestamp, zone: &TimeZone) -> String {
    zoned(at, zone).map_or_else(String::new, |t| t.strftime("%H:%M").to_string())
}

/// The time of day with the zone that it is told in, `14:32 UTC`.
pub(super) fn clock_with_zone(at: Timestamp, zone: &TimeZone) -> String {
    zoned(at, zone).map_or_else(String::new, |t| t.strftime("%H:%M %Z").to_string())
}

/// The date alone, `2026-11-22`.
pub(super) fn day(at: Timestamp, zone: &TimeZone) -> String {
    zoned(at, zone).map_or_else(|| at.to_rfc3339(), |t| t.strftime("%Y-%m-%d").to_string())
}

/// An instant in full: the time of day, with the date when that is not today's.
pub(super) fn absolute(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let Some(t) = zoned(at, zone) else { return at.to_rfc3339() };
    let same_day = zoned(now, zone).is_some_and(|n| n.date() == t.date());
    t.strftime(if same_day { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
}

/// The time of day to the second.
pub(super) fn seconds_of_day(at: Timestamp, zone: &TimeZone) -> String {
    zoned(at, zone).map_or_else(|| at.to_rfc3339(), |t| t.strftime("%H:%M:%S").to_string())
}

/// An instant in full, to the millisecond.
pub(super) fn to_the_millisecond(at: Timestamp, zone: &TimeZone) -> String {
    zoned(at, zone).map_or_else(|| at.to_rfc3339(), |t| t.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string())
}

/// An instant in a column: the time of day, for other days the date with it, for other years the date alone.
pub(super) fn short_time(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let Some(t) = zoned(at, zone) else { return at.to_rfc3339() };
    let same = |same: &dyn Fn(&jiff::Zoned) -> bool| zoned(now, zone).is_some_and(|n| same(&n));
    let form = if same(&|n| n.date() == t.date()) {
        "%H:%M:%S"
    } else if same(&|n| n.year() == t.year()) {
        "%m-%d %H:%M"
    } else {
        "%Y-%m-%d"
    };
    t.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_separated_by_thousands() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-4_200, "−4,200")]
        {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn texts_are_cut_by_columns_and_never_in_the_middle_of_a_wide_character() {
        for (text, columns, cut) in [
            ("Aurora Pets", 11, "Aurora Pets"),
            ("Aurora Pets", 8, "Aurora…"),
            ("日本の店", 8, "日本の店"),
            ("日本の店", 6, "日本…"),
            ("日本の店", 5, "日本…"),
            ("日本", 1, "…"),
            ("x", 0, ""),
            ("two\nlines", 20, "two lines"),
        ] {
            assert_eq!(fit(text, columns, "…"), cut);
            assert_eq!(width(&pad(text, columns, Align::Left, "…")), columns);
            assert_eq!(width(&pad(text, columns, Align::Right, "…")), columns);
        }
    }

    #[test]
    fn long_texts_wrap_at_blanks_and_long_words_wherever_they_must() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 5), ["a", "", "b"]);
    }

    #[test]
    fn ages_say_when_they_are_outdated() {
        let s = Duration::from_secs;
        for (age, text, outdated_in) in [
            (0, "just now", 5),
            (42, "42 s ago", 1),
            (60, "1 min ago", 60),
            (899, "14 min ago", 1),
            (7_200, "2 h ago", 3_600),
            (90_000, "1 d ago", 82_800),
        ] {
            assert_eq!(ago(s(age)), (text.to_owned(), s(outdated_in)));
        }
    }

    #[test]
    fn an_estimate_is_no_more_exact_than_it_can_be() {
        for (seconds, text) in [
            (0, "5 s"),
            (41, "45 s"),
            (59, "60 s"),
            (60, "1 min"),
            (89, "1 min"),
            (250, "4 min"),
            (3_570, "60 min"),
            (3_600, "1 h"),
            (4_900, "1 h 20 min"),
            (359_999, "100 h"),
        ] {
            assert_eq!(about(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn changes_are_compact_and_say_so_when_there_were_none() {
        let counts =
            |added, changed, removed| ChangeCounts { added, changed, removed, ..ChangeCounts::default() };
        for (counts, text) in [
            (counts(312, 18, 4), "+312 ~18 −4"),
            (counts(0, 0, 18_201), "−18k"),
            (counts(1_250, 0, 0), "+1.2k"),
            (counts(0, 0, 0), "±0"),
        ] {
            assert_eq!(changes(&counts, false), text);
        }
    }

    #[test]
    fn a_bar_takes_exactly_its_columns() {
        for ratio in [0.0, 0.01, 0.5, 0.631, 0.999, 1.0] {
            for columns in [0, 1, 7, 20] {
                for ascii in [false, true] {
                    let (done, rest) = bar(ratio, columns, ascii);
                    assert_eq!(width(&done) + width(&rest), columns);
                }
            }
        }
        assert_eq!(bar(1.0, 4, false).0, "━━━━");
    }

    #[test]
    fn a_sparkline_has_a_step_for_each_value_and_none_for_nothing() {
        assert_eq!(sparkline(&[0, 1, 50, 99, 100], false), "▁▂▅██");
        assert_eq!(sparkline(&[0, 1, 50, 99, 100], true), ".:+@@");
        assert_eq!(sparkline(&[0, 0], false), "▁▁");
        assert_eq!(sparkline(&[u64::MAX, 1], false), "█▂");
        assert_eq!(sparkline(&[], false), "");
    }

    #[test]
    fn only_what_is_complete_shows_hundred_percent() {
        assert_eq!(percent(0.9999), 99);
        assert_eq!(percent(1.0), 100);
    }
}
