//! A pool is made.

use {
    super::{
        Case,
        Expected::{Error, Success},
        Spoiler, pool,
        spoiler::stake_offset,
    },
    solana_account::Account,
    solana_instruction::error::InstructionError::{
        AccountNotRentExempt, IncorrectProgramId, InvalidAccountData, UninitializedAccount,
    },
    tidepool_core::maths::Fee,
    tidepool_interface::{
        StakePoolError::*, address::SYSTEM_PROGRAM_ID, instruction::StakePoolInstruction as Ix,
        state::validator_list_length,
    },
};

const ON: &[&str] = &["Initialize", "Initialize with a deposit authority"];
/// The scenario's fee.
const FEE: Fee = Fee::new(1, 100);
const ALL: Fee = Fee::new(1, 1);
const OVER: Fee = Fee::new(101, 100);

fn fees(s: &mut Spoiler, fee: Fee, withdrawal_fee: Fee, deposit_fee: Fee, referral_fee: u8) {
    s.arguments(Ix::Initialize { fee, withdrawal_fee, deposit_fee, referral_fee, max_validators: 3 });
}

/// Makes a list for `max` validators of `length` bytes.
fn size(s: &mut Spoiler, max_validators: u32, length: usize) {
    let lamports = s.vm.mollusk.sysvars.rent.minimum_balance(length);
    s.edit(s.at(4), |list| {
        list.data = vec![0; length];
        list.lamports = lamports;
    });
    s.arguments(Ix::Initialize { fee: FEE, withdrawal_fee: FEE, deposit_fee: FEE, referral_fee: 1, max_validators });
}

fn unfunded(s: &mut Spoiler, index: usize) {
    s.edit(s.at(index), |account| account.lamports -= 1);
}

