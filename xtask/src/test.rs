//! `cargo xtask test`

use crate::{build_program, reference};
use anyhow::{Context as _, ensure};
use sbpf_build::{Workspace, cargo};
use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

/// Build the on-chain program and the reference, and run all tests against them
#[derive(clap::Args, Default)]
pub struct Args {
    /// Arguments for `cargo test`, a package or a test's name for example; all tests without
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Args {
    /// Builds, tests, and closes with the sum of all test binaries.
    pub fn run(self) -> anyhow::Result<()> {
        build_program::Args::default().run()?;
        // Not left to the tests that want it: without it they would fail, or worse, be skipped.
        reference::Args::default().run()?;
        let workspace = Workspace::here()?;
        let mut command = cargo();
        command.current_dir(&workspace.root).args(["test", "--no-fail-fast"]);
        if self.arguments.is_empty() {
            command.arg("--workspace");
        }
        let (tally, success) = run_and_count(command.args(self.arguments))?;
        println!("\n{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.ignored);
        ensure!(success && tally.failed == 0, "tests failed: see above");
        ensure!(tally.passed > 0, "no test ran: check the name");
        Ok(())
    }
}

/// The sum of what the test binaries say of themselves.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Adds a line like `test result: ok. 3 passed; 0 failed; 1 ignored; …`, and passes over any other.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|line| line.split_once(". ")) else {
            return;
        };
        for (count, what) in counts.split("; ").filter_map(|part| part.split_once(' ')) {
            let count = count.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

/// Runs `cargo test`, showing what it prints, and whether it went well.
fn run_and_count(command: &mut Command) -> anyhow::Result<(Tally, bool)> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cargo does not start: is it on the path?")?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.context("cargo test prints something that is not text")?;
            println!("{line}");
            tally.add(&line);
        }
    }
    Ok((tally, child.wait().context("cargo test was lost")?.success()))
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn sums_what_test_binaries_say() {
        let mut tally = Tally::default();
        tally.add("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s");
        tally.add("test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s");
        tally.add("test a_test_named_result ... ok");
        assert_eq!(tally, Tally { passed: 7, failed: 2, ignored: 1 });
    }
}
