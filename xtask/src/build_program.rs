//! `cargo xtask build-program`

use anyhow::{Context as _, ensure};
use sbpf_build::{Program, Workspace, cargo, process};
use sha2::{Digest as _, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const PACKAGE: &str = "tidepool-program";

/// Build the on-chain program, check that a cluster would accept it, and put it at target/deploy/tidepool.so
#[derive(clap::Args, Default)]
pub struct Args {
    /// Compile with Solana's platform tools (`cargo build-sbf`) instead of stock Rust
    #[arg(long)]
    platform_tools: bool,
}

impl Args {
    /// Builds, verifies and reports.
    pub fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::here()?;
        let verifier = workspace.build_binary("sbpf-vm", "sbpf-verify")?;
        let built = if self.platform_tools {
            with_platform_tools(&workspace)?
        } else {
            let program = Program {
                manifest: workspace.root.join("Cargo.toml"),
                package: PACKAGE.into(),
                target_dir: workspace.target_dir.clone(),
                cargo_home: None,
            };
            program.build(&workspace.build_binary("sbpf-link", "sbpf-link")?)?
        };
        let elf = workspace.target_dir.join("deploy").join("tidepool.so");
        fs::create_dir_all(elf.with_file_name("")).context("cannot make the folder target/deploy")?;
        fs::copy(&built, &elf).with_context(|| format!("cannot copy {} to {}", built.display(), elf.display()))?;
        process::run(Command::new(verifier).arg(&elf).stdout(Stdio::null()))?;
        report(&elf)
    }
}

fn with_platform_tools(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let found = cargo()
        .args(["build-sbf", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    ensure!(
        found.is_ok_and(|status| status.success()),
        "`cargo build-sbf` is not installed: install Solana's command line tools, or leave out --platform-tools"
    );
    let folder = workspace.target_dir.join("deploy").join("platform-tools");
    let mut command = cargo();
    command
        .current_dir(&workspace.root)
        .arg("build-sbf")
        .arg("--manifest-path")
        .arg("program/Cargo.toml");
    process::run(command.arg("--sbf-out-dir").arg(&folder))?;
    Ok(folder.join("tidepool_program.so"))
}

fn report(elf: &Path) -> anyhow::Result<()> {
    let bytes = fs::read(elf).with_context(|| format!("cannot read {}", elf.display()))?;
    let digest: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!(
        "{}\n  {} bytes, sha256 {digest}\n  the loader accepts it",
        elf.display(),
        bytes.len()
    );
    Ok(())
}
