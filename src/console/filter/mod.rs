//! The filter language of lists: terms that must all hold, each of one field or of a row's words.
//!
//! `status:failed,held country:DE name~shoes rows:>1000 stale:>24h -type:vendor "two words"`. What fields there are a
//! list says by its [`Schema`]; what a row has in them, by [`Row`]. Knows no list, no keys and no clock.

mod complete;
mod line;
mod parse;

use std::time::Duration;

use crate::domain::time::Timestamp;

pub(super) use complete::Offer;
pub(super) use line::{FilterLine, Typed};

/// What can be asked of a field, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, of which any part may be asked.
    Text,
    /// One of the words that occur, of which the beginning may be asked. A row may have several, apart by [`ALSO`].
    Word,
    /// One of these words and no other; a row may have several of them.
    OneOf(&'static [&'static str]),
    /// A number: `>1000`, `10..20`, `5k`.
    Number,
    /// A span of time in milliseconds: `>5m`. Without a sign that long or longer.
    Span,
    /// An instant by its age: `>24h`. What never was is older than everything. Without a sign that old or older.
    Older {
        /// The age that `yes` stands for.
        yes: Duration,
    },
    /// The same; without a sign that old or younger.
    Within,
}

/// Stands between the words of a field that has several.
pub(super) const ALSO: char = '\t';

/// A field that can be asked by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What it is, in a few words.
    pub(super) means: &'static str,
}

/// A field of a schema.
pub(super) const fn field(name: &'static str, kind: Kind, means: &'static str) -> Field {
    Field { name, kind, means }
}

/// The fields of a list.
pub(super) type Schema = &'static [Field];

/// What a row has in a field; texts in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Number(i64),
    At(Option<Timestamp>),
    /// There is none, and nothing that is asked holds of it.
    Nothing,
}

/// A row that can be asked.
pub(super) trait Row {
    /// What it has in the field of that place in the schema.
    fn value(&self, field: usize) -> Value<'_>;

    /// Every text in which a plain word is looked for, in lower case; a line end between two of them.
    fn words(&self) -> &str;
}

/// Texts of a row in one piece, in lower case, in which words are looked for at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Texts {
    all: String,
    ends: Vec<usize>,
}

impl Texts {
    /// Puts texts together.
    pub(super) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut out = Self::default();
        for text in texts {
            out.all
                .extend(text.chars().flat_map(char::to_lowercase).map(|c| if c == '\n' { ' ' } else { c }));
            out.ends.push(out.all.len());
            out.all.push('\n');
        }
        out
    }

    /// The text of that place; empty past the last one.
    pub(super) fn get(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(Some(0), |before| Some(self.ends.get(before)? + 1));
        let range = start.zip(self.ends.get(index)).map(|(start, end)| start..*end);
        range.and_then(|range| self.all.get(range)).unwrap_or("")
    }

    /// The first so many of them in one piece.
    pub(super) fn first(&self, count: usize) -> &str {
        count.checked_sub(1).and_then(|last| self.all.get(..*self.ends.get(last)?)).unwrap_or(&self.all)
    }
}

/// How a text is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Contains(String),
    Begins(String),
}

/// Least and greatest of what is asked for, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    least: i64,
    most: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    /// Somewhere in the row's words.
    Anywhere(String),
    Text(usize, Vec<Wanted>),
    Number(usize, Vec<Range>),
    /// Ages in microseconds.
    Age(usize, Vec<Range>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    negated: bool,
    test: Test,
}

/// A parsed filter; the empty one shows every row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Filter {
    terms: Vec<Term>,
}

impl Filter {
    /// Reads a filter over the fields of a list.
    ///
    /// # Errors
    /// A sentence that says which term cannot be understood, and what could be meant.
    pub(super) fn parse(text: &str, schema: Schema) -> Result<Self, String> {
        parse::filter(text, schema)
    }

