//! The screen of the log.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::table::nothing;
use crate::console::logview::LogsScreen;
use crate::console::model::Model;
use crate::console::theme::Theme;

pub(super) fn draw(_model: &Model, _screen: &LogsScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    nothing("reading…", "esc: back", theme, frame, area);
}
