//! The layers of `ARCHITECTURE.md`, held by a test: it reads every file of `src` and refuses an import that does not go
//! strictly downward, a library outside its module, SQL outside the store, and files without a header or too long.
//!
//! Files are read as tokens, so comments, strings and formatting cannot hide or fake an import, and the bodies of macros
//! count like any other code.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Each module and its row. A module may use the rows below its own, and nothing else.
const ROWS: &[(&str, u8)] = &[
    ("main", 6),
    ("app", 5),
    ("console", 4),
    ("cli", 4),
    ("sync", 3),
    ("ads", 2),
    ("store", 2),
    ("config", 1),
    ("telemetry", 1),
    ("simulator", 1),
    ("domain", 0),
];

/// Modules that only one other module may use, whatever its row: the simulator shares nothing with the client.
const PRIVATE: &[(&str, &str)] = &[("simulator", "app")];

/// Libraries, and the one module that may mention them.
const LIBRARIES: &[(&str, &str)] = &[
    ("sqlx", "store"),
    ("ratatui", "console"),
    ("crossterm", "console"),
    ("reqwest", "ads"),
    ("axum", "simulator"),
];

/// Lines of a file, tests included; one that passes it has become two things.
const LONGEST: usize = 600;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    file: String,
    line: usize,
    what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Checks one file; `path` is relative to `src`.
fn check(path: &str, text: &str) -> Vec<Violation> {
    let modules = modules_of(path);
    // The crate's root only declares the modules; it has no row, so that a re-export there is refused.
    let layer =
        if path == "lib.rs" { "lib" } else { modules.first().map_or("main", String::as_str) }.to_owned();
    let mut file = File { path, layer: layer.clone(), modules, found: Vec::new() };
    if !text.starts_with("//!") {
        file.report(1, "the file does not start with a //! that says what it is responsible for".to_owned());
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        file.report(lines, format!("the file has {lines} lines, more than {LONGEST}: split it"));
    }
    if file.layer != "lib" && row(&file.layer).is_none() {
        file.report(1, format!("the module {layer} has no row in tests/architecture.rs and ARCHITECTURE.md"));
    }
    match TokenStream::from_str(text) {
        Ok(tokens) => file.walk(tokens),
        Err(e) => file.report(e.span().start().line, format!("this is no Rust: {e}")),
    }
    file.found.sort();
    file.found.dedup();
    file.found
}

fn row(module: &str) -> Option<u8> {
    ROWS.iter().find(|(name, _)| *name == module).map(|(_, row)| *row)
}

/// `store/bulk/mod.rs` is the module `store::bulk`; `lib.rs` and `main.rs` are the root.
fn modules_of(path: &str) -> Vec<String> {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    if matches!(stem, "lib" | "main") {
        return Vec::new();
    }
    stem.split('/').map(str::to_owned).collect()
}

struct File<'a> {
    path: &'a str,
    layer: String,
    /// The module that the walk is in; inline modules come and go.
    modules: Vec<String>,
    found: Vec<Violation>,
}

