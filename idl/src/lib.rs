//! The IDL of the program, from the tables of `tidepool-interface` that the program itself is compiled from.
//!
//! Instructions, accounts, arguments, layouts, events and errors come from [`tidepool_interface::schema`]. Written by hand are only the
//! seeds of addresses (`pda`) and how accounts are put together from layouts (`account`); tests hold both to the interface.

mod account;
mod anchor;
pub mod codec;
mod instruction;
mod pda;
mod table;
mod text;
mod types;

use {
    anyhow::{Context as _, ensure},
    base64::{Engine as _, prelude::BASE64_STANDARD},
    codama_nodes::{ErrorNode, ProgramNode, RootNode},
    std::{fs, path::Path},
    tidepool_interface::{address::SPL_STAKE_POOL_PROGRAM_ID, event::Event, schema},
};

/// The IDL for Codama.
pub fn codama() -> RootNode {
    let mut program =
        ProgramNode::new("tidepool", SPL_STAKE_POOL_PROGRAM_ID.to_string()).set_version(env!("CARGO_PKG_VERSION"));
    program.accounts = account::all();
    program.pdas = pda::all();
    program.instructions = schema::instructions().map(instruction::node).collect();
    program.events = Event::SCHEMA.iter().map(types::event).collect();
    program.errors = schema::errors().map(|error| ErrorNode::new(error.name, error.code, error.message)).collect();
    program.defined_types = types::defined(&account::layouts());
    RootNode::new(program)
}

/// The files that are generated, by path in the repository.
pub fn files() -> [(&'static str, String); 3] {
    let root = codama();
    [
        ("idl/tidepool.codama.json", json(&root)),
        ("idl/tidepool.anchor.json", json(&anchor::idl(&root.program))),
        ("docs/instructions.md", table::markdown()),
    ]
}

/// The data of an account that `solana account ADDRESS --output json` has written to a file.
///
/// # Errors
/// If the file cannot be read, or is no such account.
pub fn saved_account(file: &Path) -> anyhow::Result<Vec<u8>> {
    let saved: serde_json::Value = serde_json::from_slice(&fs::read(file)?)?;
    let data = saved["account"]["data"][0].as_str().context("no account in base64")?;
    Ok(BASE64_STANDARD.decode(data)?)
}

fn json(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("nodes are plain data");
    text + "\n"
}

/// Writes the files of [`files`] into the repository at `root`.
///
/// # Errors
/// Names the file that cannot be written.
pub fn write(root: &Path) -> anyhow::Result<()> {
    for (path, text) in files() {
        fs::write(root.join(path), text).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}

/// Checks that the files of the repository at `root` are those of [`files`].
///
/// # Errors
/// Names each file that differs.
pub fn check(root: &Path) -> anyhow::Result<()> {
    let differs = |(path, text): &(&str, String)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(text);
    let stale: Vec<_> = files().into_iter().filter(differs).map(|(path, _)| path).collect();
    ensure!(stale.is_empty(), "{} differ from the source: run `cargo xtask idl`", stale.join(", "));
    Ok(())
}
