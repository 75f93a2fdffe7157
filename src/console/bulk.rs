//! The dialog before keys act on several profiles: what would happen, to whom not and why, and what it takes.

use std::collections::{BTreeMap, BTreeSet};

use super::model::Model;
use super::query::Loaded;
use crate::domain::cause::CauseId;
use crate::domain::cost::RunCost;
use crate::domain::id::ProfileId;
use crate::sync::estimate::{Estimate, Planned, estimate};
use crate::sync::overview::ProfileStatus;

/// To act on more profiles than this, their number must be typed.
pub(super) const TYPED_ABOVE: usize = 25;

/// What would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Sync from the start.
    Sync,
    /// Sync again with what was kept.
    Retry,
    /// Stop.
    Cancel,
}

impl Act {
    /// The command that does the same.
    pub(super) const fn command(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Retry => "retry",
            Self::Cancel => "cancel",
        }
    }

    /// One and several of it.
    pub(super) const fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::Sync | Self::Cancel => ("sync", "syncs"),
            Self::Retry => ("retry", "retries"),
        }
    }
}

/// What runs took, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Costs {
    /// By profile.
    pub runs: BTreeMap<ProfileId, RunCost>,
    /// Profiles that are synced at once.
    pub slots: usize,
}

/// The cause in whose name something would be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfCause {
    /// The cause.
    pub cause: CauseId,
    /// The cause in a line.
    pub summary: String,
    /// Those whom a filter showed, when one was in force: it would happen to nobody else.
    pub only: Option<Vec<ProfileId>>,
    /// How many others it could happen to, whom the filter hid.
    pub others: usize,
}

impl OfCause {
    /// Chooses among those to whom it could happen.
    pub(super) fn choose(&mut self, mut all: Vec<ProfileId>) -> Vec<ProfileId> {
        let Some(only) = &self.only else { return all };
        let before = all.len();
        all.retain(|id| only.contains(id));
        self.others = before - all.len();
        all
    }
}

/// The state of the dialog.
#[derive(Debug, Clone, PartialEq)]
pub struct Bulk {
    /// What would be done.
    pub act: Act,
    /// The cause in whose name it would be done.
    pub cause: Option<OfCause>,
    /// Everybody who was chosen when the dialog was opened.
    pub chosen: Vec<ProfileId>,
    /// Those to whom it would happen: whoever could be among them later does not join.
    pub profiles: Vec<ProfileId>,
    /// How many they were when they were last drawn; it stays while a number is typed.
    pub asked: usize,
    /// Held runs among theirs that it would discard.
    pub discards: usize,
    /// Why it would not happen to the others, and to how many.
    pub skipped: Vec<(&'static str, usize)>,
    /// What the last runs took.
    pub costs: Loaded<Costs>,
    /// What it takes, once that was read.
    pub estimate: Option<Estimate>,
    /// The number that was typed.
    pub typed: String,
}

impl Bulk {
    /// The dialog about chosen profiles.
    pub(super) fn new(model: &Model, act: Act, chosen: Vec<ProfileId>, cause: Option<OfCause>) -> Self {
        let (costs, estimate) = (Loaded::Loading, None);
        let mut bulk = Self {
            act,
            cause,
            chosen,
            profiles: Vec::new(),
            asked: 0,
            discards: 0,
            skipped: Vec::new(),
            costs,
            estimate,
            typed: String::new(),
        };
        bulk.profiles.clone_from(&bulk.chosen);
        bulk.sort_out(model);
        bulk.drawn();
        bulk
    }

    /// To whom it would still happen, and why not to the others.
    pub(super) fn sort_out(&mut self, model: &Model) {
        let mut skipped: BTreeMap<&'static str, usize> = BTreeMap::new();
        let theirs: BTreeSet<ProfileId> = self.profiles.drain(..).collect();
        for id in &self.chosen {
            match obstacle(model, self.act, *id) {
                None if theirs.contains(id) => self.profiles.push(*id),
                None => *skipped.entry("changed meanwhile").or_default() += 1,
                Some(why) => *skipped.entry(why).or_default() += 1,
            }
        }
        self.skipped = skipped.into_iter().collect();
        self.discards = self.profiles.iter().filter(|id| model.held(**id).is_some()).count();
    }

    /// Remembers the number that is on screen, unless it is being answered.
    pub(super) const fn drawn(&mut self) {
        if self.typed.is_empty() {
            self.asked = self.profiles.len();
        }
    }

    /// The number that the dialog shows: one that is being typed does not change under the fingers.
    pub(super) const fn number(&self) -> usize {
        if self.typed.is_empty() { self.profiles.len() } else { self.asked }
    }

    /// True when the number of profiles has to be typed.
    pub(super) const fn is_typed(&self) -> bool {
        self.number() > TYPED_ABOVE
    }

    /// On whom it acts once it is agreed to: of those who were to be stopped, also whoever has begun meanwhile.
    pub(super) fn agreed(&self, model: &Model) -> Vec<ProfileId> {
        if self.act != Act::Cancel {
            return self.profiles.clone();
        }
        let live = |id: &&ProfileId| obstacle(model, Act::Cancel, **id).is_none();
        self.chosen.iter().filter(live).copied().collect()
    }

    /// Adds up what it takes by the rates that are known now.
    pub(super) fn add_up(&mut self, model: &Model) {
        let Some(costs) = self.costs.ready().filter(|_| self.act != Act::Cancel) else { return };
        let planned = |id: &ProfileId| {
            let login = model.overview.profiles.get(id).map_or("", |p| p.profile.login.as_str());
            Planned { login, cost: costs.runs.get(id), retry: self.act == Act::Retry }
        };
        let planned: Vec<Planned<'_>> = self.profiles.iter().map(planned).collect();
        self.estimate = Some(estimate(&planned, &model.overview.limits, costs.slots));
    }
}

/// Why something would not happen to a profile.
fn obstacle(model: &Model, act: Act, id: ProfileId) -> Option<&'static str> {
    let status = model.home.status(id);
    if act == Act::Cancel {
        return (!status.is_live()).then_some("not under way");
    }
    match status {
        status if status.is_live() => Some("live already"),
        ProfileStatus::Gone => Some("gone"),
        ProfileStatus::Excluded => Some("excluded"),
        ProfileStatus::NotSyncable => Some("not syncable"),
        status if status.is_retryable() => None,
        _ if act == Act::Retry => Some("did not fail"),
        _ => None,
    }
}
