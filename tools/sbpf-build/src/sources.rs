//! A copy of the sources of Rust's library, patched for the VM.

use crate::toolchain::Toolchain;
use anyhow::{Context as _, ensure};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// A change of one file.
struct Patch {
    file: &'static str,
    before: &'static str,
    after: &'static str,
    /// How often the file contains `before`.
    times: usize,
}

/// An entry of `std`'s list of allocator alignments, for eight bytes. `std` does not compile for architectures that are not in the list;
/// the patch adds an entry for the VM.
const ALIGNMENT: Patch = Patch {
    file: "library/std/src/sys/alloc/mod.rs",
    before: "    target_arch = \"x86\",\n",
    after: "    target_arch = \"x86\",\n    target_arch = \"bpf\",\n",
    times: 1,
};

/// The scratch space of a stable sort, which would fill a whole frame of the VM.
const SORT: Patch = Patch {
    file: "library/core/src/slice/sort/stable/mod.rs",
    before: "AlignedStorage::<T, 4096>",
    after: "AlignedStorage::<T, 1024>",
    times: 2,
};

/// The keys of a `HashMap`, which are in a writable static: a program has none.
const HASH_KEYS: Patch = Patch {
    file: "library/std/src/hash/random.rs",
    before: "    pub fn new() -> RandomState {\n",
    after: "    pub fn new() -> RandomState {\n        return RandomState { k0: 0, k1: 0 };\n        #[allow(unreachable_code)]\n",
    times: 1,
};

/// Which parts of `std` a program uses, and so which files are patched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Library {
    /// Neither maps with random keys nor stable sorts of long slices.
    Plain,
    /// Those too.
    WithMapsAndSorts,
}

impl Library {
    fn patches(self) -> &'static [Patch] {
        match self {
            Self::Plain => &[ALIGNMENT],
            Self::WithMapsAndSorts => &[ALIGNMENT, SORT, HASH_KEYS],
        }
    }
}

/// The folder of the copy in a target directory. Creates the copy if it is missing, of another toolchain or patched otherwise.
pub fn patched(toolchain: &Toolchain, target_dir: &Path, library: Library) -> anyhow::Result<PathBuf> {
    let folder = target_dir.join("rust-src");
    // Written last, so that an incomplete copy is invalid.
    let patches = library.patches().iter().map(|Patch { file, after, .. }| format!("{file}\n{after}"));
    let (stamp, stamped) = (folder.join("stamp"), format!("{}{}", toolchain.version, patches.collect::<String>()));
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
        for patch in library.patches() {
            let file = folder.join(patch.file);
            fs::write(&file, patch.apply(&fs::read_to_string(&file)?)?)?;
        }
        fs::write(&stamp, &stamped)?;
        Ok(())
    };
    make().with_context(|| format!("the sources of Rust's library were not copied to {}", folder.display()))?;
    Ok(folder)
}

impl Patch {
    fn apply(&self, text: &str) -> anyhow::Result<String> {
        let Self { file, before, after, times } = self;
        ensure!(
            text.matches(before).count() == *times,
            "{file} is not as sbpf-build knows it: \
             use the Rust version that rust-toolchain.toml names, or change the patch in tools/sbpf-build/src/sources.rs"
        );
        Ok(text.replace(before, after))
    }
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
        let patched = ALIGNMENT.apply(list).unwrap();
        assert_eq!(patched.matches("\"bpf\"").count(), 1);
        assert_eq!(patched.replace("    target_arch = \"bpf\",\n", ""), list);
        assert!(ALIGNMENT.apply("cfg!(any())").unwrap_err().to_string().contains("rust-toolchain.toml"));
    }

    #[test]
    fn every_patch_applies_to_this_toolchain() {
        let toolchain = Toolchain::prepare().unwrap();
        for patch in Library::WithMapsAndSorts.patches() {
            let text = fs::read_to_string(toolchain.sources().join(patch.file)).unwrap();
            assert!(patch.apply(&text).unwrap().contains(patch.after), "{}", patch.file);
        }
    }

    #[test]
    fn copies_when_missing_or_from_another_toolchain() {
        let folder = std::env::temp_dir().join(format!("sbpf-build-sources-{}", std::process::id()));
        let (sysroot, target_dir) = (folder.join("sysroot"), folder.join("target"));
        let mut toolchain = Toolchain { version: "rustc 1\n".into(), sysroot };
        let original = toolchain.sources().join(ALIGNMENT.file);
        fs::create_dir_all(original.with_file_name("")).unwrap();
        let mut write_and_copy = |version: &str, text: &str| {
            toolchain.version = version.into();
            fs::write(&original, text).unwrap();
            fs::read_to_string(patched(&toolchain, &target_dir, Library::Plain).unwrap().join(ALIGNMENT.file)).unwrap()
        };
        assert_eq!(write_and_copy("rustc 1\n", ALIGNMENT.before), ALIGNMENT.after);
        assert_eq!(write_and_copy("rustc 1\n", "not copied again"), ALIGNMENT.after);
        assert_eq!(
            write_and_copy("rustc 2\n", &format!("// new\n{}", ALIGNMENT.before)),
            format!("// new\n{}", ALIGNMENT.after)
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
