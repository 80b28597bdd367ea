//! Random histories of Tidepool against the published SPL stake pool, as many as are wanted: `cargo xtask differential`.

use {
    clap::Parser,
    std::{process::ExitCode, time::Instant},
    tidepool_interface::address::STAKE_PROGRAM_ID,
    tidepool_tests::{
        fixtures,
        history::{self, Divergence, Tally},
        soak::in_threads,
        vm::Vm,
    },
};

/// Operations between two lines of progress, in each thread.
const ROUND: u64 = 20_000;

/// Seeds that lie between those of two rounds: no round has more histories.
const SEEDS_PER_ROUND: u64 = 1_000_000;

/// Run random histories of both programs side by side until they differ
#[derive(Parser)]
struct Args {
    /// Operations in all
    #[arg(long, default_value_t = 1_000_000)]
    operations: u64,
    /// Seed of the first history
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Use the stake program that the published crate carries, instead of the bank's
    #[arg(long)]
    older_stake_program: bool,
    /// Histories that run at once
    #[arg(long, default_value_t = 2)]
    threads: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let start = Instant::now();
    let older = args.older_stake_program;
    let run = move |seed, operations| run(seed, operations, older);
    let Some(outcomes) = in_threads(args.threads, args.operations, args.seed, run) else { return ExitCode::FAILURE };
    let mut total = Tally::default();
    for outcome in outcomes {
        match outcome {
            Ok(tally) => total += tally,
            Err(divergence) => {
                println!("{divergence:#?}");
                return ExitCode::FAILURE;
            }
        }
    }
    let seconds = start.elapsed().as_secs();
    println!(
        "no difference in {} operations: {} instructions, {} of them successful, in {seconds} s",
        args.operations, total.instructions, total.succeeded
    );
    ExitCode::SUCCESS
}

fn run(mut seed: u64, operations: u64, older_stake_program: bool) -> Result<Tally, Box<Divergence>> {
    let mut vm = Vm::beside_reference();
    if older_stake_program {
        vm.replace_program(&STAKE_PROGRAM_ID, &fixtures::read(fixtures::OLDER_STAKE_PROGRAM));
    }
    let (mut total, mut done) = (Tally::default(), 0);
    while done < operations {
        let round = ROUND.min(operations - done);
        total += history::run(seed, round, &mut vm)?;
        done += round;
        println!("from seed {seed}: {done} of {operations} operations alike");
        seed = seed.wrapping_add(SEEDS_PER_ROUND);
    }
    Ok(total)
}
