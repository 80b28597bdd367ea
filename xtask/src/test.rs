//! `cargo xtask test`

use crate::{
    build_program, reference,
    tally::{Tally, run_and_count},
};
use sbpf_build::{Workspace, cargo};

/// Build the on-chain program and the reference, and run all tests against them
///
/// All but those that want a real validator: `cargo xtask e2e` runs these.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Arguments for `cargo test`, a package or a test's name for example; all tests without
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Args {
    /// Builds, tests, and closes with the sum of all test binaries.
    pub fn run(self) -> anyhow::Result<()> {
        self.test()?.close()
    }

    /// What [`Self::run`] does, up to the sum.
    pub fn test(self) -> anyhow::Result<Tally> {
        build_program::Args::default().run()?;
        // Not left to the tests that want it: without it they would fail, or worse, be skipped.
        reference::Args::default().run()?;
        let workspace = Workspace::here()?;
        let mut command = cargo();
        command.current_dir(&workspace.root).args(["test", "--no-fail-fast"]);
        if self.arguments.is_empty() {
            command.arg("--workspace");
        }
        run_and_count(command.args(self.arguments))
    }
}
