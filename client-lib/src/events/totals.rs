//! Sums of events.

use {
    super::{Change, Event, FundsEvent},
    solana_address::Address,
};

/// Sums of the changes in several events of one pool.
///
/// The sum of a balance's changes is the change of that balance. Lamports sent to the pool's accounts outside the
/// program count when an update finds them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Number of events.
    pub events: usize,
    /// Change of the pool's total lamports.
    pub total_lamports: i128,
    /// Change of the pool token supply, in its smallest unit.
    pub pool_token_supply: i128,
    /// Change of the reserve's lamports.
    pub reserve_lamports: i128,
    /// Change of lamports in validator stake accounts, by the records.
    pub active_stake_lamports: i128,
    /// Change of lamports in transient stake accounts, by the records.
    pub transient_stake_lamports: i128,
    /// Events whose old total or supply differs from the previous event's new one: events are missing or out of order.
    pub gaps: usize,
}

impl Totals {
    /// Sums up the events of `pool`, in chronological order. Only [`FundsEvent`]s change balances.
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
