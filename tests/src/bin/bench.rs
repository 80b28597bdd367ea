//! What instructions cost, beside the published SPL stake pool: `cargo xtask bench`.

use {
    clap::Parser,
    std::{fs, path::PathBuf, process::ExitCode},
    tidepool_tests::bench::{Bench, Table, cases},
};

/// Measure the compute units of every instruction of both programs
#[derive(Parser)]
struct Args {
    /// Only cases whose names have this in them
    #[arg(long)]
    filter: Option<String>,
    /// Write all figures to this file, as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write Tidepool's figures to the committed table
    #[arg(long)]
    accept: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut bench = Bench::of_both();
    let wanted = |name: &str| args.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()));
    let rows = cases().iter().filter(|case| wanted(&case.name)).map(|case| bench.run(case)).collect();
    let table = Table { rows };
    print!("{}", table.text());
    if let Some(path) = &args.json
        && let Err(error) = fs::write(path, format!("{:#}\n", table.json()))
    {
        eprintln!("error: {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
