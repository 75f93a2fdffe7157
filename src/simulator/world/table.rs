//! The rows of one list as served: their JSON text, joined by commas, and what filters need to
//! know of each. Knows neither how rows come about nor what a request looks like.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::churn::State;

/// The campaign of the row targets automatically.
pub(crate) const AUTO_TARGETING: u8 = 1;
/// A global campaign whose budget is distributed automatically; hidden unless asked for.
pub(crate) const AUTO_BUDGET: u8 = 2;
/// Belongs to a video ad group, which old versions of the API do not know.
pub(crate) const VIDEO: u8 = 4;
/// Left out by lists that are not narrowed down to campaigns.
pub(crate) const ONLY_BY_CAMPAIGN: u8 = 8;

/// What filters need to know of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meta {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) id: u64,
    pub(crate) campaign: u64,
    pub(crate) ad_group: u64,
    pub(crate) portfolio: u64,
    pub(crate) state: State,
    pub(crate) flags: u8,
}

/// The rows of one kind in one profile at one generation.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) bytes: Vec<u8>,
    pub(crate) rows: Vec<Meta>,
    /// Row numbers by fingerprint of the filters, so that later pages need not filter again.
    selected: Mutex<HashMap<u64, Arc<[u32]>>>,
}

/// Number of filter results kept for each table.
const KEPT_SELECTIONS: usize = 32;

impl Table {
    /// The text of one row.
    pub(crate) fn text(&self, row: &Meta) -> &[u8] {
        &self.bytes[row.start..row.end]
    }

    /// The numbers of the rows that pass a filter, kept under its fingerprint.
    pub(crate) fn select(&self, fingerprint: u64, passes: impl Fn(&Meta) -> bool) -> Arc<[u32]> {
        let mut selected = self.selected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = selected.get(&fingerprint) {
            return Arc::clone(known);
        }
        let found: Arc<[u32]> =
            (0u32..).zip(&self.rows).filter(|(_, row)| passes(row)).map(|(n, _)| n).collect();
        if selected.len() >= KEPT_SELECTIONS {
            selected.clear();
        }
        selected.insert(fingerprint, Arc::clone(&found));
        found
    }

    /// Appends rows, separated by commas; runs of neighbours are copied in one go.
    pub(crate) fn write_rows(&self, numbers: &[u32], out: &mut Vec<u8>) {
        let mut rest = numbers;
        while let [first, ..] = rest {
            let run = rest.iter().zip(*first..).take_while(|(have, want)| **have == *want).count();
            let (start, end) = (self.rows[*first as usize].start, self.rows[rest[run - 1] as usize].end);
            if rest.len() < numbers.len() {
                out.push(b',');
            }
            out.extend_from_slice(&self.bytes[start..end]);
            rest = &rest[run..];
        }
    }
}
