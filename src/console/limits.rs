//! The screen of limits as data: every bucket, its learned rate over time, who waits.

use super::list::ListCursor;
use crate::domain::id::ProfileId;
use crate::domain::limits::{BucketSnapshot, LimitsSnapshot, ProfileLimit, RatePoint};
use crate::domain::time::Timestamp;

/// The state of the limits screen. What it shows is in the overview.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LimitsScreen {
    /// The current row, counted over buckets first and profiles then.
    pub list: ListCursor,
    /// The current or last bucket.
    pub bucket: ListCursor,
    /// The current or first profile.
    pub profile: ListCursor,
    /// Whom the cursor is on, and of which account: rows come and go under it.
    pub on: Option<(String, Option<ProfileId>)>,
}

impl LimitsScreen {
    /// Rows that there are.
    pub(super) const fn len(limits: &LimitsSnapshot) -> usize {
        limits.buckets.len() + limits.profiles.len()
    }

    /// Remembers whose row the cursor was moved to.
    pub(super) fn moved(&mut self, limits: &LimitsSnapshot) {
        self.list.position = self.list.position.min(Self::len(limits).saturating_sub(1));
        self.on = self.current(limits).map(|limit| (limit.account.clone(), limit.profile));
    }

    /// The profile that the cursor is on.
    pub(super) fn current<'a>(&self, limits: &'a LimitsSnapshot) -> Option<&'a ProfileLimit> {
        limits.profiles.get(self.list.position.checked_sub(limits.buckets.len())?)
    }

    /// The bucket that the cursor is on, or that of the profile that it is on.
    pub(super) fn shown<'a>(&self, limits: &'a LimitsSnapshot) -> Option<&'a BucketSnapshot> {
        let account = self.current(limits).map(|limit| limit.account.as_str());
        let of_profile = limits.buckets.iter().find(|bucket| Some(bucket.name.as_str()) == account);
        of_profile.or_else(|| limits.buckets.get(self.bucket.position))
    }

    /// Puts the cursor back onto whom it was on, and both lists' rows into sight.
    pub(super) fn settle(&mut self, limits: &LimitsSnapshot, buckets: usize, profiles: usize) {
        let first = limits.buckets.len();
        if let Some((account, profile)) = &self.on {
            let is = |limit: &ProfileLimit| limit.account == *account && limit.profile == *profile;
            match limits.profiles.iter().position(is) {
                Some(i) => self.list.position = first + i,
                None => self.on = None,
            }
        }
        self.list.position = self.list.position.min(Self::len(limits).saturating_sub(1));
        if self.list.position < first {
            self.bucket.position = self.list.position;
            self.profile.position = 0;
        } else {
            self.profile.position = self.list.position - first;
        }
        self.bucket.settle(first, buckets);
        self.profile.settle(limits.profiles.len(), profiles);
        self.list.offset = 0;
    }
}

/// A learned rate over time, one value for each column: in thousandths of a request per second.
pub(super) struct Curve {
    /// The left edge.
    pub(super) from: Timestamp,
    /// One value a column; the rate that held at its end.
    pub(super) values: Vec<u64>,
}

/// A rate in thousandths.
pub(super) fn thousandths(per_second: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rates are far below the limits, and negative ones are none"
    )]
    let whole = (per_second.max(0.0) * 1_000.0).round() as u64;
    whole
}

/// What a bucket has learned from its first remembered point until now, over so many columns.
pub(super) fn curve(
    limits: &LimitsSnapshot,
    history: &[RatePoint],
    now: Timestamp,
    columns: usize,
) -> Option<Curve> {
    let from = limits.instant(history.first()?.at_ms);
    let columns = columns.max(1);
    let span = now.since(from).max(std::time::Duration::from_secs(60));
    let from = now.minus(span);
    let at = |column: usize| {
        let part = u32::try_from(column + 1).unwrap_or(u32::MAX);
        from.plus(span.saturating_mul(part) / u32::try_from(columns).unwrap_or(u32::MAX))
    };
    let rate = |until: Timestamp| {
        let held = history.iter().rev().find(|point| limits.instant(point.at_ms) <= until);
        thousandths(held.or(history.first()).map_or(0.0, |point| point.per_second))
    };
    Some(Curve { from, values: (0..columns).map(|column| rate(at(column))).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(id: i64) -> ProfileLimit {
        ProfileLimit {
            profile: Some(ProfileId(id)),
            account: "acme".to_owned(),
            learned_per_second: 1.0,
            waiting: 1,
            waiting_since_ms: None,
            paused_until_ms: None,
            refused_in_a_row: 0,
        }
    }

    #[test]
    fn the_cursor_stays_on_its_profile_while_others_come_and_go() {
        let mut limits = LimitsSnapshot { profiles: vec![limit(1), limit(2)], ..LimitsSnapshot::default() };
        let mut screen = LimitsScreen::default();
        screen.list.position = 1;
        screen.moved(&limits);
        limits.profiles.insert(0, limit(9));
        screen.settle(&limits, 3, 3);
        assert_eq!(screen.current(&limits).unwrap().profile, Some(ProfileId(2)));
        limits.profiles.retain(|l| l.profile != Some(ProfileId(2)));
        screen.settle(&limits, 3, 3);
        assert_eq!(screen.list.position, 1, "it is gone: the row that is last is current");
        limits.profiles.clear();
        screen.settle(&limits, 3, 3);
        assert_eq!((screen.list.position, screen.current(&limits)), (0, None));
    }

    #[test]
    fn a_curve_steps_from_rate_to_rate_until_now() {
        let limits = LimitsSnapshot { since: Timestamp::from_secs(1_000), ..LimitsSnapshot::default() };
        let point = |seconds: u64, per_second| RatePoint { at_ms: seconds * 1_000, per_second };
        let history = [point(0, 2.0), point(50, 4.0), point(75, 1.5)];
        let now = Timestamp::from_secs(1_100);
        let drawn = curve(&limits, &history, now, 4).unwrap();
        assert_eq!(
            (drawn.from, drawn.values),
            (Timestamp::from_secs(1_000), vec![2_000, 4_000, 1_500, 1_500])
        );
        // What has only begun is drawn over a minute, as if it had always been so.
        let begun = curve(&limits, &history[..1], Timestamp::from_secs(1_001), 3).unwrap();
        assert_eq!((begun.from, begun.values), (Timestamp::from_secs(941), vec![2_000; 3]));
        assert!(curve(&limits, &[], now, 4).is_none());
    }
}
