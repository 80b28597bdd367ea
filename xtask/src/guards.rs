//! `cargo xtask guards`

mod marker;
mod table;

use crate::{build_program, files::copy, tally::Tally};
use anyhow::{Context as _, ensure};
use program_elf::Elf;
use sbpf_build::{Platform, Program, Workspace, cargo, process};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use table::{Guard, TABLE};

/// The test binaries of the attacks: on every pool, and on what extended pools promise to holders.
const SUITES: [&str; 2] = ["exploits", "holders"];

/// Take what holds each attack off out of the program, one guard at a time, and want the attack's tests to fail
///
/// The program is changed in a copy below the target folder; the checkout and target/deploy stay as they are.
#[derive(clap::Args)]
pub struct Args {
    /// Only guards with this in their name or in that of their attack; may be given more than once
    #[arg(long)]
    filter: Vec<String>,
}

impl Args {
    /// Tries each guard, and closes with the sum: a guard that no test misses has failed.
    pub fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::here()?;
        let mut guards = table::read(&workspace.root)?;
        let is_wanted =
            |guard: &Guard| self.filter.iter().any(|part| guard.name.contains(part) || guard.attack.contains(part));
        guards.retain(|guard| self.filter.is_empty() || is_wanted(guard));
        ensure!(!guards.is_empty(), "no guard and no attack has such a name: see {TABLE}");
        guards.sort_by(|one, other| (&one.name, &one.change).cmp(&(&other.name, &other.change)));
        build_program::Args::default().run()?;
        let bench = Workbench::prepare(&workspace)?;
        // What fails with the guards in their places says nothing about any of them.
        for test in guards.iter().map(|guard| &*guard.test).collect::<BTreeSet<_>>() {
            let with_guards = bench.test(&workspace.root, &workspace.target_dir, test)?;
            ensure!(with_guards.is_success(), "{test} fails with all guards in place: mend that first");
        }
        let mut tally = Tally::default();
        for same in guards.chunk_by(|one, other| (&one.name, &one.change) == (&other.name, &other.change)) {
            for (guard, missed) in same.iter().zip(bench.failures_without(same)?) {
                tally.count(missed > 0);
                let verdict = if missed > 0 { "held" } else { "NOT MISSED" };
                println!(
                    "{verdict}: {} of {}: {missed} tests of {} fail without it",
                    guard.name, guard.file, guard.test
                );
            }
        }
        tally.close()
    }
}

/// A copy of the sources to change, and the tests.
struct Workbench {
    checkout: PathBuf,
    target_dir: PathBuf,
    linker: PathBuf,
    /// The suites, with the folders of their modules.
    tests: Vec<(PathBuf, PathBuf)>,
}

impl Workbench {
    fn prepare(workspace: &Workspace) -> anyhow::Result<Self> {
        let folder = workspace.target_dir.join("guards");
        let checkout = folder.join("checkout");
        if checkout.exists() {
            fs::remove_dir_all(&checkout).with_context(|| format!("cannot empty {}", checkout.display()))?;
        }
        let listed = process::output_of(Command::new("git").current_dir(&workspace.root).args(["ls-files", "-z"]))?;
        for file in listed.split_terminator('\0') {
            copy(&workspace.root.join(file), &checkout.join(file))?;
        }
        let target_dir = folder.join("target");
        let deployed = workspace.target_dir.join("deploy");
        for entry in fs::read_dir(&deployed)?.collect::<Result<Vec<_>, _>>()? {
            if entry.file_type()?.is_file() {
                copy(&entry.path(), &target_dir.join("deploy").join(entry.file_name()))?;
            }
        }
        Ok(Self {
            checkout,
            target_dir,
            linker: workspace.build_binary("sbpf-link", "sbpf-link")?,
            tests: SUITES
                .iter()
                .map(|suite| Ok((build_tests(workspace, suite)?, workspace.root.join("tests/tests").join(suite))))
                .collect::<anyhow::Result<_>>()?,
        })
    }

    /// Builds the program without a guard, and says how many of the tests of each of its rows fail then.
    fn failures_without(&self, rows: &[Guard]) -> anyhow::Result<Vec<u64>> {
        let guard = &rows[0];
        let file = self.checkout.join(&guard.file);
        let text = read(&file)?;
        write(&file, &guard.take_out(&text)?)?;
        let failed = self.build_and_test(rows);
        write(&file, &text)?;
        failed.with_context(|| format!("the program without the guard {}", guard.name))
    }

    fn build_and_test(&self, rows: &[Guard]) -> anyhow::Result<Vec<u64>> {
        let sources = Elf::Tidepool.digest_sources(&self.checkout)?;
        let elf = fs::read(self.build()?)?;
        Elf::Tidepool.write(&self.target_dir, &elf, &sources)?;
        rows.iter().map(|row| Ok(self.test(&self.checkout, &self.target_dir, &row.test)?.failed())).collect()
    }

    fn build(&self) -> anyhow::Result<PathBuf> {
        let program = Program {
            manifest: self.checkout.join("Cargo.toml"),
            package: build_program::PACKAGE.into(),
            platform: Platform::Core,
            target_dir: self.target_dir.clone(),
            cargo_home: None,
        };
        program.build(&self.linker)
    }

    /// Runs tests on the program of a target folder, which was built from the sources in `root`.
    fn test(&self, root: &Path, target_dir: &Path, test: &str) -> anyhow::Result<Tally> {
        let module = format!("{}.rs", test.split("::").next().unwrap_or_default());
        let suite = self.tests.iter().find(|(_, folder)| folder.join(&module).is_file());
        let (binary, _) = suite.with_context(|| format!("{test}: no suite has a module {module}"))?;
        let mut command = Command::new(binary);
        command.env("CARGO_TARGET_DIR", target_dir).env("CARGO_MANIFEST_DIR", root.join("tests"));
        let output = command.arg(test).output().context("the tests do not start")?;
        let tally = Tally::of(&String::from_utf8_lossy(&output.stdout), output.status.success());
        ensure!(tally.has_run(), "{test}: no such test");
        Ok(tally)
    }
}

/// Builds the tests of a suite, and returns the path of their binary.
fn build_tests(workspace: &Workspace, suite: &str) -> anyhow::Result<PathBuf> {
    let mut command = cargo();
    command.current_dir(&workspace.root).args(["test", "--package=tidepool-tests", "--no-run"]);
    let messages = process::output_of(command.args(["--test", suite, "--message-format=json-render-diagnostics"]))?;
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == suite)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.context("cargo built the tests, and does not say where they are")
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
