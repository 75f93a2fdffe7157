//! The matrix as data: a row for each profile that the filter shows, a column for each unit, a state for each cell.
//!
//! What was read is kept by profile; a cell is computed when it is drawn, from that and from what runs right now.

use std::collections::{BTreeSet, HashMap};

use super::model::Model;
use super::query::Loaded;
use crate::domain::entity::DESCRIPTORS;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::proof::{FailedUnit, Proof};
use crate::domain::run::{RunState, UnitState, UnitView};
use crate::domain::unit::Unit;
use crate::sync::event::{Wait, WaitReason};

/// What a cell says of its unit, the most urgent first: a cell is the first of these that is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellState {
    /// A request of it waits for the API to lift a throttle.
    Throttled,
    /// It failed in the latest run that ended.
    Failed,
    /// The API refuses it, and rows of it are stored.
    AccessLost,
    /// The account has no part in it.
    NotEligible,
    /// It was proved, too long ago.
    Stale,
    /// It was proved to have no rows.
    Empty,
    /// It was proved.
    Proved,
    /// Nothing was ever proved of it.
    Never,
}

impl CellState {
    /// In the order of the legend.
    pub(super) const ALL: [Self; 8] = [
        Self::Proved,
        Self::Empty,
        Self::NotEligible,
        Self::AccessLost,
        Self::Failed,
        Self::Throttled,
        Self::Stale,
        Self::Never,
    ];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Failed => "failed",
            Self::AccessLost => "access lost",
            Self::NotEligible => "not eligible",
            Self::Stale => "stale",
            Self::Empty => "proved empty",
            Self::Proved => "proved",
            Self::Never => "never",
        }
    }
}

/// Everything that is known of one cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell<'a> {
    pub(super) state: CellState,
    /// The last committed proof.
    pub(super) proof: Option<&'a Proof>,
    /// How it failed last.
    pub(super) failed: Option<&'a FailedUnit>,
    /// What its request waits for.
    pub(super) wait: Option<&'a Wait>,
    /// The unit in the run that is under way.
    pub(super) live: Option<&'a UnitView>,
}

impl Cell<'_> {
    /// The run that made the cell what it is.
    pub(super) fn run(&self) -> Option<RunId> {
        match self.state {
            CellState::Throttled => self.live.map(|unit| unit.run_id),
            CellState::Failed => self.failed.map(|failed| failed.run_id),
            _ => self.proof.map(|proof| proof.run_id),
        }
    }
}

/// What was read of one profile.
#[derive(Debug, Clone, PartialEq, Default)]
struct Known {
    proofs: Vec<Proof>,
    failed: Vec<FailedUnit>,
}

/// What was read of all profiles.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProofIndex {
    profiles: HashMap<ProfileId, Known>,
}

impl ProofIndex {
    /// Sorts what was read by profile.
    pub(super) fn new(proofs: Vec<Proof>, failed: Vec<FailedUnit>) -> Self {
        let mut profiles: HashMap<ProfileId, Known> = HashMap::new();
        for proof in proofs {
            profiles.entry(proof.profile_id).or_default().proofs.push(proof);
        }
        for unit in failed {
            profiles.entry(unit.profile_id).or_default().failed.push(unit);
        }
        Self { profiles }
    }

    /// Takes over what was read anew of one profile.
    fn replace(&mut self, profile: ProfileId, mut read: Self) {
        self.profiles.insert(profile, read.profiles.remove(&profile).unwrap_or_default());
    }
}

/// What has to be read anew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Outdated {
    #[default]
    Nothing,
    /// These profiles.
    Some(BTreeSet<ProfileId>),
    All,
}

/// The state of the matrix. Its rows, their cursor and their selection are those of the list of profiles.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MatrixScreen {
    /// What is proved, and what failed.
    pub proofs: Loaded<ProofIndex>,
    /// The current unit, counted over [`DESCRIPTORS`].
    pub column: usize,
    /// The first unit that is visible.
    pub first: usize,
    /// The run that is being read, to be opened at a unit.
    pub opening: Option<(RunId, Unit)>,
    asking: bool,
    outdated: Outdated,
}

/// From so many outdated profiles on all are read at once.
const MANY: usize = 64;

