//! `cargo xtask demo`

use crate::build_program;
use sbpf_build::{Workspace, cargo, process};

/// Build everything and run a stake pool of 20 validators through six epochs on the embedded cluster
#[derive(clap::Args)]
pub struct Args {
    /// Options of the demo itself: `cargo xtask demo -- --help` lists them
    #[arg(last = true)]
    options: Vec<String>,
}

impl Args {
    /// Builds, then runs.
    pub fn run(self) -> anyhow::Result<()> {
        build_program::Args::default().run()?;
        let workspace = Workspace::here()?;
        let mut command = cargo();
        command.current_dir(&workspace.root).args(["run", "--package=tidepool-localnet", "--", "demo"]);
        process::run(command.args(self.options))
    }
}
