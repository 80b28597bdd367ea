//! Removes the machine's folders from ELFs, for reproducible builds.
//!
//! A panic message has the path of the source file. For dependencies and `core`, the path starts with a folder of the machine, so builds
//! on two machines would differ. This replaces the prefixes. The alternative, `-Z location-detail=none`, would also remove file and line,
//! which make a panic in the log useful.

use std::{fs, path::Path};

/// The flags for rustc; `rust` is the folder with the sources of Rust's library.
pub fn flags(workspace: &Path, rust: &Path, cargo_home: &Path) -> Vec<String> {
    let mut folders = vec![(workspace.to_owned(), ""), (rust.to_owned(), "rust")];
    // Each registry or mirror has its own folder. cargo has built this process from the same registries, so the folders exist.
    let registries = fs::read_dir(cargo_home.join("registry/src"));
    folders.extend(registries.into_iter().flatten().flatten().map(|registry| (registry.path(), "")));
    // The last match counts, and a folder can be inside another.
    folders.sort();
    folders.iter().map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())).collect()
}
