//! What may stand where the cursor of a filter line is: names of fields, values that occur, with what they mean.

use std::collections::HashMap;

use super::parse::{asked, example, negation, tokens};
use super::{ALSO, Kind, Row, Schema, Value};
use crate::console::text::count;

/// Something that can be put in at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::console) struct Offer {
    /// What replaces what was typed of it; empty for a hint that cannot be put in.
    pub(super) insert: String,
    /// The word that is shown.
    pub(in crate::console) word: String,
    /// What it means, or on how many rows it occurs.
    pub(in crate::console) means: String,
}

/// Offers, and the bytes of the line that they replace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Offers {
    pub(super) offers: Vec<Offer>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The most that are worth reading.
const MOST: usize = 12;

/// What may stand at a place of a line.
pub(super) fn at<'a, R: Row + 'a>(
    line: &str,
    cursor: usize,
    schema: Schema,
    rows: impl Iterator<Item = &'a R>,
) -> Offers {
    let here = tokens(line).into_iter().find(|t| t.start <= cursor && cursor <= t.start + t.text.len());
    let Some(token) = here else {
        return Offers { offers: fields(schema, ""), start: cursor, end: cursor };
    };
    let end = token.start + token.text.len();
    let (_, word) = negation(token.text);
    let Some((name, _, text)) = asked(word) else {
        let start = end - word.len();
        let offers = if word.starts_with('"') { Vec::new() } else { fields(schema, &word.to_lowercase()) };
        return Offers { offers, start, end };
    };
    let Some(index) = schema.iter().position(|f| f.name == name.to_lowercase()) else {
        return Offers::default();
    };
    let last = text.rfind(',').map_or(text, |comma| &text[comma + 1..]);
    let typed = last.replace('"', "").to_lowercase();
    Offers { offers: values(schema, index, &typed, rows), start: end - last.len(), end }
}

fn fields(schema: Schema, typed: &str) -> Vec<Offer> {
    let offer = |field: &super::Field| Offer {
        insert: format!("{}:", field.name),
        word: field.name.to_owned(),
        means: field.means.to_owned(),
    };
    schema.iter().filter(|field| field.name.starts_with(typed)).map(offer).collect()
}

fn values<'a, R: Row + 'a>(
    schema: Schema,
    index: usize,
    typed: &str,
    rows: impl Iterator<Item = &'a R>,
) -> Vec<Offer> {
    let field = &schema[index];
    let hint = || {
        let word = format!("{}:{}", field.name, example(field.kind));
        vec![Offer { insert: String::new(), word, means: field.means.to_owned() }]
    };
    match field.kind {
        Kind::Text | Kind::Number | Kind::Span | Kind::Within => hint(),
        Kind::Older { .. } => {
            let mut offers = Vec::new();
            for (word, means) in [("yes", "longer ago than a day, or never"), ("no", "within a day")] {
                if word.starts_with(typed) {
                    offers.push(Offer {
                        insert: word.to_owned(),
                        word: word.to_owned(),
                        means: means.to_owned(),
                    });
                }
            }
            // What cannot be put in comes last.
            if typed.is_empty() || offers.is_empty() {
                offers.extend(hint());
            }
            offers
        }
        Kind::Word | Kind::OneOf(_) => {
            let mut found: HashMap<&str, u64> = HashMap::new();
            for row in rows {
                let Value::Text(text) = row.value(index) else { continue };
                for word in text.split(ALSO).filter(|word| !word.is_empty() && word.starts_with(typed)) {
                    *found.entry(word).or_default() += 1;
                }
            }
            let mut found: Vec<(&str, u64)> = found.into_iter().collect();
            found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
            found.truncate(MOST);
            let offer = |(word, n): (&str, u64)| Offer {
                insert: if word.contains([' ', ',']) { format!("\"{word}\"") } else { word.to_owned() },
                word: word.to_owned(),
                means: count(n),
            };
            found.into_iter().map(offer).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{SCHEMA, shop};
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let rows = [shop(), shop()];
        at(line, line.len(), SCHEMA, rows.iter()).offers.into_iter().map(|o| o.word).collect()
    }

    #[test]
    fn fields_and_values_that_occur_are_offered_where_the_cursor_is() {
        for (line, offered) in [
            ("st", &["status", "stale"][..]),
            ("aurora -co", &["country"]),
            ("country:", &["de"]),
            ("country:uk,", &["de"]),
            ("country:x", &[]),
            ("status:\"acc", &["access lost"]),
            ("rows:", &["rows:>1000"]),
            ("stale:y", &["yes"]),
            ("stale:>", &["stale:>24h"]),
            ("zzz", &[]),
            ("nope:", &[]),
        ] {
            assert_eq!(words(line), offered, "{line}");
        }
        assert_eq!(words("").len(), SCHEMA.len());
        assert_eq!(words("aurora ").len(), SCHEMA.len());
    }

    #[test]
    fn each_of_several_words_of_a_row_is_offered() {
        let texts = super::super::Texts::new(["", "uk\tfr\tfi", ""]);
        let rows = [shop(), super::super::tests::Shop { texts, synced: None }];
        let offered = |line: &str| -> Vec<String> {
            at(line, line.len(), SCHEMA, rows.iter()).offers.into_iter().map(|o| o.word).collect()
        };
        assert_eq!(offered("country:"), ["de", "fi", "fr", "uk"]);
        assert_eq!(offered("country:f"), ["fi", "fr"]);
    }

    #[test]
    fn an_offer_replaces_what_was_typed_of_it() {
        let rows = [shop()];
        for (line, range, insert) in [
            ("-st", (1, 3), "status:"),
            ("x status:failed,a", (16, 17), "\"access lost\""),
            ("x ", (2, 2), "name:"),
        ] {
            let offers = at(line, line.len(), SCHEMA, rows.iter());
            assert_eq!((offers.start, offers.end), range, "{line}");
            assert_eq!(offers.offers[0].insert, insert);
        }
    }
}
