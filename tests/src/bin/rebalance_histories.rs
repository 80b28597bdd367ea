//! Random histories of pools with the extension, as many as are wanted.

use {
    clap::Parser,
    std::{process::ExitCode, thread, time::Instant},
    tidepool_tests::extended::{
        machine,
        properties::ALL,
        runner::{Failure, Tally, run},
    },
};

/// Histories of one property between two lines of progress.
const ROUND: u64 = 100;

/// Seeds that lie between those of two threads.
const SEEDS_PER_THREAD: u64 = 1 << 48;

/// Run random histories of pools that anybody rebalances, until one finds something
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
    let (start, threads) = (Instant::now(), args.threads.max(1));
    let threads: Vec<_> = (0..threads)
        .map(|number| {
            let histories = args.histories.div_ceil(threads);
            let seed = args.seed.wrapping_add(number.wrapping_mul(SEEDS_PER_THREAD));
            thread::spawn(move || run_all(seed, histories))
        })
        .collect();
    let mut total = Tally::default();
    for thread in threads {
        match thread.join() {
            Ok(Ok(tally)) => total += tally,
            Ok(Err((name, failure))) => {
                println!("{name}: {failure:#?}");
                return ExitCode::FAILURE;
            }
            Err(_) => return ExitCode::FAILURE,
        }
    }
    println!("nothing found in {} s: {total:?}", start.elapsed().as_secs());
    ExitCode::SUCCESS
}

/// The same number of histories for each property, with seeds of their own.
fn run_all(mut seed: u64, histories: u64) -> Result<Tally, (&'static str, Box<Failure>)> {
    let (mut vm, mut total) = (machine(), Tally::default());
    while total.histories < histories {
        for property in ALL {
            let round = ROUND.min(histories - total.histories);
            total += run(property, seed, round, &mut vm).map_err(|failure| (property.name, failure))?;
            seed = seed.wrapping_add(round);
        }
        println!("up to seed {seed}: {} histories, nothing found", total.histories);
    }
    Ok(total)
}
