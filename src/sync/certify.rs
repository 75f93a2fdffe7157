//! The proof that a unit was fetched completely. Pure: pages in, verdicts out.

use std::collections::HashSet;

use crate::domain::code::Code;
use crate::domain::entity::Paging;
use crate::domain::id::EntityId;
use crate::domain::page::Page;
use crate::domain::plural::plural;

/// How a list goes on after a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// With this token.
    Token(String),
    /// At this index.
    Index(u64),
    /// Not at all: this page is its proved end.
    End,
}

/// Why a list proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Following it would go round in a circle.
    #[error("the list repeated a page token after {pages} pages")]
    RepeatedToken {
        /// Pages until then.
        pages: u64,
    },
    /// The server serves the same rows again.
    #[error("page {page} of the list had {rows} rows, all of them known already")]
    NoProgress {
        /// Position in the list, from 1.
        page: u64,
        /// Rows in it.
        rows: usize,
    },
    /// The list never ends.
    #[error("the list went on over {pages} empty pages")]
    Endless {
        /// Empty pages in a row.
        pages: u64,
    },
    /// A page has a row twice, so that nobody can tell where the next one begins.
    #[error("page {page} of the list had {rows} rows, only {distinct} of them distinct")]
    RepeatedRows {
        /// Position in the list, from 1.
        page: u64,
        /// Rows in it.
        rows: usize,
        /// Distinct rows in it.
        distinct: usize,
    },
    /// The account shrank while it was listed, twice: rows may have slipped from a page not yet read into one read.
    #[error("the list shrank from {from} to {to} rows while it was read, twice")]
    Shrank {
        /// The largest total that the second listing reported.
        from: u64,
        /// The total that it reported after that.
        to: u64,
    },
    /// The API has rows, asked for by id, that its list lacked, twice.
    #[error("the list lacked {} that the API still has, twice", plural(*lacking, "row", "rows"))]
    Lacking {
        /// Rows that were only found by id.
        lacking: u64,
    },
    /// Fewer rows than the API itself counts, twice.
    #[error("the list ended after {distinct} of {total} rows, twice")]
    Incomplete {
        /// Distinct rows received.
        distinct: u64,
        /// The smallest total that the second listing reported.
        total: u64,
    },
}

impl ListError {
    /// Stable and machine-readable.
    pub(super) const fn code(&self) -> Code {
        match self {
            Self::RepeatedToken { .. } => Code::RepeatedToken,
            Self::NoProgress { .. } => Code::NoProgress,
            Self::Endless { .. } => Code::Endless,
            Self::RepeatedRows { .. } => Code::RepeatedRows,
            Self::Shrank { .. } => Code::Shrank,
            Self::Lacking { .. } | Self::Incomplete { .. } => Code::IncompleteList,
        }
    }
}

/// Empty pages in a row that are still believed, while each brings a new token.
const MAX_EMPTY_PAGES: u64 = 1_000;

/// What has been received of a unit. Some sixteen bytes for each row.
#[derive(Debug, Default)]
pub(super) struct UnitProof {
    keys: HashSet<u128>,
    rows: u64,
    totals: Totals,
    /// What is wrong with a part of a split list, in words.
    bad_part: Option<String>,
    /// Set once single rows are asked for; totals of such answers count something else.
    asked: Option<Asked>,
}

/// What a list's pages said of its rows in all.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    last: Option<u64>,
    smallest: Option<u64>,
    largest: Option<u64>,
    /// The first total that was smaller than one before it, and that one.
    shrank: Option<(u64, u64)>,
}

impl Totals {
    /// Takes a reported total in; a page without one withdraws none.
    fn count(&mut self, total: Option<u64>) {
        let Some(total) = total else { return };
        self.last = Some(total);
        self.smallest = Some(self.smallest.map_or(total, |known| known.min(total)));
        let largest = self.largest.map_or(total, |known| known.max(total));
        self.largest = Some(largest);
        if total < largest && self.shrank.is_none() {
            self.shrank = Some((largest, total));
        }
    }

    /// Why a list that ended with so many distinct rows is not to be believed, in words.
    fn doubt(&self, distinct: u64) -> Option<String> {
        match (self.last, self.shrank) {
            (_, Some((from, to))) => Some(format!("it shrank from {from} to {to} rows while it was read")),
            (Some(total), _) if distinct < total => {
                Some(format!("it ended after {distinct} of {total} rows"))
            }
            _ => None,
        }
    }
}

