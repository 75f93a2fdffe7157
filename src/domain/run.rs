//! Runs, units and their proofs: the values that the engine produces and everything else shows.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::drift::DriftReport;
use super::id::{ProfileId, RunId};
use super::report::ErrorReport;
use super::time::Timestamp;
use super::unit::{Unit, UnknownWord, words};
use super::wait::RunWaits;

words! {
    /// A stored state of a run.
    RunState, "run state" {
        /// Waits to be claimed.
        Queued = "queued",
        /// Its units are being fetched.
        Fetching = "fetching",
        /// Everything was fetched and proved; its one transaction is under way.
        Committing = "committing",
        /// Proved and committed.
        Completed = "completed",
        /// Nothing of it was committed; its report says why.
        Failed = "failed",
        /// Somebody stopped it; nothing of it was committed.
        Cancelled = "cancelled",
        /// Fetched and proved, waits for an operator because the commit would remove too much.
        Held = "held",
        /// A held run that was given up, by an operator or by a newer run.
        Discarded = "discarded",
    }
}

impl RunState {
    /// True while a process works on it or will: at most one such run exists for a profile.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Queued | Self::Fetching | Self::Committing)
    }
}

words! {
    /// A stored state of a unit within a run.
    UnitState, "unit state" {
        /// Not begun.
        Pending = "pending",
        /// Its lists are being fetched.
        Fetching = "fetching",
        /// Fetched to its proved end.
        Proved = "proved",
        /// The API says, in a documented way, that this account has no part in it.
        NotEligible = "not_eligible",
        /// Could not be fetched or proved.
        Failed = "failed",
    }
}

impl UnitState {
    /// True when nothing more will be fetched for the unit.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Proved | Self::NotEligible | Self::Failed)
    }
}

words! {
    /// What happened to a stored row.
    ChangeKind, "change" {
        /// Seen for the first time.
        Added = "added",
        /// Some field differs from what was stored.
        Changed = "changed",
        /// Absent from a list that was proved complete.
        Removed = "removed",
        /// Seen again after it was removed.
        Returned = "returned",
    }
}

words! {
    /// Where a request for a run came from.
    Origin, "origin" {
        /// A key press in the console.
        Console = "console",
        /// A command.
        Cli = "cli",
    }
}

/// How many rows of each kind a commit wrote or would write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChangeCounts {
    /// Seen for the first time.
    pub added: u64,
    /// Differ from what was stored.
    pub changed: u64,
    /// Equal to what was stored: nothing was written.
    pub unchanged: u64,
    /// Vanished from a proved list.
    pub removed: u64,
    /// Came back after they were removed.
    pub returned: u64,
}

impl ChangeCounts {
    /// Adds another unit's counts.
    pub fn add(&mut self, other: &Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.removed += other.removed;
        self.returned += other.returned;
    }

    /// Rows that a commit writes.
    pub const fn written(&self) -> u64 {
        self.added + self.changed + self.removed + self.returned
    }
}

/// The proof that a unit was fetched completely.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Certificate {
    /// List calls that were each followed to their own end.
    pub lists: u32,
    /// Pages over all lists.
    pub pages: u32,
    /// Rows received, repeats included.
    pub rows: u64,
    /// Distinct keys among them.
    pub distinct: u64,
    /// The total that the API reported with the last page, where it reports one.
    pub reported_total: Option<u64>,
    /// How the lists ended, in words: `last page without token`, `empty page`.
    pub ending: String,
    /// True when a shortfall made us list it a second time.
    pub relisted: bool,
    /// Stored rows that the list lacked and that were asked for again by id.
    pub rechecked: u64,
    /// How many of those the API still had.
    pub rechecked_found: u64,
    /// Pages that an earlier run or attempt had fetched.
    pub reused_pages: u32,
    /// When the oldest page was fetched.
    pub oldest_page_at: Timestamp,
    /// When the newest page was fetched.
    pub newest_page_at: Timestamp,
    /// Amazon's request id of the last page.
    pub last_request_id: Option<String>,
}

