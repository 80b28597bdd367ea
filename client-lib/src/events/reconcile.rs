//! Comparing events with the pool.

use {
    super::{Balances, Totals},
    crate::pool::PoolSnapshot,
};

/// The sums of a pool's events beside the pool. Each difference is the pool's figure less that of the events.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reconciliation {
    /// The events' sums.
    pub totals: Totals,
    /// The pool's totals.
    pub pool: Balances,
    /// Supply of the mint.
    pub mint_supply: u64,
    /// Lamports of the reserve.
    pub reserve_lamports: u64,
    /// Rewards in the pool's ledger, since it was extended; `None` without the extension.
    pub ledger_reward_lamports: Option<u64>,
    /// Pool tokens of the manager's fee on rewards in the ledger.
    pub ledger_fee_pool_tokens: Option<u64>,
}

impl Reconciliation {
    /// Compares the sums of a pool's events with a snapshot of it. Both have to be of the same time.
    pub fn of(totals: &Totals, snapshot: &PoolSnapshot) -> Self {
        let (rate, ledger) = (snapshot.rate(), snapshot.ledger());
        Self {
            totals: totals.clone(),
            pool: Balances { lamports: rate.total_lamports.get(), pool_tokens: rate.pool_token_supply.get() },
            mint_supply: snapshot.mint_supply(),
            reserve_lamports: snapshot.reserve_lamports(),
            ledger_reward_lamports: ledger.map(|ledger| ledger.rewards.get()),
            ledger_fee_pool_tokens: ledger.map(|ledger| ledger.fees.get()),
        }
    }

    /// Difference of total lamports and supply; `None` without events.
    pub fn difference(&self) -> Option<(i128, i128)> {
        let [first, _] = self.totals.span?;
        let (lamports, pool_tokens) = self.pool.since(&first);
        Some((
            lamports.saturating_sub(self.totals.total_lamports),
            pool_tokens.saturating_sub(self.totals.pool_token_supply),
        ))
    }

    /// Difference of rewards. It is 0 if the events are all since the pool was extended.
    pub fn reward_difference(&self) -> Option<i128> {
        let events = i128::try_from(self.totals.reward_lamports).unwrap_or(i128::MAX);
        self.ledger_reward_lamports.map(|ledger| i128::from(ledger).saturating_sub(events))
    }

    /// Pool tokens that holders burned without the program: the fees of the ledger less the change of the supply at updates.
    /// Events do not tell them. `None` without the extension, and if the events are not all since the pool was extended.
    pub fn burned_pool_tokens(&self) -> Option<i128> {
        let is_complete = self.reward_difference() == Some(0);
        let fees = self.ledger_fee_pool_tokens.filter(|_| is_complete)?;
        Some(i128::from(fees).saturating_sub(self.totals.supply_at_updates))
    }

    /// Pool tokens that holders burned since the last update. The next one takes them from the pool's supply.
    pub fn unrecorded_burned_pool_tokens(&self) -> i128 {
        i128::from(self.pool.pool_tokens) - i128::from(self.mint_supply)
    }

    /// Lamports that the reserve received since the last event; `None` if no event tells of the reserve.
    pub fn unrecorded_reserve_lamports(&self) -> Option<i128> {
        self.totals.last_reserve_lamports.map(|last| i128::from(self.reserve_lamports) - i128::from(last))
    }

    /// Whether total lamports, supply and rewards agree to the lamport, without gaps.
    pub fn is_exact(&self) -> bool {
        let is_exact = self.difference().is_none_or(|difference| difference == (0, 0));
        is_exact && self.totals.gaps == 0 && self.reward_difference().is_none_or(|difference| difference == 0)
    }
}
