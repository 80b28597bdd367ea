//! Sums of events.

use {
    super::{Change, Event, FundsEvent},
    solana_address::Address,
};

/// What several events changed about the balances of one pool, in all.
///
/// The sum of the changes of a balance is the change of that balance, but for lamports that somebody sent to an account of the
/// pool without its program, which count when an update finds them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Events that were summed up.
    pub events: usize,
    /// Total lamports of the pool.
    pub total_lamports: i128,
    /// Supply of the pool token, in its smallest unit.
    pub pool_token_supply: i128,
    /// Lamports in the reserve.
    pub reserve_lamports: i128,
    /// Lamports in validator stake accounts, as the records say.
    pub active_stake_lamports: i128,
    /// Lamports in transient stake accounts, as the records say.
    pub transient_stake_lamports: i128,
    /// Events that do not begin with the total or the supply that the one before ended with: something is missing between them,
    /// or they are not in their order.
    pub gaps: usize,
}

impl Totals {
    /// Sums up the events of `pool`, in the order in which they happened. Only [`FundsEvent`]s change balances.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>, pool: &Address) -> Self {
        let mut totals = Self::default();
        let mut last: Option<&FundsEvent> = None;
        for event in events {
            let Event::Funds(funds) = event else { continue };
            if funds.pool != *pool {
                continue;
            }
            totals.add(funds);
            totals.gaps += usize::from(last.is_some_and(|last| !follows(last, funds)));
            last = Some(funds);
        }
        totals
    }

    fn add(&mut self, event: &FundsEvent) {
        self.events += 1;
        for (sum, change) in [
            (&mut self.total_lamports, &event.total_lamports),
            (&mut self.pool_token_supply, &event.pool_token_supply),
            (&mut self.reserve_lamports, &event.reserve_lamports),
            (&mut self.active_stake_lamports, &event.active_stake_lamports),
            (&mut self.transient_stake_lamports, &event.transient_stake_lamports),
        ] {
            *sum = sum.saturating_add(change.difference());
        }
    }
}

fn follows(earlier: &FundsEvent, later: &FundsEvent) -> bool {
    let joins = |earlier: &Change, later: &Change| earlier.new == later.old;
    joins(&earlier.total_lamports, &later.total_lamports) && joins(&earlier.pool_token_supply, &later.pool_token_supply)
}
