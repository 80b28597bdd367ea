//! Instructions of the SPL stake pool: tags 0 to 26.

use {
    crate::{
        bytes::{Reader, Wire, Writer},
        error::StakePoolError,
        schema::Percent,
    },
    num_derive::FromPrimitive,
    solana_address::Address,
    solana_program_error::ProgramError,
    tidepool_core::maths::{Fee, Lamports, PoolTokens},
};

tagged! {
    /// A fee to set, with its kind.
    pub enum FeeType {
        /// Referrers' share of SOL deposit fees, in percent.
        SolReferral(u8 as Percent) = 0,
        /// Referrers' share of stake deposit fees, in percent.
        StakeReferral(u8 as Percent) = 1,
        /// Fee on rewards, in force after two updates in new epochs.
        Epoch(Fee) = 2,
        /// Fee on stake withdrawals, in force after two updates in new epochs.
        StakeWithdrawal(Fee) = 3,
        /// Fee on SOL deposits, in force at once.
        SolDeposit(Fee) = 4,
        /// Fee on stake deposits, in force at once.
        StakeDeposit(Fee) = 5,
        /// Fee on SOL withdrawals, in force after two updates in new epochs.
        SolWithdrawal(Fee) = 6,
    }
}

numbered! {
    /// An authority that `SetFundingAuthority` sets.
    #[derive(FromPrimitive)]
    pub enum FundingType {
        /// The stake deposit authority.
        StakeDeposit,
        /// The SOL deposit authority.
        SolDeposit,
        /// The SOL withdraw authority.
        SolWithdraw,
    }
}

numbered! {
    /// A preference that `SetPreferredValidator` sets.
    #[derive(FromPrimitive)]
    pub enum PreferredValidatorType {
        /// The validator that receives all stake deposits.
        Deposit,
        /// The validator that stake is withdrawn from first.
        Withdraw,
    }
}

