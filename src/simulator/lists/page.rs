//! Writes pages: slices of rows that exist as text already, in the envelope of their list. Also
//! writes the pages that a broken server would serve, when it is told to.

use serde_json::{Map, Value};

use super::Asked;
use super::spec::{ListSpec, Paging, TokenPaging};
use super::token;
use crate::simulator::world::table::Table;

/// Ways in which a page can be wrong.
#[derive(Debug, Clone, Default)]
pub(crate) struct Twist {
    /// At most this many rows, whatever was asked.
    pub(crate) cap: Option<usize>,
    /// Half of the rows that were asked for; the rest follows on the next page.
    pub(crate) short: bool,
    /// The first page over and over, with a new token each time.
    pub(crate) repeat_page: bool,
    /// The same next token over and over.
    pub(crate) repeat_token: bool,
    /// No rows and no token, although there are some.
    pub(crate) empty: bool,
    /// Without the array, or an object instead of it.
    pub(crate) wrong_shape: bool,
    /// This many rows left out at the end of the page, never to be seen.
    pub(crate) drop_rows: usize,
    /// Members that every row gets.
    pub(crate) merge: Option<Map<String, Value>>,
    /// Distinguishes tokens.
    pub(crate) nonce: u64,
}

/// Writes the page that was asked for.
pub(crate) fn write(list: &ListSpec, table: &Table, asked: &Asked, seed: u64, twist: &Twist) -> Vec<u8> {
    let chosen = table.select(asked.filters, |row| asked.selection.passes(table, row));
    let mut size = asked.size.min(twist.cap.unwrap_or(usize::MAX)).max(1);
    if twist.short {
        size = (size / 2).max(1);
    }
    let from = if twist.repeat_page { 0 } else { asked.offset.min(chosen.len()) };
    let to = (from + size).min(chosen.len());
    let rows = if twist.empty { &[] } else { &chosen[from..to] };
    let rows = &rows[..rows.len().saturating_sub(twist.drop_rows)];
    let mut out = Vec::with_capacity(256 + rows.len() * 256);
    match &list.paging {
        Paging::Index(_) if twist.wrong_shape => {
            out.extend_from_slice(b"{\"rows\":[");
            write_rows(table, rows, twist, &mut out);
            out.extend_from_slice(b"]}");
        }
        Paging::Index(_) => {
            out.push(b'[');
            write_rows(table, rows, twist, &mut out);
            out.push(b']');
        }
        Paging::Token(paging) => {
            let next = next_token(asked, seed, twist, to, chosen.len());
            envelope(paging, chosen.len(), next, twist.wrong_shape, &mut out, |out| {
                write_rows(table, rows, twist, out);
            });
        }
    }
    out
}

/// Writes rows as they are, or each with the members that are merged into it.
fn write_rows(table: &Table, rows: &[u32], twist: &Twist, out: &mut Vec<u8>) {
    let Some(members) = &twist.merge else { return table.write_rows(rows, out) };
    for (n, row) in rows.iter().enumerate() {
        let mut value = serde_json::from_slice(table.text(&table.rows[*row as usize])).unwrap_or_default();
        merge(&mut value, members);
        if n > 0 {
            out.push(b',');
        }
        out.extend_from_slice(value.to_string().as_bytes());
    }
}

fn merge(into: &mut Value, members: &Map<String, Value>) {
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    for (name, value) in members {
        match value {
            Value::Object(below) => merge(&mut into[name], below),
            value => into[name] = value.clone(),
        }
    }
}

fn next_token(asked: &Asked, seed: u64, twist: &Twist, to: usize, total: usize) -> Option<String> {
    let at = |offset: usize, nonce| Some(token::write(seed, asked.bound, offset as u64, nonce));
    if twist.empty {
        None
    } else if twist.repeat_token {
        at(if asked.offset == 0 { to } else { asked.offset }, 0)
    } else if twist.repeat_page {
        at(to, twist.nonce + 1)
    } else if to < total {
        at(to, 0)
    } else {
        None
    }
}

fn envelope(
    paging: &TokenPaging,
    total: usize,
    next: Option<String>,
    without_array: bool,
    out: &mut Vec<u8>,
    rows: impl FnOnce(&mut Vec<u8>),
) {
    out.push(b'{');
    if !without_array {
        out.extend_from_slice(format!("\"{}\":[", paging.array).as_bytes());
        rows(out);
        out.push(b']');
    }
    let mut member = |text: String| {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(text.as_bytes());
    };
    if let Some(next) = next {
        member(format!("\"nextToken\":\"{next}\""));
    }
    if let Some(name) = paging.total {
        member(format!("\"{name}\":{total}"));
    }
    out.push(b'}');
}
