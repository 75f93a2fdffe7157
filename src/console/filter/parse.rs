//! From a line of text to terms, and sentences about what cannot be understood.

use super::{Field, Filter, Kind, Range, Schema, Term, Test, Wanted};

/// A word of the line: everything up to a blank that stands outside quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// Where it begins in the line, in bytes.
    pub(super) start: usize,
    pub(super) text: &'a str,
}

/// The words of a line.
pub(super) fn tokens(line: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let (mut start, mut quoted) = (None, false);
    for (i, c) in line.char_indices() {
        if c == '"' {
            quoted = !quoted;
        }
        match start {
            None if !c.is_whitespace() => start = Some(i),
            Some(begun) if c.is_whitespace() && !quoted => {
                out.push(Token { start: begun, text: &line[begun..i] });
                start = None;
            }
            _ => {}
        }
    }
    out.extend(start.map(|begun| Token { start: begun, text: &line[begun..] }));
    out
}

/// A word as name, sign and values, when it asks a field.
pub(super) fn asked(word: &str) -> Option<(&str, char, &str)> {
    let end = word.find(|c: char| !c.is_alphanumeric())?;
    let sign = word[end..].chars().next().filter(|c| matches!(c, ':' | '~'))?;
    (end > 0).then(|| (&word[..end], sign, &word[end + 1..]))
}

/// Where a word's negation ends.
pub(super) fn negation(word: &str) -> (bool, &str) {
    word.strip_prefix('-').map_or((false, word), |rest| (true, rest))
}

/// Values that are apart by commas outside quotes.
fn values(text: &str) -> impl Iterator<Item = String> {
    let mut quoted = false;
    let parts = text.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    parts.map(|part| part.replace('"', "").to_lowercase()).filter(|part| !part.trim().is_empty())
}

pub(super) fn filter(line: &str, schema: Schema) -> Result<Filter, String> {
    let mut terms = Vec::new();
    for token in tokens(line) {
        let (negated, word) = negation(token.text);
        let test = match asked(word) {
            Some((name, sign, text)) => field(schema, name, sign, text)?,
            None => {
                let word = word.replace('"', "").to_lowercase();
                (!word.is_empty()).then_some(Test::Anywhere(word))
            }
        };
        terms.extend(test.map(|test| Term { negated, test }));
    }
    Ok(Filter { terms })
}

/// The test of one field; `None` while no value stands there yet.
fn field(schema: Schema, name: &str, sign: char, text: &str) -> Result<Option<Test>, String> {
    let name = name.to_lowercase();
    let found = schema.iter().position(|field| field.name == name);
    let index = found.ok_or_else(|| unknown(schema, &name))?;
    let field = &schema[index];
    if sign == '~' && !matches!(field.kind, Kind::Text | Kind::Word | Kind::OneOf(_)) {
        return Err(format!("{name} is asked with a colon: {name}:{}", example(field.kind)));
    }
    let texts = |wanted: fn(String) -> Wanted| Test::Text(index, values(text).map(wanted).collect());
    let test = match field.kind {
        Kind::Text => texts(Wanted::Contains),
        _ if sign == '~' => texts(Wanted::Contains),
        Kind::Word => texts(Wanted::Begins),
        Kind::OneOf(words) => {
            for value in values(text) {
                known(field, words, &value)?;
            }
            texts(Wanted::Begins)
        }
        Kind::Number => Test::Number(index, ranges(&without_separators(text), number, Bare::Exactly)?),
        Kind::Span => Test::Number(index, ranges(text, |text| Ok(duration(text)? / 1_000), Bare::AtLeast)?),
        Kind::Older { yes } => {
            let yes = i64::try_from(yes.as_micros()).unwrap_or(i64::MAX);
            match text.to_lowercase().as_str() {
                "yes" => Test::Age(index, vec![Range { least: yes, most: i64::MAX }]),
                "no" => Test::Age(index, vec![Range { least: i64::MIN, most: yes - 1 }]),
                // On the way to one of the two.
                "y" | "ye" | "n" => return Ok(None),
                _ => Test::Age(index, ranges(text, duration, Bare::AtLeast)?),
            }
        }
        Kind::Within => Test::Age(index, ranges(text, duration, Bare::AtMost)?),
    };
    let empty = match &test {
        Test::Text(_, wanted) => wanted.is_empty(),
        Test::Number(_, ranges) | Test::Age(_, ranges) => ranges.is_empty(),
        Test::Anywhere(_) => false,
    };
    Ok((!empty).then_some(test))
}

