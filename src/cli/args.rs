//! The command line, as clap reads it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::domain::profile::Region;
use crate::domain::run::RunState;

/// Syncs Amazon Ads accounts into SQLite or PostgreSQL; without a command it opens the console.
#[derive(Debug, Parser)]
#[command(name = "adsync", version, max_term_width = 100)]
pub struct Cli {
    /// Configuration file [default: ./config.toml, then adsync/config.toml in your configuration folder]
    #[arg(long, global = true, env = "ADSYNC_CONFIG", value_name = "FILE", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Database instead of the configuration's: sqlite:FILE or postgres://…
    #[arg(long, global = true, env = "ADSYNC_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// Print one JSON object a line on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Narrate every page on standard error
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// Draw the console with ASCII characters only
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Colours of the console for a dark or a light terminal [default: what COLORFGBG says, else the terminal's own]
    #[arg(long, global = true, value_name = "GROUND")]
    pub theme: Option<Ground>,
    /// Show times in UTC instead of the local zone
    #[arg(long, global = true)]
    pub utc: bool,
    /// Open the console to look only: nothing can be started or changed from it, and it carries no queued runs
    #[arg(long, global = true)]
    pub read_only: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What colours stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Ground {
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// What adsync can be told to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sync profiles from their start, and wait until each is proved and committed
    Sync(SyncArgs),
    /// Sync profiles again whose last run failed or was cancelled, using the pages that were kept
    Retry(RetryArgs),
    /// Stop the live runs of profiles; nothing of them is committed
    Cancel(SelectArgs),
    /// Commit a held run, with at most the removals that were shown
    Approve {
        /// The run, as `adsync runs` numbers it
        run: i64,
    },
    /// Give up a held run and its pages
    Discard {
        /// The run, as `adsync runs` numbers it
        run: i64,
    },
    /// List the profiles that the logins have, and how their last syncs ended
    Profiles(ProfilesArgs),
    /// List runs, newest first
    Runs(RunsArgs),
    /// Look at one run
    #[command(subcommand)]
    Run(RunCommand),
    /// List what fails now, grouped by cause; with a cause, everything about it
    Errors(ErrorsArgs),
    /// Say what a profile waits for, since when, what comes next, and what can be done
    Why {
        /// The profile, by number or by name
        #[arg(value_name = "PROFILE")]
        profile: String,
    },
    /// List what syncs found added, changed, removed or returned, newest first
    Changes(ChangesArgs),
    /// Serve a simulated Amazon Ads API
    Simulate(SimulateArgs),
    /// Bring the database's schema up to date
    Migrate,
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

impl Command {
    /// True when it changes the database or asks the API to.
    pub const fn acts(&self) -> bool {
        match self {
            Self::Sync(_)
            | Self::Retry(_)
            | Self::Cancel(_)
            | Self::Approve { .. }
            | Self::Discard { .. }
            | Self::Migrate => true,
            Self::Profiles(args) => !args.stored,
            Self::Runs(_)
            | Self::Run(_)
            | Self::Errors(_)
            | Self::Why { .. }
            | Self::Changes(_)
            | Self::Simulate(_)
            | Self::Config(_) => false,
        }
    }
}

/// Profiles to work on.
#[derive(Debug, Clone, Default, Args)]
pub struct SelectArgs {
    /// Profiles, by number, by name, or by name and country: "Acme DE"
    #[arg(value_name = "PROFILE")]
    pub profiles: Vec<String>,
    /// All of them
    #[arg(long, conflicts_with = "profiles")]
    pub all: bool,
}

/// Profiles to sync.
#[derive(Debug, Clone, Default, Args)]
pub struct SyncArgs {
    /// Which
    #[command(flatten)]
    pub select: SelectArgs,
    /// Those whose last run failed
    #[arg(long, conflicts_with_all = ["profiles", "all"])]
    pub failed: bool,
}

/// Profiles to sync again.
#[derive(Debug, Clone, Default, Args)]
pub struct RetryArgs {
    /// Which
    #[command(flatten)]
    pub select: SelectArgs,
    /// Those that fail of this cause, as `adsync errors` names it
    #[arg(long, value_name = "CAUSE", conflicts_with_all = ["profiles", "all"])]
    pub cause: Option<String>,
}

/// Which failures to list.
#[derive(Debug, Clone, Default, Args)]
pub struct ErrorsArgs {
    /// Only this cause, by its name or the first digits of it
    #[arg(value_name = "CAUSE")]
    pub cause: Option<String>,
}

/// How to list profiles.
#[derive(Debug, Clone, Args)]
pub struct ProfilesArgs {
    /// List what the database knows, without asking the API
    #[arg(long)]
    pub stored: bool,
}

/// A run's state, as lists call it or as it is stored.
fn run_state(word: &str) -> Result<RunState, String> {
    let known = RunState::ALL.iter().filter(|state| **state != RunState::Completed);
    let words: Vec<&str> = known.map(|state| state.as_str()).chain(["proved"]).collect();
    match word {
        "proved" => Ok(RunState::Completed),
        _ => word.parse().map_err(|_| format!("there is no state {word:?}, but {}", words.join(", "))),
    }
}

/// Which runs to list.
#[derive(Debug, Clone, Args)]
pub struct RunsArgs {
    /// Only of this profile, by number or by name
    #[arg(value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Only in this state: queued, fetching, committing, proved, failed, cancelled, held or discarded
    #[arg(long, value_parser = run_state)]
    pub state: Option<RunState>,
    /// At most this many; 0 for all
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(i64).range(0..))]
    pub limit: i64,
}

/// What to do with a run.
#[derive(Debug, Subcommand)]
pub enum RunCommand {
    /// Show a run's units, proofs and error
    Show {
        /// The run, as `adsync runs` numbers it
        id: i64,
        /// Of a held run: every row that its commit would remove, and nothing else
        #[arg(long)]
        removals: bool,
    },
}

/// Which changes to list.
#[derive(Debug, Clone, Args)]
pub struct ChangesArgs {
    /// Only of this profile, by number or by name
    #[arg(value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Only of this run
    #[arg(long)]
    pub run: Option<i64>,
    /// Only of the last while, such as 24h or 7d
    #[arg(long, value_parser = humantime::parse_duration)]
    pub since: Option<std::time::Duration>,
    /// At most this many; 0 for all
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(0..))]
    pub limit: i64,
}

