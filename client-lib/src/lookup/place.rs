//! Which table an address goes to.
//!
//! A transaction pays 34 bytes for each table that it uses, so addresses that are used together should be in one table. They
//! come in the order of their use, and each goes where the one before it is, if there is room.

use {
    super::MAX_ADDRESSES,
    solana_address::Address,
    std::collections::{HashMap, HashSet},
};

/// Addresses that a table holds besides the pool's.
const CAPACITY: usize = MAX_ADDRESSES - 1;

/// A run of new addresses that is at least this long goes to any table with this much room, or to a new one: about as many as
/// one transaction looks up. Filling the last gaps of old tables would save little rent and scatter the run.
const WORTHWHILE_ROOM: usize = 32;

/// The most tables that a plan for so many addresses creates: a new one is begun only when the others have less room than
/// [`WORTHWHILE_ROOM`].
pub(super) const fn most_new_tables(addresses: usize) -> usize {
    addresses.div_ceil(CAPACITY + 1 - WORTHWHILE_ROOM)
}

/// A table that may get further addresses.
#[derive(Clone, Debug, Default)]
pub(super) struct TableDraft {
    /// Addresses that it has, the pool's included; 0 for a table that has to be created.
    pub present: usize,
    /// Addresses to add, in order, without the pool's.
    pub added: Vec<Address>,
}

impl TableDraft {
    fn room(&self) -> usize {
        CAPACITY.saturating_sub(self.present.saturating_sub(1)).saturating_sub(self.added.len())
    }
}

/// Puts each of `wanted` that is not in `fixed` or `homes` on a shelf, and appends shelves for new tables where it has to.
///
/// `homes` says on which shelf an address is already; `fixed` are those in tables that get no more.
pub(super) fn place(
    wanted: &[Address],
    fixed: &HashSet<Address>,
    mut homes: HashMap<Address, usize>,
    drafts: &mut Vec<TableDraft>,
) {
    let runs = run_lengths(wanted, fixed, &homes);
    let mut neighbour: Option<usize> = None;
    for (address, run) in wanted.iter().zip(runs) {
        if run == 0 {
            neighbour = homes.get(address).copied();
            continue;
        }
        let draft = neighbour
            .filter(|draft| drafts[*draft].room() > 0)
            .or_else(|| roomiest(drafts, run.min(WORTHWHILE_ROOM)))
            .unwrap_or_else(|| {
                drafts.push(TableDraft::default());
                drafts.len() - 1
            });
        drafts[draft].added.push(*address);
        homes.insert(*address, draft);
        neighbour = Some(draft);
    }
}

/// For each wanted address: how many that have no table yet follow in a row, itself included; 0 if it has one.
fn run_lengths(wanted: &[Address], fixed: &HashSet<Address>, homes: &HashMap<Address, usize>) -> Vec<usize> {
    let mut lengths = vec![0; wanted.len()];
    let mut run = 0;
    for (length, address) in lengths.iter_mut().zip(wanted).rev() {
        run = if fixed.contains(address) || homes.contains_key(address) { 0 } else { run + 1 };
        *length = run;
    }
    lengths
}

/// The shelf with the most room, if that is enough.
fn roomiest(drafts: &[TableDraft], enough: usize) -> Option<usize> {
    let (index, room) = drafts.iter().map(TableDraft::room).enumerate().max_by_key(|(_, room)| *room)?;
    (room >= enough).then_some(index)
}