/// What can be written after a field's colon.
pub(super) const fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Word | Kind::OneOf(_) => "word",
        Kind::Number => ">1000",
        Kind::Span => ">5m",
        Kind::Older { .. } => ">24h",
        Kind::Within => "24h",
    }
}

fn unknown(schema: Schema, name: &str) -> String {
    match nearest(name, schema.iter().map(|field| field.name)) {
        Some(near) => format!("unknown field {name}: did you mean {near}?"),
        None => {
            let names: Vec<&str> = schema.iter().map(|field| field.name).collect();
            format!("unknown field {name}: quote the word, or ask {}", names.join(", "))
        }
    }
}

fn known(field: &Field, words: &'static [&'static str], value: &str) -> Result<(), String> {
    if words.iter().any(|word| word.starts_with(value)) {
        return Ok(());
    }
    let name = field.name;
    Err(match nearest(value, words.iter().copied()) {
        Some(near) => format!("no {name} is {value}: did you mean {near}?"),
        None => format!("no {name} is {value}: {}", words.join(", ")),
    })
}

/// The word that was probably meant.
fn nearest(text: &str, words: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let near = words.map(|word| (strsim::damerau_levenshtein(text, word), word));
    near.filter(|(distance, word)| *distance <= 2 && *distance * 2 < word.len()).min().map(|(_, word)| word)
}

/// `1,000,000` as one number: a comma before exactly three digits stands inside it.
fn without_separators(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let inside =
        |i: usize| i > 0 && digit(i - 1) && digit(i + 1) && digit(i + 2) && digit(i + 3) && !digit(i + 4);
    text.char_indices().filter(|(i, c)| *c != '_' && (*c != ',' || !inside(*i))).map(|(_, c)| c).collect()
}

/// What a value without a sign asks for.
#[derive(Clone, Copy)]
enum Bare {
    Exactly,
    AtLeast,
    AtMost,
}

fn ranges(text: &str, read: impl Fn(&str) -> Result<i64, String>, bare: Bare) -> Result<Vec<Range>, String> {
    let all = Range { least: i64::MIN, most: i64::MAX };
    let range = |value: &str| -> Result<Option<Range>, String> {
        if let Some((least, most)) = value.split_once("..").filter(|(a, b)| !a.is_empty() && !b.is_empty()) {
            let range = Range { least: read(least)?, most: read(most)? };
            if range.least > range.most {
                return Err(format!("{value} is no range: the least comes first"));
            }
            return Ok(Some(range));
        }
        let end = value.find(|c| !matches!(c, '<' | '>' | '=')).unwrap_or(value.len());
        let (sign, rest) = value.split_at(end);
        let rest = rest.trim_end_matches('.');
        if rest.is_empty() {
            return Ok(None);
        }
        let number = read(rest)?;
        Ok(Some(match (sign, bare) {
            (">", _) => Range { least: number.saturating_add(1), ..all },
            (">=", _) | ("", Bare::AtLeast) => Range { least: number, ..all },
            ("<", _) => Range { most: number.saturating_sub(1), ..all },
            ("<=", _) | ("", Bare::AtMost) => Range { most: number, ..all },
            ("=" | "==", _) | ("", Bare::Exactly) => Range { least: number, most: number },
            _ => return Err(format!("{sign} is no sign: write >, >=, <, <= or =")),
        }))
    };
    values(text).filter_map(|value| range(value.trim()).transpose()).collect()
}

fn number(text: &str) -> Result<i64, String> {
    let (digits, unit) = match text.char_indices().next_back() {
        Some((i, 'k')) => (&text[..i], 1_000),
        Some((i, 'm')) => (&text[..i], 1_000_000),
        _ => (text, 1),
    };
    let number = digits.parse::<i64>().ok().and_then(|n| n.checked_mul(unit));
    number.ok_or_else(|| format!("{text} is no number: write 1000, >5k or 10..20"))
}

/// A duration in microseconds.
fn duration(text: &str) -> Result<i64, String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let seconds = match unit {
        "s" => Some(1),
        "m" | "min" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        "w" => Some(7 * 86_400),
        _ => None,
    };
    let micros =
        seconds.zip(digits.parse::<i64>().ok()).and_then(|(unit, n)| n.checked_mul(unit * 1_000_000));
    micros.ok_or_else(|| format!("{text} is no duration: write 30m, 24h or 7d"))
}
