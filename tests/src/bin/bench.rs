//! What instructions cost, beside the published SPL stake pool: `cargo xtask bench`.

use {
    clap::Parser,
    std::{fs, path::PathBuf, process::ExitCode},
    tidepool_tests::bench::{Bench, TURNOVER_SIZES, committed_table},
};

/// Measure the compute units of every instruction of both programs
#[derive(Parser)]
struct Args {
    /// Only cases whose names have this in them, and no turnovers
    #[arg(long, conflicts_with = "accept")]
    filter: Option<String>,
    /// Write all figures to this file, as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// Make Tidepool's figures the committed ones
    #[arg(long)]
    accept: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), String> {
    let sizes = if args.filter.is_some() { &[][..] } else { &TURNOVER_SIZES };
    let table = Bench::of_both().run_all(args.filter.as_deref(), sizes);
    print!("{}", table.text());
    let write = |path: PathBuf, text: String| {
        fs::write(&path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    };
    if let Some(path) = &args.json {
        write(path.clone(), format!("{:#}\n", table.json()))?;
    }
    if args.accept {
        return write(committed_table(), table.committed_form());
    }
    if args.filter.is_some() {
        return Ok(());
    }
    let committed = fs::read_to_string(committed_table()).map_err(|error| format!("no committed table: {error}"))?;
    let differences = table.differences(&committed);
    for difference in &differences {
        println!("{difference}");
    }
    if differences.is_empty() {
        println!("The same as the committed table");
        Ok(())
    } else {
        Err(format!("{} figures differ from the committed table: accept them with --accept", differences.len()))
    }
}
