//! Errors of reading, planning and closing lookup tables.

use {crate::cluster::ClusterError, solana_address::Address, thiserror::Error};

/// Error of reading, planning or closing lookup tables.
#[derive(Clone, Debug, Error)]
pub enum LookupError {
    /// The cluster did not answer.
    #[error(transparent)]
    Cluster(#[from] ClusterError),

    /// The endpoint does not search for lookup tables, which is expensive because there are many.
    #[error(
        "the endpoint does not search for lookup tables ({detail}): give the addresses of the tables, or use an endpoint that serves getProgramAccounts"
    )]
    SearchRefused {
        /// Message of the endpoint.
        detail: String,
    },

    /// There is no account at the address.
    #[error("there is no lookup table at {address}: check the address, and that the URL is that of the right cluster")]
    NotFound {
        /// The given address.
        address: Address,
    },

    /// The account is not a lookup table.
    #[error("the account at {address} is not a lookup table: check the address")]
    NotATable {
        /// The given address.
        address: Address,
    },

    /// Each new table needs a recent slot of its own, from which its address is derived.
    #[error(
        "{needed} new lookup tables need as many recent slots, and there are {given}: wait until the cluster has made more blocks, then try again"
    )]
    TooFewSlots {
        /// New tables.
        needed: usize,
        /// Recent slots without a table.
        given: usize,
    },

    /// Only its authority can close a table.
    #[error("lookup table {table} belongs to {owner}, not to {authority}: sign as {owner}, or leave this table out")]
    NotAuthority {
        /// The table.
        table: Address,
        /// Its authority.
        owner: Address,
        /// The given authority.
        authority: Address,
    },

    /// A frozen table cannot be closed.
    #[error("lookup table {table} is frozen, and nobody can close it: leave this table out")]
    Frozen {
        /// The table.
        table: Address,
    },
}
