//! Takes the machine's folders out of what is compiled.
//!
//! A panic message names the source file, and the path of a file in a dependency or in `core` begins with a folder of
//! the machine. So the same program built twice, on two machines, would not have the same bytes. The prefixes are
//! replaced; the alternative, `-Z location-detail=none`, would leave out file and line as well, and with them what a
//! panic in the log can tell.

use std::{fs, path::Path};

/// The flags for rustc; `rust` is the folder with the sources of Rust's library.
pub fn flags(workspace: &Path, rust: &Path, cargo_home: &Path) -> Vec<String> {
    let mut folders = vec![(workspace.to_owned(), ""), (rust.to_owned(), "rust")];
    // Each registry, or mirror of one, has a folder of its own name. What runs this was built by cargo from the same
    // registries, so the folders are there.
    let registries = fs::read_dir(cargo_home.join("registry/src"));
    folders.extend(registries.into_iter().flatten().flatten().map(|registry| (registry.path(), "")));
    // The last one that fits counts, and a folder may be inside of another.
    folders.sort();
    folders.iter().map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())).collect()
}
