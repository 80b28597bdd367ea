//! No instruction takes the reserve below its rent, as rent is now. Where rent rose above its lamports, none takes more.

use {
    super::Transition,
    crate::{ensure, history::Finding},
};

pub fn check(transition: &Transition) -> Result<(), Finding> {
    let (before, after) = (transition.before, transition.after);
    let least = after.rent.min(before.reserve);
    ensure!(after.reserve >= least, "the reserve has {} lamports left, its rent is {}", after.reserve, after.rent);
    Ok(())
}
