//! Address lookup tables of a pool: creation, upkeep and closing.
//!
//! A transaction names an account in 32 bytes, or in one byte if a lookup table on the cluster holds its address. So an
//! update of many validators fits into one transaction. A table belongs to an authority, holds at most
//! [`MAX_ADDRESSES`], and can only be appended to.
//!
//! The first address of each table made here is the pool's. So [`find`] finds the tables of a pool on the cluster,
//! without a local file.
//!
//! ```no_run
//! # use solana_address::Address;
//! # use tidepool_client::{cluster::Cluster, lookup::{self, LookupTable, TableOwner}, pack};
//! # async fn example(cluster: &impl Cluster, owner: TableOwner, wanted: &[Address]) -> Result<(), Box<dyn std::error::Error>> {
//! let existing = lookup::find(cluster, &owner.authority, &owner.pool).await?;
//! let slots = lookup::free_slots(cluster, &owner.authority, wanted.len()).await?;
//! let upkeep = lookup::plan(&existing, wanted, &owner, &slots)?;
//! // … pack and send `upkeep.plan`; in the next slot, read the tables again and use them:
//! let slot_hashes = cluster.slot_hashes().await?;
//! let tables = lookup::find(cluster, &owner.authority, &owner.pool).await?;
//! let usable = tables.iter().filter_map(|table| table.usable(&slot_hashes)).collect();
//! let options = pack::PackOptions::new(owner.payer).in_format(pack::TransactionFormat::with_tables(usable));
//!
//! // The rent of replaced tables can be recovered some 512 blocks later.
//! let replaced: Vec<LookupTable> = tables.into_iter().filter(|table| !table.is_active()).collect();
//! let closing = lookup::close(&replaced, &owner.authority, &owner.payer, &slot_hashes)?;
//! # Ok(())
//! # }
//! ```
//!
//! Each step can be repeated: completed work is not planned again, and after a failure the next plan has the rest.

mod close;
mod error;
mod place;
mod plan;
mod read;
mod table;

#[cfg(test)]
pub(crate) mod tests;

pub use {
    close::{ClosePlan, Closing, close},
    error::LookupError,
    plan::{LookupPlan, TableChange, TableOwner, plan},
    read::{find, free_slots, load},
    solana_address_lookup_table_interface::state::LOOKUP_TABLE_MAX_ADDRESSES as MAX_ADDRESSES,
    table::{LookupTable, TableState},
};

/// Upper bounds of the lookup table program's compute units, measured with mainnet's program and rounded up.
mod units {
    /// Creation of a table.
    pub const CREATE: u32 = 15_000;
    /// Closing or deactivation of a table.
    pub const CLOSE: u32 = 5_000;

    /// Adding `addresses` addresses.
    pub const fn extend(addresses: usize) -> u32 {
        9_000_u32.saturating_add(350_u32.saturating_mul(addresses as u32))
    }
}
