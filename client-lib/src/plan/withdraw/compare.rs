//! Whether a holder would do better with another form.

use {
    super::{Withdrawal, WithdrawalOrder, WithdrawalPlan, search},
    crate::pool::PoolSnapshot,
};

/// Lamports that the holder would get in all if the pool tokens of `withdrawal`, for which `planned` was made, were withdrawn in
/// the order `other`; `None` where that is not more. The fees of SOL and of stake may differ, and so does what can be had as
/// either.
pub fn better_withdrawal(
    snapshot: &PoolSnapshot,
    withdrawal: &Withdrawal,
    planned: &WithdrawalPlan,
    other: WithdrawalOrder,
) -> Option<u64> {
    let draft = search::draft(snapshot, &Withdrawal { order: other, ..*withdrawal }).ok()?;
    // A lamport for each part is rounding.
    let rounding = draft.pieces.len().saturating_add(planned.pieces.len()).saturating_add(2) as u64;
    let leaves_no_more = draft.remaining_pool_tokens() <= planned.remaining_pool_tokens();
    let least = planned.lamports().saturating_add(rounding);
    Some(draft.lamports()).filter(|lamports| leaves_no_more && *lamports > least)
}
