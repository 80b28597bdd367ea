//! Moves stake towards the targets. Permissionless: only the fee payer signs.

use {
    super::accounts::accounts,
    crate::pool::PoolSnapshot,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    tidepool_interface::{
        address::find_transient_stake,
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
    let accounts = accounts! { snapshot => RebalanceAccounts {
        pool, withdraw_authority, validator_list, reserve_stake, clock, stake_history, stake_config, system_program,
        stake_program, instructions,
    } };
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
