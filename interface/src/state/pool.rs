//! The pool account.

use {
    super::{PodFee, PodLockup, PoolTerms, U64},
    crate::error::StakePoolError,
    core::mem::size_of,
    num_derive::FromPrimitive,
    solana_address::Address,
    solana_program_error::ProgramError,
    tidepool_core::maths::{ExchangeRate, Lamports, PoolTokens},
};

numbered! {
    /// Account type: first byte of each account that the program owns.
    #[derive(FromPrimitive)]
    pub enum AccountType {
        /// All zeroes: uninitialized.
        Uninitialized,
        /// A pool.
        StakePool,
        /// A validator list.
        ValidatorList,
    }
}

/// Length in bytes of the fixed part of the pool account.
pub const POOL_HEAD_LENGTH: usize = size_of::<PoolHead>();

/// Length in bytes of a pool with no optional field set.
pub const POOL_MIN_LENGTH: usize = 435;

/// Length in bytes of a pool with all optional fields set. Clients allocate this length.
pub const POOL_MAX_LENGTH: usize = 611;

layout! {
    /// The fixed part of the pool account, bytes 0 to 346.
    pub struct PoolHead {
        /// [`AccountType`].
        pub account_type: u8 as AccountType,
        /// May change fees, authorities, the fee account and the manager itself.
        pub manager: Address,
        /// May add and remove validators and move stake between them.
        pub staker: Address,
        /// Must authorize each stake deposit. The default is a program-derived address, under which deposits are permissionless.
        pub stake_deposit_authority: Address,
        /// Bump of the withdraw authority.
        pub stake_withdraw_bump_seed: u8,
        /// The validator list.
        pub validator_list: Address,
        /// The reserve: a stake account that is not delegated.
        pub reserve_stake: Address,
        /// The mint of the pool token.
        pub pool_mint: Address,
        /// The token account that receives the manager's fees.
        pub manager_fee_account: Address,
        /// The token program of the mint.
        pub token_program_id: Address,
        /// Lamports under management as of `last_update_epoch`, changed by every deposit and withdrawal.
        pub total_lamports: U64 as Lamports,
        /// Supply of the mint as of `last_update_epoch`, in the token's smallest unit, changed by every deposit and withdrawal.
        pub pool_token_supply: U64 as PoolTokens,
        /// Epoch of the last `UpdateStakePoolBalance`.
        pub last_update_epoch: U64,
        /// Lockup that all stake in the pool must have: always the default one.
        pub lockup: PodLockup,
        /// Fee on rewards.
        pub epoch_fee: PodFee,
    }
}

const _: () = assert!(POOL_HEAD_LENGTH == 346 && align_of::<PoolHead>() == 1);

impl PoolHead {
    /// The rate at which deposits and withdrawals trade.
    #[inline]
    pub const fn exchange_rate(&self) -> ExchangeRate {
        ExchangeRate {
            total_lamports: Lamports::new(self.total_lamports.get()),
            pool_token_supply: PoolTokens::new(self.pool_token_supply.get()),
        }
    }

    /// Whether the pool is stale: not updated in `epoch` yet.
    #[inline]
    pub const fn is_stale(&self, epoch: u64) -> bool {
        self.last_update_epoch.get() < epoch
    }
}

/// A whole pool, decoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakePool {
    /// Fields at fixed offsets.
    pub head: PoolHead,
    /// Fields at variable offsets.
    pub terms: PoolTerms,
}

impl StakePool {
    /// Decodes a pool account's data of any account type. Bytes after the pool are ignored.
    ///
    /// # Errors
    /// `BorshIoError` if the data is too short or a tag in it is invalid.
    pub fn decode(data: &[u8]) -> Result<Self, ProgramError> {
        let (head, rest) = split_head(data)?;
        Ok(Self { head: *head, terms: PoolTerms::decode(rest)? })
    }

    /// Decodes an initialized pool.
    ///
    /// # Errors
    /// As [`Self::decode`]; [`StakePoolError::InvalidState`] if the account is not an initialized pool.
    pub fn decode_initialized(data: &[u8]) -> Result<Self, ProgramError> {
        let pool = Self::decode(data)?;
        if pool.head.account_type != AccountType::StakePool as u8 {
            return Err(StakePoolError::InvalidState.into());
        }
        Ok(pool)
    }

    /// Writes the pool to the start of an account's data and returns its length in bytes. Bytes after it stay unchanged.
    ///
    /// # Errors
    /// `BorshIoError` if the data is too short.
    pub fn encode(&self, data: &mut [u8]) -> Result<usize, ProgramError> {
        let (head, rest) = data.split_at_mut_checked(POOL_HEAD_LENGTH).ok_or(ProgramError::BorshIoError)?;
        head.copy_from_slice(bytemuck::bytes_of(&self.head));
        let length = self.terms.encode(rest)?;
        Ok(POOL_HEAD_LENGTH.saturating_add(length))
    }
}

/// Splits a pool account's data into its fixed part and the rest.
#[inline]
pub(crate) fn split_head(data: &[u8]) -> Result<(&PoolHead, &[u8]), ProgramError> {
    let (head, rest) = data.split_at_checked(POOL_HEAD_LENGTH).ok_or(ProgramError::BorshIoError)?;
    let head: &PoolHead = bytemuck::from_bytes(head);
    if head.account_type > AccountType::ValidatorList as u8 {
        return Err(ProgramError::BorshIoError);
    }
    Ok((head, rest))
}
