//! Calls of a stake pool from another on-chain program, and the pool's exchange rate with the checks that belong to it.
//!
//! * [`PoolReader`] reads a pool account in place: rate, freshness, rate guard, announced changes.
//! * The modules `pinocchio` and `solana_program`, each behind the feature of its name, call `DepositSol`, `WithdrawSol`,
//!   `DepositStake`, `WithdrawStake` and `RequestExit`. The accounts are those of `tidepool_interface::instruction`, in the
//!   flavour's own type.
//!
//! Every call takes the id of the pool's program from the caller, and rejects a pool of any other program. Let it be a constant of
//! yours: a program that the transaction chooses can keep the deposit. Every call has a slippage bound.
//!
//! Pools of Tidepool and of the SPL stake pool program take the same calls, except `RequestExit`, which is of the extension.
//!
//! ```
//! # #[cfg(feature = "pinocchio")] {
//! use {
//!     pinocchio::{AccountView, Address, ProgramResult},
//!     tidepool_cpi::{
//!         PoolReader,
//!         pinocchio::{current_epoch, deposit_sol},
//!     },
//!     tidepool_interface::{address::SPL_STAKE_POOL_PROGRAM_ID, instruction::DepositSolAccounts},
//! };
//!
//! const POOL_PROGRAM_ID: Address = SPL_STAKE_POOL_PROGRAM_ID;
//!
//! fn deposit(accounts: &[AccountView], lamports: u64, minimum_pool_tokens: u64) -> ProgramResult {
//!     let accounts = DepositSolAccounts::of(accounts)?;
//!     let pool = accounts.pool;
//!     PoolReader::of(&POOL_PROGRAM_ID, pool.owner(), &pool.try_borrow()?)?.check_fresh(current_epoch()?)?;
//!     deposit_sol(&POOL_PROGRAM_ID, &accounts, lamports, minimum_pool_tokens, &[])
//! }
//! # let _ = deposit;
//! # }
//! ```
//!
//! `examples/vault-by-cpi` is a whole program with pinocchio, `examples/deposit-by-cpi` one with solana-program.

#![no_std]

#[cfg(feature = "solana-program")]
extern crate std;

#[cfg(any(feature = "pinocchio", test))]
mod data;
#[cfg(feature = "pinocchio")]
pub mod pinocchio;
mod pool;
#[cfg(feature = "solana-program")]
pub mod solana_program;

pub use pool::PoolReader;