impl File<'_> {
    fn report(&mut self, line: usize, what: String) {
        self.found.push(Violation { file: format!("src/{}", self.path), line, what });
    }

    fn walk(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at = match &tokens[at] {
                TokenTree::Punct(p) if p.as_char() == '#' => self.attribute(&tokens, at),
                TokenTree::Ident(_) => self.ident(&tokens, at),
                TokenTree::Literal(literal) => {
                    self.literal(&literal.to_string(), literal.span().start().line);
                    at + 1
                }
                TokenTree::Group(group) => {
                    self.walk(group.stream());
                    at + 1
                }
                TokenTree::Punct(_) => at + 1,
            };
        }
    }

    /// Comments that document are attributes to the lexer: their text is no code. Gives the next position.
    fn attribute(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let inner = usize::from(is_punct(tokens.get(at + 1), '!'));
        if let Some(TokenTree::Group(group)) = tokens.get(at + 1 + inner)
            && group.delimiter() == Delimiter::Bracket
        {
            let content: Vec<TokenTree> = group.stream().into_iter().collect();
            match content.first().map(ToString::to_string).as_deref() {
                Some("doc") => return at + 2 + inner,
                Some("path") => self.report(
                    group.span_open().start().line,
                    "#[path] hides where a module is: put the file where its name says".to_owned(),
                ),
                _ => {}
            }
        }
        at + 1
    }

    fn ident(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let word = tokens[at].to_string();
        let line = tokens[at].span().start().line;
        if let Some((library, home)) = LIBRARIES.iter().find(|(name, _)| *name == word)
            && self.layer != *home
        {
            self.report(line, format!("{library} is mentioned outside src/{home}"));
        }
        match word.as_str() {
            // An inline module: what is inside lies one module deeper.
            "mod" => match (tokens.get(at + 1), tokens.get(at + 2)) {
                (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) => {
                    self.modules.push(name.to_string());
                    self.walk(body.stream());
                    self.modules.pop();
                    at + 3
                }
                _ => at + 1,
            },
            "crate" | "super" | "self" | "adsync" if !is_continued(tokens, at) => {
                let (base, next) = (self.modules.clone(), at);
                self.path(tokens, next, base, false)
            }
            _ => at + 1,
        }
    }

    /// Follows a path, or a tree of them, from the position of its next word; gives the position behind it.
    /// `base` is the module reached so far.
    fn path(&mut self, tokens: &[TokenTree], mut at: usize, mut base: Vec<String>, in_tree: bool) -> usize {
        let line = tokens[at].span().start().line;
        let mut named = false;
        loop {
            match &tokens[at] {
                TokenTree::Ident(word) => match word.to_string().as_str() {
                    "crate" | "adsync" if !named => base.clear(),
                    "super" => drop(base.pop()),
                    "self" => {}
                    other => base.push(other.to_owned()),
                },
                TokenTree::Group(tree) if tree.delimiter() == Delimiter::Brace => {
                    let inner: Vec<TokenTree> = tree.stream().into_iter().collect();
                    for branch in inner.split(|t| is_punct(Some(t), ',')).filter(|b| !b.is_empty()) {
                        self.path(branch, 0, base.clone(), true);
                    }
                    return at + 1;
                }
                TokenTree::Punct(star) if star.as_char() == '*' => {
                    self.reach(&base, line, true);
                    return at + 1;
                }
                _ => break,
            }
            named = true;
            let colons = is_punct(tokens.get(at + 1), ':') && is_punct(tokens.get(at + 2), ':');
            if !colons || tokens.get(at + 3).is_none() {
                at += 1;
                break;
            }
            at += 3;
        }
        // `pub(crate)` and `self.x` name a root without using it; `use crate as x` and `use crate::{self}` do use it.
        let renamed = tokens.get(at).is_some_and(|t| t.to_string() == "as");
        self.reach(&base, line, in_tree || renamed);
        at
    }

    /// Judges one module that the file reaches.
    fn reach(&mut self, target: &[String], line: usize, root_counts: bool) {
        let Some(top) = target.first() else {
            if root_counts && self.layer != "lib" {
                self.report(line, "the whole crate is imported: name the module".to_owned());
            }
            return;
        };
        if self.layer == *top {
            return;
        }
        let what = match (row(&self.layer), row(top)) {
            (None, _) => format!("{} re-exports {top}: it declares modules and nothing else", self.layer),
            (_, None) => format!("{top} is no module with a row in tests/architecture.rs"),
            (Some(own), Some(other)) if other >= own => {
                format!("{} (row {own}) uses {top} (row {other}): only rows below may be used", self.layer)
            }
            _ => match PRIVATE.iter().find(|(name, user)| name == top && *user != self.layer) {
                Some((name, user)) => format!("{} uses {name}, which only {user} may", self.layer),
                None => return,
            },
        };
        self.report(line, what);
    }

    fn literal(&mut self, literal: &str, line: usize) {
        if self.layer != "store" && is_sql(literal) {
            self.report(line, "SQL outside src/store".to_owned());
        }
    }
}

/// True for a word that goes on with a path begun before it, as `crate` never and `self` in `x::self` does.
fn is_continued(tokens: &[TokenTree], at: usize) -> bool {
    at >= 3
        && is_punct(tokens.get(at - 1), ':')
        && is_punct(tokens.get(at - 2), ':')
        && matches!(&tokens[at - 3], TokenTree::Ident(before) if !matches!(before.to_string().as_str(), "use" | "pub" | "in" | "as" | "return"))
}

fn is_punct(token: Option<&TokenTree>, c: char) -> bool {
    matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == c)
}

