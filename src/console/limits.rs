//! The screen of limits as data: every bucket, its learned rate over time, who waits.

use std::cmp::{Ordering, Reverse};

use super::filter::{ALSO, FilterLine, Kind, Row, Schema, Texts, Value, field};
use super::keys::Command;
use super::list::{ListCursor, Order, Sortable};
use super::rows::Rows;
use crate::domain::id::ProfileId;
use crate::domain::limits::{BucketSnapshot, LimitsSnapshot, ProfileLimit, RatePoint};
use crate::domain::time::Timestamp;
use crate::sync::overview::Overview;

/// What the filter can ask of a profile that waits, pauses or was refused.
const SCHEMA: Schema = &[
    field("name", Kind::Text, "any part of its name"),
    field("country", Kind::Word, "its marketplace"),
    field("state", Kind::OneOf(&[WAITING, PAUSED, REFUSED]), "what the limits do to it"),
    field("login", Kind::Word, "the login that sees it"),
    field("bucket", Kind::Word, "the bucket that it draws from"),
    field("id", Kind::Text, "any part of its number"),
    field("waiting", Kind::Number, "its requests that wait"),
    field("refused", Kind::Number, "429 answers in a row"),
];

/// The fields of [`SCHEMA`] that are text: the first so many.
const TEXTS: usize = 6;

const WAITING: &str = "waiting";
const PAUSED: &str = "paused";
const REFUSED: &str = "refused";

/// How the list of profiles can be ordered: as they wait, which is no column's order, and by each of its columns.
pub(super) const ORDERS: [Sortable; 9] = [
    Sortable::rising("as they wait", "as they wait, last first"),
    Sortable::rising("by name", "by name, last first"),
    Sortable::rising("by country", "by country, last first"),
    Sortable::falling("by learned rate, highest first", "by learned rate, lowest first"),
    Sortable::falling("by waiting requests, most first", "by waiting requests, fewest first"),
    Sortable::falling("by time waited, longest first", "by time waited, shortest first"),
    Sortable::falling("by pause, longest first", "by pause, shortest first"),
    Sortable::falling("by refusals, most first", "by refusals, fewest first"),
    Sortable::rising("by bucket", "by bucket, last first"),
];

/// What filter and order look at, and what is shown, of a profile.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    /// Its place among those that wait.
    place: usize,
    /// The texts of the first fields of [`SCHEMA`].
    texts: Texts,
    limit: ProfileLimit,
    /// When its pause ends, when that is ahead.
    paused: Option<Timestamp>,
}

impl Row for Entry {
    fn value(&self, field: usize) -> Value<'_> {
        match field {
            0..TEXTS => Value::Text(self.texts.get(field)),
            6 => Value::Number(i64::from(self.limit.waiting)),
            _ => Value::Number(i64::from(self.limit.refused_in_a_row)),
        }
    }

    fn words(&self) -> &str {
        self.texts.first(TEXTS)
    }
}

impl Entry {
    fn of(place: usize, limit: &ProfileLimit, overview: &Overview, now: Timestamp) -> Self {
        let profile = limit.profile.and_then(|id| overview.profiles.get(&id)).map(|stored| &stored.profile);
        let number = limit.profile.map_or_else(String::new, |id| id.to_string());
        let unnamed = if limit.profile.is_some() { number.as_str() } else { OUTSIDE };
        let paused = limit.paused_until_ms.map(|ms| overview.limits.instant(ms)).filter(|until| *until > now);
        let states =
            [(limit.waiting > 0, WAITING), (paused.is_some(), PAUSED), (limit.refused_in_a_row > 0, REFUSED)];
        let states: Vec<&str> = states.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
        let texts = Texts::new([
            profile.map_or(unnamed, |p| p.name.as_str()),
            profile.map_or("", |p| p.country.as_str()),
            &states.join(&ALSO.to_string()),
            profile.map_or(limit.account.as_str(), |p| p.login.as_str()),
            &limit.account,
            &number,
        ]);
        Self { place, texts, limit: limit.clone(), paused }
    }

    /// Which of two rows is less by one of [`ORDERS`].
    fn compare(&self, other: &Self, order: usize) -> Ordering {
        let (a, b) = (self, other);
        let text = |place: usize| a.texts.get(place).cmp(b.texts.get(place));
        // Who waits longest waits since the earliest.
        let since = |entry: &Self| Reverse(entry.limit.waiting_since_ms.unwrap_or(u64::MAX));
        match order {
            1 => text(0),
            2 => text(1),
            3 => thousandths(a.limit.learned_per_second).cmp(&thousandths(b.limit.learned_per_second)),
            4 => a.limit.waiting.cmp(&b.limit.waiting),
            5 => since(a).cmp(&since(b)),
            6 => a.paused.cmp(&b.paused),
            7 => a.limit.refused_in_a_row.cmp(&b.limit.refused_in_a_row),
            8 => text(4),
            _ => a.place.cmp(&b.place),
        }
    }
}

/// What requests are called that belong to no profile.
pub(super) const OUTSIDE: &str = "outside any profile";

/// Whom a row is about: of which account, and which profile.
type Whom = (String, Option<ProfileId>);

/// The state of the limits screen. Its buckets are in the overview.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitsScreen {
    /// The current row, counted over buckets first and the profiles that are shown then.
    pub list: ListCursor,
    /// The current or last bucket.
    pub bucket: ListCursor,
    profiles: Rows<Whom, Entry>,
    /// True while the cursor is on a profile.
    on_profile: bool,
    /// True when the overview may tell of other profiles than were read.
    outdated: bool,
}

