//! The turnover budget, for decreases that the staker asks for.

use {
    super::{inputs::turnover_budget, targets::leaving_stake},
    crate::state::{RebalancePolicy, ValidatorStakeInfo},
};

/// Lamports of stake that may still be sent on their way to the reserve; `u64::MAX` where the policy sets no bound.
///
/// `base_lamports` is what the budget is a share of: the pool's total before its last update into a new epoch, or its present
/// total if that is less. `stake_rent` are the rent-exempt lamports of a stake account.
pub fn turnover_left(
    records: &[ValidatorStakeInfo],
    policy: &RebalancePolicy,
    base_lamports: u64,
    stake_rent: u64,
) -> u64 {
    match turnover_budget(policy, base_lamports) {
        u64::MAX => u64::MAX,
        budget => budget.saturating_sub(leaving_stake(records, stake_rent)),
    }
}
