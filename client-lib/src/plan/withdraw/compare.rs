//! Compares a withdrawal with another order.

use {
    super::{
        search,
        types::{Withdrawal, WithdrawalOrder, WithdrawalPlan},
    },
    crate::pool::PoolSnapshot,
};

/// Total lamports for the holder if the pool tokens of `withdrawal` were withdrawn in the order `other`; `None` if
/// `planned` yields as much. The fees and available amounts of SOL and stake may differ.
pub fn better_withdrawal(
    snapshot: &PoolSnapshot,
    withdrawal: &Withdrawal,
    planned: &WithdrawalPlan,
    other: WithdrawalOrder,
) -> Option<u64> {
    let draft = search::draft(snapshot, &Withdrawal { order: other, ..*withdrawal }).ok()?;
    // One lamport per part is rounding.
    let rounding = draft.pieces.len().saturating_add(planned.pieces.len()).saturating_add(2) as u64;
    let leaves_no_more = draft.remaining_pool_tokens() <= planned.remaining_pool_tokens();
    let least = planned.lamports().saturating_add(rounding);
    Some(draft.lamports()).filter(|lamports| leaves_no_more && *lamports > least)
}
