//! Where log lines go: to standard error for commands, to whatever shows them for the console.

use std::io::IsTerminal as _;

use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

use crate::domain::text::one_line;

/// Logs to standard error: warnings and worse, with `verbose` information lines too. A second call changes
/// nothing.
pub fn to_stderr(verbose: bool) {
    let filter = EnvFilter::new(if verbose { "warn,sqlx=error,adsync=info" } else { "error,adsync=warn" });
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !no_color())
        .with_target(false)
        .fmt_fields(debug_fn(|line, field, value| match field.name() {
            // Names and what the API says come from anywhere, and a terminal obeys what it is sent.
            "message" => line.write_str(&one_line(&format!("{value:?}"))),
            // For whoever filters by it; people are told the name.
            "profile_id" => Ok(()),
            name => write!(line, " {name}={}", one_line(&format!("{value:?}"))),
        }));
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
}

/// True when the environment asks for no colour (`NO_COLOR`, unless it is empty).
#[expect(clippy::disallowed_methods, reason = "a convention of all programs, not a setting of ours")]
pub fn no_color() -> bool {
    std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty())
}

/// Logs to a layer that shows the lines itself. A second call changes nothing.
pub fn to_layer(layer: impl Layer<Registry> + Send + Sync) {
    // One filter for all and none of the layer's own: a driver that asks whether something would be logged, and then
    // does not log it, leaves a layer's own filter to drop the next line instead.
    let filter = EnvFilter::new("warn,sqlx=error,adsync=debug");
    let _ = tracing_subscriber::registry().with(layer).with(filter).try_init();
}
