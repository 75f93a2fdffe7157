//! Takes the pictures in `screenshots/`: the real program in a real terminal, driven by keys, drawn without a browser.
//!
//! ```text
//! cargo run --example screenshots                 take every picture again: NAME-COLSxROWS.txt and .png
//! cargo run --example screenshots -- home         only scenes of this name
//! cargo run --example screenshots -- --check      take only texts, compare them with those in screenshots/
//! cargo run --example screenshots -- --palette    prove the renderer: colours and lines, into target/
//! ```
//!
//! Texts are compared after `normalise` has replaced times and the like; pictures are never compared.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for developers that prints its results"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use scenes::{SCENES, Scene, Step};
use support::pty::{Pty, Spawn};

mod normalise;
mod render;
mod scenes;
#[path = "../../tests/support/mod.rs"]
mod support;

/// A scene in one of its sizes.
type Shot = (&'static Scene, (u16, u16));
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let (options, names): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let done = match options[..] {
        [] => take(&names),
        ["--check"] => check(&names),
        ["--palette"] => palette(),
        _ => Err("usage: screenshots [--check | --palette] [SCENE…]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("screenshots: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Takes the pictures of the named scenes, or of all.
fn take(names: &[String]) -> Result<(), Failure> {
    let font = render::Font::find()?;
    for (scene, (cols, rows)) in chosen(names)? {
        let (screen, text) = shoot(scene, cols, rows)?;
        let file = folder().join(file_name(scene, cols, rows));
        std::fs::write(file.with_extension("txt"), text)?;
        std::fs::write(file.with_extension("png"), render::png(&screen, &font)?)?;
        println!("took {}", file.display());
    }
    Ok(())
}

/// Compares the texts of the named scenes, or of all, with those that are committed.
fn check(names: &[String]) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for (scene, (cols, rows)) in chosen(names)? {
        let (_, text) = shoot(scene, cols, rows)?;
        let name = file_name(scene, cols, rows);
        let file = folder().join(&name).with_extension("txt");
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        if committed == text {
            println!("fresh {name}");
            continue;
        }
        std::fs::write(folder().join(format!("{name}.new.txt")), &text)?;
        println!("stale {name}\n{}", difference(&committed, &text));
        stale.push(name);
    }
    let known: Vec<String> = SCENES
        .iter()
        .flat_map(|scene| scene.sizes.iter().map(|&(cols, rows)| file_name(scene, cols, rows)))
        .collect();
    for file in std::fs::read_dir(folder())? {
        let path = file?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_picture =
            path.extension().is_some_and(|e| e == "txt" || e == "png") && !name.ends_with(".new");
        if is_picture && !known.contains(&name) {
            println!("no scene takes {}", path.display());
            stale.push(name);
        }
    }
    println!("{} scenes, {} stale", SCENES.len(), stale.len());
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!(
        "stale: {}; look at the difference, then run cargo run --example screenshots",
        stale.join(", ")
    )
    .into())
}

/// Draws what the renderer must master, from a shell that prints it, for the eye of a developer.
fn palette() -> Result<(), Failure> {
    let font = render::Font::find()?;
    let pty = Spawn::new("/bin/sh")
        .args(["-c", "printf \"$PALETTE\"; read x"])
        .env("PALETTE", scenes::PALETTE)
        .start();
    let screen = pty.wait_for_text("the end");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/palette.png");
    std::fs::write(&file, render::png(&screen, &font)?)?;
    println!("took {}", file.display());
    Ok(())
}

/// The named scenes in each of their sizes.
fn chosen(names: &[String]) -> Result<Vec<Shot>, Failure> {
    if let Some(unknown) = names.iter().find(|name| SCENES.iter().all(|scene| scene.name != **name)) {
        return Err(format!("there is no scene {unknown:?}").into());
    }
    let wanted =
        SCENES.iter().filter(|scene| names.is_empty() || names.iter().any(|name| name == scene.name));
    Ok(wanted.flat_map(|scene| scene.sizes.iter().map(move |size| (scene, *size))).collect())
}

/// Plays one scene to its end, in a folder of its own; gives the screen and its text as it is compared.
fn shoot(scene: &Scene, cols: u16, rows: u16) -> Result<(vt100::Screen, String), Failure> {
    let program = program()?;
    let dir = tempfile::Builder::new().prefix("adsync-").tempdir()?;
    let home = dir.path().canonicalize()?;
    for (name, content) in scene.files {
        std::fs::write(home.join(name), content)?;
    }
    for args in scene.before {
        let mut command = Command::new(&program);
        command.args(*args).current_dir(&home).env_clear().stdin(Stdio::null());
        let output = command.envs(environment(scene, &home)).output()?;
        // A command may fail on purpose: a failed sync is what the scene of an error shows.
        if output.status.code().is_none() {
            return Err(format!("scene {}: adsync {} was killed", scene.name, args.join(" ")).into());
        }
    }
    let mut spawn = Spawn::new(&program).args(scene.args).dir(&home).size(cols, rows);
    for (name, value) in environment(scene, &home) {
        spawn = spawn.env(&name, value);
    }
    let pty = spawn.start();
    for step in scene.steps {
        play(&pty, step);
    }
    let screen = pty.wait_until_still(Duration::from_millis(300));
    let mut text = String::new();
    for row in screen.rows(0, cols) {
        text.push_str(row.trim_end());
        text.push('\n');
    }
    let text = normalise::normalise(&text, &home.display().to_string());
    Ok((screen, text))
}

fn play(pty: &Pty, step: &Step) {
    match step {
        Step::WaitFor(text) => drop(pty.wait_for_text(text)),
        Step::WaitUntilGone(text) => drop(pty.wait_until_gone(text)),
        Step::WaitUntilStill => drop(pty.wait_until_still(Duration::from_millis(300))),
        Step::Type(keys) => pty.send(keys),
    }
}

/// Nothing of the developer's own: a home that holds only the scene, and a name that is nobody's.
fn environment(scene: &Scene, home: &Path) -> Vec<(String, String)> {
    let mut all = vec![
        ("HOME".to_owned(), home.display().to_string()),
        ("USER".to_owned(), "operator".to_owned()),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ("TZ".to_owned(), "UTC".to_owned()),
        ("COLORTERM".to_owned(), "truecolor".to_owned()),
        ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
    ];
    all.extend(scene.env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    all
}

/// The `adsync` of the same build.
fn program() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()?;
    let program = own.ancestors().nth(2).ok_or("no folder of the build")?.join("adsync");
    if program.is_file() {
        Ok(program)
    } else {
        Err("run cargo build first: there is no adsync to show".into())
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots")
}

fn file_name(scene: &Scene, cols: u16, rows: u16) -> String {
    format!("{}-{cols}x{rows}", scene.name)
}

/// Line by line, for a screen's lines keep their places.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let line = |of: &[&str], at: usize| of.get(at).copied().unwrap_or_default().to_owned();
    (0..old.len().max(new.len()))
        .filter(|&at| line(&old, at) != line(&new, at))
        .map(|at| format!("{:>3} - {}\n    + {}\n", at + 1, line(&old, at), line(&new, at)))
        .collect()
}
