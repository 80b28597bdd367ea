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
        "the endpoint cannot search for lookup tables ({detail}): specify the addresses of the tables, or use an endpoint \
         that serves getProgramAccounts"
    )]
    SearchRefused {
        /// What the endpoint said.
        detail: String,
    },

    /// There is no such table.
    #[error("lookup table {address} does not exist: check the address and the URL")]
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
        "{needed} new lookup tables need as many recent slots, but there are {given}: wait for more blocks, then retry"
    )]
    TooFewSlots {
        /// New tables.
        needed: usize,
        /// Slots that no table has been made with.
        given: usize,
    },

    /// Only its authority may close a table.
    #[error("lookup table {table} is owned by {owner}, not {authority}: sign as {owner}, or omit this table")]
    NotAuthority {
        /// The table.
        table: Address,
        /// Its authority.
        owner: Address,
        /// The authority given.
        authority: Address,
    },

    /// A frozen table stays for ever.
    #[error("lookup table {table} is frozen and cannot be closed: omit this table")]
    Frozen {
        /// The table.
        table: Address,
    },
}
