//! Closes lookup tables and recovers their rent.

use {
    super::{LookupError, LookupTable, TableState, plan::deactivate, units},
    crate::transaction::{InstructionGroup, Plan},
    solana_address::Address,
    solana_address_lookup_table_interface::instruction::close_lookup_table,
    solana_slot_hashes::SlotHashes,
    std::collections::HashSet,
};

/// Next steps to close tables.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ClosePlan {
    /// Each table once, in the given order.
    pub tables: Vec<Closing>,
    /// Instructions: active tables are deactivated, cooled-down ones closed.
    pub plan: Plan,
}

/// A table to close.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Closing {
    /// The table.
    pub address: Address,
    /// Its state, which decides the next step.
    pub state: TableState,
    /// Lamports returned when it is closed.
    pub lamports: u64,
}

impl ClosePlan {
    /// Lamports that this plan returns, without fees.
    pub fn refund(&self) -> u64 {
        self.sum(|state| state == TableState::Closable)
    }

    /// Lamports that later plans return.
    pub fn later_refund(&self) -> u64 {
        self.sum(|state| state != TableState::Closable)
    }

    /// Blocks until the last cooling-down table can be closed; `None` without any.
    pub fn wait(&self) -> Option<u64> {
        let blocks = self.tables.iter().filter_map(|table| match table.state {
            TableState::CoolingDown { blocks } => Some(blocks),
            TableState::Active | TableState::Closable => None,
        });
        blocks.max()
    }

    fn sum(&self, counts: impl Fn(TableState) -> bool) -> u64 {
        self.tables.iter().filter(|table| counts(table.state)).map(|table| table.lamports).sum()
    }
}

/// Plans the next step to close all of `tables`, which belong to `authority`. Active ones are deactivated. Those that
/// were deactivated long enough ago (512 blocks) are closed, and their lamports go to `recipient`. Repeat with the
/// tables read again until none is left.
///
/// `slot_hashes` as for [`LookupTable::state`]. Tables in use are closed too: pass only those to remove.
///
/// # Errors
/// [`LookupError::NotAuthority`] or [`LookupError::Frozen`] for the first table that `authority` cannot close.
pub fn close(
    tables: &[LookupTable],
    authority: &Address,
    recipient: &Address,
    slot_hashes: &SlotHashes,
) -> Result<ClosePlan, LookupError> {
    let mut closings = Vec::new();
    let mut groups = Vec::new();
    let mut known = HashSet::new();
    for table in tables.iter().filter(|table| known.insert(table.address)) {
        check_authority(table, authority)?;
        let state = table.state(slot_hashes);
        groups.extend(match state {
            TableState::Active => Some(deactivate(&table.address, authority)),
            TableState::CoolingDown { .. } => None,
            TableState::Closable => Some(InstructionGroup::one(
                format!("close lookup table {}", table.address),
                close_lookup_table(table.address, *authority, *recipient),
                units::CLOSE,
            )),
        });
        closings.push(Closing { address: table.address, state, lamports: table.lamports });
    }
    let mut plan = Plan::default();
    plan.push("close lookup tables", groups);
    Ok(ClosePlan { tables: closings, plan })
}

fn check_authority(table: &LookupTable, authority: &Address) -> Result<(), LookupError> {
    match table.authority {
        None => Err(LookupError::Frozen { table: table.address }),
        Some(owner) if owner != *authority => {
            Err(LookupError::NotAuthority { table: table.address, owner, authority: *authority })
        }
        Some(_) => Ok(()),
    }
}
