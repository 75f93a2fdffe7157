//! The screen of changes as data: what a run committed, or what was committed since an instant.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::list::{ListCursor, Order, Sortable};
use super::query::{ChangesOf, Loaded};
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::run::{ChangeKind, ChangeView};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;

/// The most changes that the screen lists; one more is read, to know whether there are more.
pub const MOST_CHANGES: usize = 1_000;

/// How far back the changes go that are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Window {
    /// An hour.
    Hour,
    /// A day.
    #[default]
    Day,
    /// A week.
    Week,
    /// Thirty days.
    Month,
}

impl Window {
    /// The next longer one; after the longest the shortest.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Hour => Self::Day,
            Self::Day => Self::Week,
            Self::Week => Self::Month,
            Self::Month => Self::Hour,
        }
    }

    pub(super) const fn length(self) -> Duration {
        let hours = match self {
            Self::Hour => 1,
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
        };
        Duration::from_secs(hours * 3_600)
    }

    /// How people say it.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Hour => "1 h",
            Self::Day => "24 h",
            Self::Week => "7 d",
            Self::Month => "30 d",
        }
    }

    /// How the commands say it.
    pub(super) const fn argument(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }
}

/// What a column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    When,
    Profile,
    Unit,
    Id,
    Name,
    Kind,
    Fields,
}

const COLUMNS: [Shown; 7] =
    [Shown::When, Shown::Profile, Shown::Unit, Shown::Id, Shown::Name, Shown::Kind, Shown::Fields];
const ORDERS: [Sortable; 7] = [
    Sortable::falling("newest first", "oldest first"),
    Sortable::rising("by profile", "by profile, last first"),
    Sortable::rising("by unit", "by unit, last first"),
    Sortable::rising("by id", "by id, greatest first"),
    Sortable::rising("by name", "by name, last first"),
    Sortable::rising("by kind", "by kind, last first"),
    Sortable::rising("by fields", "by fields, last first"),
];

/// How many changes there are of each kind and of each unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Summary {
    /// By kind, in their usual order; kinds that do not occur are left out.
    pub(super) kinds: Vec<(ChangeKind, usize)>,
    /// By unit, the most changed first.
    pub(super) units: Vec<(Unit, usize)>,
}

impl Summary {
    fn of(changes: &[ChangeView]) -> Self {
        let (mut kinds, mut units) = (BTreeMap::new(), BTreeMap::new());
        for change in changes {
            *kinds.entry(change.kind).or_insert(0) += 1;
            *units.entry(change.unit).or_insert(0) += 1;
        }
        let mut units: Vec<(Unit, usize)> = units.into_iter().collect();
        units.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Self { kinds: kinds.into_iter().collect(), units }
    }
}

/// The state of the changes screen.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangesScreen {
    /// The one profile that it is about; `None` for all.
    pub profile: Option<ProfileId>,
    /// Which changes.
    pub of: ChangesOf,
    /// How far back they go; a run's have no such bound.
    pub window: Window,
    /// The changes, in the order that is shown.
    pub changes: Loaded<Vec<ChangeView>>,
    /// True when there are more than are listed.
    pub more: bool,
    /// Why they could not be read anew, when what is shown is older than it should be.
    pub outdated: Option<Box<ErrorReport>>,
    /// The order.
    pub order: Order,
    /// The current change.
    pub list: ListCursor,
    pub(super) summary: Summary,
    /// What is being read, and whether it is to be read once more after that.
    asked: Option<(ChangesOf, Window)>,
    again: bool,
}

impl ChangesScreen {
    /// What a run committed.
    pub(super) fn of_run(profile: ProfileId, run: RunId) -> Self {
        Self::new(Some(profile), ChangesOf::Run(run))
    }

    /// What was committed in the last day: of a profile, or of all of them.
    pub(super) fn lately(profile: Option<ProfileId>, now: Timestamp) -> Self {
        let since = now.minus(Window::default().length());
        Self::new(profile, ChangesOf::Since { profile, since })
    }

