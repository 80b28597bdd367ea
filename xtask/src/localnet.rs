//! `cargo xtask localnet`

use crate::{build_program, e2e::validator};
use program_elf::Elf;
use sbpf_build::{Workspace, cargo, process};
use std::{os::unix::process::CommandExt as _, path::PathBuf, process::Command};

/// Run a solana-test-validator with a stake pool and a funded wallet until Ctrl-C
///
/// Builds the program and the command line, installs the validator where missing, creates a pool with weighted validators, and
/// prints addresses and commands to paste into another terminal. `tidepool crank --watch` runs beside it and moves the stake.
/// Keypairs, configuration and ledger are in target/localnet and replaced at each start; --ledger keeps them. See
/// docs/localnet.md.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  cargo xtask localnet\n  cargo xtask localnet --validators 10 --ledger ~/localnet --rpc-port 9900"
)]
pub struct Args {
    /// Port of JSON-RPC; subscriptions, faucet and gossip use the 39 ports after it
    #[arg(long, value_name = "PORT", default_value_t = 8899, value_parser = clap::value_parser!(u16).range(1_024..=65_000))]
    rpc_port: u16,

    /// Validators of the pool; one votes and earns rewards [default: 4]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=50))]
    validators: Option<u64>,

    /// Slots of an epoch, some 60 ms each [default: 160]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(32..=432_000))]
    slots_per_epoch: Option<u64>,

    /// Do not run `tidepool crank --watch`
    #[arg(long)]
    no_crank: bool,

    /// Keep everything in this folder; the next start resumes the ledger and the pool there [default: a fresh one in
    /// target/localnet]
    #[arg(long, value_name = "DIR")]
    ledger: Option<PathBuf>,
}

impl Args {
    /// Builds, installs, and becomes the process that runs the validator.
    pub fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::here()?;
        validator::check(&workspace)?;
        build_program::Args::default().run()?;
        let validator = validator::find_or_install(&workspace)?;
        let mut build = cargo();
        build.current_dir(&workspace.root).args(["build", "--package=tidepool-cli", "--package=local-validator"]);
        process::run(&mut build)?;
        let built = workspace.target_dir.join("debug");
        let mut command = Command::new(built.join("local-validator"));
        command.args(["--rpc-port", &self.rpc_port.to_string()]).arg("--validator").arg(validator);
        command.arg("--tidepool").arg(built.join("tidepool")).arg("--program").arg(Elf::Tidepool.path()?);
        for (option, value) in [("--validators", self.validators), ("--slots-per-epoch", self.slots_per_epoch)] {
            if let Some(value) = value {
                command.args([option, &value.to_string()]);
            }
        }
        if self.no_crank {
            command.arg("--no-crank");
        }
        match self.ledger {
            Some(folder) => command.arg("--keep").arg("--folder").arg(folder),
            None => command.arg("--folder").arg(workspace.target_dir.join("localnet")),
        };
        // Signals and the exit code are those of the new process.
        let error = command.exec();
        Err(anyhow::Error::new(error).context(format!("cannot start {}", built.join("local-validator").display())))
    }
}
