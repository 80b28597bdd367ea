//! Checks that many instructions make.

use {
    super::{
        Case, Expected,
        Expected::{Error, Success},
        MISSING_ACCOUNT, Spoiler, pool,
    },
    solana_address::Address,
    solana_instruction::error::InstructionError::{BorshIoError, IncorrectProgramId, InvalidSeeds},
    tidepool_interface::{
        StakePoolError::*,
        address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, WITHDRAW_AUTHORITY_SEED},
    },
};

const ADD: &str = "AddValidatorToPool";
const REMOVE: &str = "RemoveValidatorFromPool";
const DECREASE: &str = "DecreaseValidatorStake";
const DECREASE_RESERVE: &str = "DecreaseValidatorStakeWithReserve";
const DECREASE_MORE: &str = "DecreaseAdditionalValidatorStake";
const INCREASE: &str = "IncreaseValidatorStake";
const INCREASE_MORE: &str = "IncreaseAdditionalValidatorStake";
const PREFER: &str = "SetPreferredValidator deposit";
const UPDATE: &str = "UpdateStakePoolBalance";
const CLEANUP: &str = "CleanupRemovedValidatorEntries";
const DEPOSIT_STAKE: &str = "DepositStake";
const DEPOSIT_STAKE_BOUND: &str = "DepositStakeWithSlippage";
const DEPOSIT_SOL: &str = "DepositSol";
const DEPOSIT_SOL_BOUND: &str = "DepositSolWithSlippage";
const WITHDRAW_SOL: &str = "WithdrawSol";
const WITHDRAW_SOL_BOUND: &str = "WithdrawSolWithSlippage";
const MANAGER: &str = "SetManager";
const FEE: &str = "SetFee epoch";
const STAKER: &str = "SetStaker by the manager";
const FUNDING: &str = "SetFundingAuthority SOL deposit";

/// All that work on a pool, but `UpdateValidatorListBalance` and `WithdrawStake`, which have tests of their own.
const ALL: &[&str] = &[
    ADD,
    REMOVE,
    DECREASE,
    DECREASE_RESERVE,
    DECREASE_MORE,
    INCREASE,
    INCREASE_MORE,
    PREFER,
    UPDATE,
    CLEANUP,
    DEPOSIT_STAKE,
    DEPOSIT_STAKE_BOUND,
    DEPOSIT_SOL,
    DEPOSIT_SOL_BOUND,
    WITHDRAW_SOL,
    WITHDRAW_SOL_BOUND,
    MANAGER,
    FEE,
    STAKER,
    FUNDING,
];
const BY_STAKER: &[&str] = &[ADD, REMOVE, DECREASE, DECREASE_RESERVE, DECREASE_MORE, INCREASE, INCREASE_MORE, PREFER];
const BY_MANAGER: &[&str] = &[MANAGER, FEE, FUNDING];
const WITH_LIST: &[&str] = &[
    ADD,
    REMOVE,
    DECREASE,
    DECREASE_RESERVE,
    DECREASE_MORE,
    INCREASE,
    INCREASE_MORE,
    PREFER,
    UPDATE,
    CLEANUP,
    DEPOSIT_STAKE,
];
const WITH_AUTHORITY: &[&str] = &[
    ADD,
    REMOVE,
    DECREASE,
    DECREASE_RESERVE,
    DECREASE_MORE,
    INCREASE,
    INCREASE_MORE,
    UPDATE,
    DEPOSIT_STAKE,
    DEPOSIT_SOL,
    WITHDRAW_SOL,
];
const WITH_RESERVE: &[&str] =
    &[ADD, DECREASE_RESERVE, DECREASE_MORE, INCREASE, INCREASE_MORE, UPDATE, DEPOSIT_STAKE, DEPOSIT_SOL, WITHDRAW_SOL];
