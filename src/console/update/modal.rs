//! Keys while a modal is open. One that was not drawn yet takes none: what is typed ahead of a dialog was
//! meant for something else.

use crossterm::event::{KeyCode, KeyEvent};

use super::{bulk, finder, leave, takeaway};
use crate::console::event::Effect;
use crate::console::keys::Command;
use crate::console::layout::has_room;
use crate::console::model::{Modal, Model, Review, Stage};
use crate::domain::id::ProfileId;

/// More removals than this are approved by typing their number.
pub(in crate::console) const TYPED_ABOVE: u64 = 100;

pub(super) fn on_key(model: &mut Model, command: Option<Command>, key: &KeyEvent) -> Vec<Effect> {
    let Some(opened) = &mut model.modal else { return Vec::new() };
    if !opened.armed {
        return Vec::new();
    }
    if let Some(scroll) = opened.modal.scroll_mut() {
        let page = usize::from(model.size.1 / 2).max(1);
        match command {
            Some(Command::Up) => *scroll = scroll.saturating_sub(1),
            Some(Command::Down) => *scroll += 1,
            Some(Command::PageUp) => *scroll = scroll.saturating_sub(page),
            Some(Command::PageDown) => *scroll += page,
            Some(Command::First) => *scroll = 0,
            Some(Command::Last) => *scroll = usize::MAX,
            _ => {}
        }
    }
    match &mut opened.modal {
        Modal::Help { .. } | Modal::Error { .. } | Modal::Why { .. } | Modal::Document { .. } => {
            match command {
                Some(Command::Back) => model.modal = None,
                Some(Command::Copy) => return takeaway::copy(model),
                Some(Command::CopyInvocation) => return takeaway::copy_command(model),
                _ => {}
            }
        }
        Modal::Finder(_) => return finder::on_key(model, command, key),
        Modal::Bulk(_) => return bulk::on_key(model, command, key),
        Modal::Quit { .. } => match command {
            Some(Command::Yes) => return leave(model),
            Some(Command::No) => model.modal = None,
            _ => {}
        },
        Modal::Export(_) => return takeaway::on_export_key(model, command, key),
        Modal::Review(_) => return on_review_key(model, command, key),
        Modal::Leaving { .. } => {}
    }
    Vec::new()
}

fn on_review_key(model: &mut Model, command: Option<Command>, key: &KeyEvent) -> Vec<Effect> {
    let size = model.size;
    match command {
        Some(Command::Copy) => return takeaway::copy(model),
        Some(Command::CopyInvocation) => return takeaway::copy_command(model),
        Some(Command::Export) => return takeaway::ask_for_file(model),
        _ => {}
    }
    let Some(opened) = &mut model.modal else { return Vec::new() };
    let Modal::Review(review) = &mut opened.modal else { return Vec::new() };
    let removals = review.summary.removals();
    let run = review.run;
    let next = match (&mut review.stage, command) {
        (Stage::Reading, Some(Command::Back)) => None,
        (Stage::Reading, Some(Command::Approve)) if has_room(size) => Some(approval(removals)),
        (Stage::Reading, Some(Command::Discard)) if has_room(size) => Some(Stage::Discarding),
        (Stage::Reading, _) => return Vec::new(),
        (_, Some(Command::No)) => Some(Stage::Reading),
        // A terminal that was made too small meanwhile no longer shows what is asked.
        _ if !has_room(size) => return Vec::new(),
        (Stage::Approving, Some(Command::Yes)) => return decide(model, Effect::Approve(run)),
        (Stage::Discarding, Some(Command::Yes)) => return decide(model, Effect::Discard(run)),
        (Stage::Counting { typed }, Some(Command::Yes)) => {
            if typed.parse() == Ok(removals) {
                return decide(model, Effect::Approve(run));
            }
            typed.clear();
            model.say("that is not the number of removals");
            return Vec::new();
        }
        (Stage::Counting { typed }, None) => {
            match key.code {
                KeyCode::Char(c) if c.is_ascii_digit() && typed.len() < 20 => typed.push(c),
                KeyCode::Backspace => {
                    typed.pop();
                }
                _ => {}
            }
            return Vec::new();
        }
        _ => return Vec::new(),
    };
    match next {
        Some(stage) => {
            review.stage = stage;
            // Another question: it too must be seen before it can be answered.
            opened.armed = false;
        }
        None => model.modal = None,
    }
    Vec::new()
}

fn decide(model: &mut Model, effect: Effect) -> Vec<Effect> {
    model.modal = None;
    let what = if matches!(effect, Effect::Approve(_)) { "approving" } else { "discarding" };
    model.say(format!("{what} the held run…"));
    vec![effect]
}

fn approval(removals: u64) -> Stage {
    if removals > TYPED_ABOVE { Stage::Counting { typed: String::new() } } else { Stage::Approving }
}

/// Opens the review of the current profile's held run to be read.
pub(super) fn read_review(model: &mut Model) {
    open_review(model, |_| Stage::Reading);
}

/// Opens the review with its question.
pub(super) fn review(model: &mut Model, approve: bool) {
    let room = has_room(model.size);
    open_review(model, |removals| match (room, approve) {
        (false, _) => Stage::Reading,
        (true, true) => approval(removals),
        (true, false) => Stage::Discarding,
    });
}

fn open_review(model: &mut Model, stage: impl FnOnce(u64) -> Stage) {
    let held = |id: ProfileId| model.held(id).map(|(run, summary)| (id, run, summary.clone()));
    match model.current().and_then(held) {
        Some((profile, run, summary)) => {
            let stage = stage(summary.removals());
            model.open(Modal::Review(Review { run, profile, summary, whole: None, stage, scroll: 0 }));
        }
        None => model.say("no held run here"),
    }
}

/// Keeps an open review true to the engine: another summary must be read anew, and a run that is no longer held
/// can no longer be decided on.
pub(super) fn follow_engine(model: &mut Model) {
    let Some(Modal::Review(review)) = model.modal.as_ref().map(|o| &o.modal) else { return };
    let profile = review.profile;
    match model.held(profile) {
        Some((run, summary)) if run == review.run && *summary == review.summary => {}
        Some((run, summary)) => {
            let (summary, stage) = (summary.clone(), Stage::Reading);
            model.open(Modal::Review(Review { run, profile, summary, whole: None, stage, scroll: 0 }));
            model.say("what the commit would do has changed: review it again");
        }
        None => {
            model.modal = None;
            model.say("the run is no longer held");
        }
    }
}
