//! Addresses.

use solana_address::Address;

pub fn address(text: &str) -> Result<Address, String> {
    text.parse().map_err(|_| format!("invalid address \"{text}\": expected a base58 public key"))
}
