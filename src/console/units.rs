//! The units of a run in an order that was asked for.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::list::{Order, Sortable};
use crate::domain::run::{ChangeCounts, UnitState, UnitView};

/// How the units can be ordered: as they were planned, which is no column's order, and by each column of their table.
pub(super) const ORDERS: [Sortable; 8] = [
    Sortable::rising("as planned", "as planned, last first"),
    Sortable::rising("by unit", "by unit, last first"),
    Sortable::rising("by state, failed first", "by state, failed last"),
    Sortable::falling("by pages, most first", "by pages, fewest first"),
    Sortable::falling("by rows, most first", "by rows, fewest first"),
    Sortable::falling("by rows expected, most first", "by rows expected, fewest first"),
    Sortable::falling("by rows written, most first", "by rows written, fewest first"),
    Sortable::falling("by end, latest first", "by end, earliest first"),
];

/// Units in an order; as they were planned they stay where they are.
pub(super) fn ordered(units: &[UnitView], order: Order) -> Cow<'_, [UnitView]> {
    if order == Order::default() {
        return Cow::Borrowed(units);
    }
    let mut places: Vec<(usize, &UnitView)> = units.iter().enumerate().collect();
    places.sort_by(|(i, a), (j, b)| {
        let by_plan = || i.cmp(j);
        let by_column = if order.column == 0 { by_plan() } else { compare(a, b, order.column) };
        order.turn(by_column).then_with(by_plan)
    });
    Cow::Owned(places.into_iter().map(|(_, unit)| unit.clone()).collect())
}

fn compare(a: &UnitView, b: &UnitView, order: usize) -> Ordering {
    let written = |unit: &UnitView| unit.outcome.as_ref().map(|o| ChangeCounts::written(&o.counts));
    match order {
        1 => a.unit.cmp(&b.unit),
        2 => urgency(a).cmp(&urgency(b)),
        3 => a.pages.cmp(&b.pages),
        4 => a.rows.cmp(&b.rows),
        5 => a.expected.cmp(&b.expected),
        6 => written(a).cmp(&written(b)),
        _ => a.settled_at.cmp(&b.settled_at),
    }
}

/// What needs somebody comes before what is fetched, and that before what is at rest.
fn urgency(unit: &UnitView) -> u8 {
    match unit.state {
        UnitState::Failed => 0,
        UnitState::NotEligible if unit.lost().is_some() => 1,
        UnitState::Fetching => 2,
        UnitState::Pending => 3,
        UnitState::Proved => 4,
        UnitState::NotEligible => 5,
    }
}
