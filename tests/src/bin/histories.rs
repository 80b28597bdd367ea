//! Random histories, as many as are wanted, of one kind: `cargo xtask differential`, and the invariants and properties of extended
//! pools in long runs.

use {
    clap::{Parser, ValueEnum},
    std::{process::ExitCode, time::Instant},
    tidepool_interface::address::STAKE_PROGRAM_ID,
    tidepool_tests::{
        fixtures,
        history::{
            Machine, Property, Tally,
            properties::{ALL, DIFFERENTIAL, INVARIANTS},
            runner::run,
        },
        soak::in_threads,
    },
};

/// Histories of one property in a row.
const ROUND: u64 = 100;

/// Run random histories, and print those that find something
#[derive(Clone, Parser)]
struct Args {
    /// What the histories are judged by
    kind: Kind,
    /// Operations in all
    #[arg(long, default_value_t = 1_000_000)]
    operations: u64,
    /// Seed of the first history
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Histories that run at once
    #[arg(long, default_value_t = 2)]
    threads: u64,
    /// Use the stake program that the published crate carries, instead of the bank's
    #[arg(long)]
    older_stake_program: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// The published SPL stake pool, side by side
    Differential,
    /// The invariants, on pools of every kind
    Invariants,
    /// The properties of extended pools
    Properties,
}

impl Kind {
    const fn properties(self) -> &'static [Property] {
        match self {
            Self::Differential => &[DIFFERENTIAL],
            Self::Invariants => &[INVARIANTS],
            Self::Properties => ALL,
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let start = Instant::now();
    let (threads, operations, seed) = (args.threads, args.operations, args.seed);
    let Some(outcomes) = in_threads(threads, operations, seed, move |seed, share| run_all(&args, seed, share)) else {
        return ExitCode::FAILURE;
    };
    let (mut total, mut found) = (Tally::default(), 0);
    for (tally, findings) in outcomes {
        total += tally;
        found += findings;
    }
    println!("{found} found in {} s: {total:?}", start.elapsed().as_secs());
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The same number of histories for each property, with seeds of their own. Returns in how many something was found, too.
fn run_all(args: &Args, mut seed: u64, operations: u64) -> (Tally, u64) {
    let mut machine =
        if let Kind::Differential = args.kind { Machine::beside_reference() } else { Machine::with_invariants() };
    if args.older_stake_program {
        machine.vm.replace_program(&STAKE_PROGRAM_ID, &fixtures::read(fixtures::OLDER_STAKE_PROGRAM));
    }
    let (mut total, mut found) = (Tally::default(), 0);
    while total.operations < operations {
        for property in args.kind.properties() {
            let end = seed.wrapping_add(ROUND);
            while seed != end {
                match run(property, seed, end.wrapping_sub(seed), &mut machine) {
                    Ok(tally) => {
                        total += tally;
                        seed = end;
                    }
                    Err(failure) => {
                        println!("{}: {failure:#?}", property.name);
                        found += 1;
                        total.operations += failure.operations.len() as u64;
                        seed = failure.seed.wrapping_add(1);
                    }
                }
            }
        }
        println!("up to seed {seed}: {} operations, {found} found", total.operations);
    }
    (total, found)
}
