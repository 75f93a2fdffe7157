//! Entity ids: twelve to eighteen digits, many beyond what a double holds exactly, unique for a
//! kind within a profile (campaigns of all products share one space, as at Amazon).

use super::dice::{below, mix};
use super::kind::{Kind, Level};
use super::profile::Profile;

/// Bits at the low end that carry the slot, so that ids of one kind never collide.
const SLOT_BITS: u32 = 22;

/// The id of the `n`-th row of a kind. The first Sponsored Products campaign has the same id in
/// every profile, the first ad group has its campaign's, and negatives of campaigns have those of
/// ad groups: ids are unique neither across profiles nor across kinds.
pub(crate) fn of(profile: &Profile, kind: Kind, n: u32) -> u64 {
    if n == 0 && matches!(kind, Kind::SpCampaign | Kind::SpAdGroup) {
        return spread(mix(profile.seed, 0x7368_6172), 0);
    }
    let kind = match kind {
        Kind::SpCampaignNegativeKeyword => Kind::SpNegativeKeyword,
        Kind::SpCampaignNegativeTarget => Kind::SpNegativeTarget,
        kind => kind,
    };
    let (space, slot) = match kind.level() {
        Level::Campaign => (1, u64::from(n) * 4 + kind.product().index() as u64),
        _ => (0x10 + kind as u64, u64::from(n)),
    };
    spread(mix(mix(profile.key, space), slot), slot)
}

fn spread(hash: u64, slot: u64) -> u64 {
    let (low, high): (u64, u64) = match below(mix(hash, 1), 100) {
        0..=9 => (100_000_000_000, 9_000_000_000_000),
        10..=49 => (10_000_000_000_000, 900_000_000_000_000),
        50..=59 => (1_000_000_000_000_000, 9_007_199_254_740_991),
        _ => (20_000_000_000_000_000, 560_000_000_000_000_000),
    };
    let (low, high) = ((low >> SLOT_BITS) + 1, high >> SLOT_BITS);
    let prefix = low + below(mix(hash, 2), high - low);
    // An odd factor modulo a power of two is a bijection: slots stay distinct but look random.
    let scrambled = slot.wrapping_mul(2_654_435_761) & ((1 << SLOT_BITS) - 1);
    (prefix << SLOT_BITS) | scrambled
}
