//! The wire contract of Tidepool, shared by the on-chain program, the client crate and the command line.
//!
//! Everything that two sides must agree on lives here, once: account layouts, instruction encodings, account
//! lists, addresses, errors and the exact arithmetic of rates and fees. The contract is that of the SPL stake pool,
//! release 2.2.0; the tests of this crate compare each piece with that published crate. What Tidepool adds to it, for pools
//! that opt in, is in the tail of the pool account ([`state::PoolExtension`]), in four bytes of each validator's record
//! ([`state::EntryExtension`]), in instructions from tag 64 on ([`instruction::ExtensionInstruction`]), in errors from code
//! 1000 on ([`ExtensionError`]) and in [`event`]s.
//!
//! The crate is `no_std` and allocates nothing. With the feature `client` it also builds
//! [`solana_instruction::Instruction`]s and searches program addresses off-chain. With the feature `borsh`, the types of the
//! SPL stake pool implement `BorshSerialize` and `BorshDeserialize`; this needs `alloc`.

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

/// Lamports that every validator stake account keeps delegated, whatever lower minimum the stake program allows.
pub const MINIMUM_ACTIVE_STAKE: u64 = 1_000_000;

/// Most validators that a pool can hold: with more, a stake withdrawal would not fit a transaction's compute units.
pub const MAX_VALIDATORS_IN_POOL: u32 = 20_000;

/// Decimals of every pool mint, those of SOL.
pub const POOL_MINT_DECIMALS: u8 = 9;

/// Data length in bytes of a stake account.
pub const STAKE_ACCOUNT_SPACE: usize = 200;

/// Lamports that must be delegated in each of the pool's stake accounts.
///
/// `stake_program_minimum` is what the stake program answers to `GetMinimumDelegation`, in lamports.
#[inline(always)]
pub const fn minimum_delegation(stake_program_minimum: u64) -> u64 {
    if stake_program_minimum > MINIMUM_ACTIVE_STAKE { stake_program_minimum } else { MINIMUM_ACTIVE_STAKE }
}

/// Lamports that a validator stake account must hold: `rent` (rent-exempt lamports for its data length) and the
/// minimum delegation.
#[inline(always)]
pub const fn minimum_stake_lamports(rent: u64, stake_program_minimum: u64) -> u64 {
    rent.saturating_add(minimum_delegation(stake_program_minimum))
}
