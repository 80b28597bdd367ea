//! `cargo xtask squads`

use crate::deploy::deploy;
use anyhow::{Context as _, ensure};
use program_elf::Elf;
use sbpf_build::{Library, Platform, Program, Workspace, cargo, process::output_of};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The library whose copy is patched.
const SOLANA_PROGRAM: &str = "solana-program";

/// The rent of an account, which `solana-program` computes with floating point: the VM has none.
const RENT_FILE: &str = "src/rent.rs";
const RENT: &str = "(((ACCOUNT_STORAGE_OVERHEAD + bytes) * self.lamports_per_byte_year) as f64\n            * self.exemption_threshold) as u64";
/// With the threshold of every cluster, two years.
const WHOLE_RENT: &str = "(ACCOUNT_STORAGE_OVERHEAD + bytes) * self.lamports_per_byte_year * 2";

/// A copy's warnings count, unlike those of a downloaded crate.
const LINTS: &str = "\n[lints.rust]\nwarnings = \"allow\"\ndangerous_implicit_autorefs = \"allow\"\n";

/// Build the published multisig program Squads v4 for tests, and put it at target/deploy/squads.so
///
/// The crate is downloaded from the registry. Its licence, the Business Source License 1.1, allows non-production use.
#[derive(clap::Args, Default)]
pub struct Args {}

impl Args {
    /// Builds, verifies and reports.
    pub fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::here()?;
        deploy(&workspace, Elf::Squads, || {
            let target_dir = workspace.target_dir.join("squads");
            let program = Program {
                manifest: prepare(&workspace.root.join("tools/squads"), &target_dir.join("program"))?,
                package: "squads".into(),
                platform: Platform::Std {
                    target: workspace.root.join("tools/reference/sbpf-std.json"),
                    library: Library::WithMapsAndSorts,
                },
                target_dir,
                cargo_home: None,
            };
            program.build(&workspace.build_binary("sbpf-link", "sbpf-link")?)
        })
    }
}

/// Makes a copy of the crate with a patched `solana-program`, and returns its manifest. Files that stay what they are keep their time:
/// cargo then builds nothing again.
fn prepare(folder: &Path, copy: &Path) -> anyhow::Result<PathBuf> {
    let manifest = folder.join("Cargo.toml");
    let library = downloaded(&manifest)?;
    copy_all(
        &library,
        &copy.join(SOLANA_PROGRAM),
        &[(RENT_FILE, &whole_rent), ("Cargo.toml", &|text| Ok(text + LINTS))],
    )?;
    let patch = format!("\n[patch.crates-io]\n{SOLANA_PROGRAM} = {{ path = \"{SOLANA_PROGRAM}\" }}\n");
    copy_all(folder, copy, &[("Cargo.toml", &|text| Ok(text + &patch))])?;
    Ok(copy.join("Cargo.toml"))
}

fn whole_rent(text: String) -> anyhow::Result<String> {
    ensure!(text.matches(RENT).count() == 1, "{RENT_FILE} of {SOLANA_PROGRAM} is not as this command knows it");
    Ok(text.replace(RENT, WHOLE_RENT))
}

/// The folder of the `solana-program` that cargo has downloaded for this manifest.
fn downloaded(manifest: &Path) -> anyhow::Result<PathBuf> {
    let mut command = cargo();
    command.args(["metadata", "--locked", "--format-version=1", "--manifest-path"]).arg(manifest);
    let metadata: Value = serde_json::from_str(&output_of(&mut command)?)?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let library = packages.iter().find(|package| package["name"] == SOLANA_PROGRAM);
    let path = library.and_then(|library| library["manifest_path"].as_str());
    let path = path.with_context(|| format!("{} does not depend on {SOLANA_PROGRAM}", manifest.display()))?;
    Ok(Path::new(path).with_file_name(""))
}

/// A file, relative to its folder, and how its text is changed.
type Change<'a> = (&'a str, &'a dyn Fn(String) -> anyhow::Result<String>);

fn copy_all(from: &Path, to: &Path, changes: &[Change]) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make the folder {}", to.display()))?;
    let entries = fs::read_dir(from).with_context(|| format!("cannot read the folder {}", from.display()))?;
    for entry in entries {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let target = to.join(&name);
        if path.is_dir() {
            let prefix = format!("{}/", name.to_string_lossy());
            let within = changes.iter().filter_map(|(file, change)| Some((file.strip_prefix(&prefix)?, *change)));
            copy_all(&path, &target, &within.collect::<Vec<_>>())?;
            continue;
        }
        let mut bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if let Some((_, change)) = changes.iter().find(|(file, _)| name == **file) {
            bytes = change(String::from_utf8(bytes)?)?.into_bytes();
        }
        if fs::read(&target).ok().as_ref() != Some(&bytes) {
            fs::write(&target, bytes).with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(())
}
