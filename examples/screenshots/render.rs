//! A terminal's screen as a picture: cells of whole pixels, lines and blocks drawn as shapes so that they join.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use resvg::usvg::fontdb::Database;
use resvg::{tiny_skia, usvg};
use vt100::{Cell, Color, Screen};

/// A cell in pixels: multiples of eight, so that every block element has whole pixels.
const WIDTH: u32 = 16;
const HEIGHT: u32 = 32;
/// The size at which the font's glyphs are as wide as a cell.
const FONT_SIZE: f64 = 26.575;
const BASELINE: u32 = 25;
const MARGIN: u32 = 16;
const FAMILY: &str = "DejaVu Sans Mono";

const BACKGROUND: Rgb = Rgb(0x14, 0x17, 0x1c);
const FOREGROUND: Rgb = Rgb(0xd6, 0xda, 0xe0);
/// The sixteen named colours.
const NAMED: [u32; 16] = [
    0x2a2f37, 0xe0626c, 0x7fb86a, 0xd8a657, 0x5a9fe0, 0xb67fd4, 0x4fb3bf, 0xc3c9d1, //
    0x6b7380, 0xf47c86, 0x98d282, 0xf0c674, 0x7cb7f2, 0xcd9be8, 0x70cbd6, 0xf5f7fa,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rgb(u8, u8, u8);

/// The one font that pictures are drawn with.
pub(crate) struct Font(Arc<Database>);

impl Font {
    /// Looks for the font where systems keep theirs.
    pub(crate) fn find() -> Result<Self, String> {
        let home = std::env::home_dir().unwrap_or_default();
        let mut files = Vec::new();
        for dir in [
            PathBuf::from("/usr/share/fonts"),
            PathBuf::from("/usr/local/share/fonts"),
            PathBuf::from("/opt/homebrew/share/fonts"),
            PathBuf::from("/Library/Fonts"),
            home.join("Library/Fonts"),
            home.join(".local/share/fonts"),
            home.join(".fonts"),
        ] {
            font_files(&dir, &mut files);
        }
        let mut fonts = Database::new();
        for file in files {
            fonts.load_font_data(std::fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?);
        }
        if fonts.faces().all(|face| face.families.iter().all(|(name, _)| name != FAMILY)) {
            return Err(format!("the font {FAMILY} was not found; scripts/install fonts installs it"));
        }
        Ok(Self(Arc::new(fonts)))
    }
}

/// Only this font's files, and its proportional sister for signs that it lacks, whatever else a machine has: pictures
/// look the same everywhere.
fn font_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            font_files(&path, found);
        } else if (name.starts_with("DejaVuSansMono") && name.ends_with(".ttf")) || name == "DejaVuSans.ttf" {
            found.push(path);
        }
    }
}

/// The screen as a PNG file.
pub(crate) fn png(screen: &Screen, font: &Font) -> Result<Vec<u8>, String> {
    let options = usvg::Options { fontdb: Arc::clone(&font.0), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(&svg(screen), &options).map_err(|e| e.to_string())?;
    let size = tree.size().to_int_size();
    let mut picture = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or("a screen without cells")?;
    resvg::render(&tree, tiny_skia::Transform::default(), &mut picture.as_mut());
    picture.encode_png().map_err(|e| e.to_string())
}

fn svg(screen: &Screen) -> String {
    let (rows, cols) = screen.size();
    let (width, height) = (u32::from(cols) * WIDTH + 2 * MARGIN, u32::from(rows) * HEIGHT + 2 * MARGIN);
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"><rect width="{width}" height="{height}" fill="{}"/><g transform="translate({MARGIN} {MARGIN})" font-family="{FAMILY}" font-size="{FONT_SIZE}">"#,
        hex(BACKGROUND)
    );
    // Backgrounds first: a glyph may reach into its neighbour's cell.
    for (row, col, cell) in cells(screen) {
        let (_, background) = colors(cell);
        if background != BACKGROUND {
            let wide = if cell.is_wide() { 2 } else { 1 };
            rect(&mut out, (col * WIDTH, row * HEIGHT), (0, 0, WIDTH * wide, HEIGHT), background, 1.0);
        }
    }
    for (row, col, cell) in cells(screen) {
        glyph(&mut out, (col * WIDTH, row * HEIGHT), cell);
    }
    out.push_str("</g></svg>");
    out
}

/// Every cell that holds something of its own, with row and column.
fn cells(screen: &Screen) -> impl Iterator<Item = (u32, u32, &Cell)> {
    let (rows, cols) = screen.size();
    (0..rows)
        .flat_map(move |row| (0..cols).map(move |col| (row, col)))
        .filter_map(|(row, col)| Some((u32::from(row), u32::from(col), screen.cell(row, col)?)))
        .filter(|(_, _, cell)| !cell.is_wide_continuation())
}

