//! The errors' page of the documentation, written from the table of codes.

use super::failure::Exit;
use crate::domain::code::{Again, Code};

/// `docs/errors.md`, as the table of codes says it.
pub fn errors_page() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         <!-- Written by `cargo run --example errors_page`; do not edit. -->\n\n\
         Every failure has one of these codes, in the console, in the plain output (in brackets) and in `--json`.\n\
         `adsync errors` lists what fails now by cause, `adsync errors CAUSE` shows the whole report of one, and\n\
         `adsync retry --cause CAUSE` tries everybody again who fails of it. `adsync why PROFILE` says what a profile\n\
         waits for.\n\n\
         *Tried again* says whether adsync repeats it by itself. The exit code is that of a command whose only failure it\n\
         is; [the README](../README.md#exit-codes) says which one holds when there are several.\n\n\
         | Code | Meaning | Tried again | Exit code | What to do |\n|---|---|---|---|---|\n",
    );
    for code in Code::ALL {
        page.push_str(&format!(
            "| `{code}` | {} | {} | {} | {} |\n",
            code.meaning(),
            again(*code),
            Exit::of_code(*code).code(),
            code.remedy()
        ));
    }
    page
}

fn again(code: Code) -> &'static str {
    match code.again() {
        Again::Within => "yes, with growing pauses within the sync; after that a retry may help",
        Again::ByItself => "yes, the sync waits or is put off, and goes on by itself",
        Again::Later => "no, but a retry may help",
        Again::Never => "no, something has to be changed first",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_page_of_the_documentation_is_what_the_codes_say() {
        let page = include_str!("../../docs/errors.md");
        assert!(page == errors_page(), "docs/errors.md is stale: cargo run --example errors_page");
    }
}
