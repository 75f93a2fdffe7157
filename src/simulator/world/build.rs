//! Turns slots into rows: decides which exist, and in which state, and has their text written.

use super::blueprint::{Blueprint, NONE, Slot};
use super::churn::{self, Life, State};
use super::dice::mix;
use super::ids;
use super::json::Obj;
use super::kind::{Kind, Level};
use super::profile::Profile;
use super::rows;
use super::table::{Meta, Table};

/// What a table is built from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) blueprint: &'a Blueprint,
    pub(crate) generation: u32,
    pub(crate) share: f64,
    pub(crate) epoch_ms: i64,
    /// Whether rows carry their extended data.
    pub(crate) extended: bool,
}

/// One row about to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) scene: &'a Scene<'a>,
    pub(crate) slot: Slot,
    /// Hash that the row's lasting properties follow from.
    pub(crate) key: u64,
    pub(crate) life: Life,
    pub(crate) id: u64,
    pub(crate) campaign_id: u64,
    pub(crate) ad_group_id: u64,
    /// States of the campaign and the ad group; enabled where there is none.
    pub(crate) above: [State; 2],
}

/// What a writer tells of the row besides its text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Traits {
    pub(crate) portfolio: u64,
    pub(crate) flags: u8,
}

#[derive(Debug, Clone, Copy)]
struct Parent {
    exists: bool,
    id: u64,
    state: State,
}

const ORPHAN: Parent = Parent { exists: true, id: 0, state: State::Enabled };

/// Writes all rows of a kind that exist in the scene.
pub(crate) fn build(scene: &Scene<'_>, kind: Kind) -> Table {
    let campaigns = match kind.level() {
        Level::Portfolio | Level::Campaign => Vec::new(),
        _ => parents(scene, kind.campaign(), &[]),
    };
    let ad_groups = match kind.level() {
        Level::OfAdGroup => parents(scene, kind.ad_group(), &campaigns),
        _ => Vec::new(),
    };
    let write = rows::writer(kind);
    let mut table = Table::default();
    for slot in scene.blueprint.slots(kind, scene.generation, scene.share) {
        let campaign = parent(&campaigns, slot.campaign);
        let ad_group = parent(&ad_groups, slot.ad_group);
        let key = row_key(scene.profile, kind, slot.n);
        if !(campaign.exists && ad_group.exists && exists(scene, kind, key, slot)) {
            continue;
        }
        let mut life = churn::life(key, slot.born, scene.generation, scene.share);
        if kind.states() & life.state as u8 == 0 {
            life.state = State::Enabled;
        }
        let row = Row {
            scene,
            slot,
            key,
            life,
            id: ids::of(scene.profile, kind, slot.n),
            campaign_id: campaign.id,
            ad_group_id: ad_group.id,
            above: [campaign.state, ad_group.state],
        };
        if !table.rows.is_empty() {
            table.bytes.push(b',');
        }
        let start = table.bytes.len();
        let mut object = Obj::open(&mut table.bytes);
        let traits = write(&row, &mut object);
        object.close();
        let end = table.bytes.len();
        let campaign = if kind.level() == Level::Campaign { row.id } else { campaign.id };
        let ad_group = if kind.level() == Level::AdGroup { row.id } else { ad_group.id };
        table.rows.push(Meta {
            start,
            end,
            id: row.id,
            campaign,
            ad_group,
            portfolio: traits.portfolio,
            state: row.life.state,
            flags: traits.flags,
        });
    }
    table
}

/// The hash that a row's properties follow from.
pub(crate) fn row_key(profile: &Profile, kind: Kind, n: u32) -> u64 {
    mix(mix(profile.key, 0x0072_6f77_0000 + kind as u64), u64::from(n))
}

fn exists(scene: &Scene<'_>, kind: Kind, key: u64, slot: Slot) -> bool {
    // What others hang on vanishes more rarely, for it takes them along.
    let share = match kind.level() {
        Level::OfAdGroup | Level::OfCampaign => scene.share * 0.1,
        _ => scene.share * 0.02,
    };
    churn::exists(key, slot.born, scene.generation, share)
}

fn parents(scene: &Scene<'_>, kind: Kind, campaigns: &[Parent]) -> Vec<Parent> {
    let slots = scene.blueprint.slots(kind, scene.generation, scene.share);
    slots
        .into_iter()
        .map(|slot| {
            let key = row_key(scene.profile, kind, slot.n);
            Parent {
                exists: parent(campaigns, slot.campaign).exists && exists(scene, kind, key, slot),
                id: ids::of(scene.profile, kind, slot.n),
                state: churn::life(key, slot.born, scene.generation, scene.share).state,
            }
        })
        .collect()
}

fn parent(known: &[Parent], n: u32) -> Parent {
    if n == NONE { ORPHAN } else { known.get(n as usize).copied().unwrap_or(ORPHAN) }
}
