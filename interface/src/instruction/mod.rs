//! Instructions, their arguments and their accounts: tags 0 to 26 of the contract, and Tidepool's from 64 on.

mod accounts;
#[cfg(feature = "client")]
mod build;
pub(crate) mod codec;
mod extension;
pub mod tag;

#[cfg(feature = "borsh")]
pub use crate::borsh_traits::OwnedInstruction;
pub use accounts::*;
#[cfg(feature = "client")]
pub use build::*;
pub use {
    codec::{INSTRUCTION_MAX_LENGTH, SetFeeValue},
    extension::{EXTENSION_TAG_MIN, ExtensionInstruction, REBALANCED_VALIDATORS_MAX, WEIGHTS_PAUSE_SLOTS, WeightEntry},
};

use {crate::maths::Fee, solana_address::Address};

/// A fee to set, with its kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FeeType {
    /// Referrers' share of SOL deposit fees, in percent.
    SolReferral(u8),
    /// Referrers' share of stake deposit fees, in percent.
    StakeReferral(u8),
    /// Fee on rewards, in force after two updates in new epochs.
    Epoch(Fee),
    /// Fee on stake withdrawals, in force after two updates in new epochs.
    StakeWithdrawal(Fee),
    /// Fee on SOL deposits, in force at once.
    SolDeposit(Fee),
    /// Fee on stake deposits, in force at once.
    StakeDeposit(Fee),
    /// Fee on SOL withdrawals, in force after two updates in new epochs.
    SolWithdrawal(Fee),
}

/// An authority that `SetFundingAuthority` sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum FundingType {
    /// Who must authorize stake deposits.
    StakeDeposit,
    /// Who must sign SOL deposits.
    SolDeposit,
    /// Who must sign SOL withdrawals.
    SolWithdraw,
}

/// A preference that `SetPreferredValidator` sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum PreferredValidatorType {
    /// The validator that takes all stake deposits.
    Deposit,
    /// The validator that stake is withdrawn from first.
    Withdraw,
}

