//! The commands: the same as the console, for scripts and for people who know what they want.
//!
//! Standard output is data, standard error is narration; `--json` prints one JSON object a line. Everything is
//! written through injected writers. Knows nothing of ratatui, and nothing of the simulator.

mod act;
mod args;
mod codes;
mod errors;
mod failure;
mod follow;
#[cfg(test)]
mod hints;
mod list;
mod output;
mod plain;
mod profiles;
mod report;
mod retry;
mod settings;
mod standing;
mod why;

pub use act::{approve, cancel, discard};
pub use args::{
    ChangesArgs, Cli, Command, ConfigCommand, ErrorsArgs, Ground, ProfilesArgs, RetryArgs, RunCommand,
    RunsArgs, SelectArgs, SimulateArgs, SyncArgs,
};
pub use codes::errors_page;
pub use errors::errors;
pub use failure::{Exit, Failure};
pub use follow::{Work, sync};
pub use list::{changes, profiles, removals, run_show, runs};
pub use output::Output;
pub use settings::{config_check, config_show};
pub use why::why;
