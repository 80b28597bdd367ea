//! A vault of a Squads multisig in place of a wallet.

use {crate::units::address, solana_address::Address, tidepool_squads::address::vault};

/// The vault that a command's transactions are proposed for.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SquadsArgs {
    /// Propose the change to this Squads multisig, in place of sending it: its vault is your wallet, and --keypair the member who
    /// proposes and pays
    #[arg(id = "squads", long = "squads", global = true, value_name = "MULTISIG", value_parser = address)]
    pub multisig: Option<Address>,

    /// Vault of the multisig [default: 0]
    #[arg(id = "vault", long = "vault", global = true, value_name = "N", requires = "squads")]
    pub index: Option<u8>,

    /// Memo of the proposal, which the members read in the history
    #[arg(long, global = true, value_name = "TEXT", requires = "squads")]
    pub memo: Option<String>,
}

/// A vault: the wallet of a multisig.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Vault {
    pub multisig: Address,
    pub index: u8,
    pub address: Address,
}

impl Vault {
    pub fn new(multisig: Address, index: u8) -> Self {
        Self { multisig, index, address: vault(&multisig, index) }
    }
}

impl SquadsArgs {
    /// The vault, where a multisig is given.
    pub fn vault(&self) -> Option<Vault> {
        self.multisig.map(|multisig| Vault::new(multisig, self.index.unwrap_or_default()))
    }
}
