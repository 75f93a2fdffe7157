//! The colours that things have, for each kind of terminal.
//!
//! Where nothing tells the ground, the sixteen colours of the terminal's own palette: whoever chose a light one had it
//! made readable there. No other colour can be read on both.

use ratatui::style::Color;

use crate::telemetry::terminal::{Depth, Terminal};

/// Which colours are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Palette {
    /// The terminal's own sixteen.
    #[default]
    Own,
    /// Of 256, on a dark ground.
    Dark,
    /// Of 256, on a light ground.
    Light,
    /// Of all colours, on a dark ground.
    TrueDark,
    /// Of all colours, on a light ground.
    TrueLight,
}

/// What a colour stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Accent,
    Good,
    Warn,
    Bad,
    Decide,
    Waits,
    Dim,
}

impl Palette {
    /// The palette for a terminal, on the ground that was asked for or else that it tells.
    pub fn of(terminal: &Terminal, light: Option<bool>) -> Self {
        match (terminal.depth(), light.or_else(|| terminal.is_light())) {
            (Depth::Sixteen, _) | (_, None) => Self::Own,
            (Depth::TwoHundredFiftySix, Some(false)) => Self::Dark,
            (Depth::TwoHundredFiftySix, Some(true)) => Self::Light,
            (Depth::True, Some(false)) => Self::TrueDark,
            (Depth::True, Some(true)) => Self::TrueLight,
        }
    }

