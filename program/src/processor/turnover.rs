//! Check of the turnover budget, which the staker's decreases and removals share.

use {
    crate::{cpi::minimum_delegation, validation::Pool},
    pinocchio::ProgramResult,
    solana_program_log::Logger,
    tidepool_core::{minimum_delegation as pool_minimum_delegation, rebalance::turnover_left},
    tidepool_interface::{ExtensionError::TurnoverBudgetExceeded, state::ValidatorStakeInfo},
};

/// Checks that `lamports` of stake can still be deactivated in this epoch. `stake_rent` is the rent of a stake account in lamports.
///
/// # Errors
/// [`TurnoverBudgetExceeded`]; the log has the rest of the budget.
#[inline(never)]
pub fn check_turnover(pool: &Pool, records: &[ValidatorStakeInfo], lamports: u64, stake_rent: u64) -> ProgramResult {
    let Some(policy) = &pool.policy else { return Ok(()) };
    let base_lamports = pool.head().total_lamports.get().min(pool.view().last_epoch_total_lamports());
    let policy = policy.get();
    let left = |minimum| turnover_left(records, &policy, base_lamports, stake_rent, minimum);
    // A lower bound first: the exact value takes a call for the minimum delegation, which matters only for small budgets.
    if lamports <= left(0) {
        return Ok(());
    }
    let left = left(pool_minimum_delegation(minimum_delegation()?));
    if lamports <= left {
        return Ok(());
    }
    let mut line = Logger::<80>::default();
    line.append("Turnover budget left, in lamports: ").append(left).log();
    Err(TurnoverBudgetExceeded.into())
}
