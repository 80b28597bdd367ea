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
    /// Code 1012. A limit would become looser.
    LimitLoosened = 1012,
    /// Code 1013. A limit is outside its range.
    InvalidLimit = 1013,
    /// Code 1014. A fee is above its ceiling, in force or pending.
    FeeAboveCeiling = 1014,
    /// Code 1015. The deposit leaves fewer pool tokens than the supply floor.
    SupplyBelowFloor = 1015,
    /// Code 1016. The rate guard has halted deposits and SOL withdrawals.
    RateGuardHalt = 1016,
    /// Code 1017. The notice of the announced change is not over.
    NoticeNotOver = 1017,
    /// Code 1018. No change of this kind is announced.
    NoAnnouncement = 1018,
    /// Code 1019. The account is not the pool's guardian.
    WrongGuardian = 1019,
    /// Code 1020. The validator is demoted.
    ValidatorDemoted = 1020,
    /// Code 1021. The vote accounts do not prove a ground of the pool's demotion policy.
    NoGroundForDemotion = 1021,
    /// Code 1022. The demotions of this epoch have reached the policy's bound.
    DemotionBoundReached = 1022,
    /// Code 1023. A value of the demotion policy is outside its range.
    InvalidDemotionPolicy = 1023,
    /// Code 1024. The exit is worth less than the rent of a wallet.
    ExitTooSmall = 1024,
    /// Code 1025. The reserve cannot pay the ticket yet.
    ReserveTooSmall = 1025,
    /// Code 1026. A ticket cannot be cancelled in the epoch of its request.
    ExitTooEarly = 1026,
    /// Code 1027. The pool has a SOL withdraw authority, so it gives no tickets.
    ExitsNeedAuthority = 1027,
    /// Code 1028. The ticket belongs to another pool, owner or recipient than the instruction names.
    WrongTicket = 1028,
    /// Code 1029. A weight is above the maximum.
    WeightTooHigh = 1029,
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
            Self::LimitLoosened => "A limit can only be tightened: send the limits of the pool with tighter values.",
            Self::InvalidLimit => "A limit is out of its range: see the ranges of the pool's limits.",
            Self::FeeAboveCeiling => {
                "A fee is above its ceiling: lower the fee, or raise the ceiling that is to be set."
            }
            Self::SupplyBelowFloor => {
                "The deposit leaves fewer pool tokens than the pool's supply floor: deposit more."
            }
            Self::RateGuardHalt => {
                "The exchange rate moved too far, so deposits and SOL withdrawals are halted for some epochs: withdraw stake, or wait."
            }
            Self::NoticeNotOver => "The notice of this change is not over: repeat the call later.",
            Self::NoAnnouncement => "No change of this kind is announced.",
            Self::WrongGuardian => "Only the pool's guardian can do this, or the manager where there is none.",
            Self::ValidatorDemoted => {
                "The validator is demoted: it takes no stake until the staker reinstates it after the cooldown."
            }
            Self::NoGroundForDemotion => "The vote accounts do not prove a ground of the pool's demotion policy.",
            Self::DemotionBoundReached => {
                "The demotions of this epoch have reached the policy's bound: try in the next epoch."
            }
            Self::InvalidDemotionPolicy => "A value of the demotion policy is out of its range.",
            Self::ExitTooSmall => "The exit is worth less than the rent of a wallet: request more, or withdraw SOL.",
            Self::ReserveTooSmall => "The reserve cannot pay the ticket yet: rebalance, and claim it in a later epoch.",
            Self::ExitTooEarly => {
                "A ticket cannot be cancelled in the epoch of its request: cancel it in the next epoch."
            }
            Self::ExitsNeedAuthority => {
                "The pool has a SOL withdraw authority, so it gives no tickets: withdraw stake."
            }
            Self::WrongTicket => {
                "The ticket, its escrow, owner or recipient is not the one that was meant: read the ticket again."
            }
            Self::WeightTooHigh => "A weight is above 32,767: weights are relative, so scale them all down.",
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
