//! What differs from one run to the next is replaced, in place, so that texts of screens can be compared.

/// The placeholder for a character that differs from run to run.
const BLANK: char = '~';

/// Replaces times, dates, durations, rates, run numbers, request ids, ports, process ids, spinners and the scene's own
/// folder by placeholders of the same width. Columns stay where they are. The blanks beside a placeholder, all but one on
/// each side, are taken in with it, so that `9s` and `10s` in one column come out the same.
pub(crate) fn normalise(text: &str, folder: &str) -> String {
    text.replace(folder, &BLANK.to_string().repeat(folder.chars().count()))
        .lines()
        .map(|line| line_of(line) + "\n")
        .collect()
}

fn line_of(line: &str) -> String {
    let line = &without_drawing(line);
    let chars: Vec<char> = line.chars().collect();
    let mut out: Vec<char> = Vec::with_capacity(chars.len());
    let mut at = 0;
    while at < chars.len() {
        if ('\u{2801}'..='\u{28ff}').contains(&chars[at]) || ('\u{2581}'..='\u{2588}').contains(&chars[at]) {
            // A spinner's frame, or a bar of a trend.
            out.push(BLANK);
            at += 1;
            continue;
        }
        let inside = at > 0 && is_word(chars[at - 1]) && is_word(chars[at]);
        let begins = !inside && (chars[at].is_ascii_alphanumeric() || chars[at] == '#');
        let Some(length) = begins.then(|| volatile(&chars[at..])).flatten() else {
            out.push(chars[at]);
            at += 1;
            continue;
        };
        let mut end = at + length;
        if at > 0 && chars[at - 1] == BLANK && (end == chars.len() || follows(&chars, end, " left")) {
            // An estimate that nothing is aligned with: what follows it moves.
            out.extend([BLANK; ESTIMATE]);
            at = end;
            continue;
        }
        let before = out.iter().rev().take_while(|c| **c == ' ').count().saturating_sub(1);
        let after = chars[end..].iter().take_while(|c| **c == ' ').count();
        end += if end + after == chars.len() { after } else { after.saturating_sub(1) };
        out.truncate(out.len() - before);
        out.resize(out.len() + before + end - at, BLANK);
        at = end;
    }
    let mut line: String = out.into_iter().collect();
    // How many are still to be answered is chance, and so is which one was answered last.
    if let Some(at) = line.find(" in flight").filter(|at| line[..*at].ends_with(|c: char| c.is_ascii_digit()))
    {
        line.replace_range(at - 1..at, "~");
    }
    if let Some(at) = line.find("~ INFO  ") {
        line.truncate(at + "~ INFO  ".len());
        line.push(BLANK);
    }
    line
}

/// A line without the bars of a chart (`8 │ ▃▃██`) or of a timeline (`  ━━━   0:04`): where they begin and end is chance.
fn without_drawing(line: &str) -> String {
    let blocks = |text: &str| text.chars().all(|c| c == ' ' || ('\u{2581}'..='\u{2588}').contains(&c));
    if let Some((head, chart)) = line.split_once('│').filter(|(_, chart)| blocks(chart)) {
        return if chart.trim().is_empty() { line.to_owned() } else { format!("{head}│{BLANK}") };
    }
    let bar = line.find(" ━").filter(|at| line[at + 1..].trim_start_matches('━').starts_with(' '));
    let ends_with_time = line.rsplit("  ").next().is_some_and(|words| {
        let chars: Vec<char> = words.trim().chars().collect();
        clock(&chars).or_else(|| duration(&chars)) == Some(chars.len())
    });
    match bar.filter(|_| ends_with_time) {
        Some(at) => format!("{}  {BLANK}", line[..at].trim_end()),
        None => line.to_owned(),
    }
}

/// The width of every estimate in place of its own: `~5 s left`, `~10 s left`.
const ESTIMATE: usize = 3;

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '#')
}

/// The length of what differs from run to run at the start of a line's rest; `None` when nothing does.
fn volatile(rest: &[char]) -> Option<usize> {
    let ends = |at: usize| rest.get(at).is_none_or(|c| !c.is_alphanumeric());
    [request_ids, instant, duration, clock, rate, numbered, long_id]
        .iter()
        .find_map(|find| find(rest))
        .filter(|&length| ends(length))
}

fn digits(rest: &[char]) -> usize {
    rest.iter().take_while(|c| c.is_ascii_digit()).count()
}

fn follows(rest: &[char], at: usize, text: &str) -> bool {
    text.chars().enumerate().all(|(i, c)| rest.get(at + i) == Some(&c))
}

