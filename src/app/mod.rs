//! The composition root: puts configuration, database, client and engine together, then hands over to the
//! console, a command or the simulator.

mod actions;
mod assemble;
mod simulate;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::sync::Arc;

use clap::Parser as _;

use crate::cli::{self, Cli, Command, ConfigCommand, Exit, Failure, Output, RunCommand, Work};
use crate::config::{Config, Overrides, redact_url};
use crate::console::{self, ConsoleOptions, Palette};
use crate::domain::code::Code;
use crate::store::Store;
use crate::sync::Carries;
use crate::telemetry::logging;
use crate::telemetry::process::in_tmux;
use crate::telemetry::terminal::Terminal;
use assemble::Assembly;

/// Runs adsync with a command line; gives the process's exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and end well; everything else is a usage error.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.code() } else { Exit::Ok.code() };
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::from(error);
            with_output(&cli, |out| out.failure(&failure));
            return failure.exit.code();
        }
    };
    let code = runtime.block_on(end_of(&cli));
    // Whatever still runs in the background has been given back or is not ours to wait for.
    runtime.shutdown_background();
    code
}

async fn end_of(cli: &Cli) -> u8 {
    let mut data = std::io::stdout();
    let mut narration = std::io::stderr();
    let mut out = Output {
        terminal: narration.is_terminal(),
        data: &mut data,
        narration: &mut narration,
        json: cli.json,
        utc: cli.utc,
    };
    match execute(cli, &mut out).await {
        Ok(exit) => exit.code(),
        // The reader of a pipe went away: that is its right, and no failure of ours. Only what was asked to sync
        // must not claim to have done so: its runs went back to the queue.
        Err(failure) if failure.report.causes.iter().any(|cause| cause.contains("Broken pipe")) => {
            match cli.command {
                Some(Command::Sync(_) | Command::Retry(_) | Command::Approve { .. }) => Exit::Interrupted,
                _ => Exit::Ok,
            }
            .code()
        }
        Err(failure) => {
            out.failure(&failure);
            failure.exit.code()
        }
    }
}

