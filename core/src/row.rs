//! The facts of a validator that the rules use.

/// A validator of a pool, as the withdrawal order and the rebalance rule see it.
///
/// The program implements it for the records of the validator list, which it reads in place. [`Validator`] is a row without an account.
pub trait ValidatorRow {
    /// Lamports in the validator stake account, rent included.
    fn active_lamports(&self) -> u64;

    /// Lamports in the transient stake account, rent included; 0 without such an account.
    fn transient_lamports(&self) -> u64;

    /// Whether the validator is in the pool and is not being removed.
    fn is_active(&self) -> bool;

    /// Whether the transient stake, if there is any, is deactivating.
    fn is_deactivating(&self) -> bool;

    /// The weight, or a number above [`WEIGHT_MAX`] for a demoted validator. Scans of long lists compare it as it is.
    fn weight_or_mark(&self) -> u16;

    /// Weight in a rebalance, relative to the sum of all weights. With weight 0, a rebalance does not change the validator's stake,
    /// unless it is demoted.
    #[inline(always)]
    fn weight(&self) -> u16 {
        let weight = self.weight_or_mark();
        if weight > WEIGHT_MAX { 0 } else { weight }
    }

    /// Whether the validator is demoted: it takes no stake, and rebalances take its stake down to the minimum. Its weight is 0.
    #[inline(always)]
    fn is_demoted(&self) -> bool {
        self.weight_or_mark() > WEIGHT_MAX
    }
}

/// Highest weight of a validator.
pub const WEIGHT_MAX: u16 = 0x7FFF;

/// Whether a [`ValidatorRow::weight_or_mark`] is a weight above 0.
#[inline(always)]
pub(crate) const fn is_weight(weight_or_mark: u16) -> bool {
    is_weight_less_one(weight_less_one(weight_or_mark))
}

/// A [`ValidatorRow::weight_or_mark`] less 1, which wraps for 0.
#[inline(always)]
pub(crate) const fn weight_less_one(weight_or_mark: u16) -> u64 {
    (weight_or_mark as u64).wrapping_sub(1)
}

/// Whether it belongs to a weight above 0: one comparison for both bounds.
#[inline(always)]
pub(crate) const fn is_weight_less_one(less_one: u64) -> bool {
    less_one < WEIGHT_MAX as u64
}

/// A plain [`ValidatorRow`]. The default is a validator without stake that is being removed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Validator {
    /// [`ValidatorRow::active_lamports`].
    pub active_lamports: u64,
    /// [`ValidatorRow::transient_lamports`].
    pub transient_lamports: u64,
    /// [`ValidatorRow::is_active`].
    pub is_active: bool,
    /// [`ValidatorRow::is_deactivating`].
    pub is_deactivating: bool,
    /// [`ValidatorRow::weight`]: [`WEIGHT_MAX`] at most.
    pub weight: u16,
    /// [`ValidatorRow::is_demoted`].
    pub is_demoted: bool,
}

impl ValidatorRow for Validator {
    fn active_lamports(&self) -> u64 {
        self.active_lamports
    }

    fn transient_lamports(&self) -> u64 {
        self.transient_lamports
    }

    fn is_active(&self) -> bool {
        self.is_active
    }

    fn is_deactivating(&self) -> bool {
        self.is_deactivating
    }

    fn weight_or_mark(&self) -> u16 {
        if self.is_demoted { u16::MAX } else { self.weight.min(WEIGHT_MAX) }
    }
}