pub const CASES: &[Case] = &[
    ("manager does not sign", ON, |s| s.unsign(s.at(1)), pool(SignatureMissing)),
    ("list as pool", ON, |s| s.replace_with(s.at(4), s.at(0)), pool(AlreadyInUse)),
    ("pool of another program", ON, |s| s.edit(s.at(0), |a| a.owner = SYSTEM_PROGRAM_ID), Error(IncorrectProgramId)),
    ("pool in use", ON, |s| s.write(s.at(0), 0, &[1]), pool(AlreadyInUse)),
    ("list of another program", ON, |s| s.edit(s.at(4), |a| a.owner = SYSTEM_PROGRAM_ID), Error(IncorrectProgramId)),
    ("list in use", ON, |s| s.write(s.at(4), 0, &[2]), pool(AlreadyInUse)),
    ("list for more", ON, |s| size(s, 3, validator_list_length(4)), pool(UnexpectedValidatorListAccountSize)),
    ("list for fewer", ON, |s| size(s, 3, validator_list_length(2)), pool(UnexpectedValidatorListAccountSize)),
    ("list a byte shorter", ON, |s| size(s, 3, validator_list_length(3) - 1), pool(UnexpectedValidatorListAccountSize)),
    ("list some bytes longer", ON, |s| size(s, 3, validator_list_length(3) + 72), Success),
    ("no validators", ON, |s| size(s, 0, validator_list_length(0)), pool(UnexpectedValidatorListAccountSize)),
    ("one validator", ON, |s| size(s, 1, validator_list_length(1)), Success),
    ("20,000 validators", ON, |s| size(s, 20_000, validator_list_length(20_000)), Success),
    ("20,001 validators", ON, |s| size(s, 20_001, validator_list_length(20_001)), pool(TooManyValidatorsInPool)),
    ("pool without rent", ON, |s| unfunded(s, 0), Error(AccountNotRentExempt)),
    ("list without rent", ON, |s| unfunded(s, 4), Error(AccountNotRentExempt)),
    ("epoch fee 100 %", ON, |s| fees(s, ALL, FEE, FEE, 100), Success),
    ("withdrawal fee 100 %", ON, |s| fees(s, FEE, ALL, FEE, 100), Success),
    ("deposit fee 100 %", ON, |s| fees(s, FEE, FEE, ALL, 100), Success),
    ("epoch fee over 100 %", ON, |s| fees(s, OVER, FEE, FEE, 100), pool(FeeTooHigh)),
    ("withdrawal fee over 100 %", ON, |s| fees(s, FEE, OVER, FEE, 100), pool(FeeTooHigh)),
    ("deposit fee over 100 %", ON, |s| fees(s, FEE, FEE, OVER, 100), pool(FeeTooHigh)),
    ("referral over 100 %", ON, |s| fees(s, FEE, FEE, FEE, 101), pool(FeeTooHigh)),
    ("other token program", ON, |s| s.replace(s.at(8)), Error(IncorrectProgramId)),
    ("mint of another program", ON, |s| s.edit(s.mint(), |a| a.owner = SYSTEM_PROGRAM_ID), Error(IncorrectProgramId)),
    ("other withdraw authority", ON, |s| s.replace(s.at(3)), pool(InvalidProgramAddress)),
    ("mint with a supply", ON, |s| s.write(s.mint(), 36, &[1]), pool(NonZeroPoolTokenSupply)),
    ("mint of 8 decimals", ON, |s| s.write(s.mint(), 44, &[8]), pool(IncorrectMintDecimals)),
    ("mint of 10 decimals", ON, |s| s.write(s.mint(), 44, &[10]), pool(IncorrectMintDecimals)),
    ("mint under another authority", ON, |s| s.write(s.mint(), 4, &[9; 32]), pool(WrongMintingAuthority)),
    ("mint without authority", ON, |s| s.write(s.mint(), 0, &[0; 36]), pool(WrongMintingAuthority)),
    ("mint uninitialized", ON, |s| s.write(s.mint(), 45, &[0]), Error(UninitializedAccount)),
    ("mint cut", ON, |s| s.edit(s.mint(), |a| a.data.truncate(81)), Error(InvalidAccountData)),
    ("mint with a freeze authority", ON, |s| s.write(s.mint(), 46, &[1, 0, 0, 0, 7]), Success),
    ("fee account frozen", ON, |s| s.write(s.fee_account(), 108, &[2]), pool(InvalidFeeAccount)),
    ("fee account uninitialized", ON, |s| s.write(s.fee_account(), 108, &[0]), Error(UninitializedAccount)),
    ("fee account of another mint", ON, |s| s.write(s.fee_account(), 0, &[9; 32]), pool(InvalidFeeAccount)),
    (
        "fee account of another program",
        ON,
        |s| s.edit(s.fee_account(), |a| a.owner = SYSTEM_PROGRAM_ID),
        pool(InvalidFeeAccount),
    ),
    ("fee account closed", ON, |s| s.edit(s.fee_account(), |a| *a = Account::default()), Error(InvalidAccountData)),
    (
        "reserve of another program",
        ON,
        |s| s.edit(s.reserve(), |a| a.owner = SYSTEM_PROGRAM_ID),
        Error(IncorrectProgramId),
    ),
    ("reserve uninitialized", ON, |s| s.write(s.reserve(), 0, &[0]), pool(WrongStakeStake)),
    ("reserve delegated", ON, |s| s.write(s.reserve(), 0, &[2]), pool(WrongStakeStake)),
    ("reserve under a lockup", ON, |s| s.write(s.reserve(), stake_offset::LOCKUP_EPOCH, &[1]), pool(WrongStakeStake)),
    ("reserve of another staker", ON, |s| s.write(s.reserve(), stake_offset::STAKER, &[9; 32]), pool(WrongStakeStake)),
    (
        "reserve of another withdrawer",
        ON,
        |s| s.write(s.reserve(), stake_offset::WITHDRAWER, &[9; 32]),
        pool(WrongStakeStake),
    ),
    ("reserve of its rent", ON, |s| s.lamports(s.reserve(), s.rent()), Success),
    ("reserve of a lamport less", ON, |s| s.lamports(s.reserve(), s.rent() - 1), pool(CalculationFailure)),
    ("reserve of a lamport more", ON, |s| s.lamports(s.reserve(), s.rent() + 1), Success),
    ("deposit authority does not sign", &["Initialize with a deposit authority"], |s| s.unsign(s.at(9)), Success),
    (
        "size before rent",
        ON,
        |s| {
            size(s, 3, validator_list_length(4));
            unfunded(s, 0);
        },
        pool(UnexpectedValidatorListAccountSize),
    ),
    (
        "rent before fees",
        ON,
        |s| {
            fees(s, OVER, FEE, FEE, 1);
            unfunded(s, 4);
        },
        Error(AccountNotRentExempt),
    ),
    (
        "fees before token program",
        ON,
        |s| {
            fees(s, OVER, FEE, FEE, 1);
            s.replace(s.at(8));
        },
        pool(FeeTooHigh),
    ),
    (
        "supply before decimals",
        ON,
        |s| {
            s.write(s.mint(), 36, &[1]);
            s.write(s.mint(), 44, &[8]);
        },
        pool(NonZeroPoolTokenSupply),
    ),
    (
        "decimals before authority",
        ON,
        |s| {
            s.write(s.mint(), 4, &[9; 32]);
            s.write(s.mint(), 44, &[8]);
        },
        pool(IncorrectMintDecimals),
    ),
    (
        "mint before fee account",
        ON,
        |s| {
            s.write(s.mint(), 4, &[9; 32]);
            s.write(s.fee_account(), 108, &[2]);
        },
        pool(WrongMintingAuthority),
    ),
    (
        "fee account before reserve",
        ON,
        |s| {
            s.write(s.reserve(), 0, &[0]);
            s.write(s.fee_account(), 108, &[2]);
        },
        pool(InvalidFeeAccount),
    ),
];

#[test]
fn a_pool_is_made() {
    super::run(CASES);
}
