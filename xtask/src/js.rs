//! `cargo xtask js`

use crate::{
    build_program,
    e2e::{self, validator},
    tally::{Tally, run_and_count},
    wasm,
};
use anyhow::{Context as _, ensure};
use program_elf::Elf;
use sbpf_build::{Workspace, cargo, process};
use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Command, Stdio},
};

/// Random pools with quotes of the Rust client, for the unit tests.
const POOLS: &str = "300";

/// Build and test the TypeScript client, clients/js: generated code, types, unit tests
///
/// It needs node 20 or newer with npm. `cargo xtask test` does not: continuous integration runs this command.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Only build what the client takes from Rust: the quotes in WebAssembly, and random pools for its tests
    #[arg(long)]
    artifacts: bool,

    /// Only run the tests on a real validator, against the Rust client
    #[arg(long)]
    e2e: bool,
}

impl Args {
    /// Builds, tests, and closes with the sum.
    pub fn run(self) -> anyhow::Result<()> {
        let client = Client::here()?;
        if self.artifacts {
            return client.artifacts();
        }
        check()?;
        if self.e2e {
            build_program::Args::default().run()?;
            client.install()?;
            return client.test_on_validator(false)?.close();
        }
        self.test()?.close()
    }

    /// The unit tests, and the checks of generated code and types, up to the sum.
    pub fn test(self) -> anyhow::Result<Tally> {
        let client = Client::here()?;
        check()?;
        client.install()?;
        process::run(client.npm().args(["run", "generate", "--", "--check"]))?;
        run_and_count(client.npm().arg("test"))
    }

    /// The tests on a real validator, with the builds of [`crate::lints`], up to the sum. The program is built.
    pub fn test_on_validator() -> anyhow::Result<Tally> {
        Client::here()?.test_on_validator(true)
    }
}

/// Checks that node and npm are there. To be called before anything long is built.
///
/// # Errors
/// Names what is missing.
pub fn check() -> anyhow::Result<()> {
    const OLDEST: u32 = 20;
    let found = process::output_of(Command::new("node").arg("--version")).unwrap_or_default();
    let major = found.trim().strip_prefix('v').and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    ensure!(
        major.is_some_and(|major| major >= OLDEST),
        "clients/js needs node {OLDEST} or newer: install it (Debian 13: `apt-get install nodejs npm`)"
    );
    process::output_of(Command::new("npm").arg("--version")).context("clients/js needs npm: install it")?;
    Ok(())
}

struct Client {
    workspace: Workspace,
    folder: PathBuf,
}

impl Client {
    fn here() -> anyhow::Result<Self> {
        let workspace = Workspace::here()?;
        let folder = workspace.root.join("clients/js");
        Ok(Self { workspace, folder })
    }

    fn npm(&self) -> Command {
        let mut command = Command::new("npm");
        command.current_dir(&self.folder);
        command
    }

    /// The packages of the lock file.
    fn install(&self) -> anyhow::Result<()> {
        process::run(self.npm().args(["ci", "--ignore-scripts", "--loglevel=error"]))
    }

    fn artifacts(&self) -> anyhow::Result<()> {
        wasm::Args::default().run()?;
        let folder = self.folder.join("artifacts");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let path = folder.join("quotes.jsonl");
        let output = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        // As a whole, so that the dependencies are those that `cargo xtask test` has compiled.
        let mut build = cargo();
        build.current_dir(&self.workspace.root).args(["build", "--workspace", "--example=quote_vectors"]);
        process::run(&mut build)?;
        let built = self.workspace.target_dir.join("debug/examples/quote_vectors");
        process::run(Command::new(built).arg(POOLS).stdout(Stdio::from(output)))
    }

    fn test_on_validator(&self, is_linted: bool) -> anyhow::Result<Tally> {
        let validator = validator::find_or_install(&self.workspace)?;
        let [tidepool, localnet] = e2e::binaries(&self.workspace, is_linted)?;
        let mut command = self.npm();
        command
            .args(["run", "test:e2e"])
            .env("E2E_VALIDATOR", validator)
            .env("E2E_TIDEPOOL", tidepool)
            .env("E2E_LOCALNET", localnet)
            .env("E2E_PROGRAM", Elf::Tidepool.path()?);
        run_and_count(&mut command)
    }
}
