//! Digests of files and folders.

use crate::ElfError;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The SHA-256 of `bytes`, in hexadecimal.
pub fn of_bytes(bytes: &[u8]) -> String {
    hexadecimal(Sha256::digest(bytes))
}

/// The SHA-256 of the files at these paths and below, in hexadecimal. Paths are relative to `root`, and so are the names
/// that the digest includes: the same files in another folder have the same digest.
pub fn of_files(root: &Path, paths: impl Iterator<Item = &'static str>) -> Result<String, ElfError> {
    let mut files = BTreeMap::new();
    for path in paths {
        let path = root.join(path);
        collect(&path, &mut files).map_err(|source| ElfError::Source { path, source })?;
    }
    let mut all = Sha256::new();
    for (path, digest) in files {
        let name = path.strip_prefix(root).unwrap_or(&path);
        all.update(format!("{digest} {}\n", name.display()));
    }
    Ok(hexadecimal(all.finalize()))
}

fn collect(path: &Path, files: &mut BTreeMap<PathBuf, String>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else {
        files.insert(path.to_owned(), of_bytes(&fs::read(path)?));
    }
    Ok(())
}

fn hexadecimal(digest: impl AsRef<[u8]>) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
