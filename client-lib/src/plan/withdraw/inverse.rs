//! The inverse: pool tokens that yield a given amount of lamports.

use {
    super::{search, types::Withdrawal},
    crate::{error::PlanError, pool::PoolSnapshot},
    tidepool_interface::StakePoolError,
};

/// The fewest pool tokens, up to `withdrawal.pool_tokens`, that [`withdraw`](super::withdraw) turns into at least
/// `lamports` (stake and SOL together); `None` if all of them yield less.
///
/// With one smallest unit less, the withdrawal would yield less than `lamports`. So the excess is at most the lamports
/// of that unit, and one lamport per piece.
///
/// # Errors
/// Those of [`withdraw`](super::withdraw).
pub fn pool_tokens_for_lamports(
    snapshot: &PoolSnapshot,
    withdrawal: &Withdrawal,
    lamports: u64,
) -> Result<Option<u64>, PlanError> {
    let is_enough = |pool_tokens: u64| match search::draft(snapshot, &Withdrawal { pool_tokens, ..*withdrawal }) {
        Ok(draft) => Ok(draft.lamports() >= lamports),
        Err(error) => match error.stake_pool_error() {
            Some(StakePoolError::WithdrawalTooSmall) => Ok(false),
            // More than the reserve holds is enough, even if unavailable; planning it reports so.
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
