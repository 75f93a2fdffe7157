//! What the environment says of the terminal: whether it can be drawn on, how many colours it has, and on which ground.
//!
//! Asks the terminal itself nothing: an answer would come between the keys.

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The sixteen of its own palette.
    Sixteen,
    /// Those and a cube of 6×6×6, with a ramp of greys.
    TwoHundredFiftySix,
    /// All.
    True,
}

/// The terminal as the environment describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terminal {
    /// `TERM`.
    pub term: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `COLORFGBG`: numbers of the foreground and of the background.
    pub colorfgbg: String,
}

impl Terminal {
    /// The terminal of this process.
    #[expect(clippy::disallowed_methods, reason = "what the terminal is, is no setting of ours")]
    pub fn here() -> Self {
        let of = |name| std::env::var(name).unwrap_or_default();
        Self { term: of("TERM"), colorterm: of("COLORTERM"), colorfgbg: of("COLORFGBG") }
    }

    /// False when nothing can be drawn but line after line: there is no way to place the cursor.
    pub fn can_be_drawn_on(&self) -> bool {
        cfg!(not(unix)) || !matches!(self.term.as_str(), "" | "dumb" | "unknown")
    }

    /// How many colours it has.
    pub fn depth(&self) -> Depth {
        if matches!(self.colorterm.as_str(), "truecolor" | "24bit") || self.term.ends_with("-direct") {
            Depth::True
        } else if self.term.contains("256color") {
            Depth::TwoHundredFiftySix
        } else {
            Depth::Sixteen
        }
    }

    /// True on a light ground, false on a dark one, where that is told.
    pub fn is_light(&self) -> Option<bool> {
        let ground: u8 = self.colorfgbg.rsplit(';').next()?.parse().ok()?;
        Some(matches!(ground, 7 | 9..=15))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(term: &str, colorterm: &str, colorfgbg: &str) -> Terminal {
        Terminal { term: term.to_owned(), colorterm: colorterm.to_owned(), colorfgbg: colorfgbg.to_owned() }
    }

    #[test]
    fn colours_are_counted_by_what_the_environment_says() {
        for (term, colorterm, depth) in [
            ("xterm", "", Depth::Sixteen),
            ("linux", "", Depth::Sixteen),
            ("vt220", "yes", Depth::Sixteen),
            ("xterm-256color", "", Depth::TwoHundredFiftySix),
            ("screen-256color", "", Depth::TwoHundredFiftySix),
            ("xterm-256color", "truecolor", Depth::True),
            ("xterm", "24bit", Depth::True),
            ("xterm-direct", "", Depth::True),
        ] {
            assert_eq!(terminal(term, colorterm, "").depth(), depth, "{term} {colorterm}");
        }
    }

    #[test]
    fn the_ground_is_known_only_where_it_is_told() {
        for (colorfgbg, light) in [
            ("", None),
            ("default;default", None),
            ("15;0", Some(false)),
            ("0;15", Some(true)),
            ("0;default;7", Some(true)),
            ("12;8", Some(false)),
        ] {
            assert_eq!(terminal("xterm", "", colorfgbg).is_light(), light, "{colorfgbg}");
        }
    }

    #[test]
    fn a_terminal_that_cannot_place_its_cursor_is_not_drawn_on() {
        for (term, can) in
            [("dumb", false), ("", false), ("unknown", false), ("vt100", true), ("xterm", true)]
        {
            assert_eq!(terminal(term, "", "").can_be_drawn_on(), can || cfg!(not(unix)), "{term}");
        }
    }
}
