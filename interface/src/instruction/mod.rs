//! Instructions, their arguments and their accounts: SPL tags 0 to 26, and the extension's tags from 64 on.

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

use {solana_address::Address, tidepool_core::maths::Fee};

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
    /// The stake deposit authority.
    StakeDeposit,
    /// The SOL deposit authority.
    SolDeposit,
    /// The SOL withdraw authority.
    SolWithdraw,
}

/// A preference that `SetPreferredValidator` sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum PreferredValidatorType {
    /// The validator that receives all stake deposits.
    Deposit,
    /// The validator that stake is withdrawn from first.
    Withdraw,
}

/// An instruction's tag and arguments.
///
/// The accounts of each are in the struct of the same name with the suffix `Accounts`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StakePoolInstruction<'a> {
    /// Tag 0: creates a pool. See [`InitializeAccounts`].
    Initialize {
        /// Fee on rewards.
        fee: Fee,
        /// Fee on stake and SOL withdrawals.
        withdrawal_fee: Fee,
        /// Fee on stake and SOL deposits.
        deposit_fee: Fee,
        /// Referrers' share of deposit fees, in percent.
        referral_fee: u8,
        /// Maximum number of records in the validator list.
        max_validators: u32,
    },
    /// Tag 1: adds a validator with the minimum stake from the reserve. See [`AddValidatorToPoolAccounts`].
    AddValidatorToPool {
        /// Seed of the validator stake account; 0 for none.
        seed: u32,
    },
    /// Tag 2: starts the removal of a validator. See [`RemoveValidatorFromPoolAccounts`].
    RemoveValidatorFromPool,
    /// Tag 3, deprecated: as tag 21, but the transient stake account must hold its rent already. See
    /// [`DecreaseValidatorStakeAccounts`].
    DecreaseValidatorStake {
        /// Lamports to deactivate.
        lamports: u64,
        /// Seed of the transient stake account.
        transient_stake_seed: u64,
    },
    /// Tag 4: delegates lamports of the reserve to a validator. See [`IncreaseValidatorStakeAccounts`].
    IncreaseValidatorStake {
        /// Lamports to delegate.
        lamports: u64,
        /// Seed of the transient stake account.
        transient_stake_seed: u64,
    },
    /// Tag 5: sets or unsets a preferred validator. See [`SetPreferredValidatorAccounts`].
    SetPreferredValidator {
        /// The preference to set.
        validator_type: PreferredValidatorType,
        /// The validator's vote account, or none to unset.
        vote_account: Option<Address>,
    },
    /// Tag 6: permissionless. Updates records from the stake accounts, and merges stake. See
    /// [`UpdateValidatorListBalanceAccounts`]; a validator and a transient stake account per record follow.
    UpdateValidatorListBalance {
        /// Index of the first record.
        start_index: u32,
        /// Counts stake without merging.
        no_merge: bool,
    },
    /// Tag 7: permissionless. Updates the pool's totals from the records and pays the manager's fee. See
    /// [`UpdateStakePoolBalanceAccounts`].
    UpdateStakePoolBalance,
    /// Tag 8: permissionless. Removes entries without stake. See [`CleanupRemovedValidatorEntriesAccounts`].
    CleanupRemovedValidatorEntries,
    /// Tag 9: deposits an active stake account. See [`DepositStakeAccounts`].
    DepositStake,
    /// Tag 10: withdraws a stake account. See [`WithdrawStakeAccounts`].
    WithdrawStake {
        /// Pool tokens to exchange, fee included.
        pool_tokens: u64,
    },
    /// Tag 11: sets the manager and the manager fee account. See [`SetManagerAccounts`].
    SetManager,
    /// Tag 12: sets a fee. See [`SetFeeAccounts`].
    SetFee {
        /// The fee and its kind.
        fee: FeeType,
    },
    /// Tag 13: sets the staker. See [`SetStakerAccounts`].
    SetStaker,
    /// Tag 14: deposits SOL. See [`DepositSolAccounts`].
    DepositSol {
        /// Lamports to deposit.
        lamports: u64,
    },
    /// Tag 15: sets or unsets an authority of deposits or withdrawals. See [`SetFundingAuthorityAccounts`].
    SetFundingAuthority {
        /// The authority to set.
        funding_type: FundingType,
    },
    /// Tag 16: withdraws SOL from the reserve. See [`WithdrawSolAccounts`].
    WithdrawSol {
        /// Pool tokens to exchange, fee included.
        pool_tokens: u64,
    },
    /// Tag 17: creates the pool token's metadata. See [`CreateTokenMetadataAccounts`].
    CreateTokenMetadata {
        /// Name of the pool token.
        name: &'a str,
        /// Symbol of the pool token.
        symbol: &'a str,
        /// URI of the off-chain metadata.
        uri: &'a str,
    },
    /// Tag 18: updates the pool token's metadata. See [`UpdateTokenMetadataAccounts`].
    UpdateTokenMetadata {
        /// Name of the pool token.
        name: &'a str,
        /// Symbol of the pool token.
        symbol: &'a str,
        /// URI of the off-chain metadata.
        uri: &'a str,
    },
    /// Tag 19: as tag 4. The validator may already have activating stake of this epoch. See
    /// [`IncreaseAdditionalValidatorStakeAccounts`].
    IncreaseAdditionalValidatorStake {
        /// Lamports to delegate.
        lamports: u64,
        /// Seed of the transient stake account; with transient stake, the record's seed.
        transient_stake_seed: u64,
        /// Seed of the ephemeral stake account.
        ephemeral_stake_seed: u64,
    },
    /// Tag 20: as tag 21. The validator may already have deactivating stake of this epoch. See
    /// [`DecreaseAdditionalValidatorStakeAccounts`].
    DecreaseAdditionalValidatorStake {
        /// Lamports to deactivate.
        lamports: u64,
        /// Seed of the transient stake account; with transient stake, the record's seed.
        transient_stake_seed: u64,
        /// Seed of the ephemeral stake account.
        ephemeral_stake_seed: u64,
    },
    /// Tag 21: deactivates a part of a validator's stake. After cool-down, an update merges it into the reserve. See
    /// [`DecreaseValidatorStakeWithReserveAccounts`].
    DecreaseValidatorStakeWithReserve {
        /// Lamports to deactivate.
        lamports: u64,
        /// Seed of the transient stake account.
        transient_stake_seed: u64,
    },
    /// Tag 22, retired: always rejected.
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
    /// Tag 23: as tag 9, with a slippage bound. See [`DepositStakeAccounts`].
    DepositStakeWithSlippage {
        /// Minimum pool tokens out.
        minimum_pool_tokens_out: u64,
    },
    /// Tag 24: as tag 10, with a slippage bound. See [`WithdrawStakeAccounts`].
    WithdrawStakeWithSlippage {
        /// Pool tokens to exchange, fee included.
        pool_tokens_in: u64,
        /// Minimum lamports out.
        minimum_lamports_out: u64,
    },
    /// Tag 25: as tag 14, with a slippage bound. See [`DepositSolAccounts`].
    DepositSolWithSlippage {
        /// Lamports to deposit.
        lamports_in: u64,
        /// Minimum pool tokens out.
        minimum_pool_tokens_out: u64,
    },
    /// Tag 26: as tag 16, with a slippage bound. See [`WithdrawSolAccounts`].
    WithdrawSolWithSlippage {
        /// Pool tokens to exchange, fee included.
        pool_tokens_in: u64,
        /// Minimum lamports out.
        minimum_lamports_out: u64,
    },
}
