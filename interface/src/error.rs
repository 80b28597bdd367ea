//! The program's errors with their messages: SPL codes 0 to 44, and the extension's codes from 1000 on.

mod extension;

pub use extension::ExtensionError;

use {
    num_derive::{FromPrimitive, ToPrimitive},
    num_traits::FromPrimitive as _,
    solana_program_error::{ProgramError, ToStr},
    thiserror::Error,
};

/// Errors of the stake pool program, returned as `ProgramError::Custom(code)`.
///
/// The codes are those of the SPL stake pool; the program logs the message, then returns the code.
#[derive(Clone, Copy, Debug, Eq, Error, FromPrimitive, PartialEq, ToPrimitive)]
#[error("{}", self.message())]
#[repr(u32)]
pub enum StakePoolError {
    /// Code 0. The account is already in use.
    AlreadyInUse,
    /// Code 1. The withdraw authority or the reserve is not this pool's.
    InvalidProgramAddress,
    /// Code 2. The account is not an initialized pool or validator list.
    InvalidState,
    /// Code 3. A calculation over- or underflowed.
    CalculationFailure,
    /// Code 4. A fee is over 100 %.
    FeeTooHigh,
    /// Code 5. The token account is of another mint.
    WrongAccountMint,
    /// Code 6. The account is not the pool's manager.
    WrongManager,
    /// Code 7. A required signature is missing.
    SignatureMissing,
    /// Code 8. The validator list is not this pool's.
    InvalidValidatorStakeList,
    /// Code 9. The manager fee account is wrong, frozen or not a token account of the pool's mint.
    InvalidFeeAccount,
    /// Code 10. The mint is not this pool's.
    WrongPoolMint,
    /// Code 11. The stake account is not in the state that is needed, or not under the pool's authority.
    WrongStakeStake,
    /// Code 12. The stake is not active. The stake program uses the same code for `InsufficientDelegation`.
    UserStakeNotActive,
    /// Code 13. The validator is in the pool already.
    ValidatorAlreadyAdded,
    /// Code 14. The validator is not in the pool, or is being removed.
    ValidatorNotFound,
    /// Code 15. The stake account's address does not follow from the validator, the pool and the seed.
    InvalidStakeAccountAddress,
    /// Code 16. Some validators are not updated in this epoch.
    StakeListOutOfDate,
    /// Code 17. The pool is not updated in this epoch.
    StakeListAndPoolOutOfDate,
    /// Code 18. The validator stake account is not in the pool.
    UnknownValidatorStakeAccount,
    /// Code 19. The mint's authority is not the pool's withdraw authority.
    WrongMintingAuthority,
    /// Code 20. The validator list's size does not fit the number of validators, or the stake accounts are not in pairs.
    UnexpectedValidatorListAccountSize,
    /// Code 21. The account is not the pool's staker.
    WrongStaker,
    /// Code 22. The mint already has a supply.
    NonZeroPoolTokenSupply,
    /// Code 23. The withdrawal does not fit this stake account.
    StakeLamportsNotEqualToMinimum,
    /// Code 24. The pool takes stake deposits for its preferred validator only.
    IncorrectDepositVoteAddress,
    /// Code 25. Withdraw from the pool's preferred validator first.
    IncorrectWithdrawVoteAddress,
    /// Code 26. The mint has a freeze authority.
    InvalidMintFreezeAuthority,
    /// Code 27. A withdrawal fee may rise by half of itself and by 0.5 % at most.
    FeeIncreaseTooHigh,
    /// Code 28. The pool tokens are worth no lamport.
    WithdrawalTooSmall,
    /// Code 29. The deposit is worth no pool token.
    DepositTooSmall,
    /// Code 30. The stake deposit authority is not this pool's.
    InvalidStakeDepositAuthority,
    /// Code 31. The SOL deposit authority is not this pool's.
    InvalidSolDepositAuthority,
    /// Code 32. The validator is being removed and cannot be preferred.
    InvalidPreferredValidator,
    /// Code 33. The validator has transient stake: activating or deactivating.
    TransientAccountInUse,
    /// Code 34. The SOL withdraw authority is not this pool's.
    InvalidSolWithdrawAuthority,
    /// Code 35. The reserve holds less than that.
    SolWithdrawalTooLarge,
    /// Code 36. The metadata account is not the mint's.
    InvalidMetadataAccount,
    /// Code 37. The mint has an extension that a pool cannot use.
    UnsupportedMintExtension,
    /// Code 38. The manager fee account has an extension that could block fees.
    UnsupportedFeeAccountExtension,
    /// Code 39. The result is worse than the bound given.
    ExceededSlippage,
    /// Code 40. The pool mint must have 9 decimals.
    IncorrectMintDecimals,
    /// Code 41. The reserve cannot pay the rent of a new stake account.
    ReserveDepleted,
    /// Code 42. A required sysvar account is missing.
    MissingRequiredSysvar,
    /// Code 43. Epoch rewards are being paid.
    EpochRewardDistributionInProgress,
    /// Code 44. A pool holds 20,000 validators at most.
    TooManyValidatorsInPool,
}

