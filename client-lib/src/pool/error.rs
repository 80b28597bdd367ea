//! Errors of reading a pool.

use {
    super::AccountKind, crate::cluster::ClusterError, solana_address::Address,
    tidepool_interface::address::STAKE_PROGRAM_ID,
};

/// Role of an account in a pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// The pool account.
    Pool,
    /// The validator list.
    ValidatorList,
    /// The reserve.
    Reserve,
    /// The pool token's mint.
    Mint,
    /// The withdraw authority of the pool's stake and mint, a PDA.
    WithdrawAuthority,
    /// The default authority of stake deposits, a PDA.
    DepositAuthority,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pool => "pool account",
            Self::ValidatorList => "validator list",
            Self::Reserve => "reserve",
            Self::Mint => "mint",
            Self::WithdrawAuthority => "withdraw authority",
            Self::DepositAuthority => "deposit authority",
        })
    }
}

/// Error of reading a pool.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The cluster did not answer.
    #[error(transparent)]
    Cluster(#[from] ClusterError),

    /// There is no account at the pool's address.
    #[error("account {address} does not exist: check the address and the URL")]
    NotFound {
        /// The given address.
        address: Address,
    },

    /// The account is not a stake pool.
    #[error("account {address} is {found}, not a stake pool: {}", found.hint())]
    NotAPool {
        /// The given address.
        address: Address,
        /// Kind of the account.
        found: AccountKind,
    },

    /// The account begins like a stake pool, but is truncated or invalid.
    #[error(
        "malformed stake pool account {address} ({length} bytes): it may be truncated, or of a program with another layout"
    )]
    MalformedPool {
        /// The given address.
        address: Address,
        /// Length of its data in bytes.
        length: usize,
    },

    /// The pool belongs to another program than required.
    #[error("pool {address} is owned by program {owner}, not {expected}: omit the program ID, or use this one")]
    OtherProgram {
        /// The pool.
        address: Address,
        /// Its program.
        owner: Address,
        /// The required program.
        expected: Address,
    },

    /// An account of the pool does not exist.
    #[error("the pool's {role} {address} does not exist: the pool cannot be used")]
    Missing {
        /// Its role in the pool.
        role: Role,
        /// Its address.
        address: Address,
    },

    /// An account of the pool belongs to another program.
    #[error("the pool's {role} {address} is owned by program {owner}, not {expected}: the pool cannot be used")]
    WrongOwner {
        /// Its role in the pool.
        role: Role,
        /// Its address.
        address: Address,
        /// Its program.
        owner: Address,
        /// The required program.
        expected: Address,
    },

    /// An account of the pool has invalid data.
    #[error("the pool's {role} {address} is malformed: it may be truncated ({length} bytes)")]
    Malformed {
        /// Its role in the pool.
        role: Role,
        /// Its address.
        address: Address,
        /// Length of its data in bytes.
        length: usize,
    },

    /// The pool changed during every attempt to read all accounts.
    #[error("the pool changed during each of {attempts} attempts to read it: retry later")]
    KeepsChanging {
        /// Attempts made.
        attempts: u32,
    },

    /// No fee payer is known for the simulation that returns the minimum delegation.
    #[error(
        "cannot read the minimum delegation of the stake program ({STAKE_PROGRAM_ID}): the simulation needs a funded payer, \
         and neither the pool's manager nor its staker is one: specify a funded wallet"
    )]
    NoPayer,
}