/// `2026-11-22`, `14:32`, `14:32:05`, `14:32:05.123`, and both with `T` or a blank between and `Z` behind.
fn instant(rest: &[char]) -> Option<usize> {
    let matches = |at: usize, pattern: &str| {
        pattern.chars().enumerate().all(|(i, p)| {
            rest.get(at + i).is_some_and(|c| if p == '0' { c.is_ascii_digit() } else { *c == p })
        })
    };
    let mut at = 0;
    if matches(0, "0000-00-00") {
        at = 10;
        if matches(at, "T00:00") || matches(at, " 00:00") {
            at += 1;
        }
    }
    if matches(at, "00:00:00.000") {
        at += 12;
    } else if matches(at, "00:00:00") {
        at += 8;
    } else if matches(at, "00:00") {
        at += 5;
    } else if at == 0 {
        return None;
    }
    Some(if follows(rest, at, "Z") { at + 1 } else { at })
}

/// `0:41`, `1:02:33`: how long something takes.
fn clock(rest: &[char]) -> Option<usize> {
    let mut end = digits(rest);
    let first = end;
    while follows(rest, end, ":") && digits(&rest[end + 1..]) == 2 {
        end += 3;
    }
    ((1..=2).contains(&first) && end > first).then_some(end)
}

/// `request id 7F3A`, `request ids 7F3A, 9c41-22aa`: words that are hexadecimal figures, after their label.
fn request_ids(rest: &[char]) -> Option<usize> {
    let label = ["request ids", "request id"].iter().find(|label| follows(rest, 0, label))?.len();
    let blanks = rest[label..].iter().take_while(|c| **c == ' ').count();
    let mut end = label + blanks;
    loop {
        end += rest[end..].iter().take_while(|c| c.is_ascii_hexdigit() || **c == '-').count();
        if !follows(rest, end, ", ") {
            return (end > label + blanks).then_some(end);
        }
        end += 2;
    }
}

/// `350ms`, `1.4s`, `2m 05s`, `3h`, `6 days`, `5 s`; with `ago` behind, and `just now`.
fn duration(rest: &[char]) -> Option<usize> {
    if follows(rest, 0, "just now") {
        return Some(8);
    }
    let one = |at: usize| {
        let mut end = at + digits(&rest[at.min(rest.len())..]);
        if end == at {
            return None;
        }
        if follows(rest, end, ".") {
            end += 1 + digits(&rest[end + 1..]);
        }
        let gap = usize::from(follows(rest, end, " "));
        let unit = [
            "ms", "µs", "min", "sec", "seconds", "second", "minutes", "minute", "hours", "hour", "days",
            "day", "s", "m", "h", "d",
        ]
        .iter()
        .filter(|unit| gap == 0 || unit.len() > 1 || **unit == "s")
        .find(|unit| {
            follows(rest, end + gap, unit)
                && rest.get(end + gap + unit.chars().count()).is_none_or(|c| !c.is_alphabetic())
        })?;
        Some(end + gap + unit.chars().count())
    };
    let mut end = one(0)?;
    loop {
        let gap = usize::from(follows(rest, end, " "));
        match one(end + gap) {
            Some(next) => end = next,
            None => return Some(if follows(rest, end, " ago") { end + 4 } else { end }),
        }
    }
}

/// `1.8/s`, `120 rows/s`, `1.8 of 10.0/s`, `1.8/s learned of 10.0`.
fn rate(rest: &[char]) -> Option<usize> {
    let mut end = rest.iter().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | 'k')).count();
    if digits(rest) == 0 {
        return None;
    }
    if follows(rest, end, " of ") && digits(&rest[end + 4..]) > 0 {
        end += 4 + rest[end + 4..].iter().take_while(|c| c.is_ascii_digit() || **c == '.').count();
    }
    // How many requests were answered, and how many lines were logged.
    if follows(rest, end, " answered") || follows(rest, end, " lines") {
        return Some(end);
    }
    for word in [" rows", " req", " requests"] {
        if follows(rest, end, word) && follows(rest, end + word.len(), "/s") {
            end += word.len();
        }
    }
    follows(rest, end, "/s").then_some(end + 2)
}

/// `run 17`, `#17`, `pid 4711`, `port 9000`.
fn numbered(rest: &[char]) -> Option<usize> {
    let word = ["run ", "Run ", "run #", "Run #", "#", "pid ", "port "]
        .iter()
        .find(|word| follows(rest, 0, word) && rest.get(word.len()).is_some_and(char::is_ascii_digit))?;
    Some(word.len() + digits(&rest[word.len()..]))
}

