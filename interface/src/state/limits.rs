//! Limits that a pool's manager promises. They can be tightened, never loosened.

use {
    super::{U16, U32, U64},
    crate::{
        error::ExtensionError,
        schema::{BasisPoints, Body, Defined, Described, Seconds, Shape},
    },
    bytemuck::{Pod, Zeroable},
    core::mem::size_of,
    solana_address::Address,
    tidepool_core::{
        maths::{Fee, PoolTokens, Wide},
        rebalance::BASIS_POINTS,
    },
};

/// Highest supply floor, in the pool token's smallest unit: 1,000 tokens with 9 decimals. A higher one could close deposits for ever.
pub const SUPPLY_FLOOR_MAX: u64 = 1_000_000_000_000;
/// Longest notice, in epochs.
pub const NOTICE_EPOCHS_MAX: u16 = 60;
/// Longest notice, in seconds: 90 days.
pub const NOTICE_SECONDS_MAX: u32 = 90 * 24 * 3_600;
/// Highest growth charge: the growth of ten epochs.
pub const GROWTH_CHARGE_MAX: u16 = 1_000;
/// Lowest bound of the rate guard, in basis points. A lower one could halt deposits at every update.
pub const RATE_GUARD_MIN: u16 = 100;
/// Longest halt by the rate guard, in epochs.
pub const GUARD_EPOCHS_MAX: u8 = 5;

/// A bound in basis points that may be unset. Stored as basis points plus 1; 0 is unset.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Pod, Zeroable)]
#[repr(transparent)]
pub struct Ceiling(U16);

impl Described for Ceiling {
    const SHAPE: Shape = Shape::Named(&Defined {
        name: "Ceiling",
        docs: &["A bound in basis points that may be unset: basis points plus 1; 0 is unset."],
        body: Body::Alias(U16::SHAPE),
    });
}

impl Ceiling {
    /// No bound.
    pub const UNSET: Self = Self(U16::new(0));

    /// A bound in basis points (0 to 10,000).
    pub const fn new(basis_points: u16) -> Self {
        Self(U16::new(basis_points.saturating_add(1)))
    }

    /// The bound in basis points; `None` if it is unset.
    pub const fn get(&self) -> Option<u16> {
        self.0.get().checked_sub(1)
    }

    /// Whether the bound is unset or at most 10,000 basis points.
    pub const fn is_valid(&self) -> bool {
        self.0.get() <= BASIS_POINTS + 1
    }

    /// Whether `other` is at least as tight.
    pub const fn allows(&self, other: &Self) -> bool {
        match (self.get(), other.get()) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(mine), Some(other)) => other <= mine,
        }
    }

    /// Whether a fee is at most the bound.
    pub fn holds_for(&self, fee: &Fee) -> bool {
        let Some(bound) = self.get() else { return true };
        if fee.denominator == 0 || fee.numerator == 0 {
            return true;
        }
        Wide::product(fee.numerator, BASIS_POINTS.into()) <= Wide::product(fee.denominator, bound.into())
    }
}

layout! {
    /// Ceilings of a pool's fees.
    #[derive(Default)]
    pub struct FeeCeilings {
        /// Of the fee on rewards.
        pub epoch: Ceiling,
        /// Of the fee on SOL deposits.
        pub sol_deposit: Ceiling,
        /// Of the fee on stake deposits.
        pub stake_deposit: Ceiling,
        /// Of the fee on SOL withdrawals.
        pub sol_withdrawal: Ceiling,
        /// Of the fee on stake withdrawals.
        pub stake_withdrawal: Ceiling,
    }
}

impl FeeCeilings {
    /// In the order of the fields.
    pub const fn as_array(&self) -> [Ceiling; 5] {
        [self.epoch, self.sol_deposit, self.stake_deposit, self.sol_withdrawal, self.stake_withdrawal]
    }
}

layout! {
    /// Limits of a pool. All zero is none: SPL behaviour.
    #[derive(Default)]
    pub struct Limits {
        /// Ceilings of fees.
        pub ceilings: FeeCeilings,
        /// A deposit must leave at least this supply, in the pool token's smallest unit. At most [`SUPPLY_FLOOR_MAX`].
        pub supply_floor: U64 as PoolTokens,
        /// Epochs between the announcement of a change and the change. At most [`NOTICE_EPOCHS_MAX`].
        pub notice_epochs: U16,
        /// Seconds between the announcement of a change and the change; both have to pass. At most [`NOTICE_SECONDS_MAX`].
        pub notice_seconds: U32 as Seconds,
        /// Charge on SOL deposits in favour of the holders, in hundredths of the growth of the exchange rate in the last epoch. At
        /// most [`GROWTH_CHARGE_MAX`].
        pub growth_charge: U16,
        /// Highest rise of the exchange rate in one epoch, in basis points; 0 for no bound, else at least [`RATE_GUARD_MIN`].
        pub rate_guard_up: U16 as BasisPoints,
        /// Highest fall of the exchange rate in one epoch, in basis points; 0 for no bound, else at least [`RATE_GUARD_MIN`].
        pub rate_guard_down: U16 as BasisPoints,
        /// Epochs for which a greater change halts deposits and SOL withdrawals: 1 to [`GUARD_EPOCHS_MAX`], 0 without a rate guard.
        pub guard_epochs: u8,
        /// 1 if a deposit authority can be set without notice.
        pub closing_needs_no_notice: u8,
        /// May cancel announcements, and nothing else; zero for none.
        pub guardian: Address,
    }
}