    /// True when every term holds.
    pub(super) fn matches(&self, row: &impl Row, now: Timestamp) -> bool {
        self.terms.iter().all(|term| term.test.holds(row, now) != term.negated)
    }

    /// True when a field is asked.
    pub(super) fn asks(&self, index: usize) -> bool {
        self.terms.iter().any(|term| match term.test {
            Test::Anywhere(_) => false,
            Test::Text(field, _) | Test::Number(field, _) | Test::Age(field, _) => field == index,
        })
    }

    /// True when time alone can change which rows match.
    pub(super) fn goes_by_time(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Age(..)))
    }
}

impl Test {
    fn holds(&self, row: &impl Row, now: Timestamp) -> bool {
        match self {
            Self::Anywhere(word) => row.words().contains(word.as_str()),
            Self::Text(field, wanted) => {
                let Value::Text(text) = row.value(*field) else { return false };
                wanted.iter().any(|wanted| match wanted {
                    Wanted::Contains(part) => text.contains(part.as_str()),
                    Wanted::Begins(start) => text.split(ALSO).any(|word| word.starts_with(start.as_str())),
                })
            }
            Self::Number(field, ranges) => {
                let Value::Number(number) = row.value(*field) else { return false };
                ranges.iter().any(|range| range.contains(number))
            }
            Self::Age(field, ranges) => {
                let Value::At(at) = row.value(*field) else { return false };
                let age = at.map_or(i64::MAX, |at| now.0.saturating_sub(at.0));
                ranges.iter().any(|range| range.contains(age))
            }
        }
    }
}

impl Range {
    const fn contains(self, number: i64) -> bool {
        self.least <= number && number <= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_795_357_925);
    const DAY: Duration = Duration::from_secs(86_400);

    pub(super) const SCHEMA: Schema = &[
        field("name", Kind::Text, "the profile's name"),
        field("country", Kind::Word, "its marketplace"),
        field("status", Kind::OneOf(&["failed", "held", "access lost", "proved"]), "its state now"),
        field("rows", Kind::Number, "rows stored"),
        field("took", Kind::Span, "how long"),
        field("stale", Kind::Older { yes: DAY }, "age of the last proof"),
        field("since", Kind::Within, "when it began"),
        field("left", Kind::Number, "what it never has"),
    ];

    pub(super) struct Shop {
        pub(super) texts: Texts,
        pub(super) synced: Option<Timestamp>,
    }

    impl Row for Shop {
        fn value(&self, field: usize) -> Value<'_> {
            match field {
                0..3 => Value::Text(self.texts.get(field)),
                3 => Value::Number(12_000),
                4 => Value::Number(90_000),
                7 => Value::Nothing,
                _ => Value::At(self.synced),
            }
        }

