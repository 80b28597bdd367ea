//! `cargo xtask words`

mod check;
mod list;
mod paths;
mod text;

use check::Uses;
use list::{LIST, List};
use sbpf_build::Workspace;
use std::path::Path;

/// Check the words of all text in the repository, and that the files which the guides name exist
///
/// Text is Markdown, and the comments and string literals of sources. words.toml lists words to avoid, with what to write
/// instead, and how often each area of the repository still has them. More uses fail, and so do fewer, until --accept lowers
/// the numbers.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Lower the numbers of words.toml to today's; they are never raised
    #[arg(long)]
    accept: bool,
}

impl Args {
    /// Checks, and lists the uses that remain by area.
    pub fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::here()?;
        let uses = check(&workspace.root, self.accept)?;
        for (area, count) in uses.by_area() {
            println!("{area}: {count}");
        }
        Ok(())
    }
}

/// Checks words and paths in the repository at `root`.
///
/// # Errors
/// Names each use that [`LIST`] does not allow, and each path that does not exist.
pub fn check(root: &Path, accept: bool) -> anyhow::Result<Uses> {
    let mut list = List::read(root)?;
    let uses = Uses::find(root, &list)?;
    let mut faults = uses.excess(&list);
    if accept && faults.is_empty() {
        list.allowed = uses.counts();
        list.write(root)?;
    }
    faults.extend(uses.slack(&list));
    faults.extend(paths::missing(root)?);
    anyhow::ensure!(faults.is_empty(), "{}\n{} faults: see {LIST}", faults.join("\n"), faults.len());
    Ok(uses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_has_no_new_uses_and_names_files_that_exist() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        if let Err(faults) = check(&root, false) {
            panic!("{faults}");
        }
    }
}
