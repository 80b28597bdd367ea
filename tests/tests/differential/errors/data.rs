//! Instruction data that are none.

use {
    super::{Case, Expected::Error},
    solana_instruction::error::InstructionError::{BorshIoError, InvalidInstructionData},
    tidepool_interface::instruction::StakePoolInstruction as Ix,
};

const ANY: &[&str] = &["SetStaker by the manager"];
const WITH_ARGUMENTS: &[&str] = &[
    "Initialize",
    "AddValidatorToPool",
    "DecreaseValidatorStake",
    "IncreaseValidatorStake",
    "SetPreferredValidator deposit",
    "SetPreferredValidator none",
    "DepositStakeWithSlippage",
    "SetFee epoch",
    "SetFee SOL referral",
    "DepositSol",
    "DepositSolWithSlippage",
    "SetFundingAuthority SOL deposit",
    "WithdrawSol",
    "WithdrawSolWithSlippage",
    "IncreaseAdditionalValidatorStake",
    "DecreaseAdditionalValidatorStake",
    "DecreaseValidatorStakeWithReserve",
];
const WITHOUT_ARGUMENTS: &[&str] = &[
    "RemoveValidatorFromPool",
    "UpdateStakePoolBalance",
    "CleanupRemovedValidatorEntries",
    "DepositStake",
    "SetManager",
    "SetStaker by the staker",
];

const RETIRED: Ix = Ix::Redelegate {
    lamports: 1,
    source_transient_stake_seed: 2,
    ephemeral_stake_seed: 3,
    destination_transient_stake_seed: 4,
};

pub const CASES: &[Case] = &[
    ("no data", ANY, |s| s.ix.data.clear(), Error(BorshIoError)),
    ("first unknown tag", ANY, |s| s.ix.data = vec![27], Error(BorshIoError)),
    ("last unknown tag before the extension", ANY, |s| s.ix.data = vec![63], Error(BorshIoError)),
    ("greatest tag", ANY, |s| s.ix.data = vec![255], Error(BorshIoError)),
    ("retired", ANY, |s| s.arguments(RETIRED), Error(InvalidInstructionData)),
    (
        "retired, without accounts",
        ANY,
        |s| {
            s.arguments(RETIRED);
            s.ix.accounts.clear();
        },
        Error(InvalidInstructionData),
    ),
    (
        "retired, cut",
        ANY,
        |s| {
            s.arguments(RETIRED);
            s.ix.data.pop();
        },
        Error(BorshIoError),
    ),
    ("a byte less", WITH_ARGUMENTS, |s| s.ix.data.truncate(s.ix.data.len() - 1), Error(BorshIoError)),
    ("a byte more", WITH_ARGUMENTS, |s| s.ix.data.push(0), Error(BorshIoError)),
    ("a byte more", WITHOUT_ARGUMENTS, |s| s.ix.data.push(0), Error(BorshIoError)),
    ("only the tag", WITH_ARGUMENTS, |s| s.ix.data.truncate(1), Error(BorshIoError)),
    ("unknown fee", &["SetFee epoch"], |s| s.ix.data[1] = 7, Error(BorshIoError)),
    ("unknown authority", &["SetFundingAuthority SOL deposit"], |s| s.ix.data[1] = 3, Error(BorshIoError)),
    ("unknown preference", &["SetPreferredValidator none"], |s| s.ix.data[1] = 2, Error(BorshIoError)),
    ("neither none nor some", &["SetPreferredValidator none"], |s| s.ix.data[2] = 2, Error(BorshIoError)),
];

#[test]
fn malformed_data() {
    super::run(CASES);
}