const _: () = assert!(size_of::<Limits>() == 64 && align_of::<Limits>() == 1);

impl Limits {
    /// No limits.
    pub const NONE: Self = Self {
        ceilings: FeeCeilings {
            epoch: Ceiling::UNSET,
            sol_deposit: Ceiling::UNSET,
            stake_deposit: Ceiling::UNSET,
            sol_withdrawal: Ceiling::UNSET,
            stake_withdrawal: Ceiling::UNSET,
        },
        supply_floor: U64::new(0),
        notice_epochs: U16::new(0),
        notice_seconds: U32::new(0),
        growth_charge: U16::new(0),
        rate_guard_up: U16::new(0),
        rate_guard_down: U16::new(0),
        guard_epochs: 0,
        closing_needs_no_notice: 0,
        guardian: Address::new_from_array([0; 32]),
    };

    /// Whether changes have to be announced.
    #[inline]
    pub const fn has_notice(&self) -> bool {
        self.notice_epochs.get() > 0 || self.notice_seconds.get() > 0
    }

    /// The guardian, if there is one.
    pub fn guardian(&self) -> Option<&Address> {
        (self.guardian != Address::default()).then_some(&self.guardian)
    }

    /// Checks that each limit is in its range.
    ///
    /// # Errors
    /// [`ExtensionError::InvalidLimit`].
    pub fn check(&self) -> Result<(), ExtensionError> {
        let guards = [self.rate_guard_up.get(), self.rate_guard_down.get()];
        let has_guard = guards != [0; 2];
        let is_valid = self.ceilings.as_array().iter().all(Ceiling::is_valid)
            && self.supply_floor.get() <= SUPPLY_FLOOR_MAX
            && self.notice_epochs.get() <= NOTICE_EPOCHS_MAX
            && self.notice_seconds.get() <= NOTICE_SECONDS_MAX
            && self.growth_charge.get() <= GROWTH_CHARGE_MAX
            && guards.iter().all(|bound| *bound == 0 || (RATE_GUARD_MIN..=BASIS_POINTS).contains(bound))
            && has_guard == (self.guard_epochs > 0)
            && self.guard_epochs <= GUARD_EPOCHS_MAX
            && self.closing_needs_no_notice <= 1;
        if is_valid { Ok(()) } else { Err(ExtensionError::InvalidLimit) }
    }

    /// Checks that `new` is nowhere looser. The guardian is left to the caller: it depends on who signs.
    ///
    /// # Errors
    /// [`ExtensionError::LimitLoosened`].
    pub fn check_tightened(&self, new: &Self) -> Result<(), ExtensionError> {
        let guard_holds = |old: U16, new: U16| old.get() == 0 || (new.get() > 0 && new.get() <= old.get());
        let pairs = self.ceilings.as_array().into_iter().zip(new.ceilings.as_array());
        let is_tighter = pairs.into_iter().all(|(old, new)| old.allows(&new))
            && new.supply_floor.get() >= self.supply_floor.get()
            && new.notice_epochs.get() >= self.notice_epochs.get()
            && new.notice_seconds.get() >= self.notice_seconds.get()
            && new.growth_charge.get() >= self.growth_charge.get()
            && guard_holds(self.rate_guard_up, new.rate_guard_up)
            && guard_holds(self.rate_guard_down, new.rate_guard_down)
            && new.guard_epochs >= self.guard_epochs
            && (new.closing_needs_no_notice <= self.closing_needs_no_notice || !self.has_notice());
        if is_tighter { Ok(()) } else { Err(ExtensionError::LimitLoosened) }
    }

    /// Checks a supply after a deposit, in pool tokens.
    ///
    /// # Errors
    /// [`ExtensionError::SupplyBelowFloor`].
    #[inline]
    pub const fn check_supply(&self, pool_token_supply: u64) -> Result<(), ExtensionError> {
        if pool_token_supply < self.supply_floor.get() { Err(ExtensionError::SupplyBelowFloor) } else { Ok(()) }
    }
}
