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

    /// Weight in a rebalance, relative to the sum of all weights. With weight 0, a rebalance does not change the validator's stake.
    fn weight(&self) -> u16;
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
    /// [`ValidatorRow::weight`].
    pub weight: u16,
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

    fn weight(&self) -> u16 {
        self.weight
    }
}
