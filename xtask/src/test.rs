//! `cargo xtask test`

use crate::{
    build_program, lints, reference, squads,
    tally::{Tally, run_and_count},
    vault,
};
use sbpf_build::{Workspace, cargo};

/// The suites that run under a second set of feature gates too: what a program sees and costs depends on the gates.
const UNDER_BOTH_SETS: [&str; 4] = ["differential", "exploits", "extension", "quotes"];

/// Build the on-chain program, the reference, an example that calls both and a multisig program, and run all tests against them
///
/// The VM has every feature gate that the pinned Agave knows. Then the suites on the program itself run again with the gates
/// that are active on mainnet (`client-lib/feature_gates.tsv`). Tests on a real validator are left to `cargo xtask e2e`.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Arguments for `cargo test`, a package or a test's name for example; all tests without
    #[arg(last = true)]
    arguments: Vec<String>,
    /// Whether crates are compiled as [`lints`] does.
    #[arg(skip)]
    is_linted: bool,
}

impl Args {
    /// All tests, from the builds of [`lints::check`].
    pub fn linted() -> Self {
        Self { is_linted: true, ..Self::default() }
    }

    /// Builds, tests, and closes with the sum of all test binaries.
    pub fn run(self) -> anyhow::Result<()> {
        self.test()?.close()
    }

    /// What [`Self::run`] does, up to the sum.
    pub fn test(self) -> anyhow::Result<Tally> {
        build_program::Args::default().run()?;
        // Not left to the tests that want it: without it they would fail, or worse, be skipped.
        reference::Args::default().run()?;
        vault::Args::default().run()?;
        squads::Args::default().run()?;
        let workspace = Workspace::here()?;
        let cargo_test = || {
            let mut command = cargo();
            if self.is_linted {
                lints::deny_warnings(&mut command);
            }
            command.current_dir(&workspace.root).args(["test", "--no-fail-fast"]);
            command
        };
        if !self.arguments.is_empty() {
            return run_and_count(cargo_test().args(&self.arguments));
        }
        let all = run_and_count(cargo_test().arg("--workspace"))?;
        println!("\nThe suites on the program, with the feature gates of mainnet");
        // As a whole, so that the dependencies are those that are compiled already.
        let mut again = cargo_test();
        again.arg("--workspace").args(UNDER_BOTH_SETS.map(|suite| format!("--test={suite}")));
        Ok(all + run_and_count(again.env("TIDEPOOL_GATES", "mainnet"))?)
    }
}