    /// The colour of something; `None` where an attribute says it instead.
    pub(super) const fn colour(self, role: Role) -> Option<Color> {
        Some(match (self, role) {
            // No grey of the sixteen: bright black is the background of some palettes.
            (Self::Own, Role::Dim) => return None,
            (Self::Own, Role::Accent) => Color::Cyan,
            (Self::Own, Role::Good) => Color::Green,
            (Self::Own, Role::Warn) => Color::Yellow,
            (Self::Own, Role::Bad) => Color::Red,
            (Self::Own, Role::Decide) => Color::Magenta,
            // Blue itself is too dark to be read on black.
            (Self::Own, Role::Waits) => Color::LightBlue,
            (Self::Dark, Role::Accent) => Color::Indexed(80),
            (Self::Dark, Role::Good) => Color::Indexed(114),
            (Self::Dark, Role::Warn) => Color::Indexed(179),
            (Self::Dark, Role::Bad) => Color::Indexed(210),
            (Self::Dark, Role::Decide) => Color::Indexed(176),
            (Self::Dark, Role::Waits) => Color::Indexed(111),
            (Self::Dark, Role::Dim) => Color::Indexed(248),
            (Self::Light, Role::Accent) => Color::Indexed(24),
            (Self::Light, Role::Good) => Color::Indexed(22),
            (Self::Light, Role::Warn) => Color::Indexed(94),
            (Self::Light, Role::Bad) => Color::Indexed(124),
            (Self::Light, Role::Decide) => Color::Indexed(90),
            (Self::Light, Role::Waits) => Color::Indexed(19),
            (Self::Light, Role::Dim) => Color::Indexed(240),
            (Self::TrueDark, Role::Accent) => Color::Rgb(0x5c, 0xc5, 0xd6),
            (Self::TrueDark, Role::Good) => Color::Rgb(0x7f, 0xc9, 0x8a),
            (Self::TrueDark, Role::Warn) => Color::Rgb(0xe0, 0xb3, 0x5a),
            (Self::TrueDark, Role::Bad) => Color::Rgb(0xff, 0x8a, 0x84),
            (Self::TrueDark, Role::Decide) => Color::Rgb(0xd7, 0x9b, 0xe8),
            (Self::TrueDark, Role::Waits) => Color::Rgb(0x8f, 0xb4, 0xff),
            (Self::TrueDark, Role::Dim) => Color::Rgb(0xa6, 0xa6, 0xa6),
            (Self::TrueLight, Role::Accent) => Color::Rgb(0x00, 0x5f, 0x73),
            (Self::TrueLight, Role::Good) => Color::Rgb(0x1b, 0x66, 0x31),
            (Self::TrueLight, Role::Warn) => Color::Rgb(0x7f, 0x52, 0x00),
            (Self::TrueLight, Role::Bad) => Color::Rgb(0xb0, 0x1e, 0x1e),
            (Self::TrueLight, Role::Decide) => Color::Rgb(0x86, 0x2b, 0x9c),
            (Self::TrueLight, Role::Waits) => Color::Rgb(0x24, 0x50, 0xb0),
            (Self::TrueLight, Role::Dim) => Color::Rgb(0x5c, 0x5c, 0x5c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 7] =
        [Role::Accent, Role::Good, Role::Warn, Role::Bad, Role::Decide, Role::Waits, Role::Dim];

    /// A colour of the cube and of the ramp, as every terminal mixes it.
    fn mixed(colour: Color) -> [u8; 3] {
        match colour {
            Color::Rgb(r, g, b) => [r, g, b],
            Color::Indexed(n @ 16..=231) => {
                let level = |n: u8| [0, 95, 135, 175, 215, 255][usize::from(n % 6)];
                [level((n - 16) / 36), level((n - 16) / 6), level(n - 16)]
            }
            Color::Indexed(n @ 232..) => [8 + (n - 232) * 10; 3],
            other => panic!("{other:?} is mixed by the terminal's own palette"),
        }
    }

    /// Relative luminance and contrast as the Web Content Accessibility Guidelines define them.
    fn luminance(colour: [u8; 3]) -> f64 {
        let [r, g, b] = colour.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_can_be_read_on_the_grounds_that_it_is_made_for() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.01, "the measure itself");
        let dark = [[0, 0, 0], [0x1e, 0x1e, 0x1e], [0x28, 0x2c, 0x34], [0x00, 0x2b, 0x36]];
        let light = [[255, 255, 255], [0xfa, 0xfa, 0xfa], [0xfd, 0xf6, 0xe3]];
        for (palette, grounds) in [
            (Palette::Dark, dark.as_slice()),
            (Palette::TrueDark, dark.as_slice()),
            (Palette::Light, light.as_slice()),
            (Palette::TrueLight, light.as_slice()),
        ] {
            for role in ROLES {
                let colour = mixed(palette.colour(role).unwrap());
                for ground in grounds {
                    let contrast = contrast(colour, *ground);
                    assert!(contrast >= 4.5, "{palette:?} {role:?} on {ground:02x?}: {contrast:.2}");
                }
            }
        }
    }

    #[test]
    fn no_two_things_have_one_colour() {
        for palette in [Palette::Own, Palette::Dark, Palette::Light, Palette::TrueDark, Palette::TrueLight] {
            let colours: Vec<_> = ROLES.iter().filter_map(|role| palette.colour(*role)).collect();
            for (i, colour) in colours.iter().enumerate() {
                assert!(!colours[i + 1..].contains(colour), "{palette:?} {colour:?}");
            }
        }
    }

    #[test]
    fn richer_colours_need_a_known_ground() {
        let rich = Terminal { term: "xterm-256color".to_owned(), ..Terminal::default() };
        let all = Terminal { colorterm: "truecolor".to_owned(), ..rich.clone() };
        let told = Terminal { colorfgbg: "0;15".to_owned(), ..all.clone() };
        let few = Terminal { term: "linux".to_owned(), ..Terminal::default() };
        for (terminal, light, palette) in [
            (&rich, None, Palette::Own),
            (&rich, Some(false), Palette::Dark),
            (&rich, Some(true), Palette::Light),
            (&all, None, Palette::Own),
            (&all, Some(false), Palette::TrueDark),
            (&told, None, Palette::TrueLight),
            (&told, Some(false), Palette::TrueDark),
            (&few, Some(true), Palette::Own),
        ] {
            assert_eq!(Palette::of(terminal, light), palette, "{terminal:?} {light:?}");
        }
    }
}
