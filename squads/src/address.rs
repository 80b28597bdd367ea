//! Addresses that are derived from the program.

use {crate::PROGRAM_ID, solana_address::Address};

const PREFIX: &[u8] = b"multisig";
const TRANSACTION: &[u8] = b"transaction";

fn find(seeds: &[&[u8]]) -> Address {
    Address::find_program_address(seeds, &PROGRAM_ID).0
}

/// The program's configuration.
pub fn program_config() -> Address {
    find(&[PREFIX, b"program_config"])
}

/// The multisig that was created with `create_key`.
pub fn multisig(create_key: &Address) -> Address {
    find(&[PREFIX, b"multisig", create_key.as_ref()])
}

/// A vault of a multisig: the wallet that its transactions sign for. The default vault is 0.
pub fn vault(multisig: &Address, index: u8) -> Address {
    find(&[PREFIX, multisig.as_ref(), b"vault", &[index]])
}

/// The vault transaction, batch or config transaction number `index`, counted from 1.
pub fn transaction(multisig: &Address, index: u64) -> Address {
    find(&[PREFIX, multisig.as_ref(), TRANSACTION, &index.to_le_bytes()])
}

/// The proposal of transaction `index`.
pub fn proposal(multisig: &Address, index: u64) -> Address {
    find(&[PREFIX, multisig.as_ref(), TRANSACTION, &index.to_le_bytes(), b"proposal"])
}

/// Transaction `number` of batch `index`, both counted from 1.
pub fn batch_transaction(multisig: &Address, index: u64, number: u32) -> Address {
    let (index, number) = (index.to_le_bytes(), number.to_le_bytes());
    find(&[PREFIX, multisig.as_ref(), TRANSACTION, &index, b"batch_transaction", &number])
}

/// Signer `number` (counted from 0) that the program derives for one transaction, in place of a throw-away keypair.
pub fn ephemeral_signer(transaction: &Address, number: u8) -> Address {
    find(&[PREFIX, transaction.as_ref(), b"ephemeral_signer", &[number]])
}
