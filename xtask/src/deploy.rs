//! The folder `target/deploy`, where tests, demo and people find the ELFs.

use anyhow::Context as _;
use sbpf_build::{Workspace, process};
use sha2::{Digest as _, Sha256};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// Checks that a cluster would accept an ELF, puts it at `target/deploy/<name>`, and says what it is.
pub fn deploy(workspace: &Workspace, built: &Path, name: &str) -> anyhow::Result<()> {
    let verifier = workspace.build_binary("sbpf-vm", "sbpf-verify")?;
    process::run(Command::new(verifier).arg(built).stdout(Stdio::null()))?;
    let bytes = fs::read(built).with_context(|| format!("cannot read {}", built.display()))?;
    let folder = workspace.target_dir.join("deploy");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let elf = folder.join(name);
    fs::write(&elf, &bytes).with_context(|| format!("cannot write {}", elf.display()))?;
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{}\n  {} bytes, sha256 {digest}\n  the loader accepts it", elf.display(), bytes.len());
    Ok(())
}
