//! Stake is moved between the reserve and the validators.

use {
    super::{
        Case,
        Expected::{Error, Foreign, Success},
        Spoiler, pool,
        spoiler::stake_offset,
    },
    solana_instruction::error::InstructionError::{
        AccountNotRentExempt, BorshIoError, IncorrectProgramId, InsufficientFunds, InvalidSeeds,
        MissingRequiredSignature,
    },
    tidepool_interface::{
        StakePoolError::*,
        address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID},
        state::StakeStatus,
    },
    tidepool_tests::SOL,
};

const DECREASE: &[&str] =
    &["DecreaseValidatorStake", "DecreaseValidatorStakeWithReserve", "DecreaseAdditionalValidatorStake"];
const WITH_RESERVE: &[&str] = &["DecreaseValidatorStakeWithReserve", "DecreaseAdditionalValidatorStake"];
const INCREASE: &[&str] = &["IncreaseValidatorStake", "IncreaseAdditionalValidatorStake"];
const ALL: &[&str] = &[
    "DecreaseValidatorStake",
    "DecreaseValidatorStakeWithReserve",
    "DecreaseAdditionalValidatorStake",
    "IncreaseValidatorStake",
    "IncreaseAdditionalValidatorStake",
];
/// Those that refuse where transient stake is there.
const ONCE: &[&str] = &["DecreaseValidatorStake", "DecreaseValidatorStakeWithReserve", "IncreaseValidatorStake"];
const ADDITIONAL: &[&str] = &["DecreaseAdditionalValidatorStake", "IncreaseAdditionalValidatorStake"];
const MORE: &[&str] = &["IncreaseAdditionalValidatorStake, more"];

/// The stake program's code for stakes that are not alike.
const MERGE_TRANSIENT_STAKE: u32 = 5;

/// The system program's code for an account that is there already.
const IN_USE: u32 = 0;

/// Writes the lamports into the instruction.
fn amount(s: &mut Spoiler, lamports: u64) {
    s.ix.data[1..9].copy_from_slice(&lamports.to_le_bytes());
}

/// Leaves in the reserve what an increase by 10 SOL needs, and `extra`.
fn leave(s: &mut Spoiler, extra: i64) {
    let needed = 2 * s.rent() + 10 * SOL;
    s.lamports(s.reserve(), needed.checked_add_signed(extra).expect("lamports"));
}

fn status(s: &mut Spoiler) {
    for index in 0..2 {
        s.record(index, |record| record.status = StakeStatus::DeactivatingValidator as u8);
    }
}

/// Records transient stake for the first validator, under `seed`.
fn transient(s: &mut Spoiler, seed: u64) {
    s.record(0, |record| {
        record.transient_stake_lamports = SOL.into();
        record.transient_seed_suffix = seed.into();
    });
}

/// Makes the first validator's transient account one that is being deactivated in this epoch.
fn decreasing(s: &mut Spoiler, epoch: u64) {
    transient(s, 7);
    let (from, to) = (s.transient(1), s.pool.transient(&s.vote(0), 7));
    let mut account = s.vm.account(&from);
    let vote = s.vote(0);
    account.data[stake_offset::VOTER..][..32].copy_from_slice(vote.as_ref());
    account.data[stake_offset::ACTIVATION_EPOCH..][..8].fill(0);
    account.data[stake_offset::DEACTIVATION_EPOCH..][..8].copy_from_slice(&epoch.to_le_bytes());
    let lamports = account.lamports;
    s.vm.accounts.insert(to, account);
    s.record(0, |record| record.transient_stake_lamports = lamports.into());
}

/// Has run the instruction before.
fn once_before(s: &mut Spoiler) {
    let instruction = s.ix.clone();
    assert!(s.vm.compare(&instruction).expect("no difference").is_ok());
    // The bank drops what has no lamports any more.
    s.vm.accounts.retain(|_, account| account.lamports > 0);
}

/// Place of the first ephemeral account, which both additional instructions have.
fn ephemeral(s: &Spoiler) -> solana_address::Address {
    if s.ix.data[0] == 19 { s.at(5) } else { s.at(6) }
}

/// The transient account that the first validator gets.
fn new_transient(s: &Spoiler) -> solana_address::Address {
    s.pool.transient(&s.vote(0), 7)
}

