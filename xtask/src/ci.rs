//! `cargo xtask ci`

use crate::{deny, e2e, test};
use sbpf_build::{Workspace, cargo, process};

/// Check formatting, lints and dependencies, then run all tests, also on a real validator: what has to pass before a change lands
#[derive(clap::Args)]
pub struct Args {}

impl Args {
    /// Runs the checks, quickest first, and closes with the sum of all tests.
    pub fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::here()?;
        let step = |arguments: &[&str]| process::run(cargo().current_dir(&workspace.root).args(arguments));
        step(&["fmt", "--all", "--check"])?;
        step(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny=warnings"])?;
        let dependencies = deny::Args::default().test()?;
        let tests = test::Args::default().test()?;
        // Also where others have failed: who looks at the result wants to know all of it.
        let on_a_validator = e2e::Args::default().test()?;
        (dependencies + tests + on_a_validator).close()
    }
}
