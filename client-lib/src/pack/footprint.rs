//! Inputs of a transaction's size.

use {
    super::TransactionFormat,
    solana_address::Address,
    solana_instruction::Instruction,
    solana_message::v1,
    std::collections::{BTreeMap, HashMap},
};

/// Bytes of a length in compact-u16 encoding.
pub(super) const fn short_length(length: usize) -> usize {
    match length {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        _ => 3,
    }
}

/// Bytes of a legacy transaction without its instructions.
pub(super) const fn frame_bytes(signers: usize, accounts: usize, instructions: usize) -> usize {
    const HEADER: usize = 3;
    const BLOCKHASH: usize = 32;
    short_length(signers)
        + 64 * signers
        + HEADER
        + short_length(accounts)
        + 32 * accounts
        + BLOCKHASH
        + short_length(instructions)
}

/// Bytes of a v1 transaction without its instructions, with all values of the header's compute budget.
const fn v1_frame_bytes(signers: usize, accounts: usize) -> usize {
    const VERSION: usize = 1;
    const BUDGET: usize = 8 + 3 * 4;
    VERSION + v1::FIXED_HEADER_SIZE + BUDGET + v1::SIGNATURE_SIZE * signers + 32 * accounts
}

/// Bytes of the header of an instruction in a v1 transaction.
const V1_INSTRUCTION_HEADER: usize = 4;

#[derive(Clone, Copy, Debug, Default)]
struct Use {
    signs: bool,
    is_written: bool,
    /// Whether it is invoked as a program: lookup tables cannot supply it.
    is_invoked: bool,
}

/// The accounts of a transaction and the length of its instructions.
#[derive(Clone, Debug)]
pub(super) struct Footprint {
    accounts: HashMap<Address, Use>,
    instructions: usize,
    /// Bytes of account indices and data.
    payload_bytes: usize,
    /// Bytes of the lengths and program indices in a legacy transaction.
    length_bytes: usize,
}

impl Footprint {
    pub(super) fn new(payer: Address) -> Self {
        let mut footprint = Self { accounts: HashMap::new(), instructions: 0, payload_bytes: 0, length_bytes: 0 };
        footprint.name(payer, true, true, false);
        footprint
    }

    pub(super) fn add(&mut self, instruction: &Instruction) {
        self.name(instruction.program_id, false, false, true);
        for meta in &instruction.accounts {
            self.name(meta.pubkey, meta.is_signer, meta.is_writable, false);
        }
        let (metas, data) = (instruction.accounts.len(), instruction.data.len());
        self.instructions += 1;
        self.payload_bytes += metas + data;
        self.length_bytes += 1 + short_length(metas) + short_length(data);
    }

    fn name(&mut self, address: Address, signs: bool, is_written: bool, is_invoked: bool) {
        let known = self.accounts.entry(address).or_default();
        known.signs |= signs;
        known.is_written |= is_written;
        known.is_invoked |= is_invoked;
    }

    pub(super) fn locks(&self) -> usize {
        self.accounts.len()
    }

    pub(super) fn signatures(&self) -> usize {
        self.accounts.values().filter(|account| account.signs).count()
    }

    /// The indices of the lookup tables that supply accounts of this transaction.
    pub(super) fn tables(&self, layout: &Layout) -> Vec<usize> {
        self.looked_up(layout).into_keys().collect()
    }

    /// Bytes of the transaction.
    pub(super) fn bytes(&self, layout: &Layout) -> usize {
        const VERSION: usize = 1;
        let signers = self.signatures();
        if layout.is_v1 {
            let frame = v1_frame_bytes(signers, self.accounts.len());
            return frame + V1_INSTRUCTION_HEADER * self.instructions + self.payload_bytes;
        }
        let looked_up = self.looked_up(layout);
        let supplied: usize = looked_up.values().map(|(written, read)| written + read).sum();
        let frame = frame_bytes(signers, self.accounts.len() - supplied, self.instructions)
            + self.length_bytes
            + self.payload_bytes;
        if looked_up.is_empty() {
            return frame;
        }
        let lookups: usize = looked_up
            .values()
            .map(|(written, read)| 32 + short_length(*written) + written + short_length(*read) + read)
            .sum();
        frame + VERSION + short_length(looked_up.len()) + lookups
    }

    /// Writable and read-only accounts that each used table supplies.
    fn looked_up(&self, layout: &Layout) -> BTreeMap<usize, (usize, usize)> {
        let mut counts = BTreeMap::new();
        for (address, account) in &self.accounts {
            if account.signs || account.is_invoked {
                continue;
            }
            if let Some(table) = layout.suppliers.get(address).copied() {
                let (written, read) = counts.entry(table).or_default();
                *(if account.is_written { written } else { read }) += 1;
            }
        }
        counts
    }
}

/// How a format lays out a transaction.
#[derive(Debug, Default)]
pub(super) struct Layout {
    is_v1: bool,
    /// The lookup table that supplies each address.
    suppliers: HashMap<Address, usize>,
}

impl Layout {
    pub(super) fn new(format: &TransactionFormat) -> Self {
        let mut suppliers = HashMap::new();
        for (index, table) in format.lookup_tables().iter().enumerate() {
            for address in &table.addresses {
                // The first table with an address supplies it.
                suppliers.entry(*address).or_insert(index);
            }
        }
        Self { is_v1: *format == TransactionFormat::V1, suppliers }
    }
}
