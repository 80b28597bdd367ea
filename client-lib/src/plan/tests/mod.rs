mod claiming;
mod compacting;
mod demoting;
mod explaining;
mod rebalancing;
mod reserve;
mod updating;
mod withdrawing;

use {
    super::*,
    crate::{
        actions::{NewStakeAccount, TokenSource},
        error::PlanError,
        pack::{PackOptions, TransactionFormat, max_update_pairs, pack_plan},
        pool::fixture::*,
        quote::{StakeActivation, WithdrawFrom, WithdrawalState},
    },
    proptest::prelude::*,
    solana_address::Address,
    solana_message::AddressLookupTableAccount,
    std::{
        collections::{BTreeMap, BTreeSet, HashMap},
        ops::Range,
    },
    tidepool_core::{maths::Fee, withdrawal::StakeSource},
    tidepool_interface::{
        StakePoolError,
        external::stake::NOT_DEACTIVATED,
        instruction::StakePoolInstruction,
        state::{PoolTerms, StakeStatus},
    },
};

const USER: Address = Address::new_from_array([210; 32]);

/// The ranges of a plan's list updates, and whether each skips merging.
fn ranges(plan: &Plan) -> Vec<(Range<usize>, bool)> {
    plan.groups()
        .flat_map(|group| &group.instructions)
        .filter_map(|instruction| match StakePoolInstruction::decode(&instruction.data).unwrap() {
            StakePoolInstruction::UpdateValidatorListBalance { start_index, no_merge } => {
                let start = start_index as usize;
                Some((start..start + (instruction.accounts.len() - 7) / 2, no_merge))
            }
            _ => None,
        })
        .collect()
}

fn labels(plan: &Plan) -> Vec<&str> {
    plan.stages.iter().map(|stage| stage.label.as_str()).collect()
}

/// Lookup tables that hold `addresses`, in their order.
fn tables(addresses: &[Address]) -> Vec<AddressLookupTableAccount> {
    let tables = addresses.chunks(256).enumerate();
    tables
        .map(|(index, addresses)| AddressLookupTableAccount {
            key: vote(500_000 + index),
            addresses: addresses.to_vec(),
        })
        .collect()
}
