//! How a screen looks beside its words, as text: a lost colour or a lost bold is a difference of a snapshot.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::fixture::text;

/// What stands on the screen, and below it the style of each cell.
pub(super) fn picture(buffer: &Buffer) -> String {
    format!("{}\n{}", text(buffer).trim_end(), styles(buffer))
}

/// How it stands there: a letter for the style of each cell, a blank where it is plain or nothing to be seen.
///
/// Small letters are colours (cyan, green, yellow, red, magenta, blue), capitals the same in bold; `:` is faint, `#`
/// bold, `%` faint and bold. Anything else is told in full at the end.
fn styles(buffer: &Buffer) -> String {
    let mut odd: Vec<String> = Vec::new();
    let mut out = "─".repeat(usize::from(buffer.area.width)) + "\n";
    for y in 0..buffer.area.height {
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let seen = !cell.symbol().trim().is_empty();
            line.push(if seen { letter(cell, &mut odd) } else { ' ' });
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    for (i, style) in odd.iter().enumerate() {
        out.push_str(&format!("{i}: {style}\n"));
    }
    out.trim_end().to_owned()
}

fn letter(cell: &Cell, odd: &mut Vec<String>) -> char {
    let colour = match cell.fg {
        Color::Reset => Some(' '),
        Color::Cyan => Some('c'),
        Color::Green => Some('g'),
        Color::Yellow => Some('y'),
        Color::Red => Some('r'),
        Color::Magenta => Some('m'),
        Color::Blue => Some('b'),
        _ => None,
    };
    let letter = match (colour, cell.modifier) {
        _ if cell.bg != Color::Reset => None,
        (Some(' '), Modifier::DIM) => Some(':'),
        (Some(' '), Modifier::BOLD) => Some('#'),
        (Some(' '), m) if m == Modifier::DIM | Modifier::BOLD => Some('%'),
        (Some(c), m) if m.is_empty() => Some(c),
        (Some(c), Modifier::BOLD) => Some(c.to_ascii_uppercase()),
        _ => None,
    };
    letter.unwrap_or_else(|| {
        let style = format!("{:?} on {:?} {:?}", cell.fg, cell.bg, cell.modifier);
        let at = odd.iter().position(|known| *known == style).unwrap_or_else(|| {
            odd.push(style);
            odd.len() - 1
        });
        char::from_digit(u32::try_from(at).unwrap(), 36).unwrap()
    })
}

#[test]
fn every_style_has_its_letter() {
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 2));
    let plain = Style::new();
    for (x, (symbol, style)) in [
        ("a", plain),
        ("b", plain.add_modifier(Modifier::BOLD)),
        ("c", plain.add_modifier(Modifier::DIM)),
        ("d", plain.fg(Color::Red).add_modifier(Modifier::BOLD)),
        ("e", plain.fg(Color::Cyan)),
        (" ", plain.fg(Color::Red)),
        ("g", plain.add_modifier(Modifier::UNDERLINED)),
    ]
    .into_iter()
    .enumerate()
    {
        buffer.set_string(u16::try_from(x).unwrap(), 0, symbol, style);
    }
    assert_eq!(picture(&buffer), "abcde g\n────────\n #:Rc 0\n\n0: Reset on Reset UNDERLINED");
}
