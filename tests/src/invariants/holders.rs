//! What one holder does costs no other: the value of the others' pool tokens, rounded down, is not a lamport less after a deposit
//! or a withdrawal. Nor do those gain whose pool tokens the instruction moved (who deposits or withdraws, the manager, the
//! referrer): together they have what they had, and what was put in or taken out. No user pays more than the fees in force, or
//! gets in or out at the rate of an epoch that is over, with rewards and losses to come.

use {
    super::{Kind, Transition, view::fee_on},
    crate::{ensure, history::Finding},
    tidepool_interface::instruction::tag,
};

pub fn check(transition: &Transition) -> Result<(), Finding> {
    let (before, after) = (transition.before, transition.after);
    let kind = transition.kind();
    let is_loss = kind == Kind::Count && after.total < before.total;
    for (address, old) in &before.tokens {
        let new = after.tokens_of(address);
        let (value, is_worth) = (before.value(*old), after.value(new));
        ensure!(
            is_loss || new < *old || is_worth >= value,
            "{old} pool tokens in {address} had a value of {value} lamports, {new} have {is_worth}"
        );
        ensure!(new >= *old || kind == Kind::Withdrawal, "{address} had {old} pool tokens, and has {new}");
    }
    let is_fresh = before.last_update_epoch == before.epoch;
    ensure!(is_fresh || matches!(kind, Kind::Count | Kind::Other), "at the rate of epoch {}", before.last_update_epoch);
    match kind {
        Kind::Deposit => {
            check_no_gain(transition)?;
            check_deposit_fees(transition)
        }
        Kind::Withdrawal => {
            check_no_gain(transition)?;
            check_withdrawal_fee(transition)
        }
        Kind::Count | Kind::Other => Ok(()),
    }
}

fn check_no_gain(transition: &Transition) -> Result<(), Finding> {
    let (before, after) = (transition.before, transition.after);
    if before.supply == 0 || after.supply == 0 {
        return Ok(());
    }
    let moved = after.tokens.iter().filter(|(address, new)| before.tokens_of(address) != **new);
    let (mut old, mut new) = (0, 0);
    for (address, tokens) in moved {
        old += before.tokens_of(address);
        new += tokens;
    }
    let (had, has) = (i128::try_from(before.value(old)), i128::try_from(after.value(new)));
    let (had, has) = (had.expect("lamports"), has.expect("lamports"));
    let put_in = i128::from(after.total) - i128::from(before.total);
    // Where nothing was left to the pool tokens, deposits are shared with those.
    ensure!(
        has <= had + put_in,
        "{old} pool tokens had a value of {had} lamports; with {put_in} more, {new} have {has}"
    );
    Ok(())
}

/// Index of the account that a deposit's pool tokens go to.
const fn receiver(tag: u8) -> usize {
    match tag {
        tag::DEPOSIT_SOL | tag::DEPOSIT_SOL_WITH_SLIPPAGE => 4,
        _ => 7,
    }
}

fn check_deposit_fees(transition: &Transition) -> Result<(), Finding> {
    let (before, after) = (transition.before, transition.after);
    let to = transition.instruction.accounts[receiver(transition.tag())].pubkey;
    let received = u128::from(after.tokens_of(&to).saturating_sub(before.tokens_of(&to)));
    let minted = after.supply - before.supply;
    let terms = &before.terms;
    let most = if [tag::DEPOSIT_SOL, tag::DEPOSIT_SOL_WITH_SLIPPAGE].contains(&transition.tag()) {
        fee_on(&terms.sol_deposit_fee, minted)
    } else {
        // Part is delegated and part is not: each is charged by its own fee, and rounded by itself.
        fee_on(&terms.stake_deposit_fee, minted).max(fee_on(&terms.sol_deposit_fee, minted)) + 1
    };
    ensure!(received + most >= u128::from(minted), "{received} pool tokens of {minted}: the fees are {most} at most");
    if let Some(minimum) = transition.minimum() {
        ensure!(received >= u128::from(minimum), "{received} pool tokens, under the bound of {minimum}");
    }
    Ok(())
}

fn check_withdrawal_fee(transition: &Transition) -> Result<(), Finding> {
    let (before, after) = (transition.before, transition.after);
    let given = transition.argument(0).map(u128::from).ok_or("no amount")?;
    let is_stake = [tag::WITHDRAW_STAKE, tag::WITHDRAW_STAKE_WITH_SLIPPAGE].contains(&transition.tag());
    let terms = &before.terms;
    let fee = if is_stake { &terms.stake_withdrawal_fee } else { &terms.sol_withdrawal_fee };
    let from_manager = after.tokens_of(&before.fee_account) < before.tokens_of(&before.fee_account);
    let is_free = from_manager || !before.can_pay_fee;
    let expected = if is_free { 0 } else { fee_on(fee, u64::try_from(given).expect("pool tokens")) };
    let burnt = u128::from(before.supply - after.supply);
    ensure!(burnt + expected == given, "{given} pool tokens were given, {burnt} burnt; the fee is {expected}");
    let paid = i128::from(after.tokens_of(&before.fee_account)) - i128::from(before.tokens_of(&before.fee_account));
    let paid_right = from_manager || paid == i128::try_from(expected).expect("pool tokens");
    ensure!(paid_right, "the manager was paid {paid} pool tokens, not {expected}");
    Ok(())
}
