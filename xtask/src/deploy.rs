//! Checking a built ELF and putting it into `target/deploy`.

use anyhow::Context as _;
use program_elf::Elf;
use sbpf_build::{Workspace, process};
use sha2::{Digest as _, Sha256};
use std::{fs, path::PathBuf, process::Command};

/// Builds an ELF, checks its version and that the loader accepts it, puts it into `target/deploy`, and prints its size,
/// hashes and version.
pub fn deploy(workspace: &Workspace, elf: Elf, build: impl FnOnce() -> anyhow::Result<PathBuf>) -> anyhow::Result<()> {
    // Before the build: sources that change meanwhile make the ELF stale.
    let sources = elf.digest_sources(&workspace.root)?;
    let built = build()?;
    let verifier = workspace.build_binary("sbpf-vm", "sbpf-verify")?;
    let verdict = process::output_of(Command::new(verifier).arg(&built))?;
    let verdict = verdict.rsplit(": ").next().unwrap_or_default().trim();
    let bytes = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
    let path = elf.write(&workspace.target_dir, &bytes, &sources)?;
    println!("{}\n  {} bytes, sha256 {}", path.display(), bytes.len(), hash(&bytes));
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
