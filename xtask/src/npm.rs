//! Packages of TypeScript, clients/js and web.

use crate::{
    e2e::{self, validator},
    files::copy,
    tally::{Tally, run_and_count},
};
use anyhow::{Context as _, ensure};
use program_elf::Elf;
use sbpf_build::{Workspace, cargo, process};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Checks that node and npm are there. To be called before anything long is built.
///
/// # Errors
/// Names the missing one.
pub fn check() -> anyhow::Result<()> {
    const OLDEST: u32 = 20;
    let found = process::output_of(Command::new("node").arg("--version")).unwrap_or_default();
    let major = found.trim().strip_prefix('v').and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    ensure!(
        major.is_some_and(|major| major >= OLDEST),
        "clients/js and web need node {OLDEST} or newer: install it (Debian 13: `apt-get install nodejs npm`)"
    );
    process::output_of(Command::new("npm").arg("--version")).context("clients/js and web need npm: install it")?;
    Ok(())
}

/// A package.
pub struct Package {
    pub workspace: Workspace,
    pub folder: PathBuf,
}

impl Package {
    /// The package in a folder of the repository.
    pub fn at(folder: &str) -> anyhow::Result<Self> {
        let workspace = Workspace::here()?;
        let folder = workspace.root.join(folder);
        Ok(Self { workspace, folder })
    }

    pub fn npm(&self) -> Command {
        let mut command = Command::new("npm");
        command.current_dir(&self.folder);
        command
    }

    /// The packages of the lock file.
    pub fn install(&self) -> anyhow::Result<()> {
        process::run(self.npm().args(["ci", "--ignore-scripts", "--loglevel=error"]))
    }

    /// Builds the command line and the local network, and returns the folder of their copies, which another build meanwhile does not
    /// take away.
    pub fn build_binaries(&self) -> anyhow::Result<PathBuf> {
        let mut build = cargo();
        build.current_dir(&self.workspace.root).args(["build", "--package=tidepool-cli", "--package=local-validator"]);
        process::run(&mut build)?;
        let folder = self.workspace.target_dir.join("js");
        for name in ["tidepool", "local-validator"] {
            copy(&self.workspace.target_dir.join("debug").join(name), &folder.join(name))?;
        }
        Ok(folder)
    }

    /// The tests on a real validator, with the binaries of a folder, or with those that `cargo xtask e2e` has built.
    pub fn test_on_validator(&self, binaries: Option<&Path>) -> anyhow::Result<Tally> {
        let binaries = binaries.map_or_else(|| e2e::binaries(&self.workspace), Path::to_owned);
        let mut command = self.npm();
        command
            .args(["run", "test:e2e"])
            .env("E2E_VALIDATOR", validator::find_or_install(&self.workspace)?)
            .env("E2E_TIDEPOOL", binaries.join("tidepool"))
            .env("E2E_LOCALNET", binaries.join("local-validator"))
            .env("E2E_PROGRAM", Elf::Tidepool.path()?);
        run_and_count(&mut command)
    }
}
