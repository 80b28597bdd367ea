//! Moves stake towards the targets. Permissionless: only the fee payer signs.

use {
    crate::pool::PoolSnapshot,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    tidepool_interface::{
        address::{
            CLOCK_ID, INSTRUCTIONS_ID, STAKE_CONFIG_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID,
            find_transient_stake,
        },
        instruction::{ExtensionInstruction, RebalanceAccounts},
        state::U32,
    },
};

/// A validator that a `Rebalance` names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RebalancedValidator {
    /// Index of its record in the list.
    pub index: usize,
    /// The vote account.
    pub vote: Address,
    /// The validator stake account.
    pub validator_stake: Address,
    /// The transient stake account for the movement, derived with
    /// [`rebalance_seed`](tidepool_interface::state::ValidatorStakeInfo::rebalance_seed).
    pub transient_stake: Address,
}

impl RebalancedValidator {
    /// The validator of the record `index`, if it exists.
    pub fn at(snapshot: &PoolSnapshot, index: usize) -> Option<Self> {
        Self::under_seed(snapshot, index, snapshot.records().get(index)?.rebalance_seed())
    }

    /// Like [`Self::at`], with the transient stake account of another seed, for a later instruction.
    pub fn under_seed(snapshot: &PoolSnapshot, index: usize, seed: u64) -> Option<Self> {
        let validator = snapshot.validator_at(index)?;
        let vote = validator.vote();
        Some(Self {
            index,
            vote,
            validator_stake: validator.addresses.validator,
            transient_stake: find_transient_stake(&snapshot.program_id(), &vote, &snapshot.address(), seed).0,
        })
    }
}

/// `Rebalance` for `validators`, in this order.
///
/// [`crate::plan::rebalance`] selects them; this function checks no limits.
pub fn rebalance_instruction(snapshot: &PoolSnapshot, validators: &[RebalancedValidator]) -> Instruction {
    let head = &snapshot.pool().head;
    let accounts = RebalanceAccounts {
        pool: snapshot.address(),
        withdraw_authority: snapshot.withdraw_authority(),
        validator_list: head.validator_list,
        reserve_stake: head.reserve_stake,
        clock: CLOCK_ID,
        stake_history: STAKE_HISTORY_ID,
        stake_config: STAKE_CONFIG_ID,
        system_program: SYSTEM_PROGRAM_ID,
        stake_program: STAKE_PROGRAM_ID,
        instructions: INSTRUCTIONS_ID,
    };
    let mut metas = accounts.metas();
    metas.extend(validators.iter().flat_map(|validator| {
        [
            AccountMeta::new_readonly(validator.vote, false),
            AccountMeta::new(validator.validator_stake, false),
            AccountMeta::new(validator.transient_stake, false),
        ]
    }));
    // A list has fewer than 2^32 records.
    let indices: Vec<U32> = validators.iter().map(|validator| (validator.index as u32).into()).collect();
    ExtensionInstruction::Rebalance { indices: &indices }.with_accounts(&snapshot.program_id(), metas)
}
