//! The first blocks of an epoch, in which rewards are paid and the stake program changes nothing: what needs it fails whole, with
//! SPL's error or the stake program's; all else goes on.

use {
    crate::bank::{Bank, calls_done},
    solana_instruction::error::InstructionError::Custom,
    tidepool_interface::{
        StakePoolError::EpochRewardDistributionInProgress,
        address::{METADATA_PROGRAM_ID, TOKEN_2022_PROGRAM_ID},
        instruction::tag,
    },
    tidepool_tests::{
        attack::{self, AttackScenario},
        extension::PoolKind,
    },
};

/// The stake program's EpochRewardsActive.
const REWARDS_ACTIVE: u32 = 16;

/// The error of an instruction while rewards are paid; none where it needs no change of stake.
const fn refusal(instruction: u8) -> Option<u32> {
    match instruction {
        tag::UPDATE_VALIDATOR_LIST_BALANCE | tag::UPDATE_VALIDATORS | tag::REBALANCE => {
            Some(EpochRewardDistributionInProgress as u32)
        }
        tag::ADD_VALIDATOR_TO_POOL
        | tag::REMOVE_VALIDATOR_FROM_POOL
        | tag::DECREASE_VALIDATOR_STAKE
        | tag::DECREASE_ADDITIONAL_VALIDATOR_STAKE
        | tag::DECREASE_VALIDATOR_STAKE_WITH_RESERVE
        | tag::INCREASE_VALIDATOR_STAKE
        | tag::INCREASE_ADDITIONAL_VALIDATOR_STAKE
        | tag::DEPOSIT_STAKE
        | tag::DEPOSIT_STAKE_WITH_SLIPPAGE
        | tag::WITHDRAW_STAKE
        | tag::WITHDRAW_STAKE_WITH_SLIPPAGE
        | tag::WITHDRAW_SOL
        | tag::WITHDRAW_SOL_WITH_SLIPPAGE => Some(REWARDS_ACTIVE),
        _ => None,
    }
}

/// Runs a scenario; how many of its calls succeeded before the one that was refused.
fn try_scenario(scenario: &AttackScenario, bank: &Bank) -> Option<usize> {
    bank.put_scenario(scenario);
    let before = bank.read(scenario);
    let outcome = bank.run(&scenario.instruction);
    match (refusal(scenario.tag()), outcome) {
        (None, Ok(_)) => None,
        (Some(code), Err(failure)) => {
            assert_eq!(failure.error, Custom(code), "{}: {:#?}", scenario.name, failure.logs);
            assert!(bank.read(scenario) == before, "{}: something was kept", scenario.name);
            Some(calls_done(scenario, &failure.logs))
        }
        (expected, outcome) => panic!("{}: {expected:?} is due, and it is {outcome:#?}", scenario.name),
    }
}

#[test]
fn while_rewards_are_paid_stake_stays_where_it_is() {
    let mut vm = attack::machine();
    let bank = Bank::paying_rewards(&vm);
    let (mut refused, mut late) = (0, 0);
    let mut scenarios = attack::all(TOKEN_2022_PROGRAM_ID, PoolKind::EXTENDED, &mut vm);
    scenarios.retain(|scenario| scenario.instruction.accounts.iter().all(|meta| meta.pubkey != METADATA_PROGRAM_ID));
    for scenario in &scenarios {
        if let Some(done) = try_scenario(scenario, &bank) {
            refused += 1;
            // A withdrawal has burnt the holder's tokens by then.
            late += usize::from(done > 0);
        }
    }
    assert!(refused >= 28, "{refused} refused");
    assert!(late >= 10, "{late} after calls that succeeded");

    // All that is over when the rewards are paid.
    bank.cluster.finish_rewards();
    for scenario in &scenarios {
        bank.put_scenario(scenario);
        let outcome = bank.run(&scenario.instruction);
        assert!(outcome.is_ok(), "{}: {outcome:#?}", scenario.name);
    }
}
