//! Programs that the published crate carries for its own tests. They are read from where cargo keeps the crate, and are not
//! part of this repository.

use {
    serde_json::Value,
    std::{path::PathBuf, process::Command},
};

/// The Metaplex token metadata program.
pub const METADATA_PROGRAM: &str = "mpl_token_metadata.so";

/// A stake program older than the bank's.
pub const OLDER_STAKE_PROGRAM: &str = "solana_stake_program.so";

/// Reads a program of the crate `spl-stake-pool`.
pub fn read(name: &str) -> Vec<u8> {
    let path = folder().join("tests").join("fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn folder() -> PathBuf {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args([
        "metadata",
        "--format-version=1",
        "--manifest-path",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ]);
    let output = command.output().expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages
        .iter()
        .find(|package| package["name"] == "spl-stake-pool" && package["version"] == "2.2.0")
        .expect("the workspace tests against spl-stake-pool 2.2.0");
    let manifest = package["manifest_path"].as_str().expect("a path");
    PathBuf::from(manifest).parent().expect("a folder").to_path_buf()
}