/// Ids of requests, and addresses with a port: `127.0.0.1:41023`.
fn long_id(rest: &[char]) -> Option<usize> {
    let id = rest.iter().take_while(|c| c.is_ascii_hexdigit() || **c == '-').count();
    let figures = rest[..id].iter().filter(|c| c.is_ascii_digit()).count();
    // Profile and entity ids are long numbers too, and the same each time: only a mixture is a request's.
    if id >= 16 && figures < id && figures > 0 {
        return Some(id);
    }
    let address = follows(rest, 0, "127.0.0.1:").then_some(10)?;
    Some(address + digits(&rest[address..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn becomes(line: &str, expected: &str) {
        assert_eq!(normalise(line, "/tmp/scene"), format!("{expected}\n"));
        assert_eq!(line.chars().count(), expected.chars().count(), "the width changed");
    }

    #[test]
    fn what_differs_from_run_to_run_is_replaced_in_its_own_width() {
        for (line, expected) in [
            ("at 14:32:05 UTC", "at ~~~~~~~~ UTC"),
            ("at 14:32, done", "at ~~~~~, done"),
            ("2026-11-22T14:32:05Z", "~~~~~~~~~~~~~~~~~~~~"),
            ("2026-11-22 14:32:05.123  INFO", "~~~~~~~~~~~~~~~~~~~~~~~~ INFO"),
            ("and above  149 lines", "and above ~~~~ lines"),
            ("on 2026-11-22 14:32 by", "on ~~~~~~~~~~~~~~~~ by"),
            ("took 350ms and 1.4s", "took ~~~~~ and ~~~~"),
            ("2m 05s ago", "~~~~~~~~~~"),
            ("seen 14 min ago by", "seen ~~~~~~~~~~ by"),
            ("just now", "~~~~~~~~"),
            ("took 0:01", "took ~~~~"),
            ("1.8 of 10.0/s", "~~~~~~~~~~~~~"),
            ("request ids  7F3A, 9c41-22aa, 5F8FC265", "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"),
            ("in 12 minutes.", "in ~~~~~~~~~~."),
            ("│1.8/s│", "│~~~~~│"),
            ("120 rows/s", "~~~~~~~~~~"),
            ("run 17 failed", "~~~~~~ failed"),
            ("(#17)", "(~~~)"),
            ("pid 4711", "~~~~~~~~"),
            ("id 4f1d22aa-9c00-4e2b", "id ~~~~~~~~~~~~~~~~~~"),
            ("http://127.0.0.1:41023/v2", "http://~~~~~~~~~~~~~~~/v2"),
            ("⠋ fetching", "~ fetching"),
            ("sqlite:/tmp/scene/a.db", "sqlite:~~~~~~~~~~/a.db"),
        ] {
            becomes(line, expected);
        }
    }

    #[test]
    fn what_is_the_same_each_time_stays() {
        for line in [
            "SP keywords  1,204 of 1,204",
            "profile 3141592653589793",
            "campaign 2812345678901234567",
            "3 added, 12 changed",
            "20 % of 350",
            "SB v4",
            "Kettle 5l, 7in1",
            "m 5 main",
            "127.0.0.1",
            "12 selected",
        ] {
            becomes(line, line);
        }
    }

    #[test]
    fn an_estimate_comes_out_the_same_however_long_it_is() {
        for line in
            ["62 %   ~5 s left   3 queued", "62 %   ~10 s left   3 queued", "62 %   ~1:02:33 left   3 queued"]
        {
            assert_eq!(line_of(line), "62 %   ~~~~ left   3 queued");
        }
        assert_eq!(line_of("fetching  61 %  ~5 s"), line_of("fetching  61 %  ~10 s"));
    }

    #[test]
    fn drawings_come_out_the_same_wherever_their_bars_end() {
        for (line, expected) in [
            ("    6.2/s │     ▃▃▃██", "    6.2/s │~"),
            (" SP ads   ✓ proved   73  ━━       0.4 s", " SP ads   ✓ proved   73  ~"),
            (" SP ads   ✓ proved   73       ━━━━  1:02:33", " SP ads   ✓ proved   73  ~"),
            // A bar with a track, and a full one beside a number, are what is compared.
            (" x ━━━╾───  24 %  0:12", " x ━━━╾───  24 %  0:12"),
            (" burst ━━━━━━━━━━ 10/10", " burst ━━━━━━━━━━ 10/10"),
            ("│ a frame │", "│ a frame │"),
        ] {
            assert_eq!(without_drawing(line), expected);
        }
        assert_eq!(line_of("in 5 min: 1,234 answered  1 throttled"), "in ~~~~~: ~~~~~ answered  1 throttled");
    }

    #[test]
    fn a_column_comes_out_the_same_however_wide_its_value_is() {
        becomes("│   9s │ x", "│ ~~~~ │ x");
        becomes("│  10s │ x", "│ ~~~~ │ x");
        becomes("│ 9s   │", "│ ~~~~ │");
        becomes("│ 1m 5s│", "│ ~~~~~│");
    }
}
