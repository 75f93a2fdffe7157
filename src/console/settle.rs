//! What the lists of all screens have in common: the filter line that keys go into, how many rows there are, and that
//! cursors and what is shown are in order before anybody looks.

use super::filter::FilterLine;
use super::layout;
use super::model::Model;
use super::screen::Screen;
use crate::domain::id::ProfileId;

/// Whose rows may look otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touched {
    /// Nobody's.
    Nothing,
    /// How far a profile's run has come, and nothing else.
    Progress(ProfileId),
    /// A profile's.
    One(ProfileId),
    /// Everybody's.
    All,
}

impl Model {
    /// The filter line of the present screen.
    pub(super) const fn filter_line(&self) -> Option<&FilterLine> {
        match &self.screen {
            Screen::Profiles | Screen::Matrix(_) => Some(self.home.line()),
            Screen::History(screen) => Some(screen.line()),
            Screen::Errors(screen) => Some(screen.line()),
            Screen::Changes(screen) => Some(screen.line()),
            Screen::Limits(screen) => Some(screen.line()),
            Screen::Run(_) | Screen::Logs(_) => None,
        }
    }

    /// The same, to be typed into; [`Self::refilter`] has to follow.
    pub(super) const fn filter_line_mut(&mut self) -> Option<&mut FilterLine> {
        match &mut self.screen {
            Screen::Profiles | Screen::Matrix(_) => Some(self.home.line_mut()),
            Screen::History(screen) => Some(screen.line_mut()),
            Screen::Errors(screen) => Some(screen.line_mut()),
            Screen::Changes(screen) => Some(screen.line_mut()),
            Screen::Limits(screen) => Some(screen.line_mut()),
            Screen::Run(_) | Screen::Logs(_) => None,
        }
    }

    /// False on a screen whose lines are all of one profile, on which keys act anyway.
    pub(super) const fn selects(&self) -> bool {
        !matches!(&self.screen, Screen::History(screen) if screen.profile.is_some())
    }

    /// How many are selected on the present screen, when the filter hides them all: keys act on nobody then.
    pub(super) fn hidden_selection(&self) -> Option<usize> {
        let (selected, hidden) = match &self.screen {
            Screen::Profiles | Screen::Matrix(_) => (self.home.selection().len(), self.home.hidden()),
            Screen::History(screen) => (screen.selection().len(), screen.hidden()),
            Screen::Errors(screen) => (screen.selection().len(), screen.hidden()),
            Screen::Run(_) | Screen::Changes(_) | Screen::Limits(_) | Screen::Logs(_) => (0, 0),
        };
        (selected > 0 && selected == hidden).then_some(selected)
    }

    /// Ends a range of the present screen: a key acts on what it selected.
    pub(super) fn end_range(&mut self) {
        match &mut self.screen {
            Screen::History(screen) => screen.selection_mut().end_range(),
            Screen::Errors(screen) => screen.selection_mut().end_range(),
            _ => self.home.selection_mut().end_range(),
        }
    }

    /// Gives up a range of a screen that Esc leaves, with what it selected; false when there is none.
    pub(super) fn give_up_range(&mut self) -> bool {
        match &mut self.screen {
            Screen::Matrix(_) => self.home.selection_mut().cancel_range(),
            Screen::History(screen) => screen.selection_mut().cancel_range(),
            Screen::Errors(screen) => screen.selection_mut().cancel_range(),
            _ => false,
        }
    }

    /// Gives up what is selected on a screen that Esc leaves; false when nothing is.
    pub(super) fn give_up_selection(&mut self) -> bool {
        match &mut self.screen {
            Screen::History(screen) => screen.selection_mut().clear(),
            Screen::Errors(screen) => screen.selection_mut().clear(),
            _ => false,
        }
    }

    /// Reads the filter line of the present screen anew.
    pub(super) fn refilter(&mut self) {
        match &mut self.screen {
            Screen::Profiles | Screen::Matrix(_) => self.home.refilter(),
            Screen::History(screen) => screen.refilter(),
            Screen::Errors(screen) => screen.refilter(&self.overview),
            Screen::Changes(screen) => screen.refilter(),
            Screen::Limits(screen) => screen.refilter(),
            Screen::Run(_) | Screen::Logs(_) => {}
        }
    }