/// What a commit of one unit did or would do, beside its certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UnitOutcome {
    /// Rows by kind of change.
    pub counts: ChangeCounts,
    /// Live rows before the commit.
    pub live_before: u64,
    /// Rows whose parent nobody fetched.
    pub orphans: u64,
    /// Values that did not fit their column and are only in `raw`.
    pub unmapped: u64,
    /// Amounts finer than a millionth: rounded in their column, exact in `raw`.
    pub rounded: u64,
    /// Rows that came without an id and are known by their parents.
    #[serde(default)]
    pub keyed_by_parents: u64,
    /// Fields and values that adsync does not know; only in `raw`, or in a column as they came.
    #[serde(default, skip_serializing_if = "DriftReport::is_empty")]
    pub drift: DriftReport,
}

/// Why a run is held: the units whose removals passed the brake, and everything that would change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HoldSummary {
    /// Every proved unit with what its commit would do.
    pub units: Vec<HeldUnit>,
}

impl HoldSummary {
    /// Rows that the commit would remove, over all units.
    pub fn removals(&self) -> u64 {
        self.units.iter().map(|u| u.outcome.counts.removed).sum()
    }

    /// The units that the brake stopped at.
    pub fn braked(&self) -> impl Iterator<Item = &HeldUnit> {
        self.units.iter().filter(|u| u.braked)
    }

    /// True when it has every row that would be removed, and not only the first of them.
    pub fn has_all(&self) -> bool {
        self.units.iter().all(|u| u.removes.len() as u64 >= u.outcome.counts.removed)
    }

    /// What a run carries with it: the first rows of each unit; and the whole lists of those that have more.
    pub fn cut(mut self) -> (Self, Vec<(Unit, Vec<RemovedRow>)>) {
        let mut longer = Vec::new();
        for unit in self.units.iter_mut().filter(|unit| unit.removes.len() > MOST_SHOWN_REMOVALS) {
            let first = unit.removes[..MOST_SHOWN_REMOVALS].to_vec();
            longer.push((unit.unit, std::mem::replace(&mut unit.removes, first)));
        }
        (self, longer)
    }

    /// One line for a list: the worst unit first.
    pub fn headline(&self) -> String {
        let worst = self.braked().max_by_key(|u| u.outcome.counts.removed);
        worst.map_or_else(String::new, |u| {
            let (removed, live) = (u.outcome.counts.removed, u.outcome.live_before.max(1));
            let more = self.braked().count().saturating_sub(1);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("would remove {removed} of {live} {}{rest}", u.unit)
        })
    }
}

/// One unit of a held run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldUnit {
    /// The unit.
    #[serde(flatten)]
    pub unit: Unit,
    /// What the commit would do to it.
    pub outcome: UnitOutcome,
    /// True when this unit alone would hold the run.
    pub braked: bool,
    /// The rows that the commit would remove; of a run that is listed the first [`MOST_SHOWN_REMOVALS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removes: Vec<RemovedRow>,
}

/// Rows of a unit that a held run carries with it to be looked at; the whole list is stored beside it.
pub const MOST_SHOWN_REMOVALS: usize = 1_000;

/// A stored row that the commit of a held run would remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedRow {
    /// Its id.
    pub id: String,
    /// What it is known by to people: its name, its keyword, what it advertises or what it is aimed at.
    pub name: String,
    /// Its state, as the API spells it; empty when it has none.
    pub state: String,
}

impl RemovedRow {
    /// Reads what is told of a row from its stored object.
    pub fn of(id: String, object: &serde_json::Value) -> Self {
        let text = |field: &str| object.get(field).and_then(serde_json::Value::as_str);
        let named = ["name", "keywordText", "asin", "sku", "themeType"].into_iter().find_map(text);
        let aimed = || {
            let at = ["resolvedExpression", "resolvedExpressions", "expression", "expressions"];
            at.into_iter().find_map(|field| object.get(field)).map(ToString::to_string)
        };
        let name = named.map(ToOwned::to_owned).or_else(aimed).unwrap_or_default();
        Self { id, name, state: text("state").unwrap_or_default().to_owned() }
    }
}

