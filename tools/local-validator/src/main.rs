//! What `cargo xtask localnet` starts once everything is built.

use {
    clap::Parser,
    local_validator::localnet::{LocalnetError, Options, run},
    std::{
        io::{self, Write as _},
        process::ExitCode,
    },
};

/// Run a validator with a stake pool. `cargo xtask localnet` builds what this needs, and starts it
#[derive(Parser)]
#[command(name = "local-validator")]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    match run(&Cli::parse().options) {
        Ok(()) | Err(LocalnetError::Interrupted) => {
            // The terminal may be closed (SIGHUP).
            let _ = writeln!(io::stdout(), "\nThe validator is stopped.");
            ExitCode::SUCCESS
        }
        // The reader, such as `head`, has ended.
        Err(LocalnetError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
