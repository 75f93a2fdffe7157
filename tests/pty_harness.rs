//! The terminal harness, proved on small programs that every machine has, before anything else is proved with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use support::pty::{Pty, Spawn, keys};

mod support;

fn sh(script: &str) -> Pty {
    Spawn::new("/bin/sh").args(["-c", script]).env("PATH", "/usr/bin:/bin").start()
}

/// The message of the panic that is expected.
fn failure(of: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(of)).expect_err("it fails");
    panic.downcast_ref::<String>().cloned().expect("a formatted message")
}

#[test]
fn what_is_printed_is_on_the_screen_with_its_colours() {
    let pty = sh(r"printf 'a\033[1;31mbold red\033[0m\n\033[38;2;1;2;3mrgb'; read x");
    let screen = pty.wait_for_text("rgb");
    let cell = screen.cell(0, 1).unwrap();
    assert_eq!((cell.contents(), cell.fgcolor(), cell.bold()), ("b", vt100::Color::Idx(1), true));
    assert_eq!(screen.cell(1, 0).unwrap().fgcolor(), vt100::Color::Rgb(1, 2, 3));
}

#[test]
fn keys_reach_the_program_and_its_exit_code_comes_back() {
    let pty = sh(r#"printf 'name? '; read name; printf 'hello %s' "$name"; exit 7"#);
    pty.wait_for_text("name?");
    pty.send("ann");
    pty.send(keys::ENTER);
    pty.wait_for_text("hello ann");
    assert_eq!(pty.wait_exit(), 7);
    pty.assert_restored();
}

#[test]
fn everything_printed_before_the_end_is_seen() {
    let pty = sh("i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; printf last");
    assert_eq!(pty.wait_exit(), 0);
    assert!(pty.text().ends_with("line 1999\nlast"), "{}", pty.text());
}

#[test]
fn the_environment_and_the_folder_are_only_what_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let dir_path = dir.path().canonicalize().unwrap();
    let pty = Spawn::new("/bin/sh")
        .args(["-c", r#"pwd; echo "[$HOME] [$TERM] [$GIVEN]"; read x"#])
        .env("GIVEN", "yes")
        .dir(&dir_path)
        .size(200, 24)
        .start();
    pty.wait_for_text("[] [xterm-256color] [yes]");
    assert!(pty.text().starts_with(dir_path.to_str().unwrap()), "{}", pty.text());
}

#[test]
fn the_program_is_told_of_a_new_size() {
    let pty = Spawn::new("/bin/sh")
        .args(["-c", "trap 'stty size' WINCH; stty size; echo ready; while read x; do :; done; read x"])
        .env("PATH", "/usr/bin:/bin")
        .size(81, 25)
        .start();
    pty.wait_for_text("ready");
    assert!(pty.text().contains("25 81"), "{}", pty.text());
    pty.resize(100, 30);
    // Some shells run the trap only once the read returns.
    pty.send(keys::ENTER);
    pty.wait_for_text("30 100");
    assert_eq!(pty.screen().size(), (30, 100));
}

#[test]
fn a_raw_terminal_is_noticed_and_a_restored_one_passes() {
    let raw = sh("stty raw -echo; exit 0");
    assert_eq!(raw.wait_exit(), 0);
    assert!(failure(|| raw.assert_restored()).contains("other modes"));
    let restored = sh("saved=$(stty -g); stty raw -echo; stty \"$saved\"");
    assert_eq!(restored.wait_exit(), 0);
    restored.assert_restored();
}

#[test]
fn every_mode_that_is_left_on_is_named() {
    for (on, off, complaint) in [
        ("\\033[?1049h", "\\033[?1049l", "alternate screen"),
        ("\\033[?25l", "\\033[?25h", "without a cursor"),
        ("\\033[?1000h", "\\033[?1000l", "captured mouse"),
        ("\\033[?2004h", "\\033[?2004l", "bracketed paste"),
    ] {
        let left = sh(&format!("printf '{on}'"));
        left.wait_exit();
        assert!(failure(|| left.assert_restored()).contains(complaint), "{complaint}");
        let restored = sh(&format!("printf '{on}'; printf '{off}'"));
        restored.wait_exit();
        restored.assert_restored();
    }
}

#[test]
fn a_wait_in_vain_shows_the_screen_as_soon_as_the_program_has_ended() {
    let pty = sh("printf 'something else'");
    let message = failure(|| drop(pty.wait_for_text("never")));
    assert!(message.contains("the program ended before \"never\" was shown"), "{message}");
    assert!(message.contains("│something else"), "{message}");
}

#[test]
fn a_signal_is_told_from_an_exit_code() {
    let pty = sh("echo ready; read x");
    pty.wait_for_text("ready");
    pty.signal(libc::SIGKILL);
    assert!(pty.wait_end().signal().is_some());
    let message = failure(|| {
        pty.wait_exit();
    });
    assert!(message.contains("Terminated"), "{message}");
}

#[test]
fn questions_to_the_terminal_are_answered() {
    let pty = sh(
        r#"stty -icanon -echo min 6 time 0; printf 'ab\033[6n'; answer=$(dd bs=16 count=1 2>/dev/null); echo; printf '%s' "$answer" | od -c"#,
    );
    pty.wait_for_text("[   1   ;   3   R");
}

#[test]
fn the_clipboard_and_the_title_are_kept() {
    let pty = sh(r"printf '\033]52;c;aGk=\007\033]2;adsync\007done'; read x");
    pty.wait_for_text("done");
    assert_eq!((pty.clipboard().as_deref(), pty.title().as_deref()), (Some("aGk="), Some("adsync")));
}

#[test]
fn a_still_screen_is_waited_for() {
    let pty = sh("for i in 1 2 3 4 5; do printf \"$i \"; sleep 0.05; done; printf end; read x");
    let screen = pty.wait_until_still(Duration::from_millis(700));
    assert_eq!(screen.contents(), "1 2 3 4 5 end");
}

#[test]
fn a_dropped_terminal_takes_its_programs_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("alive");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    // A child of the program holds the pipe open; reading ends only when it is gone.
    let pty = sh(&format!("trap '' HUP; sleep 600 > '{}' & echo started; wait", fifo.display()));
    let mut pipe = std::fs::File::open(&fifo).unwrap();
    pty.wait_for_text("started");
    drop(pty);
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut pipe, &mut rest).unwrap();
    assert!(rest.is_empty());
}
