//! Options that several commands accept. Each command's own arguments are in its file.

mod squads;
mod transactions;

pub use {
    squads::{SquadsArgs, Vault},
    transactions::{Price, TransactionArgs, TransactionVersion},
};

use {
    crate::{
        config::Config,
        defaults::{DefaultPool, Defaults},
        error::CliError,
        keys::KeySource,
        output::Format,
        units::{Slippage, Units, address},
    },
    solana_address::Address,
    std::{path::PathBuf, str::FromStr},
    tidepool_client::cluster::Confirmation,
};

/// What every command accepts.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// URL for Solana's JSON RPC or moniker (or their first letter): [mainnet-beta, testnet, devnet, localhost] [default: the
    /// configuration file's]
    #[arg(short, long, global = true, value_name = "URL_OR_MONIKER")]
    pub url: Option<String>,

    /// Configuration file of the Solana tools [default: ~/.config/solana/cli/config.yml]
    #[arg(short = 'C', long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Keypair of your wallet [default: the configuration file's]
    #[arg(short, long, global = true, value_name = "KEYPAIR")]
    pub keypair: Option<String>,

    /// Keypair that pays transaction fees and the rent of new accounts [default: your wallet]
    #[arg(long, global = true, value_name = "KEYPAIR")]
    pub fee_payer: Option<KeySource>,

    /// Stake pool program: the owner of the pool, or the program whose pools are listed [default: the owner of the pool
    /// account; required by create-pool, and by list-pools unless TIDEPOOL_PROGRAM_ID or the configuration file sets it]
    #[arg(long, global = true, value_name = "ADDRESS", value_parser = address)]
    pub program_id: Option<Address>,

    /// Commitment level of the accounts read and the transactions confirmed [default: the configuration file's, or confirmed]
    #[arg(long, global = true, value_name = "LEVEL")]
    pub commitment: Option<Commitment>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened: documentation here would replace the heading")]
    pub transactions: TransactionArgs,

    /// Return information in specified output format, on standard output; errors on standard error
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t)]
    pub output: Format,

    /// Show additional information
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// Accept a receiver or an authority that may be unable to sign, such as an account of another program; funds sent to it
    /// can be lost
    #[arg(long, global = true)]
    pub allow_unsignable_address: bool,

    /// Skip the confirmation
    #[arg(short, long, global = true)]
    pub yes: bool,

    /// What the environment and the configuration say where the command line says nothing.
    #[arg(skip)]
    pub defaults: Defaults,

    /// The pool, where the command line leaves it out.
    #[arg(skip)]
    pub default_pool: Option<DefaultPool>,
}

/// How certain a block has to be before it counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum Commitment {
    /// Processed by the queried node; can still be dropped
    Processed,
    /// Voted on by two thirds of the stake
    Confirmed,
    /// Finalized; cannot be dropped
    Finalized,
}

impl From<Commitment> for Confirmation {
    fn from(commitment: Commitment) -> Self {
        match commitment {
            Commitment::Processed => Self::Processed,
            Commitment::Confirmed => Self::Confirmed,
            Commitment::Finalized => Self::Finalized,
        }
    }
}

impl GlobalArgs {
    /// What counts as landed: what was asked for, then the configuration's, then `confirmed`.
    pub fn confirmation(&self, config: &Config) -> Result<Confirmation, CliError> {
        self.commitment.map_or_else(|| config.confirmation(), |given| Ok(given.into()))
    }
}

/// A validator of a pool.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct ValidatorArgs {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pub pool: Address,

    /// Vote account of the validator
    #[arg(value_name = "VOTE_ACCOUNT", value_parser = address)]
    pub vote: Address,
}

/// Whether a pool may be updated first.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct UpdateFirst {
    /// Fail if the pool is stale, instead of updating it first
    #[arg(long)]
    pub no_update: bool,
}

/// Which lookup tables shorten transactions.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct LookupArgs {
    /// Lookup tables to use: auto (the fee payer's tables of this pool), none, or comma-separated addresses [default: none in
    /// v1 and up to 100 validators, else auto]
    #[arg(long, value_name = "auto|none|ADDRESS,...")]
    pub lookup_tables: Option<LookupTables>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LookupTables {
    None,
    Auto,
    Given(Vec<Address>),
}

impl FromStr for LookupTables {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            "auto" => Ok(Self::Auto),
            addresses => {
                let addresses: Result<_, _> = addresses.split(',').map(|text| address(text.trim())).collect();
                addresses.map(Self::Given).map_err(|error| format!("{error}, auto or none"))
            }
        }
    }
}

/// Slippage bound of a trade.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Bound {
    /// Minimum amount out: pool tokens for a deposit, SOL for a withdrawal. Below it the transaction fails; 0 for no minimum
    #[arg(long, value_name = "AMOUNT", conflicts_with = "max_slippage")]
    pub minimum: Option<Units>,

    /// Slippage bound, as a percentage of the quote; 100% for no minimum
    #[arg(long, value_name = "PERCENT", default_value = "0.1%")]
    pub max_slippage: Slippage,
}

impl Bound {
    /// The least to accept where so much is quoted, in the same unit; `None` where anything is accepted.
    pub fn minimum_of(&self, quoted: u64) -> Option<u64> {
        match self.minimum {
            Some(Units(minimum)) => Some(minimum).filter(|minimum| *minimum > 0),
            None => self.max_slippage.minimum_of(quoted),
        }
    }
}
