//! What a rebalance does about a validator.

/// What a rebalance does about a validator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Delegate this many lamports from the reserve. The rent of the transient stake account comes on top.
    Increase(u64),
    /// Deactivate this many lamports on their way to the reserve, which lends the rent of the transient stake account.
    Decrease(u64),
    /// Nothing.
    Nothing(Reason),
}

impl Verdict {
    /// Whether stake moves.
    pub const fn is_movement(&self) -> bool {
        matches!(self, Self::Increase(_) | Self::Decrease(_))
    }
}

/// Why nothing moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// The staker is setting weights in several transactions.
    Paused,
    /// The validator is being removed, or there is none under the index.
    NotActive,
    /// The validator has no weight.
    NoWeight,
    /// It has stake in motion already.
    InMotion,
    /// It has what it should have, or less than the threshold more or less.
    Balanced,
    /// It is under its target, and the reserve has nothing to spare.
    ReserveSpent,
    /// It is under its target; the little that the reserve can spare goes to another that lacks more.
    OthersLackMore,
    /// It is over its target; what is needed comes from another that has more to spare.
    OthersHaveMore,
    /// It is over its target, and nobody needs what it could give.
    NothingNeeded,
    /// It is over its target, and the turnover budget of the epoch is spent.
    BudgetSpent,
    /// It is over its target, and the reserve cannot lend the rent of a stake account.
    NoRentInReserve,
}

impl Reason {
    /// Whether the validator takes no part in the rebalance, and so need not be looked at.
    pub const fn takes_no_part(self) -> bool {
        matches!(self, Self::Paused | Self::NotActive | Self::NoWeight | Self::InMotion)
    }

    /// The reason, in a few words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Paused => "weights are being set",
            Self::NotActive => "the validator is being removed",
            Self::NoWeight => "the validator has no weight",
            Self::InMotion => "the validator has stake in motion",
            Self::Balanced => "the validator is on its target, within the threshold",
            Self::ReserveSpent => "the reserve has nothing to spare above its target",
            Self::OthersLackMore => "what the reserve can spare goes to validators that lack more",
            Self::OthersHaveMore => "what is needed comes from validators that have more to spare",
            Self::NothingNeeded => "nobody needs what the validator could give",
            Self::BudgetSpent => "the turnover budget of the epoch is spent",
            Self::NoRentInReserve => "the reserve cannot lend the rent of a stake account",
        }
    }
}