/// True for the text of a string literal that is a statement, and not a sentence that begins like one.
fn is_sql(literal: &str) -> bool {
    let Some(quote) = literal.find('"') else { return false };
    let text = literal[quote..].trim_matches(['"', '#']).replace("\\n", " ").to_lowercase();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let symbols = |text: &str| text.contains(['*', '$', '=', '(', '_', '{']);
    let starts = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    starts(&[
        "insert into ",
        "insert or ",
        "delete from ",
        "create table ",
        "create index ",
        "create unique index ",
        "alter table ",
        "drop table ",
        "drop index ",
        "truncate table ",
        "pragma ",
        "begin immediate",
    ]) || (starts(&["select "]) && text.contains(" from ") && symbols(&text))
        || (starts(&["update "]) && text.contains(" set ") && symbols(&text))
        || (starts(&["with "]) && text.contains(" as (") && text.contains("select "))
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_import_goes_strictly_downward() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();
    assert!(files.iter().any(|f| f.ends_with("lib.rs")), "no sources in {}", src.display());
    let mut found = Vec::new();
    for file in &files {
        let name =
            file.strip_prefix(&src).expect("below src").to_str().expect("a name in UTF-8").replace('\\', "/");
        found.extend(check(&name, &std::fs::read_to_string(file).expect("a file")));
    }
    let list: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{} violations of the architecture:\n{}", list.len(), list.join("\n"));
}

mod the_checker {
    use super::*;

    /// What it finds in a file with this code below a header.
    fn findings(path: &str, code: &str) -> Vec<String> {
        check(path, &format!("//! A header.\n{code}")).into_iter().map(|v| v.to_string()).collect()
    }

    #[track_caller]
    fn refuses(path: &str, code: &str, complaint: &str) {
        let found = findings(path, code);
        assert!(
            found.iter().any(|f| f.contains(complaint)),
            "{path}: {code}\nfound {found:?}, not {complaint:?}"
        );
    }

    #[track_caller]
    fn accepts(path: &str, code: &str) {
        let found = findings(path, code);
        assert!(found.is_empty(), "{path}: {code}\nfound {found:?}");
    }

    #[test]
    fn refuses_every_way_of_reaching_up() {
        for code in [
            "use crate::sync::engine;",
            "use crate::{domain::id, sync::engine};",
            "use crate::{\n    domain::id,\n    sync::{\n        engine,\n    },\n};",
            "use {crate::domain, crate::sync};",
            "pub(crate) use crate::sync as below;",
            "fn f() { crate::sync::engine::run(); }",
            "fn f(x: crate::sync::Engine) {}",
            "fn f() -> Vec<crate::sync::Engine> { vec![crate::sync::Engine] }",
            "fn f() { assert!(crate::sync::ok()); }",
            "macro_rules! m { () => { $crate::sync::run() } }",
            "use super::super::sync::engine;",
            "use super::super::{domain, sync};",
            "mod tests { use super::super::super::sync::engine; }",
            "fn f() { super::super::sync::run(); }",
            "use adsync::sync::engine;",
            "use ::adsync::sync::engine;",
            "fn f() { ::adsync::sync::run(); }",
            "#[derive(A)]\n#[serde(with = \"x\")]\nstruct S(crate::sync::Engine);",
            "impl crate::sync::Engine {}",
            "use crate::sync::*;",
            "fn f() { x::<crate::sync::Engine>(); }",
        ] {
            refuses("store/runs.rs", code, "store (row 2) uses sync (row 3)");
        }
    }

    #[test]
    fn refuses_neighbours_in_one_row() {
        refuses("store/mod.rs", "use crate::ads::client;", "store (row 2) uses ads (row 2)");
        refuses("console/view.rs", "use crate::cli::plain;", "console (row 4) uses cli (row 4)");
        refuses("telemetry.rs", "use super::config::Config;", "telemetry (row 1) uses config (row 1)");
        refuses("simulator/wire.rs", "use crate::ads::wire;", "simulator (row 1) uses ads (row 2)");
    }

    #[test]
    fn refuses_the_simulator_to_all_but_the_root() {
        refuses("ads/client.rs", "mod tests { use crate::simulator::Server; }", "only app may");
        refuses("main.rs", "use adsync::simulator::Server;", "only app may");
        accepts("app.rs", "use crate::simulator::Server;");
    }

    #[test]
    fn refuses_what_would_hide_an_import() {
        refuses("ads/mod.rs", "use crate as root;", "whole crate");
        refuses("ads/mod.rs", "use crate::*;", "whole crate");
        refuses("ads/mod.rs", "use super::*;", "whole crate");
        refuses("ads/mod.rs", "use crate::{self as root};", "whole crate");
        refuses("ads/mod.rs", "#[path = \"../sync/engine.rs\"]\nmod engine;", "#[path]");
        refuses("lib.rs", "pub mod sync;\npub use crate::sync::engine;", "re-exports sync");
        refuses("lib.rs", "pub mod sync;\npub use self::sync::engine;", "re-exports sync");
        refuses("ads/mod.rs", "use crate::prelude::*;", "no module with a row");
        refuses("helpers.rs", "", "has no row");
    }

