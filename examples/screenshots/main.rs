//! Takes the pictures in `screenshots/`: the real program in a real terminal, driven by keys, drawn without a browser.
//!
//! ```text
//! cargo run --example screenshots                 take every picture again: NAME-COLSxROWS.txt and .png
//! cargo run --example screenshots -- home         only scenes that take a picture of this name
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
use std::process::ExitCode;

use pty::Spawn;
use scenes::{SCENES, Scene};

mod normalise;
#[path = "../../tests/support/pty.rs"]
#[expect(dead_code, reason = "tests use what is left over here")]
mod pty;
mod render;
mod scenes;
mod stage;

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

/// Takes the pictures of the chosen scenes.
fn take(names: &[String]) -> Result<(), Failure> {
    let font = render::Font::find()?;
    for scene in chosen(names)? {
        for shot in stage::play(scene)? {
            let file = folder().join(&shot.name);
            std::fs::write(file.with_extension("txt"), &shot.text)?;
            std::fs::write(file.with_extension("png"), render::png(&shot.screen, &font)?)?;
            println!("took {}", shot.name);
        }
    }
    Ok(())
}

/// Compares the texts of the chosen scenes with those that are committed.
fn check(names: &[String]) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for scene in chosen(names)? {
        for shot in stage::play(scene)? {
            let file = folder().join(&shot.name).with_extension("txt");
            let committed = std::fs::read_to_string(&file).unwrap_or_default();
            if committed == shot.text {
                println!("fresh {}", shot.name);
                continue;
            }
            std::fs::write(folder().join(format!("{}.new.txt", shot.name)), &shot.text)?;
            println!("stale {}\n{}", shot.name, difference(&committed, &shot.text));
            stale.push(shot.name);
        }
    }
    let known: Vec<String> = SCENES.iter().flat_map(Scene::files_taken).collect();
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
    println!("{} pictures, {} stale", known.len(), stale.len());
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

/// The scenes that take a picture of one of the names, or all.
fn chosen(names: &[String]) -> Result<Vec<&'static Scene>, Failure> {
    let takes = |scene: &Scene, name: &str| scene.pictures().any(|picture| picture == name);
    if let Some(unknown) = names.iter().find(|name| SCENES.iter().all(|scene| !takes(scene, name))) {
        return Err(format!("no scene takes a picture {unknown:?}").into());
    }
    let wanted = |scene: &&Scene| names.is_empty() || names.iter().any(|name| takes(scene, name));
    Ok(SCENES.iter().filter(wanted).collect())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots")
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
