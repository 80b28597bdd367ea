//! Assignment of addresses to tables.
//!
//! A transaction pays 34 bytes for each table that it uses, so addresses that are used together belong into one table.
//! They come in the order of their use, and each joins its predecessor's table if there is room.

use {
    super::MAX_ADDRESSES,
    solana_address::Address,
    std::collections::{HashMap, HashSet},
};

/// Capacity of a table besides the pool's address.
const CAPACITY: usize = MAX_ADDRESSES - 1;

/// A run of new addresses of at least this length goes to any table with this much room, or to a new one. It is about
/// the number of addresses in one transaction. Filling small gaps of old tables would save little rent and scatter the
/// run.
const WORTHWHILE_ROOM: usize = 32;

/// Upper bound of new tables for `addresses` addresses: a new one is begun only if the others have less room than
/// [`WORTHWHILE_ROOM`].
pub(super) const fn most_new_tables(addresses: usize) -> usize {
    addresses.div_ceil(CAPACITY + 1 - WORTHWHILE_ROOM)
}

#[derive(Clone, Debug, Default)]
pub(super) struct TableDraft {
    /// Present number of addresses, the pool's included; 0 for a new table.
    pub present: usize,
    /// Addresses to add, in order, without the pool's.
    pub added: Vec<Address>,
}

impl TableDraft {
    fn room(&self) -> usize {
        CAPACITY.saturating_sub(self.present.saturating_sub(1)).saturating_sub(self.added.len())
    }
}

/// Assigns each of `wanted` that is not in `fixed` or `assigned` to a draft, and appends drafts for new tables if
/// necessary.
///
/// `assigned` maps addresses to their present drafts; `fixed` are addresses in tables that are not extended.
pub(super) fn place(
    wanted: &[Address],
    fixed: &HashSet<Address>,
    mut assigned: HashMap<Address, usize>,
    drafts: &mut Vec<TableDraft>,
) {
    let runs = run_lengths(wanted, fixed, &assigned);
    let mut neighbour: Option<usize> = None;
    for (address, run) in wanted.iter().zip(runs) {
        if run == 0 {
            neighbour = assigned.get(address).copied();
            continue;
        }
        let draft = neighbour
            .filter(|draft| drafts[*draft].room() > 0)
            .or_else(|| most_room(drafts, run.min(WORTHWHILE_ROOM)))
            .unwrap_or_else(|| {
                drafts.push(TableDraft::default());
                drafts.len() - 1
            });
        drafts[draft].added.push(*address);
        assigned.insert(*address, draft);
        neighbour = Some(draft);
    }
}

/// For each wanted address: the length of the run of unassigned addresses from it on; 0 if it is assigned.
fn run_lengths(wanted: &[Address], fixed: &HashSet<Address>, assigned: &HashMap<Address, usize>) -> Vec<usize> {
    let mut lengths = vec![0; wanted.len()];
    let mut run = 0;
    for (length, address) in lengths.iter_mut().zip(wanted).rev() {
        run = if fixed.contains(address) || assigned.contains_key(address) { 0 } else { run + 1 };
        *length = run;
    }
    lengths
}

/// The draft with the most room, if that is at least `enough`.
fn most_room(drafts: &[TableDraft], enough: usize) -> Option<usize> {
    let (index, room) = drafts.iter().map(TableDraft::room).enumerate().max_by_key(|(_, room)| *room)?;
    (room >= enough).then_some(index)
}
