//! Permissionless instructions that update a pool.

use {
    super::accounts::accounts,
    crate::{
        compute::PoolBounds,
        pool::{PoolSnapshot, Validator},
        transaction::InstructionGroup,
    },
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    tidepool_interface::instruction::{
        CleanupRemovedValidatorEntriesAccounts, ExtensionInstruction, StakePoolInstruction,
        UpdateStakePoolBalanceAccounts, UpdateValidatorListBalanceAccounts, UpdateValidatorsAccounts,
        update_validator_list_balance,
    },
};

/// `UpdateValidatorListBalance` for `validators`, contiguous in the list from `start`.
///
/// [`crate::plan::update`] selects them; this function checks no limits.
pub fn update_list_instruction(
    snapshot: &PoolSnapshot,
    start: usize,
    no_merge: bool,
    validators: &[Validator],
) -> Instruction {
    let stakes: Vec<(Address, Address)> =
        validators.iter().map(|validator| (validator.addresses.validator, validator.addresses.transient)).collect();
    update_validator_list_balance(
        &snapshot.program_id(),
        &accounts! { snapshot => UpdateValidatorListBalanceAccounts {
            pool, withdraw_authority, validator_list, reserve_stake, clock, stake_history, stake_program,
        } },
        u32::try_from(start).expect("a list has fewer than 2^32 records"),
        no_merge,
        &stakes,
    )
}

/// `UpdateValidators`, the compact form for extended pools, for `validators`, contiguous in the list from `start`.
///
/// Stake accounts of validators that are not written are passed read-only, and the reserve where none is: such records are counted.
///
/// [`crate::plan::update`] selects them; this function checks no limits.
pub fn update_validators_instruction(
    snapshot: &PoolSnapshot,
    start: usize,
    validators: &[Validator],
    is_written: &dyn Fn(&Validator) -> bool,
) -> Instruction {
    let reserve_stake = snapshot.pool().head.reserve_stake;
    let accounts = accounts! { snapshot => UpdateValidatorsAccounts {
        pool, withdraw_authority, validator_list, reserve_stake, clock, stake_history, stake_program,
    } };
    let stakes = validators.iter().flat_map(|validator| {
        let transient = validator.has_transient_stake().then_some(validator.addresses.transient);
        let is_writable = is_written(validator);
        let meta = move |pubkey| AccountMeta { pubkey, is_signer: false, is_writable };
        [Some(validator.addresses.validator), transient].into_iter().flatten().map(meta)
    });
    let mut metas = accounts.metas();
    let writes = validators.iter().any(is_written);
    metas.iter_mut().filter(|meta| meta.pubkey == reserve_stake).for_each(|meta| meta.is_writable = writes);
    metas.extend(stakes);
    let start_index = u32::try_from(start).expect("a list has fewer than 2^32 records");
    ExtensionInstruction::UpdateValidators { start_index }.with_accounts(&snapshot.program_id(), metas)
}

/// `UpdateStakePoolBalance`: totals and the manager's fee, from current records.
pub fn update_pool_balance(snapshot: &PoolSnapshot) -> InstructionGroup {
    let accounts = accounts! { snapshot => UpdateStakePoolBalanceAccounts {
        pool, withdraw_authority, validator_list, reserve_stake, manager_fee_account, pool_mint, token_program,
    } };
    InstructionGroup::one(
        "update the pool's totals",
        StakePoolInstruction::UpdateStakePoolBalance.with_accounts(&snapshot.program_id(), accounts.metas()),
        PoolBounds::of(snapshot).scan_list(snapshot.records().len()),
    )
}

/// `CleanupRemovedValidatorEntries`: deletes removed entries. The indices of later ones change.
pub fn cleanup(snapshot: &PoolSnapshot) -> InstructionGroup {
    let accounts = accounts! { snapshot => CleanupRemovedValidatorEntriesAccounts { pool, validator_list } };
    InstructionGroup::one(
        "remove empty entries from the validator list",
        StakePoolInstruction::CleanupRemovedValidatorEntries.with_accounts(&snapshot.program_id(), accounts.metas()),
        PoolBounds::of(snapshot).scan_list(snapshot.records().len()),
    )
}
