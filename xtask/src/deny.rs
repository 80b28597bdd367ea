//! `cargo xtask deny`

use crate::{tally::Tally, tool::Tool};
use sbpf_build::Workspace;
use std::{
    path::Path,
    process::{Command, Stdio},
};

const DENY: Tool = Tool { package: "cargo-deny", version: "0.20.2", binary: "cargo-deny", takes: "some two minutes" };

/// Check the dependencies' licences, sources and known weaknesses, with cargo-deny, which is installed where missing
#[derive(clap::Args, Default)]
pub struct Args {}

impl Args {
    /// Checks, and closes with the sum of the checks.
    pub fn run(self) -> anyhow::Result<()> {
        self.test()?.close()
    }

    /// What [`Self::run`] does, up to the sum.
    pub fn test(self) -> anyhow::Result<Tally> {
        let workspace = Workspace::here()?;
        let deny = DENY.find_or_install(&workspace, || "cargo-deny was not built: see above, then try again".into())?;
        let mut tally = Tally::default();
        for check in ["licenses", "bans", "sources"] {
            tally.count(succeeds(deny_at(&deny, &workspace).args(["check", check])));
        }
        // The weaknesses are listed elsewhere, and where that cannot be asked, nothing is known of them.
        if succeeds(deny_at(&deny, &workspace).args(["fetch", "db"]).stderr(Stdio::null())) {
            tally.count(succeeds(deny_at(&deny, &workspace).args(["check", "--disable-fetch", "advisories"])));
        } else {
            println!("skipped: known weaknesses of dependencies, since the list of them cannot be fetched from here");
            tally.skip();
        }
        Ok(tally)
    }
}

/// cargo-deny on the workspace, warnings left out.
fn deny_at(deny: &Path, workspace: &Workspace) -> Command {
    let mut command = Command::new(deny);
    command.current_dir(&workspace.root).args(["--log-level", "error"]);
    command
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}
