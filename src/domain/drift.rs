//! Drift: fields and values in rows that this version of adsync has never heard of. They are counted and told, and never
//! dropped or refused: `raw` keeps them, and Amazon adds some without notice.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::unit::{UnknownWord, words};

/// Different ones that a unit's report names, and that are looked for in one row.
pub const MOST: usize = 50;

words! {
    /// What is new.
    DriftKind, "kind of drift" {
        /// A field.
        Field = "field",
        /// A value of a field that has fixed ones.
        Value = "value",
    }
}

/// One thing that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// What is new.
    pub kind: DriftKind,
    /// The field, as a dotted path with `[]` for the elements of a list; bounded in length.
    pub path: String,
    /// The value: a word, never a free text, bounded in length. Absent for a field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => f.write_str(&self.path),
            Some(value) => write!(f, "{} = {value}", self.path),
        }
    }
}

/// What one row has that is not known; each once, however often the row has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowDrift {
    /// At most [`MOST`].
    pub findings: Vec<Finding>,
    /// Further ones, repeats among them.
    pub more: u64,
}

impl RowDrift {
    /// Notes something.
    pub fn add(&mut self, finding: Finding) {
        if self.findings.contains(&finding) {
            return;
        }
        if self.findings.len() < MOST {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}

/// Something unknown, and how many rows have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftItem {
    /// What it is.
    #[serde(flatten)]
    pub finding: Finding,
    /// Rows of the unit that have it.
    pub rows: u64,
    /// True when no sync into this database had seen it before.
    #[serde(default)]
    pub new: bool,
}

/// Everything unknown in a unit's rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DriftReport {
    /// At most [`MOST`], in the order of kind, path and value.
    pub items: Vec<DriftItem>,
    /// How often something was seen that the items leave out.
    #[serde(default)]
    pub more: u64,
}

impl DriftReport {
    /// True when everything is known.
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty() && self.more == 0
    }

    /// True when something was seen for the first time.
    pub fn has_new(&self) -> bool {
        self.items.iter().any(|item| item.new)
    }

    /// `2 fields, 1 value not known to adsync`; nothing when everything is known.
    pub fn summary(&self) -> Option<String> {
        summary([self])
    }
}

/// The same over several units; the field of one and that of another count as two.
pub fn summary<'a>(reports: impl IntoIterator<Item = &'a DriftReport>) -> Option<String> {
    let reports: Vec<&DriftReport> = reports.into_iter().filter(|report| !report.is_empty()).collect();
    if reports.is_empty() {
        return None;
    }
    let items = || reports.iter().flat_map(|report| &report.items);
    let count = |kind| items().filter(|item| item.finding.kind == kind).count();
    let mut parts = Vec::new();
    for (n, one, many) in
        [(count(DriftKind::Field), "field", "fields"), (count(DriftKind::Value), "value", "values")]
    {
        if n > 0 {
            parts.push(format!("{n} {}", if n == 1 { one } else { many }));
        }
    }
    if reports.iter().any(|report| report.more > 0) {
        parts.push("more".to_owned());
    }
    Some(format!("{} not known to adsync", parts.join(", ")))
}

/// Counts the drift of a unit's rows.
#[derive(Debug, Default)]
pub struct Tally {
    rows: BTreeMap<Finding, u64>,
    more: u64,
}

impl Tally {
    /// Counts a row.
    pub fn add(&mut self, row: RowDrift) {
        self.more += row.more;
        for finding in row.findings {
            let room = self.rows.len() < MOST;
            match self.rows.entry(finding) {
                Entry::Occupied(rows) => *rows.into_mut() += 1,
                Entry::Vacant(free) if room => {
                    free.insert(1);
                }
                Entry::Vacant(_) => self.more += 1,
            }
        }
    }

    /// What was counted; nothing is new as yet.
    pub fn report(self) -> DriftReport {
        let items = self.rows.into_iter().map(|(finding, rows)| DriftItem { finding, rows, new: false });
        DriftReport { items: items.collect(), more: self.more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(path: &str) -> Finding {
        Finding { kind: DriftKind::Field, path: path.to_owned(), value: None }
    }

    fn value(path: &str, value: &str) -> Finding {
        Finding { kind: DriftKind::Value, path: path.to_owned(), value: Some(value.to_owned()) }
    }

    #[test]
    fn rows_are_counted_and_not_occurrences() {
        let mut tally = Tally::default();
        for _ in 0..3 {
            let mut row = RowDrift::default();
            row.add(value("list[].type", "X"));
            row.add(value("list[].type", "X"));
            row.add(field("a"));
            tally.add(row);
        }
        let mut last = RowDrift::default();
        last.add(field("a"));
        tally.add(last);
        let report = tally.report();
        let told: Vec<(String, u64)> = report.items.iter().map(|i| (i.finding.to_string(), i.rows)).collect();
        assert_eq!(told, [("a".to_owned(), 4), ("list[].type = X".to_owned(), 3)]);
        assert_eq!(report.summary().as_deref(), Some("1 field, 1 value not known to adsync"));
    }

    #[test]
    fn what_passes_the_bound_is_counted_and_not_kept() {
        let mut tally = Tally::default();
        let mut row = RowDrift::default();
        (0..MOST + 7).for_each(|n| row.add(field(&format!("f{n}"))));
        assert_eq!((row.findings.len(), row.more), (MOST, 7));
        tally.add(row);
        let mut other = RowDrift::default();
        other.add(field("another"));
        other.add(field("f1"));
        tally.add(other);
        let report = tally.report();
        assert_eq!((report.items.len(), report.more), (MOST, 8));
        assert_eq!(report.items.iter().find(|i| i.finding == field("f1")).map(|i| i.rows), Some(2));
        assert_eq!(report.summary().as_deref(), Some("50 fields, more not known to adsync"));
    }

    #[test]
    fn reports_are_stored_as_flat_json_and_nothing_is_an_empty_one() {
        let item = DriftItem { finding: value("state", "DREAMING"), rows: 2, new: true };
        let report = DriftReport { items: vec![item], more: 0 };
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(
            text,
            r#"{"items":[{"kind":"value","path":"state","value":"DREAMING","rows":2,"new":true}],"more":0}"#
        );
        assert_eq!(serde_json::from_str::<DriftReport>(&text).unwrap(), report);
        assert_eq!(DriftReport::default().summary(), None);
    }
}
