//! What processes that share a rate budget tell each other, and the arithmetic of their common bucket.

use std::time::Duration;

use super::id::ProfileId;
use super::time::Timestamp;

/// How far ahead requests may be booked: whoever books must not keep others out for longer.
pub const BOOKED_AHEAD: Duration = Duration::from_secs(1);

/// A pause, and whose: a profile's, or with `None` the whole account's.
pub type Pause = (Option<ProfileId>, Duration);

/// What one process asks of the common budget of an account, and what it has to tell the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Booking {
    /// The account: a hash of its client id, and its region.
    pub account: String,
    /// True when the process sends or wants to; else it only has something to tell.
    pub sending: bool,
    /// What is to be booked, one weight for each request, in the order of the queue. Empty only looks.
    pub weights: Vec<u32>,
    /// The rate of the whole account, as far as this process knows.
    pub per_second: f64,
    /// The burst of the whole account.
    pub burst: u32,
    /// That rate was cut or has grown notably: the others should know.
    pub tell_rate: bool,
    /// Pauses that the API asked this process for.
    pub pauses: Vec<Pause>,
}

/// A learned rate, as another process told it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ToldRate {
    /// Requests per second of the whole account.
    pub per_second: f64,
    /// When; tells one message from another.
    pub at: Timestamp,
}

/// What the common budget answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Booked {
    /// What was booked of the weights that were asked for, from the first on.
    pub slots: Vec<Slot>,
    /// The rate that was told last, by whomever.
    pub rate: Option<ToldRate>,
    /// Every pause that is not over.
    pub pauses: Vec<Pause>,
    /// Weight that all processes have booked so far.
    pub booked: u64,
}

/// The right to send one request of a weight, from an instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its weight.
    pub weight: u32,
    /// How long from now until it may be sent; at most [`BOOKED_AHEAD`].
    pub after: Duration,
}

/// A learned rate that outlives its process.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedRate {
    /// The account: a hash of its client id, and its region.
    pub account: String,
    /// The profile whose own limit it is; `None` for the account's.
    pub profile: Option<ProfileId>,
    /// Requests per second.
    pub per_second: f64,
    /// How long ago it was learned.
    pub age: Duration,
}

/// Books requests in a bucket by the generic cell rate algorithm. `full_at` is when the bucket will be full again, in
/// microseconds like `now`; gives the slots and the new `full_at`. Books no request that would have to wait for
/// longer than [`BOOKED_AHEAD`], nor any behind it. A weight above the burst counts as the burst.
pub fn book(now: Timestamp, full_at: i64, per_second: f64, burst: u32, weights: &[u32]) -> (Vec<Slot>, i64) {
    let per_token = 1_000_000.0 / per_second.max(1e-6);
    let burst = burst.max(1);
    let span = |tokens: f64| (tokens * per_token) as i64;
    let ahead = i64::try_from(BOOKED_AHEAD.as_micros()).unwrap_or(i64::MAX);
    // Whatever was booked at another rate, or by a clock that was wrong: an empty bucket is the worst that can be.
    let worst = now.0.saturating_add(span(f64::from(burst))).saturating_add(ahead);
    let mut full_at = full_at.clamp(now.0, worst);
    let mut slots = Vec::new();
    for weight in weights {
        let weight = (*weight).clamp(1, burst);
        let at = full_at.saturating_add(span(f64::from(weight) - f64::from(burst))).max(now.0);
        if at - now.0 > ahead {
            break;
        }
        slots.push(Slot { weight, after: Timestamp(at).since(now) });
        full_at = full_at.saturating_add(span(f64::from(weight)));
    }
    (slots, full_at)
}

/// When a bucket that pauses until `until` and resumes empty will be full again.
pub fn drained(until: Timestamp, per_second: f64, burst: u32) -> i64 {
    until.plus(Duration::from_secs_f64(f64::from(burst.max(1)) / per_second.max(1e-6))).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_780_000_000_000_000);

    fn afters(slots: &[Slot]) -> Vec<u128> {
        slots.iter().map(|slot| slot.after.as_millis()).collect()
    }

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_its_rate_for_a_second_ahead() {
        let (slots, full_at) = book(NOW, 0, 4.0, 3, &[1; 20]);
        assert_eq!(afters(&slots), [0, 0, 0, 250, 500, 750, 1000]);
        assert_eq!(full_at, NOW.0 + 7 * 250_000);
        assert_eq!(book(NOW, full_at, 4.0, 3, &[1]).0, []);
        assert_eq!(afters(&book(Timestamp(NOW.0 + 500_000), full_at, 4.0, 3, &[1; 9]).0), [750, 1000]);
    }

    #[test]
    fn a_heavy_request_is_booked_whole_or_not_at_all_and_nobody_passes_it() {
        let (slots, full_at) = book(NOW, 0, 2.0, 6, &[5, 5, 1]);
        assert_eq!(afters(&slots), [0]);
        assert_eq!(afters(&book(Timestamp(NOW.0 + 1_000_000), full_at, 2.0, 6, &[5, 1]).0), [1000]);
        assert_eq!(book(NOW, 0, 2.0, 3, &[9]).0, [Slot { weight: 3, after: Duration::ZERO }]);
    }

    #[test]
    fn a_drained_bucket_gives_nothing_before_its_pause_is_over() {
        let full_at = drained(NOW.plus(Duration::from_millis(500)), 2.0, 10);
        assert_eq!(afters(&book(NOW, full_at, 2.0, 10, &[1]).0), [1000]);
        // A clock that was far ahead does not lock the account for ever.
        assert!(book(NOW.plus(Duration::from_secs(2)), i64::MAX / 2, 2.0, 10, &[1]).1 < NOW.0 + 20_000_000);
    }

    proptest! {
        #[test]
        fn whoever_books_no_window_sees_more_than_burst_and_rate(
            asks in prop::collection::vec((0_i64..2_000_000, prop::collection::vec(1_u32..=5, 0..8)), 1..60),
            per_second in 0.2_f64..20.0,
        ) {
            let (mut now, mut full_at, mut sent) = (NOW, 0, Vec::new());
            for (later, weights) in asks {
                now.0 += later;
                let (slots, next) = book(now, full_at, per_second, 10, &weights);
                full_at = next;
                for slot in slots {
                    prop_assert!(slot.after <= BOOKED_AHEAD);
                    sent.push((now.plus(slot.after), f64::from(slot.weight)));
                }
            }
            for (i, (from, _)) in sent.iter().enumerate() {
                let mut weight = 0.0;
                for (until, w) in &sent[i..] {
                    weight += w;
                    let seconds = until.since(*from).as_secs_f64();
                    prop_assert!(weight <= 10.0 + per_second * seconds + 1e-3, "{weight} in {seconds} s");
                }
            }
        }
    }
}
