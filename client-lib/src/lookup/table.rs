//! A lookup table as it is on the cluster.

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

/// A lookup table as it is on the cluster.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LookupTable {
    /// Where it is.
    pub address: Address,
    /// Lamports in the account: its rent, which comes back when the table is closed.
    pub lamports: u64,
    /// Who may extend, deactivate and close it; `None` if it is frozen, and then nobody may.
    pub authority: Option<Address>,
    /// Its addresses. A transaction names one by its place.
    pub addresses: Vec<Address>,
    /// The slot in which it was deactivated; `None` while it is active.
    pub deactivation_slot: Option<Slot>,
    /// The slot in which it was last extended. In that slot, what was added cannot be used yet.
    pub last_extended_slot: Slot,
    /// How many of its addresses were there before that slot.
    pub settled: usize,
}

/// What can be done with a table to get rid of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TableState {
    /// It can be used, and has to be deactivated first.
    Active,
    /// It was deactivated, and cannot be closed yet.
    CoolingDown {
        /// Blocks until it can be closed, which take at least as many slots (of 0.4 seconds).
        blocks: u64,
    },
    /// It can be closed.
    Closable,
}

impl LookupTable {
    /// Decodes the account of a table.
    ///
    /// # Errors
    /// [`LookupError::NotATable`] if it is the account of something else.
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

    /// Whether it has not been deactivated.
    pub const fn is_active(&self) -> bool {
        self.deactivation_slot.is_none()
    }

    /// The table as transactions use it, with the addresses that can be used now; `None` if there are none.
    ///
    /// What is being added in the current slot has to wait for the next one. A table that was deactivated works for
    /// another 512 blocks, but here it counts as gone, since a transaction may take some time to land.
    ///
    /// `slot_hashes` are the [`slot_hashes`](crate::cluster::Cluster::slot_hashes) of the cluster, read at about the same
    /// time as the table: an older table or older hashes only mean that an address is used later than it could be.
    pub fn usable(&self, slot_hashes: &SlotHashes) -> Option<AddressLookupTableAccount> {
        let newest_block = slot_hashes.first().map_or(0, |(slot, _)| *slot);
        let is_settled = self.last_extended_slot <= newest_block;
        let count = if is_settled { self.addresses.len() } else { self.settled };
        let addresses = self.addresses.get(..count).filter(|_| self.is_active())?;
        (!addresses.is_empty()).then(|| AddressLookupTableAccount { key: self.address, addresses: addresses.to_vec() })
    }

    /// How far it is from being closed. `slot_hashes` as for [`Self::usable`].
    pub fn state(&self, slot_hashes: &SlotHashes) -> TableState {
        let Some(deactivation_slot) = self.deactivation_slot else {
            return TableState::Active;
        };
        // The current slot has no hash yet. The table may also be from a node that is ahead of the one with the hashes.
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
