//! Client library of Tidepool: everything that a program off-chain does with a stake pool.
//!
//! Four steps, each of use alone:
//!
//! 1. [`pool::PoolSnapshot::read`] fetches a pool, of any program that keeps the contract, through a [`cluster::Cluster`].
//! 2. [`quote`] and [`plan`] compute what would happen and what to do. They are pure: nothing asks the network.
//! 3. [`actions`] turns that into instructions, and [`pack`] puts these into as few transactions as the limits allow.
//! 4. [`send`] signs, submits, confirms and repeats; [`events`] tells from the logs what has changed.
//!
//! [`crank`] does all four, epoch after epoch.
//!
//! ```no_run
//! # use solana_signer::Signer;
//! # use tidepool_client::{cluster::Cluster, pack, plan, pool::{PoolSnapshot, ReadOptions}, send::{Outgoing, Sender}};
//! # async fn example(cluster: &impl Cluster, pool: solana_address::Address, payer: &dyn Signer) -> Result<(), Box<dyn std::error::Error>> {
//! let snapshot = PoolSnapshot::read(cluster, &pool, &ReadOptions::default()).await?;
//! let plan = plan::update(&snapshot, &plan::UpdateOptions::default())?;
//! let stages: Vec<Vec<Outgoing>> = pack::pack_plan(&plan, &pack::PackOptions::new(payer.pubkey()))?
//!     .into_iter()
//!     .map(|stage| stage.into_iter().map(Outgoing::from).collect())
//!     .collect();
//! let summary = Sender::new(cluster, payer).send_stages(&stages).await;
//! println!("{} transactions landed", summary.landed());
//! # Ok(())
//! # }
//! ```
//!
//! All amounts are `u64`: lamports, or pool tokens in their smallest unit. Formulas are those of `tidepool_interface`, which
//! the program itself runs, so that a quote is right to the lamport as long as the pool does not change.

pub mod actions;
pub mod cluster;
pub mod compute;
pub mod crank;
pub mod error;
pub mod events;
pub mod gates;
pub mod holdings;
pub mod logs;
pub mod lookup;
pub mod pack;
pub mod plan;
pub mod pool;
pub mod quote;
pub mod send;
pub mod text;
