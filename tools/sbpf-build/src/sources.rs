//! A copy of the sources of Rust's library, patched for the VM.

use crate::toolchain::Toolchain;
use anyhow::{Context as _, ensure};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// The patched file.
const FILE: &str = "library/std/src/sys/alloc/mod.rs";

/// An entry of `std`'s list of allocator alignments, for eight bytes. `std` does not compile for architectures that are not in the list;
/// the patch adds an entry for the VM.
const BEFORE: &str = "    target_arch = \"x86\",\n";
const AFTER: &str = "    target_arch = \"x86\",\n    target_arch = \"bpf\",\n";

/// The folder of the copy in a target directory. Creates the copy if it is missing or of another toolchain.
pub fn patched(toolchain: &Toolchain, target_dir: &Path) -> anyhow::Result<PathBuf> {
    let folder = target_dir.join("rust-src");
    // Written last, so that an incomplete copy is invalid.
    let (stamp, stamped) = (folder.join("stamp"), format!("{}{FILE}\n{AFTER}", toolchain.version));
    let is_made = || fs::read_to_string(&stamp).is_ok_and(|text| text == stamped);
    if is_made() {
        return Ok(folder);
    }
    let make = || -> anyhow::Result<()> {
        fs::create_dir_all(target_dir)?;
        let lock = File::create(folder.with_extension("lock"))?;
        lock.lock()?;
        // Another build may have created it in the meantime.
        if is_made() {
            return Ok(());
        }
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        copy(&toolchain.sources().join("library"), &folder.join("library"))?;
        let file = folder.join(FILE);
        fs::write(&file, patch(&fs::read_to_string(&file)?)?)?;
        fs::write(&stamp, &stamped)?;
        Ok(())
    };
    make().with_context(|| format!("the sources of Rust's library were not copied to {}", folder.display()))?;
    Ok(folder)
}

fn patch(text: &str) -> anyhow::Result<String> {
    ensure!(
        text.matches(BEFORE).count() == 1,
        "{FILE} is not as sbpf-build knows it: \
         use the Rust version that rust-toolchain.toml names, or change the patch in tools/sbpf-build/src/sources.rs"
    );
    Ok(text.replace(BEFORE, AFTER))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_the_architecture_once() {
        let list = "cfg!(any(\n    target_arch = \"x86\",\n    target_arch = \"arm\",\n))";
        let patched = patch(list).unwrap();
        assert_eq!(patched.matches("\"bpf\"").count(), 1);
        assert_eq!(patched.replace("    target_arch = \"bpf\",\n", ""), list);
        assert!(patch("cfg!(any())").unwrap_err().to_string().contains("rust-toolchain.toml"));
    }
    #[test]
    fn copies_when_missing_or_from_another_toolchain() {
        let folder = std::env::temp_dir().join(format!("sbpf-build-sources-{}", std::process::id()));
        let (sysroot, target_dir) = (folder.join("sysroot"), folder.join("target"));
        let mut toolchain = Toolchain { version: "rustc 1\n".into(), sysroot };
        let original = toolchain.sources().join(FILE);
        fs::create_dir_all(original.with_file_name("")).unwrap();
        let mut write_and_copy = |version: &str, text: &str| {
            toolchain.version = version.into();
            fs::write(&original, text).unwrap();
            fs::read_to_string(patched(&toolchain, &target_dir).unwrap().join(FILE)).unwrap()
        };
        assert_eq!(write_and_copy("rustc 1\n", BEFORE), AFTER);
        assert_eq!(write_and_copy("rustc 1\n", "not copied again"), AFTER);
        assert_eq!(write_and_copy("rustc 2\n", &format!("// new\n{BEFORE}")), format!("// new\n{AFTER}"));
        fs::remove_dir_all(folder).unwrap();
    }
}
