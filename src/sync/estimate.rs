//! What several syncs will take, from what the last ones took. A pure function; it reads no database and no clock.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::cost::RunCost;
use crate::domain::limits::LimitsSnapshot;

/// One sync that is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// The login that carries its profile.
    pub login: &'a str,
    /// What its profile's last run took; `None` of one that never had any.
    pub cost: Option<&'a RunCost>,
    /// True when it reuses what a failed run has proved.
    pub retry: bool,
}

/// What is expected of several syncs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Estimate {
    /// Requests of those that are counted.
    pub requests: u64,
    /// How long they take together; `None` when nothing tells.
    pub time: Option<Duration>,
    /// Those of which nothing is known: they are not counted.
    pub unknown: usize,
    /// Those known by a run that did not get to its end: they may take more.
    pub unfinished: usize,
    /// Units that need not be fetched again.
    pub reused_units: u64,
    /// Pages of those units.
    pub reused_pages: u64,
}

/// Adds up what syncs will take, with the rates as learned by now and so many profiles at once.
pub fn estimate(planned: &[Planned<'_>], limits: &LimitsSnapshot, slots: usize) -> Estimate {
    let mut out = Estimate::default();
    let mut by_bucket: BTreeMap<Option<usize>, u64> = BTreeMap::new();
    let (mut longest, mut together) = (Duration::ZERO, Duration::ZERO);
    for sync in planned {
        let Some((cost, basis)) = sync.cost.and_then(|cost| Some((cost, cost.basis?))) else {
            out.unknown += 1;
            continue;
        };
        out.unfinished += usize::from(!basis.completed);
        let kept = if sync.retry { cost.kept_pages } else { 0 };
        if sync.retry {
            out.reused_units += cost.kept_units;
            out.reused_pages += cost.kept_pages;
        }
        // At least the question for what changed since has to be asked.
        let requests = basis.requests.saturating_sub(kept).max(1);
        out.requests += requests;
        *by_bucket.entry(bucket(sync.login, limits)).or_default() += requests;
        let took = scaled(basis.took, requests, basis.requests.max(1));
        longest = longest.max(took);
        together += took;
    }
    let by_rate = by_bucket.into_iter().filter_map(|(bucket, requests)| {
        let bucket = limits.buckets.get(bucket?).filter(|_| limits.enabled)?;
        let rate = bucket.learned_per_second.max(0.001);
        #[expect(clippy::cast_precision_loss, reason = "an estimate of at most some millions of requests")]
        let seconds = requests as f64 / rate;
        Some(Duration::from_secs_f64(seconds.min(1e9)) + Duration::from_millis(bucket.paused_ms))
    });
    let slots = u32::try_from(slots.max(1)).unwrap_or(u32::MAX);
    let time = by_rate.max().unwrap_or_default().max(longest).max(together / slots);
    out.time = (!time.is_zero()).then_some(time);
    out
}

/// The bucket that a login sends from: its own, or the only one there is.
fn bucket(login: &str, limits: &LimitsSnapshot) -> Option<usize> {
    let own = limits.buckets.iter().position(|bucket| bucket.is_of(login));
    own.or_else(|| (limits.buckets.len() == 1).then_some(0))
}

fn scaled(span: Duration, part: u64, whole: u64) -> Duration {
    let micros = span.as_micros() * u128::from(part) / u128::from(whole.max(1));
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cost::Basis;
    use crate::domain::id::ProfileId;
    use crate::domain::limits::{BucketSnapshot, Sharing};

    fn cost(requests: u64, seconds: u64, completed: bool, kept: (u64, u64)) -> RunCost {
        RunCost {
            profile_id: ProfileId(1),
            basis: Some(Basis { requests, took: Duration::from_secs(seconds), completed }),
            kept_units: kept.0,
            kept_pages: kept.1,
        }
    }

    fn limits(rates: &[(&str, f64)]) -> LimitsSnapshot {
        let bucket = |(name, rate): &(&str, f64)| BucketSnapshot {
            name: (*name).to_owned(),
            logins: vec![(*name).to_owned(), format!("{name}-2")],
            configured_per_second: 10.0,
            learned_per_second: *rate,
            burst: 10,
            burst_left: 10,
            in_flight: 0,
            waiting: 0,
            next_in_ms: 0,
            paused_ms: 0,
            throttled_5m: 0,
            retries_5m: 0,
            answered_5m: 0,
            sharing: Sharing::Alone,
            history: Vec::new(),
        };
        LimitsSnapshot {
            enabled: true,
            buckets: rates.iter().map(bucket).collect(),
            ..LimitsSnapshot::default()
        }
    }

    fn planned<'a>(login: &'a str, cost: Option<&'a RunCost>, retry: bool) -> Planned<'a> {
        Planned { login, cost, retry }
    }

    #[test]
    fn the_slowest_of_rates_slots_and_single_syncs_tells_the_time() {
        let (quick, slow) = (cost(120, 10, true, (0, 0)), cost(60, 600, true, (0, 0)));
        for (logins, rates, slots, seconds) in [
            // 240 requests at 2/s.
            (["a", "a"], limits(&[("a", 2.0)]), 4, 120),
            // Side by side from two buckets.
            (["a", "b"], limits(&[("a", 2.0), ("b", 2.0)]), 4, 60),
            // A login that shares the only bucket.
            (["a", "b"], limits(&[("a", 2.0)]), 4, 120),
            // Logins that share one of several.
            (["a", "a-2"], limits(&[("a", 2.0), ("b", 2.0)]), 4, 120),
            // Nothing limits: as long as they took.
            (["a", "a"], LimitsSnapshot::default(), 1, 20),
        ] {
            let all = logins.map(|login| planned(login, Some(&quick), false));
            let told = estimate(&all, &rates, slots);
            assert_eq!((told.requests, told.time), (240, Some(Duration::from_secs(seconds))));
        }
        let told = estimate(&[planned("a", Some(&slow), false)], &limits(&[("a", 10.0)]), 4);
        assert_eq!(told.time, Some(Duration::from_secs(600)), "no faster than it ever was");
    }

    #[test]
    fn a_retry_takes_what_its_kept_pages_leave() {
        let cost = cost(100, 100, false, (3, 75));
        let fast = limits(&[("a", 100.0)]);
        let told = estimate(&[planned("a", Some(&cost), true)], &fast, 1);
        assert_eq!((told.requests, told.reused_units, told.reused_pages), (25, 3, 75));
        assert_eq!((told.unfinished, told.time), (1, Some(Duration::from_secs(25))));
        let anew = estimate(&[planned("a", Some(&cost), false)], &fast, 1);
        assert_eq!((anew.requests, anew.reused_units), (100, 0));
    }

    #[test]
    fn what_nothing_is_known_of_is_not_counted_and_is_told() {
        let never = RunCost { basis: None, ..cost(0, 0, true, (0, 0)) };
        let told = estimate(&[planned("a", None, false), planned("a", Some(&never), false)], &limits(&[]), 4);
        assert_eq!(told, Estimate { unknown: 2, ..Estimate::default() });
    }
}
