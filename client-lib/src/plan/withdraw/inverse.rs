//! The inverse: how many pool tokens yield a sum of lamports.

use {
    super::{Withdrawal, search},
    crate::{error::PlanError, pool::PoolSnapshot},
    tidepool_interface::StakePoolError,
};

/// The fewest pool tokens, of `withdrawal.pool_tokens` at most, that [`withdraw`](super::withdraw) turns into at least
/// `lamports` (stake and SOL together); `None` where all of them yield less.
///
/// With a pool token (its smallest unit) less, the withdrawal would yield less than `lamports`: what it yields beyond them is
/// what that one token is worth, and a lamport for each piece, at most.
///
/// # Errors
/// As [`withdraw`](super::withdraw).
pub fn pool_tokens_for_lamports(
    snapshot: &PoolSnapshot,
    withdrawal: &Withdrawal,
    lamports: u64,
) -> Result<Option<u64>, PlanError> {
    let is_enough = |pool_tokens: u64| match search::draft(snapshot, &Withdrawal { pool_tokens, ..*withdrawal }) {
        Ok(draft) => Ok(draft.lamports() >= lamports),
        Err(error) => match error.stake_pool_error() {
            Some(StakePoolError::WithdrawalTooSmall) => Ok(false),
            // More than the reserve has is enough, if not to be had; planning it says so.
            Some(StakePoolError::SolWithdrawalTooLarge) => Ok(true),
            _ => Err(error),
        },
    };
    let (mut low, mut high) = (0, withdrawal.pool_tokens);
    if !is_enough(high)? {
        return Ok(None);
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if is_enough(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(Some(high))
}
