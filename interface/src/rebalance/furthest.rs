//! The validators that are furthest off their targets.

use super::distance::Kind;

/// How many are remembered: so many can be served before the list has to be scanned for further ones.
const REMEMBERED: usize = 8;

/// Those that are furthest off their targets in one way, furthest first; of equals, the lowest index first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Furthest {
    pub kind: Kind,
    /// Lamports and index.
    entries: [(u64, u32); REMEMBERED],
    length: usize,
    /// Entries at the front that were served or passed over since.
    gone: usize,
}

impl Furthest {
    pub const fn new(kind: Kind) -> Self {
        Self { kind, entries: [(0, 0); REMEMBERED], length: 0, gone: 0 }
    }

    /// Lamports by more than which somebody has to be off who comes later in the list than all that are here, to belong here.
    #[inline(always)]
    pub const fn bar(&self) -> u64 {
        if self.length == REMEMBERED { self.entries[REMEMBERED - 1].0 } else { 0 }
    }

    /// Inserts somebody who belongs here.
    #[inline(never)]
    pub fn insert(&mut self, index: usize, lamports: u64) {
        if self.length < REMEMBERED {
            self.length = self.length.saturating_add(1);
        }
        let mut place = self.length.saturating_sub(1);
        while let Some(before) = place.checked_sub(1)
            && self.entries[before].0 < lamports
        {
            self.entries[place] = self.entries[before];
            place = before;
        }
        // A list has at most 20,000 entries.
        self.entries[place] = (lamports, index as u32);
    }

    /// The first that is not gone, and takes note of those that are. `None` where that is not known any more.
    pub fn first(&mut self, is_gone: impl Fn(usize) -> bool) -> Option<Option<usize>> {
        while let Some((_, index)) = self.entries[..self.length].get(self.gone) {
            if !is_gone(*index as usize) {
                return Some(Some(*index as usize));
            }
            self.gone = self.gone.saturating_add(1);
        }
        // There may be more than are remembered.
        if self.length == REMEMBERED { None } else { Some(None) }
    }
}
