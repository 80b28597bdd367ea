//! Fees and their delays.

use {
    super::{Amount, Wide},
    crate::error::Error::{self, CalculationFailure, FeeIncreaseTooHigh},
};

/// A fee as a ratio; zero if the numerator or the denominator is 0.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "borsh", derive(borsh::BorshDeserialize, borsh::BorshSerialize))]
pub struct Fee {
    /// Denominator. It precedes the numerator in every encoding.
    pub denominator: u64,
    /// Numerator.
    pub numerator: u64,
}

/// Baseline from which a withdrawal fee of 0 may rise: 0.1 %.
pub const WITHDRAWAL_BASELINE_FEE: Fee = Fee::new(1, 1_000);

/// Maximum factor by which a withdrawal fee may rise.
const MAX_WITHDRAWAL_FEE_FACTOR: Fee = Fee::new(3, 2);

/// Maximum rise of a withdrawal fee, as a share of the amount.
const MAX_WITHDRAWAL_FEE_RISE: Fee = Fee::new(1, 200);

impl Fee {
    /// The fee `numerator / denominator`.
    pub const fn new(numerator: u64, denominator: u64) -> Self {
        Self { denominator, numerator }
    }

    /// The fee on `amount`, rounded up; `None` if it exceeds 64 bits (only with a fee over 100 %).
    #[inline]
    pub fn apply<A: Amount>(&self, amount: A) -> Option<A> {
        self.apply_wide(amount.number())?.narrow().map(A::from_number)
    }

    /// The fee on `amount`, rounded up.
    #[inline]
    pub(crate) fn apply_wide(&self, amount: u64) -> Option<Wide> {
        if self.denominator == 0 || self.numerator == 0 || amount == 0 {
            return Some(Wide::product(0, 0));
        }
        // Most products fit 64 bits, with room for the rounding.
        // guard: fee-product-fits
        if amount >> 48 == 0 && self.numerator >> 15 == 0 && self.denominator >> 48 == 0 {
            let product = amount.wrapping_mul(self.numerator);
            let rounded = product.wrapping_add(self.denominator).wrapping_sub(1); // guard: small-fee-rounds-up
            return Some(Wide::sum(rounded / self.denominator, 0));
        }
        // guard: large-fee-rounds-up
        Wide::product(amount, self.numerator).divide_up(self.denominator)
    }

    /// Whether the fee takes a larger share than `other`.
    #[inline]
    pub fn is_above(&self, other: &Self) -> bool {
        let (mine, others) = (self.normal(), other.normal());
        Wide::product(mine.numerator, others.denominator) > Wide::product(others.numerator, mine.denominator)
    }

    /// The fee without a zero denominator.
    const fn normal(&self) -> Self {
        if self.denominator == 0 { Self::new(0, 1) } else { *self }
    }

    /// Whether the fee exceeds 100 %; false for `0 / 0`.
    #[inline]
    pub const fn is_too_high(&self) -> bool {
        self.numerator > self.denominator
    }
}

/// Checks the rise of a withdrawal fee against the fee in force. A pending fee is ignored.
///
/// # Errors
/// [`FeeIncreaseTooHigh`] if the fee rises by more than 0.5 % of the amount, or by more than half of the fee in force. A fee in force
/// of 0 counts as 0.1 %. [`CalculationFailure`] if a term exceeds 128 bits.
pub fn check_withdrawal_fee(new: &Fee, in_force: &Fee) -> Result<(), Error> {
    // guard: fee-baseline
    let old = if in_force.denominator == 0 || in_force.numerator == 0 { &WITHDRAWAL_BASELINE_FEE } else { in_force };
    // guard: fee-numbers-are-small
    if (new.numerator | new.denominator | old.numerator | old.denominator) >> SMALL_BITS == 0 {
        return check_small_withdrawal_fee(new, old);
    }
    let common_denominator = Wide::product(old.denominator, new.denominator);
    let new_share = Wide::product(new.numerator, old.denominator);
    let old_share = Wide::product(new.denominator, old.numerator);

    let allowed_rise = common_denominator.checked_mul(MAX_WITHDRAWAL_FEE_RISE.numerator).ok_or(CalculationFailure)?;
    let rise = new_share
        .checked_sub(old_share)
        .unwrap_or(Wide::product(0, 0))
        .checked_mul(MAX_WITHDRAWAL_FEE_RISE.denominator)
        .ok_or(CalculationFailure)?;
    // guard: fee-rise-of-large-numbers
    if rise > allowed_rise {
        return Err(FeeIncreaseTooHigh);
    }
    let allowed = old_share.checked_mul(MAX_WITHDRAWAL_FEE_FACTOR.numerator).ok_or(CalculationFailure)?;
    let wanted = new_share.checked_mul(MAX_WITHDRAWAL_FEE_FACTOR.denominator).ok_or(CalculationFailure)?;
    // guard: fee-limit-of-large-numbers
    if wanted > allowed {
        return Err(FeeIncreaseTooHigh);
    }
    Ok(())
}

/// Products of two numerators or denominators below this many bits and a constant above fit 64 bits.
const SMALL_BITS: u32 = 28;

/// [`check_withdrawal_fee`] for small numbers, in 64 bits: the usual case.
#[inline(always)]
fn check_small_withdrawal_fee(new: &Fee, old: &Fee) -> Result<(), Error> {
    let new_share = new.numerator.wrapping_mul(old.denominator);
    let old_share = new.denominator.wrapping_mul(old.numerator);
    let rise = new_share.saturating_sub(old_share).wrapping_mul(MAX_WITHDRAWAL_FEE_RISE.denominator);
    let allowed_rise = old.denominator.wrapping_mul(new.denominator).wrapping_mul(MAX_WITHDRAWAL_FEE_RISE.numerator);
    let wanted = new_share.wrapping_mul(MAX_WITHDRAWAL_FEE_FACTOR.denominator);
    let allowed = old_share.wrapping_mul(MAX_WITHDRAWAL_FEE_FACTOR.numerator);
    // guard: fee-step
    if rise > allowed_rise || wanted > allowed { Err(FeeIncreaseTooHigh) } else { Ok(()) }
}

/// A value that takes effect after one or two epochs. An epoch counts only if `UpdateStakePoolBalance` runs in it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "borsh", derive(borsh::BorshDeserialize, borsh::BorshSerialize))]
pub enum FutureEpoch<T> {
    /// Nothing is pending.
    #[default]
    None,
    /// The value takes effect at the next such update.
    One(T),
    /// The value takes effect at the one after it.
    Two(T),
}

impl<T: Copy> FutureEpoch<T> {
    /// Advances by one update and returns the value that takes effect now, if any.
    pub fn advance(&mut self) -> Option<T> {
        let due = match *self {
            Self::One(value) => Some(value),
            Self::None | Self::Two(_) => None,
        };
        *self = match *self {
            Self::Two(value) => Self::One(value),
            Self::None | Self::One(_) => Self::None,
        };
        due
    }

    /// The pending value and the number of updates until it takes effect.
    pub const fn pending(&self) -> Option<(T, u8)> {
        match *self {
            Self::None => None,
            Self::One(value) => Some((value, 1)),
            Self::Two(value) => Some((value, 2)),
        }
    }
}
