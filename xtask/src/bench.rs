//! `cargo xtask bench`

use crate::reference::beside_reference;
use sbpf_build::process;
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
        let mut command = beside_reference("bench")?;
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
