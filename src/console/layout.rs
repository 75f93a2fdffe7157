//! Where things stand, by the size of the terminal. Shared by `view`, which draws there, and by `update`,
//! which must know how many rows a page has.

use ratatui::layout::Rect;

use super::logs::LogSize;
use super::logview::LogsScreen;
use super::model::Model;
use super::screen::Screen;

/// The horizontal bands of the screen; those of no height are not drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Regions {
    pub(super) header: Rect,
    pub(super) crumbs: Rect,
    pub(super) rule: Rect,
    pub(super) banner: Rect,
    pub(super) body: Rect,
    pub(super) rule_below: Rect,
    pub(super) total: Rect,
    pub(super) limits: Rect,
    pub(super) logs: Rect,
    pub(super) notice: Rect,
    pub(super) footer: Rect,
    /// Rows of the list of profiles.
    pub(super) rows: u16,
}

/// The smallest terminal on which a decision about removals can be read.
pub(super) const ROOM_TO_DECIDE: (u16, u16) = (50, 14);

/// True when a dialog shows everything that it asks about.
pub(super) const fn has_room(size: (u16, u16)) -> bool {
    size.0 >= ROOM_TO_DECIDE.0 && size.1 >= ROOM_TO_DECIDE.1
}

/// Cuts the terminal into bands: what is worth least gives way first.
pub(super) fn regions(model: &Model) -> Regions {
    let (width, height) = model.size;
    let at_least = |rows: u16, band: u16| if height >= rows { band } else { 0 };
    let buckets = u16::try_from(model.overview.limits.buckets.len()).unwrap_or(u16::MAX);
    // On the run screen of a usual terminal the units need the rows more.
    let most_limits =
        if matches!(model.screen, Screen::Run(_)) && height < 30 { 1 } else { (height / 12).max(1) };
    // The screen of limits tells all of it, and more.
    let wanted_limits =
        if matches!(model.screen, Screen::Limits(_)) { 0 } else { buckets.clamp(1, most_limits) };
    // The log itself has the whole height.
    let is_log = matches!(model.screen, Screen::Logs(_));
    let wanted_logs = match model.logs.size {
        _ if is_log => 0,
        LogSize::Hidden => 0,
        LogSize::Normal => (height / 8).clamp(3, 6),
        LogSize::Large => height * 2 / 5,
    };
    let header = at_least(2, 1);
    let footer = at_least(4, 1);
    let crumbs = at_least(6, 1);
    let notice = at_least(8, 1);
    let rule = at_least(10, 1);
    let total = at_least(13, u16::from(!is_log));
    let limits = at_least(16, if is_log { 0 } else { wanted_limits });
    let logs = at_least(20, wanted_logs);
    let rule_below = if total + logs > 0 { 1 } else { 0 };
    let banner = if has_banner(model) { at_least(12, 2) } else { 0 };
    let fixed = header + crumbs + rule + banner + rule_below + total + limits + logs + notice + footer;
    let body = height.saturating_sub(fixed);

    let mut y = 0;
    let mut band = |rows: u16| {
        let rect = Rect::new(0, y, width, rows.min(height.saturating_sub(y)));
        y += rect.height;
        rect
    };
    let mut out = Regions {
        header: band(header),
        crumbs: band(crumbs),
        rule: band(rule),
        banner: band(banner),
        body: band(body),
        rule_below: band(rule_below),
        total: band(total),
        limits: band(limits),
        logs: band(logs),
        notice: band(notice),
        footer: band(footer),
        rows: 0,
    };
    out.rows = out.body.height.saturating_sub(u16::from(out.body.height > 1));
    out
}

/// True when something must be told that no row of the list tells.
pub(super) fn has_banner(model: &Model) -> bool {
    let login = || {
        model.failed_login().is_some() || model.retried_login().is_some() || model.cut_off_login().is_some()
    };
    model.engine_stopped.is_some()
        || model.overview.database_lost.is_some()
        || (matches!(model.screen, Screen::Profiles) && login())
}

/// The bands of the run screen: facts above, units, the current unit's proof below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RunRegions {
    /// That the run is not the profile's latest.
    pub(super) older: Rect,
    pub(super) facts: Rect,
    pub(super) units: Rect,
    pub(super) detail: Rect,
}

/// Cuts the body of the run screen.
pub(super) fn run_regions(body: Rect, is_older: bool) -> RunRegions {
    let older = u16::from(is_older && body.height >= 4);
    let line = Rect { height: older, ..body };
    let body = Rect { y: body.y + older, height: body.height - older, ..body };
    let facts = match body.height {
        0..6 => 0,
        6..9 => 1,
        9..12 => 2,
        12..16 => 3,
        _ => 4,
    };
    let detail = if body.height >= 20 { 6 } else { 0 };
    let units = body.height - facts - detail;
    RunRegions {
        older: line,
        facts: Rect { height: facts, ..body },
        units: Rect { y: body.y + facts, height: units, ..body },
        detail: Rect { y: body.y + facts + units, height: detail, ..body },
    }
}

/// The bands of the errors screen: the list, and the current cause below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ErrorsRegions {
    pub(super) rows: Rect,
    pub(super) detail: Rect,
}

/// Cuts the body of the errors screen.
pub(super) fn errors_regions(body: Rect) -> ErrorsRegions {
    let detail = match body.height {
        0..8 => 0,
        8..12 => 3,
        12..18 => 5,
        _ => 6,
    };
    let rows = body.height - detail;
    ErrorsRegions {
        rows: Rect { height: rows, ..body },
        detail: Rect { y: body.y + rows, height: detail, ..body },
    }
}

