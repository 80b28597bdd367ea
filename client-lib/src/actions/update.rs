//! Permissionless instructions that update a pool.

use {
    crate::{
        compute,
        plan::InstructionGroup,
        pool::{PoolSnapshot, Validator},
    },
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    tidepool_interface::{
        address::{CLOCK_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID},
        instruction::{
            CleanupRemovedValidatorEntriesAccounts, ExtensionInstruction, StakePoolInstruction,
            UpdateStakePoolBalanceAccounts, UpdateValidatorListBalanceAccounts, UpdateValidatorsAccounts,
            update_validator_list_balance,
        },
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
    let head = &snapshot.pool().head;
    let stakes: Vec<(Address, Address)> =
        validators.iter().map(|validator| (validator.addresses.validator, validator.addresses.transient)).collect();
    update_validator_list_balance(
        &snapshot.program_id(),
        &UpdateValidatorListBalanceAccounts {
            pool: snapshot.address(),
            withdraw_authority: snapshot.withdraw_authority(),
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_program: STAKE_PROGRAM_ID,
        },
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
    let head = &snapshot.pool().head;
    let accounts = UpdateValidatorsAccounts {
        pool: snapshot.address(),
        withdraw_authority: snapshot.withdraw_authority(),
        validator_list: head.validator_list,
        reserve_stake: head.reserve_stake,
        clock: CLOCK_ID,
        stake_history: STAKE_HISTORY_ID,
        stake_program: STAKE_PROGRAM_ID,
    };
    let stakes = validators.iter().flat_map(|validator| {
        let transient = validator.has_transient_stake().then_some(validator.addresses.transient);
        let is_writable = is_written(validator);
        let meta = move |pubkey| AccountMeta { pubkey, is_signer: false, is_writable };
        [Some(validator.addresses.validator), transient].into_iter().flatten().map(meta)
    });
    let mut metas = accounts.metas();
    let writes = validators.iter().any(is_written);
    metas.iter_mut().filter(|meta| meta.pubkey == head.reserve_stake).for_each(|meta| meta.is_writable = writes);
    metas.extend(stakes);
    let start_index = u32::try_from(start).expect("a list has fewer than 2^32 records");
    ExtensionInstruction::UpdateValidators { start_index }.with_accounts(&snapshot.program_id(), metas)
}

/// `UpdateStakePoolBalance`: totals and the manager's fee, from current records.
pub fn update_pool_balance(snapshot: &PoolSnapshot) -> InstructionGroup {
    let head = &snapshot.pool().head;
    let accounts = UpdateStakePoolBalanceAccounts {
        pool: snapshot.address(),
        withdraw_authority: snapshot.withdraw_authority(),
        validator_list: head.validator_list,
        reserve_stake: head.reserve_stake,
        manager_fee_account: head.manager_fee_account,
        pool_mint: head.pool_mint,
        token_program: head.token_program_id,
    };
    InstructionGroup::one(
        "update the pool's totals",
        StakePoolInstruction::UpdateStakePoolBalance.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::scan_list(snapshot.records().len()),
    )
}

/// `CleanupRemovedValidatorEntries`: deletes removed entries. The indices of later ones change.
pub fn cleanup(snapshot: &PoolSnapshot) -> InstructionGroup {
    let accounts = CleanupRemovedValidatorEntriesAccounts {
        pool: snapshot.address(),
        validator_list: snapshot.pool().head.validator_list,
    };
    InstructionGroup::one(
        "remove empty entries from the validator list",
        StakePoolInstruction::CleanupRemovedValidatorEntries.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::scan_list(snapshot.records().len()),
    )
}
