//! The arithmetic of Tidepool: exact maths, quotes, the withdrawal order and the rebalance rule.
//!
//! The on-chain program, the client crate and the command line call the same functions, so a quote equals what the program does. All
//! of it takes numbers and plain rows, and returns amounts: nothing here knows an account, an address or an encoding. Those are in
//! `tidepool-interface`, which builds on this crate. Results and failures of rates, fees, quotes and the withdrawal order are those
//! of the SPL stake pool 2.2.0; the tests compare each with that published crate.
//!
//! # Examples
//!
//! Quote a deposit of 11 SOL at a rate of 1.1 SOL per pool token, under a fee of 1 %, and the withdrawal of all of it:
//!
//! ```
//! use tidepool_core::{
//!     maths::{ExchangeRate, Fee, Lamports, PoolTokens},
//!     quote,
//! };
//!
//! let rate = ExchangeRate {
//!     total_lamports: Lamports::new(1_100_000_000_000),
//!     pool_token_supply: PoolTokens::new(1_000_000_000_000),
//! };
//! let deposit = quote::sol_deposit(&rate, &Fee::new(1, 100), 0, Lamports::new(11_000_000_000))?;
//! assert_eq!(deposit.to_depositor, PoolTokens::new(9_900_000_000));
//!
//! let withdrawal = quote::withdrawal(&rate, None, deposit.to_depositor)?;
//! assert_eq!(withdrawal.lamports, Lamports::new(10_890_000_000));
//! # Ok::<(), tidepool_core::Error>(())
//! ```
//!
//! Rebalance a pool of two validators with equal weights, and a reserve of 100 SOL beside the rents that it keeps:
//!
//! ```
//! use tidepool_core::{
//!     MINIMUM_ACTIVE_STAKE, Validator,
//!     rebalance::{Inputs, Policy, Rebalance, Verdict},
//! };
//!
//! let (sol, rent) = (1_000_000_000, 2_282_880);
//! let validator = Validator { active_lamports: 200 * sol, is_active: true, weight: 1, ..Validator::default() };
//! let validators = [validator, Validator { active_lamports: 300 * sol, ..validator }];
//! let inputs = Inputs {
//!     reserve_lamports: 100 * sol + Policy::DEFAULT.working_lamports(rent),
//!     last_epoch_total_lamports: 600 * sol,
//!     stake_rent: rent,
//!     minimum_delegation: MINIMUM_ACTIVE_STAKE,
//!     policy: Policy::DEFAULT,
//!     ticket_lamports: 0,
//!     is_paused: false,
//! };
//! let mut rebalance = Rebalance::survey(&validators, &inputs);
//! assert_eq!(rebalance.target(&validators[0]), Some(300 * sol));
//! // A new transient stake account takes its rent from the reserve.
//! assert_eq!(rebalance.verdict(&validators, 0), Verdict::Increase(100 * sol - rent));
//! ```
//!
//! # Features
//!
//! The crate is `no_std` and allocates nothing. The feature `borsh` implements `BorshSerialize` and `BorshDeserialize` for
//! [`maths::Fee`] and [`maths::FutureEpoch`], as in the SPL stake pool.

#![no_std]

mod error;
pub mod maths;
pub mod quote;
pub mod rebalance;
mod row;
pub mod withdrawal;

pub use {
    error::Error,
    row::{Validator, ValidatorRow, WEIGHT_MAX},
};

/// Lamports that every validator stake account keeps delegated, even if the stake program allows a lower minimum.
pub const MINIMUM_ACTIVE_STAKE: u64 = 1_000_000;

/// Maximum number of validators in a pool. With more, a stake withdrawal would exceed a transaction's compute units.
pub const MAX_VALIDATORS_IN_POOL: u32 = 20_000;

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
