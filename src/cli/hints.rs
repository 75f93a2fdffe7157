//! A test of all texts: whatever names a command names one that exists, with arguments that it has, and with those that
//! it needs: whoever types what a text says must not be told that something is missing.

use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use proc_macro2::{TokenStream, TokenTree};

use super::args::Cli;

/// Words that follow the program's name in sentences.
const SENTENCES: &[&str] = &[
    "itself",
    "made",
    "has",
    "have",
    "had",
    "knows",
    "needs",
    "processes",
    "again",
    "alone",
    "syncs",
    "is",
    "or",
    "and",
    "could",
    "cannot",
    "must",
    "in",
    "with",
    "learned",
    "only",
    "will",
    "that",
    "does",
    "command",
    "may",
    "can",
    "repeats",
    "shows",
    "stored",
    "stays",
    "waits",
    "for",
    "from",
];

fn literals(tokens: TokenStream, out: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => literals(group.stream(), out),
            TokenTree::Literal(literal) => out.push(literal.to_string().replace("\\n", " ")),
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") && !path.ends_with("snapshots") {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Commands that do nothing without being told for which profiles; clap leaves that to them.
const NEED_PROFILES: [&str; 3] = ["sync", "retry", "cancel"];

/// What is wrong with the command that a text names behind the program's name; `None` for a sentence.
fn complaint(rest: &str) -> Option<String> {
    let end = rest.find(['`', ')', '(', ';', ',', '"', '\'', '|']).unwrap_or(rest.len());
    let words: Vec<&str> =
        rest[..end].split_whitespace().map(|w| w.trim_end_matches(['.', ':', '?'])).collect();
    let first = *words.first()?;
    // A placeholder stands for any command; a sentence begins with one of its words.
    if SENTENCES.contains(&first) || !first.starts_with(|c: char| c.is_ascii_lowercase() || c == '-') {
        return None;
    }
    let root = Cli::command();
    let mut command = &root;
    let mut given = false;
    for word in words {
        given = true;
        if let Some(flag) = word.strip_prefix("--") {
            let known = command.get_arguments().chain(root.get_arguments());
            if flag != "help" && !known.into_iter().any(|arg| arg.get_long() == Some(flag)) {
                return Some(format!("{} has no --{flag}", command.get_name()));
            }
        } else if let Some(sub) = command.find_subcommand(word) {
            command = sub;
            given = false;
        } else if command.get_name() == root.get_name() && word != first {
            // The sentence goes on behind an option of the program itself.
            continue;
        } else if command.get_name() == root.get_name() {
            return Some(format!("there is no adsync {word}"));
        } else if command.has_subcommands() {
            return Some(format!("{} has no {word}", command.get_name()));
        } else {
            // Its arguments, or the rest of a sentence.
            continue;
        }
    }
    // In backquotes it is to be typed; a retry is hinted at so often that it has to be whole in sentences too.
    let typed = rest[end..].starts_with('`') || command.get_name() == "retry";
    let needs = NEED_PROFILES.contains(&command.get_name())
        || command.get_positionals().any(clap::Arg::is_required_set)
        || command.is_subcommand_required_set();
    (typed && needs && !given).then(|| format!("{} is told without what it needs", command.get_name()))
}

#[test]
fn every_text_names_only_commands_that_exist() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut named = 0;
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("cli/hints.rs")) {
        let mut texts = Vec::new();
        literals(std::fs::read_to_string(file).unwrap().parse().unwrap(), &mut texts);
        for text in texts {
            for (at, _) in text.match_indices("adsync ") {
                let before = text[..at].chars().next_back();
                if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.')) {
                    continue;
                }
                named += 1;
                if let Some(complaint) = complaint(&text[at + "adsync ".len()..]) {
                    wrong.push(format!("{}: {complaint}: {text}", file.display()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(named > 80, "only {named} were found: the search itself is broken");
}

#[test]
fn a_command_that_does_not_exist_is_found_out() {
    for (text, wrong) in [
        ("retry --cause X` tries", false),
        ("config check`", false),
        ("run show 3, then", false),
        ("itself failed", false),
        ("frobnicate`", true),
        ("run hide 3", true),
        ("retry --sideways", true),
        ("errors --cause", true),
        ("retry`", true),
        ("retry", true),
        ("retry, and so on", true),
        ("retry --all`", false),
        ("retry {id}", false),
        ("sync` the profile", true),
        ("run show`", true),
        ("run`", true),
        ("why PROFILE`", false),
        ("errors`", false),
    ] {
        assert_eq!(complaint(text).is_some(), wrong, "{text}: {:?}", complaint(text));
    }
}
