//! Writes the IDL, or checks it. `cargo xtask idl` runs it.

use {
    anyhow::Context as _,
    clap::Parser,
    std::path::{Path, PathBuf},
    tidepool_idl::{codec::Codec, saved_account},
};

/// Write the IDL and the table of instructions
#[derive(Parser)]
struct Args {
    /// Check only that they are up to date
    #[arg(long)]
    check: bool,
    /// Read accounts (`solana account ADDRESS --output json`) with the IDL, and check that the interface reads the same values
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "check")]
    decode: Vec<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if args.check {
        return tidepool_idl::check(&root);
    }
    if args.decode.is_empty() {
        return tidepool_idl::write(&root);
    }
    let [(_, idl), ..] = tidepool_idl::files();
    let codec = Codec::new(&idl)?;
    for file in &args.decode {
        let decoded = decode(&codec, file).with_context(|| file.display().to_string())?;
        println!("{}: {decoded}", file.display());
    }
    Ok(())
}

fn decode(codec: &Codec, file: &Path) -> anyhow::Result<String> {
    let data = saved_account(file)?;
    let (name, read) = codec.check_account(&data)?;
    Ok(format!("{name}, {read} of {} bytes", data.len()))
}
