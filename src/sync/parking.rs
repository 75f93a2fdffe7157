//! For how long a run is parked: as long as the API asks, and longer each time in a row that it was parked for nothing.
//!
//! Knows neither clock nor database: how often it was parked is stored with the run, so a restart forgets nothing.

use std::time::Duration;

use crate::domain::plural::{count, times};

/// What the second time in a row takes at least; it doubles with every further one.
const AGAIN: Duration = Duration::from_secs(120);
/// The longest parking of our own. What the API asks for may be longer, and is never shortened.
const LONGEST: Duration = Duration::from_secs(3600);

/// How long a run stays away that was parked `parks` times before without an answered page since, when the API asks
/// for `asked`.
pub(super) fn pause(asked: Duration, parks: i64) -> Duration {
    let Some(doublings) = parks.checked_sub(1).and_then(|n| u32::try_from(n).ok()) else { return asked };
    let ours = AGAIN.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST);
    asked.max(ours)
}

/// Why a run is parked that was parked `parks` times before, for the log: whether the API `asked` for it, and the
/// how-many-th time in a row it is.
pub(super) fn why(asked: bool, parks: i64) -> String {
    let why = if asked { "the API asked for it" } else { "the API answers nothing but 429" };
    match parks {
        ..=0 => why.to_owned(),
        n => format!("{why}: {} in a row now", times(count(n).saturating_add(1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_stays_away_longer_and_longer_up_to_an_hour_and_never_shorter_than_it_was_told() {
        let seconds = |asked, parks| pause(Duration::from_secs(asked), parks).as_secs();
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7, 500].map(|parks| seconds(60, parks)),
            [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
        );
        assert_eq!([0, 1, 3, 99].map(|parks| seconds(900, parks)), [900, 900, 900, 3600]);
        assert_eq!(seconds(7200, 99), 7200);
        assert_eq!(seconds(60, -1), 60);
    }

    #[test]
    fn nobody_is_said_to_have_asked_who_only_answered_429() {
        assert_eq!(why(true, 0), "the API asked for it");
        assert_eq!(why(false, 0), "the API answers nothing but 429");
        assert_eq!(why(false, 2), "the API answers nothing but 429: 3 times in a row now");
    }
}
