//! Each error that an instruction can return, provoked on purpose: both programs return the same one, and the expected one.

mod balances;
mod completeness;
mod data;
mod deposits;
mod extensions;
mod initialize;
mod lengths;
mod metadata;
mod rebalance;
mod settings;
mod shared;
mod spoiler;
mod validators;
mod withdraw_sol;

pub use spoiler::Spoiler;

use {
    solana_address::Address,
    solana_instruction::error::InstructionError,
    tidepool_interface::{
        StakePoolError,
        address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
    },
    tidepool_tests::{
        extension::PoolKind,
        scenario::{self, EPOCH},
        vm::{Outcome, Vm},
    },
};

/// What both programs do.
#[derive(Clone, Debug)]
pub enum Expected {
    /// Nothing is wrong yet.
    Success,
    /// An error of the stake pool's.
    Pool(StakePoolError),
    /// An error that is not a number.
    Error(InstructionError),
    /// An error of a program that the stake pool calls, whose numbers are its own.
    Foreign(u32),
    /// Whatever the token program says, which is one thing for p-token and another for Token-2022.
    Fails,
}

impl Expected {
    fn is(&self, outcome: &Outcome) -> bool {
        match (self, &outcome.result.raw_result) {
            (Self::Success, result) => result.is_ok(),
            (Self::Pool(error), Err(InstructionError::Custom(code))) => *error as u32 == *code,
            (Self::Foreign(expected), Err(InstructionError::Custom(code))) => expected == code,
            (Self::Error(expected), Err(error)) => expected == error,
            (Self::Fails, result) => result.is_err(),
            _ => false,
        }
    }
}

/// The fault, the scenarios that it is wrong in, how it comes about, and what happens.
pub type Case = (&'static str, &'static [&'static str], fn(&mut Spoiler), Expected);

/// An account is missing.
#[expect(deprecated, reason = "the error's new name stands for another number")]
const MISSING_ACCOUNT: Expected = Expected::Error(InstructionError::NotEnoughAccountKeys);

/// Shorthand for the tables.
const fn pool(error: StakePoolError) -> Expected {
    Expected::Pool(error)
}

/// Pools whose errors are SPL's: an extension makes no other.
const KINDS: [PoolKind; 2] = [PoolKind::Littered, PoolKind::EXTENDED];

/// Runs the cases with both token programs.
fn run(cases: &[Case]) {
    run_with(&[TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID], cases);
}

/// Runs the cases with these token programs.
fn run_with(token_programs: &[Address], cases: &[Case]) {
    let mut vm = Vm::beside_reference();
    if cases.iter().flat_map(|case| case.1).any(|name| name.ends_with("TokenMetadata")) {
        metadata::install(&mut vm);
    }
    let mut failures = vec![];
    let pools = token_programs.iter().flat_map(|token_program| KINDS.map(|kind| (*token_program, kind)));
    for (token_program, kind) in pools {
        for (name, scenarios, spoil, expected) in cases {
            for scenario in *scenarios {
                vm.set_epoch(EPOCH);
                vm.set_epoch_rewards_active(false);
                let scenario = if scenario.ends_with("TokenMetadata") {
                    metadata::make(scenario, token_program, kind, &mut vm)
                } else {
                    scenario::make(scenario, token_program, kind, &mut vm)
                };
                let title = format!("{}, {kind:?}, {name}", scenario.name);
                let mut spoiler = Spoiler::new(scenario, &mut vm);
                spoil(&mut spoiler);
                let instruction = spoiler.ix;
                match vm.compare(&instruction) {
                    Ok(outcome) if expected.is(&outcome) => {}
                    Ok(outcome) => failures
                        .push(format!("{title}: both return {:?} instead of {expected:?}", outcome.result.raw_result)),
                    Err(difference) => failures.push(format!("{title}: DIFFERENCE {difference}")),
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