impl StakePoolError {
    /// Message of one sentence: the cause and the remedy.
    pub const fn message(self) -> &'static str {
        match self {
            Self::AlreadyInUse => "The account is already in use: initialize a pool with new, zeroed accounts.",
            Self::InvalidProgramAddress => {
                "The withdraw authority or the reserve is not this pool's: derive the authority from the pool, read the reserve from the pool."
            }
            Self::InvalidState => "The account is not an initialized pool or validator list: check its address.",
            Self::CalculationFailure => "A calculation over- or underflowed: use a smaller amount.",
            Self::FeeTooHigh => "A fee is over 100 %: lower its numerator or raise its denominator.",
            Self::WrongAccountMint => "The token account is of another mint: pass one of the pool's mint.",
            Self::WrongManager => "The account is not the pool's manager: sign with the manager that the pool names.",
            Self::SignatureMissing => {
                "A required signature is missing: sign with the manager, the staker or the named authority."
            }
            Self::InvalidValidatorStakeList => "The validator list is not this pool's: read its address from the pool.",
            Self::InvalidFeeAccount => {
                "The manager fee account is wrong, frozen or not a token account of the pool's mint: read its address from the pool."
            }
            Self::WrongPoolMint => "The mint is not this pool's: read its address from the pool.",
            Self::WrongStakeStake => {
                "The stake account is not in the state that is needed, or not under the pool's authority."
            }
            Self::UserStakeNotActive => {
                "The stake is not active, or less than the minimum delegation: wait for the next epoch, or move more."
            }
            Self::ValidatorAlreadyAdded => "The validator is in the pool already: increase its stake instead.",
            Self::ValidatorNotFound => {
                "The validator is not in the pool, or is being removed: choose an active one from its list."
            }
            Self::InvalidStakeAccountAddress => {
                "The stake account's address does not follow from the validator, the pool and the seed: derive it again."
            }
            Self::StakeListOutOfDate => {
                "Some validators are not updated in this epoch: update the validator list first."
            }
            Self::StakeListAndPoolOutOfDate => {
                "The pool is not updated in this epoch: update the validator list and the pool first."
            }
            Self::UnknownValidatorStakeAccount => "The validator stake account is not in the pool.",
            Self::WrongMintingAuthority => "The mint's authority is not the pool's withdraw authority: set it first.",
            Self::UnexpectedValidatorListAccountSize => {
                "The validator list's size does not fit the number of validators, or the stake accounts are not in pairs."
            }
            Self::WrongStaker => "The account is not the pool's staker: sign with the staker that the pool names.",
            Self::NonZeroPoolTokenSupply => "The mint already has a supply: use a new mint.",
            Self::StakeLamportsNotEqualToMinimum => {
                "The withdrawal does not fit this stake account: take less, or from the account that the withdrawal order names."
            }
            Self::IncorrectDepositVoteAddress => "The pool takes stake deposits for its preferred validator only.",
            Self::IncorrectWithdrawVoteAddress => "Withdraw from the pool's preferred validator first.",
            Self::InvalidMintFreezeAuthority => "The mint has a freeze authority: remove it.",
            Self::FeeIncreaseTooHigh => {
                "A withdrawal fee may rise by half of itself and by 0.5 % at most: take a smaller step."
            }
            Self::WithdrawalTooSmall => "The pool tokens are worth no lamport: withdraw more.",
            Self::DepositTooSmall => "The deposit is worth no pool token: deposit more.",
            Self::InvalidStakeDepositAuthority => {
                "The stake deposit authority is not this pool's: read it from the pool."
            }
            Self::InvalidSolDepositAuthority => "The SOL deposit authority is not this pool's: read it from the pool.",
            Self::InvalidPreferredValidator => {
                "The validator is being removed and cannot be preferred: choose an active one."
            }
            Self::TransientAccountInUse => {
                "The validator has stake in motion: wait for the next epoch's update, or use the additional variant with the same seed."
            }
            Self::InvalidSolWithdrawAuthority => {
                "The SOL withdraw authority is not this pool's: read it from the pool."
            }
            Self::SolWithdrawalTooLarge => {
                "The reserve holds less than that: withdraw less, or withdraw a stake account."
            }
            Self::InvalidMetadataAccount => "The metadata account is not the mint's: derive it again.",
            Self::UnsupportedMintExtension => "The mint has an extension that a pool cannot use: create it without.",
            Self::UnsupportedFeeAccountExtension => {
                "The manager fee account has an extension that could block fees: use one without."
            }
            Self::ExceededSlippage => "The result is worse than the bound given: quote again, or loosen the bound.",
            Self::IncorrectMintDecimals => "The pool mint must have 9 decimals.",
            Self::ReserveDepleted => "The reserve cannot pay the rent of a new stake account: deposit SOL first.",
            Self::MissingRequiredSysvar => "A required sysvar account is missing: pass the stake history.",
            Self::EpochRewardDistributionInProgress => "Epoch rewards are being paid: try again in a few slots.",
            Self::TooManyValidatorsInPool => "A pool holds 20,000 validators at most.",
        }
    }

    /// The error with the code `code`; `None` for an unknown code.
    pub fn from_code(code: u32) -> Option<Self> {
        Self::from_u32(code)
    }
}

impl From<tidepool_core::Error> for StakePoolError {
    fn from(error: tidepool_core::Error) -> Self {
        use tidepool_core::Error;
        match error {
            Error::CalculationFailure => Self::CalculationFailure,
            Error::DepositTooSmall => Self::DepositTooSmall,
            Error::ExceededSlippage => Self::ExceededSlippage,
            Error::FeeIncreaseTooHigh => Self::FeeIncreaseTooHigh,
            Error::IncorrectWithdrawVoteAddress => Self::IncorrectWithdrawVoteAddress,
            Error::StakeLamportsNotEqualToMinimum => Self::StakeLamportsNotEqualToMinimum,
            Error::WithdrawalTooSmall => Self::WithdrawalTooSmall,
        }
    }
}

impl From<StakePoolError> for ProgramError {
    fn from(error: StakePoolError) -> Self {
        Self::Custom(error as u32)
    }
}

impl TryFrom<u32> for StakePoolError {
    type Error = ProgramError;

    fn try_from(code: u32) -> Result<Self, ProgramError> {
        Self::from_code(code).ok_or(ProgramError::InvalidArgument)
    }
}

impl ToStr for StakePoolError {
    fn to_str(&self) -> &'static str {
        self.message()
    }
}
