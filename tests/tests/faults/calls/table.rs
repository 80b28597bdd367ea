//! The faults, call by call.

use {
    super::Fault,
    InstructionError::{
        Custom, IncorrectProgramId, InsufficientFunds, InvalidAccountData, MissingRequiredSignature,
        PrivilegeEscalation,
    },
    solana_address::Address,
    solana_instruction::error::InstructionError,
    solana_stake_interface::state::Meta,
    tidepool_tests::{SOL, scenario::EPOCH},
};

/// Errors of the system program.
const IN_USE: InstructionError = Custom(0);
const TOO_POOR: InstructionError = Custom(1);

/// Errors of the stake program.
const LOCKED: InstructionError = Custom(1);
const MERGE_TRANSIENT: InstructionError = Custom(5);
const MERGE_MISMATCH: InstructionError = Custom(6);
const NO_CUSTODIAN: InstructionError = Custom(7);
const TOO_LITTLE: InstructionError = Custom(12);

/// Errors of the token programs.
const NO_TOKENS: InstructionError = Custom(1);
const OTHER_MINT: InstructionError = Custom(3);
const FIXED_SUPPLY: InstructionError = Custom(5);
const OVERFLOW: InstructionError = Custom(14);
const FROZEN: InstructionError = Custom(17);

/// A stranger to the pool.
const STRANGER: Address = Address::new_from_array([9; 32]);

fn lock(meta: &mut Meta) {
    (meta.lockup.epoch, meta.lockup.custodian) = (EPOCH + 10, STRANGER);
}

fn disown(meta: &mut Meta) {
    (meta.authorized.staker, meta.authorized.withdrawer) = (STRANGER, STRANGER);
}

/// One row.
macro_rules! faults {
    ($($scenario:literal: { $($reason:literal, $after:literal, $error:expr, $spoil:expr;)+ })+) => {
        &[$($(Fault { scenario: $scenario, reason: $reason, after: $after, error: $error, spoil: $spoil },)+)+]
    };
}

