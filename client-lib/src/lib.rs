//! Client library of the Tidepool stake pool: reads, quotes, plans, transactions.
//!
//! It has four layers, each usable alone:
//!
//! 1. [`pool::PoolSnapshot::read`] reads a pool of any program with the SPL layout, through a [`cluster::Cluster`].
//! 2. [`quote`] and [`plan`] compute results and transactions. They are pure functions without network access.
//! 3. [`actions`] builds instructions, and [`pack`] packs them into the fewest transactions within the limits.
//! 4. [`send`] signs, submits, confirms and resends; [`events`] decodes changes from the logs.
//!
//! [`crank`] combines them, epoch after epoch.
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
//! All amounts are `u64`: lamports, or pool tokens in their smallest unit. The formulas are those of
//! `tidepool_interface`, which the program runs too. So a quote is exact to the lamport while the pool does not change.

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