instructions! {
    /// An instruction's tag and arguments.
    ///
    /// The accounts of each are in the struct of the same name with the suffix `Accounts`.
    pub enum StakePoolInstruction<'a> {
        /// Creates a pool.
        Initialize [0 INITIALIZE InitializeAccounts]
            "Create the stake pool {pool} for the manager {manager} and the staker {staker}, with a fee of {fee} on rewards, {withdrawal_fee} on withdrawals and {deposit_fee} on deposits" {
            /// Fee on rewards.
            fee: Fee,
            /// Fee on stake and SOL withdrawals.
            withdrawal_fee: Fee,
            /// Fee on stake and SOL deposits.
            deposit_fee: Fee,
            /// Referrers' share of deposit fees, in percent.
            referral_fee: u8 as Percent,
            /// Maximum number of records in the validator list.
            max_validators: u32,
        },
        /// Adds a validator with the minimum stake from the reserve.
        AddValidatorToPool [1 ADD_VALIDATOR_TO_POOL AddValidatorToPoolAccounts]
            "Add the validator {vote} to the pool {pool}" {
            /// Seed of the validator stake account; 0 for none.
            seed: u32,
        },
        /// Starts the removal of a validator.
        RemoveValidatorFromPool [2 REMOVE_VALIDATOR_FROM_POOL RemoveValidatorFromPoolAccounts]
            "Remove the validator with the stake account {validator_stake} from the pool {pool}",
        /// Deprecated: as tag 21, but the transient stake account must hold its rent already.
        DecreaseValidatorStake [3 DECREASE_VALIDATOR_STAKE DecreaseValidatorStakeAccounts]
            "Deactivate {lamports} of the validator stake {validator_stake} of the pool {pool}" {
            /// Lamports to deactivate.
            lamports: u64 as Lamports,
            /// Seed of the transient stake account.
            transient_stake_seed: u64,
        },
        /// Delegates lamports of the reserve to a validator.
        IncreaseValidatorStake [4 INCREASE_VALIDATOR_STAKE IncreaseValidatorStakeAccounts]
            "Delegate {lamports} of the reserve of the pool {pool} to the validator {vote}" {
            /// Lamports to delegate.
            lamports: u64 as Lamports,
            /// Seed of the transient stake account.
            transient_stake_seed: u64,
        },
        /// Sets or unsets a preferred validator.
        SetPreferredValidator [5 SET_PREFERRED_VALIDATOR SetPreferredValidatorAccounts]
            "Set the preferred validator for {validator_type} of the pool {pool} to {vote_account}" {
            /// The preference to set.
            validator_type: PreferredValidatorType,
            /// The validator's vote account, or none to unset.
            vote_account: Option<Address>,
        },
        /// Permissionless. Updates records from the stake accounts, and merges stake.
        UpdateValidatorListBalance [6 UPDATE_VALIDATOR_LIST_BALANCE UpdateValidatorListBalanceAccounts]
            "Update the records of the pool {pool} from index {start_index} on" {
            /// Index of the first record.
            start_index: u32,
            /// Counts stake without merging.
            no_merge: bool,
        },
        /// Permissionless. Updates the pool's totals from the records and pays the manager's fee.
        UpdateStakePoolBalance [7 UPDATE_STAKE_POOL_BALANCE UpdateStakePoolBalanceAccounts]
            "Update the totals of the pool {pool}",
        /// Permissionless. Removes entries without stake.
        CleanupRemovedValidatorEntries [8 CLEANUP_REMOVED_VALIDATOR_ENTRIES CleanupRemovedValidatorEntriesAccounts]
            "Remove the entries without stake from the validator list of the pool {pool}",
        /// Deposits an active stake account.
        DepositStake [9 DEPOSIT_STAKE DepositStakeAccounts]
            "Deposit the stake account {deposit_stake} into the pool {pool} for pool tokens to {pool_tokens_to}",
        /// Withdraws a stake account.
        WithdrawStake [10 WITHDRAW_STAKE WithdrawStakeAccounts]
            "Withdraw stake from the pool {pool} for {pool_tokens}, into the stake account {split_to} for {user_stake_authority}" {
            /// Pool tokens to exchange, fee included.
            pool_tokens: u64 as PoolTokens,
        },
        /// Sets the manager and the manager fee account.
        SetManager [11 SET_MANAGER SetManagerAccounts]
            "Make {new_manager} the manager of the pool {pool}, with the fee account {new_manager_fee_account}",
        /// Sets a fee.
        SetFee [12 SET_FEE SetFeeAccounts]
            "Set a fee of the pool {pool}: {fee}" {
            /// The fee and its kind.
            fee: FeeType,
        },
        /// Sets the staker.
        SetStaker [13 SET_STAKER SetStakerAccounts]
            "Make {new_staker} the staker of the pool {pool}",
        /// Deposits SOL.
        DepositSol [14 DEPOSIT_SOL DepositSolAccounts]
            "Deposit {lamports} into the pool {pool} for pool tokens to {pool_tokens_to}" {
            /// Lamports to deposit.
            lamports: u64 as Lamports,
        },
        /// Sets or unsets an authority of deposits or withdrawals.
        SetFundingAuthority [15 SET_FUNDING_AUTHORITY SetFundingAuthorityAccounts]
            "Set the authority for {funding_type} of the pool {pool} to {new_authority}" {
            /// The authority to set.
            funding_type: FundingType,
        },
        /// Withdraws SOL from the reserve.
        WithdrawSol [16 WITHDRAW_SOL WithdrawSolAccounts]
            "Withdraw SOL from the pool {pool} for {pool_tokens} to {lamports_to}" {
            /// Pool tokens to exchange, fee included.
            pool_tokens: u64 as PoolTokens,
        },
        /// Creates the pool token's metadata.
        CreateTokenMetadata [17 CREATE_TOKEN_METADATA CreateTokenMetadataAccounts]
            "Create the metadata of the token of the pool {pool}: name {name}, symbol {symbol}, URI {uri}" {
            /// Name of the pool token.
            name: &'a str,
            /// Symbol of the pool token.
            symbol: &'a str,
            /// URI of the off-chain metadata.
            uri: &'a str,
        },
        /// Updates the pool token's metadata.
        UpdateTokenMetadata [18 UPDATE_TOKEN_METADATA UpdateTokenMetadataAccounts]
            "Change the metadata of the token of the pool {pool}: name {name}, symbol {symbol}, URI {uri}" {
            /// Name of the pool token.
            name: &'a str,
            /// Symbol of the pool token.
            symbol: &'a str,
            /// URI of the off-chain metadata.
            uri: &'a str,
        },
        /// As tag 4. The validator may already have activating stake of this epoch.
        IncreaseAdditionalValidatorStake [19 INCREASE_ADDITIONAL_VALIDATOR_STAKE IncreaseAdditionalValidatorStakeAccounts]
            "Delegate {lamports} more of the reserve of the pool {pool} to the validator {vote}" {
            /// Lamports to delegate.
            lamports: u64 as Lamports,
            /// Seed of the transient stake account; with transient stake, the record's seed.
            transient_stake_seed: u64,
            /// Seed of the ephemeral stake account.
            ephemeral_stake_seed: u64,
        },
        /// As tag 21. The validator may already have deactivating stake of this epoch.
        DecreaseAdditionalValidatorStake [20 DECREASE_ADDITIONAL_VALIDATOR_STAKE DecreaseAdditionalValidatorStakeAccounts]
            "Deactivate {lamports} more of the validator stake {validator_stake} of the pool {pool}" {
            /// Lamports to deactivate.
            lamports: u64 as Lamports,
            /// Seed of the transient stake account; with transient stake, the record's seed.
            transient_stake_seed: u64,
            /// Seed of the ephemeral stake account.
            ephemeral_stake_seed: u64,
        },
        /// Deactivates a part of a validator's stake. After cool-down, an update merges it into the reserve.
        DecreaseValidatorStakeWithReserve [21 DECREASE_VALIDATOR_STAKE_WITH_RESERVE DecreaseValidatorStakeWithReserveAccounts]
            "Deactivate {lamports} of the validator stake {validator_stake} of the pool {pool}" {
            /// Lamports to deactivate.
            lamports: u64 as Lamports,
            /// Seed of the transient stake account.
            transient_stake_seed: u64,
        },
        /// Retired: always rejected.
        Redelegate [22 REDELEGATE]
            "Redelegate {lamports}: retired, the program rejects it" {
            /// Lamports.
            lamports: u64 as Lamports,
            /// Seed of the source's transient stake account.
            source_transient_stake_seed: u64,
            /// Seed of the ephemeral stake account.
            ephemeral_stake_seed: u64,
            /// Seed of the destination's transient stake account.
            destination_transient_stake_seed: u64,
        },
        /// As tag 9, with a slippage bound.
        DepositStakeWithSlippage [23 DEPOSIT_STAKE_WITH_SLIPPAGE DepositStakeAccounts]
            "Deposit the stake account {deposit_stake} into the pool {pool} for at least {minimum_pool_tokens_out} to {pool_tokens_to}" {
            /// Minimum pool tokens out.
            minimum_pool_tokens_out: u64 as PoolTokens,
        },
        /// As tag 10, with a slippage bound.
        WithdrawStakeWithSlippage [24 WITHDRAW_STAKE_WITH_SLIPPAGE WithdrawStakeAccounts]
            "Withdraw at least {minimum_lamports_out} of stake from the pool {pool} for {pool_tokens_in}, into the stake account {split_to} for {user_stake_authority}" {
            /// Pool tokens to exchange, fee included.
            pool_tokens_in: u64 as PoolTokens,
            /// Minimum lamports out.
            minimum_lamports_out: u64 as Lamports,
        },
        /// As tag 14, with a slippage bound.
        DepositSolWithSlippage [25 DEPOSIT_SOL_WITH_SLIPPAGE DepositSolAccounts]
            "Deposit {lamports_in} into the pool {pool} for at least {minimum_pool_tokens_out} to {pool_tokens_to}" {
            /// Lamports to deposit.
            lamports_in: u64 as Lamports,
            /// Minimum pool tokens out.
            minimum_pool_tokens_out: u64 as PoolTokens,
        },
        /// As tag 16, with a slippage bound.
        WithdrawSolWithSlippage [26 WITHDRAW_SOL_WITH_SLIPPAGE WithdrawSolAccounts]
            "Withdraw at least {minimum_lamports_out} from the pool {pool} for {pool_tokens_in} to {lamports_to}" {
            /// Pool tokens to exchange, fee included.
            pool_tokens_in: u64 as PoolTokens,
            /// Minimum lamports out.
            minimum_lamports_out: u64 as Lamports,
        },
    }
}