const WITH_MINT: &[&str] = &[UPDATE, DEPOSIT_STAKE, DEPOSIT_STAKE_BOUND, DEPOSIT_SOL, DEPOSIT_SOL_BOUND, WITHDRAW_SOL];
const WITH_STAKE_PROGRAM: &[&str] =
    &[ADD, REMOVE, DECREASE, DECREASE_RESERVE, DECREASE_MORE, INCREASE, INCREASE_MORE, DEPOSIT_STAKE, WITHDRAW_SOL];
const WITH_SYSTEM_PROGRAM: &[&str] =
    &[ADD, DECREASE, DECREASE_RESERVE, DECREASE_MORE, INCREASE, INCREASE_MORE, DEPOSIT_SOL];
const FRESH: &[&str] = &[
    ADD,
    REMOVE,
    DECREASE,
    DECREASE_RESERVE,
    DECREASE_MORE,
    INCREASE,
    INCREASE_MORE,
    DEPOSIT_STAKE,
    DEPOSIT_STAKE_BOUND,
    DEPOSIT_SOL,
    DEPOSIT_SOL_BOUND,
    WITHDRAW_SOL,
    WITHDRAW_SOL_BOUND,
    FEE,
    "SetFee stake withdrawal",
    "SetFee SOL withdrawal",
];
/// What a pool of an earlier epoch still does.
const ALSO_STALE: &[&str] = &[
    PREFER,
    CLEANUP,
    MANAGER,
    STAKER,
    FUNDING,
    UPDATE,
    "SetFee SOL deposit",
    "SetFee stake deposit",
    "SetFee SOL referral",
    "SetFee stake referral",
];
/// The list is looked at after the pool's epoch.
const EPOCH_BEFORE_LIST: &[&str] = &[REMOVE, DECREASE, DECREASE_RESERVE, DECREASE_MORE, INCREASE, INCREASE_MORE];

/// Stores a bump from which no address can be derived.
fn bump_without_address(s: &mut Spoiler) {
    let (program, pool) = (s.pool.program_id, s.pool.pool);
    let fails = |bump: &u8| {
        Address::create_program_address(&[pool.as_ref(), WITHDRAW_AUTHORITY_SEED, &[*bump]], &program).is_err()
    };
    let bump = (0..=255).find(fails).expect("half of all bumps");
    s.set_head(|head| head.stake_withdraw_bump_seed = bump);
}

/// Stores a bump from which another address can be derived.
fn other_bump(s: &mut Spoiler) {
    let (program, pool, own) = (s.pool.program_id, s.pool.pool, s.head().stake_withdraw_bump_seed);
    let works = |bump: &u8| {
        Address::create_program_address(&[pool.as_ref(), WITHDRAW_AUTHORITY_SEED, &[*bump]], &program).is_ok()
    };
    let bump = (0..own).rev().find(works).expect("half of all bumps");
    s.set_head(|head| head.stake_withdraw_bump_seed = bump);
}

const INCORRECT_PROGRAM: Expected = Error(IncorrectProgramId);

