//! What a rebalance does about a validator.

/// What a rebalance does about a validator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// This many lamports of the reserve are to be activating, those that are included. The rent of a new transient stake account
    /// comes on top.
    Increase(u64),
    /// This many lamports of the validator's stake are to be deactivating, those that are included. The reserve lends the rent of a
    /// new transient stake account.
    Decrease(u64),
    /// The stake that moves is to return to where it came from, and its account is to be closed.
    Recall,
    /// Nothing.
    Nothing(Reason),
}

impl Verdict {
    /// Whether stake moves.
    pub const fn is_movement(&self) -> bool {
        matches!(self, Self::Increase(_) | Self::Decrease(_) | Self::Recall)
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
    /// Its activating or deactivating stake stays as it is.
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
            Self::InMotion => "the validator's activating or deactivating stake stays as it is",
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