    /// Has the present list look anew at what the overview tells otherwise than before. The lists of errors and of
    /// profiles, which need not be on screen for that, are told by themselves.
    pub(super) fn reread(&mut self, touched: Touched) {
        let now = self.now;
        match (&mut self.screen, touched) {
            (_, Touched::Nothing | Touched::Progress(_)) => {}
            (Screen::History(screen), Touched::One(id)) => {
                screen.reread(&self.overview, now, |run| run.profile_id == id);
            }
            (Screen::History(screen), Touched::All) => screen.read(&self.overview, now),
            (Screen::Changes(screen), Touched::All) => screen.name(&self.overview, now),
            (Screen::Limits(screen), Touched::One(_) | Touched::All) => screen.outdate(),
            _ => {}
        }
    }

    /// Judges ages anew, and what changes by time alone.
    pub(super) fn pass_time_on_lists(&mut self) {
        let now = self.now;
        self.home.pass_time(&self.overview, now);
        match &mut self.screen {
            Screen::History(screen) => screen.pass_time(&self.overview, now),
            Screen::Errors(screen) => screen.pass_time(&self.overview, now),
            Screen::Changes(screen) => screen.pass_time(now),
            Screen::Limits(screen) => screen.pass_time(now),
            Screen::Profiles | Screen::Matrix(_) | Screen::Run(_) | Screen::Logs(_) => {}
        }
    }

    /// Rows of the list of the present screen, and how many of them are visible.
    pub(super) fn list_size(&self) -> (usize, usize) {
        let regions = layout::regions(self);
        let (body, rows) = (regions.body, usize::from(regions.rows));
        match &self.screen {
            Screen::Profiles => (self.home.rows().len(), rows),
            Screen::Matrix(_) => {
                (self.home.rows().len(), usize::from(layout::matrix_regions(body).rows.height))
            }
            Screen::Run(screen) => {
                (self.units(screen).len(), usize::from(layout::run_rows(body, screen.older.is_some())))
            }
            Screen::History(screen) => {
                let rows = layout::history_regions(body, screen.has_trends()).rows.height;
                (screen.len(), usize::from(rows.saturating_sub(u16::from(rows > 1))))
            }
            Screen::Errors(screen) => (screen.rows().count(), usize::from(layout::errors_rows(body))),
            Screen::Changes(screen) => (screen.len(), usize::from(layout::changes_rows(body))),
            Screen::Limits(screen) => {
                let limits = &self.overview.limits;
                let rows = layout::limits_regions(body, limits.buckets.len(), limits.enabled).profiles.height;
                (screen.len(limits), usize::from(rows.saturating_sub(1)).max(1))
            }
            Screen::Logs(screen) => {
                (screen.len(), usize::from(layout::logs_regions(body, screen).rows.height))
            }
        }
    }

    /// Keeps the cursor of a run on its unit when units move, and puts it onto the one that it was opened for.
    fn place(&mut self) {
        let Screen::Run(screen) = &self.screen else { return };
        let units = self.units(screen);
        let found = screen.at.and_then(|wanted| units.iter().position(|unit| unit.unit == wanted));
        let position = found.unwrap_or(screen.list.position).min(units.len().saturating_sub(1));
        let current = units.get(position).map(|unit| unit.unit);
        if let Screen::Run(screen) = &mut self.screen
            && current.is_some()
        {
            screen.list.position = position;
            screen.at = current;
        }
    }

    /// Puts cursors and scroll positions back into range after anything changed.
    pub(super) fn settle(&mut self) {
        self.unsettled = false;
        // The list of profiles changes under every screen.
        let (_, height) = self.list_size();
        let rows = if matches!(self.screen, Screen::Matrix(_)) {
            height
        } else {
            usize::from(layout::regions(self).rows)
        };
        self.home.settle(rows);
        self.pace.settle(&self.overview, self.now);
        self.place();
        let longest_name = self.home.longest_name();
        let limits = &self.overview.limits;
        let bands = layout::limits_regions(layout::regions(self).body, limits.buckets.len(), limits.enabled);
        let buckets = usize::from(bands.buckets.height.saturating_sub(1)).max(1);
        let (len, height) = self.list_size();
        match &mut self.screen {
            Screen::Profiles => {}
            Screen::Matrix(screen) => screen.settle(self.size.0, longest_name),
            Screen::Run(screen) => screen.list.settle(len, height),
            Screen::History(screen) => screen.settle(height),
            Screen::Errors(screen) => screen.settle(height),
            Screen::Changes(screen) => screen.settle(height),
            Screen::Limits(screen) => screen.settle(&self.overview, self.now, buckets, height),
            Screen::Logs(screen) => screen.list.settle(len, height),
        }
        let limit = super::view::scroll_limit(self);
        if let Some(scroll) = self.modal.as_mut().and_then(|o| o.modal.scroll_mut()) {
            *scroll = (*scroll).min(limit);
        }
        self.due = super::timing::next_change(self);
    }
}
