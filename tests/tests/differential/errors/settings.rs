//! Fees, authorities and preferred validators are set.

use {
    super::{
        Case,
        Expected::{Error, Success},
        Spoiler, pool,
    },
    solana_address::Address,
    solana_instruction::error::InstructionError::{IncorrectProgramId, InvalidAccountData, UninitializedAccount},
    tidepool_core::maths::{Fee, FutureEpoch},
    tidepool_interface::{
        StakePoolError::*,
        address::SYSTEM_PROGRAM_ID,
        instruction::{FeeType, StakePoolInstruction as Ix},
        state::StakeStatus,
    },
};

const FEE: &[&str] = &["SetFee epoch"];
const MANAGER: &[&str] = &["SetManager"];
const PREFER: &[&str] = &["SetPreferredValidator deposit", "SetPreferredValidator withdraw"];
const STAKER: &[&str] = &["SetStaker by the staker", "SetStaker by the manager"];
const FUNDING: &[&str] = &[
    "SetFundingAuthority stake deposit",
    "SetFundingAuthority stake deposit none",
    "SetFundingAuthority SOL deposit",
    "SetFundingAuthority SOL withdraw",
];

fn set(s: &mut Spoiler, fee: FeeType) {
    s.arguments(Ix::SetFee { fee });
}

/// Raises both withdrawal fees from `old`: first one, then the other is what the case is about.
fn raise<const SOL: bool>(s: &mut Spoiler, old: Fee, new: Fee) {
    s.set_terms(|terms| (terms.stake_withdrawal_fee, terms.sol_withdrawal_fee) = (old, old));
    set(s, if SOL { FeeType::SolWithdrawal(new) } else { FeeType::StakeWithdrawal(new) });
}

/// A ratio of a million.
const fn ppm(numerator: u64) -> Fee {
    Fee::new(numerator, 1_000_000)
}

const ALL: Fee = Fee::new(1, 1);
const OVER: Fee = Fee::new(1_000_001, 1_000_000);