pub const CASES: &[Case] = &[
    ("transient stake", ONCE, |s| transient(s, 7), pool(TransientAccountInUse)),
    ("transient stake, other seed", ONCE, |s| transient(s, 8), pool(TransientAccountInUse)),
    ("transient stake, other seed", ADDITIONAL, |s| transient(s, 8), Error(InvalidSeeds)),
    (
        "transient stake before status",
        ONCE,
        |s| {
            transient(s, 7);
            status(s);
        },
        pool(TransientAccountInUse),
    ),
    (
        "seed before status",
        ADDITIONAL,
        |s| {
            transient(s, 8);
            status(s);
        },
        Error(InvalidSeeds),
    ),
    ("transient stake, which is not there", ADDITIONAL, |s| transient(s, 7), Error(BorshIoError)),
    ("status", ALL, status, pool(ValidatorNotFound)),
    (
        "status before amount",
        ALL,
        |s| {
            status(s);
            amount(s, 1);
        },
        pool(ValidatorNotFound),
    ),
    ("status, more", MORE, status, pool(ValidatorNotFound)),
    (
        "unknown validator",
        ALL,
        |s| s.record(0, |r| r.vote_account_address = SYSTEM_PROGRAM_ID),
        pool(ValidatorNotFound),
    ),
    ("other validator stake", DECREASE, |s| s.copy(s.stake(0)), pool(InvalidStakeAccountAddress)),
    ("other validator stake", INCREASE, |s| s.copy(s.stake(0)), pool(InvalidStakeAccountAddress)),
    (
        "other seed of the validator",
        ALL,
        |s| s.record(0, |r| r.validator_seed_suffix = 1.into()),
        pool(InvalidStakeAccountAddress),
    ),
    ("validator stake without data", DECREASE, |s| s.edit(s.stake(0), |a| a.data.clear()), Error(BorshIoError)),
    ("validator stake without data", INCREASE, |s| s.edit(s.stake(0), |a| a.data.clear()), Error(BorshIoError)),
    ("validator stake not delegated", ALL, |s| s.write(s.stake(0), 0, &[1]), pool(WrongStakeStake)),
    (
        "validator stake of another program",
        INCREASE,
        |s| s.edit(s.stake(0), |a| a.owner = SYSTEM_PROGRAM_ID),
        Error(IncorrectProgramId),
    ),
    (
        "validator stake of another staker",
        INCREASE,
        |s| s.write(s.stake(0), stake_offset::STAKER, &[9; 32]),
        pool(WrongStakeStake),
    ),
    (
        "validator stake of another withdrawer",
        INCREASE,
        |s| s.write(s.stake(0), stake_offset::WITHDRAWER, &[9; 32]),
        pool(WrongStakeStake),
    ),
    (
        "validator stake under a lockup",
        INCREASE,
        |s| s.write(s.stake(0), stake_offset::LOCKUP_EPOCH, &[9]),
        pool(WrongStakeStake),
    ),
    (
        "validator stake of another voter",
        INCREASE,
        |s| s.write(s.stake(0), stake_offset::VOTER, &[9; 32]),
        pool(WrongStakeStake),
    ),
    ("other transient address", ONCE, |s| s.replace(s.pool.transient(&s.vote(0), 7)), pool(InvalidStakeAccountAddress)),
    (
        "other transient address",
        ADDITIONAL,
        |s| s.replace(s.pool.transient(&s.vote(0), 7)),
        pool(InvalidStakeAccountAddress),
    ),
    ("other ephemeral address", ADDITIONAL, |s| s.replace(ephemeral(s)), pool(InvalidStakeAccountAddress)),
    (
        "ephemeral account funded before",
        &["DecreaseAdditionalValidatorStake"],
        |s| s.lamports(ephemeral(s), SOL),
        Success,
    ),
    (
        "ephemeral account funded before",
        &["IncreaseAdditionalValidatorStake"],
        |s| s.lamports(ephemeral(s), SOL),
        Error(InsufficientFunds),
    ),
    ("transient account funded before", ADDITIONAL, |s| s.lamports(new_transient(s), SOL), Success),
    (
        "both accounts funded before",
        &["DecreaseAdditionalValidatorStake"],
        |s| {
            s.lamports(ephemeral(s), 1);
            s.lamports(new_transient(s), 1);
        },
        Success,
    ),
    ("ephemeral account in use", ADDITIONAL, |s| s.edit(ephemeral(s), |a| a.data.push(0)), Foreign(IN_USE)),
    (
        "ephemeral account of another",
        ADDITIONAL,
        |s| s.edit(ephemeral(s), |a| a.owner = STAKE_PROGRAM_ID),
        Foreign(IN_USE),
    ),
    ("transient account in use", ADDITIONAL, |s| s.edit(new_transient(s), |a| a.data.push(0)), Foreign(IN_USE)),
    (
        "other transient address and other ephemeral address",
        ADDITIONAL,
        |s| {
            s.replace(new_transient(s));
            s.replace(ephemeral(s));
        },
        pool(InvalidStakeAccountAddress),
    ),
    ("twice in an epoch", &["IncreaseAdditionalValidatorStake"], once_before, Success),
    // The bank's stake program merges no stake that is being deactivated.
    ("twice in an epoch", &["DecreaseAdditionalValidatorStake"], once_before, Foreign(MERGE_TRANSIENT_STAKE)),
    ("least amount", ALL, |s| amount(s, SOL), Success),
    ("less than the least amount", DECREASE, |s| amount(s, SOL - 1), Error(AccountNotRentExempt)),
    ("less than the least amount", INCREASE, |s| amount(s, SOL - 1), pool(UserStakeNotActive)),
    ("a lamport more", ALL, |s| amount(s, SOL + 1), Success),
    ("nothing", DECREASE, |s| amount(s, 0), Error(AccountNotRentExempt)),
    ("nothing", INCREASE, |s| amount(s, 0), pool(UserStakeNotActive)),
    ("all but the least amount", DECREASE, |s| amount(s, 99 * SOL), Success),
    ("a lamport less than that", DECREASE, |s| amount(s, 99 * SOL - 1), Success),
    ("a lamport more than that", DECREASE, |s| amount(s, 99 * SOL + 1), Error(InsufficientFunds)),
    ("more than all", DECREASE, |s| amount(s, 101 * SOL), Error(InsufficientFunds)),
    ("most of all numbers", DECREASE, |s| amount(s, u64::MAX), Error(InsufficientFunds)),
    ("most of all numbers", INCREASE, |s| amount(s, u64::MAX), Error(InsufficientFunds)),
    (
        "record of a lamport",
        DECREASE,
        |s| s.record(0, |r| r.active_stake_lamports = 1.into()),
        pool(CalculationFailure),
    ),
    ("reserve that suffices", INCREASE, |s| leave(s, 0), Success),
    ("reserve with a lamport more", INCREASE, |s| leave(s, 1), Success),
    ("reserve one lamport short", INCREASE, |s| leave(s, -1), Error(InsufficientFunds)),
    ("reserve of its rent", WITH_RESERVE, |s| s.lamports(s.reserve(), s.rent()), pool(ReserveDepleted)),
    ("reserve of less", WITH_RESERVE, |s| s.lamports(s.reserve(), s.rent() - 1), pool(ReserveDepleted)),
    ("reserve of a lamport more", WITH_RESERVE, |s| s.lamports(s.reserve(), s.rent() + 1), Error(InsufficientFunds)),
    ("reserve of two rents", WITH_RESERVE, |s| s.lamports(s.reserve(), 2 * s.rent()), Success),
    ("transient account not funded", &["DecreaseValidatorStake"], |s| s.lamports(s.at(5), 0), Error(InsufficientFunds)),
    (
        "decreasing already",
        &["DecreaseAdditionalValidatorStake"],
        |s| decreasing(s, 500),
        Foreign(MERGE_TRANSIENT_STAKE),
    ),
    ("decreasing since before", &["DecreaseAdditionalValidatorStake"], |s| decreasing(s, 499), pool(WrongStakeStake)),
    ("increasing already", &["DecreaseAdditionalValidatorStake"], |s| decreasing(s, u64::MAX), pool(WrongStakeStake)),
    (
        "increasing since before",
        &["IncreaseAdditionalValidatorStake"],
        |s| decreasing(s, u64::MAX),
        pool(WrongStakeStake),
    ),
    (
        "decreasing already",
        MORE,
        |s| s.write(s.transient(1), stake_offset::DEACTIVATION_EPOCH, &500u64.to_le_bytes()),
        pool(WrongStakeStake),
    ),
    (
        "increasing since before",
        MORE,
        |s| s.write(s.transient(1), stake_offset::ACTIVATION_EPOCH, &499u64.to_le_bytes()),
        pool(WrongStakeStake),
    ),
    (
        "transient stake of another",
        MORE,
        |s| s.write(s.transient(1), stake_offset::STAKER, &[9; 32]),
        Error(MissingRequiredSignature),
    ),
    ("transient stake uninitialized", MORE, |s| s.write(s.transient(1), 0, &[0]), pool(WrongStakeStake)),
    (
        "state of the transient stake before status",
        MORE,
        |s| {
            s.write(s.transient(1), stake_offset::DEACTIVATION_EPOCH, &500u64.to_le_bytes());
            status(s);
        },
        pool(WrongStakeStake),
    ),
];

#[test]
fn stake_is_moved() {
    super::run(CASES);
}
