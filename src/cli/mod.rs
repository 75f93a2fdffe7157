//! The commands: the same as the console, for scripts and for people who know what they want.
//!
//! Standard output is data, standard error is narration; `--json` prints one JSON object a line. Everything is
//! written through injected writers. Knows nothing of ratatui, and nothing of the simulator.

mod act;
mod args;
mod failure;
mod follow;
mod list;
mod output;
mod plain;
mod profiles;
mod settings;

pub use act::{approve, cancel, discard};
pub use args::{
    ChangesArgs, Cli, Command, ConfigCommand, ProfilesArgs, RunCommand, RunsArgs, SelectArgs, SimulateArgs,
    SyncArgs,
};
pub use failure::{Exit, Failure};
pub use follow::{Work, sync};
pub use list::{changes, profiles, run_show, runs};
pub use output::Output;
pub use settings::{config_check, config_show};
