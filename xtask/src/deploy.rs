//! The folder `target/deploy`, where tests, demo and people find the ELFs.

use anyhow::Context as _;
use sbpf_build::{Workspace, process};
use sha2::{Digest as _, Sha256};
use std::{fs, path::Path, process::Command};

/// Checks the version of an ELF and that the loader accepts it, puts it at `target/deploy/<name>`, and prints its version, size and hashes.
pub fn deploy(workspace: &Workspace, built: &Path, name: &str) -> anyhow::Result<()> {
    let verifier = workspace.build_binary("sbpf-vm", "sbpf-verify")?;
    let verdict = process::output_of(Command::new(verifier).arg(built))?;
    let verdict = verdict.rsplit(": ").next().unwrap_or_default().trim();
    let bytes = fs::read(built).with_context(|| format!("cannot read {}", built.display()))?;
    let folder = workspace.target_dir.join("deploy");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let elf = folder.join(name);
    fs::write(&elf, &bytes).with_context(|| format!("cannot write {}", elf.display()))?;
    println!("{}\n  {} bytes, sha256 {}", elf.display(), bytes.len(), hash(&bytes));
    // A deployed program is followed by zeros, and tools that compare it cannot know how many of them are its own.
    println!("  {} without closing zeros, as solana-verify has it\n  {verdict}", hash(without_zeros(&bytes)));
    Ok(())
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &bytes[..end]
}

#[cfg(test)]
mod tests {
    use super::without_zeros;

    #[test]
    fn closing_zeros_are_left_out() {
        assert_eq!(without_zeros(&[0, 1, 0, 2, 0, 0]), [0, 1, 0, 2]);
        assert!(without_zeros(&[0, 0]).is_empty());
    }
}
