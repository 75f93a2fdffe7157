//! What is on the screen: at once, at every size, with and without colour.

use std::time::Duration;

use vt100::{Color, Screen};

use crate::support::adsync::Home;
use crate::support::pty::keys;
use crate::{answer, hang, of_profiles, one_profile, sync_all};

/// Rows that the terminal had to break because they were too long.
fn broken(screen: &Screen) -> Vec<u16> {
    (0..screen.size().0).filter(|row| screen.row_wrapped(*row)).collect()
}

fn rows(screen: &Screen) -> Vec<String> {
    screen.rows(0, screen.size().1).collect()
}

/// Everything that a screen of 80 columns and 24 rows has to show.
fn is_complete(screen: &Screen) -> bool {
    let rows = rows(screen);
    rows[0].contains("adsync")
        && rows.iter().any(|row| row.contains("PROFILE") && row.contains("STATUS"))
        && rows[usize::from(screen.size().0) - 1].contains("? help")
}

#[test]
fn the_demo_lists_its_profiles_without_a_key_press() {
    let home = Home::new();
    let console = home.console();
    let first = console.wait_for_text("adsync");
    assert!(first.alternate_screen() && first.hide_cursor(), "{}", first.contents());
    for part in ["24 profiles", "sqlite adsync-demo.db", "Kestrel Home"] {
        console.wait_for_text(part);
    }
    console.wait_for("the first screen was complete", is_complete);
    console.send("q");
    assert_eq!(console.wait_exit(), 0);
    console.assert_restored();
}

#[test]
fn eighty_by_twenty_four_is_enough_and_no_line_is_broken() {
    let home = Home::new();
    let console = home.console();
    console.wait_for("the list and its frame were complete", |screen| {
        is_complete(screen) && screen.contents().contains("Kestrel Home")
    });
    for (key, shown) in
        [("?", "Keys"), (keys::ESC, "? help"), (keys::ENTER, "Profiles ›"), (keys::ESC, "PROFILE")]
    {
        console.send(key);
        console.wait_for_text(shown);
        let screen = console.wait_until_still(Duration::from_millis(200));
        assert_eq!(broken(&screen), Vec::<u16>::new(), "{}", screen.contents());
    }
}

#[test]
fn the_size_may_change_at_any_moment() {
    let (api, home) = of_profiles("2");
    hang(&api);
    let console = home.console();
    console.wait_for_text("STATUS");
    sync_all(&console, 2);
    console.wait_for_text("fetching");
    for (i, (cols, rows)) in
        [(200, 60), (1, 1), (80, 24), (20, 5), (40, 10), (3, 50), (300, 2), (120, 40)].into_iter().enumerate()
    {
        console.resize(cols, rows);
        // On every screen, and in a dialog.
        console.send([keys::ENTER, "?", keys::ESC, keys::ESC][i % 4]);
    }
    console.resize(80, 24);
    // Whatever is open closes, one thing at a time.
    for _ in 0..3 {
        console.wait_until_still(Duration::from_millis(300));
        console.send(keys::ESC);
    }
    console.wait_until_still(Duration::from_millis(300));
    console.send("q");
    let screen = console.wait_for_text("Quit while 2 syncs run?");
    assert_eq!(broken(&screen), Vec::<u16>::new());
    answer(&console, "Quit while 2 syncs run?", "n");
    let screen = console.wait_for("the whole list was shown again", |screen| {
        is_complete(screen) && !screen.contents().contains("Quit while")
    });
    assert_eq!(broken(&screen), Vec::<u16>::new(), "{}", screen.contents());
}

fn colours(screen: &Screen) -> usize {
    let (rows, cols) = screen.size();
    let cells = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
    cells
        .filter_map(|(row, col)| screen.cell(row, col))
        .filter(|cell| cell.fgcolor() != Color::Default || cell.bgcolor() != Color::Default)
        .count()
}

#[test]
fn no_color_is_heeded() {
    let (_api, home) = one_profile();
    let coloured = home.console();
    let plain = home.terminal().env("NO_COLOR", "1").start();
    for (console, wanted) in [(&coloured, true), (&plain, false)] {
        console.wait_for_text("STATUS");
        console.send("s");
        console.wait_for_text("proved");
        console.send("?");
        let screen = console.wait_for_text("Keys");
        assert_eq!(colours(&screen) > 0, wanted, "{} coloured cells", colours(&screen));
    }
}

/// The colours that are no longer the terminal's own.
fn mixed(screen: &Screen) -> Vec<Color> {
    let (rows, cols) = screen.size();
    let cells = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
    let colours = cells.filter_map(|(row, col)| Some(screen.cell(row, col)?.fgcolor()));
    colours.filter(|colour| matches!(colour, Color::Rgb(..) | Color::Idx(16..))).collect()
}

#[test]
fn richer_colours_are_drawn_where_the_ground_is_known_and_the_terminal_has_them() {
    let (_api, home) = one_profile();
    let of = |args: &[&str], colorterm: &str| {
        let console = home.terminal().args(args).env("COLORTERM", colorterm).start();
        console.wait_for_text("STATUS");
        mixed(&console.wait_for_text("? help"))
    };
    assert_eq!(of(&[], "truecolor"), []);
    let few = of(&["--theme", "light"], "");
    assert!(few.iter().any(|c| matches!(c, Color::Idx(_))), "{few:?}");
    assert!(of(&["--theme", "dark"], "truecolor").iter().any(|c| matches!(c, Color::Rgb(..))));
}

#[test]
fn a_terminal_without_a_cursor_is_refused_and_left_alone() {
    let (_api, home) = one_profile();
    let console = home.terminal().size(120, 24).env("TERM", "dumb").start();
    assert_eq!(console.wait_exit(), 2);
    console.assert_restored();
    let text = console.text();
    for part in ["can place its cursor", "TERM=xterm-256color", "adsync --help"] {
        assert!(text.contains(part), "{part:?}: {text}");
    }
}

#[test]
fn ascii_is_all_that_is_drawn_where_only_that_may_be() {
    let (_api, home) = one_profile();
    let console = home.terminal().args(["--ascii"]).start();
    console.wait_for_text("STATUS");
    console.send("s");
    console.wait_for_text("proved");
    for (key, shown) in [(keys::ENTER, "API said"), ("?", "Keys")] {
        console.send(key);
        let text = console.wait_for_text(shown).contents();
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn nothing_is_drawn_while_nothing_changes() {
    let (_api, home) = one_profile();
    let console = home.console();
    console.wait_for_text("STATUS");
    // The gauges come to rest once the profiles were listed.
    console.wait_until_still(Duration::from_millis(1500));
}
