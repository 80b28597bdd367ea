//! Writes the IDL, or checks it. `cargo xtask idl` runs it.

use {clap::Parser, std::path::Path};

/// Write the IDL and the table of instructions
#[derive(Parser)]
struct Args {
    /// Check only that they are up to date
    #[arg(long)]
    check: bool,
}

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if Args::parse().check { tidepool_idl::check(&root) } else { tidepool_idl::write(&root) }
}
