//! The extension of a validator's record: four bytes that the SPL layout leaves unused.

use {super::U16, tidepool_core::WEIGHT_MAX};

layout! {
    /// Extension of a validator's record, at offset 32: two cached bump seeds of one byte each, and the weight.
    ///
    /// All zero (no cached bump, no weight) in a pool without the extension and in an entry that SPL tools made. Only the program
    /// writes it. It caches a bump only if the search for the address found it.
    #[derive(Default)]
    pub struct EntryExtension {
        /// Bump of the validator stake account's address; 0 if not cached.
        validator: u8,
        /// Bump of the transient stake account's address under the record's seed, and whether the stake is deactivating.
        ///
        /// A bump is in practice between 128 and 255, so its highest bit is free. It is set for activating stake and cleared for
        /// deactivating stake. 0 if the bump is not cached; the direction is then unknown.
        transient: u8,
        /// The weight, or the demotion: the highest bit, and the lower bits of its epoch.
        weight: U16,
    }
}

/// Set in the weight of a demoted validator.
const DEMOTED: u16 = WEIGHT_MAX + 1;

/// Set in every bump that is cached.
const HIGHEST_BIT: u8 = 0x80;

impl EntryExtension {
    /// Weight of the validator in a rebalance, relative to the sum of all weights. With weight 0, a rebalance does not change the
    /// validator's stake, unless it is demoted: then its stake is taken down to the minimum.
    #[inline(always)]
    pub const fn weight(&self) -> u16 {
        let weight = self.weight.get();
        if weight > WEIGHT_MAX { 0 } else { weight }
    }

    /// The weight, or a number above [`WEIGHT_MAX`] for a demoted validator.
    #[inline(always)]
    pub const fn weight_or_mark(&self) -> u16 {
        self.weight.get()
    }

    /// Sets the weight, [`WEIGHT_MAX`] at most. The validator is no longer demoted.
    pub const fn set_weight(&mut self, weight: u16) {
        self.weight.set(if weight > WEIGHT_MAX { WEIGHT_MAX } else { weight });
    }

    /// Whether the validator is demoted: it takes no stake, and rebalances take its stake down to the minimum.
    #[inline(always)]
    pub const fn is_demoted(&self) -> bool {
        self.weight.get() > WEIGHT_MAX
    }

    /// Demotes the validator in `epoch`. Its weight is lost.
    pub const fn demote(&mut self, epoch: u64) {
        self.weight.set(DEMOTED | (epoch as u16 & WEIGHT_MAX));
    }

    /// Epochs since the demotion; `None` if the validator is not demoted. The count starts again after 32,768 epochs.
    pub const fn epochs_since_demotion(&self, epoch: u64) -> Option<u16> {
        if self.is_demoted() { Some((epoch as u16).wrapping_sub(self.weight.get()) & WEIGHT_MAX) } else { None }
    }

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

    /// Whether the transient stake, if there is any, is deactivating. True if the direction is unknown: the stake then counts as
    /// turnover, the cautious assumption.
    #[inline(always)]
    pub const fn is_deactivating(&self) -> bool {
        self.transient & HIGHEST_BIT == 0
    }

    /// Caches the bump of the validator stake account. `bump` is the result of the address search.
    pub const fn set_validator_bump(&mut self, bump: u8) {
        self.validator = bump;
    }

    /// Caches the bump of the transient stake account and whether its stake is deactivating. `bump` is the result of the address
    /// search.
    pub const fn set_transient_bump(&mut self, bump: u8, is_deactivating: bool) {
        // One in 2^128 addresses has a bump below 128. Such a bump is not cached.
        self.transient = if bump & HIGHEST_BIT == 0 { 0 } else { bump };
        self.set_deactivating(is_deactivating);
    }

    /// Sets whether the transient stake is deactivating. No effect if the bump is not cached.
    pub const fn set_deactivating(&mut self, is_deactivating: bool) {
        if let Some(bump) = self.transient_bump() {
            self.transient = if is_deactivating { bump & !HIGHEST_BIT } else { bump };
        }
    }
}
