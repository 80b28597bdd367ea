//! Quotes of stake pool deposits and withdrawals for aggregators, from account bytes.
//!
//! A [`Pool`] is read from the bytes of three accounts. Its quotes allocate nothing, need no network, and are exact: they run the
//! functions that the on-chain program runs (`tidepool_core`), after its checks. What the program would reject is a [`QuoteError`].
//! Pools of the SPL stake pool program have the same layout and the same quotes: the program id is a parameter.
//!
//! | quote | in | out |
//! |---|---|---|
//! | [`Pool::deposit_sol`] | lamports | pool tokens |
//! | [`Pool::withdraw_sol`] | pool tokens | lamports of the reserve |
//! | [`Pool::deposit_stake`] | a fully active stake account | pool tokens |
//! | [`Pool::withdraw_stake`] | pool tokens | a stake account |
//!
//! [`Pool::lamports_for_deposit`] and [`Pool::pool_tokens_for_withdrawal`] are the quotes with a fixed amount out.
//!
//! # Examples
//!
//! ```
//! # use tidepool_interface::{address::{STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID}, state::{AccountType, POOL_MAX_LENGTH, PoolHead, PoolTerms, StakePool}};
//! use {
//!     tidepool_amm::{Account, Environment, Pool, PoolAccounts, PoolAddresses},
//!     tidepool_interface::Address,
//! };
//!
//! # let mut pool_data = [0; POOL_MAX_LENGTH];
//! # let mut head: PoolHead = bytemuck::Zeroable::zeroed();
//! # head.account_type = AccountType::StakePool as u8;
//! # head.total_lamports = 1_100_000_000_000.into();
//! # head.pool_token_supply = 1_000_000_000_000.into();
//! # head.last_update_epoch = 700.into();
//! # StakePool { head, terms: PoolTerms::default() }.encode(&mut pool_data)?;
//! # let (program_id, pool_address) = (Address::new_from_array([1; 32]), Address::new_from_array([2; 32]));
//! // Once for each pool.
//! let addresses = PoolAddresses::find(&program_id, &pool_address);
//!
//! // After each update of an account.
//! let accounts = PoolAccounts {
//!     pool: Account { lamports: 5_143_440, owner: &program_id, data: &pool_data },
//!     reserve_stake: Account { lamports: 50_000_000_000, owner: &STAKE_PROGRAM_ID, data: &[0; 200] },
//!     manager_fee_account: None,
//! };
//! let environment = Environment { epoch: 700, stake_rent: 2_282_880, ..Environment::default() };
//! let pool = Pool::read(&addresses, &accounts, &environment)?;
//!
//! assert_eq!(pool.deposit_sol(11_000_000_000)?.pool_tokens.to_depositor.get(), 10_000_000_000);
//! assert_eq!(pool.withdraw_sol(10_000_000_000)?.lamports.get(), 11_000_000_000);
//! assert_eq!(pool.lamports_for_deposit(10_000_000_000)?, 11_000_000_000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! The crate is `no_std`. The feature `jupiter` implements `Amm` of `jupiter-amm-interface`: see the module `jupiter`.

#![no_std]

#[cfg(feature = "jupiter")]
extern crate std;

mod environment;
mod error;
#[cfg(feature = "jupiter")]
pub mod jupiter;
mod pool;
mod sol;
mod stake;

pub use {
    environment::Environment,
    error::QuoteError,
    pool::{Account, Pool, PoolAccounts, PoolAddresses},
    sol::SolDeposit,
    stake::{ActiveStake, StakeDeposit, StakeWithdrawal},
};
