//! The ELFs in `target/deploy`, with a check that they are up to date.
//!
//! cargo does not know that tests depend on an ELF. `cargo xtask build-program` therefore records a digest of the sources beside the
//! ELF. All users of the ELF read it through this crate: an ELF of older sources is an error.

#![expect(missing_docs, reason = "its users are the crates of this repository")]

mod digest;
mod error;

pub use error::ElfError;

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// An ELF that `cargo xtask` builds from this repository.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Elf {
    /// Tidepool's program: `tidepool.so`.
    Tidepool,
    /// The published SPL stake pool: `reference.so`.
    Reference,
    /// The example of a program that calls a pool: `vault.so`.
    Vault,
    /// The published multisig program Squads v4, for tests: `squads.so`.
    Squads,
}

/// The build tools of every ELF, relative to the root of the repository.
const TOOLS: [&str; 8] = [
    "Cargo.lock",
    "Cargo.toml",
    "rust-toolchain.toml",
    "tools/sbpf-build/src",
    "tools/sbpf-link/Cargo.toml",
    "tools/sbpf-link/build.rs",
    "tools/sbpf-link/runtime",
    "tools/sbpf-link/src",
];

impl Elf {
    /// The name of the file in `target/deploy`.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Tidepool => "tidepool.so",
            Self::Reference => "reference.so",
            Self::Vault => "vault.so",
            Self::Squads => "squads.so",
        }
    }

    pub fn build_command(self) -> &'static str {
        match self {
            Self::Tidepool => "cargo xtask build-program",
            Self::Reference => "cargo xtask reference",
            Self::Vault => "cargo xtask vault",
            Self::Squads => "cargo xtask squads",
        }
    }

    fn sources(self) -> &'static [&'static str] {
        match self {
            Self::Tidepool => &[
                "core/Cargo.toml",
                "core/src",
                "interface/Cargo.toml",
                "interface/src",
                "program/Cargo.toml",
                "program/src",
            ],
            Self::Reference => &["tools/reference"],
            Self::Vault => &[
                "core/Cargo.toml",
                "core/src",
                "cpi/Cargo.toml",
                "cpi/src",
                "examples/vault-by-cpi",
                "interface/Cargo.toml",
                "interface/src",
            ],
            Self::Squads => &["tools/squads", "xtask/src/squads.rs"],
        }
    }

    /// The SHA-256 of the names and contents of all sources below `root`, the folder of the repository.
    ///
    /// # Errors
    /// [`ElfError`] if a source cannot be read.
    pub fn digest_sources(self, root: &Path) -> Result<String, ElfError> {
        digest::of_files(root, TOOLS.iter().chain(self.sources()).copied())
    }

    /// Writes an ELF that was built from sources with this digest to `target_dir/deploy`, and returns its path.
    ///
    /// # Errors
    /// [`ElfError`] if the folder or a file cannot be written.
    pub fn write(self, target_dir: &Path, elf: &[u8], sources: &str) -> Result<PathBuf, ElfError> {
        let path = self.path_in(target_dir);
        let write = |path: &Path, bytes: &[u8]| {
            fs::write(path, bytes).map_err(|source| ElfError::Write { path: path.to_owned(), source })
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| ElfError::Write { path: folder.to_owned(), source })?;
        }
        write(&path, elf)?;
        write(&record_of(&path), record(elf, sources).as_bytes())?;
        Ok(path)
    }

    /// The path of the ELF of this checkout, checked to be up to date with its sources.
    ///
    /// The checkout is that of the crate that cargo runs, or else that of the working directory, or else that in which this crate was
    /// compiled. The target folder is `CARGO_TARGET_DIR`, or else `target` in the checkout.
    ///
    /// # Errors
    /// [`ElfError`] if the ELF was not built, or not from the present sources.
    pub fn path(self) -> Result<PathBuf, ElfError> {
        self.find().map(|(path, _)| path)
    }

    /// The bytes of the ELF of [`Self::path`].
    ///
    /// # Errors
    /// As [`Self::path`].
    pub fn read(self) -> Result<Vec<u8>, ElfError> {
        self.find().map(|(_, elf)| elf)
    }

    /// Finds the ELF, once per process: tests load it thousands of times.
    fn find(self) -> Result<(PathBuf, Vec<u8>), ElfError> {
        static FOUND: [OnceLock<(PathBuf, Vec<u8>)>; 4] = [const { OnceLock::new() }; 4];
        let found = &FOUND[self as usize];
        if found.get().is_none() {
            let root = checkout();
            let target_dir = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
            let _ = found.set(self.find_in(&root, &target_dir)?);
        }
        Ok(found.get().expect("set above, here or in another thread").clone())
    }

    fn find_in(self, root: &Path, target_dir: &Path) -> Result<(PathBuf, Vec<u8>), ElfError> {
        let path = self.path_in(target_dir);
        let elf = fs::read(&path).map_err(|source| ElfError::NotBuilt { elf: self, path: path.clone(), source })?;
        // Without a record, or with that of another ELF, the sources of the ELF are unknown.
        let recorded = fs::read_to_string(record_of(&path)).unwrap_or_default();
        if recorded == record(&elf, &self.digest_sources(root)?) {
            Ok((path, elf))
        } else {
            Err(ElfError::Stale { elf: self, path })
        }
    }

    fn path_in(self, target_dir: &Path) -> PathBuf {
        target_dir.join("deploy").join(self.file_name())
    }
}

