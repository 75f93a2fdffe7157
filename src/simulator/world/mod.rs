//! The simulated world: profiles and their rows, built only when somebody asks for them and kept
//! as the bytes that will be served. Knows nothing of HTTP, filters, paging or faults.

pub(crate) mod blueprint;
pub(crate) mod build;
pub(crate) mod churn;
pub(crate) mod dice;
mod ids;
pub(crate) mod json;
pub(crate) mod kind;
mod names;
mod places;
pub(crate) mod profile;
mod rows;
mod rows_portfolio;
mod rows_sb;
mod rows_sb_targeting;
mod rows_sd;
mod rows_sp;
mod rows_sp_targeting;
pub(crate) mod table;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use self::blueprint::Blueprint;
use self::kind::Kind;
use self::profile::Profile;
use self::table::Table;
use crate::simulator::options::SimulatorOptions;

/// All profiles and what has been built of them.
#[derive(Debug)]
pub(crate) struct World {
    share: f64,
    churn_after: Option<std::time::Duration>,
    epoch_ms: i64,
    profiles: Vec<Profile>,
    by_id: HashMap<u64, usize>,
    cells: Vec<Mutex<Cell>>,
}

#[derive(Debug, Default)]
struct Cell {
    generation: u32,
    last_seen: Option<Instant>,
    blueprint: Option<Arc<Blueprint>>,
    tables: HashMap<(Kind, bool), Arc<Table>>,
}

impl World {
    /// Lays out the profiles; their rows come later.
    pub(crate) fn new(options: &SimulatorOptions) -> Self {
        let profiles: Vec<Profile> = (0..options.profiles).map(|n| Profile::new(options, n)).collect();
        Self {
            share: options.share(),
            churn_after: (options.churn > 0.0).then_some(options.churn_after),
            epoch_ms: options.epoch_ms,
            by_id: profiles.iter().enumerate().map(|(n, p)| (p.id, n)).collect(),
            cells: profiles.iter().map(|_| Mutex::default()).collect(),
            profiles,
        }
    }

    /// All profiles, in the order in which they are listed.
    pub(crate) fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The number of a profile by its id.
    pub(crate) fn find(&self, id: u64) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// Notes a request of a profile; one that comes after a long enough pause sees the next
    /// generation, so that a generation never changes in the middle of a listing.
    pub(crate) fn touch(&self, profile: usize, now: Instant) {
        let mut cell = self.cell(profile);
        if let (Some(pause), Some(last)) = (self.churn_after, cell.last_seen)
            && now.duration_since(last) >= pause
        {
            cell.advance();
        }
        cell.last_seen = Some(now);
    }

    /// Moves a profile on to its next generation.
    pub(crate) fn churn(&self, profile: usize) {
        self.cell(profile).advance();
    }

    /// The generation a profile is in.
    pub(crate) fn generation(&self, profile: usize) -> u32 {
        self.cell(profile).generation
    }

    /// The rows of a kind if they have been built already.
    pub(crate) fn built(&self, profile: usize, kind: Kind, extended: bool) -> Option<Arc<Table>> {
        self.cell(profile).tables.get(&(kind, extended)).map(Arc::clone)
    }

    /// The rows of a kind, built now if nobody has asked for them yet. May take a while: not for
    /// a runtime's own threads.
    pub(crate) fn table(&self, profile: usize, kind: Kind, extended: bool) -> Arc<Table> {
        let (generation, blueprint) = {
            let mut cell = self.cell(profile);
            if let Some(table) = cell.tables.get(&(kind, extended)) {
                return Arc::clone(table);
            }
            let generation = cell.generation;
            let blueprint =
                cell.blueprint.get_or_insert_with(|| Arc::new(Blueprint::new(&self.profiles[profile])));
            (generation, Arc::clone(blueprint))
        };
        let scene = build::Scene {
            profile: &self.profiles[profile],
            blueprint: &blueprint,
            generation,
            share: self.share,
            epoch_ms: self.epoch_ms,
            extended,
        };
        let table = Arc::new(build::build(&scene, kind));
        let mut cell = self.cell(profile);
        if cell.generation == generation {
            cell.tables.insert((kind, extended), Arc::clone(&table));
        }
        table
    }

    fn cell(&self, profile: usize) -> MutexGuard<'_, Cell> {
        self.cells[profile].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cell {
    fn advance(&mut self) {
        self.generation += 1;
        self.tables.clear();
    }
}
