//! `cargo xtask ci`

use crate::test;
use sbpf_build::{Workspace, cargo, process};

/// Check formatting and lints, then run all tests: what has to pass before a change lands
#[derive(clap::Args)]
pub struct Args {}

impl Args {
    /// Runs the checks, quickest first.
    pub fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::here()?;
        let step = |arguments: &[&str]| process::run(cargo().current_dir(&workspace.root).args(arguments));
        step(&["fmt", "--all", "--check"])?;
        step(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny=warnings"])?;
        test::Args::default().run()
    }
}
