//! What is copied: the text of what is looked at, the command that shows the same, and the bytes that put a text onto
//! the clipboard of the terminal (OSC 52), which works over SSH too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::export::{Table, row};
use super::model::{Document, Modal, Model};
use super::screen::Screen;
use super::view;
use crate::ads;
use crate::domain::id::ProfileId;

/// Bytes that are copied at most: terminals drop sequences beyond some 100,000 characters.
pub(super) const MOST: usize = 74_000;

/// The sequence that puts a text onto the clipboard. tmux takes it itself where `set-clipboard` is on, and passes a
/// wrapped one through where `allow-passthrough` is on: it gets both, and drops what it was not told to take.
pub(super) fn sequence(text: &str, in_tmux: bool) -> Vec<u8> {
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    if !in_tmux {
        return plain.into_bytes();
    }
    let wrapped = plain.replace('\x1b', "\x1b\x1b");
    format!("{plain}\x1bPtmux;{wrapped}\x1b\\").into_bytes()
}

/// A text cut to what can be copied, and whether it was.
pub(super) fn cut(mut text: String) -> (String, bool) {
    let long = text.len() > MOST;
    if long {
        text.truncate(text.floor_char_boundary(MOST));
    }
    (text, long)
}

/// What is looked at: what lies over the screen in full, else the current row between tabs.
pub(super) fn text(model: &Model) -> Option<String> {
    let text = match &model.modal {
        Some(opened) => view::plain_text(model, &opened.modal),
        None => Table::line(&row(model, position(model))?),
    };
    // Nothing that is shown holds a secret; what leaves for elsewhere is looked at once more, line by line.
    let lines: Vec<String> = text.lines().map(|line| ads::redacted(line).trim_end().to_owned()).collect();
    Some(lines.join("\n"))
}

/// The place of the current row.
fn position(model: &Model) -> usize {
    match &model.screen {
        Screen::Profiles | Screen::Matrix(_) => model.home.position(),
        Screen::Run(screen) => screen.list.position,
        Screen::History(screen) => screen.list().position,
        Screen::Errors(screen) => screen.position(),
        Screen::Changes(screen) => screen.list().position,
        Screen::Limits(screen) => screen.list.position,
        Screen::Logs(screen) => screen.list.position,
    }
}

/// The command that does or shows the same; profiles by number, for names may be ambiguous.
pub(super) fn command(model: &Model) -> Option<String> {
    match model.modal.as_ref().map(|opened| &opened.modal) {
        Some(Modal::Why { profile, .. }) => return Some(format!("adsync why {profile}")),
        Some(Modal::Document { document: Document::Change(change), .. }) => {
            return Some(format!("adsync changes --run {}", change.run_id));
        }
        Some(Modal::Review(review)) => return Some(format!("adsync run show {}", review.run)),
        Some(Modal::Document { document: Document::Line(_), .. } | Modal::Help { .. }) => return None,
        _ => {}
    }
    let of = |what: &str, profiles: &[ProfileId]| {
        let numbers: Vec<String> = profiles.iter().map(ToString::to_string).collect();
        (!numbers.is_empty()).then(|| format!("adsync {what} {}", numbers.join(" ")))
    };
    // A report that is open is looked at, and not acted on.
    let lists = model.modal.is_none();
    match &model.screen {
        Screen::Profiles | Screen::Matrix(_) => match model.targets().as_slice() {
            // A sync would give up what is held.
            [only] if model.held(*only).is_some() => {
                model.held(*only).map(|(run, _)| format!("adsync run show {run}"))
            }
            targets => of("sync", targets),
        },
        Screen::History(screen) if lists && screen.selection().len() > screen.hidden() => {
            of("sync", &model.targets())
        }
        Screen::Errors(screen) if lists && !screen.selected().is_empty() => of("retry", &screen.selected()),
        Screen::Run(_) | Screen::History(_) => {
            model.current_run().map(|run| format!("adsync run show {}", run.id))
        }
        Screen::Errors(screen) => screen.cause().map(|cause| format!("adsync errors {}", cause.cause)),
        Screen::Changes(screen) => Some(screen.command()),
        Screen::Limits(_) | Screen::Logs(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_base64_and_tmux_gets_it_twice() {
        assert_eq!(sequence("adsync", false), b"\x1b]52;c;YWRzeW5j\x07");
        let both = b"\x1b]52;c;YWRzeW5j\x07\x1bPtmux;\x1b\x1b]52;c;YWRzeW5j\x07\x1b\\";
        assert_eq!(sequence("adsync", true), both);
    }

    #[test]
    fn what_is_too_long_is_cut_at_a_character() {
        let (text, long) = cut("ä".repeat(MOST));
        assert!(long && text.len() <= MOST && text.ends_with('ä'));
        assert_eq!(cut("short".to_owned()), ("short".to_owned(), false));
        assert!(sequence(&text, false).len() < 100_000);
    }
}
