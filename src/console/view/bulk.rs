//! The dialog before keys act on several profiles, as lines.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::console::bulk::{Act, Bulk};
use crate::console::model::Model;
use crate::console::query::Loaded;
use crate::console::text::{about, count, fit, plural, wrap};
use crate::console::theme::Theme;

/// Names that are shown of the profiles.
const NAMES: usize = 6;

pub(super) fn title(bulk: &Bulk) -> String {
    let number = bulk.number();
    match bulk.act {
        Act::Sync => format!("Sync {}?", plural(number, "profile", "profiles")),
        Act::Retry => format!("Retry {}?", plural(number, "profile", "profiles")),
        Act::Cancel => format!("Stop {}?", plural(number, "sync", "syncs")),
    }
}

pub(super) fn lines(model: &Model, bulk: &Bulk, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    let mut say = |text: &str, style: Style| {
        out.extend(wrap(text, columns).into_iter().map(|line| Line::styled(line, style)));
    };
    if let Some(of) = &bulk.cause {
        say(&of.summary, theme.warn());
        if of.others > 0 {
            let others = plural(of.others, "other that fails", "others that fail");
            let are = if of.others == 1 { "is" } else { "are" };
            say(
                &format!("Only those that the filter shows: {others} of it {are} left alone."),
                theme.decide(),
            );
        }
    }
    match bulk.act {
        Act::Cancel if bulk.number() == 1 => {
            say("Nothing of it is committed; fetched pages are kept.", Style::new());
        }
        Act::Cancel => say("Nothing of them is committed; fetched pages are kept.", Style::new()),
        Act::Sync | Act::Retry => {
            let (what, basis) = expected(bulk, theme);
            say(&what, theme.strong());
            say(&basis, theme.dim());
        }
    }
    if bulk.discards > 0 {
        let (held, them) = if bulk.discards == 1 { ("held sync", "it") } else { ("held syncs", "them") };
        say(
            &format!("{} {held} would be discarded; A approves {them} instead", count(bulk.discards as u64)),
            theme.decide(),
        );
    }
    let left = bulk.number().saturating_sub(bulk.profiles.len());
    if left > 0 {
        let are = if left == 1 { "is" } else { "are" };
        say(&format!("{} of them {are} out of it by now", count(left as u64)), theme.warn());
    }
    if bulk.act == Act::Cancel && !bulk.skipped.is_empty() {
        let others = bulk.chosen.len().saturating_sub(bulk.profiles.len());
        let are = if others == 1 { "is" } else { "are" };
        let text = format!(
            "{} of those chosen {are} not under way; whoever of them begins before you answer is stopped as well",
            count(others as u64)
        );
        say(&text, theme.warn());
    } else if !bulk.skipped.is_empty() {
        let skipped: usize = bulk.skipped.iter().map(|(_, n)| n).sum();
        let why: Vec<String> =
            bulk.skipped.iter().map(|(why, n)| format!("{} {why}", count(*n as u64))).collect();
        say(&format!("{} skipped: {}", count(skipped as u64), why.join(", ")), theme.warn());
    }
    out.push(Line::styled(fit(&command(bulk), columns, theme.ellipsis()), theme.dim()));
    // Names come last: they are what a small terminal may cut off.
    out.push(Line::default());
    let names = bulk.profiles.iter().take(NAMES);
    out.extend(names.map(|id| Line::raw(fit(&model.title(*id), columns, theme.ellipsis()))));
    if bulk.profiles.len() > NAMES {
        let more = count((bulk.profiles.len() - NAMES) as u64);
        out.push(Line::styled(format!("and {more} more"), theme.dim()));
    }
    out
}

/// What it takes, and what that is told from.
fn expected(bulk: &Bulk, theme: &Theme) -> (String, String) {
    let (one, many) = bulk.act.nouns();
    let syncs = plural(bulk.profiles.len(), one, many);
    let Some(told) = bulk.estimate else {
        return match &bulk.costs {
            Loaded::Failed(report) => {
                (syncs, format!("what they take could not be read: {}", report.summary))
            }
            _ => (format!("{syncs}, counting what they take{}", theme.pick("…", "...")), String::new()),
        };
    };
    let known = bulk.profiles.len().saturating_sub(told.unknown);
    if known == 0 {
        return (
            syncs,
            "none of them was ever synced, so nothing tells how many requests they take".to_owned(),
        );
    }
    let requests = if told.requests == 1 { "request" } else { "requests" };
    // What nobody knows of some of them comes on top.
    let least = if told.unknown > 0 { "at least" } else { "about" };
    let mut what = format!("{syncs}, {least} {} {requests}", count(told.requests));
    if let Some(time) = told.time {
        what.push_str(&format!(", {least} {} at the present rate", about(time)));
    }
    if told.reused_units > 0 {
        let units = if told.reused_units == 1 { "unit" } else { "units" };
        let pages = if told.reused_pages == 1 { "page" } else { "pages" };
        let (n, of) = (count(told.reused_units), count(told.reused_pages));
        what.push_str(&format!("; {n} {units} reused ({of} {pages})"));
    }
    let mut basis = "from each profile's last run".to_owned();
    if told.unfinished > 0 {
        basis.push_str(&format!("; {} did not get to the end: more there", count(told.unfinished as u64)));
    }
    if told.unknown > 0 {
        let were = if told.unknown == 1 { "was" } else { "were" };
        basis.push_str(&format!("; {} {were} never synced: not counted", count(told.unknown as u64)));
    }
    (what, basis)
}

/// The command that does the same.
fn command(bulk: &Bulk) -> String {
    if let Some(of) = bulk.cause.as_ref().filter(|of| of.others == 0) {
        return format!("adsync {} --cause {}", bulk.act.command(), of.cause);
    }
    let ids: Vec<String> = bulk.profiles.iter().map(ToString::to_string).collect();
    format!("adsync {} {}", bulk.act.command(), ids.join(" "))
}

/// What is asked, below the lines.
pub(super) fn question(bulk: &Bulk, theme: &Theme) -> Vec<Line<'static>> {
    let key = |text: &'static str| Span::styled(text, theme.accent().patch(theme.strong()));
    if bulk.is_typed() {
        return vec![Line::from(vec![
            Span::raw("For so many, type their number, "),
            Span::styled(bulk.number().to_string(), theme.warn()),
            Span::raw(": "),
            Span::styled(format!("{}_", bulk.typed), theme.accent().patch(theme.strong())),
        ])];
    }
    let one = bulk.number() == 1;
    let (yes, no) = match bulk.act {
        Act::Sync if one => (" sync it   ", " leave it"),
        Act::Sync => (" sync them   ", " leave them"),
        Act::Retry if one => (" retry it   ", " leave it"),
        Act::Retry => (" retry them   ", " leave them"),
        Act::Cancel if one => (" stop it   ", " let it run"),
        Act::Cancel => (" stop them   ", " let them run"),
    };
    vec![Line::from(vec![key("y"), Span::raw(yes), key("n"), Span::raw(no)])]
}
