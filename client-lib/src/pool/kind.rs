//! Classification of accounts, for error messages about wrong addresses.

use {
    solana_account::Account,
    solana_address::Address,
    std::fmt,
    tidepool_interface::{
        address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        external::token::{Mint, TokenAccount},
        state::AccountType,
    },
};

/// Data length in bytes of a multisig account of the token programs.
const MULTISIG_LENGTH: usize = 355;

/// Data length in bytes of a durable nonce account. The system program identifies one by its length.
const NONCE_LENGTH: usize = 80;

/// Kind of an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccountKind {
    /// An account of the system program without a nonce.
    Wallet,
    /// A durable nonce account.
    Nonce,
    /// A program.
    Program,
    /// A token's mint.
    Mint,
    /// A token account.
    TokenAccount,
    /// A multisig of a token program, which can own token accounts.
    TokenMultisig,
    /// A lookup table.
    LookupTable,
    /// A sysvar.
    Sysvar,
    /// A stake account.
    StakeAccount,
    /// A validator's vote account.
    VoteAccount,
    /// A stake pool, by its first byte.
    StakePool,
    /// A validator list, by its first byte.
    ValidatorList,
    /// Another account.
    Other {
        /// Its program.
        owner: Address,
    },
}

impl AccountKind {
    /// The kind of `account`. Pools and lists are recognised by their first byte, since any program can own them.
    pub fn of(account: &Account) -> Self {
        let owner = account.owner;
        if account.executable {
            Self::Program
        } else if owner == SYSTEM_PROGRAM_ID {
            if account.data.len() == NONCE_LENGTH { Self::Nonce } else { Self::Wallet }
        } else if owner == STAKE_PROGRAM_ID {
            Self::StakeAccount
        } else if owner == solana_sdk_ids::vote::ID {
            Self::VoteAccount
        } else if owner == solana_sdk_ids::sysvar::ID {
            Self::Sysvar
        } else if owner == solana_sdk_ids::address_lookup_table::ID {
            Self::LookupTable
        } else if owner == TOKEN_PROGRAM_ID || owner == TOKEN_2022_PROGRAM_ID {
            if Mint::decode(&account.data).is_ok() {
                Self::Mint
            } else if TokenAccount::decode(&account.data).is_ok() {
                Self::TokenAccount
            } else if account.data.len() == MULTISIG_LENGTH {
                Self::TokenMultisig
            } else {
                Self::Other { owner }
            }
        } else {
            match account.data.first() {
                Some(tag) if *tag == AccountType::StakePool as u8 => Self::StakePool,
                Some(tag) if *tag == AccountType::ValidatorList as u8 => Self::ValidatorList,
                _ => Self::Other { owner },
            }
        }
    }

    /// What to do if a pool was expected.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Mint => "use the address of the pool with this token",
            Self::ValidatorList => "use the address of the pool with this list",
            Self::Program => "use the address of a pool of this program",
            Self::StakeAccount => "use the address of the pool, not of its reserve or a stake account",
            Self::TokenAccount => "use the address of the pool, not of a token account",
            Self::Wallet
            | Self::Nonce
            | Self::TokenMultisig
            | Self::LookupTable
            | Self::Sysvar
            | Self::VoteAccount
            | Self::StakePool
            | Self::Other { .. } => "check the address",
        }
    }
}

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wallet => f.write_str("a wallet"),
            Self::Nonce => f.write_str("a nonce account"),
            Self::TokenMultisig => f.write_str("a token multisig"),
            Self::LookupTable => f.write_str("a lookup table"),
            Self::Sysvar => f.write_str("a sysvar"),
            Self::Program => f.write_str("a program"),
            Self::Mint => f.write_str("a token mint"),
            Self::TokenAccount => f.write_str("a token account"),
            Self::StakeAccount => f.write_str("a stake account"),
            Self::VoteAccount => f.write_str("a validator's vote account"),
            Self::StakePool => f.write_str("a stake pool"),
            Self::ValidatorList => f.write_str("a pool's validator list"),
            Self::Other { owner } => write!(f, "an account of program {owner}"),
        }
    }
}
