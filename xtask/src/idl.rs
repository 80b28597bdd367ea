//! `cargo xtask idl`

use sbpf_build::{Workspace, cargo, process};

/// The package of the generator. It is not linked into xtask, which would take longer to build.
const PACKAGE: &str = "--package=tidepool-idl";

/// Write the IDL and the table of instructions from the source: idl/*.json and docs/instructions.md
#[derive(clap::Args)]
pub struct Args {
    /// Check only that they are up to date
    #[arg(long)]
    check: bool,
}

impl Args {
    /// Writes or checks.
    pub fn run(self) -> anyhow::Result<()> {
        let mut command = cargo();
        command.current_dir(Workspace::here()?.root).args(["run", "--quiet", PACKAGE]);
        if self.check {
            command.args(["--", "--check"]);
        }
        process::run(&mut command)
    }
}
