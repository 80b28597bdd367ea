//! Turnover budget of the staker's decreases and removals.

use {
    super::{Policy, inputs::turnover_budget, targets::turnover},
    crate::row::ValidatorRow,
};

/// Lamports of stake that the staker may still deactivate; `u64::MAX` if the policy sets no bound.
///
/// The budget is a share of `base_lamports`: the pool's total before its last update into a new epoch, or its present total if that
/// is less. `stake_rent` is the rent of a stake account, `minimum_delegation` the minimum delegation of a stake account of the
/// pool, both in lamports.
///
/// The staker's budget is at least twice the minimum delegation. A stake account with less stake cannot be decreased, so the budget
/// must allow its removal. An account with more can be decreased until then. Every validator can therefore be removed in a bounded
/// number of epochs, in pools and budgets of any size.
pub fn turnover_left(
    records: &[impl ValidatorRow],
    policy: &Policy,
    base_lamports: u64,
    stake_rent: u64,
    minimum_delegation: u64,
) -> u64 {
    match turnover_budget(policy, base_lamports) {
        u64::MAX => u64::MAX,
        // guard: turnover-of-two-minimums
        budget => budget.max(minimum_delegation.saturating_mul(2)).saturating_sub(turnover(records, stake_rent)),
    }
}

/// Lamports of stake that the removal of an active validator deactivates. The flags say whether its stake account and its transient
/// stake account are delegated: stake that is already deactivated is not turnover.
pub fn removal_turnover(
    record: &impl ValidatorRow,
    [is_delegated, is_transient_delegated]: [bool; 2],
    stake_rent: u64,
) -> u64 {
    let stake = |lamports: u64, is_delegated| if is_delegated { lamports.saturating_sub(stake_rent) } else { 0 };
    // guard: turnover-of-activating
    stake(record.active_lamports(), is_delegated)
        .saturating_add(stake(record.transient_lamports(), is_transient_delegated))
}