/// The file beside an ELF with the digest of its sources.
fn record_of(elf: &Path) -> PathBuf {
    let mut name = elf.as_os_str().to_owned();
    name.push(".sources");
    name.into()
}

fn record(elf: &[u8], sources: &str) -> String {
    format!("sources {sources}\nelf {}\n", digest::of_bytes(elf))
}

/// The root of the repository.
fn checkout() -> PathBuf {
    // Two checkouts can share a target folder. The compiled path is then that of the last build.
    let running = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let compiled = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let candidates = [running, env::current_dir().ok(), Some(compiled.clone())];
    let is_checkout = |folder: &&Path| folder.join("tools/program-elf/Cargo.toml").is_file();
    let found = candidates.iter().flatten().find_map(|folder| folder.ancestors().find(is_checkout));
    found.map_or(compiled, Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout with one file in each place, and an ELF that was built from it.
    fn built() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        for source in TOOLS.iter().chain(Elf::Tidepool.sources()) {
            let path = folder.path().join(source);
            let file = if path.extension().is_some() { path } else { path.join("lib.rs") };
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, source).unwrap();
        }
        let target_dir = folder.path().join("target");
        let sources = Elf::Tidepool.digest_sources(folder.path()).unwrap();
        Elf::Tidepool.write(&target_dir, b"elf", &sources).unwrap();
        (folder, target_dir)
    }

    fn message(root: &Path, target_dir: &Path) -> String {
        Elf::Tidepool.find_in(root, target_dir).unwrap_err().to_string()
    }

    #[test]
    fn reads_an_elf_of_the_present_sources() {
        let (root, target_dir) = built();
        let (path, elf) = Elf::Tidepool.find_in(root.path(), &target_dir).unwrap();
        assert_eq!((path, &*elf), (target_dir.join("deploy/tidepool.so"), &b"elf"[..]));
    }

    #[test]
    fn rejects_an_elf_after_any_change_of_its_sources() {
        let (root, target_dir) = built();
        let file = root.path().join("program/src/lib.rs");
        let original = fs::read(&file).unwrap();
        fs::write(&file, "changed").unwrap();
        assert!(message(root.path(), &target_dir).ends_with("run `cargo xtask build-program`"));
        fs::write(&file, original).unwrap();
        assert!(Elf::Tidepool.find_in(root.path(), &target_dir).is_ok());

        let added = root.path().join("interface/src/state/new.rs");
        fs::create_dir_all(added.parent().unwrap()).unwrap();
        fs::write(&added, "").unwrap();
        assert!(message(root.path(), &target_dir).contains("is stale"));
        fs::rename(&added, added.with_file_name("renamed.rs")).unwrap();
        assert!(message(root.path(), &target_dir).contains("is stale"));
        fs::remove_dir_all(added.parent().unwrap()).unwrap();
        assert!(Elf::Tidepool.find_in(root.path(), &target_dir).is_ok());

        fs::remove_file(file).unwrap();
        assert!(message(root.path(), &target_dir).contains("is stale"));
    }

    #[test]
    fn rejects_an_elf_that_is_not_the_recorded_one() {
        let (root, target_dir) = built();
        fs::write(target_dir.join("deploy/tidepool.so"), "another").unwrap();
        assert!(message(root.path(), &target_dir).contains("is stale"));
        fs::remove_file(target_dir.join("deploy/tidepool.so.sources")).unwrap();
        assert!(message(root.path(), &target_dir).contains("is stale"));
        fs::remove_file(target_dir.join("deploy/tidepool.so")).unwrap();
        assert!(message(root.path(), &target_dir).ends_with("run `cargo xtask build-program` first"));
    }

    #[test]
    fn names_every_source_of_this_checkout() {
        let root = checkout();
        for elf in [Elf::Tidepool, Elf::Reference, Elf::Vault, Elf::Squads] {
            for source in TOOLS.iter().chain(elf.sources()) {
                assert!(root.join(source).exists(), "{source}");
            }
        }
    }
}
