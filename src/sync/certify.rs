//! The proof that a unit was fetched completely. Pure: pages in, verdicts out.

use std::collections::HashSet;

use crate::domain::entity::Paging;
use crate::domain::id::EntityId;
use crate::domain::page::Page;

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
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::RepeatedToken { .. } => "list.repeated_token",
            Self::NoProgress { .. } => "list.no_progress",
            Self::Endless { .. } => "list.endless",
            Self::Incomplete { .. } => "list.incomplete_list",
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
    last_total: Option<u64>,
    smallest_total: Option<u64>,
}

/// One list of a unit on its way to its end.
#[derive(Debug)]
pub(super) struct ListProof {
    paging: Paging,
    tokens: HashSet<u128>,
    index: u64,
    pages: u64,
    empty: u64,
}

/// The number that stands for an id in sets: no two ids of an account share it.
pub(super) fn key_of(id: &str) -> u128 {
    xxhash_rust::xxh3::xxh3_128(id.as_bytes())
}

impl ListProof {
    /// A list that has not begun.
    pub(super) fn new(paging: Paging) -> Self {
        Self { paging, tokens: HashSet::new(), index: 0, pages: 0, empty: 0 }
    }

    /// Takes the next page of the list in.
    ///
    /// # Errors
    /// When the page shows that following the list proves nothing.
    pub(super) fn accept(&mut self, unit: &mut UnitProof, page: &Page) -> Result<Next, ListError> {
        self.pages += 1;
        let new = unit.add(page.ids());
        if !page.is_empty() && new == 0 {
            return Err(ListError::NoProgress { page: self.pages, rows: page.len() });
        }
        self.empty = if page.is_empty() { self.empty + 1 } else { 0 };
        match self.paging {
            Paging::NextToken { .. } => {
                // Only the total of the last page of a list counts; a page without one withdraws none.
                if let Some(total) = page.total {
                    unit.last_total = Some(total);
                    unit.smallest_total = Some(unit.smallest_total.map_or(total, |known| known.min(total)));
                }
                let Some(token) = &page.next_token else { return Ok(Next::End) };
                if !self.tokens.insert(key_of(token)) {
                    return Err(ListError::RepeatedToken { pages: self.pages });
                }
                if self.empty > MAX_EMPTY_PAGES {
                    return Err(ListError::Endless { pages: self.empty });
                }
                Ok(Next::Token(token.clone()))
            }
            Paging::StartIndex { .. } => {
                if page.is_empty() {
                    return Ok(Next::End);
                }
                // Servers cap `count` quietly, so the next index follows from what came, not from what was asked.
                self.index += u64::try_from(page.len()).unwrap_or(u64::MAX);
                Ok(Next::Index(self.index))
            }
        }
    }
}

impl UnitProof {
    /// Adds rows that came; gives how many keys were new.
    fn add(&mut self, ids: &[EntityId]) -> usize {
        self.rows += u64::try_from(ids.len()).unwrap_or(u64::MAX);
        ids.iter().filter(|id| self.keys.insert(key_of(id.as_str()))).count()
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
        self.last_total
    }

    /// True when the unit has a row with this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.keys.contains(&key_of(id))
    }

    /// How many rows a first listing lacks of the total it reported with its last page.
    pub(super) fn shortfall(&self) -> Option<u64> {
        self.last_total.map(|total| total.saturating_sub(self.distinct())).filter(|lacking| *lacking > 0)
    }

    /// Judges a second listing by the smallest total that it reported.
    ///
    /// # Errors
    /// [`ListError::Incomplete`] when it is still short.
    pub(super) fn judge_again(&self) -> Result<(), ListError> {
        match self.smallest_total {
            Some(total) if self.distinct() < total => {
                Err(ListError::Incomplete { distinct: self.distinct(), total })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entity::{DESCRIPTORS, Descriptor};

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
        (UnitProof::default(), ListProof::new(Paging::NextToken { max_results: 1000 }))
    }

    fn indexed() -> (UnitProof, ListProof) {
        (UnitProof::default(), ListProof::new(Paging::StartIndex { count: 100 }))
    }

    #[test]
    fn a_token_list_ends_with_a_page_without_token_even_when_that_is_empty() {
        let (mut unit, mut list) = tokens();
        assert_eq!(list.accept(&mut unit, &sp(0..3, Some("a"), Some(3))), Ok(Next::Token("a".to_owned())));
        assert_eq!(list.accept(&mut unit, &sp(0..0, None, Some(3))), Ok(Next::End));
        assert_eq!((unit.distinct(), unit.shortfall()), (3, None));
    }

    #[test]
    fn an_index_list_ends_only_with_an_empty_page_and_follows_what_came() {
        let (mut unit, mut list) = indexed();
        // Asked for 100 and given 40: a server that caps `count` is not at its end.
        assert_eq!(list.accept(&mut unit, &sd(0..40)), Ok(Next::Index(40)));
        assert_eq!(list.accept(&mut unit, &sd(40..60)), Ok(Next::Index(60)));
        assert_eq!(list.accept(&mut unit, &sd(0..0)), Ok(Next::End));
        assert_eq!(unit.rows(), 60);
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
        assert_eq!((unit.rows(), unit.distinct(), unit.shortfall()), (6, 5, None));
    }

    #[test]
    fn a_shortfall_is_measured_against_the_last_total_and_judged_again_by_the_smallest() {
        let (mut unit, mut list) = tokens();
        list.accept(&mut unit, &sp(0..3, Some("a"), Some(9))).unwrap();
        list.accept(&mut unit, &sp(3..6, None, Some(8))).unwrap();
        assert_eq!(unit.shortfall(), Some(2));
        let (mut again, mut list) = tokens();
        list.accept(&mut again, &sp(0..4, Some("a"), Some(7))).unwrap();
        list.accept(&mut again, &sp(4..7, None, Some(8))).unwrap();
        assert_eq!(again.judge_again(), Ok(()));
        let (mut short, mut list) = tokens();
        list.accept(&mut short, &sp(0..4, None, Some(7))).unwrap();
        assert_eq!(short.judge_again(), Err(ListError::Incomplete { distinct: 4, total: 7 }));
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