/// A run as stored, and as every screen and command shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    /// The run.
    pub id: RunId,
    /// Its profile.
    pub profile_id: ProfileId,
    /// Where it stands.
    pub state: RunState,
    /// Higher goes first.
    pub priority: i64,
    /// Who asked, as `user@host`.
    pub requested_by: String,
    /// From where.
    pub requested_from: Origin,
    /// The run whose pages it adopted.
    pub retry_of: Option<RunId>,
    /// Grows with every claim; a commit under an older epoch is refused.
    pub epoch: i64,
    /// Claims so far.
    pub attempt: i64,
    /// The process that carries it, as `host pid 123`, while it is claimed.
    pub owner: Option<String>,
    /// True when somebody asked it to stop.
    pub cancel_requested: bool,
    /// Not to be claimed before this instant.
    pub not_before: Option<Timestamp>,
    /// Times in a row that the API had it parked, without an answered page between.
    pub parks: i64,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it was first claimed.
    pub started_at: Option<Timestamp>,
    /// When it ended, in whatever way.
    pub finished_at: Option<Timestamp>,
    /// The age of the oldest page that its commit used.
    pub data_as_of: Option<Timestamp>,
    /// Requests sent, retries included.
    pub requests: i64,
    /// 429 answers among them.
    pub throttled: i64,
    /// Microseconds in which a request of it waited out a 429, or in which it was parked for one.
    #[serde(default)]
    pub throttled_us: i64,
    /// What its commit wrote.
    pub counts: ChangeCounts,
    /// Live rows of the profile after its commit.
    pub rows: i64,
    /// Why it failed.
    pub error: Option<ErrorReport>,
    /// Why it is held.
    pub hold: Option<HoldSummary>,
    /// Who approved the held commit.
    pub approved_by: Option<String>,
    /// When it came into its state; `None` when a version stored it that did not say.
    #[serde(default)]
    pub state_since: Option<Timestamp>,
    /// Until when its owner is believed alive, as of when it was read.
    #[serde(default)]
    pub lease_until: Option<Timestamp>,
    /// What it waits for, as its owner told last; its own process knows better.
    #[serde(default, skip_serializing_if = "RunWaits::is_empty")]
    pub waits: RunWaits,
}

impl RunView {
    /// Since when it is in its state, and whether that is exact: a version that did not store it leaves only an instant
    /// before which it cannot have been.
    pub fn since(&self) -> (Timestamp, bool) {
        if let Some(since) = self.state_since {
            return (since, true);
        }
        let claimed = self.started_at.unwrap_or(self.requested_at);
        match self.state {
            // Never claimed and never put off.
            RunState::Queued => (self.requested_at, self.epoch == 0 && self.not_before.is_none()),
            RunState::Fetching => (claimed, self.epoch <= 1),
            RunState::Committing | RunState::Held => (claimed, false),
            RunState::Completed | RunState::Failed | RunState::Cancelled | RunState::Discarded => {
                (self.finished_at.unwrap_or(claimed), self.finished_at.is_some())
            }
        }
    }
}

/// Since when the API says that an account has no part in a unit, and when it is asked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// When it first said so, without ever saying otherwise since.
    pub since: Timestamp,
    /// When it last said so.
    pub asked_at: Timestamp,
    /// Syncs before this instant remember the answer and do not ask.
    pub ask_after: Timestamp,
    /// True when this run did not ask.
    pub remembered: bool,
    /// Rows that are stored of the unit and frozen: access to them was lost.
    pub frozen_rows: i64,
    /// Login and access that were refused: `acme-eu edit`.
    pub asked_as: String,
}

