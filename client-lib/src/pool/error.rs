//! Why a pool could not be read.

use {
    super::AccountKind, crate::cluster::ClusterError, solana_address::Address,
    tidepool_interface::address::STAKE_PROGRAM_ID,
};

/// The part that an account plays in a pool.
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
    /// The authority of the pool's stake and mint, an address of the program.
    WithdrawAuthority,
    /// The authority of open stake deposits, an address of the program.
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

/// Why a pool could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The cluster did not answer.
    #[error(transparent)]
    Cluster(#[from] ClusterError),

    /// There is nothing at the pool's address.
    #[error("account {address} does not exist: check the address and the URL")]
    NotFound {
        /// The address given.
        address: Address,
    },

    /// The address is that of something else.
    #[error("account {address} is {found}, not a stake pool: {}", found.hint())]
    NotAPool {
        /// The address given.
        address: Address,
        /// What it is.
        found: AccountKind,
    },

    /// The account says that it is a pool and ends too early or makes no sense.
    #[error(
        "malformed stake pool account {address} ({length} bytes): it may be truncated, or of a program with another layout"
    )]
    MalformedPool {
        /// The address given.
        address: Address,
        /// Length of its data in bytes.
        length: usize,
    },

    /// The pool belongs to another program than was asked for.
    #[error("pool {address} is owned by program {owner}, not {expected}: omit the program ID, or use this one")]
    OtherProgram {
        /// The pool.
        address: Address,
        /// Its program.
        owner: Address,
        /// The program that was asked for.
        expected: Address,
    },

    /// An account that the pool names is not there.
    #[error("the pool's {role} {address} does not exist: the pool cannot be used")]
    Missing {
        /// Its part in the pool.
        role: Role,
        /// Its address.
        address: Address,
    },

    /// An account that the pool names belongs to another program.
    #[error("the pool's {role} {address} is owned by program {owner}, not {expected}: the pool cannot be used")]
    WrongOwner {
        /// Its part in the pool.
        role: Role,
        /// Its address.
        address: Address,
        /// Its program.
        owner: Address,
        /// The program that it should belong to.
        expected: Address,
    },

    /// An account that the pool names does not hold what it should.
    #[error("the pool's {role} {address} is malformed: it may be truncated ({length} bytes)")]
    Malformed {
        /// Its part in the pool.
        role: Role,
        /// Its address.
        address: Address,
        /// Length of its data in bytes.
        length: usize,
    },

    /// Each time all accounts were read, the pool had changed in between.
    #[error("the pool changed during each of {attempts} attempts to read it: retry later")]
    KeepsChanging {
        /// Attempts made.
        attempts: u32,
    },

    /// Nobody is known who could pay for the simulation that asks for the minimum delegation.
    #[error(
        "cannot read the minimum delegation of the stake program ({STAKE_PROGRAM_ID}): the simulation needs a funded payer, \
         and neither the pool's manager nor its staker is one: specify a funded wallet"
    )]
    NoPayer,
}
