//! What becomes of the transactions of a command: what they pay, who signs them, and whether they are sent.

use {
    super::SquadsArgs,
    crate::{keys::KeySource, units::address},
    solana_address::Address,
    solana_hash::Hash,
    solana_signature::Signature,
    std::str::FromStr,
    tidepool_client::send::ComputeUnitPrice,
};

/// The percentile of recent prices that `auto` stands for.
const USUAL_PERCENTILE: u8 = 75;

/// What becomes of transactions.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TransactionArgs {
    /// Compute unit price in micro-lamports: a number, auto, or p0 to p100 for a percentile of the fees of recent blocks (auto
    /// is p75) [default: 0]
    #[arg(long, global = true, value_name = "MICRO_LAMPORTS|auto|pN", visible_alias = "with-compute-unit-price")]
    pub compute_unit_price: Option<Price>,

    /// Upper bound of the price that auto and pN choose, in micro-lamports per compute unit [default: 1000000]
    #[arg(long, global = true, value_name = "MICRO_LAMPORTS")]
    pub max_compute_unit_price: Option<u64>,

    /// Version of the transactions: v0 (legacy, or v0 with lookup tables), v1 (longer, without lookup tables), or auto (v1 for
    /// updates and rebalances where the cluster takes it and no hardware wallet signs, else v0) [default: auto]
    #[arg(long, global = true, value_name = "auto|v0|v1", value_enum, hide_possible_values = true)]
    pub transaction_version: Option<TransactionVersion>,

    /// Simulate the transactions and show the result, without sending; an address is enough as KEYPAIR
    #[arg(long, global = true, conflicts_with_all = ["sign_only", "dump_transaction_message"])]
    pub dry_run: bool,

    /// Sign with the available keypairs and show the signatures, without sending; requires --blockhash or --nonce
    #[arg(long, global = true)]
    pub sign_only: bool,

    /// Show the base64 encoded transaction message, without sending; for multisigs
    #[arg(long, global = true)]
    pub dump_transaction_message: bool,

    /// Use the supplied blockhash
    #[arg(long, global = true, value_name = "BLOCKHASH")]
    pub blockhash: Option<Hash>,

    /// Provide the nonce account to use when creating a nonced transaction, which does not expire
    #[arg(long, global = true, value_name = "ADDRESS", value_parser = address)]
    pub nonce: Option<Address>,

    /// Keypair of the nonce authority [default: your wallet]
    #[arg(long, global = true, value_name = "KEYPAIR", requires = "nonce")]
    pub nonce_authority: Option<KeySource>,

    /// Signature made elsewhere, for a keypair that is given as an address; repeat for several
    #[arg(long = "signer", global = true, value_name = "ADDRESS=SIGNATURE", value_parser = presigned)]
    pub signers: Vec<(Address, Signature)>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened: documentation here would replace the heading")]
    pub squads: SquadsArgs,
}

impl TransactionArgs {
    /// Whether the command ends where it would send.
    pub const fn sends(&self) -> bool {
        !self.dry_run && !self.sign_only && !self.dump_transaction_message
    }

    /// Whether the command signs. A dump of the message alone needs no signature.
    pub const fn signs(&self) -> bool {
        self.sign_only || !self.dump_transaction_message
    }

    /// Whether the same transaction is signed elsewhere too: before, now or later. A multisig's is.
    pub const fn signs_elsewhere(&self) -> bool {
        self.sign_only
            || self.squads.multisig.is_some()
            || self.dump_transaction_message
            || self.blockhash.is_some()
            || self.nonce.is_some()
            || !self.signers.is_empty()
    }

    /// Whether a command simulates, shows or signs its own transactions alone: no update may go before, which would pass
    /// for them, use up their nonce, or change what has been signed elsewhere.
    pub const fn stands_alone(&self) -> bool {
        self.dry_run || self.signs_elsewhere()
    }

    pub fn price(&self) -> ComputeUnitPrice {
        match self.compute_unit_price {
            None => ComputeUnitPrice::Fixed(0),
            Some(Price::Fixed(price)) => ComputeUnitPrice::Fixed(price),
            Some(Price::Percentile(percentile)) => {
                let at_most = self.max_compute_unit_price.unwrap_or(1_000_000);
                ComputeUnitPrice::Recent { percentile, at_most }
            }
        }
    }
}

/// Which version of transactions to send.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum TransactionVersion {
    /// v1 for updates and rebalances where the cluster takes it, else v0
    #[default]
    Auto,
    /// Legacy, or v0 with lookup tables
    V0,
    /// v1
    V1,
}

/// The price of a compute unit as people write it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Price {
    Fixed(u64),
    /// A percentile, 0 to 100, of recent prices.
    Percentile(u8),
}

impl FromStr for Price {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "auto" {
            return Ok(Self::Percentile(USUAL_PERCENTILE));
        }
        let percentile =
            text.strip_prefix('p').and_then(|rest| rest.parse().ok()).filter(|percentile| *percentile <= 100);
        let fixed = || text.parse().ok().map(Self::Fixed);
        percentile.map(Self::Percentile).or_else(fixed).ok_or_else(|| {
            format!("invalid compute unit price \"{text}\": expected whole micro-lamports, auto, or p0 to p100")
        })
    }
}

/// Reads a signature with the address whose it is.
fn presigned(text: &str) -> Result<(Address, Signature), String> {
    let malformed = || format!("invalid signature \"{text}\": expected ADDRESS=SIGNATURE, both in base58");
    let (address, signature) = text.split_once('=').ok_or_else(malformed)?;
    Ok((address.parse().map_err(|_| malformed())?, signature.parse().map_err(|_| malformed())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_numbers_or_percentiles() {
        assert_eq!("0".parse(), Ok(Price::Fixed(0)));
        assert_eq!("25000".parse(), Ok(Price::Fixed(25_000)));
        assert_eq!("auto".parse(), Ok(Price::Percentile(75)));
        assert_eq!("p100".parse(), Ok(Price::Percentile(100)));
        for wrong in ["p101", "p", "-1", "1.5", "fast"] {
            assert!(wrong.parse::<Price>().unwrap_err().contains("micro-lamports"), "{wrong}");
        }
    }

    #[test]
    fn percentiles_are_bounded() {
        let price = |compute_unit_price, max_compute_unit_price| {
            TransactionArgs { compute_unit_price, max_compute_unit_price, ..TransactionArgs::default() }.price()
        };
        assert_eq!(price(None, Some(5)), ComputeUnitPrice::Fixed(0));
        assert_eq!(price(Some(Price::Fixed(9)), Some(5)), ComputeUnitPrice::Fixed(9));
        let recent = |at_most| ComputeUnitPrice::Recent { percentile: 50, at_most };
        assert_eq!(price(Some(Price::Percentile(50)), None), recent(1_000_000));
        assert_eq!(price(Some(Price::Percentile(50)), Some(5)), recent(5));
    }

    #[test]
    fn signatures_come_with_their_address() {
        let (address, signature) = (Address::new_from_array([3; 32]), Signature::from([5; 64]));
        assert_eq!(presigned(&format!("{address}={signature}")), Ok((address, signature)));
        assert!(presigned(&address.to_string()).unwrap_err().contains("ADDRESS=SIGNATURE"));
        assert!(presigned(&format!("{signature}={address}")).is_err());
    }
}
