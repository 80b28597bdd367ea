//! `cargo xtask rehearse`

use crate::build_program;
use sbpf_build::{Workspace, cargo, process};

/// Build everything and rehearse with a live pool, or with its saved accounts, on the embedded cluster
///
/// See docs/operations.md.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  cargo xtask rehearse POOL --url mainnet-beta --stake-accounts --epochs 5 --weights weights.csv\n  \
                  cargo xtask rehearse POOL --url mainnet-beta --epochs 5 --plan plan.toml"
)]
pub struct Args {
    /// Pool or folder, and options of the rehearsal: `cargo xtask rehearse -- --help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    options: Vec<String>,
}

impl Args {
    /// Builds, then runs.
    pub fn run(self) -> anyhow::Result<()> {
        build_program::Args::default().run()?;
        let mut command = cargo();
        command.current_dir(&Workspace::here()?.root);
        command.args(["run", "--package=tidepool-localnet", "--", "rehearse"]).args(self.options);
        process::run(&mut command)
    }
}
