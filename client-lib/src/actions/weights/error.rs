//! Why weights make no sense.

use {solana_address::Address, thiserror::Error};

/// Weights, or the numbers they are to be made of, that make no sense. The program itself would not refuse them.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum WeightsError {
    /// Nobody would get any stake.
    #[error("no validator has a weight: set the weight of at least one validator")]
    NoWeights,

    /// Nobody has stake to take a weight from.
    #[error("no validator of the pool has active stake: set weights, or equal weights")]
    NoStake,

    /// It is not clear which weight is meant.
    #[error("duplicate validator {vote}: specify it once")]
    Twice {
        /// The vote account.
        vote: Address,
    },

    /// Not all stake would have a place.
    #[error(
        "{validators} validators with a weight, capped at {cap} basis points each, cannot hold the {needed} basis points \
         outside of the reserve: raise the cap to at least {least_cap}, set weights for at least {least_validators} \
         validators, or raise the reserve share"
    )]
    CapTooLow {
        /// Validators with a weight.
        validators: usize,
        /// The policy's cap on each, in basis points of the pool.
        cap: u16,
        /// What they are to share: the pool without the reserve's share and without stake of validators that have no weight, in
        /// basis points.
        needed: u16,
        /// The least cap under which they could, in basis points.
        least_cap: u16,
        /// The fewest validators that could under this cap.
        least_validators: usize,
    },

    /// Weights are whole numbers up to 65,535, and the largest of those given is too large for this one.
    #[error(
        "the weight {weight} of validator {vote} is less than 1/131,070 of the largest one, and would be rounded to 0: raise \
         it, lower the largest, or set it to 0"
    )]
    RoundsToZero {
        /// The vote account.
        vote: Address,
        /// The weight given.
        weight: String,
    },

    /// The text is no number.
    #[error("invalid weight {text:?}: expected a number such as 3, 0.25 or 1e6, without separators or units")]
    NotANumber {
        /// The text.
        text: String,
    },

    /// Weights are not negative.
    #[error("the weight {text} is negative: use 0 for no stake")]
    Negative {
        /// The text.
        text: String,
    },
}
