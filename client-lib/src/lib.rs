//! Client library of the Tidepool stake pool: reads, quotes, plans, transactions.
//!
//! # A first program
//!
//! A [`client::PoolClient`] reads, deposits, withdraws, requests exit tickets and cranks with safe defaults:
//!
//! ```no_run
//! use solana_keypair::read_keypair_file;
//! use tidepool_client::{client::PoolClient, cluster::RpcCluster};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = RpcCluster::new("http://localhost:8899");
//! let wallet = read_keypair_file("wallet.json")?;
//! let client = PoolClient::new(&cluster, "7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA".parse()?, &wallet);
//!
//! let deposit = client.deposit_sol(1_500_000_000).await?; // 1.5 SOL; updates a stale pool first
//! println!("{} pool tokens, in smallest units", deposit.quote.pool_tokens.to_depositor);
//! client.withdraw_stake(deposit.quote.pool_tokens.to_depositor.get()).await?; // as new stake accounts
//! let report = client.crank().await?; // permissionless: updates the pool, and rebalances it
//! println!("{} transactions in {} rounds", report.sent.landed(), report.rounds);
//! # Ok(())
//! # }
//! ```
//!
//! # Layers
//!
//! The client stands on four layers, each usable alone:
//!
//! 1. [`pool::PoolSnapshot::read`] reads a pool of any program with the SPL layout, through a [`cluster::Cluster`].
//! 2. [`quote`] and [`plan`] compute results and transactions. They are pure functions without network access.
//! 3. [`actions`] builds instructions, and [`pack`] packs them into the fewest transactions within the limits.
//! 4. [`send`] signs, submits, confirms and resends; [`events`] decodes changes from the logs.
//!
//! [`crank`] combines them, epoch after epoch.
//!
//! Quote a deposit of SOL and build its transaction, from accounts at hand and without a network:
//!
//! ```
//! # use bytemuck::Zeroable as _;
//! # use solana_account::Account;
//! # use solana_address::Address;
//! # use solana_clock::Clock;
//! # use tidepool_client::pool::{Environment, PoolAccounts};
//! # use tidepool_interface::{STAKE_ACCOUNT_SPACE, address::*, external::token::MINT_LENGTH, state::*};
//! use tidepool_client::{
//!     actions::{self, DepositSol, TokenReceiver},
//!     pack::{self, PackOptions},
//!     pool::PoolSnapshot,
//!     quote,
//! };
//!
//! # let [program_id, pool, wallet, list, reserve, mint, fees] = std::array::from_fn(|i| Address::new_from_array([i as u8 + 1; 32]));
//! # let mut head = PoolHead::zeroed();
//! # head.account_type = AccountType::StakePool as u8;
//! # (head.stake_withdraw_bump_seed, head.token_program_id) = (find_withdraw_authority(&program_id, &pool).1, TOKEN_PROGRAM_ID);
//! # (head.validator_list, head.reserve_stake, head.pool_mint, head.manager_fee_account) = (list, reserve, mint, fees);
//! # (head.total_lamports, head.pool_token_supply) = (1_100_000_000_000.into(), 1_000_000_000_000.into());
//! # head.last_update_epoch = 700.into();
//! # let account = |data: Vec<u8>, owner: Address| Account { lamports: 1_000_000_000, data, owner, ..Account::default() };
//! # let mut pool_data = vec![0; POOL_MAX_LENGTH];
//! # StakePool { head, terms: PoolTerms::default() }.encode(&mut pool_data)?;
//! # let mut list_data = vec![0; validator_list_length(10)];
//! # (list_data[0], list_data[1]) = (AccountType::ValidatorList as u8, 10);
//! # let mut mint_data = vec![0; MINT_LENGTH];
//! # mint_data[36..44].copy_from_slice(&1_000_000_000_000u64.to_le_bytes());
//! # mint_data[45] = 1;
//! # let mut reserve_data = vec![0; STAKE_ACCOUNT_SPACE];
//! # reserve_data[0] = 1;
//! # let accounts = PoolAccounts {
//! #     pool: account(pool_data, program_id),
//! #     validator_list: account(list_data, program_id),
//! #     reserve_stake: account(reserve_data, STAKE_PROGRAM_ID),
//! #     pool_mint: account(mint_data, TOKEN_PROGRAM_ID),
//! #     manager_fee_account: None,
//! # };
//! # let environment = Environment { clock: Clock { epoch: 700, ..Clock::default() }, ..Environment::default() };
//! // `PoolSnapshot::read` fetches these accounts from a cluster instead.
//! let snapshot = PoolSnapshot::from_accounts(pool, accounts, environment)?;
//!
//! let lamports = 11_000_000_000; // 11 SOL
//! let quote = quote::quote_deposit_sol(&snapshot, lamports, None)?;
//! assert_eq!(quote.pool_tokens.to_depositor.get(), 10_000_000_000); // 10 pool tokens, at 1.1 SOL per pool token
//!
//! let group = actions::deposit_sol(&snapshot, &DepositSol {
//!     from: wallet,
//!     lamports,
//!     to: TokenReceiver::Wallet(wallet),
//!     referrer: None,
//!     minimum_pool_tokens: Some(quote.pool_tokens.to_depositor.get()),
//!     throwaway: None,
//!     unwrap: None,
//! });
//! let transactions = pack::pack(&[group], &PackOptions::new(wallet))?;
//! assert_eq!(transactions.len(), 1);
//! assert!(transactions[0].signers().iter().eq([&wallet]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! All amounts are `u64`: lamports, or pool tokens in their smallest unit. The formulas are those of
//! `tidepool_interface`, which the program runs too. So a quote is exact to the lamport while the pool does not change.

pub mod actions;
pub mod announcement;
mod checks;
pub mod client;
pub mod cluster;
pub mod compute;
pub mod control;
pub mod crank;
pub mod desired;
pub mod error;
pub mod events;
pub mod gates;
pub mod holdings;
pub mod loaded_data;
pub mod logs;
pub mod lookup;
pub mod pack;
pub mod plan;
pub mod pool;
pub mod quote;
pub mod send;
pub mod statement;
pub mod text;
pub mod tickets;
pub mod trace;
mod transaction;
pub mod units;
pub mod vote;
pub mod words;