pub const CASES: &[Case] = &[
    ("pool of another program", ALL, |s| s.edit(s.pool.pool, |pool| pool.owner = SYSTEM_PROGRAM_ID), INCORRECT_PROGRAM),
    ("uninitialized pool", ALL, |s| s.edit(s.pool.pool, |pool| pool.data[0] = 0), pool(InvalidState)),
    ("list as pool", ALL, |s| s.edit(s.pool.pool, |pool| pool.data[0] = 2), pool(InvalidState)),
    ("unknown type of pool", ALL, |s| s.edit(s.pool.pool, |pool| pool.data[0] = 3), Error(BorshIoError)),
    ("pool without data", ALL, |s| s.edit(s.pool.pool, |pool| pool.data.clear()), Error(BorshIoError)),
    ("pool cut", ALL, |s| s.edit(s.pool.pool, |pool| pool.data.truncate(434)), Error(BorshIoError)),
    ("only the pool", ALL, |s| s.ix.accounts.truncate(1), MISSING_ACCOUNT),
    ("no accounts", ALL, |s| s.ix.accounts.clear(), MISSING_ACCOUNT),
    ("other withdraw authority", WITH_AUTHORITY, |s| s.replace(s.pool.withdraw_authority), pool(InvalidProgramAddress)),
    ("other bump", WITH_AUTHORITY, other_bump, pool(InvalidProgramAddress)),
    ("bump without an address", WITH_AUTHORITY, bump_without_address, Error(InvalidSeeds)),
    ("other staker", BY_STAKER, |s| s.replace(s.head().staker), pool(WrongStaker)),
    ("manager as staker", BY_STAKER, |s| s.replace_with(s.head().staker, s.head().manager), pool(WrongStaker)),
    ("staker does not sign", BY_STAKER, |s| s.unsign(s.head().staker), pool(SignatureMissing)),
    (
        "other staker, who does not sign",
        BY_STAKER,
        |s| {
            s.unsign(s.head().staker);
            s.replace(s.head().staker);
        },
        pool(WrongStaker),
    ),
    ("other manager", BY_MANAGER, |s| s.replace(s.head().manager), pool(WrongManager)),
    ("staker as manager", BY_MANAGER, |s| s.replace_with(s.head().manager, s.head().staker), pool(WrongManager)),
    ("manager does not sign", BY_MANAGER, |s| s.unsign(s.head().manager), pool(SignatureMissing)),
    ("other list", WITH_LIST, |s| s.copy(s.list()), pool(InvalidValidatorStakeList)),
    (
        "list of another program",
        WITH_LIST,
        |s| s.edit(s.list(), |list| list.owner = SYSTEM_PROGRAM_ID),
        INCORRECT_PROGRAM,
    ),
    ("uninitialized list", WITH_LIST, |s| s.edit(s.list(), |list| list.data[0] = 0), pool(InvalidState)),
    ("pool as list", WITH_LIST, |s| s.edit(s.list(), |list| list.data[0] = 1), pool(InvalidState)),
    ("unknown type of list", WITH_LIST, |s| s.edit(s.list(), |list| list.data[0] = 3), Error(BorshIoError)),
    ("other reserve", WITH_RESERVE, |s| s.copy(s.reserve()), pool(InvalidProgramAddress)),
    ("other mint", WITH_MINT, |s| s.copy(s.mint()), pool(WrongPoolMint)),
    ("other fee account", WITH_MINT, |s| s.copy(s.fee_account()), pool(InvalidFeeAccount)),
    ("other token program", WITH_MINT, |s| s.replace(s.head().token_program_id), INCORRECT_PROGRAM),
    ("other stake program", WITH_STAKE_PROGRAM, |s| s.replace(STAKE_PROGRAM_ID), INCORRECT_PROGRAM),
    ("other system program", WITH_SYSTEM_PROGRAM, |s| s.replace(SYSTEM_PROGRAM_ID), INCORRECT_PROGRAM),
    ("stale pool", FRESH, |s| s.stale(), pool(StakeListAndPoolOutOfDate)),
    ("stale pool, and yet", ALSO_STALE, |s| s.stale(), Success),
    (
        "stale pool and other list",
        EPOCH_BEFORE_LIST,
        |s| {
            s.stale();
            s.copy(s.list());
        },
        pool(StakeListAndPoolOutOfDate),
    ),
    (
        "stale pool and other list: the list first",
        &[ADD, DEPOSIT_STAKE],
        |s| {
            s.stale();
            s.copy(s.list());
        },
        pool(InvalidValidatorStakeList),
    ),
    (
        "other mint and other authority: the mint first",
        &[UPDATE],
        |s| {
            s.copy(s.mint());
            s.replace(s.pool.withdraw_authority);
        },
        pool(WrongPoolMint),
    ),
    (
        "other mint and other authority: the authority first",
        &[DEPOSIT_STAKE, DEPOSIT_SOL, WITHDRAW_SOL],
        |s| {
            s.copy(s.mint());
            s.replace(s.pool.withdraw_authority);
        },
        pool(InvalidProgramAddress),
    ),
];

#[test]
fn checks_that_many_instructions_make() {
    super::run(CASES);
}
