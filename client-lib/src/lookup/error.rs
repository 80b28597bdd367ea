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
        "the endpoint cannot search for lookup tables ({detail}): specify the addresses of the tables, or use an endpoint \
         that serves getProgramAccounts"
    )]
    SearchRefused {
        /// Message of the endpoint.
        detail: String,
    },

    /// There is no account at the address.
    #[error("lookup table {address} does not exist: check the address and the URL")]
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
        "{needed} new lookup tables need as many recent slots, but there are {given}: wait for more blocks, then retry"
    )]
    TooFewSlots {
        /// New tables.
        needed: usize,
        /// Recent slots without a table.
        given: usize,
    },

    /// Only its authority can close a table.
    #[error("lookup table {table} is owned by {owner}, not {authority}: sign as {owner}, or omit this table")]
    NotAuthority {
        /// The table.
        table: Address,
        /// Its authority.
        owner: Address,
        /// The given authority.
        authority: Address,
    },

    /// A frozen table cannot be closed.
    #[error("lookup table {table} is frozen and cannot be closed: omit this table")]
    Frozen {
        /// The table.
        table: Address,
    },
}
