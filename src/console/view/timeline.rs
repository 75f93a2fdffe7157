//! The last column of the run screen as a timeline: when each unit was fetched, on the scale of its run.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::Span;

use super::proof::wait_of;
use crate::console::model::Model;
use crate::console::text::{Align, clock, pad, width};
use crate::console::theme::Theme;
use crate::domain::run::{RunState, RunView, UnitState, UnitView};
use crate::domain::time::Timestamp;

/// Columns of a unit's duration, behind its bar.
const DURATION: usize = 7;

/// The scale: from the first claim of a run to its end, or to now while it is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timeline {
    from: Timestamp,
    until: Timestamp,
    /// Columns of the bars.
    columns: usize,
}

impl Timeline {
    /// The scale of a run over so many columns; `None` where there is nothing to draw or no room for it.
    pub(super) fn of(model: &Model, run: &RunView, columns: usize) -> Option<Self> {
        let from = run.started_at?;
        let until = run.finished_at.unwrap_or(if run.state.is_live() { model.now } else { run.since().0 });
        let columns = columns.checked_sub(DURATION + 4).filter(|columns| *columns > 0)?;
        Some(Self { from, until: until.max(from), columns })
    }

    /// The scale's ends, in the place of the column's head: `0:00 → 0:41`. At the left, for the place in the list stands
    /// at the right.
    pub(super) fn head(&self, theme: &Theme) -> Span<'static> {
        let end = took(self.until.since(self.from));
        let text = format!("0 {} {end}", theme.pick("→", "to"));
        let text = if width(&text) <= self.columns { text } else { end };
        Span::styled(pad(&text, self.columns, Align::Left, ""), theme.heading())
    }

    /// A unit's bar and how long it took.
    pub(super) fn row(&self, model: &Model, unit: &UnitView, theme: &Theme) -> Vec<Span<'static>> {
        let ended = unit.settled_at.filter(|_| unit.state.is_settled());
        let blank = |word: &str| {
            let text = pad(word, self.columns + 2 + DURATION, Align::Left, theme.ellipsis());
            vec![Span::styled(text, theme.dim())]
        };
        match (unit.started_at, ended) {
            // What an earlier run has fetched lies before the scale.
            (_, Some(ended)) if ended < self.from => return blank("reused"),
            (None, _) => return blank(theme.pick("–", "-")),
            _ => {}
        }
        let started = unit.started_at.unwrap_or(self.from).max(self.from);
        let until = ended.unwrap_or(self.until).max(started).min(self.until.max(started));
        let style = match unit.state {
            UnitState::Fetching if wait_of(model, unit).is_some() => theme.warn(),
            state => theme.unit(state),
        };
        let (first, last) = self.cells(started, until);
        let bar = theme.pick("━", "=").repeat(last - first);
        let took = pad(&took(until.since(started)), DURATION, Align::Right, theme.ellipsis());
        vec![
            Span::raw(" ".repeat(first)),
            Span::styled(bar, style),
            Span::raw(" ".repeat(self.columns - last + 2)),
            Span::styled(took, if ended.is_some() { Style::new() } else { style }),
        ]
    }

    /// The first column of a span of time and the one behind its last: at least one column wide.
    fn cells(&self, started: Timestamp, until: Timestamp) -> (usize, usize) {
        let whole = self.until.since(self.from).as_micros().max(1);
        let columns = self.columns as u128;
        let at = |instant: Timestamp| instant.since(self.from).as_micros().min(whole) * columns;
        let cell = |n: u128| usize::try_from(n).unwrap_or(self.columns).min(self.columns);
        let first = cell(at(started) / whole).min(self.columns - 1);
        (first, cell(at(until).div_ceil(whole)).max(first + 1))
    }
}

/// How long something took: `0.4 s`, or from ten seconds on `0:41`.
pub(super) fn took(span: Duration) -> String {
    if span < Duration::from_secs(10) { format!("{:.1} s", span.as_secs_f64()) } else { clock(span) }
}

/// What a run's time went into: how long it waited to be claimed, was fetched and was committed, as far as it has come.
pub(super) fn phases(run: &RunView, units: &[UnitView], now: Timestamp) -> Vec<(&'static str, Duration)> {
    let Some(started) = run.started_at else { return Vec::new() };
    let end = run.finished_at.unwrap_or(now);
    let mut out = vec![("queued", started.since(run.requested_at))];
    match units.iter().filter_map(|unit| unit.settled_at).max() {
        // What an approval waited for is no part of the commit.
        Some(fetched) if matches!(run.state, RunState::Committing | RunState::Completed) => {
            out.push(("fetched", fetched.since(started)));
            if run.approved_by.is_none() {
                out.push(("committed", end.since(fetched.max(started))));
            }
        }
        Some(fetched) if matches!(run.state, RunState::Held | RunState::Discarded) => {
            out.push(("fetched", fetched.since(started)));
        }
        _ => out.push(("fetched", end.since(started))),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn second(n: u64) -> Timestamp {
        Timestamp::from_secs(1_000 + n as i64)
    }

    #[test]
    fn a_bar_lies_where_its_time_does_and_is_never_nothing() {
        let scale = Timeline { from: second(0), until: second(100), columns: 10 };
        for (from, until, cells) in [
            (0, 100, (0, 10)),
            (0, 10, (0, 1)),
            (10, 11, (1, 2)),
            (50, 50, (5, 6)),
            (95, 100, (9, 10)),
            (100, 100, (9, 10)),
            (100, 300, (9, 10)),
        ] {
            assert_eq!(scale.cells(second(from), second(until)), cells, "{from} to {until}");
        }
        let moment = Timeline { from: second(5), until: second(5), columns: 3 };
        assert_eq!(moment.cells(second(5), second(5)), (0, 1));
    }
}