/// Rows that a list lacked and that were asked for one by one.
#[derive(Debug)]
struct Asked {
    keys: HashSet<u128>,
    /// Those that the API still has.
    found: u64,
}

/// What a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All its rows.
    All,
    /// The rows of some campaigns, as one of the parts that together are all. Its totals count the part.
    Part,
    /// Rows with these ids. A server that cannot filter by id answers with rows that it has anyway.
    Rows,
    /// All rows of these parents.
    OfParents,
}

/// One list of a unit on its way to its end.
#[derive(Debug)]
pub(super) struct ListProof {
    paging: Paging,
    wanted: Wanted,
    /// What this list alone has had: lists of one unit may overlap.
    keys: HashSet<u128>,
    tokens: HashSet<u128>,
    index: u64,
    pages: u64,
    /// Empty pages since the last row.
    empty: u64,
    /// Of this list alone.
    totals: Totals,
}

/// The number that stands for an id in sets: no two ids of an account share it.
pub(super) fn key_of(id: &str) -> u128 {
    xxhash_rust::xxh3::xxh3_128(id.as_bytes())
}

impl ListProof {
    /// A list that has not begun.
    pub(super) fn new(paging: Paging, wanted: Wanted) -> Self {
        Self {
            paging,
            wanted,
            keys: HashSet::new(),
            tokens: HashSet::new(),
            index: 0,
            pages: 0,
            empty: 0,
            totals: Totals::default(),
        }
    }

    /// Takes the next page of the list in.
    ///
    /// # Errors
    /// When the page shows that following the list proves nothing.
    pub(super) fn accept(&mut self, unit: &mut UnitProof, page: &Page) -> Result<Next, ListError> {
        self.pages += 1;
        let new_to_unit = unit.add(page.ids());
        let new = page.ids().iter().filter(|id| self.keys.insert(key_of(id.as_str()))).count();
        if !page.is_empty() && self.wanted == Wanted::Rows && new_to_unit == 0 {
            return Ok(Next::End);
        }
        if !page.is_empty() && new == 0 {
            return Err(ListError::NoProgress { page: self.pages, rows: page.len() });
        }
        self.empty = if page.is_empty() { self.empty + 1 } else { 0 };
        match self.paging {
            Paging::NextToken { .. } => {
                self.totals.count(page.total);
                if self.wanted == Wanted::All {
                    unit.totals.count(page.total);
                }
                let Some(token) = &page.next_token else {
                    if self.wanted == Wanted::Part {
                        let had = u64::try_from(self.keys.len()).unwrap_or(u64::MAX);
                        unit.bad_part = unit.bad_part.take().or_else(|| self.totals.doubt(had));
                    }
                    return Ok(Next::End);
                };
                if !self.tokens.insert(key_of(token)) {
                    return Err(ListError::RepeatedToken { pages: self.pages });
                }
                if self.empty > MAX_EMPTY_PAGES {
                    return Err(ListError::Endless { pages: self.empty });
                }
                Ok(Next::Token(token.clone()))
            }
            Paging::StartIndex { .. } => {
                if new < page.len() && distinct(page) < page.len() {
                    let (rows, distinct) = (page.len(), distinct(page));
                    return Err(ListError::RepeatedRows { page: self.pages, rows, distinct });
                }
                // One empty page among others may be a hiccup, and nothing else tells it from the end: only a
                // second one at the same place is the end.
                if self.empty > 1 {
                    return Ok(Next::End);
                }
                // Servers cap `count` quietly, so the next index follows from what came, not from what was asked.
                self.index += u64::try_from(page.len()).unwrap_or(u64::MAX);
                Ok(Next::Index(self.index))
            }
        }
    }
}

fn distinct(page: &Page) -> usize {
    page.ids().iter().collect::<HashSet<_>>().len()
}

