//! The turnover budget of the staker, for decreases and removals.

use {
    super::{inputs::turnover_budget, targets::leaving_stake},
    crate::state::{RebalancePolicy, ValidatorStakeInfo},
};

/// Lamports of stake that the staker may still deactivate; `u64::MAX` where the policy sets no bound.
///
/// `base_lamports` is what the budget is a share of: the pool's total before its last update into a new epoch, or its present
/// total if that is less. `stake_rent` are the rent-exempt lamports of a stake account, `minimum_delegation` the lamports that a
/// stake account of the pool has to delegate.
///
/// The staker's budget is twice the minimum delegation at least. A stake account that holds less beside its rent cannot be decreased,
/// so it can be removed; one that holds more can be decreased. So a validator can be removed within a bounded number of epochs,
/// however small the pool and the budget are.
pub fn turnover_left(
    records: &[ValidatorStakeInfo],
    policy: &RebalancePolicy,
    base_lamports: u64,
    stake_rent: u64,
    minimum_delegation: u64,
) -> u64 {
    match turnover_budget(policy, base_lamports) {
        u64::MAX => u64::MAX,
        budget => budget.max(minimum_delegation.saturating_mul(2)).saturating_sub(leaving_stake(records, stake_rent)),
    }
}

/// Lamports of stake that the removal of an active validator deactivates. `is_delegated` says of its stake account and of its
/// transient one whether they are delegated: stake that others have deactivated is no turnover.
pub fn removal_turnover(
    record: &ValidatorStakeInfo,
    [is_delegated, is_transient_delegated]: [bool; 2],
    stake_rent: u64,
) -> u64 {
    let stake = |lamports: u64, is_delegated| if is_delegated { lamports.saturating_sub(stake_rent) } else { 0 };
    stake(record.active_stake_lamports.get(), is_delegated)
        .saturating_add(stake(record.transient_stake_lamports.get(), is_transient_delegated))
}
