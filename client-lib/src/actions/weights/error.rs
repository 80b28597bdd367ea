//! Why weights make no sense.

use {solana_address::Address, thiserror::Error};

/// Weights, or the numbers they are to be made of, that make no sense. The program itself would not refuse them.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum WeightsError {
    /// Nobody would get any stake.
    #[error("no validator has a weight: give one to some validators at least")]
    NoWeights,

    /// Nobody has stake to take a weight from.
    #[error("no validator of the pool has active stake: give weights, or the same to all")]
    NoStake,

    /// It is not clear which weight is meant.
    #[error("validator {vote} is named twice: name it once")]
    Twice {
        /// The vote account.
        vote: Address,
    },

    /// Not all stake would have a place.
    #[error(
        "{validators} validators with a weight may have {cap} basis points each, of {needed} that they are to share: raise the \
         cap to {least_cap} at least, give weights to {least_validators} validators at least, or raise the reserve's share"
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
        "the weight {weight} of validator {vote} is less than a 131,070th of the largest one, and would be rounded to nothing: \
         raise it, lower the largest, or set it to 0"
    )]
    RoundsToZero {
        /// The vote account.
        vote: Address,
        /// The weight given.
        weight: String,
    },

    /// The text is no number.
    #[error("{text:?} is no weight: give a number such as 3, 0.25 or 1e6, without separators or units")]
    NotANumber {
        /// The text.
        text: String,
    },

    /// Weights are not negative.
    #[error("the weight {text} is negative: give 0 for no stake")]
    Negative {
        /// The text.
        text: String,
    },
}
