//! The screen of the matrix.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::table::nothing;
use crate::console::matrix::MatrixScreen;
use crate::console::model::Model;
use crate::console::theme::Theme;

pub(super) fn draw(_model: &Model, _screen: &MatrixScreen, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    nothing("reading…", "esc: back", theme, frame, area);
}