impl Default for LimitsScreen {
    fn default() -> Self {
        Self {
            list: ListCursor::default(),
            bucket: ListCursor::default(),
            profiles: Rows::new(SCHEMA, Order::default()),
            on_profile: false,
            outdated: true,
        }
    }
}

impl LimitsScreen {
    /// Rows that are shown.
    pub(super) const fn len(&self, limits: &LimitsSnapshot) -> usize {
        limits.buckets.len() + self.profiles.len()
    }

    /// How many profiles are shown, and how many there are.
    pub(super) fn profiles(&self) -> (usize, usize) {
        (self.profiles.len(), self.profiles.total())
    }

    pub(super) const fn order(&self) -> Order {
        self.profiles.order()
    }

    pub(super) const fn line(&self) -> &FilterLine {
        self.profiles.line()
    }

    /// The filter line, to be typed into; [`Self::refilter`] has to follow.
    pub(super) const fn line_mut(&mut self) -> &mut FilterLine {
        self.profiles.line_mut()
    }

    /// Reads the filter line anew.
    pub(super) fn refilter(&mut self) {
        self.profiles.refilter();
    }

    /// Notes that the overview has changed.
    pub(super) const fn outdate(&mut self) {
        self.outdated = true;
    }

    /// Judges pauses anew: one that is over changes what its profile is.
    pub(super) fn pass_time(&mut self, now: Timestamp) {
        self.outdated |= self.profiles.entries().any(|entry| entry.paused.is_some_and(|until| until <= now));
    }

    /// Moves by one of the moving commands, `page` rows being visible, or orders the profiles by another column.
    pub(super) fn handle(&mut self, command: Command, page: usize, limits: &LimitsSnapshot) {
        if !self.list.moved(command, page) {
            self.profiles.reorder(command, &ORDERS);
            return;
        }
        let position = self.list.position.min(self.len(limits).saturating_sub(1));
        let place = position.checked_sub(limits.buckets.len());
        self.on_profile = place.is_some();
        match place {
            Some(place) => self.profiles.move_to(place),
            None => {
                self.bucket.position = position;
                self.profiles.move_to(0);
            }
        }
    }

    /// The profile at a place among those that are shown.
    pub(super) fn profile(&self, place: usize) -> Option<&ProfileLimit> {
        Some(&self.profiles.get(self.profiles.shown().get(place)?)?.limit)
    }

    /// The profile that the cursor is on.
    pub(super) fn current(&self) -> Option<&ProfileLimit> {
        self.profile(self.profiles.position()).filter(|_| self.on_profile)
    }

    /// The cursor among the profiles, when it is there, and the first of them that is visible.
    pub(super) const fn profile_list(&self) -> (Option<usize>, usize) {
        let list = self.profiles.list();
        (if self.on_profile { Some(list.position) } else { None }, list.offset)
    }

    /// The bucket that the cursor is on, or that of the profile that it is on.
    pub(super) fn shown<'a>(&self, limits: &'a LimitsSnapshot) -> Option<&'a BucketSnapshot> {
        let account = self.current().map(|limit| limit.account.as_str());
        let of_profile = limits.buckets.iter().find(|bucket| Some(bucket.name.as_str()) == account);
        of_profile.or_else(|| limits.buckets.get(self.bucket.position))
    }

    /// Reads what has changed, and puts both lists' rows into sight.
    pub(super) fn settle(&mut self, overview: &Overview, now: Timestamp, buckets: usize, profiles: usize) {
        let limits = &overview.limits;
        if std::mem::take(&mut self.outdated) {
            let rows = limits.profiles.iter().enumerate().map(|(place, limit)| {
                let whom = (limit.account.clone(), limit.profile);
                (whom, Entry::of(place, limit, overview, now))
            });
            self.profiles.fill(rows, now);
        }
        if self.profiles.is_stale() {
            self.profiles.arrange(|order, (_, a), (_, b)| {
                order.turn(a.compare(b, order.column)).then_with(|| a.place.cmp(&b.place))
            });
        }
        self.profiles.settle(profiles);
        let first = limits.buckets.len();
        // Where nobody is left to be on, the last bucket is current.
        if self.on_profile && self.profiles.len() == 0 {
            self.on_profile = false;
            self.bucket.position = first.saturating_sub(1);
        }
        if first == 0 && self.profiles.len() > 0 {
            self.on_profile = true;
        }
        self.bucket.settle(first, buckets);
        let position = if self.on_profile { first + self.profiles.position() } else { self.bucket.position };
        self.list = ListCursor { position, offset: 0 };
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
        let told = |limits: &[ProfileLimit]| {
            let limits = LimitsSnapshot { profiles: limits.to_vec(), ..LimitsSnapshot::default() };
            Overview { limits, ..Overview::default() }
        };
        let mut screen = LimitsScreen::default();
        let mut show = |limits: &[ProfileLimit], command: Option<Command>| {
            let overview = told(limits);
            screen.outdate();
            screen.settle(&overview, Timestamp(0), 3, 3);
            if let Some(command) = command {
                screen.handle(command, 1, &overview.limits);
                screen.settle(&overview, Timestamp(0), 3, 3);
            }
            (screen.list.position, screen.current().and_then(|limit| limit.profile))
        };
        let id = |id| Some(ProfileId(id));
        assert_eq!(show(&[limit(1), limit(2)], Some(Command::Down)), (1, id(2)));
        assert_eq!(show(&[limit(9), limit(1), limit(2)], None), (2, id(2)));
        assert_eq!(
            show(&[limit(9), limit(1)], None),
            (1, id(1)),
            "it is gone: the row that is last is current"
        );
        assert_eq!(show(&[], None), (0, None));
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