        fn words(&self) -> &str {
            self.texts.first(3)
        }
    }

    pub(super) fn shop() -> Shop {
        let texts = Texts::new(["Aurora Pets\nGmbH", "DE", "access lost", "hidden"]);
        Shop { texts, synced: Some(NOW.minus(2 * DAY)) }
    }

    fn matches(filter: &str, shop: &Shop) -> bool {
        Filter::parse(filter, SCHEMA).unwrap().matches(shop, NOW)
    }

    #[test]
    fn every_term_must_hold() {
        for (filter, hit) in [
            ("", true),
            ("AURORA", true),
            ("aurora lost", true),
            ("aurora proved", false),
            ("\"pets gmbh\"", true),
            ("\"gmbh de\"", false),
            ("hidden", false),
            ("-aurora", false),
            ("-zephyr", true),
            ("-", true),
            ("country:de,uk", true),
            ("country:uk", false),
            ("-country:uk,fr", true),
            ("country:e", false),
            ("country~e", true),
            ("country:", true),
            ("country:,", true),
            ("name:pets", true),
            ("name~\"rora pe\"", true),
            ("name:de", false),
            ("status:acc", true),
            ("status:\"access lost\"", true),
            ("status:failed,access", true),
            ("-status:proved -status:failed", true),
            ("rows:>1000", true),
            ("rows:>12000", false),
            ("rows:>=12k", true),
            ("rows:<12,000", false),
            ("rows:12000", true),
            ("rows:=5", false),
            ("rows:10k..20k", true),
            ("rows:1..2,12000", true),
            ("rows:>", true),
            ("took:>1m", true),
            ("took:90s", true),
            ("took:2m", false),
            ("took:<1m", false),
            ("stale:>24h", true),
            ("stale:1d", true),
            ("stale:3d", false),
            ("stale:<3d", true),
            ("stale:yes", true),
            ("stale:no", false),
            ("since:3d", true),
            ("since:24h", false),
            ("since:<1w", true),
            ("left:<5", false),
            ("left:>=0", false),
            ("-left:>=0", true),
        ] {
            assert_eq!(matches(filter, &shop()), hit, "{filter}");
        }
    }

    #[test]
    fn what_never_was_is_older_than_everything() {
        let never = Shop { synced: None, ..shop() };
        for (filter, hit) in
            [("stale:yes", true), ("stale:>9999d", true), ("stale:no", false), ("since:9d", false)]
        {
            assert_eq!(matches(filter, &never), hit, "{filter}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_told_with_what_could_be_meant() {
        for (filter, told) in [
            ("statsu:failed", "unknown field statsu: did you mean status?"),
            (
                "https://x",
                "unknown field https: quote the word, or ask name, country, status, rows, took, stale, since, left",
            ),
            ("stale:24x", "24x is no duration: write 30m, 24h or 7d"),
            ("stale:>2", "2 is no duration: write 30m, 24h or 7d"),
            ("rows:many", "many is no number: write 1000, >5k or 10..20"),
            ("rows:20..10", "20..10 is no range: the least comes first"),
            ("rows~1", "rows is asked with a colon: rows:>1000"),
            ("status:faild", "no status is faild: did you mean failed?"),
            ("status:x", "no status is x: failed, held, access lost, proved"),
        ] {
            assert_eq!(Filter::parse(filter, SCHEMA), Err(told.to_owned()), "{filter}");
        }
    }

    #[test]
    fn a_word_in_quotes_is_a_word_whatever_it_holds() {
        for filter in ["\"a:b\"", "\"-x\"", "-\"x:y\"", "\"open"] {
            assert!(Filter::parse(filter, SCHEMA).is_ok(), "{filter}");
        }
        assert!(!matches("\"a:b\"", &shop()));
    }

    #[test]
    fn a_field_may_have_several_words_and_each_is_asked_from_its_beginning() {
        let shop = Shop { texts: Texts::new(["", "de\tfr", ""]), synced: None };
        for (filter, hit) in
            [("country:fr", true), ("country:d", true), ("country:r", false), ("-country:fr", false)]
        {
            assert_eq!(matches(filter, &shop), hit, "{filter}");
        }
    }

    #[test]
    fn a_filter_knows_which_fields_it_asks() {
        let filter = Filter::parse("aurora -took:>5s country:de since:1h", SCHEMA).unwrap();
        let asked: Vec<usize> = (0..SCHEMA.len()).filter(|field| filter.asks(*field)).collect();
        assert_eq!(asked, [1, 4, 6]);
    }

    #[test]
    fn only_ages_go_by_time() {
        for (filter, by_time) in [("aurora rows:>5", false), ("stale:yes", true), ("-since:1h", true)] {
            assert_eq!(Filter::parse(filter, SCHEMA).unwrap().goes_by_time(), by_time, "{filter}");
        }
    }

    #[test]
    fn texts_keep_their_places() {
        let texts = Texts::new(["Ab", "", "CD"]);
        assert_eq!([0, 1, 2, 3].map(|i| texts.get(i)), ["ab", "", "cd", ""]);
        assert_eq!((texts.first(2), texts.first(9)), ("ab\n", "ab\n\ncd\n"));
    }
}
