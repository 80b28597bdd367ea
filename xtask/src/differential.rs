//! `cargo xtask differential`

use crate::reference::beside_reference;
use sbpf_build::process;

/// Run random histories of Tidepool beside the published SPL stake pool, until they differ
#[derive(clap::Args)]
pub struct Args {
    /// Operations in all
    #[arg(long, default_value_t = 1_000_000)]
    operations: u64,
    /// Seed of the first history
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Use the stake program that the published crate carries, instead of the bank's
    #[arg(long)]
    older_stake_program: bool,
}

impl Args {
    /// Builds both programs, then runs.
    pub fn run(self) -> anyhow::Result<()> {
        let mut command = beside_reference("histories")?;
        command.args(["differential", "--operations", &self.operations.to_string(), "--seed", &self.seed.to_string()]);
        if self.older_stake_program {
            command.arg("--older-stake-program");
        }
        process::run(&mut command)
    }
}
