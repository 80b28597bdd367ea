//! No lamport comes from nowhere or gets lost, each goes where the instruction was asked to send it, and the events say so.
//!
//! Of all accounts together nothing changes. What the pool holds (in stake accounts that its authority commands, and what
//! donations to addresses of such) changes by deposits and withdrawals only, by as much as the pool states, for as many
//! pool tokens as the rate gives: rounded down both ways. A whole account may pay up to one pool token's value less.
//!
//! The list and the reserve follow: together they change by what was put in or taken out, and by nothing where stake only moves.
//! They may have more where donations are found, and less after losses.

use {
    super::{Kind, Transition},
    crate::{ensure, extension::events::Balances, history::Finding},
    tidepool_interface::instruction::tag,
};

pub fn check(transition: &Transition) -> Result<(), Finding> {
    let (before, after) = (transition.before, transition.after);
    ensure!(after.everywhere == before.everywhere, "{} lamports became {}", before.everywhere, after.everywhere);
    let difference = |new: u64, old: u64| i128::from(new) - i128::from(old);
    let (held, total) = (difference(after.held, before.held), difference(after.total, before.total));
    let (supply, mint) = (difference(after.supply, before.supply), difference(after.mint, before.mint));
    match transition.kind() {
        Kind::Deposit => {
            ensure!(held == total && supply == mint, "held {held}, stated {total}; minted {mint}, stated {supply}");
            ensure!(total > 0 && supply > 0, "a deposit of {total} lamports for {supply} pool tokens");
            check_deposit(transition, total.unsigned_abs(), supply.unsigned_abs())?;
        }
        Kind::Withdrawal => {
            ensure!(held == total && supply == mint, "held {held}, stated {total}; minted {mint}, stated {supply}");
            ensure!(total < 0 && supply < 0, "a withdrawal of {total} lamports for {supply} pool tokens");
            check_withdrawal(transition, total.unsigned_abs(), supply.unsigned_abs())?;
        }
        Kind::Count => ensure!(held == 0, "held {held} lamports more after a count"),
        Kind::Other => {
            ensure!([held, total, supply, mint] == [0; 4], "held {held}, stated {total}, {supply}, minted {mint}");
        }
    }
    check_list(transition, total)?;
    before.balances.explain(&after.balances, transition.tag(), transition.logs)
}

/// What the list states and the reserve has, but for updates, which find what others did.
fn check_list(transition: &Transition, total: i128) -> Result<(), Finding> {
    let is_update = [tag::UPDATE_VALIDATOR_LIST_BALANCE, tag::UPDATE_VALIDATORS].contains(&transition.tag());
    if is_update || transition.kind() == Kind::Count {
        return Ok(());
    }
    let listed = |balances: &Balances| i128::from(balances.reserve) + balances.active() + balances.transient();
    let change = listed(&transition.after.balances) - listed(&transition.before.balances);
    let (less, is_exact) = match transition.kind() {
        Kind::Withdrawal => (0, true),
        // The account is looked at anew.
        Kind::Deposit => (i128::from(transition.uncounted.lost), false),
        Kind::Count | Kind::Other => (0, false),
    };
    ensure!(
        change == total || change >= total - less && !is_exact,
        "list and reserve have {change} lamports more, the pool {total}"
    );
    Ok(())
}

fn check_deposit(transition: &Transition, lamports: u128, minted: u128) -> Result<(), Finding> {
    let before = transition.before;
    let expected = if before.total == 0 || before.supply == 0 {
        lamports
    } else {
        lamports * u128::from(before.supply) / u128::from(before.total)
    };
    ensure!(minted == expected, "{minted} pool tokens for {lamports} lamports, not {expected}");
    if [tag::DEPOSIT_SOL, tag::DEPOSIT_SOL_WITH_SLIPPAGE].contains(&transition.tag()) {
        let asked = transition.argument(0).map(u128::from);
        ensure!(asked == Some(lamports), "{lamports} lamports were deposited, not {asked:?}");
    }
    Ok(())
}

fn check_withdrawal(transition: &Transition, lamports: u128, burnt: u128) -> Result<(), Finding> {
    let before = transition.before;
    let (total, supply) = (u128::from(before.total), u128::from(before.supply));
    let expected = burnt * total / supply;
    let is_stake = [tag::WITHDRAW_STAKE, tag::WITHDRAW_STAKE_WITH_SLIPPAGE].contains(&transition.tag());
    let of_a_token = if is_stake { total.div_ceil(supply) } else { 0 };
    ensure!(
        lamports <= expected && lamports + of_a_token >= expected,
        "{lamports} lamports for {burnt} pool tokens, not {expected}"
    );
    if let Some(minimum) = transition.minimum() {
        ensure!(lamports >= u128::from(minimum), "{lamports} lamports, under the bound of {minimum}");
    }
    Ok(())
}
