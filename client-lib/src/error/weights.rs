//! Errors of weights.

use {solana_address::Address, thiserror::Error};

/// Error of weights, or of the numbers that they are computed from. The program itself does not check these.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum WeightsError {
    /// All weights are 0.
    #[error("no validator has a weight: set the weight of at least one validator")]
    NoWeights,

    /// No validator has stake from which a weight could be computed.
    #[error("no validator of the pool has active stake: set weights, or equal weights")]
    NoStake,

    /// A validator has two weights.
    #[error("duplicate validator {vote}: specify it once")]
    Twice {
        /// The vote account.
        vote: Address,
    },

    /// The cap is too low for the validators with a weight to hold all stake.
    #[error(
        "{validators} validators with a weight, capped at {cap} basis points each, cannot hold the {needed} basis points \
         outside of the reserve: raise the cap to at least {least_cap}, set weights for at least {least_validators} \
         validators, or raise the reserve share"
    )]
    CapTooLow {
        /// Number of validators with a weight.
        validators: usize,
        /// The policy's cap on one validator, in basis points of the pool.
        cap: u16,
        /// Stake that they must hold, in basis points: the pool without the reserve's share and without stake of
        /// validators without a weight.
        needed: u16,
        /// The lowest sufficient cap, in basis points.
        least_cap: u16,
        /// The fewest validators that suffice with this cap.
        least_validators: usize,
    },

    /// A weight is rounded to 0: the largest one is more than 131,070 times as large.
    #[error(
        "the weight {weight} of validator {vote} is less than 1/131,070 of the largest one, and would be rounded to 0: raise \
         it, lower the largest, or set it to 0"
    )]
    RoundsToZero {
        /// The vote account.
        vote: Address,
        /// The given weight.
        weight: String,
    },

    /// The text is not a number.
    #[error("invalid weight {text:?}: expected a number such as 3, 0.25 or 1e6, without separators or units")]
    NotANumber {
        /// The text.
        text: String,
    },

    /// The weight is negative.
    #[error("the weight {text} is negative: use 0 for no stake")]
    Negative {
        /// The text.
        text: String,
    },
}
