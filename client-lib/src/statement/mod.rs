//! A holder's statement: movements of pool tokens from the chain's history, rewards by the ledger, and costs.
//!
//! [`read_movements`] reads what changed the pool tokens of a wallet. [`accruals`] says what its balance gained at each update.
//! [`Lots`] keeps the cost of the balance, first in first out and by the average. What the history does not tell is a [`Gap`], and
//! never estimated.

mod lots;
mod movements;
mod payments;
mod trades;

pub use {
    lots::{Disposal, Lots},
    movements::{Gap, Movement, MovementKind, Movements, read_movements},
};

use {
    crate::pool::Recorded,
    tidepool_core::maths::{ExchangeRate, PoolTokens},
};

/// What a balance gained at an update of the pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Accrual {
    /// The update.
    pub update: Recorded,
    /// The balance before the epoch of the update, in smallest units.
    pub pool_tokens: u64,
    /// Its value after the update.
    pub lamports: u64,
    /// Growth of its value since the update before.
    pub gained_lamports: i128,
}

/// The gain at each update of the ledger but the first, the oldest first.
///
/// An update comes before the trades of its epoch. So the balance is that of the movements in earlier epochs; a transfer in the epoch
/// of the update counts from the next one on.
pub fn accruals(recorded: &[Recorded], movements: &Movements) -> Vec<Accrual> {
    let mut oldest_first = recorded.to_vec();
    oldest_first.sort_by_key(|entry| entry.epoch);
    let gain = |pair: &[Recorded]| {
        let (before, update) = (pair[0], pair[1]);
        let pool_tokens = movements.balance_before_epoch(update.epoch);
        let lamports = value(&update.rate, pool_tokens)?;
        let gained_lamports = i128::from(lamports) - i128::from(value(&before.rate, pool_tokens)?);
        Some(Accrual { update, pool_tokens, lamports, gained_lamports })
    };
    oldest_first.windows(2).filter_map(gain).collect()
}

/// Lamports of pool tokens at a rate, rounded down.
pub fn value(rate: &ExchangeRate, pool_tokens: u64) -> Option<u64> {
    if pool_tokens == 0 {
        return Some(0);
    }
    rate.lamports_for_withdrawal(PoolTokens::new(pool_tokens)).map(|lamports| lamports.get())
}

/// The rate of the ledger in an epoch: of the last update in it or before.
pub fn rate_in_epoch(recorded: &[Recorded], epoch: u64) -> Option<ExchangeRate> {
    recorded.iter().filter(|entry| entry.epoch <= epoch).max_by_key(|entry| entry.epoch).map(|entry| entry.rate)
}
