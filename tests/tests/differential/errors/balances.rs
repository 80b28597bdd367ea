//! The pool's totals are updated and its list is cleaned up.

use {
    super::{
        Case,
        Expected::{Error, Success},
        Spoiler, pool,
    },
    solana_instruction::error::InstructionError::{IncorrectProgramId, InvalidAccountData, UninitializedAccount},
    tidepool_core::maths::Fee,
    tidepool_interface::{StakePoolError::*, address::SYSTEM_PROGRAM_ID, state::StakeStatus},
};

const UPDATE: &[&str] = &["UpdateStakePoolBalance"];
const CLEANUP: &[&str] = &["CleanupRemovedValidatorEntries"];
/// Those that need `UpdateStakePoolBalance`'s neighbours: they have files of their own.
const UPDATE_LIST: &[&str] = &["UpdateValidatorListBalance"];

/// Makes sure that there is a reward.
fn reward(s: &mut Spoiler) {
    s.set_head(|head| head.total_lamports = 1_000_000_000.into());
}

fn removed(s: &mut Spoiler) {
    s.record(0, |record| {
        record.status = StakeStatus::ReadyForRemoval as u8;
        record.active_stake_lamports = 0.into();
    });
}

pub const CASES: &[Case] = &[
    (
        "record of the epoch before",
        UPDATE,
        |s| s.record(1, |r| r.last_update_epoch = 499.into()),
        pool(StakeListOutOfDate),
    ),
    (
        "record of the epoch before, removed",
        UPDATE,
        |s| {
            removed(s);
            s.record(0, |r| r.last_update_epoch = 499.into());
        },
        pool(StakeListOutOfDate),
    ),
    ("record of a later epoch", UPDATE, |s| s.record(1, |r| r.last_update_epoch = 501.into()), Success),
    (
        "records of the greatest numbers",
        UPDATE,
        |s| s.record(1, |r| r.active_stake_lamports = u64::MAX.into()),
        pool(CalculationFailure),
    ),
    ("reward", UPDATE, reward, Success),
    (
        "reward, all of it a fee",
        UPDATE,
        |s| {
            reward(s);
            s.set_head(|head| head.epoch_fee = Fee::new(1, 1).into());
        },
        Success,
    ),
    (
        "reward, fee account frozen",
        UPDATE,
        |s| {
            reward(s);
            s.write(s.fee_account(), 108, &[2]);
        },
        Success,
    ),
    (
        "reward, fee account closed",
        UPDATE,
        |s| {
            reward(s);
            s.edit(s.fee_account(), |account| *account = solana_account::Account::default());
        },
        Success,
    ),
    (
        "reward, fee account of another mint",
        UPDATE,
        |s| {
            reward(s);
            s.write(s.fee_account(), 0, &[9; 32]);
        },
        Success,
    ),
    ("mint uninitialized", UPDATE, |s| s.write(s.mint(), 45, &[0]), Error(UninitializedAccount)),
    ("mint cut", UPDATE, |s| s.edit(s.mint(), |mint| mint.data.truncate(81)), Error(InvalidAccountData)),
    (
        "reserve before fee account",
        UPDATE,
        |s| {
            s.copy(s.reserve());
            s.copy(s.fee_account());
        },
        pool(InvalidProgramAddress),
    ),
    (
        "fee account before list",
        UPDATE,
        |s| {
            s.copy(s.list());
            s.copy(s.fee_account());
        },
        pool(InvalidFeeAccount),
    ),
    (
        "list before token program",
        UPDATE,
        |s| {
            s.copy(s.list());
            s.replace(s.head().token_program_id);
        },
        pool(InvalidValidatorStakeList),
    ),
    (
        "token program before the list's owner",
        UPDATE,
        |s| {
            s.edit(s.list(), |list| list.owner = SYSTEM_PROGRAM_ID);
            s.replace(s.head().token_program_id);
        },
        Error(IncorrectProgramId),
    ),
    ("entry to drop", CLEANUP, removed, Success),
    (
        "entry to drop, which is preferred",
        CLEANUP,
        |s| {
            removed(s);
            let vote = s.vote(0);
            s.set_terms(|terms| terms.preferred_deposit_validator_vote_address = Some(vote));
        },
        Success,
    ),
    (
        "entry to drop, pool read-only",
        CLEANUP,
        |s| {
            removed(s);
            let vote = s.vote(0);
            s.set_terms(|terms| terms.preferred_deposit_validator_vote_address = Some(vote));
            s.ix.accounts[0].is_writable = false;
        },
        Success,
    ),
    (
        "rewards are being paid",
        UPDATE_LIST,
        |s| s.vm.set_epoch_rewards_active(true),
        pool(EpochRewardDistributionInProgress),
    ),
    ("rewards are being paid", UPDATE, |s| s.vm.set_epoch_rewards_active(true), Success),
];

#[test]
fn balances() {
    super::run(CASES);
}