    fn new(profile: Option<ProfileId>, of: ChangesOf) -> Self {
        Self {
            profile,
            of,
            window: Window::default(),
            changes: Loaded::Loading,
            more: false,
            outdated: None,
            order: Order { column: 0, descending: true },
            list: ListCursor::default(),
            summary: Summary::default(),
            asked: None,
            again: false,
        }
    }

    /// True when it is about every profile.
    pub(super) const fn is_all(&self) -> bool {
        self.profile.is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.changes.ready().map_or(0, Vec::len)
    }

    pub(super) fn current(&self) -> Option<&ChangeView> {
        self.changes.ready()?.get(self.list.position)
    }

    /// The command that lists the same.
    pub(super) fn command(&self) -> String {
        match (self.of, self.profile) {
            (ChangesOf::Run(run), _) => format!("adsync changes --run {run}"),
            (_, Some(profile)) => format!("adsync changes {profile} --since {}", self.window.argument()),
            (_, None) => format!("adsync changes --since {}", self.window.argument()),
        }
    }

    /// The columns of the table, from left to right.
    pub(super) fn columns(&self) -> impl Iterator<Item = Shown> {
        let all = self.is_all();
        COLUMNS.into_iter().filter(move |shown| all || *shown != Shown::Profile)
    }

    /// How each of the columns can order the rows.
    pub(super) fn orders(&self) -> Vec<Sortable> {
        self.columns().filter_map(|shown| ORDERS.get(shown as usize).copied()).collect()
    }

    /// Asks for the changes as of now; `None` while they are being read, after which they are read once more.
    pub(super) fn read(&mut self, now: Timestamp) -> Option<ChangesOf> {
        if self.asked.is_some() {
            self.again = true;
            return None;
        }
        if let ChangesOf::Since { since, .. } = &mut self.of {
            *since = now.minus(self.window.length());
        }
        self.again = false;
        self.asked = Some((self.of, self.window));
        Some(self.of)
    }

    /// Asks anew after the screen was away: what was on its way then has gone elsewhere.
    pub(super) fn read_first(&mut self, now: Timestamp) -> Option<ChangesOf> {
        self.asked = None;
        self.read(now)
    }

    /// Looks back over another window.
    pub(super) fn look_back(&mut self, window: Window, now: Timestamp) -> Option<ChangesOf> {
        self.window = window;
        self.changes = Loaded::Loading;
        self.more = false;
        self.outdated = None;
        self.list = ListCursor::default();
        self.read(now)
    }

    /// Takes over what was read; gives what is to be read next. An answer to something else changes nothing.
    pub(super) fn take(
        &mut self,
        of: ChangesOf,
        result: Result<Vec<ChangeView>, Box<ErrorReport>>,
        now: Timestamp,
        name: impl Fn(ProfileId) -> String,
    ) -> Option<ChangesOf> {
        let (_, window) = self.asked.take_if(|(asked, _)| *asked == of)?;
        if window == self.window {
            self.arrange(result, name);
        }
        if self.again { self.read(now) } else { None }
    }

    fn arrange(
        &mut self,
        result: Result<Vec<ChangeView>, Box<ErrorReport>>,
        name: impl Fn(ProfileId) -> String,
    ) {
        match result {
            Ok(mut changes) => {
                self.more = changes.len() > MOST_CHANGES;
                changes.truncate(MOST_CHANGES);
                self.summary = Summary::of(&changes);
                self.outdated = None;
                // Whoever looks at the top wants to see what is new; whoever looks at a change, that change.
                let place = self.current().filter(|_| self.list.position > 0).map(key);
                self.changes = Loaded::Ready(changes);
                self.sort(name);
                self.follow(place);
            }
            Err(report) if self.changes.ready().is_some() => self.outdated = Some(report),
            Err(report) => self.changes = Loaded::Failed(report),
        }
    }

