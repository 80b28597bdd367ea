//! Random histories of pools with the extension, as many as are wanted.

use {
    clap::Parser,
    std::{process::ExitCode, time::Instant},
    tidepool_tests::{
        extended::{
            machine,
            properties::ALL,
            runner::{Tally, run},
        },
        soak::in_threads,
    },
};

/// Histories of one property between two lines of progress.
const ROUND: u64 = 100;

/// Run random histories of pools that anybody rebalances, and print those that find something
#[derive(Parser)]
struct Args {
    /// Histories in all
    #[arg(long, default_value_t = 50_000)]
    histories: u64,
    /// Seed of the first history
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Histories that run at once
    #[arg(long, default_value_t = 2)]
    threads: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let start = Instant::now();
    let Some(outcomes) = in_threads(args.threads, args.histories, args.seed, run_all) else { return ExitCode::FAILURE };
    let (mut total, mut found) = (Tally::default(), 0);
    for (tally, findings) in outcomes {
        total += tally;
        found += findings;
    }
    println!("{found} found in {} s: {total:?}", start.elapsed().as_secs());
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The same number of histories for each property, with seeds of their own. Returns in how many something was found, too.
fn run_all(mut seed: u64, histories: u64) -> (Tally, u64) {
    let (mut vm, mut total, mut found) = (machine(), Tally::default(), 0);
    while total.histories < histories {
        for property in ALL {
            let end = seed.wrapping_add(ROUND.min(histories.saturating_sub(total.histories)));
            while seed != end {
                match run(property, seed, end.wrapping_sub(seed), &mut vm) {
                    Ok(tally) => {
                        total += tally;
                        seed = end;
                    }
                    Err(failure) => {
                        println!("{}: {failure:#?}", property.name);
                        found += 1;
                        total.histories += failure.seed.wrapping_sub(seed) + 1;
                        seed = failure.seed.wrapping_add(1);
                    }
                }
            }
        }
        println!("up to seed {seed}: {} histories, {found} found", total.histories);
    }
    (total, found)
}
