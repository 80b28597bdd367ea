//! `tidepool-localnet`: a demo of a pool, or a rehearsal with a live pool's accounts, on an embedded cluster.

use {
    clap::{Parser, Subcommand},
    console::style,
    std::{io, process::ExitCode},
    tidepool_localnet::{
        demo,
        rehearse::{self, RehearseError},
        run::RunError,
    },
};

/// Solana in one process: show a stake pool's life, or rehearse with a live pool.
#[derive(Parser)]
#[command(name = "tidepool-localnet")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a pool, let epochs with rewards pass, and account for every lamport
    Demo(demo::Options),
    /// Take over a live pool, or its saved accounts, carry it through epochs, and account for every lamport
    Rehearse(rehearse::Options),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let out = &mut io::stdout().lock();
    let result = match Cli::parse().command {
        Command::Demo(options) => demo::run(&options, out).await.map(|_| ()).map_err(RehearseError::from),
        Command::Rehearse(options) => rehearse::run(&options, out).await.map(|_| ()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the output has closed the pipe.
        Err(RehearseError::Run(RunError::Output(error))) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{} {error}", style("error:").red().bold().for_stderr());
            error.exit_code().into()
        }
    }
}
