//! `cargo xtask bench`

use crate::{build_program, reference};
use sbpf_build::{Workspace, cargo, process};
use std::path::PathBuf;

/// Measure the compute units of every instruction beside the SPL stake pool, and compare them with the committed table
#[derive(clap::Args)]
pub struct Args {
    /// Only instructions whose names have this in them
    #[arg(long, conflicts_with = "accept")]
    filter: Option<String>,
    /// Write all figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Make these figures the committed ones
    #[arg(long)]
    accept: bool,
}

impl Args {
    /// Builds both programs, then measures.
    pub fn run(self) -> anyhow::Result<()> {
        build_program::Args::default().run()?;
        reference::Args::default().run()?;
        let workspace = Workspace::here()?;
        let mut command = cargo();
        command.current_dir(&workspace.root).args(["run", "--package=tidepool-tests", "--bin=bench", "--"]);
        if let Some(filter) = &self.filter {
            command.args(["--filter", filter]);
        }
        if let Some(json) = &self.json {
            command.arg("--json").arg(std::path::absolute(json)?);
        }
        if self.accept {
            command.arg("--accept");
        }
        process::run(&mut command)
    }
}
