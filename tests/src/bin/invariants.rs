//! Random histories in which anything may happen to any pool, as many as are wanted; the invariants are looked at in each step.

use {
    clap::Parser,
    std::{process::ExitCode, time::Instant},
    tidepool_tests::{
        extended::{
            machine,
            properties::INVARIANTS,
            runner::{Failure, Tally, run},
        },
        soak::in_threads,
    },
};

/// Histories between two lines of progress.
const ROUND: u64 = 250;

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
    let start = Instant::now();
    let run = move |seed, steps| run_all(seed, steps, start);
    let Some(outcomes) = in_threads(args.threads, args.steps, args.seed, run) else { return ExitCode::FAILURE };
    let mut total = Tally::default();
    for outcome in outcomes {
        match outcome {
            Ok(tally) => total += tally,
            Err(failure) => {
                println!("{failure:#?}");
                return ExitCode::FAILURE;
            }
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
