//! The four bytes of a validator's record that the contract leaves unused.

use {
    super::U16,
    bytemuck::{Pod, Zeroable},
};

/// What Tidepool keeps of a validator in its record, at offset 32: one byte of each cached bump seed and two of the weight.
///
/// All zero in a pool without the extension, and in an entry that SPL tools made: nothing is known, no weight. Only the
/// program writes it, and a bump only after the search for the address found it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct EntryExtension {
    /// Bump of the validator stake account's address; 0 if it is not cached.
    validator: u8,
    /// Bump of the transient stake account's address under the record's seed, and where its stake moves to.
    ///
    /// A bump is 255 or a little less, never below 128 in practice, so its highest bit can say something else: it is kept
    /// while stake moves to the validator, and cleared while it moves to the reserve. 0 if the bump is not cached; where
    /// it moves to is then not known either.
    transient: u8,
    /// Weight of the validator in a rebalance, relative to those of the others. 0: no new stake is sent to it, and none is
    /// taken away.
    pub weight: U16,
}

/// Set in every bump that is cached.
const HIGHEST_BIT: u8 = 0x80;

impl EntryExtension {
    /// Cached bump of the validator stake account.
    #[inline(always)]
    pub const fn validator_bump(&self) -> Option<u8> {
        if self.validator == 0 { None } else { Some(self.validator) }
    }

    /// Cached bump of the transient stake account.
    #[inline(always)]
    pub const fn transient_bump(&self) -> Option<u8> {
        if self.transient == 0 { None } else { Some(self.transient | HIGHEST_BIT) }
    }

    /// Whether the transient stake, if there is any, moves to the reserve. Where that is not known it is taken to be so:
    /// it then counts as turnover, and nobody waits for it.
    #[inline(always)]
    pub const fn is_leaving(&self) -> bool {
        self.transient & HIGHEST_BIT == 0
    }

    /// Caches the bump of the validator stake account, as the search found it.
    pub const fn set_validator_bump(&mut self, bump: u8) {
        self.validator = bump;
    }

    /// Caches the bump of the transient stake account, as the search found it, and where its stake moves to.
    pub const fn set_transient_bump(&mut self, bump: u8, is_leaving: bool) {
        // A bump below 128 comes once in 2^128 addresses. It is searched for each time.
        self.transient = if bump & HIGHEST_BIT == 0 { 0 } else { bump };
        self.set_leaving(is_leaving);
    }

    /// Says where the transient stake moves to, if the bump is cached.
    pub const fn set_leaving(&mut self, is_leaving: bool) {
        if let Some(bump) = self.transient_bump() {
            self.transient = if is_leaving { bump & !HIGHEST_BIT } else { bump };
        }
    }
}
