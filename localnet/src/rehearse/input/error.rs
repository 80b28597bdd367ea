//! Errors of a folder of saved accounts.

use {
    solana_address::Address,
    std::{io, path::PathBuf},
    thiserror::Error,
};

/// A folder without a valid pool, with the invalid file.
#[derive(Debug, Error)]
pub enum InputError {
    /// The folder cannot be listed.
    #[error(
        "cannot read the folder {} ({source}): give a folder with the accounts of a pool, each saved by `solana account \
         ADDRESS --output json`",
        path.display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },

    /// The folder is empty.
    #[error(
        "the folder {} holds no .json file: save the pool's accounts there, each with `solana account ADDRESS --output \
         json`",
        path.display()
    )]
    Empty {
        /// The folder.
        path: PathBuf,
    },

    /// A file cannot be read.
    #[error("cannot read {} ({source}): check that it is a text file that you may read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },

    /// A file is not JSON.
    #[error(
        "{} is not JSON ({detail}): save the account again with `solana account ADDRESS --output json`",
        path.display()
    )]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Position of the error.
        detail: String,
    },

    /// A file is JSON of another form.
    #[error(
        "{} is JSON, but not an account ({detail}): save the account again with `solana account ADDRESS --output json`, \
         or move the file elsewhere",
        path.display()
    )]
    NotAnAccount {
        /// The file.
        path: PathBuf,
        /// What is missing or wrong.
        detail: String,
    },

    /// The data of an account is shorter or longer than the account.
    #[error(
        "{} holds {found} bytes of data, and the account has {expected}: the file is damaged, save the account again",
        path.display()
    )]
    WrongLength {
        /// The file.
        path: PathBuf,
        /// Bytes that the account has.
        expected: u64,
        /// Bytes in the file.
        found: usize,
    },

    /// Two files hold the same account.
    #[error("{} and {} both hold account {address}: remove the older file", first.display(), second.display())]
    Twice {
        /// A file.
        first: PathBuf,
        /// Another file.
        second: PathBuf,
        /// Their account.
        address: Address,
    },

    /// There is no pool.
    #[error(
        "none of the accounts in {} is a stake pool: save the pool's account there with `solana account POOL --output \
         json`",
        path.display()
    )]
    NoPool {
        /// The folder.
        path: PathBuf,
    },

    /// There are several pools.
    #[error("{} and {} both hold a stake pool: keep a folder for each pool", first.display(), second.display())]
    SeveralPools {
        /// A file.
        first: PathBuf,
        /// Another file.
        second: PathBuf,
    },

    /// An account of the pool is missing.
    #[error(
        "{} lacks the pool's {role}: save it there with `solana account {address} --output json`",
        path.display()
    )]
    Missing {
        /// The folder.
        path: PathBuf,
        /// Role of the missing account.
        role: &'static str,
        /// Its address.
        address: Address,
    },

    /// The list belongs to another pool.
    #[error(
        "{} is the validator list {found}, and the pool's is {expected}: replace the file by what `solana account \
         {expected} --output json` prints",
        path.display()
    )]
    OtherList {
        /// The file.
        path: PathBuf,
        /// The list's address.
        found: Address,
        /// The address in the pool.
        expected: Address,
    },

    /// An account has the wrong owner program.
    #[error(
        "{}: program {owner} owns the pool's {role}, where {expected} should: check that the file is of the right account \
         and cluster, and save it again",
        path.display()
    )]
    WrongOwner {
        /// The file.
        path: PathBuf,
        /// Role of the account in the pool.
        role: &'static str,
        /// Its owner.
        owner: Address,
        /// The expected owner.
        expected: String,
    },

    /// The data of an account is malformed.
    #[error("{}: the {length} bytes of data are no {role}: the file is damaged, save the account again", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Role of the account in the pool.
        role: &'static str,
        /// Bytes of its data.
        length: usize,
    },

    /// The manager's fee account is missing and cannot be generated.
    #[error(
        "{} lacks the manager's fee account, which cannot be made up for a mint with extensions: save it there with \
         `solana account {address} --output json`",
        path.display()
    )]
    MissingFeeAccount {
        /// The folder.
        path: PathBuf,
        /// Its address.
        address: Address,
    },
}
