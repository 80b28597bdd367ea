//! The program's errors: SPL codes 0 to 44, and the extension's codes from 1000 on.

use {
    crate::schema,
    num_derive::{FromPrimitive, ToPrimitive},
    num_traits::FromPrimitive as _,
    solana_program_error::{ProgramError, ToStr},
    thiserror::Error,
};

/// Defines an error type from rows of code, name and message. A message is one sentence: the cause and, where there is one, the remedy.
macro_rules! errors {
    ($(#[$doc:meta])* $name:ident { $($code:literal $variant:ident $message:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Error, FromPrimitive, PartialEq, ToPrimitive)]
        #[error("{}", self.message())]
        #[repr(u32)]
        pub enum $name {
            $(
                #[doc = concat!("Code ", $code, ". ", $message)]
                $variant = $code,
            )*
        }

        impl $name {
            /// All errors, described.
            pub const SCHEMA: &'static [schema::Error] = &[$(schema::Error {
                code: $code,
                name: stringify!($variant),
                message: $message,
            },)*];

            /// Message of one sentence.
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$variant => $message,)*
                }
            }

            /// The error with the code `code`; `None` for an unknown code.
            pub fn from_code(code: u32) -> Option<Self> {
                Self::from_u32(code)
            }
        }

        impl From<$name> for ProgramError {
            fn from(error: $name) -> Self {
                Self::Custom(error as u32)
            }
        }

        impl ToStr for $name {
            fn to_str(&self) -> &'static str {
                self.message()
            }
        }
    };
}

errors! {
    /// Errors of the stake pool program, returned as `ProgramError::Custom(code)`.
    ///
    /// The codes are those of the SPL stake pool; the program logs the message, then returns the code.
    StakePoolError {
        0 AlreadyInUse "The account is already in use: initialize a pool with new, zeroed accounts.";
        1 InvalidProgramAddress "The withdraw authority or the reserve is not this pool's: derive the authority from the pool, read the reserve from the pool.";
        2 InvalidState "The account is not an initialized pool or validator list: check its address.";
        3 CalculationFailure "A calculation over- or underflowed: use a smaller amount.";
        4 FeeTooHigh "A fee is over 100 %: lower its numerator or raise its denominator.";
        5 WrongAccountMint "The token account is of another mint: pass one of the pool's mint.";
        6 WrongManager "The account is not the pool's manager: sign with the manager that the pool names.";
        7 SignatureMissing "A required signature is missing: sign with the manager, the staker or the named authority.";
        8 InvalidValidatorStakeList "The validator list is not this pool's: read its address from the pool.";
        9 InvalidFeeAccount "The manager fee account is wrong, frozen or not a token account of the pool's mint: read its address from the pool.";
        10 WrongPoolMint "The mint is not this pool's: read its address from the pool.";
        11 WrongStakeStake "The stake account is not in the state that is needed, or not under the pool's authority.";
        // The stake program uses the same code for `InsufficientDelegation`.
        12 UserStakeNotActive "The stake is not active, or less than the minimum delegation: wait for the next epoch, or move more.";
        13 ValidatorAlreadyAdded "The validator is in the pool already: increase its stake instead.";
        14 ValidatorNotFound "The validator is not in the pool, or is being removed: choose an active one from its list.";
        15 InvalidStakeAccountAddress "The stake account's address does not follow from the validator, the pool and the seed: derive it again.";
        16 StakeListOutOfDate "Some validators are not updated in this epoch: update the validator list first.";
        17 StakeListAndPoolOutOfDate "The pool is not updated in this epoch: update the validator list and the pool first.";
        18 UnknownValidatorStakeAccount "The validator stake account is not in the pool.";
        19 WrongMintingAuthority "The mint's authority is not the pool's withdraw authority: set it first.";
        20 UnexpectedValidatorListAccountSize "The validator list's size does not fit the number of validators, or the stake accounts are not in pairs.";
        21 WrongStaker "The account is not the pool's staker: sign with the staker that the pool names.";
        22 NonZeroPoolTokenSupply "The mint already has a supply: use a new mint.";
        23 StakeLamportsNotEqualToMinimum "The withdrawal does not fit this stake account: take less, or from the account that the withdrawal order names.";
        24 IncorrectDepositVoteAddress "The pool takes stake deposits for its preferred validator only.";
        25 IncorrectWithdrawVoteAddress "Withdraw from the pool's preferred validator first.";
        26 InvalidMintFreezeAuthority "The mint has a freeze authority: remove it.";
        27 FeeIncreaseTooHigh "A withdrawal fee may rise by half of itself and by 0.5 % at most: take a smaller step.";
        28 WithdrawalTooSmall "The pool tokens yield no lamport: withdraw more.";
        29 DepositTooSmall "The deposit buys no pool token: deposit more.";
        30 InvalidStakeDepositAuthority "The stake deposit authority is not this pool's: read it from the pool.";
        31 InvalidSolDepositAuthority "The SOL deposit authority is not this pool's: read it from the pool.";
        32 InvalidPreferredValidator "The validator is being removed and cannot be preferred: choose an active one.";
        33 TransientAccountInUse "The validator has transient stake: wait for the next epoch's update, or use the additional variant with the same seed.";
        34 InvalidSolWithdrawAuthority "The SOL withdraw authority is not this pool's: read it from the pool.";
        35 SolWithdrawalTooLarge "The reserve holds less than that: withdraw less, or withdraw a stake account.";
        36 InvalidMetadataAccount "The metadata account is not the mint's: derive it again.";
        37 UnsupportedMintExtension "The mint has an extension that a pool cannot use: create it without.";
        38 UnsupportedFeeAccountExtension "The manager fee account has an extension that could block fees: use one without.";
        39 ExceededSlippage "The result is worse than the bound given: quote again, or loosen the bound.";
        40 IncorrectMintDecimals "The pool mint must have 9 decimals.";
        41 ReserveDepleted "The reserve cannot pay the rent of a new stake account: deposit SOL first.";
        42 MissingRequiredSysvar "A required sysvar account is missing: pass the stake history.";
        43 EpochRewardDistributionInProgress "Epoch rewards are being paid: try again in a few slots.";
        44 TooManyValidatorsInPool "A pool holds 20,000 validators at most.";
    }
}

