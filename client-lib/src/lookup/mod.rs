//! Address lookup tables of a pool: made, kept up to date, and closed.
//!
//! A transaction names an account in 32 bytes, or in one where a lookup table on the cluster holds its address. That is what
//! lets an update of many validators fit into one transaction. A table belongs to an authority, holds at most
//! [`MAX_ADDRESSES`], and can only be appended to.
//!
//! The first address of each table made here is the pool's. So [`find`] finds the tables of a pool on the cluster itself, and
//! no file has to say where they are.
//!
//! ```no_run
//! # use solana_address::Address;
//! # use tidepool_client::{cluster::Cluster, lookup::{self, Keeper, LookupTable}, pack};
//! # async fn example(cluster: &impl Cluster, keeper: Keeper, wanted: &[Address]) -> Result<(), Box<dyn std::error::Error>> {
//! let existing = lookup::find(cluster, &keeper.authority, &keeper.pool).await?;
//! let slots = lookup::free_slots(cluster, &keeper.authority, wanted.len()).await?;
//! let upkeep = lookup::plan(&existing, wanted, &keeper, &slots)?;
//! // … pack and send `upkeep.plan`; in the next slot, read the tables again and use them:
//! let slot_hashes = cluster.slot_hashes().await?;
//! let tables = lookup::find(cluster, &keeper.authority, &keeper.pool).await?;
//! let mut options = pack::PackOptions::new(keeper.payer);
//! options.lookup_tables = tables.iter().filter_map(|table| table.usable(&slot_hashes)).collect();
//!
//! // Tables that were replaced give their rent back some 512 blocks later.
//! let replaced: Vec<LookupTable> = tables.into_iter().filter(|table| !table.is_active()).collect();
//! let closing = lookup::close(&replaced, &keeper.authority, &keeper.payer, &slot_hashes)?;
//! # Ok(())
//! # }
//! ```
//!
//! Each step may be repeated: what is done already is not planned again, and after a failure the next plan has what is left.

mod close;
mod error;
mod place;
mod plan;
mod read;
mod table;

#[cfg(test)]
mod tests;

pub use {
    close::{ClosePlan, Closing, close},
    error::LookupError,
    plan::{LookupPlan, TableChange, TableOwner, plan},
    read::{find, free_slots, load},
    solana_address_lookup_table_interface::state::LOOKUP_TABLE_MAX_ADDRESSES as MAX_ADDRESSES,
    table::{LookupTable, TableState},
};

/// Compute units that the lookup table program uses at most, measured with the program of mainnet and rounded up.
mod units {
    /// For creating a table.
    pub const CREATE: u32 = 15_000;
    /// For closing a table, or deactivating it.
    pub const CLOSE: u32 = 5_000;

    /// For adding so many addresses.
    pub const fn extend(addresses: usize) -> u32 {
        9_000_u32.saturating_add(350_u32.saturating_mul(addresses as u32))
    }
}
