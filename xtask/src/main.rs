//! `cargo xtask`: the commands for working on this repository, one file each.

mod bench;
mod build_program;
mod ci;
mod demo;
mod deny;
mod deploy;
mod differential;
mod e2e;
mod examples;
mod files;
mod fuzz;
mod guards;
mod idl;
mod js;
mod lints;
mod localnet;
mod npm;
mod reference;
mod rehearse;
mod squads;
mod tally;
mod test;
mod tidy;
mod tool;
mod typos;
mod vault;
mod wasm;
mod web;
mod words;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The commands for working on this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    BuildProgram(build_program::Args),
    Reference(reference::Args),
    Vault(vault::Args),
    Squads(squads::Args),
    Demo(demo::Args),
    Rehearse(rehearse::Args),
    Localnet(localnet::Args),
    Deny(deny::Args),
    Test(test::Args),
    Bench(bench::Args),
    Differential(differential::Args),
    E2e(e2e::Args),
    Examples(examples::Args),
    Fuzz(fuzz::Args),
    Guards(guards::Args),
    Js(js::Args),
    Wasm(wasm::Args),
    Web(web::Args),
    Idl(idl::Args),
    Words(words::Args),
    Typos(typos::Args),
    Tidy(tidy::Args),
    Ci(ci::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::BuildProgram(args) => args.run(),
        Command::Reference(args) => args.run(),
        Command::Vault(args) => args.run(),
        Command::Squads(args) => args.run(),
        Command::Demo(args) => args.run(),
        Command::Rehearse(args) => args.run(),
        Command::Localnet(args) => args.run(),
        Command::Deny(args) => args.run(),
        Command::Test(args) => args.run(),
        Command::Bench(args) => args.run(),
        Command::Differential(args) => args.run(),
        Command::E2e(args) => args.run(),
        Command::Examples(args) => args.run(),
        Command::Fuzz(args) => args.run(),
        Command::Guards(args) => args.run(),
        Command::Js(args) => args.run(),
        Command::Wasm(args) => args.run(),
        Command::Web(args) => args.run(),
        Command::Idl(args) => args.run(),
        Command::Words(args) => args.run(),
        Command::Typos(args) => args.run(),
        Command::Tidy(args) => args.run(),
        Command::Ci(args) => args.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
