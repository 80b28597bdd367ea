//! What must be so of every instruction and in every state, over random histories of pools of every kind, in worlds in which
//! anything may happen.
//!
//! `TIDEPOOL_CASES_FACTOR` multiplies the number of histories, `TIDEPOOL_SEED` gives others. `cargo run -p tidepool-tests --bin
//! invariants` runs as many as are wanted.

mod idl;

use {
    tidepool_interface::{
        ExtensionError::{AlreadyExtended, NotExtended, TurnoverBudgetExceeded, WeightOfRemovedValidator},
        StakePoolError::*,
        instruction::tag,
    },
    tidepool_tests::history::{
        Tally, check,
        properties::{INVARIANTS, RENT_LADDER, RENT_LADDER_IN_ANY_POOL, UNMERGED_IN_ANY_POOL},
    },
};

/// Histories of 40 operations: 32,000 operations in all.
const HISTORIES: u64 = 800;

/// Steps that there are.
const KINDS: usize = 35;

/// Of each kind of operation, and of each instruction's successes, at least this many: histories in which everything fails would prove
/// little.
const LEAST: u64 = 25;

/// Instructions of the program that must have succeeded.
const INSTRUCTIONS: [u8; 26] = [
    tag::ADD_VALIDATOR_TO_POOL,
    tag::REMOVE_VALIDATOR_FROM_POOL,
    tag::DECREASE_VALIDATOR_STAKE,
    tag::INCREASE_VALIDATOR_STAKE,
    tag::SET_PREFERRED_VALIDATOR,
    tag::UPDATE_VALIDATOR_LIST_BALANCE,
    tag::UPDATE_STAKE_POOL_BALANCE,
    tag::CLEANUP_REMOVED_VALIDATOR_ENTRIES,
    tag::DEPOSIT_STAKE,
    tag::WITHDRAW_STAKE,
    tag::SET_FEE,
    tag::DEPOSIT_SOL,
    tag::SET_FUNDING_AUTHORITY,
    tag::WITHDRAW_SOL,
    tag::INCREASE_ADDITIONAL_VALIDATOR_STAKE,
    tag::DECREASE_ADDITIONAL_VALIDATOR_STAKE,
    tag::DECREASE_VALIDATOR_STAKE_WITH_RESERVE,
    tag::DEPOSIT_STAKE_WITH_SLIPPAGE,
    tag::WITHDRAW_STAKE_WITH_SLIPPAGE,
    tag::DEPOSIT_SOL_WITH_SLIPPAGE,
    tag::WITHDRAW_SOL_WITH_SLIPPAGE,
    tag::EXTEND_POOL,
    tag::SET_REBALANCE_POLICY,
    tag::SET_VALIDATOR_WEIGHTS,
    tag::UPDATE_VALIDATORS,
    tag::REBALANCE,
];

/// Reasons for which the program must have refused something.
const REFUSALS: [u32; 28] = [
    InvalidProgramAddress as u32,
    CalculationFailure as u32,
    FeeTooHigh as u32,
    WrongStakeStake as u32,
    UserStakeNotActive as u32,
    ValidatorAlreadyAdded as u32,
    ValidatorNotFound as u32,
    InvalidStakeAccountAddress as u32,
    StakeListOutOfDate as u32,
    StakeListAndPoolOutOfDate as u32,
    StakeLamportsNotEqualToMinimum as u32,
    IncorrectDepositVoteAddress as u32,
    IncorrectWithdrawVoteAddress as u32,
    FeeIncreaseTooHigh as u32,
    WithdrawalTooSmall as u32,
    DepositTooSmall as u32,
    InvalidPreferredValidator as u32,
    TransientAccountInUse as u32,
    SolWithdrawalTooLarge as u32,
    ExceededSlippage as u32,
    EpochRewardDistributionInProgress as u32,
    NotExtended as u32,
    AlreadyExtended as u32,
    WeightOfRemovedValidator as u32,
    TurnoverBudgetExceeded as u32,
    // Of the token programs: too few pool tokens. Of the stake program: stake that cannot be merged.
    1,
    5,
    6,
];

/// Other reasons.
const OTHER_REFUSALS: [&str; 6] = [
    "AccountDataTooSmall",
    "AccountNotRentExempt",
    "BorshIoError",
    "IncorrectProgramId",
    "InsufficientFunds",
    "NotEnoughAccountKeys",
];

#[test]
fn they_hold_over_random_histories() {
    let tally = check(&INVARIANTS, HISTORIES);
    check_coverage(&tally);
    check_exits(&tally);
}

/// Plain pools, too: those are updated by the SPL instruction.
#[test]
fn hostile_updates_leave_no_trace_in_any_pool() {
    check(&UNMERGED_IN_ANY_POOL, 200);
}

#[test]
fn a_pool_passes_all_steps_of_the_rent() {
    check_shrunk(&check(&RENT_LADDER, 200));
}

#[test]
fn any_pool_passes_all_steps_of_the_rent() {
    check_shrunk(&check(&RENT_LADDER_IN_ANY_POOL, 200));
}

/// Delegations shrank where the rent rose, and some became 0.
fn check_shrunk(tally: &Tally) {
    assert!(tally.shrunk.0 > LEAST && tally.shrunk.1 > LEAST, "{:?}", tally.shrunk);
}

fn check_coverage(tally: &Tally) {
    assert_eq!(tally.kinds.len(), KINDS, "{:?}", tally.kinds);
    for (kind, count) in &tally.kinds {
        assert!(*count >= LEAST, "{kind}: {count} operations");
    }
    for tag in INSTRUCTIONS {
        let (succeeded, refused) = tally.instructions.get(&tag).copied().unwrap_or_default();
        assert!(succeeded >= LEAST, "instruction {tag}: {succeeded} succeeded, {refused} were refused");
    }
    let codes = REFUSALS.iter().map(|code| format!("Custom({code})"));
    for reason in codes.chain(OTHER_REFUSALS.map(str::to_owned)) {
        assert!(tally.refusals.contains_key(&reason), "nothing was refused with {reason}: {:?}", tally.refusals);
    }
    assert!(tally.movements.0 >= LEAST && tally.movements.1 >= LEAST, "{:?}", tally.movements);
}

/// Exits that take everything are the rule, and each of the ways around an obstacle was needed.
fn check_exits(tally: &Tally) {
    let exits = &tally.exits;
    assert!(exits.exits > 1_000 && exits.entire * 10 > exits.exits * 9, "{exits:?}");
    assert!(exits.waited > LEAST && exits.from_reserve > LEAST && exits.lent > LEAST, "{exits:?}");
    assert!(exits.topped_up > 0, "{exits:?}");
}
