//! `tidepool-localnet`: a pool's life, or a rehearsal with a live pool's accounts, on a cluster inside this process.

use {
    clap::{Parser, Subcommand},
    console::style,
    std::{io, process::ExitCode},
    tidepool_localnet::demo,
};

/// Solana in one process: show a stake pool's life.
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
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let out = &mut io::stdout().lock();
    let result = match Cli::parse().command {
        Command::Demo(options) => demo::run(&options, out).await.map(|_| ()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} {error}", style("error:").red().bold().for_stderr());
            ExitCode::FAILURE
        }
    }
}