/// The bands of the screen of limits: that they are off, the buckets, the current one in words and over time, who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LimitsRegions {
    pub(super) off: Rect,
    pub(super) buckets: Rect,
    pub(super) facts: Rect,
    pub(super) chart: Rect,
    pub(super) profiles: Rect,
}

/// Cuts the body of the screen of limits.
pub(super) fn limits_regions(body: Rect, buckets: usize, enabled: bool) -> LimitsRegions {
    let off = u16::from(!enabled && body.height >= 3);
    let room = body.height - off;
    let wanted = u16::try_from(buckets).unwrap_or(u16::MAX).saturating_add(1);
    let buckets = wanted.min((room / 3).max(2)).min(room);
    let facts = match room {
        0..7 => 0,
        7..12 => 1,
        _ => 2,
    };
    let chart = match room {
        _ if !enabled => 0,
        0..10 => 0,
        10..16 => 3,
        16..24 => 4,
        _ => 7,
    };
    // On a tall terminal the lists stand apart.
    let gap = u16::from(room >= 20);
    let profiles = room.saturating_sub(buckets + facts + chart + gap);
    let band = |y: u16, height: u16| Rect { y: body.y + y, height, ..body };
    LimitsRegions {
        off: band(0, off),
        buckets: band(off, buckets),
        facts: band(off + buckets, facts),
        chart: band(off + buckets + facts, chart),
        profiles: band(off + buckets + facts + chart + gap, profiles),
    }
}

/// The bands of the screen of runs: what the last ones took, and the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct HistoryRegions {
    pub(super) trends: Rect,
    pub(super) rows: Rect,
}

/// Cuts the body of the screen of runs.
pub(super) fn history_regions(body: Rect, has_trends: bool) -> HistoryRegions {
    let trends = match body.height {
        _ if !has_trends => 0,
        0..10 => 0,
        10..16 => 3,
        _ => 4,
    };
    HistoryRegions {
        trends: Rect { height: trends, ..body },
        rows: Rect { y: body.y + trends, height: body.height - trends, ..body },
    }
}

/// The bands of the matrix: two lines of heads, the rows, the current cell in words, what the letters mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct MatrixRegions {
    pub(super) heads: Rect,
    pub(super) rows: Rect,
    pub(super) detail: Rect,
    pub(super) legend: Rect,
}

/// Cuts the body of the matrix.
pub(super) fn matrix_regions(body: Rect) -> MatrixRegions {
    let heads = match body.height {
        0..2 => 0,
        2..5 => 1,
        _ => 2,
    };
    let legend = u16::from(body.height >= 7);
    let detail = match body.height {
        0..4 => 0,
        4..11 => 1,
        _ => 2,
    };
    // On a tall terminal the words stand apart from the letters.
    let gap = u16::from(body.height >= 20);
    let rows = body.height - heads - legend - detail - gap;
    let band = |y: u16, height: u16| Rect { y: body.y + y, height, ..body };
    MatrixRegions {
        heads: band(0, heads),
        rows: band(heads, rows),
        detail: band(heads + rows + gap, detail),
        legend: band(heads + rows + gap + detail, legend),
    }
}

/// Rows of the list of causes.
pub(super) fn errors_rows(body: Rect) -> u16 {
    errors_regions(body).rows.height
}

/// The bands of the changes screen: how many there are, the list, and the current change below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ChangesRegions {
    pub(super) summary: Rect,
    pub(super) rows: Rect,
    pub(super) detail: Rect,
}

/// Cuts the body of the changes screen.
pub(super) fn changes_regions(body: Rect) -> ChangesRegions {
    let summary = u16::from(body.height >= 4);
    let detail = match body.height {
        0..9 => 0,
        9..14 => 4,
        14..20 => 6,
        height => height / 3,
    };
    let rows = body.height - detail - summary;
    ChangesRegions {
        summary: Rect { height: summary, ..body },
        rows: Rect { y: body.y + summary, height: rows, ..body },
        detail: Rect { y: body.y + summary + rows, height: detail, ..body },
    }
}

/// Rows of the list of changes.
pub(super) fn changes_rows(body: Rect) -> u16 {
    let rows = changes_regions(body).rows.height;
    rows.saturating_sub(u16::from(rows > 1))
}

/// The bands of the logs screen: the lines, the current one in full, and the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LogsRegions {
    pub(super) rows: Rect,
    pub(super) detail: Rect,
    pub(super) search: Rect,
}

/// Cuts the body of the logs screen.
pub(super) fn logs_regions(body: Rect, screen: &LogsScreen) -> LogsRegions {
    let searched = screen.editing || !screen.wanted().is_empty();
    let search = u16::from(searched && body.height > 1);
    let detail = match body.height {
        0..10 => 0,
        10..20 => 4,
        _ => 6,
    };
    let rows = body.height - detail - search;
    LogsRegions {
        rows: Rect { height: rows, ..body },
        detail: Rect { y: body.y + rows, height: detail, ..body },
        search: Rect { y: body.y + rows + detail, height: search, ..body },
    }
}

/// Rows of the list of units.
pub(super) fn run_rows(body: Rect, is_older: bool) -> u16 {
    let units = run_regions(body, is_older).units.height;
    units.saturating_sub(u16::from(units > 1))
}
