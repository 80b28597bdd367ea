//! Errors of the extension: codes from 1000 on.

use {
    num_derive::{FromPrimitive, ToPrimitive},
    num_traits::FromPrimitive as _,
    solana_program_error::{ProgramError, ToStr},
    thiserror::Error,
};

/// Errors of the extension, returned as `ProgramError::Custom(code)`.
#[derive(Clone, Copy, Debug, Eq, Error, FromPrimitive, PartialEq, ToPrimitive)]
#[error("{}", self.message())]
#[repr(u32)]
pub enum ExtensionError {
    /// Code 1000. The pool has the extension already.
    AlreadyExtended = 1000,
    /// Code 1001. The pool has no extension.
    NotExtended = 1001,
    /// Code 1002. A share is over 100 %.
    ShareOverWhole = 1002,
    /// Code 1003. The policy's validator cap is 0, so no validator can have stake.
    ContradictoryPolicy = 1003,
    /// Code 1004. The entry of the validator list belongs to another validator than the instruction names.
    EntryMoved = 1004,
    /// Code 1005. A validator that is being removed cannot have a weight.
    WeightOfRemovedValidator = 1005,
    /// Code 1006. The decrease or removal exceeds the turnover budget of the epoch.
    TurnoverBudgetExceeded = 1006,
    /// Code 1007. The instruction names more validators than its maximum.
    TooManyValidators = 1007,
    /// Code 1008. The transaction has instructions that could move SOL around a rebalance, or a program calls the rebalance.
    NotAlone = 1008,
    /// Code 1009. The pool has an extension of another version.
    UnknownExtensionVersion = 1009,
    /// Code 1010. The policy's reserve share is over 50 %.
    ReserveShareTooHigh = 1010,
    /// Code 1011. The policy leaves no rent in the reserve.
    NoReserveRents = 1011,
}

impl ExtensionError {
    /// Message of one sentence: the cause and the remedy.
    pub const fn message(self) -> &'static str {
        match self {
            Self::AlreadyExtended => "The pool has the extension already: set its policy and its weights.",
            Self::NotExtended => "The pool has no extension: the manager can add it with ExtendPool.",
            Self::ShareOverWhole => "A share is over 100 %: state it in basis points, 10,000 at most.",
            Self::ContradictoryPolicy => "The policy can give no validator any stake: set a cap above 0.",
            Self::EntryMoved => {
                "An entry of the validator list is not the validator that was meant: read the list again."
            }
            Self::WeightOfRemovedValidator => {
                "A validator that is being removed cannot have a weight: leave it out, or give it 0."
            }
            Self::TurnoverBudgetExceeded => {
                "The decrease or removal exceeds the turnover budget: decrease by less now, the rest in the next epochs."
            }
            Self::NotAlone => {
                "A rebalance goes with updates only, and is not called by a program: send it in a transaction of its own."
            }
            Self::UnknownExtensionVersion => {
                "The pool has an extension of a version that this program does not know: upgrade the program first."
            }
            Self::ReserveShareTooHigh => "The reserve share is over 50 %: set 5,000 basis points at most.",
            Self::NoReserveRents => {
                "The policy leaves no rent in the reserve: set 1 at least, or an empty reserve could never be refilled."
            }
            Self::TooManyValidators => "The instruction names more validators than it can take: split it.",
        }
    }

    /// The error with the code `code`; `None` for an unknown code.
    pub fn from_code(code: u32) -> Option<Self> {
        Self::from_u32(code)
    }
}

impl From<ExtensionError> for ProgramError {
    fn from(error: ExtensionError) -> Self {
        Self::Custom(error as u32)
    }
}

impl ToStr for ExtensionError {
    fn to_str(&self) -> &'static str {
        self.message()
    }
}
