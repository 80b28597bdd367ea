//! `cargo xtask js`

use crate::{
    build_program,
    npm::{self, Package},
    tally::{Tally, run_and_count},
};
use anyhow::Context as _;
use sbpf_build::{cargo, process};
use std::{
    env,
    fs::{self, File},
    path::{self, PathBuf},
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
    /// Only build what the client's tests take from Rust: random pools and values
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
        npm::check()?;
        if self.e2e {
            build_program::Args::default().run()?;
            client.0.install()?;
            let binaries = client.0.build_binaries()?;
            return client.0.test_on_validator(Some(&binaries))?.close();
        }
        self.test()?.close()
    }

    /// The unit tests, and the checks of generated code and types, up to the sum.
    pub fn test(self) -> anyhow::Result<Tally> {
        npm::check()?;
        let Client(client) = Client::here()?;
        client.install()?;
        process::run(client.npm().args(["run", "generate", "--", "--check"]))?;
        let recorded = self.recorded.iter().map(path::absolute).collect::<Result<Vec<_>, _>>()?;
        run_and_count(client.npm().arg("test").env(RECORDED, env::join_paths(recorded)?))
    }

    /// The tests on a real validator, up to the sum. `cargo xtask e2e` has built the binaries, and [`Self::test`] has installed the
    /// packages.
    pub fn test_on_validator() -> anyhow::Result<Tally> {
        Client::here()?.0.test_on_validator(None)
    }
}

/// The client's package.
struct Client(Package);

impl Client {
    fn here() -> anyhow::Result<Self> {
        Package::at("clients/js").map(Self)
    }

    fn artifacts(&self) -> anyhow::Result<()> {
        let folder = self.0.folder.join("artifacts");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        for (example, count) in EXAMPLES {
            let path = folder.join(example).with_extension("jsonl");
            let output = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
            let mut build = cargo();
            // As a whole, so that the dependencies are those that `cargo xtask test` has compiled.
            build.current_dir(&self.0.workspace.root).args(["build", "--workspace", "--example", example]);
            process::run(&mut build)?;
            let built = self.0.workspace.target_dir.join("debug/examples").join(example);
            let recorded = env::var_os(RECORDED).filter(|_| example == RANDOM_VALUES).unwrap_or_default();
            let files = env::split_paths(&recorded).filter(|file| !file.as_os_str().is_empty());
            process::run(Command::new(built).arg(count).args(files).stdout(Stdio::from(output)))?;
        }
        Ok(())
    }
}
