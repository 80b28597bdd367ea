//! `cargo xtask wasm`

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sbpf_build::{Workspace, cargo, process};
use std::{fs, path::Path, process::Command};

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm";

/// The module that holds the compiled quotes, which git ignores: it follows from the sources.
const MODULE: &str = "clients/js/src/wasm/module.ts";

/// Compile the quotes for clients/js to WebAssembly, and write them into its sources
///
/// Installs Rust's target where it is missing. The bytes are in a module of TypeScript, so that no bundler and no server has to know
/// about WebAssembly.
#[derive(clap::Args, Default)]
pub struct Args {}

impl Args {
    /// Builds, and tells the size.
    pub fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::here()?;
        add_target()?;
        let mut build = cargo();
        build.current_dir(&workspace.root).args(["build", "--package=tidepool-wasm", "--lib", "--target", TARGET]);
        process::run(build.args(["--profile", PROFILE]))?;
        let built = workspace.target_dir.join(TARGET).join(PROFILE).join("tidepool_wasm.wasm");
        let bytes = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
        println!("quotes: {} bytes of WebAssembly", bytes.len());
        let text = format!(
            "/** The compiled crate `wasm`: written by `cargo xtask wasm`. */\nexport const WASM_BASE64 =\n    '{}';\n",
            STANDARD.encode(&bytes)
        );
        write_if_changed(&workspace.root.join(MODULE), &text)
    }
}

/// Adds Rust's target, unless it is there.
fn add_target() -> anyhow::Result<()> {
    let installed = process::output_of(Command::new("rustup").args(["target", "list", "--installed"]))?;
    if installed.lines().any(|target| target == TARGET) {
        return Ok(());
    }
    process::run(Command::new("rustup").args(["target", "add", TARGET]))
}

/// Writes a file, unless it has this text: its time of change stays, too.
fn write_if_changed(path: &Path, text: &str) -> anyhow::Result<()> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