fn glyph(out: &mut String, origin: (u32, u32), cell: &Cell) {
    let (color, _) = colors(cell);
    if cell.underline() {
        rect(out, origin, (0, BASELINE + 3, WIDTH, 2), color, 1.0);
    }
    let text = cell.contents();
    if text.trim().is_empty() {
        return;
    }
    if let Some(c) = single(text)
        && (block(out, origin, c, color) || lines(out, origin, c, color) || dots(out, origin, c, color))
    {
        return;
    }
    let weight = if cell.bold() { " font-weight=\"bold\"" } else { "" };
    let style = if cell.italic() { " font-style=\"italic\"" } else { "" };
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let (x, y) = (origin.0, origin.1 + BASELINE);
    let _ = write!(out, r#"<text x="{x}" y="{y}" fill="{}"{weight}{style}>{escaped}</text>"#, hex(color));
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// A rectangle in a cell: x, y, width and height from the cell's corner.
fn rect(out: &mut String, origin: (u32, u32), (x, y, w, h): (u32, u32, u32, u32), color: Rgb, opacity: f64) {
    let (x, y) = (origin.0 + x, origin.1 + y);
    let opacity = if opacity < 1.0 { format!(r#" fill-opacity="{opacity}""#) } else { String::new() };
    let _ = write!(
        out,
        r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{}"{opacity} shape-rendering="crispEdges"/>"#,
        hex(color)
    );
}

/// Draws a block element; false for any other character.
fn block(out: &mut String, origin: (u32, u32), c: char, color: Rgb) -> bool {
    let (w, h) = (WIDTH, HEIGHT);
    let mut fill = |x, y, w, h| rect(out, origin, (x, y, w, h), color, 1.0);
    let code = u32::from(c);
    match c {
        '▀' => fill(0, 0, w, h / 2),
        '▁'..='█' => {
            let eighths = code - 0x2580;
            fill(0, h - h / 8 * eighths, w, h / 8 * eighths);
        }
        '▉'..='▏' => fill(0, 0, w / 8 * (0x2590 - code), h),
        '▐' => fill(w / 2, 0, w / 2, h),
        '▔' => fill(0, 0, w, h / 8),
        '▕' => fill(w - w / 8, 0, w / 8, h),
        '░' | '▒' | '▓' => rect(out, origin, (0, 0, w, h), color, f64::from(code - 0x2590) / 4.0),
        '▖'..='▟' => {
            // Upper left, upper right, lower left, lower right.
            let quarters = match c {
                '▖' => [false, false, true, false],
                '▗' => [false, false, false, true],
                '▘' => [true, false, false, false],
                '▙' => [true, false, true, true],
                '▚' => [true, false, false, true],
                '▛' => [true, true, true, false],
                '▜' => [true, true, false, true],
                '▝' => [false, true, false, false],
                '▞' => [false, true, true, false],
                _ => [false, true, true, true],
            };
            let places = [(0, 0), (w / 2, 0), (0, h / 2), (w / 2, h / 2)];
            for (x, y) in quarters.into_iter().zip(places).filter_map(|(on, place)| on.then_some(place)) {
                fill(x, y, w / 2, h / 2);
            }
        }
        _ => return false,
    }
    true
}

/// Draws a braille pattern, of which spinners are made; false for any other character.
fn dots(out: &mut String, origin: (u32, u32), c: char, color: Rgb) -> bool {
    if !('\u{2800}'..='\u{28ff}').contains(&c) {
        return false;
    }
    let places = [(4, 4), (4, 12), (4, 20), (12, 4), (12, 12), (12, 20), (4, 28), (12, 28)];
    for (bit, (x, y)) in places.into_iter().enumerate() {
        if u32::from(c) >> bit & 1 == 1 {
            let (x, y) = (origin.0 + x, origin.1 + y);
            let _ = write!(out, r#"<circle cx="{x}" cy="{y}" r="2.5" fill="{}"/>"#, hex(color));
        }
    }
    true
}

/// The arms of a box-drawing character: left, up, right, down; 1 is light, 2 heavy, 3 double.
fn arms(c: char) -> Option<[u32; 4]> {
    let set = |characters: &str, weight: u32| {
        let shapes = [0b1010, 0b0101, 0b0011, 0b1001, 0b0110, 0b1100, 0b0111, 0b1101, 0b1011, 0b1110, 0b1111];
        let shape =
            characters.chars().zip(shapes).find_map(|(known, shape)| (known == c).then_some(shape))?;
        Some([8, 4, 2, 1].map(|arm| if shape & arm != 0 { weight } else { 0 }))
    };
    let single = match c {
        '╴' => Some([1, 0, 0, 0]),
        '╵' => Some([0, 1, 0, 0]),
        '╶' => Some([0, 0, 1, 0]),
        '╷' => Some([0, 0, 0, 1]),
        '╸' => Some([2, 0, 0, 0]),
        '╹' => Some([0, 2, 0, 0]),
        '╺' => Some([0, 0, 2, 0]),
        '╻' => Some([0, 0, 0, 2]),
        '╼' => Some([1, 0, 2, 0]),
        '╾' => Some([2, 0, 1, 0]),
        _ => None,
    };
    single
        .or_else(|| set("─│┌┐└┘├┤┬┴┼", 1))
        .or_else(|| set("━┃┏┓┗┛┣┫┳┻╋", 2))
        .or_else(|| set("═║╔╗╚╝╠╣╦╩╬", 3))
}

/// Draws a line of a box; false for any other character.
fn lines(out: &mut String, origin: (u32, u32), c: char, color: Rgb) -> bool {
    let (cx, cy) = (WIDTH / 2, HEIGHT / 2);
    if let Some(path) = rounded(c) {
        let _ = write!(
            out,
            r#"<path transform="translate({} {})" d="{path}" fill="none" stroke="{}" stroke-width="2"/>"#,
            origin.0,
            origin.1,
            hex(color)
        );
        return true;
    }
    let Some([left, up, right, down]) = arms(c) else { return false };
    if [left, up, right, down].contains(&3) {
        double(out, origin, [left, up, right, down].map(|arm| arm > 0), color);
        return true;
    }
    // A light line is two pixels wide, a heavy one four; arms overlap in the middle by half the thickest.
    let half = [left, up, right, down].into_iter().max().unwrap_or(1);
    let mut fill = |x, y, w, h| rect(out, origin, (x, y, w, h), color, 1.0);
    if left > 0 {
        fill(0, cy - left, cx + half, 2 * left);
    }
    if right > 0 {
        fill(cx - half, cy - right, WIDTH - cx + half, 2 * right);
    }
    if up > 0 {
        fill(cx - up, 0, 2 * up, cy + half);
    }
    if down > 0 {
        fill(cx - down, cy - half, 2 * down, HEIGHT - cy + half);
    }
    true
}

/// The path of a rounded corner.
fn rounded(c: char) -> Option<String> {
    let (w, h, cx, cy, r) = (WIDTH, HEIGHT, WIDTH / 2, HEIGHT / 2, WIDTH / 2);
    match c {
        '╭' => Some(format!("M{w} {cy}A{r} {r} 0 0 0 {cx} {}V{h}", cy + r)),
        '╮' => Some(format!("M0 {cy}A{r} {r} 0 0 1 {cx} {}V{h}", cy + r)),
        '╯' => Some(format!("M0 {cy}A{r} {r} 0 0 0 {cx} {}V0", cy - r)),
        '╰' => Some(format!("M{w} {cy}A{r} {r} 0 0 1 {cx} {}V0", cy - r)),
        _ => None,
    }
}

/// Double lines: each of an arm's two lines begins where the crossing arm's nearer or farther line is.
fn double(out: &mut String, origin: (u32, u32), [left, up, right, down]: [bool; 4], color: Rgb) {
    const GAP: u32 = 3;
    let (cx, cy) = (WIDTH / 2, HEIGHT / 2);
    // From the middle outward: with a crossing arm on this line's side the line begins beyond it, with one on the other
    // side only it reaches back to close the corner.
    let inset = |near: bool, far: bool| -> i64 {
        if near {
            2
        } else if far {
            -4
        } else {
            0
        }
    };
    let from = |middle: u32, by: i64| u32::try_from(i64::from(middle) + by).unwrap_or(0);
    let to = |middle: u32, by: i64| u32::try_from(i64::from(middle) - by).unwrap_or(0);
    let mut fill = |x: u32, y: u32, w: u32, h: u32| rect(out, origin, (x, y, w, h), color, 1.0);
    for (line, near, far) in [(cy - GAP - 1, up, down), (cy + GAP - 1, down, up)] {
        if right {
            let x = from(cx, inset(near, far));
            fill(x, line, WIDTH - x, 2);
        }
        if left {
            fill(0, line, to(cx, inset(near, far)), 2);
        }
    }
    for (line, near, far) in [(cx - GAP - 1, left, right), (cx + GAP - 1, right, left)] {
        if down {
            let y = from(cy, inset(near, far));
            fill(line, y, 2, HEIGHT - y);
        }
        if up {
            fill(line, 0, 2, to(cy, inset(near, far)));
        }
    }
}

/// Foreground and background as they are seen: inverse swaps them, dim goes half way to the background.
fn colors(cell: &Cell) -> (Rgb, Rgb) {
    let (mut front, mut back) = (rgb(cell.fgcolor(), FOREGROUND), rgb(cell.bgcolor(), BACKGROUND));
    if cell.inverse() {
        std::mem::swap(&mut front, &mut back);
    }
    if cell.dim() {
        let mix = |a: u8, b: u8| u8::try_from(u16::midpoint(u16::from(a), u16::from(b))).unwrap_or(a);
        front = Rgb(mix(front.0, back.0), mix(front.1, back.1), mix(front.2, back.2));
    }
    (front, back)
}

fn rgb(color: Color, default: Rgb) -> Rgb {
    match color {
        Color::Default => default,
        Color::Rgb(r, g, b) => Rgb(r, g, b),
        Color::Idx(index @ 0..=15) => {
            let [_, r, g, b] = NAMED[usize::from(index)].to_be_bytes();
            Rgb(r, g, b)
        }
        // A cube of six steps for each colour, then greys.
        Color::Idx(index @ 16..=231) => {
            let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let index = index - 16;
            Rgb(step(index / 36), step(index / 6 % 6), step(index % 6))
        }
        Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            Rgb(grey, grey, grey)
        }
    }
}

fn hex(Rgb(r, g, b): Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
