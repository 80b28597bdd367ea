//! What instructions cost, beside the published SPL stake pool: `cargo xtask bench`.

use {
    clap::Parser,
    std::{fs, path::PathBuf, process::ExitCode},
    tidepool_tests::{
        bench::{Bench, TURNOVER_SIZES, Table, committed_form, committed_table, differences},
        gates::Gates,
    },
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
    let tables = Gates::BOTH.map(|gates| Bench::of_both(gates).run_all(args.filter.as_deref(), sizes));
    let [mainnet, all] = &tables;
    print!("{}", mainnet.text());
    let write = |path: PathBuf, text: String| {
        fs::write(&path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    };
    if let Some(path) = &args.json {
        write(path.clone(), format!("{:#}\n", serde_json::json!(tables.each_ref().map(Table::json))))?;
    }
    if args.accept {
        return write(committed_table(), committed_form(mainnet, all));
    }
    if args.filter.is_some() {
        return Ok(());
    }
    let committed = fs::read_to_string(committed_table()).map_err(|error| format!("no committed table: {error}"))?;
    let differences = differences(&tables, &committed);
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
