//! Writes `docs/errors.md` from the table of codes; with `--check` it only says whether the page is stale.
//!
//! `cargo run --example errors_page`

use std::process::ExitCode;

fn main() -> std::io::Result<ExitCode> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
    let page = adsync::cli::errors_page();
    if std::env::args().any(|arg| arg == "--check") {
        let fresh = std::fs::read_to_string(path).is_ok_and(|written| written == page);
        if !fresh {
            eprint_line("docs/errors.md is stale: cargo run --example errors_page");
        }
        return Ok(if fresh { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    std::fs::write(path, page)?;
    Ok(ExitCode::SUCCESS)
}

fn eprint_line(text: &str) {
    use std::io::Write as _;
    // Nobody is left to be told when standard error is gone.
    let _ = writeln!(std::io::stderr(), "{text}");
}