/// One unit of a run, as stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitView {
    /// The run.
    pub run_id: RunId,
    /// The unit.
    #[serde(flatten)]
    pub unit: Unit,
    /// Where it stands.
    pub state: UnitState,
    /// Pages stored so far.
    pub pages: i64,
    /// Rows received so far.
    pub rows: i64,
    /// Rows expected: the API's own total, or what the last proved run had.
    pub expected: Option<i64>,
    /// True when `expected` is the API's own total.
    pub expected_is_reported: bool,
    /// Pages adopted from an earlier run or attempt.
    pub reused_pages: i64,
    /// The proof, once there is one.
    pub certificate: Option<Certificate>,
    /// What the commit did to it, once there was one.
    pub outcome: Option<UnitOutcome>,
    /// Why it failed, or in which words the API said that it is not eligible.
    pub error: Option<ErrorReport>,
    /// Since when it is not eligible.
    #[serde(default)]
    pub refusal: Option<Refusal>,
    /// When its first request was sent.
    pub started_at: Option<Timestamp>,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
}

impl UnitView {
    /// Its refusal, when rows of it are stored: access was lost, which is more than having no part in it.
    pub fn lost(&self) -> Option<&Refusal> {
        self.refusal.as_ref().filter(|r| self.state == UnitState::NotEligible && r.frozen_rows > 0)
    }
}

/// How far a run's fetch has come, over units; the denominator is real or absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Units settled.
    pub settled: usize,
    /// Units of the plan.
    pub units: usize,
    /// Pages stored.
    pub pages: i64,
    /// Rows received.
    pub rows: i64,
    /// Rows expected, when every unit that is not settled has an expectation: the API's own total, or what the last
    /// proved run had.
    pub expected: Option<i64>,
}

impl Progress {
    /// Adds up a run's units.
    pub fn of<'a>(units: impl IntoIterator<Item = &'a UnitView>) -> Self {
        let mut out = Self { expected: Some(0), ..Self::default() };
        for unit in units {
            out.units += 1;
            out.settled += usize::from(unit.state.is_settled());
            out.pages += unit.pages;
            out.rows += unit.rows;
            let expected = match unit.state {
                // What it failed to fetch is still there: a denominator that shrank would tell of progress.
                UnitState::Failed => Some(unit.expected.unwrap_or(unit.rows)),
                state if state.is_settled() => Some(unit.rows),
                _ => unit.expected,
            };
            out.expected = out.expected.zip(expected).map(|(sum, e)| sum + e.max(unit.rows));
        }
        out
    }

    /// The share of rows that is there, 0 to 1, where all expectations are known. It is never whole before every unit
    /// is settled: the last row is not the proof that it was the last.
    pub fn ratio(&self) -> Option<f64> {
        let expected = self.expected.filter(|expected| *expected > 0)?;
        #[expect(clippy::cast_precision_loss, reason = "a gauge needs no 53 bits")]
        let ratio = self.rows as f64 / expected as f64;
        Some(ratio.clamp(0.0, if self.settled < self.units { 0.995 } else { 1.0 }))
    }

    /// The share of units that is settled, 0 to 1.
    pub fn of_units(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a gauge needs no 53 bits")]
        let share = self.settled as f64 / self.units.max(1) as f64;
        share
    }
}

/// A row of the `changes` table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    /// The run that found it.
    pub run_id: RunId,
    /// The profile.
    pub profile_id: ProfileId,
    /// The unit.
    #[serde(flatten)]
    pub unit: Unit,
    /// The entity's id.
    pub entity_id: String,
    /// What happened.
    pub kind: ChangeKind,
    /// When it was committed.
    pub at: Timestamp,
    /// The differing fields by dotted path, before.
    pub before: Option<BTreeMap<String, serde_json::Value>>,
    /// The differing fields by dotted path, after.
    pub after: Option<BTreeMap<String, serde_json::Value>>,
}
