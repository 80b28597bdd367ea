//! Counting what test binaries say of themselves.

use anyhow::{Context as _, ensure};
use std::{
    env,
    io::{BufRead as _, BufReader},
    ops::Add,
    process::{Command, Stdio},
};

/// The sum of what test binaries say, and whether `cargo test` went well, which it does not where a test does not compile.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
    success: bool,
}

impl Default for Tally {
    /// Nothing has run yet, and nothing has gone wrong.
    fn default() -> Self {
        Self { passed: 0, failed: 0, ignored: 0, success: true }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            ignored: self.ignored + other.ignored,
            success: self.success && other.success,
        }
    }
}

impl Tally {
    /// What a test binary printed, and whether it ended well.
    pub fn of(output: &str, success: bool) -> Self {
        let mut tally = Self { success, ..Self::default() };
        output.lines().for_each(|line| tally.read(line));
        tally
    }

    /// Counts a test of this program's own.
    pub const fn count(&mut self, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }

    /// Counts one that could not run.
    pub const fn skip(&mut self) {
        self.ignored += 1;
    }

    /// How many tests failed.
    pub const fn failed(self) -> u64 {
        self.failed
    }

    /// Whether any test ran.
    pub const fn has_run(self) -> bool {
        self.passed + self.failed > 0
    }

    /// Whether all is well.
    pub const fn is_success(self) -> bool {
        self.success && self.failed == 0
    }

    /// Says the sum, in what is to be the last line of all, and whether all is well.
    pub fn close(self) -> anyhow::Result<()> {
        println!("\n{} passed, {} failed, {} skipped", self.passed, self.failed, self.ignored);
        ensure!(self.is_success(), "tests failed: see above");
        ensure!(self.passed > 0, "no test ran: check the name");
        Ok(())
    }

    /// Adds a line like `test result: ok. 3 passed; 0 failed; 1 ignored; …`, or one of node's like `# pass 3` or `ℹ pass 3`, and passes over any
    /// other.
    fn read(&mut self, line: &str) {
        let of_node = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "));
        if let Some((what, count)) = of_node.and_then(|line| line.split_once(' ')) {
            let count = count.parse().unwrap_or(0);
            match what {
                "pass" => self.passed += count,
                "fail" | "cancelled" => self.failed += count,
                "skipped" | "todo" => self.ignored += count,
                _ => {}
            }
            return;
        }
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

/// Runs `cargo test`, showing what it prints.
pub fn run_and_count(command: &mut Command) -> anyhow::Result<Tally> {
    // Otherwise solana-program-test logs each instruction, also of tests that pass.
    if env::var_os("RUST_LOG").is_none() {
        command.env("RUST_LOG", "error");
    }
    let mut child = command.stdout(Stdio::piped()).spawn().context("cargo does not start: is it on the path?")?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.context("cargo test prints something that is not text")?;
            println!("{line}");
            tally.read(&line);
        }
    }
    tally.success = child.wait().context("cargo test was lost")?.success();
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn sums_what_test_binaries_say() {
        let mut tally = Tally::default();
        tally.read("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s");
        tally.read("test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s");
        tally.read("test a_test_named_result ... ok");
        assert_eq!(tally, Tally { passed: 7, failed: 2, ignored: 1, success: true });
        assert!(tally.close().is_err());
    }

    #[test]
    fn sums_what_node_says() {
        let tally =
            Tally::of("TAP version 13\n# tests 5\n# pass 3\n# fail 1\n# cancelled 1\nℹ skipped 2\nℹ pass 4", false);
        assert_eq!(tally, Tally { passed: 7, failed: 2, ignored: 2, success: false });
    }

    #[test]
    fn what_did_not_run_is_no_success() {
        let lost = Tally { success: false, ..Tally::default() };
        let mut ran = Tally::default();
        ran.read("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        assert!(ran.close().is_ok());
        assert!((ran + lost).close().is_err());
        assert!(Tally::default().close().is_err());
    }
}
