//! Keys of the screen of the log, its search line, and lines that were logged.

use std::sync::Arc;

use crossterm::event::{Event as TerminalEvent, KeyEvent};
use tui_input::backend::crossterm::EventHandler as _;

use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::logbook::LogLine;
use crate::console::logs::LogSize;
use crate::console::logview::LogsScreen;
use crate::console::model::{Document, Modal, Model};
use crate::console::screen::Screen;

/// The screen, with the newest lines.
pub(super) fn opened(model: &Model) -> Screen {
    Screen::Logs(LogsScreen::new(&model.log, model.logs.level))
}

pub(super) fn on_command(model: &mut Model, command: Command) -> Vec<Effect> {
    let (len, page) = model.list_size();
    let current = model.home.current();
    let Screen::Logs(screen) = &mut model.screen else { return Vec::new() };
    match command {
        Command::Follow | Command::Last => {
            screen.follow = true;
            screen.list.moved(Command::Last, page);
        }
        Command::Search => screen.edit(),
        Command::NextMatch | Command::PreviousMatch => {
            if screen.wanted().is_empty() {
                model.say("nothing is searched for: / begins");
            } else if !screen.step(command == Command::NextMatch) {
                model.say("no line matches");
            }
        }
        Command::OnlyProfile => {
            let of_line = screen.current(&model.log).and_then(|line| line.profile);
            screen.profile = if screen.profile.is_some() { None } else { of_line.or(current) };
            screen.rebuild(&model.log, model.logs.level);
        }
        Command::Open => {
            if let Some(line) = screen.current(&model.log).cloned() {
                model.open(Modal::Document { document: Document::Line(line), scroll: 0 });
            }
        }
        other => {
            if screen.list.moved(other, page) {
                // Whoever moves wants to read: what comes does not push the lines away.
                screen.follow = screen.follow && screen.list.position + 1 >= len;
            }
        }
    }
    Vec::new()
}

pub(super) fn on_search_key(model: &mut Model, command: Option<Command>, key: &KeyEvent) -> Vec<Effect> {
    let Screen::Logs(screen) = &mut model.screen else { return Vec::new() };
    match command {
        Some(Command::KeepFilter) => screen.editing = false,
        Some(Command::ClearFilter) => {
            screen.clear_search();
        }
        Some(Command::Up) => {
            screen.step(false);
        }
        Some(Command::Down) => {
            screen.step(true);
        }
        Some(_) => {}
        None => {
            screen.input.handle_event(&TerminalEvent::Key(*key));
            screen.search(&model.log);
            screen.nearest();
        }
    }
    Vec::new()
}

/// Pasted text goes on with the search.
pub(super) fn type_text(model: &mut Model, text: &str) {
    let Screen::Logs(screen) = &mut model.screen else { return };
    for c in text.chars() {
        screen.input.handle(tui_input::InputRequest::InsertChar(c));
    }
    screen.search(&model.log);
    screen.nearest();
    model.dirty = true;
}

/// Esc: the search goes before the screen does.
pub(super) fn clear_search(model: &mut Model) -> bool {
    match &mut model.screen {
        Screen::Logs(screen) => screen.clear_search(),
        _ => false,
    }
}

/// Shows the least level that was chosen.
pub(super) fn relevel(model: &mut Model) {
    if let Screen::Logs(screen) = &mut model.screen {
        screen.rebuild(&model.log, model.logs.level);
    }
}

/// Takes lines in.
pub(super) fn logged(model: &mut Model, lines: Vec<Arc<LogLine>>) {
    let count = lines.len() as u64;
    let mut next = 0;
    for line in lines {
        next = model.log.push(line) + 1;
    }
    model.dirty |= match &mut model.screen {
        Screen::Logs(screen) => screen.logged(&model.log, next - count..next, model.logs.level),
        _ => model.logs.size != LogSize::Hidden,
    };
}
