//! Pool accounts of all lengths: a change that does not fit is refused.

use {
    super::{
        Case,
        Expected::{Error, Success},
        Spoiler,
    },
    solana_address::Address,
    solana_instruction::error::InstructionError::BorshIoError,
    tidepool_core::maths::{Fee, FutureEpoch},
};

/// Each adds 32 bytes.
const ADDRESS: &[&str] = &[
    "SetFundingAuthority SOL deposit",
    "SetFundingAuthority SOL withdraw",
    "SetPreferredValidator deposit",
    "SetPreferredValidator withdraw",
];
/// Each adds 16 bytes.
const FEE: &[&str] = &["SetFee epoch", "SetFee stake withdrawal", "SetFee SOL withdrawal"];
/// Nothing is added.
const SAME: &[&str] = &[
    "SetFundingAuthority stake deposit",
    "SetFundingAuthority stake deposit none",
    "SetPreferredValidator none",
    "SetFee SOL deposit",
    "SetFee stake deposit",
    "SetFee SOL referral",
    "SetFee stake referral",
    "SetManager",
    "SetStaker by the staker",
    "UpdateStakePoolBalance",
    "CleanupRemovedValidatorEntries",
    "DepositSol",
    "DepositStake",
    "WithdrawSol",
    "WithdrawStake",
];
const DEPOSIT_AUTHORITY: &[&str] = &["SetFundingAuthority SOL deposit"];

/// Sets something other than the instruction itself.
fn preferred(s: &mut Spoiler) {
    let (first, second) = (s.vote(0), s.vote(1));
    s.set_terms(|terms| {
        terms.preferred_deposit_validator_vote_address = Some(first);
        terms.preferred_withdraw_validator_vote_address = Some(second);
    });
}

/// All that is optional but the SOL deposit authority.
fn nearly_full(s: &mut Spoiler) {
    preferred(s);
    let pending = FutureEpoch::Two(Fee::new(1, 2_000));
    s.set_terms(|terms| {
        terms.sol_withdraw_authority = Some(Address::new_unique());
        terms.next_epoch_fee = pending;
        terms.next_stake_withdrawal_fee = pending;
        terms.next_sol_withdrawal_fee = pending;
    });
}

pub const CASES: &[Case] = &[
    ("435 bytes", ADDRESS, |s| s.set_length(435), Error(BorshIoError)),
    ("466 bytes", ADDRESS, |s| s.set_length(466), Error(BorshIoError)),
    ("467 bytes", ADDRESS, |s| s.set_length(467), Success),
    ("499 bytes", ADDRESS, |s| s.set_length(499), Success),
    ("529 bytes", ADDRESS, |s| s.set_length(529), Success),
    ("611 bytes", ADDRESS, |s| s.set_length(611), Success),
    ("more bytes", ADDRESS, |s| s.set_length(700), Success),
    ("435 bytes", FEE, |s| s.set_length(435), Error(BorshIoError)),
    ("450 bytes", FEE, |s| s.set_length(450), Error(BorshIoError)),
    ("451 bytes", FEE, |s| s.set_length(451), Success),
    ("499 bytes", FEE, |s| s.set_length(499), Success),
    ("529 bytes", FEE, |s| s.set_length(529), Success),
    ("435 bytes", SAME, |s| s.set_length(435), Success),
    ("499 bytes", SAME, |s| s.set_length(499), Success),
    ("529 bytes", SAME, |s| s.set_length(529), Success),
    (
        "499 bytes, two addresses set",
        DEPOSIT_AUTHORITY,
        |s| {
            preferred(s);
            s.set_length(499);
        },
        Error(BorshIoError),
    ),
    (
        "529 bytes, two addresses set",
        DEPOSIT_AUTHORITY,
        |s| {
            preferred(s);
            s.set_length(529);
        },
        Error(BorshIoError),
    ),
    (
        "531 bytes, two addresses set",
        DEPOSIT_AUTHORITY,
        |s| {
            preferred(s);
            s.set_length(531);
        },
        Success,
    ),
    (
        "610 bytes, all else set",
        DEPOSIT_AUTHORITY,
        |s| {
            nearly_full(s);
            s.set_length(610);
        },
        Error(BorshIoError),
    ),
    ("611 bytes, all else set", DEPOSIT_AUTHORITY, nearly_full, Success),
    (
        "unset",
        &["SetPreferredValidator none"],
        |s| {
            nearly_full(s);
            s.set_length(579);
        },
        Success,
    ),
];

#[test]
fn lengths_of_the_pool_account() {
    super::run(CASES);
}
