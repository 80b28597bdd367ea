//! `cargo xtask build-program`

use crate::deploy::deploy;
use anyhow::ensure;
use program_elf::Elf;
use sbpf_build::{PROGRAM_PROFILE, Platform, Program, Workspace, cargo, process};
use std::{path::PathBuf, process::Stdio};

/// The package of the program.
pub const PACKAGE: &str = "tidepool-program";

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
        deploy(&workspace, Elf::Tidepool, || {
            if self.platform_tools {
                return with_platform_tools(&workspace);
            }
            let program = Program {
                manifest: workspace.root.join("Cargo.toml"),
                package: PACKAGE.into(),
                platform: Platform::Core,
                target_dir: workspace.target_dir.clone(),
                cargo_home: None,
            };
            program.build(&workspace.build_binary("sbpf-link", "sbpf-link")?)
        })
    }
}

fn with_platform_tools(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let found = cargo().args(["build-sbf", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    ensure!(
        found.is_ok_and(|status| status.success()),
        "`cargo build-sbf` is not installed: install Solana's command line tools, or leave out --platform-tools"
    );
    let folder = workspace.target_dir.join("deploy").join("platform-tools");
    let mut command = cargo();
    // Platform tools before 4.5 build v0 by default, which clusters reject (SIMD-0500).
    command.current_dir(&workspace.root).envs(PROGRAM_PROFILE).args([
        "build-sbf",
        "--arch",
        "v3",
        "--manifest-path",
        "program/Cargo.toml",
    ]);
    process::run(command.arg("--sbf-out-dir").arg(&folder))?;
    Ok(folder.join("tidepool_program.so"))
}
