//! Tools from the registry that commands here run: those on the path where they have the right version, or else installed below
//! the target folder, once.

use anyhow::{Context as _, bail};
use sbpf_build::{Workspace, cargo, process};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The release profile of a tool that has no need of speed, and would take three times as long to build for it.
const PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

pub struct Tool {
    pub package: &'static str,
    /// The version that the command here was written for.
    pub version: &'static str,
    /// Its binary, which says `NAME VERSION` when it is asked for its version.
    pub binary: &'static str,
    /// How long it takes to build on two cores.
    pub takes: &'static str,
}

impl Tool {
    /// The tool's path; it is installed if it is missing.
    ///
    /// # Errors
    /// Where it does not build, with what `what_is_missing` says of it.
    pub fn find_or_install(
        &self,
        workspace: &Workspace,
        what_is_missing: impl FnOnce() -> String,
    ) -> anyhow::Result<PathBuf> {
        if let Some(found) = self.find(workspace) {
            println!("{}: {}", self.binary, found.display());
            return Ok(found);
        }
        let (root, installed) = self.places(workspace);
        self.install(&root).with_context(what_is_missing)?;
        if self.is_right(&installed) {
            Ok(installed)
        } else {
            bail!("{} was installed, and does not run", installed.display())
        }
    }

    /// The tool on the path or below the target folder, if it is installed there in the right version.
    pub fn find(&self, workspace: &Workspace) -> Option<PathBuf> {
        let (_, installed) = self.places(workspace);
        [PathBuf::from(self.binary), installed].into_iter().find(|candidate| self.is_right(candidate))
    }

    /// The folder where the tool is installed, and the binary in it.
    fn places(&self, workspace: &Workspace) -> (PathBuf, PathBuf) {
        let root = workspace.target_dir.join(self.binary);
        let installed = root.join("bin").join(self.binary);
        (root, installed)
    }

    /// Whether this is the tool, and of the right version.
    fn is_right(&self, path: &Path) -> bool {
        let output = Command::new(path).arg("--version").stderr(Stdio::null()).output();
        output.is_ok_and(|output| self.is_version(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Whether `NAME VERSION (what else it says)` names the right version.
    fn is_version(&self, text: &str) -> bool {
        text.split_whitespace().nth(1) == Some(self.version)
    }

    /// Installs the tool below `root`. What is compiled stays there until it succeeds, so that another try goes on from it.
    fn install(&self, root: &Path) -> anyhow::Result<()> {
        println!("installing {} {} at {}: {}, once", self.package, self.version, root.display(), self.takes);
        let build = root.join("build");
        let mut command = cargo();
        command
            .args(["install", self.package, "--version", self.version, "--locked", "--bin", self.binary])
            .args(["--force", "--root"])
            .arg(root)
            .env("CARGO_TARGET_DIR", &build)
            .envs(PROFILE);
        process::run(&mut command)?;
        fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_right_version() {
        let tool = Tool { package: "agave-validator", version: "4.2.2", binary: "no-such-validator", takes: "long" };
        assert!(tool.is_version("solana-test-validator 4.2.2 (src:00000000; feat:1234, client:Agave)"));
        assert!(!tool.is_version("solana-test-validator 4.2.20 (src:00000000)"));
        assert!(!tool.is_version(""));
        assert!(!tool.is_right(Path::new(tool.binary)));
    }
}
