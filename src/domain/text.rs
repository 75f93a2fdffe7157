//! Text from anywhere, made fit to be shown: on one line, and without anything that a terminal obeys.
//!
//! Knows no width and no screen.

/// True for marks that turn the writing direction: what stands behind one reads as something else.
pub const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text on one line, without control characters and without marks that turn the writing direction. Blanks at its
/// beginning stay.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if c.is_control() || turns_direction(c) => {}
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_direction_marks_never_reach_the_screen() {
        for (text, shown) in [
            ("a\u{1b}[31mb\u{202e}c\td", "a[31mbc d"),
            ("bell\u{7} csi\u{9b}2J", "bell csi2J"),
            ("two\r\nlines\u{2028}three", "two lines three"),
            ("  indented  ", "  indented"),
            ("日本の店 \u{5d0}\u{5d1}", "日本の店 \u{5d0}\u{5d1}"),
        ] {
            assert_eq!(one_line(text), shown, "{text:?}");
        }
    }
}
