//! The turnover budget, as it binds the staker: decreases and removals draw on it together.

use {
    crate::{cpi::minimum_delegation, validation::Pool},
    pinocchio::ProgramResult,
    solana_program_log::Logger,
    tidepool_interface::{
        ExtensionError::TurnoverBudgetExceeded, minimum_delegation as pool_minimum_delegation,
        rebalance::turnover_left, state::ValidatorStakeInfo,
    },
};

/// Checks that `lamports` of stake can still be deactivated in this epoch. `stake_rent` are the rent-exempt lamports of a stake
/// account.
///
/// # Errors
/// [`TurnoverBudgetExceeded`]; the log says how much is left.
#[inline(never)]
pub fn check_turnover(pool: &Pool, records: &[ValidatorStakeInfo], lamports: u64, stake_rent: u64) -> ProgramResult {
    let Some(policy) = &pool.policy else { return Ok(()) };
    let base_lamports = pool.rate().total_lamports.min(pool.view().last_epoch_total_lamports());
    let left = |minimum| turnover_left(records, policy, base_lamports, stake_rent, minimum);
    // A lower bound: it takes a call to read the minimum, which matters only where the budget is less.
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
