//! `cargo xtask typos`

use crate::{tally::Tally, tool::Tool};
use anyhow::Context as _;
use sbpf_build::Workspace;
use std::{
    io::Write as _,
    path::Path,
    process::{Command, ExitStatus, Stdio},
};

const TYPOS: Tool = Tool { package: "typos-cli", version: "1.52.0", binary: "typos", takes: "a minute and a half" };

/// A text that has to fail. In two parts, since this file is checked, too.
const PLANTED: &str = concat!("// The pool has rec", "ieved its stake.\n");

/// A text that has to pass: the pieces of an address are no words.
const ADDRESS: &str = "const POOL: &str = \"5oc4nDMhYqP8dB5MSHVGKLdaq7FndQvVskBJHjC4NpHU\";\n";

/// Check the spelling of all text in the repository with typos, which is installed where missing
///
/// _typos.toml has the words that are right here, and the files without text. `typos --write-changes` corrects.
#[derive(clap::Args, Default)]
pub struct Args {}

impl Args {
    /// Checks, and closes with the sum of the checks.
    pub fn run(self) -> anyhow::Result<()> {
        self.test()?.close()
    }

    /// What [`Self::run`] does, up to the sum. The settings themselves are checked first: they must find a planted mistake.
    pub fn test(self) -> anyhow::Result<Tally> {
        let workspace = Workspace::here()?;
        let typos = TYPOS.find_or_install(&workspace, || "typos was not built: see above, then try again".into())?;
        let mut tally = Tally::default();
        tally.count(!check(&typos, &workspace.root, PLANTED)?.success());
        tally.count(check(&typos, &workspace.root, ADDRESS)?.success());
        tally.count(Command::new(&typos).current_dir(&workspace.root).status()?.success());
        Ok(tally)
    }
}

/// Checks a text by the settings of the repository, without output.
fn check(typos: &Path, root: &Path, text: &str) -> anyhow::Result<ExitStatus> {
    let mut command = Command::new(typos);
    command.current_dir(root).args(["--format", "silent", "-"]).stdin(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{} does not start", typos.display()))?;
    child.stdin.take().context("its input is piped")?.write_all(text.as_bytes())?;
    Ok(child.wait()?)
}
