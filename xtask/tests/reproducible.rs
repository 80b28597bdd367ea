//! Builds are reproducible: the program has the same bytes in any folder and on any machine.

use sbpf_build::{Platform, Program, Workspace, cargo_home};
use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

#[test]
fn same_bytes_from_another_folder_and_another_cargo_home() -> anyhow::Result<()> {
    let workspace = Workspace::here()?;
    let linker = workspace.build_binary("sbpf-link", "sbpf-link")?;
    let folder = workspace.target_dir.join("reproducible");
    let (one, two) = (folder.join("one"), folder.join("two/further/down"));
    copy_sources(&workspace.root, &one)?;
    copy_sources(&one, &two)?;
    let home = folder.join("cargo-home");
    link_cargo_home(&home)?;

    let first = build(&one, folder.join("target-one"), None, &linker)?;
    let second = build(&two, folder.join("target-two"), Some(home), &linker)?;
    assert!(first == second, "the two files differ: see target-one and target-two in {}", folder.display());

    let contact = solana_security_txt::find_and_parse(&first)?;
    assert_eq!(contact.name, "Tidepool");
    assert!(!contact.contacts.is_empty(), "whom to tell of a weakness");

    let text = String::from_utf8_lossy(&first);
    for private in [&folder, &cargo_home()?] {
        assert!(!text.contains(&*private.to_string_lossy()), "the program contains the path {}", private.display());
    }
    Ok(())
}

fn build(root: &Path, target_dir: PathBuf, cargo_home: Option<PathBuf>, linker: &Path) -> anyhow::Result<Vec<u8>> {
    let manifest = root.join("Cargo.toml");
    let program =
        Program { manifest, package: "tidepool-program".into(), platform: Platform::Core, target_dir, cargo_home };
    Ok(fs::read(program.build(linker)?)?)
}

/// Copies a workspace without what was built and without its history.
fn copy_sources(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if name == "target" || name == ".git" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_sources(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Another path to what cargo has downloaded already.
fn link_cargo_home(home: &Path) -> anyhow::Result<()> {
    if home.exists() {
        fs::remove_dir_all(home)?;
    }
    fs::create_dir_all(home)?;
    for entry in fs::read_dir(cargo_home()?)? {
        let entry = entry?;
        symlink(entry.path(), home.join(entry.file_name()))?;
    }
    Ok(())
}
