//! The screen of limits.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::table::nothing;
use crate::console::limits::LimitsScreen;
use crate::console::model::Model;
use crate::console::theme::Theme;

pub(super) fn draw(_model: &Model, _screen: &LimitsScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    nothing("reading…", "esc: back", theme, frame, area);
}
