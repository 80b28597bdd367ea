//! Why lookup tables cannot be read, planned or closed.

use {crate::cluster::ClusterError, solana_address::Address, thiserror::Error};

/// Lookup tables cannot be read, planned or closed.
#[derive(Clone, Debug, Error)]
pub enum LookupError {
    /// The cluster did not answer.
    #[error(transparent)]
    Cluster(#[from] ClusterError),

    /// The endpoint does not search accounts, which is expensive where there are as many as there are lookup tables.
    #[error(
        "the endpoint does not search for lookup tables ({detail}): give the addresses of the tables, or use an endpoint that serves getProgramAccounts"
    )]
    SearchRefused {
        /// What the endpoint said.
        detail: String,
    },

    /// There is no such table.
    #[error("there is no lookup table at {address}: check the address, and that the URL is that of the right cluster")]
    NotFound {
        /// The address given.
        address: Address,
    },

    /// The account is something else.
    #[error("the account at {address} is not a lookup table: check the address")]
    NotATable {
        /// The address given.
        address: Address,
    },

    /// A table's address comes from a recent slot, and each new table needs another one.
    #[error(
        "{needed} new lookup tables need as many recent slots, and there are {given}: wait until the cluster has made more blocks, then try again"
    )]
    TooFewSlots {
        /// New tables.
        needed: usize,
        /// Slots that no table has been made with.
        given: usize,
    },

    /// Only its authority may close a table.
    #[error("lookup table {table} belongs to {owner}, not to {authority}: sign as {owner}, or leave this table out")]
    NotAuthority {
        /// The table.
        table: Address,
        /// Its authority.
        owner: Address,
        /// The authority given.
        authority: Address,
    },

    /// A frozen table stays for ever.
    #[error("lookup table {table} is frozen, and nobody can close it: leave this table out")]
    Frozen {
        /// The table.
        table: Address,
    },
}