impl MatrixScreen {
    /// Notes that a profile, or everything, has changed; gives what to ask for now.
    ///
    /// One question is under way at a time: what changes meanwhile is asked for when it is answered.
    pub(super) fn changed(&mut self, profile: Option<ProfileId>) -> Option<Option<ProfileId>> {
        match (profile, &mut self.outdated) {
            (None, outdated) => *outdated = Outdated::All,
            (Some(_), Outdated::All) => {}
            (Some(id), Outdated::Some(ids)) => {
                ids.insert(id);
                if ids.len() > MANY {
                    self.outdated = Outdated::All;
                }
            }
            (Some(id), Outdated::Nothing) => self.outdated = Outdated::Some(BTreeSet::from([id])),
        }
        self.next()
    }

    fn next(&mut self) -> Option<Option<ProfileId>> {
        if self.asking {
            return None;
        }
        let next = match &mut self.outdated {
            Outdated::Nothing => return None,
            Outdated::All => None,
            Outdated::Some(ids) => ids.pop_first(),
        };
        if next.is_none() || matches!(&self.outdated, Outdated::Some(ids) if ids.is_empty()) {
            self.outdated = Outdated::Nothing;
        }
        self.asking = true;
        Some(next)
    }

    /// Takes over an answer; gives what to ask for next, and the report of a failure that nothing else shows.
    pub(super) fn answered(
        &mut self,
        of: Option<ProfileId>,
        result: Result<ProofIndex, Box<crate::domain::report::ErrorReport>>,
    ) -> (Option<Option<ProfileId>>, Option<Box<crate::domain::report::ErrorReport>>) {
        self.asking = false;
        let mut complaint = None;
        match (result, of, &mut self.proofs) {
            (Ok(read), Some(id), Loaded::Ready(index)) => index.replace(id, read),
            (Ok(read), _, _) => self.proofs = Loaded::Ready(read),
            (Err(report), _, Loaded::Ready(_)) => complaint = Some(report),
            (Err(report), _, _) => self.proofs = Loaded::Failed(report),
        }
        (self.next(), complaint)
    }

    /// The current unit.
    pub(super) fn unit(&self) -> Unit {
        DESCRIPTORS.get(self.column).map_or(DESCRIPTORS[0].unit, |d| d.unit)
    }

    /// Puts the current unit into range and into sight.
    pub(super) fn settle(&mut self, total: u16, longest_name: usize) {
        self.column = self.column.min(DESCRIPTORS.len() - 1);
        self.first = self.first.min(self.column);
        let room = cells_room(total, longest_name);
        while self.first < self.column && self.first + visible(self.first, room) <= self.column {
            self.first += 1;
        }
        // Room that opens at the end is filled.
        while self.first > 0 && self.first - 1 + visible(self.first - 1, room) >= DESCRIPTORS.len() {
            self.first -= 1;
        }
    }
}

/// Columns of the terminal that a cell takes, the blank behind it included.
pub(super) const CELL: usize = 4;
/// What stands before the cells beside the name: marks, the country, and blanks.
const BESIDE: usize = 3 + 1 + 2 + 2;

/// Columns of the terminal for names.
pub(super) fn name_width(total: u16, longest_name: usize) -> usize {
    let total = usize::from(total).saturating_sub(1);
    let all = width_of(0, DESCRIPTORS.len());
    let least = if total < 70 { 13 } else { 16 };
    let spare = total.saturating_sub(all + BESIDE);
    spare.max(least).min(longest_name.max(least)).min(total.saturating_sub(BESIDE).max(1))
}

/// Columns of the terminal for cells.
pub(super) fn cells_room(total: u16, longest_name: usize) -> usize {
    usize::from(total).saturating_sub(1 + BESIDE + name_width(total, longest_name))
}

/// True when a unit begins another product than the one before it.
pub(super) fn begins_product(i: usize) -> bool {
    i == 0 || DESCRIPTORS[i].unit.ad_product != DESCRIPTORS[i - 1].unit.ad_product
}

/// Columns that the cells from `first` to before `end` take; products are one blank further apart.
fn width_of(first: usize, end: usize) -> usize {
    let gaps = (first + 1..end).filter(|i| begins_product(*i)).count();
    (CELL * (end - first)).saturating_sub(1) + gaps
}

/// How many units are visible from `first` on; one at least.
pub(super) fn visible(first: usize, room: usize) -> usize {
    (first + 1..=DESCRIPTORS.len()).take_while(|end| width_of(first, *end) <= room).count().max(1)
}

