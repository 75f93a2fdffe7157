//! Keys that take something out of the console: onto the clipboard, or into a file.

use crossterm::event::{Event as TerminalEvent, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use crate::console::copy;
use crate::console::event::Effect;
use crate::console::export::{Export, Format, REMOVALS, heads, path_of, proposed, removals, table};
use crate::console::keys::Command;
use crate::console::model::{ExportDialog, Modal, Model, Review};
use crate::console::query::{Loaded, Query};
use crate::console::text::{count, plural};
use crate::domain::id::RunId;
use crate::domain::report::ErrorReport;
use crate::domain::run::HoldSummary;

/// Copies what is looked at.
pub(super) fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(text) = copy::text(model).filter(|text| !text.trim().is_empty()) else {
        model.say("nothing to copy here");
        return Vec::new();
    };
    let (text, cut) = copy::cut(text);
    let lines = plural(text.lines().count(), "line", "lines");
    let what = if cut { format!("the first {} bytes, {lines}", count(text.len() as u64)) } else { lines };
    model.say(format!("copied: {what}; your terminal must allow OSC 52"));
    vec![Effect::Copy(text)]
}

/// Copies the command that does or shows the same.
pub(super) fn copy_command(model: &mut Model) -> Vec<Effect> {
    let Some(command) = copy::command(model) else {
        model.say("no command shows this");
        return Vec::new();
    };
    model.say(format!("copied: {command} (your terminal must allow OSC 52)"));
    vec![Effect::Copy(command)]
}

/// Asks how and where the present list is to be written; what is not all there is read meanwhile.
pub(super) fn ask_for_file(model: &mut Model) -> Vec<Effect> {
    let mut review = match model.modal.as_ref().map(|opened| &opened.modal) {
        Some(Modal::Review(review)) => Some(Box::new(review.clone())),
        _ => None,
    };
    let mut effects = Vec::new();
    if let Some(review) =
        review.as_mut().filter(|review| !review.summary.has_all() && review.rows().is_none())
    {
        review.whole = Some(Loaded::Loading);
        effects.push(Effect::Load(Query::Held(review.run)));
    }
    let name = if review.is_some() { REMOVALS } else { heads(&model.screen).0 };
    let format = Format::default();
    let input = Input::new(proposed(name, format, model.now));
    let dialog = ExportDialog { format, input, review };
    if dialog.rows(model) == 0 {
        model.say("nothing to write: the list has no rows");
        return Vec::new();
    }
    model.open(Modal::Export(dialog));
    effects
}

/// Takes over every row that the commit of a held run would remove.
pub(super) fn on_held(
    model: &mut Model,
    run: RunId,
    result: Result<Option<Box<HoldSummary>>, Box<ErrorReport>>,
) {
    let review = match model.modal.as_mut().map(|opened| &mut opened.modal) {
        Some(Modal::Review(review)) => review,
        Some(Modal::Export(ExportDialog { review: Some(review), .. })) => review.as_mut(),
        _ => return,
    };
    // An older question's answer changes nothing.
    if review.run != run || !matches!(review.whole, Some(Loaded::Loading)) {
        return;
    }
    match result {
        // What it would do has changed meanwhile, and the review with it.
        Ok(Some(whole)) if whole.removals() != review.summary.removals() => review.whole = None,
        Ok(Some(whole)) => {
            let cut = !whole.has_all();
            review.whole = Some(Loaded::Ready(whole));
            if cut {
                model.say("an older version held it and kept only the first rows: a new sync tells all");
            }
        }
        Ok(None) => review.whole = None,
        Err(report) => {
            review.whole = None;
            model.complain(report);
        }
    }
}

pub(super) fn on_export_key(model: &mut Model, command: Option<Command>, key: &KeyEvent) -> Vec<Effect> {
    let Some(Modal::Export(dialog)) = model.modal.as_mut().map(|opened| &mut opened.modal) else {
        return Vec::new();
    };
    match command {
        Some(Command::Yes) => return write(model),
        Some(Command::No) => {
            let review = dialog.review.take();
            close(model, review);
        }
        Some(Command::Format) => dialog.switch(),
        Some(_) => {}
        None => {
            dialog.input.handle_event(&TerminalEvent::Key(*key));
        }
    }
    Vec::new()
}

/// Pasted text is part of the file's name.
pub(super) fn type_text(model: &mut Model, text: &str) {
    if let Some(Modal::Export(dialog)) = model.modal.as_mut().map(|opened| &mut opened.modal) {
        for c in text.chars() {
            dialog.input.handle(tui_input::InputRequest::InsertChar(c));
        }
        model.dirty = true;
    }
}

/// Closes the dialog; a review that it was opened from is there again, true to the engine.
fn close(model: &mut Model, review: Option<Box<Review>>) {
    model.modal = None;
    if let Some(review) = review {
        model.open(Modal::Review(*review));
        super::modal::follow_engine(model);
    }
}

fn write(model: &mut Model) -> Vec<Effect> {
    let Some(Modal::Export(dialog)) = model.modal.as_ref().map(|opened| &opened.modal) else {
        return Vec::new();
    };
    let (path, format) = (path_of(dialog.input.value()), dialog.format);
    if path.as_os_str().is_empty() {
        model.say("the file needs a name");
        return Vec::new();
    }
    let review = dialog.review.clone();
    let table = match &review {
        None => table(model),
        Some(review) => match review.rows() {
            Some(rows) => removals(review, rows),
            None => {
                let text = match review.whole {
                    Some(_) => "the rows are still being read: enter again in a moment",
                    None => "the rows could not be read: esc, and X again",
                };
                model.say(text);
                return Vec::new();
            }
        },
    };
    close(model, review);
    model.say(format!("writing {}…", plural(table.rows.len(), "row", "rows")));
    vec![Effect::Export(Box::new(Export { path, format, table }))]
}