    #[test]
    fn accepts_what_goes_down_or_stays() {
        accepts("store/runs.rs", "use crate::domain::id::RunId;\nuse crate::{config, telemetry};");
        accepts(
            "store/runs.rs",
            "use super::pool::Pool;\nuse super::super::domain::id;\nuse self::inner::X;",
        );
        accepts("store/bulk/copy.rs", "use super::super::pool::Pool;\nmod tests { use super::*; }");
        accepts("config/mod.rs", "mod error;\npub use error::E;\nmod tests { use super::*; }");
        accepts(
            "ads/mod.rs",
            "pub(crate) fn f() {}\npub(super) struct S;\npub(in crate::ads) fn g(&self) { self.x }",
        );
        accepts("main.rs", "use adsync::{app, config::Config};");
        accepts("lib.rs", "pub mod domain;\npub mod sync;");
        accepts("domain/unit.rs", "pub(crate) use words;\nuse std::fmt;\nuse super::id::{self, RunId};");
        accepts(
            "ads/mod.rs",
            "use std::sync::Arc;\nuse tokio::sync::mpsc;\nfn f() { std::sync::atomic::fence(); }",
        );
    }

    #[test]
    fn is_not_fooled_by_comments_and_strings() {
        accepts(
            "domain/id.rs",
            "// use crate::sync::engine;\n/* crate::sync */\nconst S: &str = \"crate::sync::x\";",
        );
        accepts("domain/id.rs", "/// Unlike [`crate::sync`], `sqlx` or `select * from runs`.\nstruct S;");
        accepts("domain/id.rs", "const S: &str = r#\"\nuse crate::sync;\n\"#;\nconst C: char = '\"';");
        refuses(
            "domain/id.rs",
            "/* a /* nested */ comment */ use crate::sync::x;",
            "domain (row 0) uses sync",
        );
        refuses(
            "domain/id.rs",
            "const S: &str = \"a \\\" b\"; use crate::sync::x;",
            "domain (row 0) uses sync",
        );
    }

    #[test]
    fn keeps_libraries_in_their_modules() {
        refuses("sync/persist.rs", "use sqlx::Row;", "sqlx is mentioned outside src/store");
        refuses("sync/persist.rs", "fn f() { ::sqlx::query(\"\"); }", "sqlx is mentioned outside src/store");
        refuses("cli/plain.rs", "use ratatui::text::Line;", "ratatui is mentioned outside src/console");
        refuses("main.rs", "fn f() { crossterm::terminal::disable_raw_mode(); }", "crossterm is mentioned");
        refuses("simulator/mod.rs", "use reqwest::Client;", "reqwest is mentioned outside src/ads");
        refuses("ads/mod.rs", "use axum::Router;", "axum is mentioned outside src/simulator");
        accepts("store/runs.rs", "use sqlx::Row;");
        accepts("console/view.rs", "use ratatui::Frame;\nuse crossterm::event::Event;");
    }

    #[test]
    fn keeps_statements_in_the_store() {
        for sql in [
            "select id from sync_runs where state = $1",
            "SELECT * FROM runs",
            "\\n    select count(*)\\n    from runs",
            "insert into changes values ($1)",
            "update sync_runs set state = $1",
            "delete from sync_pages",
            "with due as (select id from sync_runs) select 1",
            "pragma wal_checkpoint(truncate)",
        ] {
            refuses("sync/lease.rs", &format!("const S: &str = \"{sql}\";"), "SQL outside src/store");
            refuses("sync/lease.rs", &format!("const S: &str = r#\"{sql}\"#;"), "SQL outside src/store");
            accepts("store/lease.rs", &format!("const S: &str = \"{sql}\";"));
        }
        for sentence in
            ["select a profile from the list", "update the token, then set it", "with care", "delete"]
        {
            accepts("console/help.rs", &format!("const S: &str = \"{sentence}\";"));
        }
    }

    #[test]
    fn wants_a_header_and_a_bearable_length() {
        let complaints =
            |text: &str| check("domain/id.rs", text).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(complaints("use std::fmt;\n")[0].contains("does not start with a //!"));
        assert!(complaints("// A comment.\n")[0].contains("does not start with a //!"));
        assert!(complaints(&format!("//! Long.\n{}", "\n".repeat(LONGEST - 1))).is_empty());
        assert!(complaints(&format!("//! Long.\n{}", "\n".repeat(LONGEST)))[0].contains("601 lines"));
    }

    #[test]
    fn says_the_line() {
        assert!(
            findings("domain/id.rs", "\n\nuse crate::{\n    sync,\n};")[0].starts_with("src/domain/id.rs:5:")
        );
    }
}