/// A unit's name in three letters, below the name of its product.
pub(super) const fn short(unit: Unit) -> &'static str {
    use crate::domain::unit::Entity;
    match unit.entity {
        Entity::Portfolio => "prt",
        Entity::Campaign => "cmp",
        Entity::AdGroup => "adg",
        Entity::Ad => "ads",
        Entity::Keyword => "kwd",
        Entity::NegativeKeyword => "-kw",
        Entity::CampaignNegativeKeyword => "c-k",
        Entity::Target => "tgt",
        Entity::NegativeTarget => "-tg",
        Entity::CampaignNegativeTarget => "c-t",
        Entity::Theme => "thm",
    }
}

/// The cell of a profile and a unit.
pub(super) fn cell<'a>(
    model: &'a Model,
    screen: &'a MatrixScreen,
    profile: ProfileId,
    unit: Unit,
) -> Cell<'a> {
    let known = screen.proofs.ready().and_then(|index| index.profiles.get(&profile));
    let proof = known.and_then(|known| known.proofs.iter().find(|proof| proof.unit == unit));
    let failed = known.and_then(|known| known.failed.iter().find(|failed| failed.unit == unit));
    let run = model.run(profile).filter(|run| run.state.is_live());
    let live = run.and_then(|run| model.overview.units.get(&run.id)?.iter().find(|known| known.unit == unit));
    let wait = run.and_then(|run| model.overview.waits.get(&run.id)?.iter().find(|wait| wait.unit == unit));
    // A run that is put off for being throttled has nobody waiting: what it was at is what was throttled.
    let parked = run.is_some_and(|run| {
        run.state == RunState::Queued && run.not_before.is_some_and(|until| until > model.now)
    });
    let throttled = wait.is_some_and(|wait| wait.reason == WaitReason::Throttled)
        || parked && live.is_some_and(|unit| unit.state == UnitState::Fetching);
    let state = match proof {
        _ if throttled => CellState::Throttled,
        _ if failed.is_some() => CellState::Failed,
        None => CellState::Never,
        Some(proof) if proof.is_lost() => CellState::AccessLost,
        Some(proof) if proof.state == UnitState::NotEligible => CellState::NotEligible,
        Some(proof) if proof.is_stale(model.now) => CellState::Stale,
        Some(proof) if proof.live_rows == 0 => CellState::Empty,
        Some(_) => CellState::Proved,
    };
    Cell { state, proof, failed, wait, live }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_question_at_a_time_and_what_changes_meanwhile_is_asked_for_afterwards() {
        let mut screen = MatrixScreen::default();
        assert_eq!(screen.changed(None), Some(None));
        assert_eq!(screen.changed(Some(ProfileId(1))), None);
        assert_eq!(screen.changed(Some(ProfileId(2))), None);
        assert_eq!(screen.changed(Some(ProfileId(1))), None);
        let read = || Ok(ProofIndex::default());
        assert_eq!(screen.answered(None, read()).0, Some(Some(ProfileId(1))));
        assert_eq!(screen.answered(Some(ProfileId(1)), read()).0, Some(Some(ProfileId(2))));
        assert_eq!(screen.answered(Some(ProfileId(2)), read()).0, None);
        assert_eq!(screen.changed(Some(ProfileId(3))), Some(Some(ProfileId(3))));
        for id in 0..=64 {
            screen.changed(Some(ProfileId(id)));
        }
        assert_eq!(screen.answered(Some(ProfileId(3)), read()).0, Some(None), "many are read at once");
        assert_eq!(screen.answered(None, read()).0, None);
    }

    #[test]
    fn the_current_unit_stays_in_sight_and_room_at_the_end_is_filled() {
        let mut screen = MatrixScreen { column: 999, ..MatrixScreen::default() };
        screen.settle(80, 30);
        assert_eq!(screen.column, 22);
        let seen = visible(screen.first, cells_room(80, 30));
        assert_eq!(screen.first + seen, 23);
        screen.column = screen.first - 1;
        screen.settle(80, 30);
        assert_eq!(screen.first, screen.column);
        screen.settle(200, 30);
        assert_eq!(screen.first, 0, "all fit");
        screen.settle(1, 30);
        assert_eq!(screen.first, screen.column, "one at least is visible");
    }
}
