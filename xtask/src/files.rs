//! Files and folders.

use anyhow::Context as _;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Folders without text of the repository's own: built, generated and installed files, and inputs of fuzzers.
const WITHOUT_TEXT: [&str; 7] = ["target", ".git", "corpus", "node_modules", "dist", "artifacts", "generated"];

/// Copies a file into a folder that may not be there yet.
pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// The files of the repository at `root`, as paths from there with `/`, in order.
pub fn sources(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = vec![];
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let listed = fs::read_dir(root.join(&folder)).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in listed.with_context(|| format!("cannot read the folder {}", folder.display()))? {
            let path = folder.join(entry.file_name());
            if !entry.file_type()?.is_dir() {
                found.push(path.to_string_lossy().replace('\\', "/"));
            } else if !WITHOUT_TEXT.iter().any(|name| entry.file_name() == *name) {
                folders.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
