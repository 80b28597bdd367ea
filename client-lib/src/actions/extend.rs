//! The extension of a pool, and its rebalance policy. The manager signs.

use {
    super::accounts::accounts,
    super::weights::check_cap,
    crate::{
        announcement::AnnouncedChange, checks::require_policy, compute, error::PlanError, pool::PoolSnapshot,
        transaction::InstructionGroup,
    },
    solana_address::Address,
    tidepool_core::rebalance::{BASIS_POINTS, RESERVE_SHARE_MAX},
    tidepool_interface::{
        ExtensionError,
        instruction::{ExtendPoolAccounts, ExtensionInstruction, SetRebalancePolicyAccounts},
        state::{EXTENDED_POOL_LENGTH, RebalancePolicy},
    },
};

/// Adds the extension to a pool, with the default policy. `payer` pays the rent of the longer account
/// ([`extension_rent`]); the manager signs too.
///
/// # Errors
/// Refusals: `AlreadyExtended`, `UnknownExtensionVersion`.
pub fn extend_pool(snapshot: &PoolSnapshot, payer: &Address) -> Result<InstructionGroup, PlanError> {
    if snapshot.has_unknown_extension() {
        return Err(PlanError::refused(
            ExtensionError::UnknownExtensionVersion,
            format!("pool {} has an unknown version of the extension: update tidepool", snapshot.address()),
        ));
    }
    if snapshot.is_extended() {
        return Err(PlanError::refused(
            ExtensionError::AlreadyExtended,
            format!("pool {} already has the extension: set its policy and its weights", snapshot.address()),
        ));
    }
    let accounts = accounts! { snapshot => ExtendPoolAccounts {
        pool, manager, payer: *payer, validator_list, system_program,
    } };
    Ok(InstructionGroup::one(
        "extend the pool",
        ExtensionInstruction::ExtendPool.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::extend_pool(snapshot.records().len()),
    ))
}

/// Lamports that the payer of [`extend_pool`] transfers: the missing rent for the pool account's new length.
pub fn extension_rent(snapshot: &PoolSnapshot) -> u64 {
    let account = &snapshot.accounts().pool;
    let length = account.data.len().max(EXTENDED_POOL_LENGTH);
    snapshot.environment().rent.minimum_balance(length).saturating_sub(account.lamports)
}

/// Sets the rebalance policy, or announces it ([`InstructionGroup::effect`]). The manager signs.
///
/// # Errors
/// Refusals: `NotExtended`, `ShareOverWhole`, `ReserveShareTooHigh`, `ContradictoryPolicy`, `NoticeNotOver`; [`PlanError::Weights`] if
/// the cap is too low for the validators with a weight to hold all stake.
pub fn set_rebalance_policy(snapshot: &PoolSnapshot, policy: &RebalancePolicy) -> Result<InstructionGroup, PlanError> {
    let old = require_policy(snapshot)?;
    check_policy(policy)?;
    let weights: Vec<u16> = snapshot.records().iter().map(|record| record.extension.weight()).collect();
    check_cap(snapshot, policy, &weights)?;
    let accounts = accounts! { snapshot => SetRebalancePolicyAccounts { pool, manager } };
    let instruction = ExtensionInstruction::SetRebalancePolicy { policy: *policy };
    let group = InstructionGroup::one(
        "set the rebalance policy",
        instruction.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::EXTENSION,
    );
    if policy == old { Ok(group) } else { snapshot.announcing(&AnnouncedChange::RebalancePolicy(*policy), group) }
}

/// [`RebalancePolicy::check`], with the name of the invalid field.
pub(super) fn check_policy(policy: &RebalancePolicy) -> Result<(), PlanError> {
    policy.check().map_err(|error| {
        let shares = [
            ("reserve share", policy.reserve_share.get()),
            ("turnover budget", policy.turnover_budget.get()),
            ("cap on one validator", policy.validator_cap.get()),
        ];
        let context = match error {
            ExtensionError::ShareOverWhole => {
                let over = shares.iter().find(|(_, share)| *share > BASIS_POINTS).unwrap_or(&shares[0]);
                format!("the {} is {} basis points: use at most {BASIS_POINTS} (100 %)", over.0, over.1)
            }
            ExtensionError::ContradictoryPolicy => "invalid validator cap 0: use a cap above 0".to_owned(),
            ExtensionError::ReserveShareTooHigh => format!(
                "the reserve share is {} basis points: use at most {RESERVE_SHARE_MAX} (50 %)",
                policy.reserve_share.get()
            ),
            error => return error.into(),
        };
        PlanError::refused(error, context)
    })
}
