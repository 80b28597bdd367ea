//! Validators are added and removed.

use {
    super::{
        Case,
        Expected::{Error, Success},
        Spoiler, pool,
        spoiler::stake_offset,
    },
    solana_address::Address,
    solana_instruction::error::InstructionError::{
        self, AccountDataTooSmall, BorshIoError, IncorrectProgramId, InsufficientFunds,
    },
    tidepool_interface::{
        StakePoolError::*,
        address::{CLOCK_ID, RENT_ID},
        state::StakeStatus,
    },
    tidepool_tests::SOL,
};

const ADD: &[&str] = &["AddValidatorToPool", "AddValidatorToPool with a seed"];
const REMOVE: &[&str] = &["RemoveValidatorFromPool", "RemoveValidatorFromPool with transient stake"];
/// Offset of the greatest number of validators in the list.
const MAX_VALIDATORS: usize = 1;
const LENGTH: usize = 5;

/// Leaves in the reserve what adding a validator needs, and `extra`.
fn leave(s: &mut Spoiler, extra: i64) {
    let needed = 2 * s.rent() + SOL;
    s.lamports(s.reserve(), needed.checked_add_signed(extra).expect("lamports"));
}

/// Makes the list one of `length` validators in use, with room for `max`.
fn grow_list(s: &mut Spoiler, length: u32, max: u32) {
    s.edit(s.list(), |list| list.data.resize(tidepool_interface::state::validator_list_length(max), 0));
    s.write(s.list(), MAX_VALIDATORS, &max.to_le_bytes());
    s.write(s.list(), LENGTH, &length.to_le_bytes());
}

fn status(s: &mut Spoiler, status: StakeStatus) {
    for index in 0..2 {
        s.record(index, |record| record.status = status as u8);
    }
}

pub const CASES: &[Case] = &[
    ("clock is none", ADD, |s| s.replace(CLOCK_ID), Error(InstructionError::InvalidArgument)),
    ("rent is none", ADD, |s| s.replace(RENT_ID), Error(InstructionError::InvalidArgument)),
    ("list full", ADD, |s| s.write(s.list(), MAX_VALIDATORS, &2u32.to_le_bytes()), Error(AccountDataTooSmall)),
    ("one place left", ADD, |s| s.write(s.list(), MAX_VALIDATORS, &3u32.to_le_bytes()), Success),
    ("a pool of 20,000", ADD, |s| grow_list(s, 20_000, 20_001), pool(TooManyValidatorsInPool)),
    ("a pool of 20,000, full", ADD, |s| grow_list(s, 20_000, 20_000), Error(AccountDataTooSmall)),
    ("a pool of 19,999", ADD, |s| grow_list(s, 19_999, 20_000), Success),
    ("already there", ADD, |s| s.replace_with(s.at(6), s.vote(0)), pool(ValidatorAlreadyAdded)),
    (
        "already there, being removed",
        ADD,
        |s| {
            status(s, StakeStatus::ReadyForRemoval);
            s.replace_with(s.at(6), s.vote(1));
        },
        pool(ValidatorAlreadyAdded),
    ),
    ("other stake account", ADD, |s| s.replace(s.at(5)), pool(InvalidStakeAccountAddress)),
    ("reserve that suffices", ADD, |s| leave(s, 0), Success),
    ("reserve one lamport short", ADD, |s| leave(s, -1), Error(InsufficientFunds)),
    ("reserve with a lamport more", ADD, |s| leave(s, 1), Success),
    ("stake account funded before", ADD, |s| s.lamports(s.at(5), SOL), Success),
    ("no vote account", ADD, |s| s.edit(s.at(6), |vote| vote.owner = Address::default()), Error(IncorrectProgramId)),
    (
        "already there, at another address",
        ADD,
        |s| {
            s.replace(s.at(5));
            s.replace_with(s.at(6), s.vote(0));
        },
        pool(ValidatorAlreadyAdded),
    ),
    (
        "other stake account, reserve one lamport short",
        ADD,
        |s| {
            s.replace(s.at(5));
            leave(s, -1);
        },
        pool(InvalidStakeAccountAddress),
    ),
    ("stake without data", REMOVE, |s| s.edit(s.at(4), |stake| stake.data.clear()), Error(BorshIoError)),
    ("stake of an unknown kind", REMOVE, |s| s.write(s.at(4), 0, &[9]), Error(BorshIoError)),
    ("stake not delegated", REMOVE, |s| s.write(s.at(4), 0, &[1]), pool(WrongStakeStake)),
    ("stake not initialized", REMOVE, |s| s.write(s.at(4), 0, &[0]), pool(WrongStakeStake)),
    ("unknown validator", REMOVE, |s| s.write(s.at(4), stake_offset::VOTER, &[9; 32]), pool(ValidatorNotFound)),
    ("other address", REMOVE, |s| s.copy(s.at(4)), pool(InvalidStakeAccountAddress)),
    (
        "other seed",
        REMOVE,
        |s| (0..2).for_each(|i| s.record(i, |r| r.validator_seed_suffix = 1.into())),
        pool(InvalidStakeAccountAddress),
    ),
    ("removed before", REMOVE, |s| status(s, StakeStatus::DeactivatingValidator), pool(ValidatorNotFound)),
    (
        "removed before, with transient stake",
        REMOVE,
        |s| status(s, StakeStatus::DeactivatingAll),
        pool(ValidatorNotFound),
    ),
    ("ready for removal", REMOVE, |s| status(s, StakeStatus::ReadyForRemoval), pool(ValidatorNotFound)),
    (
        "removed before, other address",
        REMOVE,
        |s| {
            status(s, StakeStatus::DeactivatingValidator);
            s.copy(s.at(4));
        },
        pool(InvalidStakeAccountAddress),
    ),
    ("other transient address", &["RemoveValidatorFromPool"], |s| s.replace(s.at(5)), Success),
    (
        "other transient address",
        &["RemoveValidatorFromPool with transient stake"],
        |s| s.copy(s.at(5)),
        pool(InvalidStakeAccountAddress),
    ),
    (
        "deactivated by another",
        REMOVE,
        |s| s.write(s.at(4), stake_offset::DEACTIVATION_EPOCH, &500u64.to_le_bytes()),
        Success,
    ),
    (
        "transient stake of another",
        &["RemoveValidatorFromPool with transient stake"],
        |s| s.write(s.at(5), stake_offset::STAKER, &[9; 32]),
        Success,
    ),
    (
        "transient stake gone",
        &["RemoveValidatorFromPool with transient stake"],
        |s| s.edit(s.at(5), |stake| stake.data.clear()),
        Success,
    ),
    (
        "preferred",
        REMOVE,
        |s| {
            let votes = [s.vote(0), s.vote(1)];
            s.set_terms(|terms| {
                [terms.preferred_deposit_validator_vote_address, terms.preferred_withdraw_validator_vote_address] =
                    votes.map(Some);
            });
        },
        Success,
    ),
];

#[test]
fn validators_are_added_and_removed() {
    super::run(CASES);
}
