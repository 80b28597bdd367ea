//! `cargo xtask tidy`

mod imports;
mod length;
mod modules;

use crate::files;
use sbpf_build::Workspace;
use std::path::Path;

/// The crates whose files must form layers.
const LAYERED: [&str; 2] = ["cli", "client-lib"];

/// Check the shape of the sources: which file imports which, and how long files are
///
/// In the CLI and in the client library, files of different folders must not import each other in a circle: then a folder can
/// be read, tested and moved without the others. A file over 400 lines needs a line `//! Over 400 lines: REASON` at its top.
#[derive(clap::Args)]
pub struct Args {}

impl Args {
    /// Checks.
    pub fn run(self) -> anyhow::Result<()> {
        check(&Workspace::here()?.root)
    }
}

/// Checks the sources of the repository at `root`.
///
/// # Errors
/// Names each circle of imports, and each file that is too long.
pub fn check(root: &Path) -> anyhow::Result<()> {
    let mut faults = vec![];
    for name in LAYERED {
        let sources = format!("{name}/src");
        for circle in imports::circles(&modules::Crate::read(&root.join(&sources))?) {
            faults.push(format!("{sources}: files of different folders import each other:\n{circle}"));
        }
    }
    faults.extend(length::too_long(root, &files::sources(root)?)?);
    anyhow::ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}