/// An instruction's tag and arguments.
///
/// The accounts of each are in the struct of the same name with `Accounts` at its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StakePoolInstruction<'a> {
    /// Tag 0: makes a pool. See [`InitializeAccounts`].
    Initialize {
        /// Fee on rewards.
        fee: Fee,
        /// Fee on stake and SOL withdrawals.
        withdrawal_fee: Fee,
        /// Fee on stake and SOL deposits.
        deposit_fee: Fee,
        /// Referrers' share of deposit fees, in percent.
        referral_fee: u8,
        /// Records that the validator list has room for.
        max_validators: u32,
    },
    /// Tag 1: adds a validator with the minimum stake from the reserve. See [`AddValidatorToPoolAccounts`].
    AddValidatorToPool {
        /// Seed of the validator stake account; 0 for none.
        seed: u32,
    },
    /// Tag 2: begins a validator's removal. See [`RemoveValidatorFromPoolAccounts`].
    RemoveValidatorFromPool,
    /// Tag 3, deprecated: as tag 21 with a transient account that was funded before. See
    /// [`DecreaseValidatorStakeAccounts`].
    DecreaseValidatorStake {
        /// Lamports to take from the validator.
        lamports: u64,
        /// Seed of the transient stake account.
        transient_stake_seed: u64,
    },
    /// Tag 4: delegates SOL of the reserve to a validator. See [`IncreaseValidatorStakeAccounts`].
    IncreaseValidatorStake {
        /// Lamports to give to the validator.
        lamports: u64,
        /// Seed of the transient stake account.
        transient_stake_seed: u64,
    },
    /// Tag 5. See [`SetPreferredValidatorAccounts`].
    SetPreferredValidator {
        /// Which preference.
        validator_type: PreferredValidatorType,
        /// The validator's vote account, or none to unset.
        vote_account: Option<Address>,
    },
    /// Tag 6: updates records from the stake accounts, merging what can be merged. See
    /// [`UpdateValidatorListBalanceAccounts`]; a validator and a transient stake account per record follow.
    UpdateValidatorListBalance {
        /// Index of the first record.
        start_index: u32,
        /// Counts only, without merging.
        no_merge: bool,
    },
    /// Tag 7: updates the pool's totals from the records and pays the manager's fee. See
    /// [`UpdateStakePoolBalanceAccounts`].
    UpdateStakePoolBalance,
    /// Tag 8: drops entries that hold nothing. See [`CleanupRemovedValidatorEntriesAccounts`].
    CleanupRemovedValidatorEntries,
    /// Tag 9: deposits an active stake account. See [`DepositStakeAccounts`].
    DepositStake,
    /// Tag 10: withdraws a stake account. See [`WithdrawStakeAccounts`].
    WithdrawStake {
        /// Pool tokens to give.
        pool_tokens: u64,
    },
    /// Tag 11. See [`SetManagerAccounts`].
    SetManager,
    /// Tag 12. See [`SetFeeAccounts`].
    SetFee {
        /// The fee and its kind.
        fee: FeeType,
    },
    /// Tag 13. See [`SetStakerAccounts`].
    SetStaker,
    /// Tag 14: deposits SOL. See [`DepositSolAccounts`].
    DepositSol {
        /// Lamports to deposit.
        lamports: u64,
    },
    /// Tag 15. See [`SetFundingAuthorityAccounts`].
    SetFundingAuthority {
        /// Which authority.
        funding_type: FundingType,
    },
    /// Tag 16: withdraws SOL from the reserve. See [`WithdrawSolAccounts`].
    WithdrawSol {
        /// Pool tokens to give.
        pool_tokens: u64,
    },
    /// Tag 17. See [`CreateTokenMetadataAccounts`].
    CreateTokenMetadata {
        /// Name of the pool token.
        name: &'a str,
        /// Its symbol.
        symbol: &'a str,
        /// Address of its description.
        uri: &'a str,
    },
    /// Tag 18. See [`UpdateTokenMetadataAccounts`].
    UpdateTokenMetadata {
        /// Name of the pool token.
        name: &'a str,
        /// Its symbol.
        symbol: &'a str,
        /// Address of its description.
        uri: &'a str,
    },
    /// Tag 19: as tag 4, also where the validator's stake increases already in this epoch. See
    /// [`IncreaseAdditionalValidatorStakeAccounts`].
    IncreaseAdditionalValidatorStake {
        /// Lamports to give to the validator.
        lamports: u64,
        /// Seed of the transient stake account: the record's, where that is in use.
        transient_stake_seed: u64,
        /// Seed of the ephemeral stake account.
        ephemeral_stake_seed: u64,
    },
    /// Tag 20: as tag 21, also where the validator's stake decreases already in this epoch. See
    /// [`DecreaseAdditionalValidatorStakeAccounts`].
    DecreaseAdditionalValidatorStake {
        /// Lamports to take from the validator.
        lamports: u64,
        /// Seed of the transient stake account: the record's, where that is in use.
        transient_stake_seed: u64,
        /// Seed of the ephemeral stake account.
        ephemeral_stake_seed: u64,
    },
    /// Tag 21: deactivates a part of a validator's stake, towards the reserve. See
    /// [`DecreaseValidatorStakeWithReserveAccounts`].
    DecreaseValidatorStakeWithReserve {
        /// Lamports to take from the validator.
        lamports: u64,
        /// Seed of the transient stake account.
        transient_stake_seed: u64,
    },
    /// Tag 22, retired: always refused.
    Redelegate {
        /// Lamports.
        lamports: u64,
        /// Seed of the source's transient stake account.
        source_transient_stake_seed: u64,
        /// Seed of the ephemeral stake account.
        ephemeral_stake_seed: u64,
        /// Seed of the destination's transient stake account.
        destination_transient_stake_seed: u64,
    },
    /// Tag 23: as tag 9, with a bound. See [`DepositStakeAccounts`].
    DepositStakeWithSlippage {
        /// Fewest pool tokens that the depositor accepts.
        minimum_pool_tokens_out: u64,
    },
    /// Tag 24: as tag 10, with a bound. See [`WithdrawStakeAccounts`].
    WithdrawStakeWithSlippage {
        /// Pool tokens to give.
        pool_tokens_in: u64,
        /// Fewest lamports that the holder accepts.
        minimum_lamports_out: u64,
    },
    /// Tag 25: as tag 14, with a bound. See [`DepositSolAccounts`].
    DepositSolWithSlippage {
        /// Lamports to deposit.
        lamports_in: u64,
        /// Fewest pool tokens that the depositor accepts.
        minimum_pool_tokens_out: u64,
    },
    /// Tag 26: as tag 16, with a bound. See [`WithdrawSolAccounts`].
    WithdrawSolWithSlippage {
        /// Pool tokens to give.
        pool_tokens_in: u64,
        /// Fewest lamports that the holder accepts.
        minimum_lamports_out: u64,
    },
}
