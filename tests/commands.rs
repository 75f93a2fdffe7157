//! The commands as a shell or a script sees them: exit codes, what goes to which stream, and what is never shown.
#![expect(clippy::unwrap_used, reason = "clippy sees tests only in functions that are marked so")]

#[path = "commands/accounts.rs"]
mod accounts;
#[path = "commands/databases.rs"]
mod databases;
#[path = "commands/endings.rs"]
mod endings;
#[path = "commands/errors.rs"]
mod errors;
#[path = "commands/held.rs"]
mod held;
#[path = "commands/looking.rs"]
mod looking;
#[path = "commands/usage.rs"]
mod usage;

mod support;

/// A small account that syncs in a moment.
const SMALL: [&str; 8] = ["--campaigns", "6", "--ad-groups", "1", "--keywords", "4", "--latency", "0ms"];

/// One profile of that size.
fn one_profile() -> support::api::Api {
    support::api::Api::start(&[&["--profiles", "1"], &SMALL[..]].concat())
}

/// The numbers of the profiles that a home's database knows.
fn profiles(home: &support::adsync::Home) -> Vec<String> {
    home.ok(&["profiles", "--json", "--stored"])
        .objects()
        .iter()
        .map(|p| p["profile"]["id"].as_str().unwrap().to_owned())
        .collect()
}
