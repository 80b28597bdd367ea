//! Cost units and fees by SIMD-0553: a fee for inclusion, and one for what a transaction requests.

use {
    crate::vm::Vm,
    solana_address::Address,
    solana_instruction::Instruction,
    std::collections::BTreeMap,
    tidepool_client::{
        loaded_data::{self, MAX_BYTES, PAGE, PER_LOOKUP_TABLE},
        send::{LAMPORTS_PER_SIGNATURE, Outgoing, SendOptions},
    },
};

/// The fee for inclusion at any rate above 0, in lamports.
const INCLUSION: u64 = 2_500;

/// Cost units of a signature, of a write lock, and of a page of requested account data.
const SIGNATURE: u64 = 720;
const WRITE_LOCK: u64 = 300;
const LOADED_PAGE: u64 = 8;

/// Bytes of instruction data for a cost unit.
const DATA_BYTES: u64 = 4;

/// Compute units and data bytes of a compute budget instruction.
const BUDGET_UNITS: u64 = 150;
const BUDGET_BYTES: u64 = 5;

/// Whose limits a transaction requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Client {
    /// Both limits follow a simulation, with margins.
    Tidepool,
    /// The compute units of a simulation, the lowest limit that it offers. No limit of account data.
    Spl,
}

/// What a transaction that uses `units` costs: cost units, and lamports at the rates 0 and 1/2.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Cost {
    pub units: u64,
    pub lamports_now: u64,
    pub lamports_at_half: u64,
}

impl Client {
    pub fn cost(self, transaction: &Outgoing, units: u64, vm: &Vm) -> Cost {
        let loaded = loaded_bytes(transaction, vm);
        let (limit, bytes, instructions) = match self {
            Self::Tidepool => {
                let margin = u64::from(SendOptions::default().compute_margin_percent);
                ((units + 2 * BUDGET_UNITS) * (100 + margin) / 100, loaded_data::limit_for(loaded), 2)
            }
            Self::Spl => (units + BUDGET_UNITS, MAX_BYTES, 1),
        };
        // The fee payer signs and is written.
        let signatures = 1 + transaction.signers().len() as u64;
        let locks = 1 + accounts(&transaction.instructions).values().filter(|is_written| **is_written).count() as u64;
        let data: u64 = transaction.instructions.iter().map(|instruction| instruction.data.len() as u64).sum();
        let units = SIGNATURE * signatures
            + WRITE_LOCK * locks
            + (data + instructions * BUDGET_BYTES) / DATA_BYTES
            + limit
            + LOADED_PAGE * u64::from(bytes.div_ceil(PAGE));
        Cost {
            units,
            lamports_now: LAMPORTS_PER_SIGNATURE * signatures,
            lamports_at_half: INCLUSION + units.div_ceil(2),
        }
    }
}

/// The accounts that instructions name, and whether they are written.
fn accounts(instructions: &[Instruction]) -> BTreeMap<Address, bool> {
    let mut accounts = BTreeMap::new();
    for instruction in instructions {
        accounts.entry(instruction.program_id).or_default();
        for meta in &instruction.accounts {
            *accounts.entry(meta.pubkey).or_default() |= meta.is_writable;
        }
    }
    accounts
}

/// What a transaction loads, by SIMD-0186.
fn loaded_bytes(transaction: &Outgoing, vm: &Vm) -> u32 {
    let accounts = accounts(&transaction.instructions);
    let sum: u32 = accounts.keys().map(|address| vm.loaded_bytes(address)).sum();
    sum + PER_LOOKUP_TABLE * transaction.lookup_tables.len() as u32
}
