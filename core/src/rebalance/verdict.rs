//! Verdicts of a rebalance.

/// Verdict of a rebalance on a validator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Total lamports of the reserve to be activating, including stake that already is. A new transient stake account adds its rent.
    Increase(u64),
    /// Total lamports of the validator's stake to be deactivating, including stake that already is. The reserve lends the rent of a
    /// new transient stake account.
    Decrease(u64),
    /// The transient stake returns to its source, and its account is closed.
    Recall,
    /// No movement.
    Nothing(Reason),
}

impl Verdict {
    /// Whether the verdict moves stake.
    pub const fn is_movement(&self) -> bool {
        matches!(self, Self::Increase(_) | Self::Decrease(_) | Self::Recall)
    }
}

/// Reason for no movement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// The staker is setting weights in several transactions.
    Paused,
    /// The validator is being removed, or the index is beyond the list.
    NotActive,
    /// The validator has no weight and is not demoted.
    NoWeight,
    /// The validator's transient stake (activating or deactivating) needs no adjustment.
    TransientStake,
    /// The validator is on target, within the threshold or the minimum delegation.
    Balanced,
    /// The validator is below target, but the reserve has no lamports above its own target.
    ReserveSpent,
    /// The validator is below target, but the reserve's lamports go to validators further below target.
    OthersFurtherBelow,
    /// The validator is above target, but the needed stake comes from validators further above target.
    OthersFurtherAbove,
    /// The validator is above target, but neither the reserve nor another validator needs stake.
    NothingNeeded,
    /// The validator is above target, but the turnover budget of the epoch is spent.
    BudgetSpent,
    /// The validator is above target, but the reserve cannot lend the rent of a stake account.
    NoRentInReserve,
}

impl Reason {
    /// Whether the reason excludes the validator from the rebalance, so that its accounts need no check.
    pub const fn excludes_validator(self) -> bool {
        matches!(self, Self::Paused | Self::NotActive | Self::NoWeight | Self::TransientStake)
    }

    /// Message of a few words. The program logs it.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Paused => "weights are being set",
            Self::NotActive => "the validator is being removed",
            Self::NoWeight => "the validator has no weight",
            Self::TransientStake => "the validator's activating or deactivating stake stays as it is",
            Self::Balanced => "the validator is within the threshold, or the minimum delegation, of its target",
            Self::ReserveSpent => "the reserve has nothing to spare above its target",
            Self::OthersFurtherBelow => "the reserve's surplus goes to validators further below target",
            Self::OthersFurtherAbove => "the needed stake comes from validators further above target",
            Self::NothingNeeded => "neither reserve nor validators need stake",
            Self::BudgetSpent => "the turnover budget of the epoch is spent",
            Self::NoRentInReserve => "the reserve cannot lend the rent of a stake account",
        }
    }
}
