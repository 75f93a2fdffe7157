//! The screen of changes as data: what a run committed, or what was committed since an instant.

mod entry;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::filter::FilterLine;
use super::keys::Command;
use super::list::{ListCursor, Order, Sortable};
use super::query::{ChangesOf, Loaded};
use super::rows::Rows;
use crate::domain::id::{ProfileId, RunId};
use crate::domain::report::ErrorReport;
use crate::domain::run::{ChangeKind, ChangeView};
use crate::domain::time::Timestamp;
use crate::domain::unit::Unit;
use crate::sync::overview::Overview;

use entry::{Entry, SCHEMA};

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

/// How many changes are shown of each kind and of each unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Summary {
    /// By kind, in their usual order; kinds that do not occur are left out.
    pub(super) kinds: Vec<(ChangeKind, usize)>,
    /// By unit, the most changed first.
    pub(super) units: Vec<(Unit, usize)>,
}

impl Summary {
    fn of<'a>(changes: impl Iterator<Item = &'a Entry>) -> Self {
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
    /// The changes, newest first, whatever is shown of them.
    pub changes: Loaded<Vec<ChangeView>>,
    /// True when there are more than are listed.
    pub more: bool,
    /// Why they could not be read anew, when what is shown is older than it should be.
    pub outdated: Option<Box<ErrorReport>>,
    /// The places of the changes.
    list: Rows<usize, Entry>,
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
            list: Rows::new(SCHEMA, Order { column: 0, descending: true }),
            summary: Summary::default(),
            asked: None,
            again: false,
        }
    }

    /// True when it is about every profile.
    pub(super) const fn is_all(&self) -> bool {
        self.profile.is_none()
    }

    /// How many changes the filter shows.
    pub(super) const fn len(&self) -> usize {
        self.list.len()
    }

    /// How many there are.
    pub(super) fn total(&self) -> usize {
        self.list.total()
    }

    /// The change at a place of the list.
    pub(super) fn change(&self, place: usize) -> Option<&ChangeView> {
        self.changes.ready()?.get(*self.list.shown().get(place)?)
    }

    pub(super) fn current(&self) -> Option<&ChangeView> {
        self.change(self.list.position())
    }

    /// The cursor, and the first change that is visible.
    pub(super) const fn list(&self) -> ListCursor {
        self.list.list()
    }

    pub(super) const fn order(&self) -> Order {
        self.list.order()
    }

    pub(super) const fn line(&self) -> &FilterLine {
        self.list.line()
    }

    /// The filter line, to be typed into; [`Self::refilter`] has to follow.
    pub(super) const fn line_mut(&mut self) -> &mut FilterLine {
        self.list.line_mut()
    }

    /// Reads the filter line anew.
    pub(super) fn refilter(&mut self) {
        if self.list.refilter() {
            self.add_up();
        }
    }

    /// Counts what is shown.
    fn add_up(&mut self) {
        self.summary = Summary::of(self.list.shown().iter().filter_map(|place| self.list.get(place)));
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
        self.list.move_to(0);
        self.list.rest();
        self.list.fill([], now);
        self.arrange();
        self.read(now)
    }

    /// Takes over what was read; gives what is to be read next. An answer to something else changes nothing.
    pub(super) fn take(
        &mut self,
        of: ChangesOf,
        result: Result<Vec<ChangeView>, Box<ErrorReport>>,
        now: Timestamp,
        overview: &Overview,
    ) -> Option<ChangesOf> {
        let (_, window) = self.asked.take_if(|(asked, _)| *asked == of)?;
        if window == self.window {
            self.answered(result, now, overview);
        }
        if self.again { self.read(now) } else { None }
    }

    fn answered(
        &mut self,
        result: Result<Vec<ChangeView>, Box<ErrorReport>>,
        now: Timestamp,
        overview: &Overview,
    ) {
        match result {
            Ok(mut changes) => {
                self.more = changes.len() > MOST_CHANGES;
                changes.truncate(MOST_CHANGES);
                changes.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| key(b).cmp(&key(a))));
                self.outdated = None;
                // Whoever looks at the top wants to see what is new; whoever looks at a change, that change.
                let kept = self.current().filter(|_| self.list.position() > 0).map(key);
                let kept = kept.and_then(|kept| changes.iter().position(|change| key(change) == kept));
                self.list.rest();
                self.list.forget();
                self.changes = Loaded::Ready(changes);
                self.name(overview, now);
                self.arrange();
                kept.iter().for_each(|place| self.list.find(place));
            }
            Err(report) if self.changes.ready().is_some() => self.outdated = Some(report),
            Err(report) => self.changes = Loaded::Failed(report),
        }
    }

    /// Looks at every change anew: profiles may be called otherwise.
    pub(super) fn name(&mut self, overview: &Overview, now: Timestamp) {
        let changes = self.changes.ready().map_or(&[][..], Vec::as_slice).iter().enumerate();
        self.list.fill(changes.map(|(place, change)| (place, Entry::of(change, overview))), now);
    }

    /// Judges ages anew.
    pub(super) fn pass_time(&mut self, now: Timestamp) {
        if self.list.pass_time(now) {
            self.add_up();
        }
    }

    /// Moves by one of the moving commands, `page` rows being visible, or orders the changes by another column.
    pub(super) fn handle(&mut self, command: Command, page: usize) {
        let orders = self.orders();
        if !self.list.moved(command, page) && self.list.reorder(command, &orders) {
            self.list.hold();
        }
    }

    fn arrange(&mut self) {
        let columns: Vec<Shown> = self.columns().collect();
        self.list.arrange(|order, (place_a, a), (place_b, b)| {
            let column = columns.get(order.column).copied().unwrap_or(Shown::When);
            // What is equal stands newest first, whatever the order.
            order.turn(a.compare(b, column)).then_with(|| place_a.cmp(place_b))
        });
        self.add_up();
    }

    /// Arranges changes of which any has changed, and keeps the cursor within `height` visible rows.
    pub(super) fn settle(&mut self, height: usize) {
        if self.list.is_stale() {
            self.arrange();
        }
        self.list.settle(height);
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
