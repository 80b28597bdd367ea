//! `cargo xtask e2e`

pub mod validator;

pub use validator::check;

use crate::{
    build_program,
    files::copy,
    lints, squads,
    tally::{Tally, run_and_count},
};
use program_elf::Elf;
use sbpf_build::{Workspace, cargo, process};
use std::path::PathBuf;

/// The folder of the command line and of the local network, as the tests run them.
pub fn binaries(workspace: &Workspace) -> PathBuf {
    workspace.target_dir.join("e2e")
}

/// Build the program and the command line, and drive both on a real solana-test-validator, which is installed where missing
#[derive(clap::Args, Default)]
pub struct Args {
    /// Arguments for the tests, a part of a test's name for example; all tests without
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

    /// Builds, installs, tests, and closes with the sum.
    pub fn run(self) -> anyhow::Result<()> {
        check(&Workspace::here()?)?;
        build_program::Args::default().run()?;
        self.test()?.close()
    }

    /// What [`Self::run`] does once the program is built, up to the sum.
    pub fn test(self) -> anyhow::Result<Tally> {
        let workspace = Workspace::here()?;
        let validator = validator::find_or_install(&workspace)?;
        squads::Args::default().run()?;
        let cargo_test = || {
            let mut command = cargo();
            if self.is_linted {
                lints::deny_warnings(&mut command);
            }
            // As a whole, so that the dependencies are those that `cargo xtask test` has compiled.
            command.current_dir(&workspace.root).args([
                "test",
                "--workspace",
                "--features=tidepool-tests/e2e",
                "--test=e2e",
            ]);
            command
        };
        // With tests of their own packages, cargo builds the binaries too.
        process::run(cargo_test().args(["--test=binary", "--test=options", "--no-run"]))?;
        // Copies, which another build meanwhile does not take away.
        let copied = |name: &str| {
            let to = binaries(&workspace).join(name);
            copy(&workspace.target_dir.join("debug").join(name), &to).map(|()| to)
        };
        let (tidepool, localnet) = (copied("tidepool")?, copied("local-validator")?);
        let mut command = cargo_test();
        command
            .arg("--")
            .args(self.arguments)
            .env("E2E_VALIDATOR", validator)
            .env("E2E_TIDEPOOL", tidepool)
            .env("E2E_LOCALNET", localnet)
            .env("E2E_PROGRAM", Elf::Tidepool.path()?)
            .env("E2E_SQUADS", Elf::Squads.path()?);
        run_and_count(&mut command)
    }
}
