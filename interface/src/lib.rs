//! The interface of Tidepool, shared by the on-chain program, the client crate and the command line.
//!
//! It defines account layouts, instruction encodings, account lists, addresses, errors and events. All of these are compatible with
//! the SPL stake pool 2.2.0; the tests compare each with that published crate. The arithmetic is in [`tidepool_core`].
//!
//! # Examples
//!
//! Quote a deposit from the bytes of a pool account. The program runs the same function, so the quote is exact as long as the pool
//! does not change.
//!
//! ```
//! # use tidepool_interface::state::{AccountType, POOL_MAX_LENGTH, PoolHead, PoolTerms};
//! use {
//!     tidepool_core::{
//!         maths::{Fee, Lamports, PoolTokens},
//!         quote,
//!     },
//!     tidepool_interface::{StakePoolError, state::StakePool},
//! };
//!
//! # let mut account_data = [0; POOL_MAX_LENGTH];
//! # let mut head: PoolHead = bytemuck::Zeroable::zeroed();
//! # head.account_type = AccountType::StakePool as u8;
//! # head.total_lamports = 1_100_000_000_000.into();
//! # head.pool_token_supply = 1_000_000_000_000.into();
//! # let terms = PoolTerms { sol_deposit_fee: Fee::new(1, 100), ..PoolTerms::default() };
//! # StakePool { head, terms }.encode(&mut account_data)?;
//! // `account_data` is from an RPC endpoint, a snapshot or a file.
//! let pool = StakePool::decode_initialized(&account_data)?;
//! assert!(!pool.head.is_stale(0), "update the pool first");
//! let rate = pool.head.exchange_rate();
//! assert_eq!(rate.lamports_for_withdrawal(PoolTokens::new(1_000_000_000)), Some(Lamports::new(1_100_000_000)));
//!
//! let (fee, referral_percent) = (pool.terms.sol_deposit_fee, pool.terms.sol_referral_fee);
//! assert_eq!(fee, Fee::new(1, 100));
//! let quote = quote::sol_deposit(&rate, &fee, referral_percent, Lamports::new(11_000_000_000)).map_err(StakePoolError::from)?;
//! assert_eq!(quote.to_depositor, PoolTokens::new(9_900_000_000));
//! # Ok::<(), solana_program_error::ProgramError>(())
//! ```
//!
//! Build the instruction for this deposit (feature `client`), and accept no less than the quote:
//!
//! ```
//! # #[cfg(feature = "client")] {
//! use tidepool_interface::{
//!     Address,
//!     address::{SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, find_withdraw_authority},
//!     instruction::{DepositSolAccounts, deposit_sol},
//! };
//!
//! # let [program_id, pool, wallet, tokens, reserve, fees, mint] = core::array::from_fn(|i| Address::new_from_array([i as u8 + 1; 32]));
//! let accounts = DepositSolAccounts {
//!     pool,
//!     withdraw_authority: find_withdraw_authority(&program_id, &pool).0,
//!     reserve_stake: reserve,
//!     lamports_from: wallet,
//!     pool_tokens_to: tokens,
//!     manager_fee_account: fees,
//!     referrer_fee_account: tokens,
//!     pool_mint: mint,
//!     system_program: SYSTEM_PROGRAM_ID,
//!     token_program: TOKEN_PROGRAM_ID,
//!     sol_deposit_authority: None,
//! };
//! let instruction = deposit_sol(&program_id, &accounts, 11_000_000_000, Some(9_900_000_000));
//! assert!(instruction.accounts.iter().any(|meta| meta.pubkey == wallet && meta.is_signer));
//! # }
//! ```
//!
//! # Features
//!
//! The extension is Tidepool's addition for pools that opt in. It consists of [`state::PoolExtension`] behind the SPL layout of
//! the pool account, four bytes of each validator's record ([`state::EntryExtension`]), instructions from tag 64 on
//! ([`instruction::ExtensionInstruction`]), errors from code 1000 on ([`ExtensionError`]) and [`event`]s.
//!
//! The crate is `no_std` and allocates nothing. The feature `client` builds [`solana_instruction::Instruction`]s and finds
//! program addresses off-chain. The feature `write` has the in-place views with which the program reads and writes accounts; clients
//! decode accounts instead. The feature `borsh` implements `BorshSerialize` and `BorshDeserialize` for the types of the SPL
//! stake pool; it needs `alloc`.

#![no_std]

#[cfg(any(feature = "borsh", feature = "client"))]
extern crate alloc;
#[cfg(feature = "client")]
extern crate std;

#[macro_use]
pub mod schema;
#[macro_use]
mod bytes;

pub mod address;
#[cfg(feature = "borsh")]
mod borsh_traits;
pub mod error;
pub mod event;
pub mod external;
pub mod instruction;
pub mod state;
pub mod update;

pub use {
    error::{ExtensionError, StakePoolError},
    solana_address::Address,
};

/// Decimals of every pool mint, those of SOL.
pub const POOL_MINT_DECIMALS: u8 = 9;

/// Data length in bytes of a stake account.
pub const STAKE_ACCOUNT_SPACE: usize = 200;
