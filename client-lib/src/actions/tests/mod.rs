mod creating;
mod extending;
mod funding;
mod limiting;
mod managing;
mod membership;
mod moving;
mod weighing;

use {
    super::*,
    crate::{
        error::{Cause, WeightsError},
        pack::{PackOptions, pack_plan},
        pool::fixture::*,
        quote::WithdrawFrom,
        transaction::InstructionGroup,
    },
    solana_instruction::Instruction,
    solana_rent::Rent,
    solana_stake_interface::error::StakeError,
    std::collections::BTreeSet,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        address::{TOKEN_2022_PROGRAM_ID, find_ephemeral_stake, find_transient_stake},
        external::stake::NOT_DEACTIVATED,
        instruction::{FeeType, FundingType, PreferredValidatorType, StakePoolInstruction},
    },
};

const USER: Address = Address::new_from_array([210; 32]);
const OTHER: Address = Address::new_from_array([211; 32]);

fn decode(instruction: &Instruction) -> StakePoolInstruction<'_> {
    assert_eq!(instruction.program_id, PROGRAM);
    StakePoolInstruction::decode(&instruction.data).unwrap()
}

/// The group's last instruction, which is the pool's.
fn last(group: &InstructionGroup) -> (&Instruction, StakePoolInstruction<'_>) {
    let instruction = group.instructions.last().unwrap();
    (instruction, decode(instruction))
}

fn signers(group: &InstructionGroup) -> BTreeSet<Address> {
    group.signers()
}

fn code<T: std::fmt::Debug>(result: Result<T, PlanError>) -> StakePoolError {
    let error = result.unwrap_err();
    error.stake_pool_error().unwrap_or_else(|| panic!("{error:?}"))
}

fn cause<T: std::fmt::Debug>(result: Result<T, PlanError>) -> Cause {
    match result.unwrap_err() {
        PlanError::Refused(refusal) => refusal.cause,
        error => panic!("{error:?}"),
    }
}

fn one_validator() -> Fixture {
    Fixture::of(vec![FixtureValidator::new(20 * SOL)])
}
