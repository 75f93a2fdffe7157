//! Where log lines go: to standard error for commands, to the console's pane for the console.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Who shows the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogTo {
    /// Standard error, warnings and worse unless `verbose`.
    Stderr {
        /// Show information lines too.
        verbose: bool,
    },
    /// The console's log pane.
    Pane,
}

/// Starts logging for the whole process; a second call changes nothing.
pub fn init(to: LogTo) {
    match to {
        LogTo::Stderr { verbose } => {
            let filter = EnvFilter::new(if verbose { "warn,adsync=info" } else { "error,adsync=warn" });
            let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
            // The layer heeds NO_COLOR by itself; a file or a pipe gets no escape sequences either.
            let layer = if std::io::stderr().is_terminal() { layer } else { layer.with_ansi(false) };
            let _ = tracing_subscriber::registry().with(filter).with(layer).try_init();
        }
        LogTo::Pane => {
            let _ = tui_logger::init_logger(tui_logger::LevelFilter::Debug);
            tui_logger::set_default_level(tui_logger::LevelFilter::Info);
            let _ = tracing_subscriber::registry()
                .with(EnvFilter::new("warn,adsync=debug"))
                .with(tui_logger::TuiTracingSubscriberLayer)
                .try_init();
        }
    }
}