impl UnitProof {
    /// From here on rows come because these, which the list lacked, were asked for.
    pub(super) fn ask_for<'a>(&mut self, lacking: impl Iterator<Item = &'a str>) {
        self.asked = Some(Asked { keys: lacking.map(key_of).collect(), found: self.found_by_id() });
    }

    /// Adds rows that came; gives how many keys were new.
    fn add(&mut self, ids: &[EntityId]) -> usize {
        self.rows += u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let mut new = 0;
        for key in ids.iter().map(|id| key_of(id.as_str())) {
            if self.keys.insert(key) {
                new += 1;
                if let Some(asked) = &mut self.asked {
                    asked.found += u64::from(asked.keys.contains(&key));
                }
            }
        }
        new
    }

    /// Rows received, repeats included.
    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    /// Distinct keys received.
    pub(super) fn distinct(&self) -> u64 {
        u64::try_from(self.keys.len()).unwrap_or(u64::MAX)
    }

    /// The total reported with the last page that reported one.
    pub(super) const fn reported_total(&self) -> Option<u64> {
        self.totals.last
    }

    /// True when the unit has a row with this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.keys.contains(&key_of(id))
    }

    /// Rows that the list lacked and that asking by id found.
    pub(super) fn found_by_id(&self) -> u64 {
        self.asked.as_ref().map_or(0, |asked| asked.found)
    }

    /// Why a first listing is not to be believed, in words: then it is listed once more. `counts` says that the
    /// API normally reports a total for this list.
    pub(super) fn doubt(&self, counts: bool) -> Option<String> {
        let doubt = self.totals.doubt(self.distinct());
        let part = || self.bad_part.as_ref().map(|doubt| format!("of one of its parts: {doubt}"));
        doubt.or_else(part).or_else(|| match self.totals.last {
            None if counts => Some("the API did not say how many rows there are".to_owned()),
            _ if self.found_by_id() > 0 => {
                let rows = plural(self.found_by_id(), "row", "rows");
                Some(format!("it lacked {rows} that the API still has"))
            }
            _ => None,
        })
    }

    /// Judges a second listing, by the smallest total that it reported.
    ///
    /// # Errors
    /// When it is no better than the first one was.
    pub(super) fn judge_again(&self) -> Result<(), ListError> {
        match (self.totals.smallest, self.totals.shrank) {
            (_, Some((from, to))) => Err(ListError::Shrank { from, to }),
            (Some(total), _) if self.distinct() < total => {
                Err(ListError::Incomplete { distinct: self.distinct(), total })
            }
            _ if self.found_by_id() > 0 => Err(ListError::Lacking { lacking: self.found_by_id() }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entity::{DESCRIPTORS, Descriptor};

    const TOKENS: Paging = Paging::NextToken { max_results: Some(1000) };

    fn of(path: &str) -> &'static Descriptor {
        DESCRIPTORS.iter().find(|d| d.list.request.path() == path).unwrap()
    }

    fn sp(ids: std::ops::Range<u64>, token: Option<&str>, total: Option<u64>) -> Page {
        let rows: Vec<String> = ids.map(|id| format!(r#"{{"keywordId":"{id}"}}"#)).collect();
        let token = token.map_or_else(String::new, |t| format!(r#","nextToken":"{t}""#));
        let total = total.map_or_else(String::new, |t| format!(r#","totalResults":{t}"#));
        let body = format!(r#"{{"keywords":[{}]{token}{total}}}"#, rows.join(","));
        Page::parse(of("/sp/keywords/list"), body.into_bytes()).unwrap()
    }

    fn sd(ids: std::ops::Range<u64>) -> Page {
        let rows: Vec<String> = ids.map(|id| format!(r#"{{"campaignId":{id}}}"#)).collect();
        Page::parse(of("/sd/campaigns"), format!("[{}]", rows.join(",")).into_bytes()).unwrap()
    }

    fn tokens() -> (UnitProof, ListProof) {
        (UnitProof::default(), ListProof::new(TOKENS, Wanted::All))
    }

    fn indexed() -> (UnitProof, ListProof) {
        (UnitProof::default(), ListProof::new(Paging::StartIndex { count: 100 }, Wanted::All))
    }

    #[test]
    fn a_token_list_ends_with_a_page_without_token_even_when_that_is_empty() {
        let (mut unit, mut list) = tokens();
        assert_eq!(list.accept(&mut unit, &sp(0..3, Some("a"), Some(3))), Ok(Next::Token("a".to_owned())));
        assert_eq!(list.accept(&mut unit, &sp(0..0, None, Some(3))), Ok(Next::End));
        assert_eq!((unit.distinct(), unit.doubt(true)), (3, None));
    }

    #[test]
    fn an_index_list_ends_only_with_two_empty_pages_and_follows_what_came() {
        let (mut unit, mut list) = indexed();
        // Asked for 100 and given 40: a server that caps `count` is not at its end.
        assert_eq!(list.accept(&mut unit, &sd(0..40)), Ok(Next::Index(40)));
        assert_eq!(list.accept(&mut unit, &sd(40..60)), Ok(Next::Index(60)));
        // One empty answer may be a hiccup: the end is asked for once more.
        assert_eq!(list.accept(&mut unit, &sd(0..0)), Ok(Next::Index(60)));
        assert_eq!(list.accept(&mut unit, &sd(60..70)), Ok(Next::Index(70)));
        assert_eq!(list.accept(&mut unit, &sd(0..0)), Ok(Next::Index(70)));
        assert_eq!(list.accept(&mut unit, &sd(0..0)), Ok(Next::End));
        assert_eq!(unit.rows(), 70);
    }

    #[test]
    fn a_token_that_repeats_fails_at_once() {
        let (mut unit, mut list) = tokens();
        list.accept(&mut unit, &sp(0..3, Some("a"), None)).unwrap();
        list.accept(&mut unit, &sp(3..6, Some("b"), None)).unwrap();
        let again = list.accept(&mut unit, &sp(6..9, Some("a"), None));
        assert_eq!(again, Err(ListError::RepeatedToken { pages: 3 }));
    }

    #[test]
    fn a_page_of_only_known_rows_fails() {
        let (mut unit, mut list) = indexed();
        list.accept(&mut unit, &sd(0..3)).unwrap();
        assert_eq!(list.accept(&mut unit, &sd(0..3)), Err(ListError::NoProgress { page: 2, rows: 3 }));
    }

    #[test]
    fn a_row_that_comes_twice_is_counted_and_harms_nothing() {
        let (mut unit, mut list) = tokens();
        list.accept(&mut unit, &sp(0..3, Some("a"), Some(5))).unwrap();
        assert_eq!(list.accept(&mut unit, &sp(2..5, None, Some(5))), Ok(Next::End));
        assert_eq!((unit.rows(), unit.distinct(), unit.doubt(true)), (6, 5, None));
    }

    fn listed(pages: &[Page]) -> UnitProof {
        let (mut unit, mut list) = tokens();
        for page in pages {
            list.accept(&mut unit, page).unwrap();
        }
        unit
    }

    #[test]
    fn a_shortfall_is_measured_against_the_last_total_and_judged_again_by_the_smallest() {
        let short = listed(&[sp(0..3, Some("a"), Some(8)), sp(3..6, None, Some(8))]);
        assert_eq!(short.doubt(true).as_deref(), Some("it ended after 6 of 8 rows"));
        assert_eq!(short.judge_again(), Err(ListError::Incomplete { distinct: 6, total: 8 }));
        let grown = listed(&[sp(0..4, Some("a"), Some(7)), sp(4..7, None, Some(8))]);
        assert!(grown.doubt(true).is_some());
        assert_eq!(grown.judge_again(), Ok(()));
    }

    #[test]
    fn a_list_that_shrinks_while_it_is_read_is_never_believed() {
        // The rows that were deleted hide, in the count, those that slipped onto a page that was read already.
        let shrunk = listed(&[sp(0..5, Some("a"), Some(10)), sp(6..10, None, Some(9))]);
        assert_eq!(shrunk.distinct(), 9);
        assert!(shrunk.doubt(true).is_some());
        assert_eq!(shrunk.judge_again(), Err(ListError::Shrank { from: 10, to: 9 }));
    }

    #[test]
    fn a_list_that_should_count_and_does_not_is_doubted_once() {
        let uncounted = listed(&[sp(0..5, None, None)]);
        assert!(uncounted.doubt(true).is_some());
        assert_eq!((uncounted.doubt(false), uncounted.judge_again()), (None, Ok(())));
    }

    #[test]
    fn rows_that_are_only_found_by_id_disprove_the_list_and_their_totals_count_nothing() {
        let mut unit = listed(&[sp(0..5, None, Some(5))]);
        unit.ask_for(["7", "8", "9"].into_iter());
        let mut list = ListProof::new(TOKENS, Wanted::Rows);
        assert_eq!(list.accept(&mut unit, &sp(7..9, None, Some(2))), Ok(Next::End));
        assert_eq!((unit.found_by_id(), unit.reported_total()), (2, Some(5)));
        assert!(unit.doubt(true).is_some());
        assert_eq!(unit.judge_again(), Err(ListError::Lacking { lacking: 2 }));
    }

    #[test]
    fn rows_that_nobody_asked_for_disprove_nothing() {
        let mut unit = listed(&[sp(0..5, None, None)]);
        unit.ask_for(["7"].into_iter());
        // A server that ignores the filter, and one that tells all rows of a parent, one of them made just now.
        let mut by_id = ListProof::new(TOKENS, Wanted::Rows);
        assert_eq!(by_id.accept(&mut unit, &sp(0..5, Some("a"), None)), Ok(Next::End));
        let mut by_parent = ListProof::new(TOKENS, Wanted::OfParents);
        let next = by_parent.accept(&mut unit, &sp(0..5, Some("a"), None));
        assert_eq!(next, Ok(Next::Token("a".to_owned())), "the lacking row may be on the next page");
        assert_eq!(by_parent.accept(&mut unit, &sp(8..9, Some("b"), None)), Ok(Next::Token("b".to_owned())));
        assert_eq!((unit.found_by_id(), unit.doubt(false)), (0, None));
        assert_eq!(by_parent.accept(&mut unit, &sp(7..8, None, None)), Ok(Next::End));
        assert_eq!(unit.found_by_id(), 1);
        assert!(unit.doubt(false).is_some());
    }

    #[test]
    fn parts_are_proved_by_the_total_of_the_whole_and_each_by_its_own() {
        let of_parts = |whole: Option<u64>, parts: &[&[Page]]| {
            let mut unit = UnitProof::default();
            ListProof::new(TOKENS, Wanted::All).accept(&mut unit, &sp(0..3, Some("a"), whole)).unwrap();
            for pages in parts {
                let mut part = ListProof::new(TOKENS, Wanted::Part);
                for page in *pages {
                    part.accept(&mut unit, page).unwrap();
                }
            }
            unit.doubt(true)
        };
        let first = [sp(0..5, Some("b"), Some(7)), sp(5..7, None, Some(7))];
        assert_eq!(of_parts(Some(10), &[&first, &[sp(7..10, None, Some(3))]]), None);
        // A campaign that no part asked for.
        let short = of_parts(Some(11), &[&first, &[sp(7..10, None, Some(3))]]);
        assert_eq!(short.as_deref(), Some("it ended after 10 of 11 rows"));
        // What one part lacks must not be made up by what another gained.
        let shifted = of_parts(Some(10), &[&[sp(0..6, None, Some(7))], &[sp(7..12, None, Some(5))]]);
        assert_eq!(shifted.as_deref(), Some("of one of its parts: it ended after 6 of 7 rows"));
        let shrunk = of_parts(Some(8), &[&[sp(0..5, Some("b"), Some(9)), sp(5..8, None, Some(8))]]);
        assert_eq!(
            shrunk.as_deref(),
            Some("of one of its parts: it shrank from 9 to 8 rows while it was read")
        );
    }

    #[test]
    fn lists_of_one_unit_may_overlap() {
        // A row that is archived between the list of the enabled and that of the archived comes in both.
        let mut unit = UnitProof::default();
        for ids in [0..3, 2..3] {
            let mut list = ListProof::new(TOKENS, Wanted::All);
            assert_eq!(list.accept(&mut unit, &sp(ids, None, None)), Ok(Next::End));
        }
        assert_eq!((unit.rows(), unit.distinct()), (4, 3));
    }

    #[test]
    fn a_row_twice_in_one_page_of_an_index_list_fails_it() {
        let (mut unit, mut list) = indexed();
        let body = r#"[{"campaignId":1},{"campaignId":2},{"campaignId":1}]"#;
        let page = Page::parse(of("/sd/campaigns"), body.as_bytes().to_vec()).unwrap();
        let error = Err(ListError::RepeatedRows { page: 1, rows: 3, distinct: 2 });
        assert_eq!(list.accept(&mut unit, &page), error);
    }

    #[test]
    fn empty_pages_with_ever_new_tokens_end_in_an_error() {
        let (mut unit, mut list) = tokens();
        let mut last = Ok(Next::End);
        for n in 0..=MAX_EMPTY_PAGES {
            last = list.accept(&mut unit, &sp(0..0, Some(&n.to_string()), None));
        }
        assert_eq!(last, Err(ListError::Endless { pages: MAX_EMPTY_PAGES + 1 }));
    }
}