errors! {
    /// Errors of the extension, returned as `ProgramError::Custom(code)`.
    ExtensionError {
        1000 AlreadyExtended "The pool has the extension already: set its policy and its weights.";
        1001 NotExtended "The pool has no extension: the manager can add it with ExtendPool.";
        1002 ShareOverWhole "A share is over 100 %: state it in basis points, 10,000 at most.";
        1003 ContradictoryPolicy "The policy can give no validator any stake: set a cap above 0.";
        1004 EntryMoved "An entry of the validator list is not the validator that was meant: read the list again.";
        1005 WeightOfRemovedValidator "A validator that is being removed cannot have a weight: leave it out, or give it 0.";
        1006 TurnoverBudgetExceeded "The decrease or removal exceeds the turnover budget: decrease by less now, the rest in the next epochs.";
        1007 TooManyValidators "The instruction names more validators than it can take: split it.";
        1008 NotAlone "A rebalance is not called by a program, and goes without deposits, withdrawals and programs that name the pool: send it alone.";
        1009 UnknownExtensionVersion "The pool has an extension of a version that this program does not know: upgrade the program first.";
        1010 ReserveShareTooHigh "The reserve share is over 50 %: set 5,000 basis points at most.";
        1011 NoReserveRents "The policy leaves no rent in the reserve: set 1 at least, or an empty reserve could never be refilled.";
        1012 LimitLoosened "A limit can only be tightened: send the limits of the pool with tighter values.";
        1013 InvalidLimit "A limit is out of its range: see the ranges of the pool's limits.";
        1014 FeeAboveCeiling "A fee is above its ceiling: lower the fee, or set a ceiling that is not below the fee in force or pending.";
        1015 SupplyBelowFloor "The deposit leaves fewer pool tokens than the pool's supply floor: deposit more.";
        1016 RateGuardHalt "The exchange rate moved too far, so deposits and SOL withdrawals are halted for some epochs: withdraw stake, or wait.";
        1017 NoticeNotOver "The notice of this change is not over: repeat the call when it is.";
        1018 NoAnnouncement "No change of this kind is announced: read the announcements of the pool.";
        1019 WrongGuardian "The account is not the pool's guardian: sign with the guardian that the pool names, or with the manager where it may.";
        1020 ValidatorDemoted "The validator is demoted and takes no stake: its staker can reinstate it with a weight after the cooldown.";
        1021 NoGroundForDemotion "The vote accounts do not prove the ground by the pool's demotion policy: read them again.";
        1022 DemotionBoundReached "The demotions of this epoch have reached the bound of the policy: try in the next epoch.";
        1023 InvalidDemotionPolicy "A value of the demotion policy is out of its range: see the ranges of the policy.";
        1024 ExitTooSmall "The exit comes to less than the rent of a wallet: request more, or withdraw SOL.";
        1025 ReserveTooSmall "The reserve cannot pay the ticket yet: rebalance, and claim it in a later epoch.";
        1026 ExitTooEarly "A ticket cannot be cancelled in the epoch of its request: cancel it in the next epoch.";
        1027 ExitsNeedAuthority "The pool has a SOL withdraw authority, so it gives no tickets: withdraw stake.";
        1028 WrongTicket "The ticket, its escrow, owner or recipient is not the one that was meant: read the ticket again.";
        1029 WeightTooHigh "A weight is above 32,767: weights are relative, so scale all of them down.";
    }
}

impl From<tidepool_core::Error> for StakePoolError {
    #[inline(always)]
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

impl TryFrom<u32> for StakePoolError {
    type Error = ProgramError;

    fn try_from(code: u32) -> Result<Self, ProgramError> {
        Self::from_code(code).ok_or(ProgramError::InvalidArgument)
    }
}
