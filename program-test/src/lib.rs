//! A stake pool with validators in `solana-program-test`, for programs that call a pool.
//!
//! Four steps:
//!
//! 1. [`add_program`] loads Tidepool into a [`ProgramTest`], and [`add_validator`] adds vote accounts with stake. Your own
//!    program goes in with [`ProgramTest::add_program`].
//! 2. [`start`] starts the bank in an epoch of normal length, where validators earn rewards.
//! 3. [`NewPool::create`] creates a pool: its fees, its token program, its validators and their stake.
//! 4. [`TestPool`] deposits, withdraws, moves stake and updates the pool. [`advance_epoch`] ends an epoch and pays its rewards.
//!
//! ```
//! # use {solana_keypair::Keypair, solana_program_test::{ProgramTest, tokio}, solana_signer::Signer};
//! # use tidepool_program_test::{Error, NewPool, SPL_STAKE_POOL_PROGRAM_ID, add_program, add_validator, advance_epoch, start};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let mut test = ProgramTest::default();
//! add_program(&mut test, SPL_STAKE_POOL_PROGRAM_ID)?;
//! let vote = add_validator(&mut test, 500);
//! let mut context = start(test).await?;
//!
//! let pool = NewPool { validators: vec![vote], ..NewPool::new(SPL_STAKE_POOL_PROGRAM_ID) }.create(&mut context).await?;
//! advance_epoch(&mut context, &[vote]).await?;
//! pool.update(&mut context).await?; // The stake is active from here on.
//!
//! let user = Keypair::new();
//! tidepool_program_test::fund(&mut context, &user.pubkey(), 20_000_000_000).await?;
//! assert_eq!(pool.deposit_sol(&mut context, &user, 5_000_000_000).await?, 5_000_000_000);
//!
//! advance_epoch(&mut context, &[vote]).await?;
//! pool.update(&mut context).await?; // Rewards raise the exchange rate.
//! assert!(pool.deposit_sol(&mut context, &user, 5_000_000_000).await? < 5_000_000_000);
//! # Ok(())
//! # }
//! ```
//!
//! Run tests on a current-thread runtime, as `#[tokio::test]` does by default: the bank panics on a multi-thread runtime.
//!
//! Amounts of SOL are lamports. Amounts of pool tokens are in the token's smallest unit: a pool mint has 9 decimals.
//!
//! Everything here goes through the real program, in transactions that the bank processes: no account of a pool is written
//! directly. For what this crate has no function for, [`ProgramTestCluster`] connects the whole of `tidepool_client`, with its
//! quotes and plans, to the bank.

mod cluster;
mod elf;
mod epoch;
mod error;
mod new_pool;
mod pool;
mod transaction;
mod validator;

pub use {
    cluster::ProgramTestCluster,
    elf::{add_program, program_elf_path},
    epoch::{advance_epoch, start},
    error::Error,
    new_pool::NewPool,
    pool::{PoolKeys, TestPool},
    tidepool_interface::address::{SPL_STAKE_POOL_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
    transaction::{Processed, fund, process},
    validator::{VALIDATOR_STAKE_LAMPORTS, add_validator},
};

// For the links above.
#[allow(unused_imports)]
use solana_program_test::ProgramTest;
