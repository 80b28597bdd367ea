//! The accounts of an instruction, as a person can tell them apart.

use solana_message::VersionedMessage;

/// The accounts of an instruction.
pub struct Accounts<'a> {
    message: &'a VersionedMessage,
    indices: &'a [u8],
}

impl<'a> Accounts<'a> {
    /// Those with these indices among the accounts of `message`.
    pub const fn new(message: &'a VersionedMessage, indices: &'a [u8]) -> Self {
        Self { message, indices }
    }

    /// The account at a position: its address, or its place in a lookup table.
    pub fn at(&self, position: usize) -> String {
        self.indices.get(position).map_or_else(|| "no account".into(), |index| name(self.message, usize::from(*index)))
    }

    /// Each of them, in the instruction's order.
    pub fn each(&self) -> impl Iterator<Item = String> {
        self.indices.iter().map(|index| name(self.message, usize::from(*index)))
    }

    pub fn all(&self) -> String {
        let names: Vec<_> = self.each().collect();
        if names.is_empty() { "no account".into() } else { names.join(", ") }
    }
}

/// Instruction data that cannot be decoded, marked as such for the signer.
pub fn inexplicable(data: &[u8], accounts: &Accounts) -> String {
    let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("unknown instruction data {hex} on {}: sign only if you trust its source", accounts.all())
}

fn name(message: &VersionedMessage, index: usize) -> String {
    let keys = message.static_account_keys();
    match keys.get(index) {
        Some(key) => key.to_string(),
        None => looked_up(message, index.saturating_sub(keys.len())),
    }
}

/// An account of a lookup table. Those that may be written to come first, from all tables, and then the others.
fn looked_up(message: &VersionedMessage, number: usize) -> String {
    let tables = message.address_table_lookups().unwrap_or_default();
    let of = |indexes: fn(&solana_message::v0::MessageAddressTableLookup) -> &[u8]| {
        tables.iter().flat_map(move |table| indexes(table).iter().map(|index| (table.account_key, *index)))
    };
    match of(|table| &table.writable_indexes).chain(of(|table| &table.readonly_indexes)).nth(number) {
        Some((table, index)) => format!("address {index} of lookup table {table}"),
        None => "no account".into(),
    }
}