impl StakePoolInstruction<'_> {
    /// Decodes data that has the length of a tag and `N` numbers of 64 bits; `None` for other lengths. The tag is not checked.
    #[inline(always)]
    pub fn decode_numbers<const N: usize>(data: &[u8]) -> Option<(u8, [u64; N])> {
        let (tag, numbers) = data.split_first()?;
        let (numbers, rest) = numbers.as_chunks::<8>();
        let numbers: &[[u8; 8]; N] = numbers.try_into().ok()?;
        rest.is_empty().then(|| (*tag, numbers.map(u64::from_le_bytes)))
    }
}

/// Longest encoding in bytes of an instruction of the SPL stake pool without text.
pub const INSTRUCTION_MAX_LENGTH: usize = 64;

/// Value of a [`FeeType`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SetFeeValue {
    /// A ratio.
    Ratio(Fee),
    /// A percentage.
    Percent(u8),
}

impl FeeType {
    /// The value of the fee.
    pub const fn value(&self) -> SetFeeValue {
        match *self {
            Self::SolReferral(percent) | Self::StakeReferral(percent) => SetFeeValue::Percent(percent),
            Self::Epoch(fee)
            | Self::StakeWithdrawal(fee)
            | Self::SolDeposit(fee)
            | Self::StakeDeposit(fee)
            | Self::SolWithdrawal(fee) => SetFeeValue::Ratio(fee),
        }
    }

    /// Whether the fee takes effect after two updates in new epochs. Such a fee can be set only while the pool is up to date.
    pub const fn is_delayed(&self) -> bool {
        matches!(self, Self::Epoch(_) | Self::StakeWithdrawal(_) | Self::SolWithdrawal(_))
    }

    /// Checks that the fee is at most 100 %.
    ///
    /// # Errors
    /// [`StakePoolError::FeeTooHigh`] if it is more.
    pub const fn check_too_high(&self) -> Result<(), StakePoolError> {
        let too_high = match self.value() {
            SetFeeValue::Ratio(fee) => fee.is_too_high(),
            SetFeeValue::Percent(percent) => percent > 100,
        };
        if too_high { Err(StakePoolError::FeeTooHigh) } else { Ok(()) }
    }
}
