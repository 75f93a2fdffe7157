//! `view`: draws the model. Reads it alone, changes nothing, and formats only what is visible.

mod bulk;
mod changes;
mod chrome;
mod detail;
mod dialog;
mod errors;
mod finder;
mod gauges;
mod history;
mod limits;
mod logview;
mod matrix;
mod now;
mod parts;
mod profiles;
mod proof;
mod report;
mod review;
mod run;
mod table;
mod timeline;
mod why;

use ratatui::Frame;
use ratatui::buffer::Buffer;

use super::layout::{Regions, regions};
use super::logs;
use super::model::Model;
use super::screen::Screen;
use super::theme::Theme;

/// Draws a frame.
pub fn view(model: &Model, theme: &Theme, frame: &mut Frame<'_>) {
    // The frame is what the terminal has; between a resize and its event the model may still know another size.
    let area = frame.area();
    if (area.width, area.height) != model.size || model.is_unsettled() {
        let mut resized = model.clone();
        resized.size = (area.width, area.height);
        resized.settle();
        return draw(&resized, theme, frame);
    }
    draw(model, theme, frame);
}

fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>) {
    if model.size.0 == 0 || model.size.1 == 0 {
        return;
    }
    let regions: Regions = regions(model);
    chrome::header(model, theme, frame, regions.header);
    chrome::crumbs(model, theme, frame, regions.crumbs);
    chrome::below_crumbs(model, theme, frame, regions.rule);
    chrome::banner(model, theme, frame, regions.banner);
    match &model.screen {
        Screen::Profiles => profiles::draw(model, theme, frame, regions.body),
        Screen::Run(screen) => run::draw(model, screen, theme, frame, regions.body),
        Screen::History(screen) => history::draw(model, screen, theme, frame, regions.body),
        Screen::Errors(screen) => errors::draw(model, screen, theme, frame, regions.body),
        Screen::Changes(screen) => changes::draw(model, screen, theme, frame, regions.body),
        Screen::Matrix(screen) => matrix::draw(model, screen, theme, frame, regions.body),
        Screen::Limits(screen) => limits::draw(model, screen, theme, frame, regions.body),
        Screen::Logs(screen) => logview::draw(model, screen, theme, frame, regions.body),
    }
    chrome::rule(theme, frame, regions.rule_below);
    gauges::total(model, theme, frame, regions.total);
    gauges::limits(model, theme, frame, regions.limits);
    logs::draw(model.logs, &model.zone, theme, frame, regions.logs);
    chrome::notice(model, theme, frame, regions.notice);
    chrome::footer(model, theme, frame, regions.footer);
    if let Some(opened) = &model.modal {
        dialog::draw(model, &opened.modal, theme, frame);
    }
    if theme.ascii {
        spell_in_ascii(frame.buffer_mut());
    }
}

/// Names and messages may hold anything; a terminal that asked for ASCII gets nothing else.
fn spell_in_ascii(buffer: &mut Buffer) {
    for cell in buffer.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
        cell.set_symbol(match cell.symbol() {
            "…" => ".",
            "−" | "–" => "-",
            _ => "?",
        });
    }
}

pub(super) use dialog::plain_text;

/// The furthest that the open modal can be scrolled.
pub(super) fn scroll_limit(model: &Model) -> usize {
    let theme = Theme::of(&model.options);
    model.modal.as_ref().map_or(0, |opened| dialog::scroll_limit(model, &opened.modal, &theme))
}
