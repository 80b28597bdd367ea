//! Instructions of the program of lookup tables.

use {super::accounts::Accounts, solana_address_lookup_table_interface::instruction::ProgramInstruction as Table};

/// What an instruction does; nothing where it is not known.
pub fn instruction(data: &[u8], accounts: &Accounts) -> Option<String> {
    let at = |position| accounts.at(position);
    Some(match bincode::deserialize(data).ok()? {
        Table::CreateLookupTable { recent_slot, .. } => {
            format!("create lookup table {} of {} (slot {recent_slot}), with rent from {}", at(0), at(1), at(2))
        }
        Table::FreezeLookupTable => format!("freeze lookup table {}, as {}", at(0), at(1)),
        Table::ExtendLookupTable { new_addresses } => {
            let list: Vec<_> = new_addresses.iter().map(ToString::to_string).collect();
            format!("add to lookup table {}, as {}, with rent from {}: {}", at(0), at(1), at(2), list.join(", "))
        }
        Table::DeactivateLookupTable => format!("deactivate lookup table {}, as {}", at(0), at(1)),
        Table::CloseLookupTable => {
            format!("close lookup table {}, whose lamports go to {}, as {}", at(0), at(2), at(1))
        }
    })
}
