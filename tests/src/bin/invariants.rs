//! Random histories in which anything may happen to any pool, as many as are wanted; the invariants are looked at in each step.

use {
    clap::Parser,
    std::{process::ExitCode, thread, time::Instant},
    tidepool_tests::extended::{
        machine,
        properties::INVARIANTS,
        runner::{Failure, Tally, run},
    },
};

/// Histories between two lines of progress.
const ROUND: u64 = 250;

/// Seeds that lie between those of two threads.
const SEEDS_PER_THREAD: u64 = 1 << 48;

/// Run random histories of pools of every kind until an invariant is broken
#[derive(Parser)]
struct Args {
    /// Steps in all
    #[arg(long, default_value_t = 1_000_000)]
    steps: u64,
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
            let steps = args.steps.div_ceil(threads);
            let seed = args.seed.wrapping_add(number.wrapping_mul(SEEDS_PER_THREAD));
            thread::spawn(move || run_all(seed, steps, start))
        })
        .collect();
    let mut total = Tally::default();
    for thread in threads {
        match thread.join() {
            Ok(Ok(tally)) => total += tally,
            Ok(Err(failure)) => {
                println!("{failure:#?}");
                return ExitCode::FAILURE;
            }
            Err(_) => return ExitCode::FAILURE,
        }
    }
    println!("{total:#?}");
    println!("no invariant broken in {} steps, in {} s", total.steps, start.elapsed().as_secs());
    ExitCode::SUCCESS
}

/// Runs histories until there were so many steps.
fn run_all(mut seed: u64, steps: u64, start: Instant) -> Result<Tally, Box<Failure>> {
    let (mut vm, mut total) = (machine(), Tally::default());
    while total.steps < steps {
        total += run(&INVARIANTS, seed, ROUND, &mut vm)?;
        seed = seed.wrapping_add(ROUND);
        let (epochs, exits, seconds) = (total.epochs, total.exits.exits, start.elapsed().as_secs());
        println!("up to seed {seed}: {} steps, {epochs} epochs, {exits} exits, {seconds} s", total.steps);
    }
    Ok(total)
}