fn with_output(cli: &Cli, write: impl FnOnce(&mut Output<'_>)) {
    let (mut data, mut narration) = (std::io::stdout(), std::io::stderr());
    write(&mut Output {
        data: &mut data,
        narration: &mut narration,
        json: cli.json,
        terminal: false,
        utc: cli.utc,
    });
}

async fn execute(cli: &Cli, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let Some(command) = &cli.command else { return open_console(cli, out).await };
    logging::to_stderr(cli.verbose);
    if cli.read_only && command.acts() {
        return Err(Failure::usage(
            "--read-only and a command that changes something do not go together",
            "Leave one of the two out; --read-only is for the console: adsync --read-only",
        ));
    }
    // The simulator needs neither configuration nor database.
    if let Command::Simulate(args) = command {
        return simulate::serve(args, out).await;
    }
    let config = load(cli)?;
    match command {
        Command::Simulate(_) => Ok(Exit::Ok),
        Command::Config(ConfigCommand::Show) => cli::config_show(&config, out),
        Command::Config(ConfigCommand::Check) => {
            cli::config_check(&config, |login| assemble::usable(&config, login), out).await
        }
        Command::Migrate => migrate(&config, out).await,
        Command::Runs(args) => cli::runs(&assemble::store(&config).await?, args, out).await,
        Command::Run(RunCommand::Show { id, removals: true }) => {
            cli::removals(&assemble::store(&config).await?, *id, out).await
        }
        Command::Run(RunCommand::Show { id, removals: false }) => {
            cli::run_show(&assemble::store(&config).await?, *id, out).await
        }
        Command::Changes(args) => cli::changes(&assemble::store(&config).await?, args, out).await,
        Command::Errors(args) => {
            cli::errors(&assemble::store(&config).await?, &assemble::policy(&config), args, out).await
        }
        Command::Why { profile } => {
            cli::why(&assemble::store(&config).await?, &assemble::policy(&config), profile, out).await
        }
        Command::Profiles(args) => {
            let assembly = Assembly::start(&config, Carries::Requested).await?;
            let done = cli::profiles(&assembly.engine, args, out).await;
            assembly.end().await;
            done
        }
        Command::Cancel(args) => {
            let assembly = Assembly::start(&config, Carries::Requested).await?;
            let done = cli::cancel(&assembly.engine, args, out).await;
            assembly.end().await;
            done
        }
        Command::Discard { run } => {
            let assembly = Assembly::start(&config, Carries::Requested).await?;
            let done = cli::discard(&assembly.engine, *run, out).await;
            assembly.end().await;
            done
        }
        Command::Sync(args) => work(&config, &Work::Sync(args.clone()), out).await,
        Command::Retry(args) => work(&config, &Work::Retry(args.clone()), out).await,
        Command::Approve { run } => work(&config, &Work::Approve(*run), out).await,
    }
}

fn load(cli: &Cli) -> Result<Config, Failure> {
    let overrides = Overrides { config: cli.config.clone(), database: cli.database.clone() };
    Ok(Config::load(&overrides)?)
}

async fn work(config: &Config, work: &Work, out: &mut Output<'_>) -> Result<Exit, Failure> {
    if config.is_simulated() {
        out.say("simulated data: the configuration has no real login");
    }
    let assembly = Assembly::start(config, Carries::Requested).await?;
    let done = cli::sync(&assembly.engine, work, out, simulate::interrupted()).await;
    assembly.end().await;
    done
}

async fn migrate(config: &Config, out: &mut Output<'_>) -> Result<Exit, Failure> {
    let store = Store::connect(&config.database_url).await?;
    let before = store.schema().await?;
    store.migrate().await?;
    let after = store.schema().await?;
    let shown = redact_url(&config.database_url);
    if out.json {
        out.object(&serde_json::json!({
            "database": shown, "schema": crate::store::LATEST, "changed": before != after,
        }))?;
    } else if before == after {
        out.line(&format!("{shown} has schema {} already", crate::store::LATEST))?;
    } else {
        out.line(&format!("{shown} now has schema {}", crate::store::LATEST))?;
    }
    store.close().await;
    Ok(Exit::Ok)
}

async fn open_console(cli: &Cli, out: &mut Output<'_>) -> Result<Exit, Failure> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        logging::to_stderr(cli.verbose);
        return Err(Failure::usage(
            "the console needs a terminal on standard input and output",
            "Use a command instead: adsync --help lists them.",
        ));
    }
    let terminal = Terminal::here();
    if !terminal.can_be_drawn_on() {
        logging::to_stderr(cli.verbose);
        let term = if terminal.term.is_empty() { "TERM is not set" } else { "TERM says so" };
        return Err(Failure::usage(
            format!("the console needs a terminal that can place its cursor, and this one cannot: {term}"),
            "Set TERM to what the terminal is, such as TERM=xterm-256color, or use a command: adsync --help lists them.",
        ));
    }
    let config = load(cli)?;
    logging::to_layer(console::logs::layer());
    // Who only looks takes no run of others out of the queue, and asks no login, whose answer would be stored.
    let carries = if cli.read_only { Carries::Requested } else { Carries::Any };
    let assembly = Assembly::start(&config, carries).await?;
    if !cli.read_only {
        // Asked in the background: the console shows at once what is stored.
        let engine = assembly.engine.clone();
        tokio::spawn(async move { engine.keep_listing().await });
    }
    let shown = redact_url(&config.database_url);
    let options = ConsoleOptions {
        database_label: shown.strip_prefix("sqlite:").map_or(shown.clone(), |file| format!("sqlite {file}")),
        no_color: logging::no_color(),
        palette: Palette::of(&terminal, cli.theme.map(|ground| ground == cli::Ground::Light)),
        ascii: cli.ascii,
        utc: cli.utc,
        read_only: cli.read_only,
        tmux: in_tmux(),
    };
    let actions = Arc::new(actions::EngineActions::new(assembly.engine.clone()));
    let closed = console::run(actions, options).await;
    assembly.end().await;
    match closed {
        Ok(()) => Ok(Exit::Ok),
        Err(error) => {
            let mut failure =
                Failure::usage(error.to_string(), "Use a command instead: adsync --help lists them.");
            failure.report.code = Code::Terminal;
            failure.report.causes.extend(std::error::Error::source(&error).map(ToString::to_string));
            failure.exit = Exit::Failed;
            out.failure(&failure);
            Ok(Exit::Failed)
        }
    }
}