    /// Orders the changes by another column; the cursor stays on its change.
    pub(super) fn reorder(&mut self, name: impl Fn(ProfileId) -> String) {
        let place = self.current().map(key);
        self.sort(name);
        self.follow(place);
    }

    fn follow(&mut self, place: Option<Key>) {
        let rows = self.changes.ready().map_or(&[][..], Vec::as_slice);
        if let Some(at) = place.and_then(|place| rows.iter().position(|row| key(row) == place)) {
            self.list.position = at;
        }
    }

    fn sort(&mut self, name: impl Fn(ProfileId) -> String) {
        let order = self.order;
        let Some(shown) = self.columns().nth(order.column) else { return };
        let Loaded::Ready(changes) = &mut self.changes else { return };
        // What is equal stands newest first, whatever the order.
        changes.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| key(b).cmp(&key(a))));
        let by = |compare: &dyn Fn(&ChangeView, &ChangeView) -> Ordering, changes: &mut Vec<ChangeView>| {
            changes.sort_by(|a, b| order.turn(compare(a, b)));
        };
        match shown {
            Shown::When => by(&|a, b| a.at.cmp(&b.at), changes),
            Shown::Unit => by(&|a, b| a.unit.cmp(&b.unit), changes),
            Shown::Kind => by(&|a, b| a.kind.cmp(&b.kind), changes),
            // Canonical decimal: the longer number is the greater one.
            Shown::Id => by(
                &|a, b| {
                    let (a, b) = (&a.entity_id, &b.entity_id);
                    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
                },
                changes,
            ),
            Shown::Profile => {
                let mut names = BTreeMap::new();
                for change in &*changes {
                    names.entry(change.profile_id).or_insert_with(|| name(change.profile_id).to_lowercase());
                }
                by(&|a, b| names.get(&a.profile_id).cmp(&names.get(&b.profile_id)), changes);
            }
            Shown::Name => by(&|a, b| name_of(a).cmp(&name_of(b)), changes),
            Shown::Fields => by(&|a, b| names(a).cmp(names(b)), changes),
        }
    }
}

/// What tells a change from all others: a run changes a row once.
type Key = (RunId, Unit, String);

fn key(change: &ChangeView) -> Key {
    (change.run_id, change.unit, change.entity_id.clone())
}

/// The names of the fields that differ, in their order.
fn names(change: &ChangeView) -> impl Iterator<Item = &String> {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let own = after.into_iter().flat_map(BTreeMap::keys);
    own.chain(
        before
            .into_iter()
            .flat_map(BTreeMap::keys)
            .filter(move |name| !after.is_some_and(|after| after.contains_key(*name))),
    )
}

/// A field of a change: its dotted path, its value before and its value after.
pub(super) type Field<'a> = (&'a str, Option<&'a Value>, Option<&'a Value>);

/// The fields of a change by name; those that tell more than where the row belongs come first.
pub(super) fn fields(change: &ChangeView) -> Vec<Field<'_>> {
    let mut all: Vec<Field<'_>> = names(change)
        .map(|name| {
            let before = change.before.as_ref().and_then(|side| side.get(name));
            let after = change.after.as_ref().and_then(|side| side.get(name));
            (name.as_str(), before, after)
        })
        .collect();
    all.sort_by_key(|(name, ..)| (name.ends_with("Id"), *name));
    all
}

/// What the row is called, where the change has a field that says it.
pub(super) fn name_of(change: &ChangeView) -> Option<&str> {
    let sides = [change.after.as_ref(), change.before.as_ref()];
    let text = |name: &str| sides.iter().flatten().find_map(|side| side.get(name)?.as_str());
    ["name", "keywordText", "customText"].into_iter().find_map(text)
}

/// A value as people write it: text without quotes, everything else as JSON.
pub(super) fn plain(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
