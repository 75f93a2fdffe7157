//! How rows change from one generation to the next. Every answer is a pure function of the row's
//! hash and the generation, so that no history needs to be kept. Knows nothing of what a row says.

use super::dice::{below, chance, first_success, mix};

/// State of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    Enabled = 1,
    Paused = 2,
    Archived = 4,
}

impl State {
    /// As SP, SB v4 and portfolios write it.
    pub(crate) const fn upper(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Paused => "PAUSED",
            Self::Archived => "ARCHIVED",
        }
    }

    /// As SB v3 and SD write it.
    pub(crate) const fn lower(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Paused => "paused",
            Self::Archived => "archived",
        }
    }

    /// The bit of a state by its name in either spelling.
    pub(crate) fn bit(name: &str) -> Option<u8> {
        match name {
            "ENABLED" | "enabled" => Some(Self::Enabled as u8),
            "PAUSED" | "paused" => Some(Self::Paused as u8),
            "ARCHIVED" | "archived" => Some(Self::Archived as u8),
            _ => None,
        }
    }
}

/// Where a row stands at a generation. The revisions are the generations that last changed the
/// value (bid, budget) and the text (name); 0 stands for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) state: State,
    pub(crate) value: u32,
    pub(crate) text: u32,
    /// The generation of the last change of anything.
    pub(crate) last: u32,
}

/// How many rows each generation adds to a list of `base` rows.
pub(crate) fn births(base: u32, share: f64) -> u32 {
    ((f64::from(base) * share * 0.1).round() as u32).max(1)
}

/// Whether a row exists at a generation: some vanish, and half of those come back later.
pub(crate) fn exists(row: u64, born: u32, generation: u32, share: f64) -> bool {
    if generation < born {
        return false;
    }
    let age = u64::from(generation - born);
    let Some(gone) = first_success(mix(row, 0x676f_6e65), share) else { return true };
    let back = chance(mix(row, 0x6261_636b), 0.5).then(|| gone + 1 + below(mix(row, 0x6c61_7465), 3));
    age < gone || back.is_some_and(|back| age >= back)
}

/// Where an existing row stands at a generation.
pub(crate) fn life(row: u64, born: u32, generation: u32, share: f64) -> Life {
    let base = match below(mix(row, 0x7374_6174), 100) {
        0..=71 => State::Enabled,
        72..=91 => State::Paused,
        _ => State::Archived,
    };
    let mut life = Life { state: base, value: 0, text: 0, last: born };
    let mut flips = 0;
    for g in (born + 1)..=generation {
        let hash = mix(row, u64::from(g) << 8);
        if !chance(hash, share) {
            continue;
        }
        life.last = g;
        match below(mix(hash, 1), 10) {
            0..=5 => life.value = g,
            6..=7 => flips += 1,
            _ => life.text = g,
        }
    }
    if base != State::Archived {
        if flips % 2 == 1 {
            life.state = if base == State::Enabled { State::Paused } else { State::Enabled };
        }
        let archived = first_success(mix(row, 0x6172_6368), share * 0.1);
        if let Some(age) = archived.filter(|&age| age <= u64::from(generation - born)) {
            life.state = State::Archived;
            life.last = life.last.max(born + age as u32);
        }
    }
    life
}

/// A base amount as the generation `revision` left it; never the base amount again.
pub(crate) fn changed(base: u64, row: u64, revision: u32) -> u64 {
    if revision == 0 {
        return base;
    }
    let percent = 70 + below(mix(row, 0x7661_6c00 + u64::from(revision)), 60);
    let now = base * percent / 100;
    if now == base { base + 1 } else { now }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_removed_rows_return_and_some_do_not() {
        let lives: Vec<Vec<bool>> =
            (0..500u64).map(|row| (0..60).map(|g| exists(mix(9, row), 0, g, 0.05)).collect()).collect();
        assert!(lives.iter().all(|l| l[0]), "everything exists at first");
        assert!(lives.iter().any(|l| l.contains(&false) && l[59]), "some return");
        assert!(lives.iter().any(|l| !l[59]), "some never return");
    }

    #[test]
    fn archived_rows_stay_archived() {
        for row in 0..200 {
            let states: Vec<State> = (0..50).map(|g| life(mix(5, row), 0, g, 0.2).state).collect();
            if let Some(first) = states.iter().position(|s| *s == State::Archived) {
                assert!(states[first..].iter().all(|s| *s == State::Archived));
            }
        }
    }
}
