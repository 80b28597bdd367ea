//! `cargo xtask demo`

mod svg;

use crate::build_program;
use anyhow::Context as _;
use sbpf_build::{Workspace, cargo, process};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Build everything and run a stake pool of 20 validators through six epochs on the embedded cluster
#[derive(clap::Args)]
pub struct Args {
    /// Write pictures to this folder: demo.svg, the end of the output, and show.svg, the answer of `tidepool show` at the end
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,

    /// Options of the demo itself: `cargo xtask demo -- --help` lists them
    #[arg(last = true)]
    options: Vec<String>,
}

/// Heading of the part of the output that a picture begins with.
const PICTURED_FROM: &str = "each on its target";

/// Heading of the part that a picture ends before.
const PICTURED_TO: &str = "Every pool token";

impl Args {
    /// Builds, then runs.
    pub fn run(self) -> anyhow::Result<()> {
        build_program::Args::default().run()?;
        let workspace = Workspace::here()?;
        let run = |what: &[&str]| {
            let mut command = cargo();
            command.current_dir(&workspace.root).args(["run", "--package=tidepool-localnet"]).args(what);
            command
        };
        let mut demo = run(&["--", "demo"]);
        demo.args(self.options);
        let Some(folder) = self.pictures else { return process::run(&mut demo) };
        let output = process::output_of(demo.env("CLICOLOR_FORCE", "1"))?;
        print!("{output}");
        let lines: Vec<_> = output.lines().collect();
        let line_with = |heading| lines.iter().position(|line| line.contains(heading));
        let end = line_with(PICTURED_FROM).zip(line_with(PICTURED_TO)).and_then(|(from, to)| lines.get(from..to));
        let end = end.with_context(|| format!("the demo printed no \"{PICTURED_FROM}\" before \"{PICTURED_TO}\""))?;
        write(&folder.join("demo.svg"), "End of `cargo xtask demo`", end.iter().copied())?;
        let shown = process::output_of(&mut run(&["--example=show"]))?;
        write(&folder.join("show.svg"), "`tidepool show` at the end of the demo", shown.lines())
    }
}

fn write<'a>(file: &Path, title: &str, lines: impl IntoIterator<Item = &'a str>) -> anyhow::Result<()> {
    fs::write(file, svg::picture(title, lines)).with_context(|| format!("cannot write {}", file.display()))
}