/// What to simulate.
#[derive(Debug, Clone, Args)]
pub struct SimulateArgs {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:9000")]
    pub listen: SocketAddr,
    /// Profiles
    #[arg(long)]
    pub profiles: Option<u32>,
    /// Sponsored Products campaigns of a typical profile
    #[arg(long)]
    pub campaigns: Option<u32>,
    /// Ad groups per campaign
    #[arg(long)]
    pub ad_groups: Option<u32>,
    /// Keywords per ad group
    #[arg(long)]
    pub keywords: Option<u32>,
    /// All data follow from it
    #[arg(long)]
    pub seed: Option<u64>,
    /// Added to every answer, such as 80ms
    #[arg(long, value_parser = humantime::parse_duration)]
    pub latency: Option<std::time::Duration>,
    /// Share of rows, 0 to 1, that changes between syncs
    #[arg(long)]
    pub churn: Option<f64>,
    /// How long a profile is left alone before its data change, such as 30s
    #[arg(long, value_parser = humantime::parse_duration)]
    pub churn_after: Option<std::time::Duration>,
    /// Whose marketplaces: NA, EU or FE
    #[arg(long)]
    pub region: Option<Region>,
    /// Requests per second and profile that are not answered with 429; 0 for no limit
    #[arg(long, value_name = "PER_SECOND")]
    pub rate: Option<f64>,
    /// Requests of a profile that may come at once
    #[arg(long)]
    pub burst: Option<u32>,
    /// Life of an access token, such as 1h
    #[arg(long, value_parser = humantime::parse_duration)]
    pub token_ttl: Option<std::time::Duration>,
    /// Scripted faults, a TOML file
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
}

/// What to do with the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration, its secrets and the database
    Check,
    /// Show every setting that holds, and where it comes from; no secret is shown
    Show,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_and_command_says_what_it_does() {
        fn walk(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} says nothing", command.get_name());
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{} {} says nothing", command.get_name(), arg.get_id());
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Cli::command());
    }
}
