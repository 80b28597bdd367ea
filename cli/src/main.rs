//! The command `tidepool`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tidepool_cli::run(std::env::args_os())
}
