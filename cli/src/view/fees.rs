//! Fees of a pool, as answers show them.

use {
    crate::units::percent,
    serde::Serialize,
    std::cmp::Ordering,
    tidepool_client::pool::PoolSnapshot,
    tidepool_core::maths::{Fee, FutureEpoch},
};

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Ratio {
    numerator: u64,
    denominator: u64,
}

impl Ratio {
    pub fn percent(&self) -> String {
        percent(&Fee::new(self.numerator, self.denominator))
    }

    /// Which of two takes more, exactly.
    pub fn compare(&self, other: &Self) -> Ordering {
        // A fee without a denominator takes nothing.
        let part = |one: &Self, other: &Self| u128::from(one.numerator) * u128::from(other.denominator.max(1));
        let numerator = |ratio: &Self| if ratio.denominator == 0 { 0 } else { ratio.numerator };
        let [one, two] = [self, other].map(|ratio| Self { numerator: numerator(ratio), ..*ratio });
        part(&one, &two).cmp(&part(&two, &one))
    }

    /// Whether it takes nothing.
    pub const fn is_none(&self) -> bool {
        self.numerator == 0
    }
}

impl From<Fee> for Ratio {
    fn from(fee: Fee) -> Self {
        Self { numerator: fee.numerator, denominator: fee.denominator }
    }
}

/// A fee that changes with a delay.
#[derive(Debug, Serialize)]
pub struct DelayedFee {
    /// In force.
    #[serde(flatten)]
    now: Ratio,
    pending: Option<PendingFee>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct PendingFee {
    #[serde(flatten)]
    pub fee: Ratio,
    /// The first epoch in which it can be in force: with that epoch's update, provided that every epoch has one.
    pub from_epoch: u64,
}

impl DelayedFee {
    /// The fee in force, and the one that is to follow.
    pub fn new(snapshot: &PoolSnapshot, now: Fee, next: &FutureEpoch<Fee>) -> Self {
        Self { now: now.into(), pending: PendingFee::new(snapshot, next) }
    }

    pub fn percent(&self) -> String {
        match &self.pending {
            None => self.now.percent(),
            Some(next) => {
                format!("{}; {} from epoch {} on", self.now.percent(), next.fee.percent(), next.from_epoch)
            }
        }
    }
}

impl PendingFee {
    /// The fee that is pending, if one is.
    pub fn new(snapshot: &PoolSnapshot, next: &FutureEpoch<Fee>) -> Option<Self> {
        snapshot.pending_fee(next).map(|(fee, from_epoch)| Self { fee: fee.into(), from_epoch })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_the_same_however_they_are_written() {
        let is_same = |one: Fee, other: Fee| Ratio::from(one).compare(&other.into()).is_eq();
        assert!(is_same(Fee::new(5, 100), Fee::new(1, 20)));
        assert!(is_same(Fee::default(), Fee::new(0, 100)));
        assert!(!is_same(Fee::new(1, 100), Fee::default()));
        assert!(!is_same(Fee::new(u64::MAX, u64::MAX), Fee::new(u64::MAX - 1, u64::MAX)));
    }
}
