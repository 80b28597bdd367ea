//! The interface of Tidepool, shared by the on-chain program, the client crate and the command line.
//!
//! It defines account layouts, instruction encodings, account lists, addresses, errors, and the exact arithmetic of rates and
//! fees. All of these are compatible with the SPL stake pool 2.2.0; the tests compare each with that published crate.
//!
//! The extension is Tidepool's addition for pools that opt in. It consists of [`state::PoolExtension`] behind the SPL layout of
//! the pool account, four bytes of each validator's record ([`state::EntryExtension`]), instructions from tag 64 on
//! ([`instruction::ExtensionInstruction`]), errors from code 1000 on ([`ExtensionError`]) and [`event`]s.
//!
//! The crate is `no_std` and allocates nothing. The feature `client` builds [`solana_instruction::Instruction`]s and finds
//! program addresses off-chain. The feature `borsh` implements `BorshSerialize` and `BorshDeserialize` for the types of the SPL
//! stake pool; it needs `alloc`.

#![no_std]

#[cfg(any(feature = "borsh", feature = "client"))]
extern crate alloc;
#[cfg(feature = "client")]
extern crate std;

pub mod address;
#[cfg(feature = "borsh")]
mod borsh_traits;
mod bytes;
pub mod error;
pub mod event;
pub mod external;
pub mod instruction;
pub mod maths;
pub mod quote;
pub mod rebalance;
pub mod state;
pub mod update;
pub mod withdrawal;

pub use {
    error::{ExtensionError, StakePoolError},
    solana_address::Address,
};

/// Lamports that every validator stake account keeps delegated, even if the stake program allows a lower minimum.
pub const MINIMUM_ACTIVE_STAKE: u64 = 1_000_000;

/// Maximum number of validators in a pool. With more, a stake withdrawal would exceed a transaction's compute units.
pub const MAX_VALIDATORS_IN_POOL: u32 = 20_000;

/// Decimals of every pool mint, those of SOL.
pub const POOL_MINT_DECIMALS: u8 = 9;

/// Data length in bytes of a stake account.
pub const STAKE_ACCOUNT_SPACE: usize = 200;

/// Minimum delegation of each of the pool's stake accounts, in lamports.
///
/// `stake_program_minimum` is the result of the stake program's `GetMinimumDelegation`, in lamports.
#[inline(always)]
pub const fn minimum_delegation(stake_program_minimum: u64) -> u64 {
    if stake_program_minimum > MINIMUM_ACTIVE_STAKE { stake_program_minimum } else { MINIMUM_ACTIVE_STAKE }
}

/// Minimum balance of a validator stake account, in lamports: `rent` (rent-exempt lamports for its data length) and the
/// minimum delegation.
#[inline(always)]
pub const fn minimum_stake_lamports(rent: u64, stake_program_minimum: u64) -> u64 {
    rent.saturating_add(minimum_delegation(stake_program_minimum))
}
