//! Errors of reading a pool's accounts.

use {
    solana_address::Address,
    std::{io, path::PathBuf},
    thiserror::Error,
    tidepool_cli::error::CliError,
    tidepool_client::{cluster::ClusterError, pool::PoolError},
};

/// A live pool that cannot be read.
#[derive(Debug, Error)]
pub enum FetchError {
    #[error("invalid pool address \"{given}\": with --url, give the pool's address in base58")]
    Address { given: String },

    #[error("invalid URL \"{given}\": expected http://, https://, mainnet-beta, devnet, testnet or localhost")]
    Url { given: String },

    #[error(transparent)]
    Pool(#[from] PoolError),

    /// A plan for another cluster.
    #[error(transparent)]
    File(Box<CliError>),

    #[error("cannot read stake and vote accounts: {0}")]
    Accounts(ClusterError),

    #[error(
        "the cluster is paying the rewards of epoch {epoch}, so stake accounts change with every block: retry in some \
         minutes, or omit --stake-accounts"
    )]
    Rewards { epoch: u64 },
}

impl From<CliError> for FetchError {
    fn from(error: CliError) -> Self {
        Self::File(Box::new(error))
    }
}

impl FetchError {
    /// Whether the endpoint did not answer, or answered wrongly.
    pub const fn is_endpoint_error(&self) -> bool {
        match self {
            Self::Pool(PoolError::Cluster(error)) | Self::Accounts(error) => error.is_endpoint_error(),
            _ => false,
        }
    }
}

/// A folder without a valid pool, with the invalid file.
#[derive(Debug, Error)]
pub enum InputError {
    #[error(
        "cannot read the folder {} ({source}): give a folder with the accounts of a pool, each saved by `solana account \
         ADDRESS --output json`",
        path.display()
    )]
    Folder { path: PathBuf, source: io::Error },

    #[error(
        "the folder {} holds no .json file: save the pool's accounts there, each with `solana account ADDRESS --output \
         json`",
        path.display()
    )]
    Empty { path: PathBuf },

    #[error("cannot read {} ({source}): check that it is a text file that you may read", path.display())]
    File { path: PathBuf, source: io::Error },

    #[error(
        "{} is not JSON ({detail}): save the account again with `solana account ADDRESS --output json`",
        path.display()
    )]
    NotJson { path: PathBuf, detail: String },

    #[error(
        "{} is JSON, but not an account ({detail}): save the account again with `solana account ADDRESS --output json`, \
         or move the file elsewhere",
        path.display()
    )]
    NotAnAccount { path: PathBuf, detail: String },

    #[error(
        "{} holds {found} bytes of data, and the account has {expected}: the file is damaged, save the account again",
        path.display()
    )]
    WrongLength { path: PathBuf, expected: u64, found: usize },

    #[error("{} and {} both hold account {address}: remove the older file", first.display(), second.display())]
    Twice { first: PathBuf, second: PathBuf, address: Address },

    #[error(
        "none of the accounts in {} is a stake pool: save the pool's account there with `solana account POOL --output \
         json`",
        path.display()
    )]
    NoPool { path: PathBuf },

    #[error("{} and {} both hold a stake pool: keep a folder for each pool", first.display(), second.display())]
    SeveralPools { first: PathBuf, second: PathBuf },

    #[error(
        "{} lacks the pool's {role}: save it there with `solana account {address} --output json`",
        path.display()
    )]
    Missing { path: PathBuf, role: &'static str, address: Address },

    #[error(
        "{} is the validator list {found}, and the pool's is {expected}: replace the file by what `solana account \
         {expected} --output json` prints",
        path.display()
    )]
    OtherList { path: PathBuf, found: Address, expected: Address },

    #[error(
        "{}: program {owner} owns the pool's {role}, where {expected} should: check that the file is of the right account \
         and cluster, and save it again",
        path.display()
    )]
    WrongOwner { path: PathBuf, role: &'static str, owner: Address, expected: String },

    #[error("{}: the {length} bytes of data are no {role}: the file is damaged, save the account again", path.display())]
    Malformed { path: PathBuf, role: &'static str, length: usize },

    #[error(
        "{} lacks the manager's fee account, which cannot be made up for a mint with extensions: save it there with \
         `solana account {address} --output json`",
        path.display()
    )]
    MissingFeeAccount { path: PathBuf, address: Address },

    /// A file with weights.
    #[error("{detail}")]
    Weights { detail: String },

    #[error("the folder {} is not empty: give a new folder to --save", path.display())]
    NotEmpty { path: PathBuf },

    #[error("cannot save the accounts in {} ({source}): check that you may write there, and the free space", path.display())]
    Save { path: PathBuf, source: io::Error },
}
