//! The planner against a model of the lookup table program, and the readers against a cluster of accounts.

mod closing;
mod planning;
pub(crate) mod reading;

use {
    super::*,
    crate::plan::Plan,
    solana_account::Account,
    solana_address::Address,
    solana_address_lookup_table_interface::{
        instruction::{ProgramInstruction, derive_lookup_table_address},
        program,
        state::{AddressLookupTable, LookupTableMeta},
    },
    solana_clock::Slot,
    solana_hash::Hash,
    solana_slot_hashes::SlotHashes,
};

const POOL: Address = Address::new_from_array([1; 32]);
const AUTHORITY: Address = Address::new_from_array([2; 32]);
const PAYER: Address = Address::new_from_array([3; 32]);
const RECIPIENT: Address = Address::new_from_array([4; 32]);
const TABLE_OWNER: TableOwner = TableOwner { pool: POOL, authority: AUTHORITY, payer: PAYER };

fn address(index: usize) -> Address {
    let mut bytes = [9; 32];
    bytes[..8].copy_from_slice(&(index as u64).to_le_bytes());
    Address::new_from_array(bytes)
}

fn addresses(indices: impl IntoIterator<Item = usize>) -> Vec<Address> {
    indices.into_iter().map(address).collect()
}

/// An active table of the owner with the pool's address and these.
fn table(slot: Slot, others: impl IntoIterator<Item = usize>) -> LookupTable {
    LookupTable {
        address: derive_lookup_table_address(&AUTHORITY, slot).0,
        lamports: 1_000 + slot,
        authority: Some(AUTHORITY),
        addresses: [POOL].into_iter().chain(addresses(others)).collect(),
        deactivation_slot: None,
        last_extended_slot: slot,
        settled: 0,
    }
}

fn hashes_of(slots: impl IntoIterator<Item = Slot>) -> SlotHashes {
    let mut slot_hashes = SlotHashes::default();
    slots.into_iter().for_each(|slot| slot_hashes.add(slot, Hash::default()));
    slot_hashes
}

fn account(table: &LookupTable) -> Account {
    let meta = LookupTableMeta {
        deactivation_slot: table.deactivation_slot.unwrap_or(Slot::MAX),
        last_extended_slot: table.last_extended_slot,
        last_extended_slot_start_index: table.settled as u8,
        authority: table.authority,
        ..LookupTableMeta::default()
    };
    let state = AddressLookupTable { meta, addresses: table.addresses.clone().into() };
    Account {
        lamports: table.lamports,
        data: state.serialize_for_tests().unwrap(),
        owner: program::ID,
        ..Account::default()
    }
}

/// Runs a plan like the lookup table program, in `slot`.
fn run(plan: &Plan, tables: &mut Vec<LookupTable>, slot: Slot) {
    for instruction in plan.groups().flat_map(|group| &group.instructions) {
        assert_eq!(instruction.program_id, program::ID);
        let address = instruction.accounts[0].pubkey;
        let index = tables.iter().position(|table| table.address == address);
        match bincode::deserialize(&instruction.data).unwrap() {
            ProgramInstruction::CreateLookupTable { recent_slot, .. } => {
                assert_eq!(index, None, "the table is there already");
                assert_eq!(address, derive_lookup_table_address(&AUTHORITY, recent_slot).0);
                tables.push(LookupTable { address, addresses: vec![], ..table(slot, []) });
            }
            ProgramInstruction::ExtendLookupTable { new_addresses } => {
                let table = &mut tables[index.unwrap()];
                assert!(table.is_active() && !new_addresses.is_empty());
                table.addresses.extend(new_addresses);
                assert!(table.addresses.len() <= MAX_ADDRESSES);
                assert_eq!(table.addresses[0], POOL);
            }
            ProgramInstruction::DeactivateLookupTable => {
                assert_eq!(tables[index.unwrap()].deactivation_slot.replace(slot), None);
            }
            ProgramInstruction::CloseLookupTable => drop(tables.remove(index.unwrap())),
            ProgramInstruction::FreezeLookupTable => panic!("nothing here freezes a table"),
        }
        assert_eq!(instruction.accounts[1].pubkey, AUTHORITY);
    }
}
