//! The supply that the pool states is the mint's after an update; in between it is that less what was burnt past the program.

use {
    super::{Kind, Transition},
    crate::{ensure, history::Finding},
};

/// Checks it, and that the token accounts hold the mint's supply.
pub fn check(transition: &Transition) -> Result<(), Finding> {
    let after = transition.after;
    let burnt = if transition.kind() == Kind::Count { 0 } else { transition.uncounted.burnt };
    ensure!(
        after.supply.checked_sub(after.mint) == Some(burnt),
        "the pool states {} pool tokens, the mint {}, and {burnt} were burnt outside",
        after.supply,
        after.mint
    );
    let held: u128 = after.tokens.values().map(|tokens| u128::from(*tokens)).sum();
    ensure!(held == u128::from(after.mint), "{held} pool tokens are held, of {}", after.mint);
    Ok(())
}
