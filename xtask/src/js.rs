//! `cargo xtask js`

use crate::{
    build_program,
    e2e::{self, validator},
    files::copy,
    tally::{Tally, run_and_count},
    wasm,
};
use anyhow::{Context as _, ensure};
use program_elf::Elf;
use sbpf_build::{Workspace, cargo, process};
use std::{
    env,
    fs::{self, File},
    path::{self, Path, PathBuf},
    process::{Command, Stdio},
};

/// Examples that print what the unit tests compare with, and how much: random pools with quotes of the Rust client,
/// random values with their bytes.
const EXAMPLES: [(&str, &str); 2] = [("quote_vectors", "300"), (RANDOM_VALUES, "30")];
const RANDOM_VALUES: &str = "random_values";

/// The environment variable with recorded accounts for `npm test`, in the form of `PATH`.
const RECORDED: &str = "RECORDED_ACCOUNTS";

/// Build and test the TypeScript client, clients/js: generated code, types, unit tests
///
/// It needs node 20 or newer with npm. `cargo xtask test` does not: continuous integration runs this command.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Only build what the client takes from Rust: the quotes in WebAssembly, and random values for its tests
    #[arg(long)]
    artifacts: bool,

    /// Only run the tests on a real validator, against the Rust client
    #[arg(long, conflicts_with = "artifacts")]
    e2e: bool,

    /// Also read these accounts of pools (`solana account ADDRESS --output json`), and compare the values with Rust's
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["artifacts", "e2e"])]
    recorded: Vec<PathBuf>,
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
            let binaries = client.build_binaries()?;
            return client.test_on_validator(&binaries)?.close();
        }
        self.test()?.close()
    }

    /// The unit tests, and the checks of generated code and types, up to the sum.
    pub fn test(self) -> anyhow::Result<Tally> {
        let client = Client::here()?;
        check()?;
        client.install()?;
        process::run(client.npm().args(["run", "generate", "--", "--check"]))?;
        let recorded = self.recorded.iter().map(path::absolute).collect::<Result<Vec<_>, _>>()?;
        run_and_count(client.npm().arg("test").env(RECORDED, env::join_paths(recorded)?))
    }

    /// The tests on a real validator, up to the sum. `cargo xtask e2e` has built the binaries, and [`Self::test`] has installed the
    /// packages.
    pub fn test_on_validator() -> anyhow::Result<Tally> {
        let client = Client::here()?;
        client.test_on_validator(&e2e::binaries(&client.workspace))
    }
}

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
        for (example, count) in EXAMPLES {
            let path = folder.join(example).with_extension("jsonl");
            let output = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
            let mut build = cargo();
            // As a whole, so that the dependencies are those that `cargo xtask test` has compiled.
            build.current_dir(&self.workspace.root).args(["build", "--quiet", "--workspace", "--example", example]);
            process::run(&mut build)?;
            let built = self.workspace.target_dir.join("debug/examples").join(example);
            let recorded = env::var_os(RECORDED).filter(|_| example == RANDOM_VALUES).unwrap_or_default();
            let files = env::split_paths(&recorded).filter(|file| !file.as_os_str().is_empty());
            process::run(Command::new(built).arg(count).args(files).stdout(Stdio::from(output)))?;
        }
        Ok(())
    }

    /// Builds the command line and the local network, and returns the folder of their copies, which another build meanwhile does not
    /// take away.
    fn build_binaries(&self) -> anyhow::Result<PathBuf> {
        let mut build = cargo();
        build.current_dir(&self.workspace.root).args(["build", "--package=tidepool-cli", "--package=local-validator"]);
        process::run(&mut build)?;
        let folder = self.workspace.target_dir.join("js");
        for name in ["tidepool", "local-validator"] {
            copy(&self.workspace.target_dir.join("debug").join(name), &folder.join(name))?;
        }
        Ok(folder)
    }

    fn test_on_validator(&self, binaries: &Path) -> anyhow::Result<Tally> {
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
