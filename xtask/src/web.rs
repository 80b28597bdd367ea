//! `cargo xtask web`

use crate::{
    build_program,
    npm::{self, Package},
    tally::{Tally, run_and_count},
};
use anyhow::ensure;
use sbpf_build::process;
use std::{env, process::Command};

/// Test the wallet script of `tidepool serve`, web: types, checks of transactions, and the bundle that the server embeds
///
/// It needs node 20 or newer with npm, and the tests in a browser Chromium. `cargo xtask test` does not: continuous integration runs this
/// command.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Only bundle the script into serve/assets/generated
    #[arg(long)]
    build: bool,

    /// Only run the tests in a browser, in front of a real validator
    #[arg(long)]
    e2e: bool,
}

impl Args {
    /// Builds, tests, and closes with the sum.
    pub fn run(self) -> anyhow::Result<()> {
        npm::check()?;
        let web = Package::at("web")?;
        if self.build {
            web.install()?;
            return process::run(web.npm().args(["run", "build"]));
        }
        if self.e2e {
            check()?;
            build_program::Args::default().run()?;
            web.install()?;
            let binaries = web.build_binaries()?;
            return web.test_on_validator(Some(&binaries))?.close();
        }
        self.test()?.close()
    }

    /// The unit tests, and the checks of types and of the bundle, up to the sum.
    pub fn test(self) -> anyhow::Result<Tally> {
        let web = Package::at("web")?;
        web.install()?;
        process::run(web.npm().args(["run", "check"]))?;
        run_and_count(web.npm().arg("test"))
    }

    /// The tests in a browser, up to the sum. `cargo xtask e2e` has built the binaries, and [`Self::test`] has installed the packages.
    pub fn test_on_validator() -> anyhow::Result<Tally> {
        Package::at("web")?.test_on_validator(None)
    }
}

/// Checks that Chromium is there. To be called before anything long is built.
///
/// # Errors
/// If it is missing.
pub fn check() -> anyhow::Result<()> {
    let chromium = env::var_os("CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into());
    let found = process::output_of(Command::new(&chromium).arg("--version")).unwrap_or_default();
    ensure!(
        found.contains("Chrom"),
        "the tests of web need Chromium at {}: install it (Debian: `apt-get install chromium`), or set CHROMIUM to its path",
        chromium.display()
    );
    Ok(())
}