pub const FAULTS: &[Fault] = faults! {
    "Initialize": {
        "the mint cannot be written", 0, PrivilegeEscalation, |s| s.read_only(6);
        "the fee account cannot be written", 0, PrivilegeEscalation, |s| s.read_only(7);
    }
    "AddValidatorToPool": {
        "the address is in use", 1, IN_USE, |s| s.occupy(5);
        "the reserve has another authority", 2, MissingRequiredSignature, |s| s.meta(2, disown);
        "the reserve cannot be written", 2, PrivilegeEscalation, |s| s.read_only(2);
        "the vote account is another program's", 3, IncorrectProgramId, |s| s.edit(6, |vote| vote.owner = STRANGER);
        "the vote account is empty", 3, InvalidAccountData, |s| s.edit(6, |vote| vote.data.fill(0));
    }
    "RemoveValidatorFromPool": {
        "the stake has another authority", 0, MissingRequiredSignature, |s| s.meta(4, disown);
    }
    "RemoveValidatorFromPool with transient stake": {
        "the transient stake cannot be written", 0, PrivilegeEscalation, |s| s.read_only(5);
        "the stake has another authority", 1, MissingRequiredSignature, |s| s.meta(4, disown);
    }
    "DecreaseValidatorStake": {
        "the address is in use", 0, IN_USE, |s| s.occupy(5);
        "the stake has another authority", 1, MissingRequiredSignature, |s| s.meta(4, disown);
        "the rent is not paid", 1, InsufficientFunds, |s| s.edit(5, |account| account.lamports = 1);
    }
    "DecreaseValidatorStakeWithReserve": {
        "the address is in use", 0, IN_USE, |s| s.occupy(6);
        "the reserve has another authority", 1, MissingRequiredSignature, |s| s.meta(4, disown);
        "the reserve is locked", 1, LOCKED, |s| s.meta(4, lock);
        "the stake has another authority", 2, MissingRequiredSignature, |s| s.meta(5, disown);
    }
    "DecreaseAdditionalValidatorStake": {
        "the ephemeral address is in use", 0, IN_USE, |s| s.occupy(6);
        "the reserve has another authority", 1, MissingRequiredSignature, |s| s.meta(4, disown);
        "the stake has another authority", 2, MissingRequiredSignature, |s| s.meta(5, disown);
        "the transient address is in use", 4, IN_USE, |s| s.occupy(7);
    }
    "IncreaseValidatorStake": {
        "the address is in use", 1, IN_USE, |s| s.occupy(5);
        "the reserve has another authority", 1, MissingRequiredSignature, |s| s.meta(4, disown);
        "the vote account is another program's", 2, IncorrectProgramId, |s| s.edit(7, |vote| vote.owner = STRANGER);
        "the vote account is empty", 2, InvalidAccountData, |s| s.edit(7, |vote| vote.data.fill(0));
    }
    "IncreaseAdditionalValidatorStake": {
        "the ephemeral address is in use", 1, IN_USE, |s| s.occupy(5);
        "the reserve has another authority", 1, MissingRequiredSignature, |s| s.meta(4, disown);
        "the vote account is empty", 2, InvalidAccountData, |s| s.edit(8, |vote| vote.data.fill(0));
        "the transient address is in use", 3, IN_USE, |s| s.occupy(6);
    }
    "IncreaseAdditionalValidatorStake, more": {
        "the stake moves to another validator", 3, MERGE_MISMATCH, |s| s.delegation(6, |stake| stake.voter_pubkey = STRANGER);
        "what moves is locked", 3, MERGE_MISMATCH, |s| s.meta(6, lock);
        "the stake that moves has another authority", 3, MissingRequiredSignature, |s| s.meta(6, disown);
    }
    "UpdateValidatorListBalance, merging": {
        "the stake is another validator's", 0, MERGE_MISMATCH, |s| s.delegation(10, |stake| stake.voter_pubkey = STRANGER);
        "the validator was deactivated now", 0, MERGE_TRANSIENT, |s| s.delegation(9, |stake| stake.deactivation_epoch = EPOCH);
        "the validator was deactivated", 0, MERGE_MISMATCH, |s| s.delegation(9, |stake| stake.deactivation_epoch = EPOCH - 1);
        "the reserve cannot be written", 1, PrivilegeEscalation, |s| s.read_only(3);
    }
    "UpdateValidatorListBalance, of removed validators": {
        "the reserve has another authority", 0, MissingRequiredSignature, |s| s.meta(3, disown);
        "the reserve is locked", 0, MERGE_MISMATCH, |s| s.meta(3, lock);
        "transient stake cannot be written", 1, PrivilegeEscalation, |s| s.read_only(10);
        "the last one's stake cannot be written", 2, PrivilegeEscalation, |s| s.read_only(9);
    }
    "UpdateStakePoolBalance, with a reward": {
        "the mint has no authority", 0, FIXED_SUPPLY, |s| s.fix_supply(5);
        "there are too many tokens", 0, OVERFLOW, |s| s.exhaust_supply(5);
        "the fee account cannot be written", 0, PrivilegeEscalation, |s| s.read_only(4);
    }
    "DepositStake": {
        "the stake has another authority", 0, MissingRequiredSignature, |s| s.meta(4, disown);
        "the withdrawer is another address", 1, MissingRequiredSignature, |s| s.meta(4, |meta| meta.authorized.withdrawer = STRANGER);
        "the stake is locked", 1, NO_CUSTODIAN, |s| s.meta(4, lock);
        "the stake is another validator's", 2, MERGE_MISMATCH, |s| s.delegation(4, |stake| stake.voter_pubkey = STRANGER);
        "the stake begins to warm up", 2, MERGE_MISMATCH, |s| s.delegation(4, |stake| stake.activation_epoch = EPOCH);
        "the stake cools down", 2, MERGE_TRANSIENT, |s| s.delegation(4, |stake| stake.deactivation_epoch = EPOCH);
        "the validator's stake is locked", 2, MERGE_MISMATCH, |s| s.meta(5, lock);
        "the depositor's tokens are frozen", 3, FROZEN, |s| s.freeze(7);
        "the mint has no authority", 3, FIXED_SUPPLY, |s| s.fix_supply(10);
        "there are too many tokens", 3, OVERFLOW, |s| s.exhaust_supply(10);
        "the manager's tokens are frozen", 4, FROZEN, |s| s.freeze(8);
        "the referrer's tokens are frozen", 5, FROZEN, |s| s.freeze(9);
        "the referrer's tokens are of another mint", 5, OTHER_MINT, |s| s.edit(9, |tokens| tokens.data[0] ^= 1);
        "the reserve cannot be written", 6, PrivilegeEscalation, |s| s.read_only(6);
    }
    "WithdrawStake": {
        "the holder has too few tokens", 0, NO_TOKENS, |s| s.leave_tokens(7, SOL);
        "the holder's tokens are frozen", 0, FROZEN, |s| s.freeze(7);
        "it is too little to be split off", 2, TOO_LITTLE, |s| s.amount(SOL / 2);
        "the new account is in use", 1, InvalidAccountData, |s| s.edit(4, |account| account.data[0] = 1);
        "the new account is too small", 1, InvalidAccountData, |s| s.edit(4, |account| account.data.truncate(100));
        "the rent is not paid", 1, InsufficientFunds, |s| s.edit(4, |account| account.lamports = 1);
        "the new account cannot be written", 1, PrivilegeEscalation, |s| s.read_only(4);
        "the stake has another authority", 1, MissingRequiredSignature, |s| s.meta(3, disown);
        "the holder has no tokens for the fee", 4, NO_TOKENS, |s| s.leave_tokens(7, 5 * SOL - 1);
    }
    "WithdrawStake, from the reserve": {
        "the new account is in use", 2, InvalidAccountData, |s| s.edit(4, |account| account.data[0] = 1);
        "the holder has no tokens for the fee", 5, NO_TOKENS, |s| s.leave_tokens(7, 5 * SOL - 1);
    }
    "DepositSol": {
        "the wallet has too little", 0, TOO_POOR, |s| s.edit(3, |wallet| wallet.lamports = 10 * SOL - 1);
        "the depositor's tokens are frozen", 1, FROZEN, |s| s.freeze(4);
        "the mint has no authority", 1, FIXED_SUPPLY, |s| s.fix_supply(7);
        "there are too many tokens", 1, OVERFLOW, |s| s.exhaust_supply(7);
        "the depositor's tokens are of another mint", 1, OTHER_MINT, |s| s.edit(4, |tokens| tokens.data[0] ^= 1);
        "the manager's tokens are frozen", 2, FROZEN, |s| s.freeze(5);
        "the referrer's tokens are frozen", 3, FROZEN, |s| s.freeze(6);
    }
    "WithdrawSol": {
        "the holder has too few tokens", 0, NO_TOKENS, |s| s.leave_tokens(3, SOL);
        "the holder's tokens are frozen", 0, FROZEN, |s| s.freeze(3);
        "the holder has no tokens for the fee", 1, NO_TOKENS, |s| s.leave_tokens(3, 5 * SOL - 1);
        "the receiver cannot be written", 2, PrivilegeEscalation, |s| s.read_only(5);
        "the reserve has another authority", 2, MissingRequiredSignature, |s| s.meta(4, disown);
        "the reserve is locked", 2, LOCKED, |s| s.meta(4, lock);
    }
    "ExtendPool": {
        "the payer has too little", 0, TOO_POOR, |s| s.edit(2, |wallet| wallet.lamports = 1);
        "the payer cannot be written", 0, PrivilegeEscalation, |s| s.read_only(2);
    }
    "UpdateValidators, merging": {
        "the reserve cannot be written", 1, PrivilegeEscalation, |s| s.read_only(3);
    }
    "UpdateValidators, of removed validators": {
        "the reserve has another authority", 0, MissingRequiredSignature, |s| s.meta(3, disown);
    }
    "Rebalance, to validators": {
        "the reserve has another authority", 2, MissingRequiredSignature, |s| s.meta(3, disown);
        "the second one's account cannot be written", 4, PrivilegeEscalation, |s| s.read_only(15);
    }
    "Rebalance, to the reserve": {
        "the reserve is locked", 2, LOCKED, |s| s.meta(3, lock);
        "the second one's stake cannot be written", 7, PrivilegeEscalation, |s| s.read_only(14);
    }
};
