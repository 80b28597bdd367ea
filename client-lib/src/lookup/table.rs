//! Lookup tables.

use {
    super::LookupError,
    solana_account::{Account, ReadableAccount},
    solana_address::Address,
    solana_address_lookup_table_interface::{
        program,
        state::{AddressLookupTable, LookupTableMeta, LookupTableStatus},
    },
    solana_clock::Slot,
    solana_message::AddressLookupTableAccount,
    solana_slot_hashes::SlotHashes,
};

/// A decoded lookup table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LookupTable {
    /// Its address.
    pub address: Address,
    /// Lamports of the account: its rent, returned when the table is closed.
    pub lamports: u64,
    /// The authority that can extend, deactivate and close it; `None` if it is frozen.
    pub authority: Option<Address>,
    /// Its addresses. A transaction names one by its index.
    pub addresses: Vec<Address>,
    /// The slot in which it was deactivated; `None` while it is active.
    pub deactivation_slot: Option<Slot>,
    /// The slot of the last extension. Addresses added in it are usable from the next slot.
    pub last_extended_slot: Slot,
    /// Number of addresses before that slot.
    pub settled: usize,
}

/// State of a table between its use and its closing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TableState {
    /// Usable; must be deactivated first.
    Active,
    /// Deactivated, and not closable yet.
    CoolingDown {
        /// Blocks until it can be closed, each at least one slot.
        blocks: u64,
    },
    /// It can be closed.
    Closable,
}

impl LookupTable {
    /// Decodes the account of a table.
    ///
    /// # Errors
    /// [`LookupError::NotATable`] for another account.
    pub fn decode(address: Address, account: &Account) -> Result<Self, LookupError> {
        let not_a_table = LookupError::NotATable { address };
        if *account.owner() != program::ID {
            return Err(not_a_table);
        }
        let AddressLookupTable { meta, addresses } =
            AddressLookupTable::deserialize(account.data()).map_err(|_| not_a_table)?;
        Ok(Self {
            address,
            lamports: account.lamports,
            authority: meta.authority,
            addresses: addresses.into_owned(),
            deactivation_slot: (meta.deactivation_slot != Slot::MAX).then_some(meta.deactivation_slot),
            last_extended_slot: meta.last_extended_slot,
            settled: usize::from(meta.last_extended_slot_start_index),
        })
    }

    /// Whether it was never deactivated.
    pub const fn is_active(&self) -> bool {
        self.deactivation_slot.is_none()
    }

    /// The table for use in transactions, with the addresses that are usable now; `None` without any.
    ///
    /// Addresses added in the current slot are usable from the next one. A deactivated table works for another 512
    /// blocks, but is treated as unusable here, since a transaction may take some time to land.
    ///
    /// `slot_hashes` are the cluster's [`slot_hashes`](crate::cluster::Cluster::slot_hashes), read at about the same
    /// time as the table. Older data only delays the use of an address.
    pub fn usable(&self, slot_hashes: &SlotHashes) -> Option<AddressLookupTableAccount> {
        let newest_block = slot_hashes.first().map_or(0, |(slot, _)| *slot);
        let is_settled = self.last_extended_slot <= newest_block;
        let count = if is_settled { self.addresses.len() } else { self.settled };
        let addresses = self.addresses.get(..count).filter(|_| self.is_active())?;
        (!addresses.is_empty()).then(|| AddressLookupTableAccount { key: self.address, addresses: addresses.to_vec() })
    }

    /// The table's state. `slot_hashes` as for [`Self::usable`].
    pub fn state(&self, slot_hashes: &SlotHashes) -> TableState {
        let Some(deactivation_slot) = self.deactivation_slot else {
            return TableState::Active;
        };
        // The current slot has no hash yet. The node of the table may also be ahead of the node of the hashes.
        let next = slot_hashes.first().map_or(0, |(slot, _)| slot.saturating_add(1));
        let meta = LookupTableMeta { deactivation_slot, ..LookupTableMeta::default() };
        match meta.status(next.max(deactivation_slot), slot_hashes) {
            LookupTableStatus::Activated => TableState::Active,
            LookupTableStatus::Deactivating { remaining_blocks } => {
                TableState::CoolingDown { blocks: remaining_blocks as u64 }
            }
            LookupTableStatus::Deactivated => TableState::Closable,
        }
    }
}
