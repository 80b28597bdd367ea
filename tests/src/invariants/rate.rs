//! The value of a pool token (total lamports over supply, as an exact fraction) never falls, but by a loss of stake.
//!
//! No rounding is allowed for, since all of SPL's favours the pool: who deposits gets pool tokens rounded down, who
//! withdraws gets lamports rounded down, and the manager's share of a reward has at most the value of the fee. An update that finds less
//! than the pool stated may lower the value by what was lost outside, and by what the rent of the reserve has risen: that much of
//! it is no one's.

use {
    super::{Kind, Transition, view::fee_on},
    crate::{ensure, history::Finding},
};

pub fn check(transition: &Transition) -> Result<(), Finding> {
    let (before, after) = (transition.before, transition.after);
    let is_count = transition.kind() == Kind::Count;
    if is_count {
        check_reward_fee(transition)?;
    }
    // Without holders there is no value: the first depositor owns all lamports.
    if before.supply == 0 || after.supply == 0 {
        return Ok(());
    }
    let uncounted = transition.uncounted;
    let most = uncounted.lost.saturating_add(after.reserve_rent().saturating_sub(uncounted.rent));
    let allowed = if is_count && after.total < before.total { most } else { 0 };
    let least = before.total.saturating_sub(allowed);
    ensure!(
        u128::from(after.total) * u128::from(before.supply) >= u128::from(least) * u128::from(after.supply),
        "the value of a pool token fell from {}/{} to {}/{}, and {allowed} lamports were lost",
        before.total,
        before.supply,
        after.total,
        after.supply
    );
    Ok(())
}

/// The manager gets what the fee says of the reward, and nothing of anything else.
fn check_reward_fee(transition: &Transition) -> Result<(), Finding> {
    let (before, after) = (transition.before, transition.after);
    let reward = after.total.saturating_sub(before.total);
    let fee = fee_on(&before.epoch_fee, reward);
    let minted = u128::from(after.mint) - u128::from(before.mint);
    let owned = u128::from(after.total) - fee.min(u128::from(after.total));
    let expected = match (reward, before.can_pay_fee) {
        (0, _) | (_, false) => 0,
        _ if owned == 0 || before.supply == 0 => u128::from(reward),
        _ => u128::from(before.supply) * fee / owned,
    };
    ensure!(minted == expected, "{minted} pool tokens were minted for a reward of {reward} lamports, not {expected}");
    Ok(())
}
