//! The thin binary: reports of panics, and the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(error) = color_eyre::install() {
        // Only a second installation fails, and there is none; plain panics would do as well.
        debug_assert!(false, "{error}");
    }
    ExitCode::from(adsync::app::run(std::env::args_os()))
}