pub const CASES: &[Case] = &[
    ("epoch 100 %", FEE, |s| set(s, FeeType::Epoch(ALL)), Success),
    ("SOL deposit 100 %", FEE, |s| set(s, FeeType::SolDeposit(ALL)), Success),
    ("stake deposit 100 %", FEE, |s| set(s, FeeType::StakeDeposit(ALL)), Success),
    ("SOL referral 100 %", FEE, |s| set(s, FeeType::SolReferral(100)), Success),
    ("stake referral 100 %", FEE, |s| set(s, FeeType::StakeReferral(100)), Success),
    (
        "withdrawal fee raised too much, pool read-only",
        FEE,
        |s| {
            raise::<true>(s, ppm(1), ALL);
            s.ix.accounts[0].is_writable = false;
        },
        pool(FeeIncreaseTooHigh),
    ),
    ("epoch over 100 %", FEE, |s| set(s, FeeType::Epoch(OVER)), pool(FeeTooHigh)),
    ("SOL deposit over 100 %", FEE, |s| set(s, FeeType::SolDeposit(OVER)), pool(FeeTooHigh)),
    ("stake deposit over 100 %", FEE, |s| set(s, FeeType::StakeDeposit(OVER)), pool(FeeTooHigh)),
    ("stake withdrawal over 100 %", FEE, |s| set(s, FeeType::StakeWithdrawal(OVER)), pool(FeeTooHigh)),
    ("SOL withdrawal over 100 %", FEE, |s| set(s, FeeType::SolWithdrawal(OVER)), pool(FeeTooHigh)),
    ("SOL referral over 100 %", FEE, |s| set(s, FeeType::SolReferral(101)), pool(FeeTooHigh)),
    ("stake referral over 100 %", FEE, |s| set(s, FeeType::StakeReferral(101)), pool(FeeTooHigh)),
    ("1/0", FEE, |s| set(s, FeeType::Epoch(Fee::new(1, 0))), pool(FeeTooHigh)),
    ("0/0", FEE, |s| set(s, FeeType::Epoch(Fee::new(0, 0))), Success),
    ("SOL withdrawal 0/0", FEE, |s| set(s, FeeType::SolWithdrawal(Fee::new(0, 0))), Success),
    ("stake withdrawal by half", FEE, |s| raise::<false>(s, ppm(8_000), ppm(12_000)), Success),
    ("stake withdrawal by less", FEE, |s| raise::<false>(s, ppm(8_000), ppm(11_999)), Success),
    (
        "stake withdrawal by more than half",
        FEE,
        |s| raise::<false>(s, ppm(8_000), ppm(12_001)),
        pool(FeeIncreaseTooHigh),
    ),
    ("SOL withdrawal by half", FEE, |s| raise::<true>(s, ppm(8_000), ppm(12_000)), Success),
    ("SOL withdrawal by more than half", FEE, |s| raise::<true>(s, ppm(8_000), ppm(12_001)), pool(FeeIncreaseTooHigh)),
    ("stake withdrawal by 0.5 %", FEE, |s| raise::<false>(s, ppm(20_000), ppm(25_000)), Success),
    (
        "stake withdrawal by more than 0.5 %",
        FEE,
        |s| raise::<false>(s, ppm(20_000), ppm(25_001)),
        pool(FeeIncreaseTooHigh),
    ),
    ("SOL withdrawal by 0.5 %", FEE, |s| raise::<true>(s, ppm(20_000), ppm(25_000)), Success),
    (
        "SOL withdrawal by more than 0.5 %",
        FEE,
        |s| raise::<true>(s, ppm(20_000), ppm(25_001)),
        pool(FeeIncreaseTooHigh),
    ),
    ("stake withdrawal from nothing", FEE, |s| raise::<false>(s, ppm(0), ppm(1_500)), Success),
    ("stake withdrawal from nothing, more", FEE, |s| raise::<false>(s, ppm(0), ppm(1_501)), pool(FeeIncreaseTooHigh)),
    ("SOL withdrawal from 0/0", FEE, |s| raise::<true>(s, Fee::new(0, 0), ppm(1_500)), Success),
    ("SOL withdrawal from 0/0, more", FEE, |s| raise::<true>(s, Fee::new(0, 0), ppm(1_501)), pool(FeeIncreaseTooHigh)),
    ("withdrawal lowered", FEE, |s| raise::<true>(s, ppm(20_000), ppm(1)), Success),
    (
        "withdrawal in large numbers",
        FEE,
        |s| raise::<true>(s, Fee::new(u64::MAX - 1, u64::MAX), Fee::new(u64::MAX, u64::MAX)),
        pool(CalculationFailure),
    ),
    (
        "bounds hold for the fee in force",
        FEE,
        |s| {
            s.set_terms(|terms| terms.next_stake_withdrawal_fee = FutureEpoch::One(ppm(12_000)));
            raise::<false>(s, ppm(8_000), ppm(12_001));
        },
        pool(FeeIncreaseTooHigh),
    ),
    (
        "stale pool before too high",
        FEE,
        |s| {
            s.stale();
            set(s, FeeType::Epoch(OVER));
        },
        pool(StakeListAndPoolOutOfDate),
    ),
    ("new manager does not sign", MANAGER, |s| s.unsign(s.at(2)), pool(SignatureMissing)),
    (
        "fee account of another program",
        MANAGER,
        |s| s.edit(s.at(3), |a| a.owner = SYSTEM_PROGRAM_ID),
        Error(IncorrectProgramId),
    ),
    ("fee account frozen", MANAGER, |s| s.write(s.at(3), 108, &[2]), pool(InvalidFeeAccount)),
    ("fee account uninitialized", MANAGER, |s| s.write(s.at(3), 108, &[0]), Error(UninitializedAccount)),
    ("fee account of another mint", MANAGER, |s| s.write(s.at(3), 0, &[9; 32]), pool(InvalidFeeAccount)),
    ("fee account cut", MANAGER, |s| s.edit(s.at(3), |a| a.data.truncate(164)), Error(InvalidAccountData)),
    (
        "fee account of another program before the pool",
        MANAGER,
        |s| {
            s.edit(s.at(3), |a| a.owner = SYSTEM_PROGRAM_ID);
            s.edit(s.pool.pool, |a| a.data[0] = 0);
        },
        Error(IncorrectProgramId),
    ),
    (
        "manager before new manager",
        MANAGER,
        |s| {
            s.unsign(s.at(2));
            s.replace(s.head().manager);
        },
        pool(WrongManager),
    ),
    (
        "new manager before fee account",
        MANAGER,
        |s| {
            s.unsign(s.at(2));
            s.write(s.at(3), 108, &[2]);
        },
        pool(SignatureMissing),
    ),
    ("neither staker nor manager", STAKER, |s| s.replace(s.at(1)), pool(SignatureMissing)),
    ("no signature", STAKER, |s| s.unsign(s.at(1)), pool(SignatureMissing)),
    ("unknown validator", PREFER, |s| s.arguments(prefer(Some(Address::new_unique()))), pool(ValidatorNotFound)),
    (
        "validator not active",
        PREFER,
        |s| (0..2).for_each(|i| s.record(i, |r| r.status = StakeStatus::DeactivatingAll as u8)),
        pool(InvalidPreferredValidator),
    ),
    (
        "staker before list",
        PREFER,
        |s| {
            s.copy(s.list());
            s.unsign(s.head().staker);
        },
        pool(SignatureMissing),
    ),
    (
        "owner of the list before the pool's type",
        PREFER,
        |s| {
            s.edit(s.list(), |a| a.owner = SYSTEM_PROGRAM_ID);
            s.edit(s.pool.pool, |a| a.data[0] = 0);
        },
        Error(IncorrectProgramId),
    ),
    ("authority unsigned", FUNDING, |s| s.ix.accounts.truncate(2), Success),
    ("more accounts", FUNDING, |s| s.append(Address::new_unique(), false), Success),
];

fn prefer(vote_account: Option<Address>) -> Ix<'static> {
    Ix::SetPreferredValidator {
        validator_type: tidepool_interface::instruction::PreferredValidatorType::Deposit,
        vote_account,
    }
}

#[test]
fn settings() {
    super::run(CASES);
}
